"""Which use case takes which HL7 message, and what it did in a few words without a person."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from assembly.runtime import Runtime
from integrations.his.facts import Facts
from integrations.his.hl7_text import MessageRefused
from integrations.his.orders import orders_of
from integrations.his.patients import (
    FACT_EVENTS,
    LINK_EVENTS,
    MERGE_EVENTS,
    UNLINK_EVENTS,
    merges_of,
    patient_of,
)
from integrations.his.reports import document_of, reports_of
from usecases.orders.place_order import place_orders
from usecases.patients.merge_patients import merge_patients
from usecases.patients.take_patient import take_patient
from usecases.reports.file_report import file_reports

Take = Callable[[Runtime, Facts, datetime, ZoneInfo], Awaitable[str]]


async def _orders(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    orders = orders_of(facts, at)
    await place_orders(runtime.sealer, orders, zone=zone)
    words = ("order_cancelled" if order.is_cancelled else "order" for order in orders)
    pairs = zip(words, orders, strict=True)
    return ", ".join(f"{word} {order.accession_number}" for word, order in pairs)


async def _reports(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    reports = reports_of(facts, at)
    await file_reports(runtime.objects, runtime.sealer, reports, zone=zone)
    return ", ".join(f"report {one.state} {one.accession_number}" for one in reports)


async def _document(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    report = document_of(facts, at)
    await file_reports(runtime.objects, runtime.sealer, [report], zone=zone)
    return f"report {report.state} {report.accession_number}"


async def _patient(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    return f"patient {await take_patient(runtime.sealer, patient_of(facts, at))}"


async def _merge(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    merges = merges_of(facts, at)
    if facts.message.kind[1] in MERGE_EVENTS:
        await take_patient(runtime.sealer, patient_of(facts, at))
    await merge_patients(merges)
    word = "parted" if merges[0].is_undo else "merged"
    return f"{word} {len(merges)} {'pair' if len(merges) == 1 else 'pairs'} of patients"


TAKERS: dict[tuple[str, str], Take] = {
    ("ORM", "O01"): _orders,
    ("OMG", "O19"): _orders,
    ("OMI", "O23"): _orders,
    ("ORU", "R01"): _reports,
    **{("MDM", event): _document for event in ("T02", "T04", "T08", "T10", "T11")},
    **{("ADT", event): _patient for event in sorted(FACT_EVENTS)},
    **{("ADT", event): _merge for event in sorted(MERGE_EVENTS | LINK_EVENTS | UNLINK_EVENTS)},
}


async def dispatch(runtime: Runtime, facts: Facts, at: datetime, zone: ZoneInfo) -> str:
    """Durable when it returns. MessageRefused or a FilmError otherwise."""
    take = TAKERS.get(facts.message.kind)
    if take is None:
        raise MessageRefused("AR", "message_type_unsupported", "MSH-9")
    return await take(runtime, facts, at, zone)
