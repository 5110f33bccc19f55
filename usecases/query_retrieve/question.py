"""An identifier's keys become a question to the catalogue (PS3.4 C.4.1.2, C.6): its level, what
must match, and what is answered."""

from dataclasses import dataclass
from datetime import time
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from storage.records.catalogue import COLUMNS, LEVELS, Criteria, Level
from usecases.query_retrieve.matching import criterion_of, times_of

Root = Literal["PATIENT", "STUDY"]

# keyword -> how it is matched
KINDS = {
    "PatientID": "text", "PatientName": "name", "PatientSex": "text", "PatientBirthDate": "day",
    "StudyInstanceUID": "uid", "StudyDate": "date", "AccessionNumber": "text", "StudyID": "text",
    "StudyDescription": "text", "ReferringPhysicianName": "name", "ModalitiesInStudy": "list",
    "SeriesInstanceUID": "uid", "Modality": "list", "SeriesNumber": "integer",
    "SeriesDescription": "text", "BodyPartExamined": "text", "SOPInstanceUID": "uid",
    "SOPClassUID": "uid", "InstanceNumber": "integer", "NumberOfFrames": "integer",
}  # fmt: skip
UNIQUE_KEYS: dict[Level, str] = {
    "PATIENT": "PatientID", "STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID",
    "IMAGE": "SOPInstanceUID",
}  # fmt: skip
# answered, never matched: the level from which they are known
COUNTED: dict[str, Level] = {
    "NumberOfPatientRelatedStudies": "PATIENT", "NumberOfPatientRelatedSeries": "PATIENT",
    "NumberOfPatientRelatedInstances": "PATIENT", "NumberOfStudyRelatedSeries": "STUDY",
    "NumberOfStudyRelatedInstances": "STUDY", "SOPClassesInStudy": "STUDY",
    "NumberOfSeriesRelatedInstances": "SERIES", "Rows": "IMAGE", "Columns": "IMAGE",
    "BitsAllocated": "IMAGE", "AvailableTransferSyntaxUID": "IMAGE",
}  # fmt: skip
# said by every answer, whatever is asked
PLAIN = frozenset(("QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability", "RetrieveURL",
                   "SpecificCharacterSet", "TimezoneOffsetFromUTC"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted` are the keywords to answer; `knows_all_keys` is False when the identifier holds a
    key with a value that is not matched here."""

    level: Level
    criteria: Criteria
    times: tuple[time, time] | None
    wanted: tuple[str, ...]
    knows_all_keys: bool


def question_of(
    keys: dict[str, list[str]], root: Root, *, zone: ZoneInfo, is_relational: bool = False
) -> Question:
    """Raises Invalid: no level, a level that the root does not have, a unique key of a higher
    level that is missing, or a key that cannot be understood."""
    level = level_of(keys, root)
    if not is_relational:
        check_higher_levels(keys, root, level)
    reachable = LEVELS[: LEVELS.index(level) + 1]
    criteria: Criteria = {}
    times, knows_all = None, True
    for keyword, values in keys.items():
        if keyword == "StudyTime" and "STUDY" in reachable:
            times = times_of(keyword, values)
        elif keyword in KINDS and COLUMNS[keyword][0] in reachable:
            criterion = criterion_of(keyword, KINDS[keyword], values, zone)
            if criterion is not None:
                criteria[keyword] = criterion
        elif keyword not in PLAIN and any(values):
            knows_all = False
    return Question(level, criteria, times, tuple(keys), knows_all)


def level_of(keys: dict[str, list[str]], root: Root) -> Level:
    """The Query/Retrieve Level, one of those that the root has; Invalid."""
    said = (keys.get("QueryRetrieveLevel") or [""])[0]
    for level in LEVELS[LEVELS.index(root) :]:
        if said == level:
            return level
    raise Invalid("query_level", detail=f"QueryRetrieveLevel {said[:16]!r} is none of this root")


def check_higher_levels(keys: dict[str, list[str]], root: Root, level: Level) -> None:
    """PS3.4 C.4.1.2.1: single values of the unique keys of the levels above."""
    for higher in LEVELS[LEVELS.index(root) : LEVELS.index(level)]:
        values = [value for value in keys.get(UNIQUE_KEYS[higher], []) if value]
        if len(values) != 1 or "*" in values[0] or "?" in values[0]:
            raise Invalid("query_unique_key", detail=f"{UNIQUE_KEYS[higher]} must be one value")
