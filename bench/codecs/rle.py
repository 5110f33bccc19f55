"""RLE on the chest CT, beside a C decoder and DCMTK on the same streams."""

from bench.codecs.peers import beside
from bench.codecs.slices import best_rate, chest, dcmtk_rate, decoding_rate
from bench.report import figure
from imaging.codecs import rle


def run(*, quick: bool = False) -> None:
    slices, rounds = chest(), 3 if quick else 9
    streams = [rle.encode(pixels) for pixels in slices]
    mean = sum(map(len, streams)) // len(streams)
    case = f"RLE .5, decode, {mean} bytes a slice"
    beside(case, rle.decode, streams, slices[0], "imagecodecs' own C", rounds)
    ours = decoding_rate(rle.decode, streams, slices[0], rounds)
    theirs = dcmtk_rate("dcmdrle", streams, slices[0], 16, "1.2.840.10008.1.2.5", rounds)
    missing = {} if theirs else {"missing": "dcmdrle is not installed"}
    figure("codecs", case, "MB/s", "higher", ours, "dcmdrle", theirs, **missing)
    size = len(slices) * slices[0].nbytes
    rate = best_rate(lambda: [rle.encode(pixels) for pixels in slices], size, rounds)
    figure("codecs", "RLE .5, encode", "MB/s", "higher", rate, "none", None,
           missing="not measured")  # fmt: skip
