"""JPEG with DCT on the chest CT, 8 and 12 bits, beside libjpeg-turbo and DCMTK on the same
streams."""

import numpy as np

from bench.codecs.peers import beside
from bench.codecs.slices import best_rate, chest, dcmtk_rate, decoding_rate, eight_bits
from bench.report import figure
from imaging.codecs import jpeg_dct
from tests.support.dct_writer import DctWriter

TURBO = "libjpeg-turbo 3.1.3"
SYNTAX = "1.2.840.10008.1.2.4."


def run(*, quick: bool = False) -> None:
    rounds = 2 if quick else 7
    _eight_bits(rounds)
    _twelve_bits(rounds)


def _eight_bits(rounds: int) -> None:
    slices = [eight_bits(pixels) for pixels in chest()]
    streams = [jpeg_dct.encode(pixels, 90) for pixels in slices]
    size = len(slices) * slices[0].nbytes
    case = f"JPEG 8 bit .50, decode, {sum(map(len, streams)) // len(streams)} bytes a slice"
    ours = decoding_rate(jpeg_dct.decode, streams, slices[0], rounds)
    beside(case, jpeg_dct.decode, streams, slices[0], TURBO, rounds)
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
    beside(case, jpeg_dct.decode, streams, slices[0], TURBO, rounds)
