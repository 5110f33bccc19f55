"""What the fuzzer starts from: our own writers' small files and streams, made anew each time, and
small reference files when their folder is there. Nothing of these is kept in the repository."""

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from imaging.codecs import jpeg, jpeg_dct, jpeg_ls, rle
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.json_model import to_json
from imaging.dicom.reader import read_dataset, read_file
from imaging.dicom.uid import EXPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError
from tests.hostile.samples import PIXELS, everything, values
from tests.imaging.codecs import test_jpeg2000, test_jpeg_dct, test_jpeg_ls
from tests.imaging.dicom.test_charset import EXTENDED
from tests.imaging.dicom.test_reader import explicit
from tests.support.dct_writer import DctWriter
from tests.support.j2k_writer import J2kWriter
from tests.support.jpeg_writer import JpegWriter

MOST_BYTES = 16_384
_SYNTAXES = {  # of reference files whose frames are small enough
    "rle": ("1.2.840.10008.1.2.5",),
    "jpeg_lossless": ("1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"),
    "jpeg_dct": tuple(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 53, 55)),
    "jpeg_ls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "jpeg2000": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "htj2k": tuple(f"1.2.840.10008.1.2.4.{n}" for n in (201, 202, 203)),
    "deflate": ("1.2.840.10008.1.2.8.1",),
}


def seeds(target: str) -> Iterator[bytes]:
    """Our own."""
    yield from _OWN[target]()


def reference_seeds(target: str, folder: Path) -> Iterator[bytes]:
    """Small frames of reference files; for `data_set` the files themselves, or their beginning."""
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.suffix in (".json", ".md", ".jls"):
            continue
        if target == "data_set":
            yield path.read_bytes()[:MOST_BYTES]
            continue
        try:
            file = read_file(path)
            if file.transfer_syntax_uid in _SYNTAXES[target]:
                yield from (f for f in map(bytes, encapsulated_frames(file.dataset)[:2])
                            if len(f) <= MOST_BYTES)  # fmt: skip
        except ImagingError:
            continue


def _data_sets() -> Iterator[bytes]:
    yield from everything().values()
    for labels, name, _ in EXTENDED:
        text = explicit(0x00080005, "CS", labels) + explicit(0x00100010, "PN", name)
        yield text + explicit(0x00400275, "SQ", b"")
    plain = read_dataset(write_dataset(values(), EXPLICIT_LITTLE), EXPLICIT_LITTLE)
    yield json.dumps(to_json(plain)).encode()


def _rle() -> Iterator[bytes]:
    for samples in (1, 3):
        for dtype in (np.uint8, np.uint16):
            yield rle.encode(
                (np.arange(16 * 12 * samples) * 7 // 5).astype(dtype).reshape(16, 12, samples)
            )


def _lossless() -> Iterator[bytes]:
    colour = (np.arange(16 * 12 * 3) * 5 % 251).astype(np.uint8).reshape(16, 12, 3)
    yield jpeg.encode(PIXELS, 12)
    yield jpeg.encode(colour, 8)
    for predictor in range(1, 8):
        yield JpegWriter(predictor=predictor, restart_rows=predictor % 3).write(PIXELS)
    yield JpegWriter(precision=8, predictor=6, interleaved=False, restart_rows=2).write(colour)
    yield JpegWriter(precision=12, predictor=4, point_transform=2).write(PIXELS)


def _dct() -> Iterator[bytes]:
    yield jpeg_dct.encode(test_jpeg_dct.texture(16, 16)[:, :, None])
    for process, precision in ((0, 8), (1, 12), (2, 8), (2, 12)):
        scans = test_jpeg_dct.GREY_PROGRESSION if process == 2 else ()
        writer = DctWriter(process=process, precision=precision, scans=scans)
        yield writer.write(test_jpeg_dct.planes_for(writer, 17, 20), 17, 20)
    for sampling in (((2, 2), (1, 1), (1, 1)), ((2, 1), (1, 1), (1, 1))):
        for interleaved in (True, False):
            writer = DctWriter(sampling=sampling, interleaved=interleaved, restart_interval=1)
            yield writer.write(test_jpeg_dct.planes_for(writer, 17, 20), 17, 20)
    writer = DctWriter(
        process=2, sampling=((2, 1), (1, 1), (1, 1)), scans=test_jpeg_dct.PROGRESSION,
        restart_interval=1,
    )  # fmt: skip
    yield writer.write(test_jpeg_dct.planes_for(writer, 17, 20), 17, 20)
    later = DctWriter(lines_later=True)
    yield later.write(test_jpeg_dct.planes_for(later, 17, 20), 17, 20)


def _ls() -> Iterator[bytes]:
    yield jpeg_ls.encode(PIXELS, 12)
    yield jpeg_ls.encode(PIXELS, 12, 3)
    forms: list[dict[str, Any]] = [
        {}, {"restart_rows": 3}, {"with_preset": True}, {"interleave": 1}, {"interleave": 2},
        {"mapping": bytes(range(256))}, {"interleave": 2, "near": 2, "restart_rows": 5},
    ]  # fmt: skip
    for form in forms:
        pixels = test_jpeg_ls.texture(13, 15, 3 if "interleave" in form else 1)
        yield test_jpeg_ls.writer_for(8, **form).write(pixels)


def _picture(writer: J2kWriter, samples: int = 1) -> bytes:
    parts = [test_jpeg2000.picture(20, 23, writer.precision, n + 1) for n in range(samples)]
    return writer.write(parts)


def _jpeg2000() -> Iterator[bytes]:
    for name, writer in test_jpeg2000.SEEDS.items():
        if not name.startswith("HT"):
            yield _picture(writer)
    for style in test_jpeg2000.STYLES.values():
        yield _picture(J2kWriter(style=style, precision=12, layers=3))
    for progression in range(5):
        writer = J2kWriter(progression=progression, layers=2, precincts=((3, 3),), tile=(17, 24))
        yield _picture(writer, 3)
    yield _picture(J2kWriter(is_reversible=False, transform=True), 3)
    yield _picture(J2kWriter(packed="ppt", tile=(20, 20), tile_parts=2, eph=True))
    yield _picture(J2kWriter(layers=3, order=((0, 0, 2, 2, 1, 0), (0, 0, 3, 3, 1, 1))))
    yield _picture(J2kWriter(origin=(5, 3), tile=(13, 11), levels=3, is_signed=True))


def _htj2k() -> Iterator[bytes]:
    for passes in (1, 2, 3):
        for style in (64, 72):
            yield _picture(J2kWriter(style=style, ht_passes=passes, precision=12, layers=passes))
    yield _picture(J2kWriter(style=64, region_shift=12))
    yield _picture(J2kWriter(style=64, transform=True, tile=(13, 11)), 3)
    yield _picture(J2kWriter(style=64, is_reversible=False, levels=1))


def _deflate() -> Iterator[bytes]:
    body = write_dataset(values(), EXPLICIT_LITTLE)
    for plain in (PIXELS.tobytes(), body, bytes(5000)):
        for level in (0, 1, 9):
            engine = zlib.compressobj(level, wbits=-15)
            yield engine.compress(plain) + engine.flush()


_OWN = {
    "data_set": _data_sets, "rle": _rle, "jpeg_lossless": _lossless, "jpeg_dct": _dct,
    "jpeg_ls": _ls, "jpeg2000": _jpeg2000, "htj2k": _htj2k, "deflate": _deflate,
}  # fmt: skip
