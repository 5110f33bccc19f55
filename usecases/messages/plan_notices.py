"""A report that stands is told to everybody who is bound to its patient: one message a report
version and recipient, none after consent was withdrawn."""

from collections.abc import Collection
from datetime import timedelta

from storage import outbox
from storage.records.binding import Binding
from storage.records.consent import Consent
from storage.records.notice import Notice
from storage.records.report import Report
from storage.records.wechat_user import WeChatUser
from storage.tokens import new_token
from storage.transactions import db_now, in_transaction
from usecases.messages.channels import Channels
from usecases.patients.person import person_of
from usecases.wechat.people import same_person

OLDEST = timedelta(days=3)  # a report that came in long ago is no news
_FINAL = ("final", "corrected")


async def is_quiet(patient_ids: Collection[int]) -> bool:
    """Consent was withdrawn, and nobody has agreed anew."""
    rows = await Consent.filter(patient_id__in=list(patient_ids))
    return bool(rows) and all(row.withdrawn_at is not None for row in rows)


async def plan_notices(channels: Channels, report_id: int) -> None:
    """Safe to run again: what is planned stays planned."""
    report = await Report.filter(id=report_id).prefetch_related("exam__patient").first()
    if report is None or report.noticed_at is not None:
        return
    newest = await Report.filter(exam_id=report.exam.id).order_by("-version").first()
    if newest is None or newest.id != report.id or report.state not in _FINAL:
        return
    now = await db_now()
    person = await person_of(report.exam.patient)
    is_news = now - report.created_at < OLDEST and not await is_quiet(person)

    async def plan() -> None:
        if is_news:
            for user, recipient in await _recipients(person):
                await _plan_one(channels, report, user, recipient)
        await Report.filter(id=report.id).update(noticed_at=now)

    await in_transaction(plan)


async def _recipients(patient_ids: Collection[int]) -> list[tuple[list[WeChatUser], str]]:
    """Each bound person once, with their accounts in all of the hospital's apps."""
    found: dict[str, list[WeChatUser]] = {}
    for binding in await Binding.filter(
        patient_id__in=list(patient_ids), ended_at=None
    ).prefetch_related("user"):
        ids = await same_person(binding.user)
        found.setdefault(
            f"wechat:{min(ids)}", await WeChatUser.filter(id__in=ids).order_by("is_mini", "id")
        )
    return [(users, recipient) for recipient, users in found.items()]


async def _plan_one(
    channels: Channels, report: Report, users: list[WeChatUser], recipient: str
) -> None:
    """The service account's message, else the mini-program's, else a text message."""
    for user in users:
        channel = "subscribe" if user.is_mini else "template"
        if is_open(channels, user):
            await want_notice(report, recipient, channel, user)
            return
    await want_text(channels, report)


def is_open(channels: Channels, user: WeChatUser) -> bool:
    """Whether a message to this account can arrive."""
    if channels.wechat is None or user.dead_at is not None:
        return False
    if user.is_mini:
        return bool(channels.subscribe_fields) and user.message_credits > 0
    return bool(channels.template_fields) and user.is_subscribed is not False


async def want_notice(
    report: Report, recipient: str, channel: str, user: WeChatUser | None
) -> bool:
    """One a report and recipient. In the caller's transaction; False when there is one already."""
    notice, is_new = await Notice.get_or_create(
        report=report,
        recipient=recipient,
        defaults={
            "public_id": new_token(),
            "patient": report.exam.patient,
            "user": user,
            "channel": channel,
        },
    )
    if is_new:
        await outbox.want("send_notice", notice.id)
    return is_new


async def want_text(channels: Channels, report: Report) -> bool:
    """To the patient's own phone, once a report. False where there is no way."""
    patient = report.exam.patient
    if channels.texts is None or patient.phone_sealed is None:
        return False
    await want_notice(report, f"sms:{patient.id}", "sms", None)
    return True
