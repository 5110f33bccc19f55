"""The OpenAPI document, read off the routes themselves so that none can be left out."""

import re
from typing import Any

from sanic import Sanic

from bff.access import policy_of

_PARAMETER = re.compile(r"<(\w+)(?::[^>]+)?>")
_ERROR = {
    "description": "error",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def describe_routes(app: Sanic[Any, Any]) -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = {}
    for route in app.router.routes:
        path = "/" + _PARAMETER.sub(r"{\1}", route.path)
        names = _PARAMETER.findall(route.path)
        for method in sorted(route.methods - {"OPTIONS", "HEAD"}):
            paths.setdefault(path, {})[method.lower()] = _operation(route, method, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cloudfilm", "version": "1"},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": {"Error": ERROR_SCHEMA}, "securitySchemes": SECURITY},
    }


def _operation(route: Any, method: str, names: list[str]) -> dict[str, Any]:
    policy = policy_of(route.handler)
    operation: dict[str, Any] = {
        "operationId": f"{route.name.split('.')[-1]}_{method.lower()}",
        "summary": (route.handler.__doc__ or "").strip().split("\n")[0],
        "x-access": str(policy),
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in names
        ],
        "responses": {"200": {"description": "OK"}, "default": _ERROR},
    }
    if policy is not None and policy.kind == "client":
        operation["security"] = [{"bearer": []}]
    elif policy is not None and policy.kind != "public":
        operation["security"] = [{"session": []}]
    return operation


ERROR_SCHEMA = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "request_id"],
            "properties": {
                "code": {"type": "string", "description": "stable, for programs"},
                "message": {"type": "string", "description": "Chinese, for people"},
                "request_id": {"type": "string"},
            },
        }
    },
}
SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": "cf_session"},
}
