"""Routes that are read: GET, and HEAD with the same headers."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from sanic import Blueprint

Handler = TypeVar("Handler", bound=Callable[..., Coroutine[Any, Any, Any]])


def reads(blueprint: Blueprint, uri: str) -> Callable[[Handler], Handler]:
    """Register a handler; its `access` policy is declared below, as everywhere."""

    def register(handler: Handler) -> Handler:
        blueprint.add_route(handler, uri, methods=["GET", "HEAD"])
        return handler

    return register
