"""Each study goes on to a peer once it is quiet: what the peer has not got yet, counted by its own
answers. A study that it does not take whole is sent again after a growing pause."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from integrations.pacs.peers import Peer
from storage.records import forwarding
from storage.records.forwarding import DueStudy, UnsentInstance

RETRY_S = (30.0, 120.0, 600.0, 1800.0, 3600.0)
AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the peer said of one instance."""

    is_stored: bool
    is_warning: bool = False
    why: str = ""


class Outlet(Protocol):
    """The way to a peer."""

    def send(self, peer: Peer, instances: list[UnsentInstance]) -> AsyncIterator[Answer]:
        """One answer for each instance, also for those that could not be sent."""


async def forward_studies(outlet: Outlet, peer: Peer) -> int:
    """Send what is due; how many studies the peer has now got whole."""
    assert peer.push is not None
    due = await forwarding.due_studies(
        peer.name, peer.ae_title, quiet_s=peer.push.quiet_s,
        look_back_days=peer.push.look_back_days, limit=AT_ONCE,
    )  # fmt: skip
    return sum([await _forward(outlet, peer, study) for study in due])


async def _forward(outlet: Outlet, peer: Peer, study: DueStudy) -> bool:
    assert peer.push is not None
    unsent = await forwarding.unsent_instances(study)
    wanted = set(peer.push.modalities)
    chosen = [one for one in unsent if not wanted or one.modality in wanted]
    stored = warned = 0
    why = ""
    if chosen:
        async for answer in outlet.send(peer, chosen):
            stored += answer.is_stored
            warned += answer.is_warning
            why = why or answer.why
    is_whole = stored == len(chosen)
    await forwarding.note_sent(
        peer.name, study.study_key, through=unsent[-1].id if is_whole and unsent else 0,
        stored=stored, warned=warned, failed=len(chosen) - stored, why=why,
        retry_s=0 if is_whole else RETRY_S[min(study.failures, len(RETRY_S) - 1)],
    )  # fmt: skip
    return is_whole
