"""ADT messages become what is known of a patient, and merges."""

from datetime import datetime

from domain.messages import MergeMessage, PatientMessage
from integrations.his.facts import Facts
from integrations.his.hl7_text import MessageRefused, Segment

# admitted, moved, registered, pre-admitted, changed class, updated, added; discharged tells no ward
FACT_EVENTS = frozenset(("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A08", "A28", "A31"))
MERGE_EVENTS = frozenset(("A18", "A34", "A40"))
LINK_EVENTS, UNLINK_EVENTS = frozenset(("A24",)), frozenset(("A37",))
MAX_MERGES = 500


def patient_of(facts: Facts, received_at: datetime) -> PatientMessage:
    """A01 and its kin."""
    return PatientMessage(
        sender=facts.sender,
        control_id=facts.control_id,
        sent_at=facts.sent_at(received_at),
        patient=facts.patient(),
        patient_type=facts.patient_type(),
        ward="" if facts.message.kind[1] == "A03" else facts.ward(),
    )


def merges_of(facts: Facts, received_at: datetime) -> list[MergeMessage]:
    """A40: each PID with the MRG that follow it. A24 links and A37 unlinks two PID."""
    event = facts.message.kind[1]
    pairs = _by_mrg(facts) if event in MERGE_EVENTS else _by_pid(facts)
    if len(pairs) > MAX_MERGES:
        raise MessageRefused("AE", "too_many_merges", "MRG")
    if any(surviving == prior for surviving, prior in pairs):
        raise MessageRefused("AE", "merge_with_itself", "MRG-1")
    return [
        MergeMessage(
            sender=facts.sender,
            control_id=facts.control_id,
            sent_at=facts.sent_at(received_at),
            issuer=facts.issuer,
            surviving_number=surviving,
            prior_number=prior,
            is_undo=event in UNLINK_EVENTS,
        )
        for surviving, prior in pairs
    ]


def _by_mrg(facts: Facts) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    pid: Segment | None = None
    for segment in facts.message.all:
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            surviving = _number(pid, 3) if pid is not None else ""
            numbers = [segment.component(text, 1)[:64] for text in segment.repetitions(1)]
            priors = list(dict.fromkeys(number for number in numbers if number))
            if not surviving or not priors:
                where = "PID-3" if not surviving else "MRG-1"
                raise MessageRefused("AE", "patient_number_missing", where)
            pairs += [(surviving, prior) for prior in priors]
    if not pairs:
        raise MessageRefused("AE", "merge_missing", "MRG")
    return pairs


def _by_pid(facts: Facts) -> list[tuple[str, str]]:
    numbers = [_number(segment, 3) for segment in facts.message.segments("PID")]
    if len(numbers) != 2 or not all(numbers):
        raise MessageRefused("AE", "patient_number_missing", "PID-3")
    return [(numbers[0], numbers[1])]


def _number(segment: Segment, field: int) -> str:
    return segment.get(field)[:64]
