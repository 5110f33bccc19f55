"""`/wechat/push` over HTTP, pushed by the fake as the platform pushes: the console's check, encrypted
events, repeats, and what is not signed, not ours, or nonsense."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from assembly.runtime import Runtime
from demo.fake_wechat import FakeWeChat
from demo.fake_wechat.push import encrypt, signature
from storage.records.notice import WeChatPush
from storage.records.outbox import OutboxRow
from storage.records.wechat_user import WeChatUser
from tests.bff.conftest import serving
from tests.bff.wechat_parts import bind_self, code_of, fake, phone, settings
from tests.support.wechat import PUSH_TOKEN, SERVICE, control
from workers.inline import drain

__all__ = ["fake", "settings"]


@pytest.fixture
def pushed_to(fake: FakeWeChat, base_url: str) -> str:
    """The console of the service account knows this address."""
    fake.world.apps[SERVICE].push_url = base_url + "/wechat/push"
    return base_url + "/wechat/push"


def push(fake: FakeWeChat, **event: str) -> list[list[object]]:
    """(status, answer) of each try."""
    told = control(fake, "push", app_id=SERVICE, user="alice", **event)
    return list(told["answers"])


async def pushed(fake: FakeWeChat, **event: str) -> list[list[object]]:
    return await asyncio.to_thread(push, fake, **event)


async def check(fake: FakeWeChat, *, bad: bool = False) -> dict[str, object]:
    return await asyncio.to_thread(control, fake, "check-url", app_id=SERVICE, bad=bad)


async def test_the_console_finds_the_address_ours(pushed_to: str, fake: FakeWeChat) -> None:
    told = await check(fake)
    assert (told["status"], told["answer"]) == (200, told["echostr"])
    told = await check(fake, bad=True)
    assert told["status"] == 403 and told["echostr"] not in str(told["answer"])


async def test_an_event_is_taken_once_however_often_it_comes(
    runtime: Runtime, base_url: str, pushed_to: str, fake: FakeWeChat
) -> None:
    """Also where two nodes take it; and its job does what it says."""
    async with phone(base_url, fake) as alice, serving(runtime) as second:
        await bind_self(alice, await code_of(runtime))
        for node in (base_url, second, base_url):
            fake.world.apps[SERVICE].push_url = node + "/wechat/push"
            heard = await pushed(fake, event="unsubscribe", CreateTime="1", bad="replay")
            assert heard == [[200, "success"]] * 3
    assert await WeChatPush.all().count() == 1
    assert await OutboxRow.filter(topic="wechat_push").count() == 1
    await drain(runtime)
    assert (await WeChatUser.get()).dead_at is not None
    kept = await WeChatPush.get()
    assert kept.body_sealed is None  # what it said goes when it is done
    await pushed(fake, event="subscribe", CreateTime="2")
    await drain(runtime)
    assert (await WeChatUser.get()).dead_at is None
    await pushed(fake, event="unsubscribe", CreateTime="1")  # the old one, replayed
    await drain(runtime)
    assert (await WeChatUser.get()).dead_at is None


NONSENSE = (
    b"", b"\x00\x01\xff", b"<xml>", b"{}", b"<xml><Event>unsubscribe</Event></xml>",
    b"<xml><Encrypt></Encrypt></xml>", b"<xml><Encrypt>!!!!</Encrypt></xml>",
    b"<xml><Encrypt>QUJD</Encrypt></xml>",
    b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><Encrypt>&e;</Encrypt></xml>',
    b"<xml><Encrypt>" + b"A" * 70_000 + b"</Encrypt></xml>",
)  # fmt: skip


async def test_what_is_not_ours_or_nonsense_is_refused_and_leaves_nothing(
    runtime: Runtime, pushed_to: str, fake: FakeWeChat
) -> None:
    """Nonsense is signed as well as it can be: over whatever stands where the cipher should."""
    for bad in ("signature", "app_id"):
        heard = await pushed(fake, event="unsubscribe", bad=bad)
        assert [status for status, _ in heard] == [403, 403, 403]
    async with httpx.AsyncClient(timeout=20, headers={"Content-Type": "text/xml"}) as client:
        for body in NONSENSE:
            cipher = body.partition(b"<Encrypt>")[2].partition(b"</Encrypt>")[0].decode("latin-1")
            query = {"timestamp": "1", "nonce": "2", "encrypt_type": "aes",
                     "msg_signature": signature(PUSH_TOKEN, "1", "2", cipher)}  # fmt: skip
            for given in (query, {}, query | {"msg_signature": ""}):
                answer = await client.post(pushed_to, params=given, content=body)
                assert answer.status_code in (400, 403, 413), body
                assert "passwd" not in answer.text and "Traceback" not in answer.text
    assert await WeChatPush.all().count() == 0


async def test_a_body_of_an_event_that_nobody_knows_does_no_harm(
    runtime: Runtime, pushed_to: str, fake: FakeWeChat
) -> None:
    app = fake.world.apps[SERVICE]
    async with httpx.AsyncClient(timeout=20) as client:
        for xml in ("<xml/>", "<xml><Event>never_seen</Event></xml>", "no xml at all"):
            cipher = encrypt(app, xml)
            query = {"timestamp": "1", "nonce": "2",
                     "msg_signature": signature(app.token, "1", "2", cipher)}  # fmt: skip
            body = f"<xml><Encrypt>{cipher}</Encrypt></xml>"
            headers = {"Content-Type": "text/xml"}
            answer = await client.post(pushed_to, params=query, content=body, headers=headers)
            assert answer.status_code in (200, 400, 403)
    await drain(runtime)
    assert await OutboxRow.filter(last_error__not="").count() == 0


async def test_without_wechat_there_is_no_such_address(runtime: Runtime) -> None:
    plain = runtime.settings.model_copy(update={"wechat_app_id": ""})
    async with (
        serving(replace(runtime, wechat=None, settings=plain)) as url,
        httpx.AsyncClient(timeout=20) as client,
    ):
        assert (await client.post(url + "/wechat/push", content=b"<xml/>")).status_code == 404
        assert (await client.get(url + "/wechat/push")).status_code == 404
