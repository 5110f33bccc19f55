"""Whether somebody follows the service account, and their unionid (which `snsapi_base` keeps back):
asked for in the background, so that no login waits for it."""

from domain.ports import Sealer
from domain.wechat import Action, WeChat, WeChatError
from storage.records.wechat_user import WeChatUser
from usecases.wechat.people import UNIONID, openid_of

_LATER = (Action.RETRY, Action.REFRESH, Action.NEXT_MINUTE, Action.NEXT_DAY)


async def learn_profile(wechat: WeChat | None, sealer: Sealer, user_id: int) -> None:
    """An account that may not ask (48001) does without. Raises WeChatError to come again."""
    user = await WeChatUser.get_or_none(id=user_id, is_mini=False)
    if user is None or wechat is None:
        return
    try:
        profile = await wechat.profile(openid_of(sealer, user))
    except WeChatError as error:
        if error.action in _LATER:
            raise
        return
    user.is_subscribed = profile.is_subscribed
    if profile.unionid:
        user.unionid_index = sealer.blind_index(profile.unionid, purpose=UNIONID)
    await user.save(update_fields=["is_subscribed", "unionid_index"])
