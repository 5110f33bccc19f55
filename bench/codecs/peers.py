"""The C and C++ codecs beside ours: libjpeg-turbo, CharLS, OpenJPEG and OpenJPH, one thread, in a
process of their own through the Python package imagecodecs (numpy in, numpy out, as ours)."""

import pickle
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.peer import environment, in_turn
from bench.report import figure

IMAGECODECS = "imagecodecs==2026.3.6"
PEERS = {  # what is called, and whom it is of
    "libjpeg-turbo 3.1.3": "imagecodecs.jpeg8_decode(data, out=out)",
    "CharLS 2.4.3": "imagecodecs.jpegls_decode(data, out=out)",
    "OpenJPEG 2.5.4": "imagecodecs.jpeg2k_decode(data, numthreads=1, out=out)",
    "OpenJPH 0.26.3": "imagecodecs.htj2k_decode(data, out=out)",
    "imagecodecs' own C": "imagecodecs.dicomrle_decode(data, out.dtype)",
}
_BEGIN = """
import pickle, numpy, imagecodecs
pieces, like = pickle.load(open(sys.argv[1], "rb"))
out = numpy.empty_like(like)
def work(data):
    {call}
"""


@cache
def python() -> Path | None:
    return environment("bench-imagecodecs", IMAGECODECS)


def beside(
    case: str, decode: Callable[[Any, NDArray[Any]], None], streams: list[bytes],
    like: NDArray[Any], peer: str, rounds: int,
) -> None:  # fmt: skip
    """One figure: MB of samples a second, taken in turn."""
    out = np.empty_like(like)
    size = len(streams) * like.nbytes / 1e6
    flat = like[:, :, 0] if like.shape[2] == 1 else like
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "streams"
        file.write_bytes(pickle.dumps((streams, np.ascontiguousarray(flat))))
        begin = _BEGIN.format(call=PEERS[peer])
        mine, theirs = in_turn(
            lambda data: decode(data, out), streams, python(), begin, [file], rounds
        )
    missing = {} if theirs else {"missing": f"{IMAGECODECS} could not be installed or cannot"}
    figure("codecs", case, "MB/s", "higher", round(size / mine, 1), peer,
           round(size / theirs, 1) if theirs else None, **missing)  # fmt: skip


def encoded(call: str, slices: list[NDArray[Any]]) -> list[bytes]:
    """Streams that a peer writes: `call` is an expression on `pixels`; none without the peer."""
    interpreter = python()
    if interpreter is None:
        return []
    program = (
        "import pickle, sys, imagecodecs; slices = pickle.load(sys.stdin.buffer); "
        f"pickle.dump([bytes({call}) for pixels in slices], sys.stdout.buffer)"
    )
    given = pickle.dumps([np.ascontiguousarray(one.squeeze()) for one in slices])
    command = [interpreter, "-c", program]
    done = subprocess.run(command, input=given, capture_output=True, check=True)
    streams: list[bytes] = pickle.loads(done.stdout)
    return streams
