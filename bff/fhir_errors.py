"""Errors below /fhir are OperationOutcomes (FHIR 3.1.0.7), with the same codes and sentences."""

from typing import Any

import orjson
from sanic.request import Request
from sanic.response import HTTPResponse, raw

from integrations.fhir.resources import operation_outcome

FHIR_JSON = "application/fhir+json"


def is_fhir(request: Request | None) -> bool:
    return request is not None and str(request.path).startswith("/fhir/")


def outcome(
    status: int, code: str, message: str, headers: dict[str, Any] | None = None
) -> HTTPResponse:
    body = orjson.dumps(operation_outcome(status, code, message))
    return raw(body, status, headers or {}, content_type=FHIR_JSON)
