"""One search of a FHIR resource type: conditions to the database, rows to resources. A read is a
search by id."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, cast

from domain.access import Viewer
from domain.errors import NotFound
from integrations.fhir import resources
from integrations.fhir.facts import PatientFacts, ReportFacts, SeriesFacts, StudyFacts
from integrations.fhir.resources import Addresses, Resource
from integrations.fhir.search import Asked, DateRange
from storage.records import clinical
from storage.records.clinical import BeginsWith, Condition, In, Noun, Within

ResourceType = Literal["Patient", "ImagingStudy", "DiagnosticReport"]
NOUNS: dict[str, Noun] = {
    "Patient": "patient", "ImagingStudy": "study", "DiagnosticReport": "report",
}  # fmt: skip
_FIELD = {
    "_id": "id", "identifier": "number", "patient": "patient", "subject": "patient",
    "patient.identifier": "patient_number", "modality": "modality", "name": "name",
    "gender": "sex", "started": "started", "date": "date", "issued": "issued",
    "birthdate": "birth_date", "status": "state",
}  # fmt: skip
_NUMBERS = ("id", "patient")
_SEX = {"male": "M", "female": "F", "other": "O", "unknown": ""}


@dataclass(frozen=True, slots=True)
class Page:
    """`after` continues the search; None at its end. `exam_ids` are whose data is in it."""

    entries: list[Resource]
    after: int | None
    exam_ids: tuple[int, ...]


async def search_resources(viewer: Viewer, asked: Asked, addresses: Addresses) -> Page:
    """Newest first."""
    conditions = _conditions(asked)
    if conditions is None or asked.count == 0:
        return Page([], None, ())
    noun = NOUNS[asked.resource]
    rows = await clinical.search(viewer, noun, conditions, limit=asked.count + 1, after=asked.after)
    shown = rows[: asked.count]
    after = _key(shown[-1]) if len(rows) > asked.count else None
    entries, exams = await _described(noun, shown, addresses)
    return Page(entries, after, exams)


async def read_resource(
    viewer: Viewer, resource: ResourceType, number: str, addresses: Addresses
) -> Page:
    """A page of one. NotFound when it is not there or not the viewer's."""
    usable = number.isascii() and number.isdigit() and len(number) < 19
    rows = (
        await clinical.search(
            viewer, NOUNS[resource], [In("id", (int(number),))], limit=1, after=None
        )
        if usable
        else []
    )
    if not rows:
        raise NotFound("resource_not_found", "没有找到。")
    entries, exams = await _described(NOUNS[resource], rows, addresses)
    return Page(entries, None, exams)


def _key(row: dict[str, Any]) -> int:
    return int(row["id"] if "id" in row else row["patient_key"])


def _conditions(asked: Asked) -> list[Condition] | None:
    """None when nothing can match."""
    found: list[Condition] = []
    for name, values in asked.values:
        if name == "status" and asked.resource == "ImagingStudy":
            if "available" not in values:
                return None
            continue
        field = _FIELD[name]
        if field == "name":
            found.append(BeginsWith(field, tuple(values)))
        elif field in _NUMBERS:
            found.append(In(field, tuple(int(value) for value in values)))
        elif field == "sex":
            found.append(In(field, tuple(_SEX.get(value, "-") for value in values)))
        else:
            found.append(In(field, tuple(values)))
    for name, ranges in asked.dates:
        found += _date_conditions(_FIELD[name], ranges, is_day=name == "birthdate")
    return found


def _date_conditions(field: str, ranges: list[DateRange], *, is_day: bool) -> list[Condition]:
    """FHIR 3.1.1.4.6, for instants: those without `ne` together, each `ne` by itself."""

    def bound(moment: datetime) -> date | datetime:
        return moment.date() if is_day else moment

    wanted: list[tuple[date | datetime | None, date | datetime | None]] = []
    out: list[Condition] = []
    for one in ranges:
        low, high = bound(one.low), bound(one.high)
        match one.prefix:
            case "gt" | "sa":
                wanted.append((high, None))
            case "ge":
                wanted.append((low, None))
            case "lt" | "eb":
                wanted.append((None, low))
            case "le":
                wanted.append((None, high))
            case "ne":
                out.append(Within(field, ((low, high),), is_not=True))
            case _:
                wanted.append((low, high))
    return [*out, Within(field, tuple(wanted))] if wanted else out


async def _described(
    noun: Noun, rows: list[dict[str, Any]], addresses: Addresses
) -> tuple[list[Resource], tuple[int, ...]]:
    match noun:
        case "patient":
            return [resources.patient(_patient(row), addresses) for row in rows], ()
        case "study":
            series = await clinical.series_of([row["id"] for row in rows])
            studies = [_study(row, series.get(row["id"], [])) for row in rows]
            exams = tuple({one.exam_id for one in studies if one.exam_id is not None})
            return [resources.imaging_study(one, addresses) for one in studies], exams
        case _:
            ids = [int(row["id"]) for row in rows]
            found = await clinical.studies_of_exams(ids)
            reports = [_report(row, tuple(found.get(row["id"], ()))) for row in rows]
            return [resources.diagnostic_report(one, addresses) for one in reports], tuple(ids)


def _patient(row: dict[str, Any]) -> PatientFacts:
    return PatientFacts(
        row["patient_key"], row["sender"], row["patient_number"], row["name"], row["sex"],
        row["birth_date"],
    )  # fmt: skip


def _study(row: dict[str, Any], series: list[dict[str, Any]]) -> StudyFacts:
    return StudyFacts(
        id=row["id"],
        uid=row["study_instance_uid"],
        accession_number=row["exam_accession"] or row["accession_number"],
        exam_id=row["exam_id"],
        patient_id=row["patient_key"],
        patient_number=row["number"],
        patient_name=row["name"] or row["patient_name"].split("=")[-1].replace("^", " ").strip(),
        description=row["study_description"],
        procedure=row["procedure"] or "",
        started=row["study_at"],
        series=tuple(
            SeriesFacts(
                one["series_instance_uid"], one["series_number"], one["modality"],
                one["series_description"], one["body_part"], int(one["instances"]),
            )
            for one in series
        ),
    )  # fmt: skip


def _report(row: dict[str, Any], study_ids: tuple[int, ...]) -> ReportFacts:
    return ReportFacts(
        id=row["id"], version=row["version"], is_corrected=row["state"] == "corrected",
        accession_number=row["accession_number"], patient_id=row["patient_key"],
        patient_name=row["name"], procedure=row["procedure"], findings=row["findings"],
        impression=row["impression"], reporter=row["reporter"], reviewer=row["reviewer"],
        acquired_at=cast("datetime | None", row["acquired_at"]),
        reported_at=cast("datetime | None", row["reported_at"]), study_ids=study_ids,
    )  # fmt: skip
