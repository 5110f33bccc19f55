"""`make demo FAKE_WECHAT=1`: the fake of WeChat beside the product, so that the whole path can
be walked offline: any browser whose user agent says `MicroMessenger/` is WeChat's."""

import base64
import json
import os
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assembly.settings import Settings
from demo.fake_wechat import App
from supervisor.process import Child
from supervisor.supervise import free_port

SERVICE, MINI = "wxdemo000service", "wxdemo0000000mini"
TEMPLATE, MINI_TEMPLATE = "demo-report-ready", "demo-mini-report-ready"
FIELDS = ["thing1", "time2"]
USER = "demo-patient"


def fake_wechat_for(settings: Settings) -> Child:
    """The fake's process, not started yet; `settings` know it afterwards."""
    folder = settings.data_dir.resolve() / "wechat"
    folder.mkdir(parents=True, exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    service = App(
        SERVICE,
        secrets.token_hex(16),
        token=secrets.token_hex(8),
        aes_key=key,
        push_url=settings.base_url() + "/wechat/push",
        oauth_domains=[urlsplit(settings.base_url()).netloc],
        templates={TEMPLATE: FIELDS},
    )
    mini = App(MINI, secrets.token_hex(16), is_mini=True, templates={MINI_TEMPLATE: FIELDS})
    world = {"apps": [asdict(service), asdict(mini)], "current_user": USER}
    port = free_port()
    base_url = f"http://127.0.0.1:{port}"
    settings.wechat_app_id, settings.wechat_mini_app_id = SERVICE, MINI
    settings.wechat_secret_file = _secret(folder / "service", service.secret)
    settings.wechat_push_token_file = _secret(folder / "push-token", service.token)
    settings.wechat_push_aes_key_file = _secret(folder / "aes-key", service.aes_key)
    settings.wechat_mini_secret_file = _secret(folder / "mini", mini.secret)
    settings.wechat_template_id, settings.wechat_mini_template_id = TEMPLATE, MINI_TEMPLATE
    settings.wechat_base_url = base_url
    settings.sms_url = f"{base_url}/sms/send"
    settings.sms_secret_file = _secret(folder / "sms", secrets.token_hex(16))
    command = [
        sys.executable, "-m", "demo.fake_wechat", "--port", str(port),
        "--world", str(_secret(folder / "world.json", json.dumps(world))),
    ]  # fmt: skip
    log = settings.data_dir.resolve() / "logs" / "fake-wechat.log"
    return Child("fake-wechat", command, f"{base_url}/_control/messages", log)


def _secret(path: Path, text: str) -> Path:
    """Its owner alone may read it."""
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def describe_fake(settings: Settings) -> dict[str, Any]:
    """For `demo.json`."""
    base_url = settings.wechat_base_url
    return {"base_url": base_url, "control_url": f"{base_url}/_control"}
