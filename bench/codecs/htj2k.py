"""High-Throughput JPEG 2000 beside OpenJPH and OpenJPEG: the reference set's own files, and the
chest CT as OpenJPH writes it (nothing here writes it)."""

from pathlib import Path

from bench.codecs.peers import beside, encoded
from bench.codecs.slices import chest
from bench.report import figure
from imaging.codecs import jpeg2000
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.reader import read_file
from imaging.pixels.stored import StoredFrames

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "dicom" / "syntax" / "htj2k"
JPH = "OpenJPH 0.26.3"


def run(*, quick: bool = False) -> None:
    rounds = 4 if quick else 10
    slices = chest()[:8]
    for title, call in (
        ("HTJ2K lossless .201", "imagecodecs.htj2k_encode(pixels, reversible=True)"),
        ("HTJ2K lossy .203", "imagecodecs.htj2k_encode(pixels, level=0.001, reversible=False)"),
    ):
        streams = encoded(call, slices)
        if not streams:
            figure("codecs", f"{title}, chest CT, decode", "MB/s", "higher", None, JPH, None,
                   missing="nobody here writes it")  # fmt: skip
            continue
        case = f"{title}, decode, {sum(map(len, streams)) // len(streams)} bytes a slice"
        beside(case, jpeg2000.decode, streams, slices[0], JPH, rounds)
        beside(case, jpeg2000.decode, streams, slices[0], "OpenJPEG 2.5.4", rounds)
    for name in ("CT1_JPH", "NM1_JPH", "US1_JPH", "HTJ2K_08_RGB.dcm"):
        case = f"HTJ2K {name}, decode"
        if not FOLDER.is_dir():
            figure("codecs", case, "MB/s", "higher", None, JPH, None,
                   missing="the reference folder is not there")  # fmt: skip
            continue
        file = read_file((FOLDER / name).read_bytes())
        like = StoredFrames(file).decode(0)
        like = like.view(f"u{like.dtype.itemsize}")
        streams = [bytes(encapsulated_frames(file.dataset)[0])] * 4
        beside(case, jpeg2000.decode, streams, like, JPH, 5 * rounds)  # only one frame, so often
