"""The objects that an address names, noted in the book of accesses; a series is looked up once for
the many requests that walk through it."""

import hashlib
from typing import Any
from urllib.parse import urlsplit

from sanic.request import Request

from bff.context import context_of, note, runtime_of, viewer_in
from domain.errors import NotFound
from usecases.dicomweb.select_instances import WebInstance, checked_uid, select_instances

ROOT = "/dicomweb"


def root_url(request: Request) -> str:
    return runtime_of(request).settings.base_url() + ROOT


def service_name(request: Request) -> str:
    """For Warning headers (RFC 7234 5.5): who warns."""
    return urlsplit(root_url(request)).netloc


async def selected(request: Request, study: str, series: str = "") -> list[WebInstance]:
    """Of a study or series, every time from the database."""
    instances = await select_instances(viewer_in(request), study, series)
    await _note(request, instances)
    return instances


async def selected_one(request: Request, study: str, series: str, instance: str) -> WebInstance:
    """Rights are as old as a session's (`bff.access`): at most 20 s."""
    checked_uid(instance)
    cache, key = context_of(request).series, (viewer_in(request), study, series)
    held = cache.get(key)
    if held is None or instance not in held:
        rows = await select_instances(viewer_in(request), study, series)
        held = {row.sop_instance_uid: row for row in rows}
        cache.put(key, held)
    found = held.get(instance)
    if found is None:
        raise NotFound("instances_not_found", "没有找到这些影像。")
    await _note(request, [found])
    return found


async def _note(request: Request, instances: list[WebInstance]) -> None:
    for exam_id in {one.exam_id for one in instances}:
        await note(request, viewer_in(request), exam_id, "images")


def question(instance: WebInstance) -> dict[str, Any]:
    """The object, as the pixels process asks for it."""
    return {"key": instance.object_key, "sha256": instance.sha256, "size": instance.size}


def tag_of(*parts: str) -> str:
    """A strong validator of bytes that follow from these parts."""
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    return f'"{digest[:32]}"'


def boundary_of(etag: str) -> str:
    """The same bytes have the same boundary, so that ranges and lengths hold."""
    return f"cf-{etag.strip(chr(34))}"
