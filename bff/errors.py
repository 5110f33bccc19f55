"""The one table from error family to HTTP, and the shape of every error body."""

from typing import Any

import structlog
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse, json
from tortoise.exceptions import DBConnectionError, OperationalError, ValidationError

from bff.fhir_errors import is_fhir, outcome
from domain.errors import (
    Conflict,
    Defect,
    Denied,
    FilmError,
    Gone,
    Invalid,
    Locked,
    NotAcceptable,
    NotFound,
    Refused,
    Unavailable,
)
from usecases.identity.verify_digits import WrongDigits
from usecases.inbox.take_once import MessageIdReused
from usecases.sharing.open_share import WrongPassCode

log = structlog.get_logger()

STATUS: dict[type[FilmError], int] = {
    NotFound: 404,
    Invalid: 400,
    MessageIdReused: 409,
    NotAcceptable: 406,
    WrongDigits: 403,
    WrongPassCode: 403,
    Denied: 401,
    Conflict: 409,
    Gone: 410,
    Locked: 429,
    Refused: 403,
    Unavailable: 503,
    Defect: 500,
}
_HTTP_CODES = {
    400: ("bad_request", "请求的格式不对。"),
    403: ("forbidden", "不能这样访问。"),
    404: ("not_found", "没有找到这个页面。"),
    405: ("method_not_allowed", "这个地址不支持这样的请求。"),
    408: ("request_timeout", "网络太慢,请求没有传完,请再试一次。"),
    413: ("too_large", "传来的内容太大。"),
    415: ("media_type", "请求的内容类型不对。"),
}


def status_of(error: FilmError) -> int:
    """By the nearest family in the table."""
    for family in type(error).__mro__:
        if family in STATUS:
            return STATUS[family]
    return 500


def error_body(
    request: Request | None, code: str, message: str, **more: object
) -> dict[str, object]:
    request_id = str(request.id) if request is not None else ""
    return {"error": {"code": code, "message": message, "request_id": request_id, **more}}


def _answer(
    request: Request, code: str, message: str, status: int, more: dict[str, Any]
) -> HTTPResponse:
    """In the door's own shape."""
    if is_fhir(request):
        return outcome(status, code, message)
    return json(error_body(request, code, message, **more), status)


def film_error(request: Request, error: FilmError) -> HTTPResponse:
    status = status_of(error)
    more: dict[str, object] = {}
    headers = {}
    if isinstance(error, WrongDigits | WrongPassCode):
        more["tries_left"] = error.tries_left
    retry = getattr(error, "retry_after_s", None)
    if retry is not None:
        headers["Retry-After"] = str(retry)
        more["retry_after_s"] = retry
    headers |= _bearer_hint(request, error, status)
    if status >= 500:
        log.error(
            "request_failed", code=error.code, detail=error.detail, request_id=str(request.id)
        )
    response = _answer(request, error.code, error.message, status, more)
    response.headers.update(headers)
    return response


def _bearer_hint(request: Request, error: FilmError, status: int) -> dict[str, str]:
    """RFC 6750 section 3: what a bearer token lacks."""
    policy = getattr(request.route.handler, "policy", None) if request.route else None
    if getattr(policy, "kind", "") != "client" or status not in (401, 403):
        return {}
    hint = 'Bearer realm="cloudfilm"'
    if error.code == "scope_missing":
        hint += f', error="insufficient_scope", scope="{policy.scope}"'  # type: ignore[union-attr]
    elif status == 401 and request.headers.get("authorization"):
        hint += ', error="invalid_token"'
    return {"WWW-Authenticate": hint}


def any_error(request: Request, error: Exception) -> HTTPResponse:
    """Everything that is no FilmError: Sanic's own, the database's, ours by mistake."""
    if isinstance(error, FilmError):
        return film_error(request, error)
    if isinstance(error, SanicException):
        code, message = _HTTP_CODES.get(error.status_code, ("error", "请求不能办理。"))
        return _answer(request, code, message, error.status_code, {})
    if isinstance(error, ValidationError):  # longer than any that is stored
        return film_error(request, Invalid("value_malformed", detail=str(error)[:80]))
    if isinstance(error, (DBConnectionError, OperationalError, ConnectionError, TimeoutError)):
        log.error("database_unavailable", error=type(error).__name__, request_id=str(request.id))
        return film_error(request, Unavailable("database_unavailable"))
    log.error("request_crashed", request_id=str(request.id), exc_info=error)
    return film_error(request, Defect("internal_error"))
