"""An order message becomes or changes an examination (待检查), and its code exists at once."""

from zoneinfo import ZoneInfo

from domain.matching import version_of
from domain.messages import OrderMessage
from domain.ports import Sealer
from storage.transactions import in_transaction
from usecases.matching.exam_facts import take_exam_facts
from usecases.matching.file_patient import file_patient
from usecases.matching.find_exam import find_or_make_exam
from usecases.matching.settle_exam import settle_exam_now


async def place_order(sealer: Sealer, order: OrderMessage, *, zone: ZoneInfo) -> int:
    """Durable when it returns the examination's id; the same message again changes nothing."""
    return (await place_orders(sealer, [order], zone=zone))[0]


async def place_orders(sealer: Sealer, orders: list[OrderMessage], *, zone: ZoneInfo) -> list[int]:
    """All orders of one message, or none."""

    async def place() -> list[int]:
        return [await place_order_now(sealer, order, zone=zone) for order in orders]

    return await in_transaction(place)


async def place_order_now(sealer: Sealer, order: OrderMessage, *, zone: ZoneInfo) -> int:
    """The same inside the caller's transaction."""
    version = version_of(order.sent_at, order.control_id)
    patient = await file_patient(sealer, order.sender, order.patient, version=version)
    exam = await find_or_make_exam(
        sender=order.sender,
        accession_number=order.accession_number,
        patient=patient,
        modality=order.modality,
        study_instance_uid=order.study_instance_uid,
        scheduled_at=order.scheduled_at,
        zone=zone,
    )
    await take_exam_facts(exam, order, patient, version=version)
    await settle_exam_now(sealer, exam.id)
    return int(exam.id)
