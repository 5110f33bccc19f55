"""What our encoder writes, the viewer's own decoder (web/packages/viewer, run by Node) gives back."""

import json
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.output.preview import pack_preview
from imaging.output.web_frame import encode_frame, pack
from tests.support.frame_decoder import unzip
from tests.support.servers import absent, need

WEB = Path(__file__).resolve().parents[3] / "web"
SCRIPT = Path(__file__).resolve().parents[2] / "support" / "browser_decoder.mjs"
KINDS = [np.uint8, np.int8, np.uint16, np.int16]


class BrowserDecoder:
    """The decoder as a process that answers one message after the other."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [need("node"), str(SCRIPT), str(WEB)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._receive()[0] == {"ready": True}

    def frame(self, body: bytes) -> tuple[dict[str, Any], bytes]:
        self._send(b"F" + body)
        return self._receive()

    def preview(self, body: bytes) -> tuple[Any, bytes]:
        self._send(b"P" + body)
        return self._receive()

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            assert self._process.wait(10) == 0
        finally:
            self._process.kill()

    def _send(self, message: bytes) -> None:
        assert self._process.stdin
        self._process.stdin.write(struct.pack("<I", len(message)) + message)
        self._process.stdin.flush()

    def _receive(self) -> tuple[Any, bytes]:
        assert self._process.stdout
        size = self._process.stdout.read(4)
        assert len(size) == 4, "the decoder's process ended"
        head, _, samples = self._process.stdout.read(*struct.unpack("<I", size)).partition(b"\n")
        return json.loads(head), samples


@pytest.fixture(scope="module")
def decoder() -> Iterator[BrowserDecoder]:
    if not (WEB / "node_modules" / "rolldown").is_dir():
        absent("the web packages are not installed (make install)")
    running = BrowserDecoder()
    yield running
    running.close()


def samples_of(kind: Any, shape: tuple[int, ...], seed: int, smooth: bool) -> NDArray[Any]:
    """Noise over the whole range, or a slope that wraps round in every direction."""
    bounds = np.iinfo(kind)
    if smooth:
        steps = np.random.default_rng(seed).integers(-3, 4, shape).cumsum(0).cumsum(1)
        return steps.astype(kind)
    random = np.random.default_rng(seed)
    return random.integers(bounds.min, bounds.max + 1, shape).astype(kind)


sides = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)


@given(sides, sides, st.sampled_from(KINDS), seeds, st.booleans(), st.integers(1, 16))
@settings(max_examples=150, deadline=None)
def test_grey_comes_back(
    decoder: BrowserDecoder, rows: int, columns: int, kind: Any, seed: int, smooth: bool, bits: int
) -> None:
    pixels = samples_of(kind, (rows, columns), seed, smooth)
    facts, samples = decoder.frame(unzip(pack(encode_frame(pixels, bits))))
    is_signed = pixels.dtype.kind == "i"
    assert facts == {
        "rows": rows, "cols": columns, "samples": 1, "bitsStored": bits, "signed": is_signed,
        "array": f"{'Int' if is_signed else 'Uint'}{8 * pixels.dtype.itemsize}Array",
    }  # fmt: skip
    assert samples == pixels.tobytes()


@given(sides, sides, seeds, st.booleans())
@settings(max_examples=60, deadline=None)
def test_colour_comes_back(
    decoder: BrowserDecoder, rows: int, columns: int, seed: int, smooth: bool
) -> None:
    pixels = samples_of(np.uint8, (rows, columns, 3), seed, smooth)
    facts, samples = decoder.frame(unzip(pack(encode_frame(pixels, 8))))
    assert (facts["rows"], facts["cols"], facts["samples"]) == (rows, columns, 3)
    assert samples == pixels.tobytes()


@pytest.mark.parametrize("shape", [(1, 65535), (65535, 1), (512, 512), (1, 1)])
def test_the_longest_sides_come_back(decoder: BrowserDecoder, shape: tuple[int, int]) -> None:
    pixels = samples_of(np.int16, shape, 4, smooth=True)
    assert decoder.frame(bytes(encode_frame(pixels, 16)))[1] == pixels.tobytes()


@given(
    sides, sides, st.sampled_from([1, 3]), st.lists(st.booleans(), min_size=1, max_size=30), seeds
)
@settings(max_examples=60, deadline=None)
def test_a_preview_comes_back_with_its_gaps(
    decoder: BrowserDecoder, rows: int, columns: int, samples: int, whole: list[bool], seed: int
) -> None:
    shape = (rows, columns) if samples == 1 else (rows, columns, 3)
    frames = [
        samples_of(np.uint8, shape, seed + n, n % 2 == 0) if is_whole else None
        for n, is_whole in enumerate(whole)
    ]
    data, _, _ = pack_preview(frames)
    if not data:
        return
    found, pixels = decoder.preview(unzip(data))
    assert sorted(one["index"] for one in found) == [
        n for n, is_whole in enumerate(whole) if is_whole
    ]
    for n, one in enumerate(found):
        size = rows * columns * samples
        frame = frames[one["index"]]
        assert frame is not None
        assert pixels[n * size : (n + 1) * size] == frame.tobytes()


@given(st.binary(max_size=60), st.booleans())
@settings(max_examples=150, deadline=None)
def test_bytes_that_are_no_frame_are_refused_with_a_code(
    decoder: BrowserDecoder, data: bytes, has_magic: bool
) -> None:
    answer, samples = decoder.frame(b"CFF1" + data if has_magic else data)
    assert samples == b""
    assert answer["name"] == "FormatError"
    assert answer["code"].startswith("frame_")


def test_a_frame_that_was_cut_is_refused(decoder: BrowserDecoder) -> None:
    body = bytes(encode_frame(np.arange(48, dtype=np.uint16).reshape(6, 8), 12))
    for length in range(len(body)):
        assert decoder.frame(body[:length])[0]["code"] in {"frame_too_short", "frame_length"}
