"""One input through one target, judged: what it raised, how long it took, how much it asked for."""

import hashlib
import resource
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from imaging.errors import ImagingError
from tests.hostile.measure import allowed_bytes

MOST_SECONDS = 1.0
_PAGE = resource.getpagesize()


class Watch:
    """Keeps the first input of each kind of finding under `folder`, and goes on."""

    def __init__(self, target: Callable[[bytes], None], folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.found: set[str] = set()

    def __call__(self, data: bytes) -> ImagingError | None:
        """The typed error, when it was one."""
        error, trouble = None, ""
        before, peak, start = _resident(), _peak(), time.process_time()
        try:
            self.target(data)
        except ImagingError as typed:
            error = typed
        except Exception as other:  # that is what is looked for
            place = traceback.extract_tb(other.__traceback__)[-1]
            trouble = f"{type(other).__name__} {Path(place.filename).stem}.{place.name}"
        seconds = time.process_time() - start
        if seconds > MOST_SECONDS and self._is_slow_again(data):
            trouble = trouble or f"slow {error.code if error else 'decoded'}"
        if _peak() > max(peak, before + allowed_bytes(data)):
            trouble = trouble or f"memory {error.code if error else 'decoded'}"
            Path("/proc/self/clear_refs").write_text("5")  # the next peak counts from here
        if trouble:
            self._keep(trouble, data)
        return error

    def _is_slow_again(self, data: bytes) -> bool:
        """Compilation and the garbage of a long run are not the input's."""
        start = time.process_time()
        with suppress(Exception):
            self.target(data)
        return time.process_time() - start > MOST_SECONDS

    def _keep(self, trouble: str, data: bytes) -> None:
        if trouble in self.found:
            return
        self.found.add(trouble)
        name = f"{trouble.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:8]}"
        (self.folder / name).write_bytes(data)
        print(f"FINDING {trouble}: {len(data)} bytes in {name}", flush=True)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
