"""A fake of WeChat, ours: every endpoint, error and push that the product meets, over real HTTP on
loopback, with a clock, quotas, faults, replay and control verbs. It lets the whole WeChat path be
walked offline (`make demo FAKE_WECHAT=1`) and stands behind the tests.

It is written from the platform's public facts and shares no code with `integrations/wechat` or
with wechatpy, so that the two sides cannot agree on a mistake.
"""

from demo.fake_wechat.server import FakeWeChat
from demo.fake_wechat.world import App, User, World

__all__ = ["App", "FakeWeChat", "User", "World"]
