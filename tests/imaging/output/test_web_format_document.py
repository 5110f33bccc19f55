"""The decoder that stands in docs/web-format.md, cut out of the page and run: whoever has only the
page gets every sample, layer and preview back."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from imaging.output.layer_body import encode_layers
from imaging.output.preview import pack_preview
from imaging.output.web_frame import encode_frame, pack
from imaging.pixels.layers import Layers
from imaging.pixels.overlays import Overlay
from imaging.pixels.shutters import Shutter

PAGE = Path(__file__).resolve().parents[3] / "docs" / "web-format.md"
KINDS = [np.uint8, np.int8, np.uint16, np.int16]
SIDES = st.integers(1, 17)


@pytest.fixture(scope="module")
def page() -> dict[str, Any]:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    names: dict[str, Any] = {}
    exec(code, names)
    return names


def textured(shape: tuple[int, ...], kind: Any, seed: int) -> NDArray[Any]:
    """Noise, ramps and flats: every branch of the prediction."""
    bounds, dice = np.iinfo(kind), np.random.default_rng(seed)
    noise = dice.integers(bounds.min, bounds.max + 1, shape).astype(np.int64)
    ramp = np.add.outer(np.arange(shape[0]) * 3, np.arange(shape[1]) * 5)
    smooth = ramp.reshape(ramp.shape + (1,) * (len(shape) - 2)) + bounds.min
    return np.where(dice.random(shape) < 0.5, noise, smooth).astype(kind)


@given(SIDES, SIDES, st.sampled_from(KINDS), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_grey_frames(page: dict[str, Any], rows: int, columns: int, kind: Any, seed: int) -> None:
    pixels = textured((rows, columns), kind, seed)
    found_rows, found_columns, parts, over = page["frame"](pack(encode_frame(pixels, 12)))
    assert (found_rows, found_columns, over) == (rows, columns, b"")
    assert parts == [pixels.reshape(-1).tolist()]


@given(SIDES, SIDES, st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_colour_frames(page: dict[str, Any], rows: int, columns: int, seed: int) -> None:
    pixels = textured((rows, columns, 3), np.uint8, seed)
    _, _, parts, _ = page["frame"](pack(encode_frame(pixels, 8)))
    assert parts == [pixels[:, :, n].reshape(-1).tolist() for n in range(3)]


@given(st.integers(2, 17), st.integers(2, 17), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_layers(page: dict[str, Any], rows: int, columns: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    visible, bits = dice.random((2, rows, columns)) < 0.5
    layers = Layers(Shutter(visible, 77), (Overlay(0x6000, "G", "", 1, -1, bits),))
    body = encode_layers(layers, rows, columns)
    picture = dice.integers(0, 256, (rows, columns)).astype(np.uint8)
    drawn = picture.copy()
    for kind, grey, places in page["layers"](body):
        assert kind in (0, 1)
        for row, column in places:
            drawn[row, column] = grey
    assert np.array_equal(drawn, layers.overlays[0].draw(layers.shutter.apply(picture)))


@pytest.mark.parametrize("samples", [1, 3])
def test_previews(page: dict[str, Any], samples: int) -> None:
    shape = (9, 12) if samples == 1 else (9, 12, 3)
    frames = [textured(shape, np.uint8, n) for n in range(21)]
    given_frames: list[NDArray[np.uint8] | None] = [*frames]
    given_frames[3] = None
    rows, columns, records = page["preview"](pack_preview(given_frames)[0])
    assert (rows, columns) == (9, 12)
    assert sorted(index for index, _ in records) == [n for n in range(21) if n != 3]
    assert records[0][0] == 10
    for index, parts in records:
        planes = frames[index].reshape(108, samples)
        assert parts == [planes[:, n].tolist() for n in range(samples)]
