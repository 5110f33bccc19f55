"""The hospital's apps and how each signs: a TOML table an app (`CLOUDFILM_APPS_FILE`):

[hospital-app]
profile = "hmac-sha256"            # or "jwt", or "oauth-code"
secret_file = "/run/secrets/app"   # hmac-sha256, jwt with HS256: 32 bytes or more
public_key_file = "/etc/app.pem"   # jwt with RS256 or ES256, instead of a secret
algorithm = "HS256"                # jwt: exactly this one
audience = "cloudfilm"             # jwt: `aud` has to be this
may = ["patient", "staff"]         # whom it may hand over
asks_digits = false                # true: the patient still types the digits

[staff-portal]                     # oauth-code: we are the client of the hospital's portal
profile = "oauth-code"
authorize_url = "https://portal.example.org/authorize"
token_url = "https://portal.example.org/token"
userinfo_url = "https://portal.example.org/userinfo"
client_id = "cloudfilm"
secret_file = "/run/secrets/portal"
scope = "profile"
may = ["staff"]
claims = { staff_number = "job_no" }   # our word -> the portal's
"""

import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from domain.handover import PersonKind

Profile = Literal["hmac-sha256", "jwt", "oauth-code"]
ALGORITHMS = ("HS256", "RS256", "ES256")
MIN_SECRET_BYTES = 32
_URLS = ("authorize_url", "token_url", "userinfo_url")
CLAIMS = ("id_card", "name", "accession_number", "staff_number")


@dataclass(frozen=True, slots=True)
class HospitalApp:
    """One app. `key` is the secret or the public key, never shown."""

    app_id: str
    profile: Profile
    key: bytes = field(repr=False, default=b"")
    algorithm: str = "HS256"
    audience: str = "cloudfilm"
    may: frozenset[PersonKind] = frozenset(("patient",))
    asks_digits: bool = False
    authorize_url: str = ""
    token_url: str = ""
    userinfo_url: str = ""
    client_id: str = ""
    scope: str = ""
    claims: dict[str, str] = field(default_factory=dict)


def load_apps(path: Path | None) -> dict[str, HospitalApp]:
    """Read the TOML file; ValueError says which app and which key is wrong."""
    if path is None:
        return {}
    return {name: _app(name, table) for name, table in tomllib.loads(path.read_text()).items()}


def _app(app_id: str, table: Any) -> HospitalApp:
    if not isinstance(table, dict) or not 0 < len(app_id) <= 32 or not app_id.isascii():
        raise ValueError(f"apps: {app_id!r} must be a name of at most 32 ASCII characters")
    known = {one.name for one in fields(HospitalApp)} - {"app_id", "key"}
    for key in table:
        if key not in known | {"secret_file", "public_key_file"}:
            raise ValueError(f"apps: [{app_id}] has an unknown key {key!r}")
    values: dict[str, Any] = {key: table[key] for key in known & table.keys()}
    if values.get("profile") not in get_args(Profile):
        raise ValueError(f"apps: [{app_id}] profile must be one of {get_args(Profile)}")
    values["may"] = frozenset(values.get("may", ["patient"]))
    if not values["may"] <= frozenset(get_args(PersonKind)):
        raise ValueError(f"apps: [{app_id}] may holds {get_args(PersonKind)}")
    app = HospitalApp(app_id=app_id, key=_key(app_id, table), **values)
    _check_profile(app, has_public_key="public_key_file" in table)
    return app


def _key(app_id: str, table: dict[str, Any]) -> bytes:
    place = table.get("secret_file") or table.get("public_key_file")
    if not isinstance(place, str):
        raise ValueError(f"apps: [{app_id}] needs secret_file or public_key_file")
    try:
        key = Path(place).read_bytes().strip()
    except OSError as error:
        raise ValueError(f"apps: [{app_id}] its key file cannot be read") from error
    if len(key) < MIN_SECRET_BYTES:
        raise ValueError(f"apps: [{app_id}] the secret must hold {MIN_SECRET_BYTES} bytes or more")
    return key


def _check_profile(app: HospitalApp, *, has_public_key: bool) -> None:
    """A public key never verifies HS256: anybody has it."""
    name = f"apps: [{app.app_id}]"
    if app.algorithm not in ALGORITHMS:
        raise ValueError(f"{name} algorithm must be one of {ALGORITHMS}")
    if has_public_key != (app.profile == "jwt" and app.algorithm != "HS256"):
        raise ValueError(f"{name} RS256 and ES256 take public_key_file, all else secret_file")
    if set(app.claims) - set(CLAIMS):
        raise ValueError(f"{name} claims holds {CLAIMS}")
    if app.profile != "oauth-code":
        return
    for key in _URLS:
        url = urlsplit(getattr(app, key))
        is_here = url.hostname in ("127.0.0.1", "localhost", "::1")
        if not url.hostname or not (url.scheme == "https" or (url.scheme == "http" and is_here)):
            raise ValueError(f"{name} {key} must be an https address")
    if not app.client_id:
        raise ValueError(f"{name} client_id is missing")
