"""Queries over patients, studies, series and instances as a DICOM peer asks them, by DIMSE or over
the web: which rows match, in keyset-free pages of rows that are read when they are sent.

Keys are DICOM keywords of `COLUMNS`; nothing that a peer says becomes SQL text. DICOM wildcards are
LIKE on PostgreSQL and GLOB on SQLite, whose LIKE would not tell upper from lower case.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from domain.access import PatientViewer, ShareViewer, StaffViewer, SystemViewer, Viewer
from storage.records.name_match import like, name_condition
from storage.transactions import run_sql

Level = Literal["PATIENT", "STUDY", "SERIES", "IMAGE"]
LEVELS: tuple[Level, ...] = ("PATIENT", "STUDY", "SERIES", "IMAGE")

COLUMNS: dict[str, tuple[Level, str]] = {
    "PatientID": ("PATIENT", "s.patient_id"),
    "PatientName": ("PATIENT", "s.patient_name"),
    "PatientSex": ("PATIENT", "s.patient_sex"),
    "PatientBirthDate": ("PATIENT", "s.patient_birth_date"),
    "StudyInstanceUID": ("STUDY", "s.study_instance_uid"),
    "StudyDate": ("STUDY", "s.study_at"),
    "AccessionNumber": ("STUDY", "s.accession_number"),
    "StudyID": ("STUDY", "s.study_id"),
    "StudyDescription": ("STUDY", "s.study_description"),
    "ReferringPhysicianName": ("STUDY", "s.referring_physician"),
    "ModalitiesInStudy": ("STUDY", "x.modality"),
    "SeriesInstanceUID": ("SERIES", "e.series_instance_uid"),
    "Modality": ("SERIES", "e.modality"),
    "SeriesNumber": ("SERIES", "e.series_number"),
    "SeriesDescription": ("SERIES", "e.series_description"),
    "BodyPartExamined": ("SERIES", "e.body_part"),
    "SOPInstanceUID": ("IMAGE", "i.sop_instance_uid"),
    "SOPClassUID": ("IMAGE", "i.sop_class_uid"),
    "InstanceNumber": ("IMAGE", "i.instance_number"),
    "NumberOfFrames": ("IMAGE", "i.frames"),
}
_TABLES = {
    "PATIENT": "study s",
    "STUDY": "study s",
    "SERIES": "study s JOIN series e ON e.study_id = s.id",
    "IMAGE": "study s JOIN series e ON e.study_id = s.id JOIN instance i ON i.series_id = e.id",
}
_KEY = {"PATIENT": "s.patient_id", "STUDY": "s.id", "SERIES": "e.id", "IMAGE": "i.id"}
_STUDY_FIELDS = (
    "s.id AS study_key, s.patient_id, s.patient_name, s.patient_sex, s.patient_birth_date, "
    "s.study_instance_uid, s.study_at, s.accession_number, s.study_id, s.study_description, "
    "s.referring_physician, s.exam_id"
)
_SERIES_FIELDS = (
    ", e.id AS series_key, e.series_instance_uid, e.modality, e.series_number, "
    "e.series_description, e.body_part"
)
_IMAGE_FIELDS = (
    ", i.sop_instance_uid, i.sop_class_uid, i.instance_number, i.frames, i.transfer_syntax_uid, "
    "i.object_key, i.sha256, i.size, i.rows, i.columns, i.bits_allocated"
)


@dataclass(frozen=True, slots=True)
class OneOf:
    """Equal to one of these values."""

    values: tuple[str | int | date, ...]


@dataclass(frozen=True, slots=True)
class Wildcard:
    """`*` any characters, `?` one. `is_name`: any case, whole or any group of a PN."""

    pattern: str
    is_name: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """From `low` to before `high`; None is open."""

    low: date | datetime | None
    high: date | datetime | None


Criterion = OneOf | Wildcard | Between
Criteria = dict[str, Criterion]


def scope(viewer: Viewer, values: list[Any]) -> str:
    """`domain.access.may_see_exam` as a condition on the study `s`. A study that belongs to no
    examination yet is seen by those who see everything."""
    match viewer:
        case StaffViewer() if viewer.campuses:
            marks = ", ".join(_mark(campus, values) for campus in sorted(viewer.campuses))
            return _exam_of_study(f"v.campus IN ({marks})")
        case ShareViewer():
            return f"s.exam_id = {_mark(viewer.exam_id, values)}"
        case PatientViewer():
            own = f"s.exam_id = {_mark(viewer.exam_id, values)}"
            marks = ", ".join(_mark(one, values) for one in sorted(viewer.patient_ids))
            return f"({own} OR {_exam_of_study(f'v.patient_id IN ({marks})')})" if marks else own
        case _:
            return "1 = 1"


def _exam_of_study(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM exam v WHERE v.id = s.exam_id AND {condition})"


async def matching_keys(
    viewer: Viewer,
    level: Level,
    criteria: Criteria,
    *,
    limit: int,
    offset: int = 0,
    is_newest_first: bool = False,
) -> list[Any]:
    """Keys of the matching rows of a level (patients: their Patient ID) that the viewer may see,
    at most `limit`."""
    values: list[Any] = []
    where = " AND ".join(
        [scope(viewer, values), *(_condition(key, one, values) for key, one in criteria.items())]
    )
    key = _KEY[level]
    select = f"SELECT {key} AS key FROM {_TABLES[level]} WHERE {where}"
    if level == "PATIENT":
        select += f" GROUP BY {key}"
    page = f"LIMIT {_mark(limit, values)} OFFSET {_mark(offset, values)}"
    order = f"{key} DESC" if is_newest_first else key
    rows = await run_sql(f"{select} ORDER BY {order} {page}", *values)
    return [row["key"] for row in rows]


async def instances_of(viewer: Viewer, criteria: Criteria, *, limit: int) -> list[dict[str, Any]]:
    """The rows of matching instances in one statement, by series and instance number."""
    values: list[Any] = []
    where = " AND ".join(
        [scope(viewer, values), *(_condition(key, one, values) for key, one in criteria.items())]
    )
    sql = (
        f"SELECT {_columns('IMAGE')} FROM {_TABLES['IMAGE']} WHERE {where} "
        f"ORDER BY e.id, i.instance_number, i.id LIMIT {_mark(limit, values)}"
    )
    return [_typed(row) for row in await run_sql(sql, *values)]


async def matching_rows(
    viewer: Viewer, level: Level, criteria: Criteria, *, limit: int, offset: int,
    is_newest_first: bool,
) -> list[dict[str, Any]]:  # fmt: skip
    """The matching rows themselves, in one statement: for answers of a page or less. Not for
    patients, whose rows are a choice among their studies'."""
    values: list[Any] = []
    where = " AND ".join(
        [scope(viewer, values), *(_condition(key, one, values) for key, one in criteria.items())]
    )
    order = f"{_KEY[level]} DESC" if is_newest_first else _KEY[level]
    page = f"LIMIT {_mark(limit, values)} OFFSET {_mark(offset, values)}"
    sql = f"SELECT {_columns(level)} FROM {_TABLES[level]} WHERE {where} ORDER BY {order} {page}"
    return [_typed(row) for row in await run_sql(sql, *values)]


async def rows_of(level: Level, keys: list[Any]) -> list[dict[str, Any]]:
    """The rows of these keys, with the columns of all levels above; patients as their newest
    study says."""
    marks = ", ".join(f"${n}" for n in range(1, len(keys) + 1))
    if level == "PATIENT":
        newest = f"SELECT max(id) FROM study WHERE patient_id IN ({marks}) GROUP BY patient_id"
        where = f"s.id IN ({newest})"
    else:
        where = f"{_KEY[level]} IN ({marks})"
    sql = f"SELECT {_columns(level)} FROM {_TABLES[level]} WHERE {where} ORDER BY {_KEY[level]}"
    return [_typed(row) for row in await run_sql(sql, *keys)]


def _columns(level: Level) -> str:
    columns = _STUDY_FIELDS
    columns += _SERIES_FIELDS if level in ("SERIES", "IMAGE") else ""
    return columns + (_IMAGE_FIELDS if level == "IMAGE" else "")


async def content_of(
    viewer: Viewer, group: Literal["patient", "study", "series"], keys: list[Any]
) -> Any:
    """What lies below: {key: {"studies", "series", "instances", "modalities", "classes"}}."""
    column = {"patient": "s.patient_id", "study": "s.id", "series": "e.id"}[group]
    values: list[Any] = []
    marks = ", ".join(_mark(key, values) for key in keys)
    seen = scope(viewer, values)
    rows = await run_sql(
        f"SELECT {column} AS key, s.id AS study, e.id AS series, e.modality, i.sop_class_uid, "
        "count(i.id) AS n FROM study s JOIN series e ON e.study_id = s.id "
        f"JOIN instance i ON i.series_id = e.id WHERE {column} IN ({marks}) AND {seen} "
        f"GROUP BY {column}, s.id, e.id, e.modality, i.sop_class_uid",
        *values,
    )
    found: dict[Any, dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault(
            row["key"],
            {"studies": set(), "series": set(), "instances": 0, "modalities": set(),
             "classes": set()},
        )  # fmt: skip
        one["studies"].add(row["study"])
        one["series"].add(row["series"])
        one["instances"] += int(row["n"])
        one["modalities"] |= {row["modality"]} - {""}
        one["classes"].add(row["sop_class_uid"])
    return found


async def stored_objects(viewer: SystemViewer, sop_instance_uids: list[str]) -> Any:
    """{SOP Instance UID: {"sop_class_uid", "object_key", "sha256"}} of those that we hold, indexed
    or not."""
    marks = ", ".join(f"${n}" for n in range(1, len(sop_instance_uids) + 1))
    rows = await run_sql(
        "SELECT sop_instance_uid, sop_class_uid, object_key, sha256 FROM instance "
        f"WHERE sop_instance_uid IN ({marks})",
        *sop_instance_uids,
    )
    return {row["sop_instance_uid"]: row for row in rows}


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """SQLite gives dates as text."""
    for name, kind in (("study_at", datetime), ("patient_birth_date", date)):
        if isinstance(row[name], str):
            row[name] = kind.fromisoformat(row[name])
    return row


def _condition(key: str, criterion: Criterion, values: list[Any]) -> str:
    column = COLUMNS[key][1]
    condition = _test(column, criterion, values)
    if key == "ModalitiesInStudy":
        return f"EXISTS (SELECT 1 FROM series x WHERE x.study_id = s.id AND {condition})"
    return condition


def _test(column: str, criterion: Criterion, values: list[Any]) -> str:
    match criterion:
        case OneOf():
            marks = [_mark(value, values) for value in criterion.values]
            return f"{column} IN ({', '.join(marks)})"
        case Wildcard(is_name=True):
            return name_condition(column, criterion.pattern, values)
        case Wildcard():
            return like(column, criterion.pattern, values)
        case Between():
            parts = [f"{column} IS NOT NULL"]
            if criterion.low is not None:
                parts.append(f"{column} >= {_mark(criterion.low, values)}")
            if criterion.high is not None:
                parts.append(f"{column} < {_mark(criterion.high, values)}")
            return f"({' AND '.join(parts)})"


def _mark(value: Any, values: list[Any]) -> str:
    values.append(value)
    return f"${len(values)}"
