"""Every examination has one live code: 128 random bits, hashed for look-up, sealed for re-issue
(docs/decisions/0002)."""

from domain.errors import NotFound
from domain.exam import ExamStatus
from domain.ports import Sealer
from storage import outbox
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.imaging import Series
from storage.tokens import new_token, sha256_hex
from storage.transactions import db_now, in_transaction

PURPOSE = "exam_code.token"


async def ensure_code(sealer: Sealer, exam_id: int) -> str:
    """The live code's token; made now when there is none. In the caller's transaction."""
    live = await ExamCode.filter(exam_id=exam_id, revoked_at=None).order_by("id").first()
    if live is not None:
        return sealer.unseal(bytes(live.token_sealed), purpose=PURPOSE)
    token = new_token()
    await ExamCode.create(
        exam_id=exam_id,
        token_sha256=sha256_hex(token),
        token_sealed=sealer.seal(token, purpose=PURPOSE),
    )
    await outbox.want("announce_exam", exam_id)
    return token


def code_url(base_url: str, token: str) -> str:
    return f"{base_url.rstrip('/')}/q/{token}"


async def code_for_accession(
    sealer: Sealer, base_url: str, accession_number: str
) -> tuple[ExamStatus, str]:
    """(status, code's address) for the RIS. NotFound("exam_not_found") when nobody named it."""
    exam = await exam_named(accession_number)
    token = await in_transaction(lambda: ensure_code(sealer, exam.id))
    return exam.status, code_url(base_url, token)


async def images_behind(accession_number: str) -> tuple[int, int]:
    """(images that can be seen by now, series that are still being prepared) for the RIS.
    NotFound("exam_not_found")."""
    exam = await exam_named(accession_number)
    renditions = [series.rendition or {} for series in await Series.filter(study__exam=exam)]
    return (
        sum(one.get("count", 0) for one in renditions),
        sum(one.get("state", "waiting") == "waiting" for one in renditions),
    )


async def exam_named(accession_number: str) -> Exam:
    """The newest examination under this number, an ordered one before one made from images."""
    exam = (
        await Exam.filter(accession_number=accession_number, merged_into=None)
        .order_by("made_from_images", "-id")
        .first()
        if len(accession_number) <= 64
        else None
    )
    if exam is None:
        raise NotFound("exam_not_found", "没有这个检查号。", detail="unknown accession number")
    return exam


async def revoke_code(exam_id: int) -> None:
    """The paper's code ends; the next request makes a new one."""
    now = await db_now()
    await ExamCode.filter(exam_id=exam_id, revoked_at=None).update(revoked_at=now)
