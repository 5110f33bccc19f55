"""The verb of C-FIND and QIDO-RS: which patients, studies, series or instances match, and what is
said of them (PS3.4 C.4.1.1.3.2, PS3.18 10.6). Rows are read in pages, so that a long answer costs
no memory."""

from collections.abc import AsyncIterator
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from domain.access import Viewer
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
    "InstanceNumber": "instance_number", "NumberOfFrames": "frames", "Rows": "rows",
    "Columns": "columns", "BitsAllocated": "bits_allocated",
    "AvailableTransferSyntaxUID": "transfer_syntax_uid",
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
    viewer: Viewer,
    question: Question,
    *,
    zone: ZoneInfo,
    limit: int = MAX_MATCHES,
    offset: int = 0,
    is_newest_first: bool = False,
) -> AsyncIterator[Answer]:
    """Each answer holds a value for every wanted keyword that is known at this level. Raises
    Refused("too_many_matches") after `limit` answers when there are more."""
    wanted = [keyword for keyword in question.wanted if _is_known(keyword, question.level)]
    skip, given = 0, 0
    pages = _pages(viewer, question, limit, offset, is_newest_first)
    async for row, content in _rows(viewer, wanted, pages):
        if not _is_in_time(row, question.times, zone):
            continue
        if question.times is not None and skip < offset:  # else the database has skipped
            skip += 1
            continue
        if given == limit:
            raise Refused("too_many_matches", detail=f"more than {limit} matches")
        given += 1
        yield {keyword: _value(keyword, row, content, zone) for keyword in wanted}


async def _pages(
    viewer: Viewer, question: Question, limit: int, offset: int, is_newest_first: bool
) -> AsyncIterator[list[Answer]]:
    """Rows in pages and in order, one more than `limit` when there are more. The time of day is
    not the database's to judge, so all are given where it matters. What fits one page is one
    statement; of more, the keys are held and the rows read when they are sent."""
    level, criteria = question.level, question.criteria
    if question.times is not None:
        limit, offset = max(limit, MAX_MATCHES), 0
    most = limit + 1
    if level != "PATIENT":
        rows = await catalogue.matching_rows(
            viewer, level, criteria, limit=min(most, PAGE + 1), offset=offset,
            is_newest_first=is_newest_first,
        )  # fmt: skip
        if len(rows) <= PAGE or len(rows) == most:
            yield rows
            return
    keys = await catalogue.matching_keys(
        viewer, level, criteria, limit=most, offset=offset, is_newest_first=is_newest_first
    )
    for start in range(0, len(keys), PAGE):
        rows = await catalogue.rows_of(level, keys[start : start + PAGE])
        if keys[0] > keys[-1]:
            rows.reverse()
        yield rows


async def _rows(
    viewer: Viewer, wanted: list[str], pages: AsyncIterator[list[Answer]]
) -> AsyncIterator[tuple[Answer, dict[str, Any]]]:
    """Rows with what lies below them."""
    groups = sorted({_COUNTS[keyword][0] for keyword in wanted if keyword in _COUNTS})
    async for rows in pages:
        content: dict[str, Any] = {
            group: await catalogue.content_of(
                viewer,
                group,  # type: ignore[arg-type]
                sorted({row[_GROUP_KEYS[group]] for row in rows}),
            )
            for group in groups
            if rows
        }
        for row in rows:
            yield row, content


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
