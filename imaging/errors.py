"""The errors of the imaging core. Parsers and codecs raise these and nothing else.

ImagingError              code, message (English), offset in the input where known
├── FormatError           the bytes break the standard
│   └── Incomplete        they end before the picture does; its first rows are right
├── UnsupportedFeature    the bytes are right, we cannot do it (yet)
└── LimitExceeded         a size or a depth beyond what we are willing to spend
"""


class ImagingError(Exception):
    """Base; never raised itself."""

    def __init__(self, code: str, message: str = "", *, offset: int | None = None) -> None:
        if type(self) is ImagingError:
            raise TypeError("raise one of ImagingError's families, not ImagingError itself")
        self.code = code
        self.message = message or code.replace("_", " ")
        self.offset = offset
        place = "" if offset is None else f" (at byte {offset})"
        super().__init__(f"{code}: {self.message}{place}")


class FormatError(ImagingError):
    """The bytes break the standard."""


class Incomplete(FormatError):
    """The bytes end before the picture does. What was decoded of its first `rows` rows is right, if
    nothing but the end is missing: `is_cut` when the bytes themselves show that (no end marker)."""

    def __init__(
        self, code: str, message: str, *, rows: int, is_cut: bool, offset: int | None = None
    ) -> None:
        super().__init__(code, message, offset=offset)
        self.rows = rows
        self.is_cut = is_cut


class UnsupportedFeature(ImagingError):
    """The bytes may be right, but we cannot do this (yet)."""


class LimitExceeded(ImagingError):
    """A size, count or depth beyond what we are willing to spend on one object."""
