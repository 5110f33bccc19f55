"""Storage commitment's verb: is this object kept for good? Its bytes answer: they are
read and their digest compared, not only looked up."""

from enum import Enum, auto

from domain.access import SystemViewer
from domain.errors import Defect, NotFound
from domain.ports import ObjectStore
from storage.records import catalogue

PAGE = 500


class Custody(Enum):
    """What is true of an object that somebody else would like to delete."""

    KEPT = auto()
    UNKNOWN = auto()
    OTHER_CLASS = auto()
    DAMAGED = auto()


async def verify_stored(
    viewer: SystemViewer, objects: ObjectStore, wanted: list[tuple[str, str]]
) -> list[Custody]:
    """One answer for each (SOP class, SOP instance). Raises Unavailable."""
    answers = []
    for start in range(0, len(wanted), PAGE):
        part = wanted[start : start + PAGE]
        held = await catalogue.stored_objects(viewer, sorted({uid for _, uid in part}))
        for sop_class_uid, sop_instance_uid in part:
            row = held.get(sop_instance_uid)
            if row is None:
                answers.append(Custody.UNKNOWN)
            elif row["sop_class_uid"] != sop_class_uid:
                answers.append(Custody.OTHER_CLASS)
            else:
                answers.append(await _read_back(objects, row["object_key"], row["sha256"]))
    return answers


async def _read_back(objects: ObjectStore, key: str, sha256: str) -> Custody:
    try:
        await objects.get(key, sha256=sha256)
    except (Defect, NotFound):
        return Custody.DAMAGED
    return Custody.KEPT
