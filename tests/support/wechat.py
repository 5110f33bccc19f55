"""The fake WeChat with one service account and one mini-program, and how to move it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from demo.fake_wechat import App, FakeWeChat, User, World
from domain.wechat import HeldToken
from integrations.wechat import Accounts, MiniProgram, ServiceAccount

SERVICE, MINI = "wx00000000service", "wx0000000000mini"
SECRET, MINI_SECRET = "canary-secret-of-the-service", "canary-secret-of-the-mini"
PUSH_TOKEN, AES_KEY = "canarypushtoken", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
TEMPLATE, MINI_TEMPLATE = "tpl-report", "mini-tpl-report"
FIELDS = ["thing1", "time2"]
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 MicroMessenger/8.0.49(0x1800312a) NetType/WIFI Language/zh_CN"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; V2338A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
    "Chrome/116.0.0.0 Mobile Safari/537.36 XWEB/1160117 MMWEBSDK/20240404 MicroMessenger/8.0.49"
    "(0x28003135) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)


def new_world() -> World:
    return World(
        apps={
            SERVICE: App(
                SERVICE, SECRET, token=PUSH_TOKEN, aes_key=AES_KEY, templates={TEMPLATE: FIELDS}
            ),
            MINI: App(MINI, MINI_SECRET, is_mini=True, templates={MINI_TEMPLATE: FIELDS}),
        },
        users={"alice": User("alice"), "bob": User("bob")},
        current_user="alice",
    )


def accounts(base_url: str, **more: Any) -> Accounts:
    return Accounts(
        ServiceAccount(
            SERVICE, SECRET, push_token=PUSH_TOKEN, push_aes_key=AES_KEY, template_id=TEMPLATE
        ),
        MiniProgram(MINI, MINI_SECRET, MINI_TEMPLATE),
        base_url=base_url,
        **more,
    )


@contextmanager
def fake_wechat() -> Iterator[FakeWeChat]:
    with FakeWeChat(new_world()) as fake:
        yield fake


def control(fake: FakeWeChat | str, verb: str, **body: Any) -> dict[str, Any]:
    """A control verb over HTTP, as anybody outside would use it."""
    base = fake if isinstance(fake, str) else fake.base_url
    answer = httpx.post(f"{base}/_control/{verb}", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def calls(fake: FakeWeChat, path: str) -> list[dict[str, Any]]:
    """The calls of one endpoint, in order."""
    return [one for one in fake.world.calls if one["path"] == path]


class MemoryShelf:
    """`domain.wechat.TokenShelf` in this process, for tests that are not about sharing."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[str, Any]] = {}

    def _row(self, name: str) -> dict[str, Any]:
        blank = {"value": "", "end": 0.0, "claim": 0.0, "rest": 0.0, "code": 0}
        return self._rows.setdefault(name, blank)

    async def read(self, name: str) -> HeldToken:
        row, now = self._row(name), time.monotonic()
        life_s = max(row["end"] - now, 0.0)
        value = row["value"] if life_s else ""
        return HeldToken(value, life_s, max(row["rest"] - now, 0.0), row["code"])

    async def claim(self, name: str, holder: str, lease_s: float) -> bool:
        row, now = self._row(name), time.monotonic()
        if row["claim"] > now or row["rest"] > now:
            return False
        row["claim"] = now + lease_s
        return True

    async def put(self, name: str, value: str, life_s: float) -> None:
        end = time.monotonic() + life_s
        self._row(name).update(value=value, end=end, claim=0.0, rest=0.0, code=0)

    async def drop(self, name: str, value: str) -> None:
        if self._row(name)["value"] == value:
            self._row(name).update(value="", end=0.0)

    async def rest(self, name: str, seconds: float, code: int) -> None:
        self._row(name).update(claim=0.0, rest=time.monotonic() + seconds, code=code)


def channel_settings(folder: Path, base_url: str) -> dict[str, Any]:
    """Settings that know the fake's accounts; the secrets lie in files of `folder`."""
    folder.mkdir(parents=True, exist_ok=True)

    def secret(name: str, value: str) -> Path:
        (folder / name).write_text(value + "\n")
        return folder / name

    return {
        "wechat_app_id": SERVICE,
        "wechat_secret_file": secret("service", SECRET),
        "wechat_push_token_file": secret("push-token", PUSH_TOKEN),
        "wechat_push_aes_key_file": secret("aes-key", AES_KEY),
        "wechat_template_id": TEMPLATE,
        "wechat_mini_app_id": MINI,
        "wechat_mini_secret_file": secret("mini", MINI_SECRET),
        "wechat_mini_template_id": MINI_TEMPLATE,
        "wechat_base_url": base_url,
        "wechat_timeout_s": 1.0,
        "sms_url": f"{base_url}/sms/send",
        "sms_secret_file": secret("sms", "canary-secret-of-the-gateway"),
        "check_files_dir": folder / "check",
    }
