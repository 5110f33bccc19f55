"""JPEG 2000 on the chest CT, beside the OpenJPEG that Pillow carries on the same streams (which it
also wrote; ours has no encoder) and what IMAGING.md measured of OpenJPEG alone."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.codecs.slices import best_rate, chest, decoding_rate
from bench.report import figure
from imaging.codecs import jpeg2000

CASES: tuple[tuple[str, dict[str, Any], float], ...] = (
    ("JPEG 2000 lossless .90", {}, 18.3),
    ("JPEG 2000 lossy .91, 1:10", {
        "irreversible": True, "quality_mode": "rates", "quality_layers": [10],
    }, 39.0),
)  # fmt: skip


def run(*, quick: bool = False) -> None:
    slices, rounds = chest()[:8], 2 if quick else 5
    for title, options, measured in CASES:
        streams = [written(pixels, **options) for pixels in slices]
        mean = sum(map(len, streams)) // len(streams)
        ours = decoding_rate(jpeg2000.decode, streams, slices[0], rounds)
        theirs = pillow_rate(streams, slices[0].nbytes, rounds)
        case = f"{title}, decode, {mean} bytes a slice"
        figure("codecs", case, "MB/s", "higher", ours, "OpenJPEG in Pillow", theirs)
        figure("codecs", case, "MB/s", "higher", ours, "OpenJPEG, as once measured", measured)


def written(pixels: NDArray[np.uint16], **options: Any) -> bytes:
    """The stream that Pillow makes of a slice."""
    file = io.BytesIO()
    Image.fromarray(pixels[:, :, 0]).save(file, "JPEG2000", no_jp2=True, **options)
    return file.getvalue()


def pillow_rate(streams: list[bytes], size: int, rounds: int) -> float:
    """MB/s of Pillow's decoder."""
    return best_rate(
        lambda: [Image.open(io.BytesIO(data)).load() for data in streams],
        size * len(streams), rounds,
    )  # fmt: skip
