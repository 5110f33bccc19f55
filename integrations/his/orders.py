"""ORM^O01, OMG^O19 and OMI^O23 become orders: one for each ORC/OBR group."""

from datetime import datetime

from domain.messages import OrderMessage
from integrations.his.facts import Facts
from integrations.his.groups import Group
from integrations.his.hl7_text import MessageRefused

# table 0119: cancelled or discontinued, asked for or done; UC and UD say that it could not be
CANCELLING = frozenset(("CA", "CR", "OC", "DC", "DR", "OD"))
REPLACED = frozenset(("RP", "RQ", "RU"))
REPLACEMENT = "RO"


def orders_of(facts: Facts, received_at: datetime) -> list[OrderMessage]:
    """The message's orders, in the order they stand. Cancellations and replaced orders are orders
    that are cancelled."""
    groups = facts.groups.all
    if not groups:
        raise MessageRefused("AE", "order_missing", "OBR")
    has_replacement = any(_control(facts, group) == REPLACEMENT for group in groups)
    return [
        OrderMessage(
            sender=facts.sender,
            control_id=facts.control_id,
            sent_at=facts.sent_at(received_at),
            patient=facts.patient(group),
            accession_number=facts.accession(group),
            campus=facts.campus(),
            procedure=facts.find(facts.map.procedure, group)[:256],
            body_part=facts.find(facts.map.body_part, group)[:64],
            modality=facts.find(facts.map.modality, group)[:16],
            patient_type=facts.patient_type(group),
            scheduled_at=facts.time(facts.map.scheduled_at, group),
            study_instance_uid=facts.find(facts.map.study_instance_uid, group)[:64],
            is_cancelled=_is_cancelled(facts, group, has_replacement=has_replacement),
        )
        for group in groups
    ]


def _control(facts: Facts, group: Group) -> str:
    return facts.groups.find("ORC", group).get(1).upper() if "ORC" in group else ""


def _is_cancelled(facts: Facts, group: Group, *, has_replacement: bool) -> bool:
    """A replaced order is cancelled only where its replacement stands beside it: senders also write
    RP for "the same order, changed"."""
    control = _control(facts, group)
    if control == "SC":  # status changed: ORC-5 says to what
        return facts.groups.find("ORC", group).get(5).upper() in CANCELLING
    return control in CANCELLING or (control in REPLACED and has_replacement)
