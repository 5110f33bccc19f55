"""The gateway on a fresh fake."""

from collections.abc import AsyncIterator, Iterator

import pytest

from demo.fake_wechat import FakeWeChat
from integrations.wechat import WeChatGateway
from tests.support.wechat import MemoryShelf, accounts, fake_wechat


@pytest.fixture
def fake() -> Iterator[FakeWeChat]:
    with fake_wechat() as running:
        yield running


@pytest.fixture
async def gateway(fake: FakeWeChat) -> AsyncIterator[WeChatGateway]:
    opened = WeChatGateway(accounts(fake.base_url, timeout_s=0.5), MemoryShelf())
    yield opened
    opened.close()
