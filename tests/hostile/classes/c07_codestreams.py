"""Classes 7 to 11: streams of every codec that lie, under headers that fit and headers that do
not. The lies of the codecs' own tests are told here inside objects, beside more of them."""

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from imaging.codecs import jpeg, jpeg_ls, rle
from tests.hostile.classes.case import Case, Cases, image, refused, shown
from tests.hostile.samples import PIXELS
from tests.imaging.codecs import (
    test_jpeg2000,
    test_jpeg_dct,
    test_jpeg_lossless,
    test_jpeg_ls,
    test_rle,
)
from tests.support.dct_writer import DctWriter
from tests.support.j2k_writer import HeaderBits, J2kWriter, _put_passes, segment
from tests.support.jpeg_writer import JpegWriter
from tests.support.jpegls_writer import JpegLsWriter

RLE, BASELINE, EXTENDED, PROGRESSIVE, LOSSLESS, LOSSLESS_14 = (
    "1.2.840.10008.1.2.5", *(f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 55, 70, 57)),
)  # fmt: skip
JPEG_LS, NEAR, J2K, HTJ2K = (f"1.2.840.10008.1.2.4.{n}" for n in (80, 81, 90, 201))
Shape = tuple[int, int, int]


def told(
    lies: Iterable[tuple[str, bytes, Any, str]], syntax: str, shape: Shape, bits: int
) -> Cases:
    """The lies of a codec's own tests. A DCT stream under a lossless syntax is no lie: JPEG is
    decoded by what it is."""
    for name, stream, _, code in lies:
        if name in ("baseline", "lossless"):
            yield Case(f"{syntax[-2:]} {name}", image(stream, syntax, shape, bits), ())
            continue
        yield refused(
            f"{syntax[-2:]} {name}", image(stream, syntax, shape, bits), code, "pixels_size"
        )


def of_rle() -> Cases:
    """Class 7."""
    for number, (stream, code) in enumerate(test_rle.LIES):
        data = image(stream, RLE, (2, 3, 1))
        codes = (code, "rle_truncated", "pixels_missing", "rle_segments", "rle_overrun")
        yield refused(f"RLE {number}", data, *codes)
    good = rle.encode(PIXELS[:, :, 0].astype(np.uint8))
    shape = (16, 12, 1)
    for size in range(0, 64, 9):
        yield refused(
            f"fragment of {size}",
            image(good[:size], RLE, shape),
            "rle_truncated",
            "pixels_missing",
            "rle_offset",
        )
    for count in (0, 2, 15, 16, 255, 2**32 - 1):
        data = image(struct.pack("<I", count) + good[4:], RLE, shape)
        yield refused(f"{count} segments", data, "rle_segments", "rle_offset")
    for offset in (0, 63, len(good), 2**31, 2**32 - 1):
        data = image(good[:4] + struct.pack("<I", offset) + good[8:], RLE, shape)
        yield refused(f"offset {offset}", data, "rle_offset")
    head = good[:64]
    yield refused("runs past the frame", image(head + b"\x81\0" * 500, RLE, shape), "rle_overrun")
    yield refused(
        "literals past the frame",
        image(head + (b"\x7f" + bytes(128)) * 2, RLE, shape),
        "rle_overrun",
    )
    yield refused(
        "only the byte that means nothing",
        image(head + b"\x80" * 4000, RLE, shape),
        "rle_truncated",
    )
    yield shown("runs past the row", image(head + b"\x81\7" + b"\xc1\7", RLE, shape))
    backwards = struct.pack("<I2I", 2, 70, 64) + head[12:] + good[64:]
    yield refused("segments backwards", image(backwards, RLE, shape, 12), "rle_offset")


def of_jpeg() -> Cases:
    """Class 8, the DCT and the lossless processes."""
    yield from told(test_jpeg_lossless.LIES, LOSSLESS, (6, 7, 1), 16)
    yield from told(test_jpeg_lossless.LIES, LOSSLESS_14, (6, 7, 1), 16)
    yield from told(test_jpeg_dct.LIES, EXTENDED, (16, 16, 1), 8)
    yield from told(test_jpeg_dct.LIES, PROGRESSIVE, (16, 16, 1), 8)
    good = JpegWriter().write(test_jpeg_lossless.PIXELS)
    frame = good.index(b"\xff\xc3")
    for count in (0, 2, 255):
        stream = good[: frame + 9] + bytes((count,)) + good[frame + 10 :]
        yield refused(
            f"lossless of {count} components",
            image(stream, LOSSLESS, (6, 7, 1), 16),
            "jpeg_frame_header",
            "jpeg_components",
        )
    scan = good.index(b"\xff\xda")
    for count in (0, 2, 5, 255):
        stream = good[: scan + 4] + bytes((count,)) + good[scan + 5 :]
        yield refused(
            f"scan of {count} components",
            image(stream, LOSSLESS, (6, 7, 1), 16),
            "jpeg_scan_header",
        )
    yield shown(
        "lossless without EOI",
        image(JpegWriter(with_end=False).write(test_jpeg_lossless.PIXELS), LOSSLESS, (6, 7, 1), 16),
    )
    three = np.random.default_rng(1).integers(0, 256, (6, 7, 3), np.uint16)
    apart = JpegWriter(precision=8, interleaved=False).write(three)
    yield shown("lossless, a scan a component", image(apart, LOSSLESS, (6, 7, 3)))
    planes = [test_jpeg_dct.texture(16, 16) for _ in range(3)]
    apart = DctWriter(sampling=((1, 1),) * 3, interleaved=False).write(planes, 16, 16)
    yield shown("DCT, a scan a component", image(apart, EXTENDED, (16, 16, 3)))
    yield shown(
        "DCT without EOI", image(test_jpeg_dct.small(with_end=False), EXTENDED, (16, 16, 1))
    )
    comments = segment(0xFE, bytes(60_000)) * 60
    yield shown(
        "megabytes of comments", image(good[:2] + comments + good[2:], LOSSLESS, (6, 7, 1), 16)
    )
    many = segment(0xFE, b"") * 200_000
    yield Case("200,000 comments", image(good[:2] + many + good[2:], LOSSLESS, (6, 7, 1), 16), ())
    yield Case(
        "fill bytes", image(good[:2] + b"\xff" * (1 << 20) + good[3:], LOSSLESS, (6, 7, 1), 16), ()
    )
    large = JpegWriter(rows=30_000, columns=30_000).write(test_jpeg_lossless.PIXELS)
    yield refused(
        "30,000 squared",
        image(large, LOSSLESS, (30_000, 30_000, 1), 16),
        "pixels_size",
        "frame_size",
    )
    scans = [((0,), 0, 0, 0, 1), *[((0,), 1, 63, 0, 1)] * 15]
    wide = DctWriter(process=2, scans=tuple(scans), rows=2000, columns=2000)
    data = image(wide.write(test_jpeg_dct.SMALL, 16, 16), PROGRESSIVE, (2000, 2000, 1))
    yield refused(
        "many scans over a large nothing",
        data,
        "jpeg_truncated",
        "jpeg_bad_code",
        "jpeg_no_scan",
        "pixels_size",
        "jpeg_scans",
    )


def of_jpeg_ls() -> Cases:
    """Class 9."""
    yield from told(test_jpeg_ls.LIES, JPEG_LS, (12, 12, 1), 8)
    yield from told(test_jpeg_ls.LIES[-4:], NEAR, (12, 12, 1), 8)
    one = np.array([[[7, 8, 9]]], np.uint8)
    for interleave in (0, 1, 2):
        stream = JpegLsWriter(interleave=interleave).write(one)
        yield shown(f"one pixel of three, {interleave}", image(stream, JPEG_LS, (1, 1, 3)))
    pixels = test_jpeg_ls.PIXELS
    for rows in (1, 5):
        stream = JpegLsWriter(restart_rows=rows).write(pixels)
        yield shown(f"restart every {rows} rows", image(stream, JPEG_LS, (12, 12, 1)))
    preset = JpegLsWriter(with_preset=True, t1=3, t2=7, t3=21).write(pixels)
    lse = preset[preset.index(b"\xff\xf8") : preset.index(b"\xff\xda")]
    good = JpegLsWriter().write(pixels)
    yield shown("LSE after the scan", image(good[:-2] + lse + good[-2:], JPEG_LS, (12, 12, 1)))
    inside = good.index(b"\xff\xda") + 30
    data = image(good[:inside] + lse + good[inside:], JPEG_LS, (12, 12, 1))
    yield refused("LSE inside the scan", data, "jpegls_truncated", "jpegls_bad_code")
    yield shown("8 bits in 16", image(good, JPEG_LS, (12, 12, 1), 12))
    signed = image(good, JPEG_LS, (12, 12, 1), 8, PixelRepresentation=1)
    yield shown("signed", signed)
    for cut in (1, 8, 40):
        data = image(good[: good.index(b"\xff\xda") + 10 + cut], JPEG_LS, (12, 12, 1))
        yield refused(f"{cut} bytes of the scan", data, "jpegls_truncated", "jpegls_bad_code")
    flat = jpeg_ls.encode(np.zeros((4000, 4000), np.uint8), 8)
    yield shown("16 megapixels of nothing", image(flat, JPEG_LS, (4000, 4000, 1)))
    yield refused("20,000 squared", image(good, JPEG_LS, (20_000, 20_000, 1)), "pixels_size")


def of_j2k() -> Cases:
    """Class 10."""
    for syntax in (J2K, HTJ2K):
        yield from told(test_jpeg2000.LIES, syntax, (20, 24, 1), 8)
    good, sized, patched = test_jpeg2000.GOOD, test_jpeg2000.sized, test_jpeg2000.patched
    shape = (20, 24, 1)
    for size in (2, 4, 30, 49):
        data = image(good[:size], J2K, shape)
        yield refused(
            f"{size} bytes",
            data,
            "jpeg2000_truncated",
            "jpeg2000_segment_length",
            "jpeg2000_no_start",
            "jpeg2000_size",
        )
    for name in ("x1", "y1", "x0", "y0", "width", "height", "tile_x0"):
        for value in (0, 2**31 - 1, 2**31, 2**32 - 1):
            data = image(sized({name: value}), J2K, shape)
            harmless = (name in ("width", "height") and value) or (
                name in ("x0", "y0", "tile_x0") and not value
            )
            yield (
                shown(f"{name} {value}", data)
                if harmless
                else refused(
                    f"{name} {value}",
                    data,
                    "jpeg2000_size",
                    "jpeg2000_tiles",
                    "jpeg2000_tile_missing",
                )
            )
    tiles = sized({"x1": 30_000, "y1": 30_000, "width": 100, "height": 100})
    yield refused(
        "90,000 tiles",
        image(tiles, J2K, (30_000, 30_000, 1)),
        "jpeg2000_size",
        "pixels_size",
        "frame_size",
    )
    large = sized({"x1": 30_000, "y1": 30_000, "width": 30_000, "height": 30_000})
    yield refused(
        "30,000 squared", image(large, J2K, (30_000, 30_000, 1)), "pixels_size", "frame_size"
    )
    yield shown("Psot 0 of the last part", image(patched(0x90, 2, bytes(4)), J2K, shape))
    halves = J2kWriter(tile_parts=2).write([test_jpeg2000.PART])
    yield refused(
        "Psot 0 of an earlier part",
        image(patched(0x90, 2, bytes(4), halves), J2K, shape),
        "jpeg2000_tile",
    )
    for lie in (2**31, 2**32 - 1):
        yield shown(f"Psot {lie}", image(patched(0x90, 2, struct.pack(">I", lie)), J2K, shape))
    for lie in (1, 13):
        yield refused(
            f"Psot {lie}",
            image(patched(0x90, 2, struct.pack(">I", lie)), J2K, shape),
            "jpeg2000_tile",
            "jpeg2000_truncated",
            "jpeg2000_marker",
        )
    for marker in (0x60, 0x61):
        for body in (b"", b"\0", b"\0\xff\xff\xff\xff"):
            at = good.index(b"\xff\x90") if marker == 0x60 else test_jpeg2000.BODY - 2
            stream = good[:at] + segment(marker, body) + good[at:]
            yield refused(
                f"packed headers {marker:x} {body!r}",
                image(stream, J2K, shape),
                "jpeg2000_packed",
                "jpeg2000_tile",
                "jpeg2000_truncated",
                "jpeg2000_marker",
                "jpeg2000_packet",
                "jpeg2000_segment_length",
            )
    at = good.index(b"\xff\x90")
    for number in (8_000, 60_000):
        yield Case(
            f"{number} comments",
            image(good[:at] + segment(0x64, b"\0\1x") * number + good[at:], J2K, shape),
            (),
        )
    lengths = good[:at] + segment(0x57, bytes(60_000)) * 60 + good[at:]
    yield Case("megabytes of packet lengths", image(lengths, J2K, shape), ())
    many = J2kWriter(levels=5, log_block=(2, 2), precincts=((2, 2), (2, 2))).write(
        [test_jpeg2000.PART]
    )
    data = image(
        sized({"x1": 4000, "y1": 4000, "width": 4000, "height": 4000}, many), J2K, (4000, 4000, 1)
    )
    yield refused(
        "a million precincts of nothing",
        data,
        "jpeg2000_precincts",
        "jpeg2000_truncated",
        "pixels_size",
    )
    for layers in (2, 65535):
        yield refused(
            f"{layers} layers of one",
            image(patched(0x52, 2, struct.pack(">H", layers)), J2K, shape),
            "jpeg2000_truncated",
            "jpeg2000_packet",
            "jpeg2000_passes",
        )
    for passes in (1, 22, 128, 129, 164):
        for syntax, style in ((J2K, 0), (HTJ2K, 64)):
            data = image(of_passes(passes, style), syntax, (4, 4, 1))
            yield Case(f"{passes} passes, style {style}", data, ())


def of_passes(count: int, style: int) -> bytes:
    """One code-block of one layer that says so many coding passes in nine bytes."""
    plain = J2kWriter(levels=0, style=style).write([np.full((4, 4), 128)])
    bits = HeaderBits()
    bits.put(0b111, 3)  # a packet, the block in it, no empty bit-planes
    _put_passes(bits, count)
    bits.put(0b0, 1)
    bits.put(9, 3 + count.bit_length() - 1)
    body = bits.finish() + bytes(range(9))
    start = plain.index(b"\xff\x90")
    part = struct.pack(">HHIBB", 10, 0, 14 + len(body), 0, 1)
    return plain[:start] + b"\xff\x90" + part + b"\xff\x93" + body + b"\xff\xd9"


def mismatched() -> Cases:
    """Class 11: what the stream holds is not what the data set says."""
    eight = PIXELS.astype(np.uint8)
    streams = {
        "JPEG": (jpeg.encode(eight, 8), LOSSLESS), "JPEG-LS": (jpeg_ls.encode(eight, 8), JPEG_LS),
        "JPEG 2000": (J2kWriter().write([eight[:, :, 0].astype(np.int64)]), J2K),
        "DCT": (DctWriter().write([eight[:, :, 0].astype(float)], 16, 12), BASELINE),
    }  # fmt: skip
    for name, (stream, syntax) in streams.items():
        yield shown(f"{name} as it is", image(stream, syntax, (16, 12, 1)))
        for shape in (
            (15, 12, 1),
            (17, 12, 1),
            (16, 11, 1),
            (12, 16, 1),
            (4000, 12, 1),
            (1, 1, 1),
            (16, 12, 3),
            (16, 4, 3),
        ):
            yield refused(
                f"{name} as {shape}",
                image(stream, syntax, shape),
                "jpeg_size",
                "jpegls_size",
                "jpeg2000_size",
                "jpeg_no_scan",
            )
        yield shown(f"{name} of 8 bits in 16", image(stream, syntax, (16, 12, 1), 12))
    twelve = {
        "JPEG": (jpeg.encode(PIXELS, 12), LOSSLESS), "JPEG-LS": (jpeg_ls.encode(PIXELS, 12), JPEG_LS),
        "JPEG 2000": (J2kWriter(precision=12).write([PIXELS[:, :, 0].astype(np.int64)]), J2K),
    }  # fmt: skip
    for name, (stream, syntax) in twelve.items():
        yield refused(
            f"{name} of 12 bits in 8",
            image(stream, syntax, (16, 12, 1)),
            "jpeg_size",
            "jpegls_size",
            "jpeg2000_size",
        )
        yield Case(f"{name} of 12 bits as 10", image(stream, syntax, (16, 12, 1), 10), ())
    for name, (stream, _) in streams.items():
        for other, (_, syntax) in streams.items():
            is_jpeg = {name, other} <= {"JPEG", "DCT"}
            data = image(stream, syntax, (16, 12, 1))
            if name != other and not is_jpeg:
                yield refused(
                    f"{name} labelled {other}",
                    data,
                    "jpeg_no_start",
                    "jpeg2000_no_start",
                    "jpegls_process",
                    "jpeg_process",
                    "jpegls_no_frame",
                    "jpeg_no_scan",
                    "jpeg_marker",
                    "jpeg_no_frame",
                )
        yield refused(
            f"{name} labelled RLE",
            image(stream, RLE, (16, 12, 1)),
            "rle_segments",
            "rle_truncated",
            "rle_offset",
        )


def cases() -> Cases:
    yield from of_rle()
    yield from of_jpeg()
    yield from of_jpeg_ls()
    yield from of_j2k()
    yield from mismatched()
