"""JPEG with DCT on the chest CT: 8 bits beside libjpeg-turbo (inside Pillow, a bench only) and
DCMTK, 12 bits beside DCMTK, on the same streams; and what IMAGING.md measured of libjpeg-turbo."""

import io

import numpy as np

from bench.codecs.slices import best_rate, chest, dcmtk_rate, decoding_rate, eight_bits
from bench.report import figure
from imaging.codecs import jpeg_dct
from tests.support.dct_writer import DctWriter

TURBO_8_MB_S, TURBO_12_MB_S = 406.0, 295.0
SYNTAX = "1.2.840.10008.1.2.4."


def run(*, quick: bool = False) -> None:
    rounds = 2 if quick else 7
    _eight_bits(rounds)
    _twelve_bits(rounds)


def _eight_bits(rounds: int) -> None:
    from PIL import Image

    slices = [eight_bits(pixels) for pixels in chest()]
    streams = [jpeg_dct.encode(pixels, 90) for pixels in slices]
    size = len(slices) * slices[0].nbytes
    case = f"JPEG 8 bit .50, decode, {sum(map(len, streams)) // len(streams)} bytes a slice"
    ours = decoding_rate(jpeg_dct.decode, streams, slices[0], rounds)
    turbo = best_rate(
        lambda: [np.asarray(Image.open(io.BytesIO(data))) for data in streams], size, rounds
    )
    figure("codecs", case, "MB/s", "higher", ours, "libjpeg-turbo (Pillow)", turbo)
    dcmtk = dcmtk_rate("dcmdjpeg", streams, slices[0], 8, SYNTAX + "50", rounds)
    missing = {} if dcmtk else {"missing": "dcmdjpeg is not installed"}
    figure("codecs", case, "MB/s", "higher", ours, "dcmdjpeg", dcmtk, **missing)
    encode = best_rate(lambda: [jpeg_dct.encode(pixels, 90) for pixels in slices], size, rounds)
    figure("codecs", "JPEG 8 bit .50, encode", "MB/s", "higher", encode, "none", None,
           missing="not measured")  # fmt: skip


def _twelve_bits(rounds: int) -> None:
    slices = [np.clip(pixels.view(np.int16), 0, 4095).astype(np.uint16) for pixels in chest()[:3]]
    writer = DctWriter(precision=12, step=24)
    streams = [writer.write([pixels[:, :, 0]], 512, 512) for pixels in slices] * 8
    case = f"JPEG 12 bit .51, decode, {sum(map(len, streams)) // len(streams)} bytes a slice"
    ours = decoding_rate(jpeg_dct.decode, streams, slices[0], rounds)
    dcmtk = dcmtk_rate("dcmdjpeg", streams, slices[0], 12, SYNTAX + "51", rounds)
    missing = {} if dcmtk else {"missing": "dcmdjpeg is not installed"}
    figure("codecs", case, "MB/s", "higher", ours, "dcmdjpeg", dcmtk, **missing)
    figure("codecs", case, "MB/s", "higher", ours, "libjpeg-turbo, as once measured",
           TURBO_12_MB_S)  # fmt: skip
