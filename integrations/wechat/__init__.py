"""WeChat by wechatpy 1.8.18, wrapped where it would hurt (docs/decisions/0040): one token for all
processes, one bounded retry, time limits on every call, no secret in an exception.

The words are WeChat's own: `openid`, `errcode`, `jscode2session`, `stable_token`.
"""

from integrations.wechat.accounts import Accounts, MiniProgram, ServiceAccount
from integrations.wechat.gateway import WeChatGateway

__all__ = ["Accounts", "MiniProgram", "ServiceAccount", "WeChatGateway"]
