"""Where the frames of an object lie, asked once an object: it never changes. A viewer walks through
its series, so the second question is answered for the objects that follow as well."""

import orjson
from sanic.request import Request

from bff.context import FramePlaces, context_of, pixels_of, viewer_in
from bff.dicomweb.selection import question
from usecases.dicomweb.select_instances import WebInstance

AHEAD = 24  # objects
AHEAD_BYTES = 4 << 20  # a larger object is asked for by itself


async def places_of(request: Request, instance: WebInstance) -> FramePlaces:
    """Raises what the pixels process says of an object that cannot be read."""
    cache = context_of(request).frames
    found = cache.get(instance.sha256)
    ahead = _ahead(request, instance) if found is None else []
    if ahead:
        asked = [question(one) for one in ahead]
        _, body = await pixels_of(request).ask("layouts", instances=asked)
        for one, line in zip(ahead, body.split(b"\n"), strict=True):
            told = orjson.loads(line)
            if told is not None:
                cache.put(one.sha256, FramePlaces(*told))
        found = cache.get(instance.sha256)
    if found is None:
        head, body = await pixels_of(request).ask("layout", **question(instance))
        found = FramePlaces(head["count"], head["is_encapsulated"], orjson.loads(body))
        cache.put(instance.sha256, found)
    return found


def _ahead(request: Request, instance: WebInstance) -> list[WebInstance]:
    """This object and those after it that are not known yet; none at the first of a series, which
    may be all that anybody wants."""
    context = context_of(request)
    place = viewer_in(request), instance.study_instance_uid, instance.series_instance_uid
    series = list((context.series.get(place) or {}).values())
    if all(context.frames.get(one.sha256) is None for one in series):
        return []
    at = next((n for n, one in enumerate(series) if one.sha256 == instance.sha256), 0)
    return [
        one
        for one in (series[at:] + series[:at])[:AHEAD]
        if one.size <= AHEAD_BYTES and context.frames.get(one.sha256) is None
    ]
