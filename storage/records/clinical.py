"""Patients, studies and reports as other systems search them (FHIR): conditions on named fields,
newest first, by keyset. Nothing that a caller says becomes SQL text."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from domain.access import PatientViewer, ShareViewer, StaffViewer, Viewer
from storage.records import catalogue
from storage.transactions import is_sqlite, run_sql

Noun = Literal["patient", "study", "report"]

_PATIENT = "p.id AS patient_key, p.sender, p.patient_number, p.name, p.sex, p.birth_date"
_FROM: dict[Noun, tuple[str, str, str]] = {
    "patient": (_PATIENT, "patient p", "p.id"),
    "study": (
        "s.id, s.study_instance_uid, s.accession_number, s.exam_id, s.patient_id AS number, "
        "s.patient_name, s.study_description, s.study_at, v.procedure, "
        "v.accession_number AS exam_accession, p.id AS patient_key, p.name",
        "study s LEFT JOIN exam v ON v.id = s.exam_id LEFT JOIN patient p ON p.id = v.patient_id",
        "s.id",
    ),
    "report": (
        "v.id, r.id AS version, r.state, v.accession_number, v.procedure, v.acquired_at, "
        "r.findings, r.impression, r.reporter, r.reviewer, r.reported_at, "
        "p.id AS patient_key, p.name",
        "exam v JOIN patient p ON p.id = v.patient_id JOIN report r ON r.id = (SELECT n.id FROM "
        "report n WHERE n.exam_id = v.id ORDER BY n.version DESC LIMIT 1) "
        "AND r.state IN ('final', 'corrected') AND v.merged_into_id IS NULL",
        "v.id",
    ),
}  # fmt: skip
# what may be searched; a list of columns means any of them
_FIELDS: dict[Noun, dict[str, tuple[str, ...]]] = {
    "patient": {"id": ("p.id",), "number": ("p.patient_number",), "name": ("p.name",),
                "sex": ("p.sex",), "birth_date": ("p.birth_date",)},
    "study": {"id": ("s.id",), "number": ("s.study_instance_uid", "s.accession_number",
                                          "v.accession_number"),
              "patient": ("p.id",), "patient_number": ("p.patient_number",),
              "started": ("s.study_at",), "modality": ("x.modality",)},
    "report": {"id": ("v.id",), "number": ("v.accession_number",), "patient": ("p.id",),
               "patient_number": ("p.patient_number",), "date": ("v.acquired_at",),
               "issued": ("r.reported_at",), "state": ("r.state",)},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class In:
    field: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class BeginsWith:
    """In any case, any of these."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """In any of these; bounds are inclusive below, exclusive above, None is open. `is_not`: in none
    of them."""

    field: str
    ranges: tuple[tuple[date | datetime | None, date | datetime | None], ...]
    is_not: bool = False


Condition = In | BeginsWith | Within


async def search(
    viewer: Viewer, noun: Noun, conditions: Sequence[Condition], *, limit: int, after: int | None
) -> list[dict[str, Any]]:
    """Rows that the viewer may see, newest first; `after` is the id of the last one seen."""
    values: list[Any] = []
    columns, tables, key = _FROM[noun]
    where = [_scope(viewer, noun, values)]
    where += [_condition(noun, one, values) for one in conditions]
    if after is not None:
        where.append(f"{key} < {_mark(after, values)}")
    sql = (
        f"SELECT {columns} FROM {tables} WHERE {' AND '.join(where)} "
        f"ORDER BY {key} DESC LIMIT {_mark(limit, values)}"
    )
    return [_typed(row) for row in await run_sql(sql, *values)]


async def series_of(study_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """The series of studies that a viewer may see, with how many instances each has."""
    if not study_ids:
        return {}
    marks = ", ".join(f"${n}" for n in range(1, len(study_ids) + 1))
    rows = await run_sql(
        "SELECT e.study_id, e.series_instance_uid, e.series_number, e.modality, "
        "e.series_description, e.body_part, count(i.id) AS instances FROM series e "
        f"LEFT JOIN instance i ON i.series_id = e.id WHERE e.study_id IN ({marks}) "
        "GROUP BY e.id ORDER BY e.series_number, e.id",
        *study_ids,
    )
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["study_id"], []).append(row)
    return found


async def studies_of_exams(exam_ids: list[int]) -> dict[int, list[int]]:
    """Ids of the studies of examinations that a viewer may see."""
    if not exam_ids:
        return {}
    marks = ", ".join(f"${n}" for n in range(1, len(exam_ids) + 1))
    rows = await run_sql(
        f"SELECT id, exam_id FROM study WHERE exam_id IN ({marks}) ORDER BY id", *exam_ids
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row["exam_id"], []).append(row["id"])
    return found


def _scope(viewer: Viewer, noun: Noun, values: list[Any]) -> str:
    """`domain.access.may_see_exam` as a condition; a patient is seen with any of his
    examinations."""
    if noun == "study":
        return catalogue.scope(viewer, values)
    match viewer:
        case StaffViewer() if viewer.campuses:
            marks = ", ".join(_mark(campus, values) for campus in sorted(viewer.campuses))
            allowed = f"v.campus IN ({marks})"
        case ShareViewer():
            allowed = f"v.id = {_mark(viewer.exam_id, values)}"
        case PatientViewer():
            allowed = f"v.id = {_mark(viewer.exam_id, values)}"
            if viewer.patient_ids:
                marks = ", ".join(_mark(one, values) for one in sorted(viewer.patient_ids))
                allowed = f"({allowed} OR v.patient_id IN ({marks}))"
        case _:
            return "1 = 1"
    if noun == "report":
        return allowed
    return f"EXISTS (SELECT 1 FROM exam v WHERE v.patient_id = p.id AND {allowed})"


def _condition(noun: Noun, condition: Condition, values: list[Any]) -> str:
    columns = _FIELDS[noun][condition.field]
    test = " OR ".join(_test(column, condition, values) for column in columns)
    if columns == ("x.modality",):
        return f"EXISTS (SELECT 1 FROM series x WHERE x.study_id = s.id AND ({test}))"
    return f"({test})"


def _test(column: str, condition: Condition, values: list[Any]) -> str:
    match condition:
        case In():
            return f"{column} IN ({', '.join(_mark(one, values) for one in condition.values)})"
        case BeginsWith():
            return " OR ".join(_begins(column, text, values) for text in condition.values)
        case Within():
            ranges = " OR ".join(_range(column, *one, values) for one in condition.ranges)
            return f"({column} IS NOT NULL AND {'NOT ' if condition.is_not else ''}({ranges}))"


def _begins(column: str, text: str, values: list[Any]) -> str:
    if is_sqlite():
        text = text.lower().replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
        return f"lower({column}) GLOB {_mark(text + '*', values)}"
    for char in "\\%_":
        text = text.replace(char, "\\" + char)
    return f"lower({column}) LIKE {_mark(text.lower() + '%', values)}"


def _range(
    column: str, low: date | datetime | None, high: date | datetime | None, values: list[Any]
) -> str:
    parts = []
    if low is not None:
        parts.append(f"{column} >= {_mark(low, values)}")
    if high is not None:
        parts.append(f"{column} < {_mark(high, values)}")
    return f"({' AND '.join(parts) or '1 = 1'})"


def _mark(value: Any, values: list[Any]) -> str:
    values.append(value)
    return f"${len(values)}"


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """SQLite gives dates as text."""
    for name in ("study_at", "acquired_at", "reported_at"):
        if isinstance(row.get(name), str):
            row[name] = datetime.fromisoformat(row[name])
    if isinstance(row.get("birth_date"), str):
        row["birth_date"] = date.fromisoformat(row["birth_date"])
    return row
