"""Which studies a PACS has: asked window by window, written down with its count, so that what is
missing here can be fetched now or after a restart."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Refused
from integrations.pacs.peers import Peer
from storage.records import pulling
from storage.records.pulling import SeenStudy
from storage.transactions import db_now
from usecases.pulling.archive import RemoteArchive, RemoteStudy
from usecases.pulling.windows import Window, windows

AHEAD = timedelta(minutes=10)  # a PACS whose clock is fast


async def poll(archive: RemoteArchive, peer: Peer, zone: ZoneInfo) -> int:
    """Ask for what is new since the last time, or for the whole look-back when that is due; how
    many studies were seen. Raises Unavailable, Refused."""
    assert peer.pull is not None
    now = await db_now()
    state = await pulling.state_of(peer.name)
    look_back = now - timedelta(days=peer.pull.look_back_days)
    sweep_due = timedelta(hours=peer.pull.sweep_hours)
    is_sweep = state.swept_at is None or now - state.swept_at >= sweep_due
    start = look_back
    if not is_sweep and state.polled_until is not None:
        start = max(look_back, state.polled_until - timedelta(hours=peer.pull.overlap_hours))
    seen = 0
    for window in windows(start, now + AHEAD, zone, matches_times=peer.habits.matches_times):
        for part in await _answered(archive, window, can_split=peer.habits.matches_times):
            wanted = [_seen(study, zone) for study in part if _is_wanted(study, peer)]
            await pulling.note_seen(peer.name, wanted)
            seen += len(wanted)
    if is_sweep:
        await pulling.reopen_lacking(peer.name, since=look_back)
    await pulling.note_polled(peer.name, until=now, is_sweep=is_sweep)
    return seen


async def _answered(
    archive: RemoteArchive, window: Window, *, can_split: bool
) -> list[list[RemoteStudy]]:
    """The window's studies; in halves when the PACS refuses so many at once."""
    try:
        return [await archive.find_studies(window)]
    except Refused:
        halves = window.halves() if can_split else None
        if halves is None:
            raise
    return [part for half in halves for part in await _answered(archive, half, can_split=True)]


def _is_wanted(study: RemoteStudy, peer: Peer) -> bool:
    """A study whose modalities are not told is wanted."""
    assert peer.pull is not None
    wanted = set(peer.pull.modalities)
    return not wanted or not study.modalities or bool(wanted & set(study.modalities))


def _seen(study: RemoteStudy, zone: ZoneInfo) -> SeenStudy:
    return SeenStudy(study.study_instance_uid, study_at(study, zone), study.instances)


def study_at(study: RemoteStudy, zone: ZoneInfo) -> datetime | None:
    """None when there is no date that can be read."""
    digits = study.study_date.replace(".", "")
    clock = study.study_time.replace(":", "").partition(".")[0].ljust(6, "0")[:6]
    for text in (digits + clock, digits + "000000"):
        try:
            local = datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=zone)
        except ValueError:
            continue
        return local.astimezone(UTC) if 1900 <= local.year <= 2200 else None
    return None
