"""The request by which an app's server hands somebody over, proved by HMAC or by a JWT; in both
the body is part of what is signed, and each proof counts once.

hmac-sha256: `X-Signature` = hex HMAC-SHA256 over the lines method, path, sha256 of the body in
hex, `X-Timestamp` (seconds since 1970), `X-Nonce` (16 to 64 characters).
jwt: `Authorization: Bearer`, with `iss` = the app, `aud`, `iat`, `exp`, `jti` and `body_sha256`.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from domain.errors import Denied, Invalid
from domain.handover import MAX_SKEW, HandedPerson, Handover
from integrations.hospital_app.apps import HospitalApp

_NONCE = re.compile(r"[A-Za-z0-9._~-]{16,64}")
_TIMES = re.compile(r"[0-9]{9,11}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What arrived; header names are in lower case."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]

    @property
    def body_sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def hmac_signature(key: bytes, request: SignedRequest, timestamp: str, nonce: str) -> str:
    """What `X-Signature` has to be."""
    lines = (request.method, request.path, request.body_sha256, timestamp, nonce)
    return hmac.new(key, "\n".join(lines).encode(), hashlib.sha256).hexdigest()


def app_named(apps: Mapping[str, HospitalApp], request: SignedRequest) -> HospitalApp:
    """Who says that it calls. Denied for an unknown app, with the words of a wrong signature."""
    app = apps.get(request.headers.get("x-app-id", ""))
    if app is None or app.profile == "oauth-code":
        raise _wrong("unknown app")
    return app


def read_handover(
    app: HospitalApp, request: SignedRequest, body: Mapping[str, Any], now: datetime
) -> Handover:
    """Denied when the proof does not hold, Invalid when the body says nothing that we know.
    That the proof is used once is for the caller to see to."""
    once = _check_jwt(app, request, now) if app.profile == "jwt" else _check_hmac(app, request, now)
    return Handover(app.app_id, once, read_person(app, body), app.asks_digits)


def _check_hmac(app: HospitalApp, request: SignedRequest, now: datetime) -> str:
    timestamp = request.headers.get("x-timestamp", "")
    nonce = request.headers.get("x-nonce", "")
    if not _TIMES.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
        raise _wrong("timestamp or nonce malformed")
    given = request.headers.get("x-signature", "")
    expected = hmac_signature(app.key, request, timestamp, nonce)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise _wrong("signature differs")
    _check_age(datetime.fromtimestamp(int(timestamp), UTC), now)
    return nonce


def _check_jwt(app: HospitalApp, request: SignedRequest, now: datetime) -> str:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    needed = ["iss", "aud", "iat", "exp", "jti", "body_sha256"]
    try:
        claims = jwt.decode(
            token, app.key, algorithms=[app.algorithm], audience=app.audience,
            issuer=app.app_id, options={"require": needed, "verify_iat": False},
            leeway=MAX_SKEW,
        )  # fmt: skip
        issued = datetime.fromtimestamp(int(claims["iat"]), UTC)
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, OSError) as error:
        raise _wrong(type(error).__name__) from error
    if not hmac.compare_digest(str(claims["body_sha256"]).encode(), request.body_sha256.encode()):
        raise _wrong("the body is not the one that was signed")
    if not _NONCE.fullmatch(str(claims["jti"])):
        raise _wrong("jti malformed")
    _check_age(issued, now)
    return str(claims["jti"])


def _check_age(when: datetime, now: datetime) -> None:
    if abs(now - when) > MAX_SKEW:
        raise Denied("handover_expired", "链接已过期,请返回医院 App 重新打开。", detail="too old")


def _wrong(detail: str) -> Denied:
    return Denied("handover_signature", "应用签名不对,请联系医院信息科。", detail=detail)


def read_person(app: HospitalApp, body: Mapping[str, Any]) -> HandedPerson:
    """The facts that the app vouches for, by our words or by the app's own (`claims`)."""

    def fact(name: str, limit: int) -> str:
        value = body.get(app.claims.get(name, name), "")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or len(value) > limit:
            raise Invalid("handover_body", "转入的信息不完整。", detail=f"{name} malformed")
        return value.strip()

    staff_number, id_card = fact("staff_number", 64), fact("id_card", 32).upper()
    if bool(staff_number) == bool(id_card):
        raise Invalid(
            "handover_body", "转入的信息不完整。", detail="either id_card or staff_number"
        )
    kind = "staff" if staff_number else "patient"
    if kind not in app.may:
        raise Denied("handover_not_allowed", "这个应用不能转入这类用户。", detail=f"no {kind}")
    return HandedPerson(
        kind="staff" if staff_number else "patient",
        id_card=id_card,
        name=fact("name", 64),
        accession_number=fact("accession_number", 64),
        staff_number=staff_number,
    )
