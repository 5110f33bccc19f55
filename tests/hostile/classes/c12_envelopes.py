"""Classes 12, 13 and 19: compression nobody knows, data that inflates without end, and pixels
whose offset tables, items and delimiters lie."""

import gzip
import struct
import zlib

from imaging.codecs import rle
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.recode import write_elements
from imaging.dicom.uid import DEFLATED_LITTLE, EXPLICIT_LITTLE, RLE_LOSSLESS
from imaging.dicom.writer import file_prefix, write_dataset
from tests.hostile.classes.case import Cases, image, refused, shown
from tests.hostile.samples import PIXELS, native, values
from tests.imaging.dicom.test_reader import explicit, item

DEFLATED_FRAMES = "1.2.840.10008.1.2.8.1"
OPEN = 0xFFFFFFFF
END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
FRAME = rle.encode(PIXELS)


def compressions() -> Cases:
    """Class 12."""
    for syntax in (
        "1.2.840.113619.5.2", "1.3.46.670589.33.1.4.1", "1.2.826.0.1.3680043.2.494.1.1", "1.2.3",
        *(f"1.2.840.10008.1.2.4.{n}" for n in (52, 54, 56, 58, 59, 66, 92, 100, 106, 108, 110)),
        "1.2.840.10008.1.2.6.1", "1.2.840.10008.1.2.7.1",
    ):  # fmt: skip
        data = image(FRAME, syntax, (16, 12, 1), 12)
        yield refused(syntax, data, "transfer_syntax_not_supported")
    private = {"PixelData": None}
    whole = native(**private)
    pmscts = explicit(0x07A10010, "LO", b"ELSCINT1") + explicit(0x07A11011, "CS", b"PMSCT_RLE1")
    yield refused("PMSCT_RLE1 alone", whole + pmscts, "pixels_missing")
    raw = explicit(0x07A1100A, "OW", FRAME)
    yield refused("PMSCT_RLE1 with its data", whole + pmscts[:16] + raw, "pixels_missing")


def bombs() -> Cases:
    """Class 13, as far as a file goes (requests: tests/abuse)."""
    meta = native(DEFLATED_LITTLE)
    head = meta[: split_file(meta)[1]]
    body = write_dataset(values(PixelData=None), EXPLICIT_LITTLE)
    for size in (150 << 20, 0xFFFFFFFE):
        zeros = explicit(0x7FE00010, "OW", b"")[:8] + struct.pack("<I", size)
        engine = zlib.compressobj(9, wbits=-15)
        bomb = engine.compress(body + zeros + bytes(150 << 20)) + engine.flush()
        yield refused(f"data set of {size}", head + bomb, "inflated_size")
    empty = explicit(0x00091001, "UN", b"")
    many = zlib.compress(body + empty * 3_000_000, 9)[2:-4]
    yield refused("millions of elements", head + many, "elements", "inflated_size")
    yield refused(
        "gzip in place of deflate",
        head + gzip.compress(body),
        "deflate_broken",
        "not_dicom",
        "truncated",
    )
    yield refused(
        "zlib in place of deflate",
        head + zlib.compress(body),
        "deflate_broken",
        "not_dicom",
        "truncated",
    )
    for name, data in (("noise", b"\xff" * 40), ("one byte", b"\x03")):
        yield refused(name, head + data, "deflate_broken", "pixels_missing")
    yield refused("a gzip file", gzip.compress(native()), "not_dicom")
    yield refused("a zip file", b"PK\3\4" + bytes(400), "not_dicom")
    shape = (16, 12, 1)
    packed = zlib.compress(bytes(100 << 20), 9)[2:-4]
    yield shown("frame of 100 MB of zeros", image(packed, DEFLATED_FRAMES, shape))
    yield refused(
        "frame that says 16,384 squared",
        image(packed[:400], DEFLATED_FRAMES, (16_384, 16_384, 1)),
        "pixels_size",
        "pixels_truncated",
    )
    for cut in (0, 1, 5):
        stream = zlib.compress(PIXELS.tobytes())[2:-4][:cut]
        yield refused(
            f"frame of {cut} bytes",
            image(stream, DEFLATED_FRAMES, shape),
            "pixels_truncated",
            "deflate_broken",
            "pixels_missing",
        )


def encapsulated(
    fragments: list[bytes], frames: int = 1, *, end: bytes = END, **more: object
) -> bytes:
    """An object whose pixel data are these fragments, the offset table first."""
    whole = read_file(native(NumberOfFrames=frames, PixelData=None, **more)).dataset
    body = write_elements(whole, EXPLICIT_LITTLE)
    prefix = file_prefix(
        sop_class_uid="1.2.3", sop_instance_uid="1.2.4", transfer_syntax_uid=RLE_LOSSLESS
    )
    head = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, OPEN)
    return prefix + body + head + b"".join(map(item, fragments)) + end


def fragments() -> Cases:
    """Class 19."""
    three = [FRAME] * 3
    step = 8 + len(FRAME)
    tables = {
        "none": b"", "right": struct.pack("<3I", 0, step, 2 * step),
        "backwards": struct.pack("<3I", 2 * step, step, 0), "all the same": bytes(12),
        "beyond": struct.pack("<3I", 0, 2**31, 2**32 - 1), "too short": struct.pack("<2I", 0, step),
        "too long": bytes(400_000), "odd": b"\1\2\3\4\5\6",
    }  # fmt: skip
    for name, table in tables.items():
        yield shown(f"offset table {name}", encapsulated([table, *three], 3))
    half = len(FRAME) // 2
    pieces = [part for frame in three for part in (frame[:half], frame[half:])]
    for name, table in tables.items():
        data = encapsulated([table, *pieces], 3)
        yield refused(f"offset table {name} over halves", data, "frames_missing", "rle_truncated")
    lies = {"ExtendedOffsetTable": struct.pack("<3Q", 0, 2**63, 2**64 - 1)}
    yield shown("extended table beyond", encapsulated([b"", *three], 3, **lies))
    yield refused(
        "extended table over halves", encapsulated([b"", *pieces], 3, **lies), "frames_missing"
    )
    yield refused("no fragment at all", encapsulated([b""]), "pixels_missing")
    yield refused("not even a table", encapsulated([]), "pixels_missing")
    yield refused("a table and an empty fragment", encapsulated([b"", b""]), "rle_truncated")
    yield refused("two of three frames", encapsulated([b"", *three[:2]], 3), "frames_missing")
    whole = encapsulated([b"", *three], 3)
    yield refused("no delimiter", whole[:-8], "truncated")
    yield refused(
        "another delimiter", whole[:-8] + struct.pack("<HHI", 0xFFFE, 0xE00D, 0), "item_expected"
    )
    for length in (OPEN, 0xFFFFFFFE, 0x7FFFFFFF, len(FRAME) + 4000):
        at = len(whole) - 8 - step + 4
        yield refused(
            f"fragment of {length}",
            whole[:at] + struct.pack("<I", length) + whole[at + 4 :],
            "truncated",
        )
    counted = whole.replace(
        struct.pack("<2sHI", b"OB", 0, OPEN), struct.pack("<2sHI", b"OB", 0, 3 * step + 16)
    )
    yield refused(
        "fragments in a counted element",
        counted,
        "pixels_truncated",
        "frames_missing",
        "rle_truncated",
        "pixels_not_encapsulated",
    )
    inside = FRAME + END + struct.pack("<HHI", 0xFFFE, 0xE000, 5)
    yield shown("delimiters inside a fragment", encapsulated([b"", inside]))
    yield shown("100,000 empty fragments behind", encapsulated([b"", FRAME, *[b""] * 100_000]))
    yield from icons()


def icons() -> Cases:
    """Encapsulated pixels inside the item of an icon, itself counted or open."""
    pixels = struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, OPEN) + item(b"") + item(b"\0" * 64)
    for ended in (True, False):
        icon = explicit(0x00280010, "US", b"\1\0") + pixels + (END if ended else b"")
        for lie in (0, 8, 4000):
            body = struct.pack("<HHI", 0xFFFE, 0xE000, len(icon) + lie) + icon
            head = struct.pack("<HH2sHI", 0x0088, 0x0200, b"SQ", 0, len(body))
            whole = native()
            at = whole.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))
            data = whole[:at] + head + body + whole[at:]
            name = f"icon {'ended' if ended else 'open'}, {lie} bytes longer than it is"
            yield shown(name, data) if ended else refused(name, data, "truncated", "item_expected")


def cases() -> Cases:
    yield from compressions()
    yield from bombs()
    yield from fragments()
