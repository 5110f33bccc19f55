"""Settings of the patient's channels: WeChat, text messages, consent. Secrets come from files that
are named here."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class ChannelSettings(BaseSettings):
    """Nothing of it is needed: without an app id there is no WeChat door."""

    wechat_app_id: str = ""  # the service account
    wechat_secret_file: Path | None = None
    wechat_scope: Literal["snsapi_base", "snsapi_userinfo"] = "snsapi_base"
    wechat_push_token_file: Path | None = None
    wechat_push_aes_key_file: Path | None = None
    wechat_template_id: str = ""
    wechat_template_fields: str = "thing1=procedure,time2=reported_at"
    wechat_mini_app_id: str = ""
    wechat_mini_secret_file: Path | None = None
    wechat_mini_template_id: str = ""
    wechat_mini_template_fields: str = "thing1=procedure,time2=reported_at"
    wechat_mini_page: str = "pages/people/people"
    wechat_mini_state: Literal["developer", "trial", "formal"] = "formal"
    wechat_base_url: str = ""  # empty: the real hosts; else a relay or a fake stands for them all
    wechat_timeout_s: float = Field(default=4.0, gt=0, le=30)
    check_files_dir: Path | None = (
        None  # MP_verify_*.txt and the mini-program's, served at / and /q/
    )

    sms_url: str = ""  # a gateway that takes JSON
    sms_secret_file: Path | None = None

    consent_file: Path | None = None  # the hospital's own text; a default is built in


def secret_in(path: Path | None) -> str:
    """A secret's file without the line's end; "" where none is named."""
    return path.read_text("utf-8").strip() if path is not None else ""


def fields_of(text: str) -> dict[str, str]:
    """`thing1=procedure,time2=reported_at` -> {"thing1": "procedure", ...}."""
    pairs = (one.split("=", 1) for one in text.split(",") if "=" in one)
    return {name.strip(): value.strip() for name, value in pairs}
