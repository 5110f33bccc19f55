"""JPEG 2000 on the chest CT, beside OpenJPEG on the same streams, which Pillow's OpenJPEG wrote
(ours has no encoder)."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.codecs.peers import beside
from bench.codecs.slices import chest
from imaging.codecs import jpeg2000

CASES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("JPEG 2000 lossless .90", {}),
    ("JPEG 2000 lossy .91, 1:10", {
        "irreversible": True, "quality_mode": "rates", "quality_layers": [10],
    }),
)  # fmt: skip


def run(*, quick: bool = False) -> None:
    slices, rounds = chest()[:8], 3 if quick else 6
    for title, options in CASES:
        streams = [written(pixels, **options) for pixels in slices]
        case = f"{title}, decode, {sum(map(len, streams)) // len(streams)} bytes a slice"
        beside(case, jpeg2000.decode, streams, slices[0], "OpenJPEG 2.5.4", rounds)


def written(pixels: NDArray[np.uint16], **options: Any) -> bytes:
    """The stream that Pillow makes of a slice."""
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0]).save(file, "JPEG2000", no_jp2=True, **options)
    return file.getvalue()
