"""One token for all processes: fetched by one, renewed while the old one is good, never in clear."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from assembly.runtime import Runtime
from demo.fake_wechat import FakeWeChat
from integrations.wechat import WeChatGateway
from storage.records.shared_token import SharedToken
from storage.shared_tokens import SharedTokens
from tests.conftest import REPOSITORY, fresh_postgres_database
from tests.support.wechat import SERVICE, accounts, calls, control

TOKEN_PATH = "/cgi-bin/stable_token"


@pytest.fixture
async def shared_gateway(runtime: Runtime, fake: FakeWeChat) -> AsyncIterator[WeChatGateway]:
    opened = WeChatGateway(accounts(fake.base_url), SharedTokens(runtime.sealer))
    yield opened
    opened.close()


async def test_near_its_end_the_token_is_renewed_while_the_old_one_still_works(
    runtime: Runtime, shared_gateway: WeChatGateway, fake: FakeWeChat
) -> None:
    openid = fake.world.openid(fake.world.apps[SERVICE], "alice")
    await shared_gateway.profile(openid)
    first = fake.world.stable[SERVICE]
    control(fake, "clock", advance_s=7200 - 250)
    await SharedToken.all().update(expires_at=datetime.now(UTC) + timedelta(seconds=230))
    await asyncio.gather(*(shared_gateway.profile(openid) for _ in range(10)))
    assert len(calls(fake, TOKEN_PATH)) == 2
    assert fake.world.stable[SERVICE] != first
    for path in runtime.settings.data_dir.rglob("*.sqlite3*"):
        assert first.encode() not in path.read_bytes()


HOLDER = """
import asyncio, sys
from assembly.logs import configure_logging
from assembly.runtime import open_runtime
from assembly.settings import Settings
from integrations.wechat import WeChatGateway
from storage.shared_tokens import SharedTokens
from tests.support.wechat import SERVICE, accounts

async def main(base_url, openids):
    configure_logging("ERROR", process="holder")
    async with open_runtime(Settings()) as runtime:
        gateway = WeChatGateway(accounts(base_url), SharedTokens(runtime.sealer))
        print("ready", flush=True)
        for _ in range(2):
            await asyncio.to_thread(sys.stdin.readline)
            await asyncio.gather(*(gateway.profile(one) for one in openids))
            print("done", flush=True)
        gateway.close()

asyncio.run(main(sys.argv[1], sys.argv[2:]))
"""


@pytest.mark.parametrize("ground", ["sqlite", "postgres"])
async def test_four_processes_share_one_token_without_a_storm(
    runtime: Runtime, fake: FakeWeChat, request: pytest.FixtureRequest, ground: str
) -> None:
    """Cold start of all at once, then a token that dies under all of them at once."""
    url = runtime.settings.resolved_database_url()
    if ground == "postgres":
        url = await fresh_postgres_database(request.getfixturevalue("postgres_url"))
    environment = {
        **os.environ, "CLOUDFILM_DATABASE_URL": url,
        "CLOUDFILM_DATA_DIR": str(runtime.settings.data_dir),
    }  # fmt: skip
    migrated = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "migrate", cwd=REPOSITORY, env=environment
    )
    assert await migrated.wait() == 0
    openid = fake.world.openid(fake.world.apps[SERVICE], "alice")
    holders = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", HOLDER, fake.base_url, *[openid] * 5, cwd=REPOSITORY,
            env=environment, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    await _said(holders, b"ready\n")
    for fetched in (1, 2):
        for one in holders:
            assert one.stdin is not None
            one.stdin.write(b"\n")
        await _said(holders, b"done\n")
        assert len(calls(fake, TOKEN_PATH)) == fetched
        with fake.world.lock:
            fake.world.tokens[fake.world.stable[SERVICE]].is_latest = False
    assert [await one.wait() for one in holders] == [0, 0, 0, 0]


async def _said(holders: list[asyncio.subprocess.Process], line: bytes) -> None:
    for one in holders:
        assert one.stdout is not None
        assert await asyncio.wait_for(one.stdout.readline(), 60) == line
