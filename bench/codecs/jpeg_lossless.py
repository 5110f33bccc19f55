"""JPEG Lossless on the chest CT: .70 as this reference series is stored, and .57 by predictor 7,
beside libjpeg-turbo and DCMTK on the same streams."""

from bench.codecs.peers import beside, encoded
from bench.codecs.slices import best_rate, chest, dcmtk_rate, decoding_rate
from bench.report import figure
from imaging.codecs import jpeg

TURBO = "libjpeg-turbo 3.1.3"


def run(*, quick: bool = False) -> None:
    slices, rounds = chest(), 3 if quick else 9
    streams = [jpeg.encode(pixels, 16) for pixels in slices]
    mean = sum(map(len, streams)) // len(streams)
    case = f"JPEG Lossless .70, decode, {mean} bytes a slice"
    beside(case, jpeg.decode, streams, slices[0], TURBO, rounds)
    ours = decoding_rate(jpeg.decode, streams, slices[0], rounds)
    theirs = dcmtk_rate("dcmdjpeg", streams, slices[0], 16, "1.2.840.10008.1.2.4.70", rounds)
    missing = {} if theirs else {"missing": "dcmdjpeg is not installed"}
    figure("codecs", case, "MB/s", "higher", ours, "dcmdjpeg", theirs, **missing)
    written = encoded("imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=7)", slices[:8])
    if written:
        beside("JPEG Lossless .57, predictor 7, decode", jpeg.decode, written, slices[0], TURBO,
               rounds)  # fmt: skip
    size = len(slices) * slices[0].nbytes
    rate = best_rate(lambda: [jpeg.encode(pixels, 16) for pixels in slices], size, rounds)
    figure("codecs", "JPEG Lossless .70, encode", "MB/s", "higher", rate, "none", None,
           missing="not measured")  # fmt: skip
