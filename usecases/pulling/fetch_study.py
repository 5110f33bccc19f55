"""One study of a PACS is made whole here: its series and instances compared with what is stored,
and only what is missing fetched. Whatever ends it in the middle, the next try goes on from what
is stored by then."""

from dataclasses import dataclass

from domain.errors import Refused
from integrations.pacs.quirks import Habits
from storage.records import pulling
from usecases.pulling.archive import RemoteArchive, RemoteInstance


@dataclass(frozen=True, slots=True)
class Whole:
    """How it stands afterwards: their count, ours of those, and why some are missing."""

    theirs: int
    ours: int
    why: str = ""

    @property
    def is_complete(self) -> bool:
        return self.ours >= self.theirs


async def fetch_study(archive: RemoteArchive, study_instance_uid: str, habits: Habits) -> Whole:
    """Raises Unavailable when the PACS goes away meanwhile, Refused when it does not answer."""
    remote = await archive.find_study(study_instance_uid)
    if remote is None:
        return Whole(0, 0, "the PACS has it no more")
    here = await pulling.indexed_by_series(study_instance_uid)
    if habits.answers_counts and remote.instances and remote.instances == sum(here.values()):
        return Whole(remote.instances, remote.instances)
    theirs = ours = 0
    reasons: list[str] = []
    for series in await archive.find_series(study_instance_uid):
        uid = series.series_instance_uid
        if habits.answers_counts and series.instances and series.instances == here.get(uid):
            theirs, ours = theirs + series.instances, ours + series.instances
            continue
        instances = await archive.find_instances(study_instance_uid, uid)
        theirs += len(instances)
        missing = await _missing(instances)
        for part, is_whole in _parts(missing, len(instances), habits):
            why = await _fetch(archive, study_instance_uid, uid, part, is_whole=is_whole)
            reasons += [why] if why else []
        ours += len(instances) - (len(await _missing(missing)) if missing else 0)
    return Whole(theirs, ours, reasons[0] if reasons else "")


async def _missing(instances: list[RemoteInstance]) -> list[RemoteInstance]:
    stored = await pulling.stored_of([one.sop_instance_uid for one in instances])
    return [one for one in instances if one.sop_instance_uid not in stored]


def _parts(
    missing: list[RemoteInstance], all_of_series: int, habits: Habits
) -> list[tuple[list[RemoteInstance], bool]]:
    """What one retrieval asks for, as this PACS can take it."""
    size = habits.instances_a_retrieve if habits.takes_uid_lists else 1
    is_all = len(missing) == all_of_series
    if missing and (not habits.retrieves_instances or (is_all and len(missing) <= size)):
        return [(missing, True)]
    return [(missing[n : n + size], False) for n in range(0, len(missing), size)]


async def _fetch(
    archive: RemoteArchive, study: str, series: str, part: list[RemoteInstance], *, is_whole: bool
) -> str:
    """A retrieval that the PACS refuses does not stop the others."""
    try:
        return await archive.fetch(study, series, part, is_whole_series=is_whole)
    except Refused as error:
        return error.detail or error.code
