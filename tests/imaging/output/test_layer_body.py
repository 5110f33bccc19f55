"""What lies over a frame's pixels travels at the end of its body and is drawn the same there."""

from typing import Any

import numpy as np
import pytest

from imaging.dicom.reader import read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.output.layer_body import encode_layers
from imaging.output.manifest_entry import FrameEntry, FrameForm, SeriesFacts, build_entry
from imaging.output.web_frame import encode_frame, pack
from imaging.pixels.functional_groups import FrameFacts
from imaging.pixels.grey_table import GreyTable
from imaging.pixels.image_file import ImageFile
from imaging.pixels.windows import Window
from tests.hostile.samples import native
from tests.support.frame_decoder import decode_frame, draw_layers, unzip

BITS = np.random.default_rng(4).random((5, 7)) > 0.6
OVERLAY = {
    "OverlayRows": 5, "OverlayColumns": 7, "OverlayType": "G", "OverlayOrigin": [-1, 9],
    "OverlayBitsAllocated": 1, "OverlayBitPosition": 0,
    "OverlayData": np.packbits(BITS.reshape(-1), bitorder="little").tobytes(),
}  # fmt: skip
POLYGON = {
    "ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [2, 2, 3, 11, 14, 9, 9, 5, 13, 1],
    "ShutterPresentationValue": 0x8100,
}  # fmt: skip


def image(**more: Any) -> ImageFile:
    return ImageFile(read_file(native(EXPLICIT_LITTLE, **more)))


@pytest.mark.parametrize(
    ("more", "kinds"),
    [(OVERLAY, "O"), (POLYGON, "S"), (OVERLAY | POLYGON, "SO"), ({}, ""),
     (OVERLAY | {"ShutterShape": "BITMAP", "ShutterOverlayGroup": 0x6000}, "S"),
     ({"ShutterShape": "CIRCULAR", "CenterOfCircularShutter": [8, 6], "RadiusOfCircularShutter": 99}, "")],
)  # fmt: skip
def test_the_other_side_draws_the_same(more: dict[str, Any], kinds: str) -> None:
    opened = image(**more)
    layers = opened.layers.of(0)
    assert layers.kinds == kinds
    pixels = opened.frame(0).pixels
    body = encode_frame(pixels, 16, encode_layers(layers, *pixels.shape))
    decoded = decode_frame(unzip(pack(body)))
    assert np.array_equal(decoded.pixels, pixels)
    grey = np.full(pixels.shape, 40, np.uint8)
    assert np.array_equal(draw_layers(decoded.layers, grey), layers.draw(grey))
    assert (decoded.layers == b"") == (kinds == "")


def test_a_polygon_lets_through_what_lies_inside_by_the_even_odd_rule() -> None:
    shutter = image(**POLYGON).layers.of(0).shutter
    assert shutter is not None
    flat = POLYGON["VerticesOfThePolygonalShutter"]
    corners = list(zip(flat[0::2], flat[1::2], strict=True))  # type: ignore[call-overload]
    for row in range(1, 17):
        for column in range(1, 13):
            inside = False
            for (r1, c1), (r2, c2) in zip(corners, corners[1:] + corners[:1], strict=True):
                if (r1 > row) != (r2 > row) and column < c1 + (row - r1) * (c2 - c1) / (r2 - r1):
                    inside = not inside
            assert shutter.visible[row - 1, column - 1] == inside, (row, column)


def test_a_bitmap_shutter_is_no_overlay() -> None:
    layers = image(**OVERLAY | {"ShutterShape": "BITMAP", "ShutterOverlayGroup": 0x6000}).layers.of(
        0
    )
    assert layers.shutter is not None and layers.overlays == ()
    assert np.argwhere(~layers.shutter.visible).shape[0] == BITS[2:, :4].sum()


def test_the_manifest_says_what_a_frame_is_seen_through() -> None:
    facts = FrameFacts(
        position=None, orientation=None, spacing=None, spacing_source=None, thickness_mm=None,
        slope=1.0, intercept=0.0, unit="", windows=(),
    )  # fmt: skip
    curve = Window(2, 4, "HARD", table=GreyTable(-1, bytes([0, 0, 9, 9, 9, 255])))
    noisy = Window(1, 5000, table=GreyTable(0, bytes(range(256)) * 20))
    forms = [FrameForm(4, 4, 1, 12, False, "MONOCHROME2", 1.0, 0.0, *more) for more in ((4 / 3, "SO"), ())]  # fmt: skip
    windows = (Window(1, 2), *[curve] * 5, noisy)
    frames = [FrameEntry(f"1.{n}", 1, n, form, facts, windows, 9) for n, form in enumerate(forms)]
    entry = build_entry(frames, SeriesFacts())
    assert (entry["aspect"], entry["layers"]) == (1.333333, "SO")
    assert entry["frames"]["overrides"] == {"1": {"aspect": 1.0, "layers": ""}}
    table = {"first": -1, "runs": [0, 2, 9, 3, 255, 1]}
    assert entry["windows"] == [
        {"name": "", "center": 1, "width": 2},
        *[{"name": "HARD", "center": 2, "width": 4, "table": table}] * 4,
    ]
    alone = build_entry([FrameEntry("1.3", 1, 3, forms[0], facts, (noisy,), 9)], SeriesFacts())
    assert "table" not in alone["windows"][0]
