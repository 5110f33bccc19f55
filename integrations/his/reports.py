"""ORU^R01 and MDM documents become reports: one for each OBR group, or for the document."""

from dataclasses import replace
from datetime import datetime

from domain.messages import ReportMessage, ReportState
from integrations.his.facts import Facts
from integrations.his.groups import Group
from integrations.his.hl7_text import MessageRefused, Segment
from integrations.his.observations import Observed, read_observations
from integrations.his.senders import Place

_STATES: dict[str, ReportState] = {
    "F": "final", "": "final", "C": "corrected", "A": "corrected", "P": "preliminary",
    "R": "preliminary", "S": "preliminary", "I": "preliminary", "D": "withdrawn", "X": "withdrawn",
}  # fmt: skip
# TXA-17 (table 0271): authenticated and legally authenticated are final; what is dictated,
# documented, incomplete, in progress or pre-authenticated is not
_COMPLETIONS: dict[str, ReportState] = {
    "AU": "final", "LA": "final", "": "final", "DI": "preliminary", "DO": "preliminary",
    "IN": "preliminary", "IP": "preliminary", "PA": "preliminary",
}  # fmt: skip
_DOCUMENT_ACCESSION = (Place("TXA", 15), Place("TXA", 14), Place("OBR", 18), Place("OBR", 3))
_DOCUMENT_TIME = (Place("TXA", 22, 15), Place("TXA", 8), Place("TXA", 6), Place("TXA", 4))
WITHDRAWN_EVENTS = frozenset(("T11",))
REPLACING_EVENTS = frozenset(("T08", "T10"))


def reports_of(facts: Facts, received_at: datetime) -> list[ReportMessage]:
    """ORU^R01. Where several OBR have OBX under one of them only, that is the report of them all
    (one report for several examinations)."""
    groups = facts.groups.all
    if not groups:
        raise MessageRefused("AE", "report_missing", "OBR")
    with_text = [group for group in groups if group.observations]
    shared = with_text[0] if len(with_text) == 1 else None
    return [_result(facts, group, shared or group, received_at) for group in groups]


def _result(facts: Facts, group: Group, text_group: Group, received_at: datetime) -> ReportMessage:
    status = facts.find(facts.map.result_status, group).upper()
    if status not in _STATES:
        raise MessageRefused("AE", "result_status_unknown", "OBR-25")
    report = _report(
        facts, group, _observed(facts, text_group), received_at, facts.accession(group)
    )
    return replace(
        report,
        state=_STATES[status],
        reported_at=facts.time(facts.map.reported_at, group) or report.sent_at,
        reporter=_person(facts, facts.map.reporter, group),
        reviewer=_person(facts, facts.map.reviewer, group),
    )


def _report(
    facts: Facts, group: Group, observed: Observed, received_at: datetime, accession_number: str
) -> ReportMessage:
    """What ORU and MDM have in common."""
    return ReportMessage(
        sender=facts.sender,
        control_id=facts.control_id,
        sent_at=facts.sent_at(received_at),
        patient=facts.patient(group),
        accession_number=accession_number,
        campus=facts.campus(),
        procedure=facts.find(facts.map.procedure, group)[:256],
        modality=facts.find(facts.map.modality, group)[:16],
        patient_type=facts.patient_type(group),
        state="final",
        reported_at=None,
        findings=observed.findings,
        impression=observed.impression,
        pdf=observed.pdf,
        study_instance_uid=facts.find(facts.map.study_instance_uid, group)[:64],
    )


def document_of(facts: Facts, received_at: datetime) -> ReportMessage:
    """MDM: T02, T04 (status), T08 (edited), T10 (replaced) with content; T11 withdraws."""
    group = next((group for group in facts.groups.all if "TXA" in group), None)
    if group is None:
        raise MessageRefused("AE", "document_missing", "TXA")
    number = facts.find(_DOCUMENT_ACCESSION, group) or facts.find(facts.map.accession_number, group)
    if not number:
        raise MessageRefused("AE", "accession_number_missing", "TXA-15")
    report = _report(facts, group, _observed(facts, group), received_at, number[:64])
    txa = facts.groups.find("TXA", group)
    return replace(
        report,
        state=_document_state(facts.message.kind[1], txa),
        reported_at=facts.time(_DOCUMENT_TIME, group) or report.sent_at,
        reporter=_joined(txa.get(9, 2) or txa.get(9), txa.get(9, 3)),
        reviewer=_joined(txa.get(22, 2) or txa.get(10, 2), txa.get(22, 3) or txa.get(10, 3)),
    )


def _document_state(event: str, txa: Segment) -> ReportState:
    if event in WITHDRAWN_EVENTS:
        return "withdrawn"
    completion = txa.get(17).upper()
    if completion not in _COMPLETIONS:
        raise MessageRefused("AE", "completion_status_unknown", "TXA-17")
    state = _COMPLETIONS[completion]
    return "corrected" if state == "final" and event in REPLACING_EVENTS else state


def _observed(facts: Facts, group: Group) -> Observed:
    return read_observations(
        group.observations, facts.map.findings_codes, facts.map.impression_codes
    )


def _joined(family: str, given: str) -> str:
    return (family + given if not family.isascii() else f"{family} {given}").strip()


def _person(facts: Facts, places: tuple[Place, ...], group: Group) -> str:
    """A name: `id^name`, or the name alone; sub-components of OBR-32 are `id&name`."""
    text = facts.find(places, group)
    mark = facts.message.header.mark(3)
    if not mark or mark not in text:
        return text
    return text.split(mark, 2)[1]
