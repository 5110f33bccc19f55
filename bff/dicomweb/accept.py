"""What a caller takes: the Accept header (or the `accept` parameter, PS3.18 8.3.3.1) as media
ranges, best first, and which of our forms meets them."""

import re
from dataclasses import dataclass, field

from sanic.request import Request

from domain.errors import NotAcceptable

MAX_RANGES = 64
_SPLIT = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_PARTS = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')


@dataclass(frozen=True, slots=True)
class MediaRange:
    """`type` is what the parts of a multipart are, or the whole body; `is_multipart` says which.
    "" as transfer syntax means that none is named, "*" any."""

    type: str
    is_multipart: bool
    transfer_syntax: str = ""
    quality: float = 1.0
    parameters: dict[str, str] = field(default_factory=dict, hash=False)

    def takes(self, media_type: str) -> bool:
        """Whether this range covers a media type such as `image/jls`."""
        if self.type in ("*/*", media_type):
            return True
        return self.type.endswith("/*") and media_type.startswith(self.type[:-1])


def ranges_of(request: Request) -> list[MediaRange]:
    """Best first; `*/*` when nothing is said. NotAcceptable for what is no Accept header."""
    asked = request.args.get("accept") or request.headers.get("accept") or "*/*"
    parts = [part.strip() for part in _SPLIT.split(asked[:8192]) if part.strip()]
    if len(parts) > MAX_RANGES:
        raise NotAcceptable("accept_malformed", detail="too many media ranges")
    found = [_range(part) for part in parts]
    usable = [one for one in found if one.quality > 0]
    return sorted(usable, key=lambda one: -one.quality)  # stable: the caller's order


def _range(text: str) -> MediaRange:
    head, *rest = _PARTS.split(text)
    media_type = head.strip().lower()
    if not re.fullmatch(r"[\w.+*-]+/[\w.+*-]+", media_type):
        raise NotAcceptable("accept_malformed", detail="no media type in Accept")
    parameters = {}
    for part in rest:
        name, _, value = part.partition("=")
        parameters[name.strip().lower()] = value.strip().strip('"')
    try:
        quality = min(max(float(parameters.get("q", "1")), 0.0), 1.0)
    except ValueError:
        quality = 0.0
    is_multipart = media_type in ("multipart/related", "multipart/*")
    syntax = parameters.get("transfer-syntax", "")
    if is_multipart:
        # omitQuotation: some clients write type=application/octet-stream; transfer-syntax=* bare
        inner, _, more = parameters.get("type", "*/*").partition(";")
        if not syntax and "transfer-syntax=" in more:
            syntax = more.split("transfer-syntax=", 1)[1].split(";")[0].strip()
        return MediaRange(inner.strip().lower() or "*/*", True, syntax, quality, parameters)
    return MediaRange(media_type, False, syntax, quality, parameters)


def choose_type(request: Request, *offered: str) -> str:
    """The first of our media types that the caller's best range covers. NotAcceptable."""
    for one in ranges_of(request):
        for media_type in offered:
            if not one.is_multipart and one.takes(media_type):
                return media_type
    raise not_acceptable(*offered)


def not_acceptable(*offered: str) -> NotAcceptable:
    return NotAcceptable("not_acceptable", detail=f"we have {', '.join(offered)}")
