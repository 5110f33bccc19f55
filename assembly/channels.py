"""The channels that the settings name, joined: WeChat and the gateway for text messages."""

from assembly.channel_settings import ChannelSettings, secret_in
from domain.ports import Sealer
from integrations.sms.http_gateway import HttpTextMessages
from integrations.wechat import Accounts, MiniProgram, ServiceAccount, WeChatGateway
from storage.shared_tokens import SharedTokens


def open_wechat(settings: ChannelSettings, sealer: Sealer) -> WeChatGateway | None:
    """None where the hospital has neither account."""
    s = settings
    if not s.wechat_app_id and not s.wechat_mini_app_id:
        return None
    service = ServiceAccount(
        app_id=s.wechat_app_id,
        secret=secret_in(s.wechat_secret_file),
        scope=s.wechat_scope,
        push_token=secret_in(s.wechat_push_token_file),
        push_aes_key=secret_in(s.wechat_push_aes_key_file),
        template_id=s.wechat_template_id,
    )
    mini = MiniProgram(
        app_id=s.wechat_mini_app_id,
        secret=secret_in(s.wechat_mini_secret_file),
        template_id=s.wechat_mini_template_id,
        state=s.wechat_mini_state,
    )
    accounts = Accounts(
        service if service.app_id else None,
        mini if mini.app_id else None,
        base_url=s.wechat_base_url,
        timeout_s=s.wechat_timeout_s,
    )
    return WeChatGateway(accounts, SharedTokens(sealer))


def open_texts(settings: ChannelSettings) -> HttpTextMessages | None:
    """None where the hospital has no gateway."""
    if not settings.sms_url:
        return None
    return HttpTextMessages(settings.sms_url, secret_in(settings.sms_secret_file))
