"""Encoded frames on their way into one object: appended to a file by several threads, so that a
study of ten thousand slices costs no memory."""

import os
import secrets
import threading
from pathlib import Path

from domain.errors import Unavailable


class FrameSpool:
    """`with FrameSpool(folder) as spool`; the file is gone afterwards unless a store took it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"frames-{secrets.token_hex(8)}.part"
        self.size = 0
        self._lock = threading.Lock()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("xb")
        except OSError as error:
            raise Unavailable("storage_failed", detail=f"no scratch file: {error}") from error

    def append(self, data: bytes) -> tuple[int, int]:
        """(offset, length) in the object."""
        with self._lock:
            offset = self.size
            try:
                self._file.write(data)
            except OSError as error:
                raise Unavailable("storage_failed", detail="cannot write scratch") from error
            self.size += len(data)
        return offset, len(data)

    def finish(self) -> None:
        """Durable when it returns."""
        try:
            self._file.flush()
            os.fdatasync(self._file.fileno())
        except OSError as error:
            raise Unavailable("storage_failed", detail="cannot sync scratch") from error

    def __enter__(self) -> "FrameSpool":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)
