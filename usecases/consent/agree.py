"""A session that waited for consent gets it, and opens."""

from domain.access import PatientViewer
from domain.errors import Denied, NotFound
from storage.records.exam import Exam
from storage.records.session import ViewingSession
from storage.transactions import in_transaction
from usecases.consent.give_consent import record_consent, standing_of
from usecases.consent.text import ConsentWords


async def agree(viewer: PatientViewer, words: ConsentWords, agreed: str) -> ViewingSession:
    """Again is no harm: one agreement is kept. Invalid for a text that is no longer asked."""
    exam = await Exam.filter(id=viewer.exam_id).prefetch_related("patient").first()
    if exam is None:
        raise NotFound("exam_not_found", "没有找到这项检查。")

    async def open_it() -> ViewingSession:
        session = await ViewingSession.get(id=viewer.session_id)
        if session.revoked_at is not None:
            raise Denied("session_ended", "登录已过期,请重新扫码验证。")
        if await standing_of(viewer.patient_ids, words.version) != "given" or not agreed:
            await record_consent(
                exam.patient.id, words, agreed, actor=viewer.actor, channel=session.channel
            )
        session.is_waiting = False
        await session.save(update_fields=["is_waiting"])
        return session

    return await in_transaction(open_it)
