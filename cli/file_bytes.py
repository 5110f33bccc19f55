"""The bytes of a file, or why there are none."""

import mmap
from pathlib import Path

from imaging.errors import FormatError, LimitExceeded

MAX_FILE_BYTES = 64 << 30
LARGE_BYTES = 32 << 20


def read_bytes(path: Path) -> memoryview:
    """The whole file, a large one without loading it; ImagingErrors also for what the file system
    refuses."""
    try:
        if not path.is_file():
            raise FormatError("not_a_file", "no such file" if not path.exists() else "not a file")
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise LimitExceeded("file_size", f"more than {MAX_FILE_BYTES} bytes")
        if size <= LARGE_BYTES:
            return memoryview(path.read_bytes())
        with path.open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ))
    except OSError as error:
        raise FormatError("unreadable", error.strerror or "cannot be read") from error
