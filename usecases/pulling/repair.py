"""The open gaps of one PACS, the newest first: each study that is not whole is tried, and tried
again after a growing pause. One that cannot be had stops no other."""

import asyncio
from collections.abc import Callable

from domain.errors import Refused
from integrations.pacs.peers import Peer
from storage.records import pulling
from usecases.pulling.archive import RemoteArchive
from usecases.pulling.fetch_study import fetch_study

# after the first, second ... try that failed; the last again and again
RETRY_S = (30.0, 120.0, 600.0, 1800.0, 3600.0)
AT_ONCE = 50


async def repair(
    archive: RemoteArchive, peer: Peer, *, may_go_on: Callable[[], bool] = lambda: True
) -> int:
    """How many studies are whole now that were not. Ends when nothing is due, or between two
    studies when `may_go_on` says no. Raises Unavailable when the PACS goes away."""
    mended = 0
    while may_go_on() and (due := await pulling.due_studies(peer.name, limit=AT_ONCE)):
        for row in due:
            if not may_go_on():
                break
            mended += await _mend(archive, peer, row.study_instance_uid, row.failures)
            await asyncio.sleep(0)
    return mended


async def _mend(archive: RemoteArchive, peer: Peer, uid: str, failures: int) -> bool:
    try:
        whole = await fetch_study(archive, uid, peer.habits)
    except Refused as error:
        why = error.detail or error.code
        await pulling.note_failed(peer.name, uid, why, retry_s=_pause_s(failures))
        return False
    if whole.is_complete:
        await pulling.note_whole(peer.name, uid, theirs=whole.theirs, why=whole.why)
        return True
    why = whole.why or f"{whole.theirs - whole.ours} of {whole.theirs} did not come"
    await pulling.note_failed(
        peer.name, uid, why, retry_s=_pause_s(failures), theirs=whole.theirs, ours=whole.ours
    )
    return False


def _pause_s(failures: int) -> float:
    return RETRY_S[min(failures, len(RETRY_S) - 1)]
