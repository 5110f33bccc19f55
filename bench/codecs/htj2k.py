"""High-Throughput JPEG 2000 on the reference set's own files (nothing here writes it), beside the
OpenJPEG that Pillow carries and what IMAGING.md measured of OpenJPH."""

from pathlib import Path

from bench.codecs.jpeg2000 import pillow_rate
from bench.codecs.slices import decoding_rate
from bench.report import figure
from imaging.codecs import jpeg2000
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.reader import read_file
from imaging.pixels.stored import StoredFrames

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "dicom" / "syntax" / "htj2k"
OPENJPH_MB_S = 250.0


def run(*, quick: bool = False) -> None:
    for name in ("CT1_JPH", "NM1_JPH", "US1_JPH", "HTJ2K_08_RGB.dcm"):
        case = f"HTJ2K {name}, decode"
        if not FOLDER.is_dir():
            figure("codecs", case, "MB/s", "higher", None, "OpenJPEG in Pillow", None,
                   missing="the reference folder is not there")  # fmt: skip
            continue
        file = read_file((FOLDER / name).read_bytes())
        like = StoredFrames(file).decode(0)
        like = like.view(f"u{like.dtype.itemsize}")
        streams = [bytes(encapsulated_frames(file.dataset)[0])] * 4
        rounds = 2 if quick else 10
        ours = decoding_rate(jpeg2000.decode, streams, like, rounds)
        theirs = pillow_rate(streams, like.nbytes, rounds)
        figure("codecs", case, "MB/s", "higher", ours, "OpenJPEG in Pillow", theirs)
        if name.startswith("CT1"):
            figure("codecs", case, "MB/s", "higher", ours, "OpenJPH, as once measured",
                   OPENJPH_MB_S)  # fmt: skip
