"""Series that waited for a decoder are rendered once it is there: run after an update."""

from imaging.codecs import supported_syntaxes
from storage.records.rendition import want_again


async def requeue_unsupported() -> int:
    """How many series were asked for. Nothing needs to be sent again."""
    return await want_again(supported_syntaxes())
