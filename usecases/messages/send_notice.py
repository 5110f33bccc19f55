"""One message goes out, and what WeChat says of it is acted upon by its policy."""

import random
from datetime import datetime

import structlog

from domain.errors import Refused, Unavailable
from domain.notice import message_data
from domain.wechat import Action, WeChatError
from storage.records.binding import Binding
from storage.records.notice import Notice
from storage.records.wechat_user import WeChatUser
from storage.transactions import db_now, in_transaction
from usecases.exam_code.issue_code import code_url, ensure_code
from usecases.matching.file_patient import PHONE
from usecases.messages.channels import Channels
from usecases.messages.plan_notices import is_quiet, want_text
from usecases.messages.subscriptions import take_subscription
from usecases.patients.person import person_of
from usecases.wechat.people import openid_of, same_person

MAX_TRIES = 3
MAX_TEXT_TRIES = 5
PAUSE_S = (3, 15, 60, 300)

log = structlog.get_logger()


async def send_notice(channels: Channels, notice_id: int) -> None:
    """Raises Unavailable when it is to be tried again later. Sent once: a notice that is settled is
    left alone, and a repeated send carries the same id."""
    notice = (
        await Notice.filter(id=notice_id, state="waiting")
        .prefetch_related("user", "patient", "report__exam__patient")
        .first()
    )
    if notice is None:
        return
    if not await _is_wanted(notice):
        await _settle(notice, "quiet")
        return
    if notice.channel == "sms":
        await _send_text(channels, notice)
    else:
        await _send_wechat(channels, notice)


async def _is_wanted(notice: Notice) -> bool:
    """Consent stands, and the recipient is still bound."""
    person = await person_of(notice.patient)
    if await is_quiet(person):
        return False
    if notice.user is None:
        return True
    users = await same_person(notice.user)
    bound = Binding.filter(user_id__in=users, patient_id__in=list(person), ended_at=None)
    return await bound.exists()


def _facts(channels: Channels, notice: Notice) -> dict[str, str]:
    def local(when: datetime | None) -> str:
        return when.astimezone(channels.zone).strftime("%Y-%m-%d %H:%M") if when else ""

    exam, report = notice.report.exam, notice.report
    return {
        "procedure": exam.procedure or exam.modality,
        "reported_at": local(report.reported_at or report.created_at),
        "acquired_at": local(exam.acquired_at or report.reported_at or report.created_at),
        "hospital": channels.hospital,
    }


async def _send_wechat(channels: Channels, notice: Notice) -> None:
    user = notice.user
    if channels.wechat is None or user is None:
        await _fall_back(channels, notice, None)
        return
    facts, openid = _facts(channels, notice), openid_of(channels.sealer, user)
    try:
        if notice.channel == "template":
            token = await ensure_code(channels.sealer, notice.report.exam.id)
            notice.msg_id = await channels.wechat.send_template(
                openid,
                data=message_data(channels.template_fields, facts),
                url=code_url(channels.base_url, token),
                message_id=notice.public_id,
            )
        else:
            await channels.wechat.send_subscribe(
                openid, data=message_data(channels.subscribe_fields, facts), page=channels.page
            )
            await take_subscription(user.id)
    except WeChatError as error:
        await _heed(channels, notice, user, error)
        return
    notice.sent_at = await db_now()
    await _settle(notice, "sent")


async def _heed(channels: Channels, notice: Notice, user: WeChatUser, error: WeChatError) -> None:
    match error.action:
        case Action.NEXT_MINUTE | Action.NEXT_DAY:
            raise error
        case Action.RETRY | Action.REFRESH:
            await _later_or(channels, notice, error)
        case Action.CHANNEL_DEAD:
            await WeChatUser.filter(id=user.id).update(dead_at=await db_now(), message_credits=0)
            await _fall_back(channels, notice, error.errcode)
        case Action.ALARM:
            await _fall_back(channels, notice, error.errcode)
        case _:
            await _bury(notice, error.errcode)


async def _later_or(channels: Channels, notice: Notice, error: WeChatError) -> None:
    """Three tries with jitter, then the other channel."""
    notice.tries += 1
    await notice.save(update_fields=["tries"])
    if notice.tries >= MAX_TRIES:
        await _fall_back(channels, notice, error.errcode)
        return
    raise _later(notice)


def _later(notice: Notice) -> Unavailable:
    pause_s = PAUSE_S[min(notice.tries, len(PAUSE_S)) - 1] * random.uniform(0.7, 1.3)  # noqa: S311
    return Unavailable("notice_postponed", retry_after_s=max(int(pause_s), 1))


async def _fall_back(channels: Channels, notice: Notice, errcode: int | None) -> None:
    """A text message to the patient's phone takes over, where the hospital has a gateway."""
    notice.errcode = errcode

    async def move() -> None:
        is_moved = await want_text(channels, notice.report)
        await _settle(notice, "moved" if is_moved else "dead")

    await in_transaction(move)
    if notice.state == "dead":
        log.error("notice_dead", notice=notice.id, errcode=errcode)


async def _bury(notice: Notice, errcode: int | None) -> None:
    """A dead letter: sending it again would meet the same answer."""
    notice.errcode = errcode
    await _settle(notice, "dead")
    log.error("notice_dead", notice=notice.id, errcode=errcode)


async def _send_text(channels: Channels, notice: Notice) -> None:
    sealed = notice.patient.phone_sealed
    if channels.texts is None or sealed is None:
        await _bury(notice, None)
        return
    facts = _facts(channels, notice)
    params = {name: facts[name] for name in ("hospital", "procedure", "reported_at")}
    phone = channels.sealer.unseal(bytes(sealed), purpose=PHONE)
    try:
        await channels.texts.send(phone, params=params, message_id=notice.public_id)
    except Unavailable:
        notice.tries += 1
        await notice.save(update_fields=["tries"])
        if notice.tries >= MAX_TEXT_TRIES:
            await _bury(notice, None)
            return
        raise _later(notice) from None
    except Refused:
        await _bury(notice, None)
        return
    notice.sent_at = await db_now()
    await _settle(notice, "sent")


async def _settle(notice: Notice, state: str) -> None:
    notice.state, notice.settled_at = state, await db_now()
    await notice.save(
        update_fields=["state", "settled_at", "errcode", "msg_id", "sent_at", "tries"]
    )


async def fall_back_after(channels: Channels, notice_id: int, *, is_channel_dead: bool) -> None:
    """WeChat took the message and could not deliver it (TEMPLATESENDJOBFINISH)."""
    notice = (
        await Notice.filter(id=notice_id, state="sent")
        .prefetch_related("user", "patient", "report__exam__patient")
        .first()
    )
    if notice is None:
        return
    if is_channel_dead and notice.user is not None:
        await WeChatUser.filter(id=notice.user.id).update(dead_at=await db_now())
    await _fall_back(channels, notice, None)
