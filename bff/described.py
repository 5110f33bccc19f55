"""What a route takes and answers, beside the route, for the OpenAPI document."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

Schema = dict[str, Any]
Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Description:
    """`body` and `answer` are the names of components, or "" for none; `takes` and `gives` media
    types. `errors` are statuses with a shape of their own. `title` is for the page, in Chinese."""

    body: str = ""
    answer: str = ""
    takes: str = "application/json"
    gives: str = "application/json"
    status: int = 200
    query: tuple[Schema, ...] = ()
    path: dict[str, Schema] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    tag: str = ""
    title: str = ""


def described(**about: Any) -> Callable[[Handler], Handler]:
    """Attach a description to a handler."""

    def mark(handler: Handler) -> Handler:
        handler.__dict__["description"] = Description(**about)
        return handler

    return mark


def description_of(handler: Any) -> Description | None:
    return getattr(handler, "description", None)


def query(name: str, schema: Schema, about: str, *, is_needed: bool = False) -> Schema:
    """A parameter of the query."""
    return {
        "name": name, "in": "query", "required": is_needed, "schema": schema, "description": about,
    }  # fmt: skip


def component(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
