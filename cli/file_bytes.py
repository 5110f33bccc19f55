"""The bytes of a file, or why there are none."""

import mmap
import stat
from pathlib import Path

from imaging.errors import FormatError, LimitExceeded

MAX_FILE_BYTES = 64 << 30
LARGE_BYTES = 32 << 20


def read_bytes(path: Path) -> memoryview:
    """The whole file, a large one without loading it; ImagingErrors also for what the file system
    refuses."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise FormatError("not_a_file", "a folder, device or pipe, not a file")
        size = status.st_size
        if size > MAX_FILE_BYTES:
            raise LimitExceeded("file_size", f"more than {MAX_FILE_BYTES} bytes")
        if size <= LARGE_BYTES:
            return memoryview(path.read_bytes())
        with path.open("rb") as stream:
            return memoryview(mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ))
    except (FileNotFoundError, NotADirectoryError) as error:
        if path.is_symlink():
            raise FormatError("unreadable", "a link to nothing") from error
        raise FormatError("no_such_file", "no such file") from error
    except OSError as error:
        raise FormatError("unreadable", error.strerror or "cannot be read") from error
