"""JPEG-LS on the chest CT, beside CharLS, and DCMTK's older CharLS, on the same streams."""

from bench.codecs.peers import beside
from bench.codecs.slices import best_rate, chest, dcmtk_rate, decoding_rate
from bench.report import figure
from imaging.codecs import jpeg_ls


def run(*, quick: bool = False) -> None:
    slices, rounds = chest(), 2 if quick else 7
    for title, near, syntax in (("JPEG-LS .80", 0, "80"), ("JPEG-LS .81, near 2", 2, "81")):
        streams = [jpeg_ls.encode(pixels, 16, near) for pixels in slices]
        mean = sum(map(len, streams)) // len(streams)
        ours = decoding_rate(jpeg_ls.decode, streams, slices[0], rounds)
        theirs = dcmtk_rate(
            "dcmdjpls", streams, slices[0], 16, f"1.2.840.10008.1.2.4.{syntax}", rounds
        )
        missing = {} if theirs else {"missing": "dcmdjpls is not installed"}
        case = f"{title}, decode, {mean} bytes a slice"
        beside(case, jpeg_ls.decode, streams, slices[0], "CharLS 2.4.3", rounds)
        figure("codecs", case, "MB/s", "higher", ours, "dcmdjpls", theirs, **missing)
        if near == 0:
            encode = best_rate(
                lambda: [jpeg_ls.encode(pixels, 16) for pixels in slices],
                len(slices) * slices[0].nbytes, rounds,
            )  # fmt: skip
            figure("codecs", f"{title}, encode", "MB/s", "higher", encode, "none", None,
                   missing="not measured")  # fmt: skip
