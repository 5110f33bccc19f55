"""One accept in the mini-program is one message (WeChat's one-time subscription)."""

from tortoise.expressions import F

from storage.records.wechat_user import WeChatUser


async def add_subscription(user: WeChatUser) -> None:
    await WeChatUser.filter(id=user.id).update(
        message_credits=F("message_credits") + 1, dead_at=None
    )


async def take_subscription(user_id: int) -> None:
    await WeChatUser.filter(id=user_id, message_credits__gt=0).update(
        message_credits=F("message_credits") - 1
    )
