"""The OpenAPI document, read off the routes themselves so that none can be left out."""

import re
from typing import Any

from sanic import Sanic

from bff.access import policy_of
from bff.api_schemas import BINARY, SCHEMAS
from bff.described import Description, component, description_of

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
        "info": {"title": "云胶片 Cloudfilm", "version": "1"},
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": SCHEMAS, "securitySchemes": SECURITY},
    }


def _operation(route: Any, method: str, names: list[str]) -> dict[str, Any]:
    policy, about = policy_of(route.handler), description_of(route.handler) or Description()
    words = " ".join((route.handler.__doc__ or "").split())
    operation: dict[str, Any] = {
        "operationId": _name_of(route, method),
        "summary": about.title or words,
        "description": words,
        "x-access": str(policy),
        "parameters": [_path_parameter(name, about) for name in names] + list(about.query),
        "responses": _responses(about),
    }
    if about.tag:
        operation["tags"] = [about.tag]
    if about.body:
        schema = BINARY if about.body == "binary" else component(about.body)
        content = {about.takes: {"schema": schema}}
        operation["requestBody"] = {"required": True, "content": content}
    if policy is not None and policy.kind == "client":
        operation["security"] = [{"bearer": []}]
    elif policy is not None and policy.kind == "protocol":
        operation["security"] = [{"client": []}]
    elif policy is not None and policy.kind != "public":
        operation["security"] = [{"session": []}]
    return operation


def _name_of(route: Any, method: str) -> str:
    """`blueprint_handler_method`; a copied blueprint carries the app's name in front."""
    app, _, rest = route.name.partition(".")
    words = rest.removeprefix(f"{app}_").replace(".", "_")
    return f"{words}_{method.lower()}"


def _path_parameter(name: str, about: Description) -> dict[str, Any]:
    schema = about.path.get(name, {"type": "string"})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _responses(about: Description) -> dict[str, Any]:
    right: dict[str, Any] = {"description": "OK"}
    if about.answer:
        schema = BINARY if about.answer == "binary" else component(about.answer)
        right["content"] = {about.gives: {"schema": schema}}
    wrong = {
        str(status): {
            "description": "error",
            "content": {"application/json": {"schema": component(name)}},
        }
        for status, name in about.errors.items()
    }
    return {str(about.status): right, **wrong, "default": _ERROR}


SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "client": {"type": "http", "scheme": "basic"},
    "session": {"type": "apiKey", "in": "cookie", "name": "cf_session"},
}
