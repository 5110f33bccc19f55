"""Who may hand somebody over: the proof, its age, its body; configuration that is refused."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from domain.errors import Denied, FilmError, Invalid
from domain.handover import Handover
from integrations.hospital_app.apps import HospitalApp, load_apps
from integrations.hospital_app.signed_request import (
    SignedRequest,
    app_named,
    hmac_signature,
    read_handover,
)  # fmt: skip

KEY = b"k" * 32
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
NONCE = "nonce-0123456789abcdef"
PERSON = {"id_card": "11010519491231002x", "name": "张建国"}
HMAC_APP = HospitalApp("app", "hmac-sha256", KEY)
JWT_APP = HospitalApp("app", "jwt", KEY)


def signed(
    body: dict[str, Any] = PERSON, *, at: datetime = NOW, nonce: str = NONCE
) -> SignedRequest:
    raw, timestamp = json.dumps(body).encode(), str(int(at.timestamp()))
    bare = SignedRequest("POST", "/api/app/v1/handover", raw, {})
    signature = hmac_signature(KEY, bare, timestamp, nonce)
    headers = {
        "x-app-id": "app",
        "x-timestamp": timestamp,
        "x-nonce": nonce,
        "x-signature": signature,
    }
    return SignedRequest(bare.method, bare.path, raw, headers)


def with_token(
    body: dict[str, Any] = PERSON, *, key: Any = KEY, algorithm: str = "HS256", **claims: Any
) -> SignedRequest:
    raw = json.dumps(body).encode()
    bare = SignedRequest("POST", "/api/app/v1/handover", raw, {})
    now = int(NOW.timestamp())
    values = {
        "iss": "app", "aud": "cloudfilm", "iat": now, "exp": int(time.time()) + 600, "jti": NONCE,
        "body_sha256": bare.body_sha256, **claims,
    }  # fmt: skip
    token = jwt.encode({k: v for k, v in values.items() if v is not None}, key, algorithm=algorithm)
    return SignedRequest(
        bare.method, bare.path, raw, {"x-app-id": "app", "authorization": f"Bearer {token}"}
    )


def read(app: HospitalApp, request: SignedRequest, now: datetime = NOW) -> Handover:
    return read_handover(app, request, json.loads(request.body), now)


def test_a_signed_request_names_its_person() -> None:
    handed = read(HMAC_APP, signed())
    assert (handed.app_id, handed.once) == ("app", NONCE)
    assert (handed.person.kind, handed.person.id_card) == ("patient", "11010519491231002X")


@pytest.mark.parametrize("change", [
    {"method": "PUT"}, {"path": "/api/app/v1/other"}, {"body": b'{"id_card":"1"}'},
    {"headers": {"x-timestamp": "1795575601"}}, {"headers": {"x-nonce": NONCE + "x"}},
    {"headers": {"x-signature": ""}}, {"headers": {"x-signature": "é" * 64}},
    {"headers": {"x-nonce": "short"}}, {"headers": {"x-timestamp": "99999999999999"}},
    {"headers": {"x-timestamp": "１７９５５７５６００"}},
])  # fmt: skip
def test_each_part_is_signed(change: dict[str, Any]) -> None:
    good = signed()
    fields = {
        "method": good.method,
        "path": good.path,
        "body": good.body,
        "headers": dict(good.headers),
    }
    headers = {**good.headers, **change.get("headers", {})}
    with pytest.raises(Denied, match="handover_signature"):
        read_handover(
            HMAC_APP, SignedRequest(**{**fields, **change, "headers": headers}), PERSON, NOW
        )


@pytest.mark.parametrize("request_", [signed, with_token])
@pytest.mark.parametrize("seconds", [-301, 301])
def test_five_minutes_either_way(request_: Any, seconds: int) -> None:
    app = HMAC_APP if request_ is signed else JWT_APP
    read(app, request_(), NOW + timedelta(seconds=seconds - seconds // abs(seconds)))
    with pytest.raises(Denied, match="handover_expired"):
        read(app, request_(), NOW + timedelta(seconds=seconds))


def test_a_token_that_says_all_it_must() -> None:
    assert read(JWT_APP, with_token()).once == NONCE


@pytest.mark.parametrize("claims", [
    {"iss": "other"}, {"aud": "other"}, {"jti": None}, {"jti": "short"}, {"iat": None},
    {"exp": None}, {"exp": 1}, {"body_sha256": "0" * 64}, {"body_sha256": None}, {"iat": "x"},
])  # fmt: skip
def test_a_token_that_does_not(claims: dict[str, Any]) -> None:
    with pytest.raises(Denied, match="handover_signature"):
        read(JWT_APP, with_token(**claims))


def test_keys_and_algorithms_are_not_mixed() -> None:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    secret = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    app = HospitalApp("app", "jwt", public, algorithm="RS256")
    assert read(app, with_token(key=secret, algorithm="RS256")).person.name == "张建国"
    header = jwt.utils.base64url_encode(b'{"alg":"HS256","typ":"JWT"}').decode()
    claims = with_token(key=secret, algorithm="RS256").headers["authorization"].split(".")[1]
    mac = hmac.new(public, f"{header}.{claims}".encode(), hashlib.sha256).digest()
    forged = f"Bearer {header}.{claims}.{jwt.utils.base64url_encode(mac).decode()}"
    bare = jwt.utils.base64url_encode(b'{"alg":"none"}').decode()
    none = f"Bearer {bare}.{claims}."
    for token in (forged, none, "Bearer x", ""):
        request = SignedRequest("POST", "/api/app/v1/handover", b"{}", {"authorization": token})
        with pytest.raises(Denied, match="handover_signature"):
            read_handover(app, request, PERSON, NOW)


@pytest.mark.parametrize(("body", "error"), [
    ({}, Invalid), ({"id_card": 3.5}, Invalid), ({"id_card": "1" * 33}, Invalid),
    ({"id_card": "1", "staff_number": "2"}, Invalid), ({"staff_number": "7"}, Denied),
    ({"id_card": ["1"]}, Invalid), ({"id_card": True}, Invalid),
])  # fmt: skip
def test_a_body_that_says_nothing_we_know(body: dict[str, Any], error: type[FilmError]) -> None:
    with pytest.raises(error):
        read(HMAC_APP, signed(body))


def test_an_unknown_app_hears_what_a_wrong_signature_hears() -> None:
    portal = HospitalApp("portal", "oauth-code", KEY)
    for apps in ({}, {"app": portal}):
        with pytest.raises(Denied, match="handover_signature"):
            app_named(apps, signed())
    assert app_named({"app": HMAC_APP}, signed()) is HMAC_APP


GOOD = '[a]\nprofile="hmac-sha256"\nsecret_file="{key}"\n'
PORTAL = (
    '[p]\nprofile="oauth-code"\nsecret_file="{key}"\nclient_id="c"\nmay=["staff"]\n'
    'authorize_url="https://h/a"\ntoken_url="https://h/t"\nuserinfo_url="https://h/u"\n'
)


@pytest.mark.parametrize(("text", "says"), [
    (GOOD.replace("hmac-sha256", "md5"), "profile"), (GOOD + "colour=1\n", "colour"),
    ('[a]\nprofile="jwt"\n', "secret_file"), (GOOD + 'may=["admin"]\n', "may"),
    (GOOD.replace("{key}", "{key}-absent"), "cannot be read"),
    (GOOD.replace("{key}", "{short}"), "32 bytes"), (GOOD + 'algorithm="none"\n', "algorithm"),
    (GOOD.replace("secret_file", "public_key_file"), "public_key_file"),
    (PORTAL.replace("https://h/t", "http://h/t"), "token_url"),
    (PORTAL.replace("https://h/t", "file:///etc/passwd"), "token_url"),
    (PORTAL.replace('"c"', '""'), "client_id"), (PORTAL + 'claims={colour="x"}\n', "claims"),
    ("a=1\n", "'a'"),
])  # fmt: skip
def test_a_configuration_that_is_wrong_says_where(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "key").write_bytes(KEY)
    (tmp_path / "short").write_bytes(b"k" * 31)
    file = tmp_path / "apps.toml"
    file.write_text(
        text.replace("{key}", str(tmp_path / "key")).replace("{short}", str(tmp_path / "short"))
    )
    with pytest.raises(ValueError, match=says) as caught:
        load_apps(file)
    assert KEY.decode() not in str(caught.value)


def test_a_configuration_that_is_right(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(KEY + b"\n")
    file = tmp_path / "apps.toml"
    file.write_text((GOOD + PORTAL).replace("{key}", str(tmp_path / "key")))
    apps = load_apps(file)
    assert apps["a"].key == KEY and apps["p"].may == {"staff"}
    assert KEY.decode() not in repr(apps)
    assert load_apps(None) == {}
