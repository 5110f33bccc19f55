"""C-FIND's verb: which patients, studies, series or instances match, and what is said of them
(PS3.4 C.4.1.1.3.2). Rows are read in pages, so that a long answer costs no memory."""

from collections.abc import AsyncIterator
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from domain.access import SystemViewer
from domain.errors import Refused
from storage.records import catalogue
from storage.records.catalogue import LEVELS, Level
from usecases.query_retrieve.question import COUNTED, KINDS, Question

PAGE = 200
MAX_MATCHES = 10_000
Answer = dict[str, Any]

_FIELDS = {
    "PatientID": "patient_id", "PatientName": "patient_name", "PatientSex": "patient_sex",
    "StudyInstanceUID": "study_instance_uid", "AccessionNumber": "accession_number",
    "StudyID": "study_id", "StudyDescription": "study_description",
    "ReferringPhysicianName": "referring_physician", "SeriesInstanceUID": "series_instance_uid",
    "Modality": "modality", "SeriesNumber": "series_number",
    "SeriesDescription": "series_description", "BodyPartExamined": "body_part",
    "SOPInstanceUID": "sop_instance_uid", "SOPClassUID": "sop_class_uid",
    "InstanceNumber": "instance_number", "NumberOfFrames": "frames",
}  # fmt: skip
_COUNTS = {
    "NumberOfPatientRelatedStudies": ("patient", "studies"),
    "NumberOfPatientRelatedSeries": ("patient", "series"),
    "NumberOfPatientRelatedInstances": ("patient", "instances"),
    "NumberOfStudyRelatedSeries": ("study", "series"),
    "NumberOfStudyRelatedInstances": ("study", "instances"),
    "SOPClassesInStudy": ("study", "classes"),
    "ModalitiesInStudy": ("study", "modalities"),
    "NumberOfSeriesRelatedInstances": ("series", "instances"),
}
_GROUP_KEYS = {"patient": "patient_id", "study": "study_key", "series": "series_key"}


async def find(
    viewer: SystemViewer, question: Question, *, zone: ZoneInfo, limit: int = MAX_MATCHES
) -> AsyncIterator[Answer]:
    """Each answer holds a value for every wanted keyword that is known at this level. Raises
    Refused("too_many_matches") after `limit` answers when there are more."""
    keys = await catalogue.matching_keys(viewer, question.level, question.criteria, limit=limit + 1)
    wanted = [keyword for keyword in question.wanted if _is_known(keyword, question.level)]
    groups = {_COUNTS[keyword][0] for keyword in wanted if keyword in _COUNTS}
    for start in range(0, min(len(keys), limit), PAGE):
        rows = await catalogue.rows_of(question.level, keys[start : min(start + PAGE, limit)])
        content: dict[str, Any] = {
            group: await catalogue.content_of(
                group,  # type: ignore[arg-type]
                sorted({row[_GROUP_KEYS[group]] for row in rows}),
            )
            for group in sorted(groups)
        }
        for row in rows:
            if _is_in_time(row, question.times, zone):
                yield {keyword: _value(keyword, row, content, zone) for keyword in wanted}
    if len(keys) > limit:
        raise Refused("too_many_matches", detail=f"more than {limit} matches")


def _is_known(keyword: str, level: Level) -> bool:
    reachable = LEVELS[: LEVELS.index(level) + 1]
    if keyword == "StudyTime":
        return "STUDY" in reachable
    lowest = COUNTED.get(keyword)
    if lowest is None and keyword in KINDS:
        lowest = catalogue.COLUMNS[keyword][0]
    return lowest in reachable


def _value(keyword: str, row: Answer, content: dict[str, Any], zone: ZoneInfo) -> Any:
    if keyword in _COUNTS:
        group, name = _COUNTS[keyword]
        found = content[group].get(row[_GROUP_KEYS[group]], {}).get(name, 0)
        if name in ("classes", "modalities"):
            return sorted(found) if found else []
        return len(found) if isinstance(found, set) else found
    if keyword == "PatientBirthDate":
        day = row["patient_birth_date"]
        return day.strftime("%Y%m%d") if day is not None else ""
    if keyword in ("StudyDate", "StudyTime"):
        if row["study_at"] is None:
            return ""
        local = row["study_at"].astimezone(zone)
        return local.strftime("%Y%m%d" if keyword == "StudyDate" else "%H%M%S")
    value = row[_FIELDS[keyword]]
    return "" if value is None else value


def _is_in_time(row: Answer, times: tuple[time, time] | None, zone: ZoneInfo) -> bool:
    if times is None:
        return True
    if row["study_at"] is None:
        return False
    return bool(times[0] <= row["study_at"].astimezone(zone).time() <= times[1])
