"""What WeChat pushes: kept at once, done by a job (it waits five seconds and comes thrice)."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta

import orjson

from domain.errors import Unavailable
from domain.ports import Sealer
from storage import outbox
from storage.records.notice import Notice, WeChatPush
from storage.records.wechat_user import WeChatUser
from storage.transactions import db_now, in_transaction
from usecases.messages.channels import Channels
from usecases.messages.send_notice import fall_back_after
from usecases.messages.subscriptions import add_subscription
from usecases.wechat.people import OPENID

PURPOSE = "wechat.push"
PATIENCE = timedelta(minutes=2)


def dedupe_key(fields: Mapping[str, str]) -> str:
    """MsgId where there is one, else who, when and what."""
    told = fields.get("MsgId") or "|".join(
        fields.get(name, "") for name in ("FromUserName", "CreateTime", "Event", "MsgID")
    )
    return hashlib.sha256(told.encode()).hexdigest()


async def keep_push(sealer: Sealer, app_id: str, fields: Mapping[str, str]) -> bool:
    """Durable when it returns; False for a repeat."""

    async def keep() -> bool:
        push, is_new = await WeChatPush.get_or_create(
            dedupe_key=dedupe_key(fields),
            defaults={
                "app_id": app_id,
                "body_sealed": sealer.seal(orjson.dumps(dict(fields)).decode(), purpose=PURPOSE),
            },
        )
        if is_new:
            await outbox.want("wechat_push", push.id)
        return is_new

    return await in_transaction(keep)


async def take_push(channels: Channels, push_id: int) -> None:
    """Does what the event asks for, once."""
    push = await WeChatPush.get_or_none(id=push_id)
    if push is None or push.body_sealed is None:
        return
    body = channels.sealer.unseal(bytes(push.body_sealed), purpose=PURPOSE)
    await _act(channels, push, orjson.loads(body))
    push.body_sealed = None
    await push.save(update_fields=["body_sealed"])


async def _act(channels: Channels, push: WeChatPush, fields: dict[str, str]) -> None:
    openid = channels.sealer.blind_index(fields.get("FromUserName", ""), purpose=OPENID)
    user = await WeChatUser.get_or_none(app_id=push.app_id, openid_index=openid)
    match fields.get("Event", "").lower():
        case "templatesendjobfinish":
            await _finish(channels, push, fields)
        case "unsubscribe" if user is not None:
            user.is_subscribed, user.dead_at = False, await db_now()
            await user.save(update_fields=["is_subscribed", "dead_at"])
        case "subscribe" if user is not None:
            user.is_subscribed, user.dead_at = True, None
            await user.save(update_fields=["is_subscribed", "dead_at"])
        case "subscribe_msg_popup_event" if user is not None:
            if fields.get("SubscribeStatusString") == "accept":
                await add_subscription(user)
        case _:
            pass  # texts and scans: nobody here talks back


async def _finish(channels: Channels, push: WeChatPush, fields: dict[str, str]) -> None:
    notice = await Notice.get_or_none(channel="template", msg_id=fields.get("MsgID") or "-")
    if notice is None:
        if await db_now() - push.created_at < PATIENCE:  # it was quicker than our own commit
            raise Unavailable("notice_not_there_yet", retry_after_s=3)
        return
    status = fields.get("Status", "").replace(" ", "").lower()
    if status == "success":
        await Notice.filter(id=notice.id, state="sent").update(
            state="delivered", settled_at=await db_now()
        )
    else:
        await fall_back_after(channels, notice.id, is_channel_dead=status == "failed:userblock")
