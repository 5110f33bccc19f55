"""An examination's QR code stamped onto one page of somebody else's PDF (tender E1.2).

The result is the same file with an update appended: every byte that came in is still there, so the
other pages are untouched and a signature still tells which part it signed. `python -m
documents.stamp` does it in a process of its own with limits on memory and time, because the PDF may
be hostile.
"""

import io
import json
import resource
import sys
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DecodedStreamObject, NameObject
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from domain.errors import Invalid

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]
CORNERS: tuple[Corner, ...] = ("top-left", "top-right", "bottom-left", "bottom-right")
MAX_PAGES = 2000
MIN_MM, MAX_MM = 12.0, 80.0
MEMORY_BYTES, CPU_S = 1 << 30, 15
QUIET = 4  # modules


@dataclass(frozen=True, slots=True)
class StampPlace:
    """Where the code goes, as the page is seen. `page` counts from 1, 0 is the last one. With
    `x_mm` and `y_mm` (of its upper left corner, from the page's) the corner does not count.
    `size_mm` is the whole square with its white edge."""

    page: int = 1
    corner: Corner = "top-right"
    x_mm: float | None = None
    y_mm: float | None = None
    size_mm: float = 24.0
    margin_mm: float = 8.0


def stamp_pdf(pdf: bytes, text: str, place: StampPlace) -> bytes:
    """The PDF with `text` as a QR code. Invalid says what cannot be done with it."""
    if not pdf.startswith(b"%PDF-"):
        raise Invalid("pdf_broken", "传来的不是 PDF 文件。")
    try:
        return _stamped(pdf, text, place)
    except Invalid:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError,
            RecursionError, AssertionError, NotImplementedError, OSError) as error:  # fmt: skip
        raise Invalid("pdf_broken", "PDF 文件损坏。", detail=type(error).__name__) from error


def _stamped(pdf: bytes, text: str, place: StampPlace) -> bytes:
    reader = PdfReader(io.BytesIO(pdf))
    if reader.is_encrypted:
        raise Invalid("pdf_encrypted", "PDF 文件已加密,不能加盖二维码。")
    count = reader.trailer["/Root"]["/Pages"]["/Count"]  # type: ignore[index]
    if not isinstance(count, int) or count > MAX_PAGES:
        raise Invalid("pdf_too_long", f"PDF 超过 {MAX_PAGES} 页。")
    writer = PdfWriter(io.BytesIO(pdf), incremental=True)
    number = place.page or len(writer.pages)
    if number > len(writer.pages):
        raise Invalid("stamp_page_missing", f"PDF 没有第 {number} 页。")
    page = writer.pages[number - 1]
    drawing = _drawing(page, text, place)
    page[NameObject("/Contents")] = ArrayObject(
        [_stream(writer, "q\n"), *_contents(page), _stream(writer, "\nQ\n" + drawing)]
    )
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _contents(page: Any) -> list[Any]:
    """The page's own content streams, as references."""
    raw = page.raw_get("/Contents") if "/Contents" in page else None
    if raw is None:
        return []
    found = raw.get_object()
    return list(found) if isinstance(found, ArrayObject) else [raw]


def _stream(writer: PdfWriter, text: str) -> Any:
    stream = DecodedStreamObject()
    stream.set_data(text.encode("ascii"))
    return writer._add_object(stream)


def _drawing(page: Any, text: str, place: StampPlace) -> str:
    """Content operators in a space of millimetres, from the seen page's upper left corner down."""
    box, turn = page.cropbox, int(page.rotation or 0) % 360
    x0, y0, x1, y1 = (float(one) for one in (box.left, box.bottom, box.right, box.top))
    mm = 72 / 25.4 / float(page.get("/UserUnit", 1))
    matrices = {
        0: (1, 0, 0, -1, x0, y1), 90: (0, 1, 1, 0, x0, y0),
        180: (-1, 0, 0, 1, x1, y0), 270: (0, -1, -1, 0, x1, y1),
    }  # fmt: skip
    if turn not in matrices or not (x1 > x0 and y1 > y0):
        raise Invalid("pdf_broken", "PDF 页面的方向或大小不对。")
    width, height = (x1 - x0) / mm, (y1 - y0) / mm
    if turn in (90, 270):
        width, height = height, width
    x, y = _upper_left(place, width, height)
    a, b, c, d, e, f = matrices[turn]
    turned = f"q {a * mm:.6f} {b * mm:.6f} {c * mm:.6f} {d * mm:.6f} {e:.4f} {f:.4f} cm"
    return "\n".join([turned, *_modules(text, x, y, place.size_mm), "Q\n"])


def _upper_left(place: StampPlace, width: float, height: float) -> tuple[float, float]:
    """In millimetres of the seen page."""
    size, margin = place.size_mm, place.margin_mm
    x = margin if place.corner.endswith("left") else width - margin - size
    y = margin if place.corner.startswith("top") else height - margin - size
    if place.x_mm is not None and place.y_mm is not None:
        x, y = place.x_mm, place.y_mm
    if x < 0 or y < 0 or x + size > width + 0.01 or y + size > height + 0.01:
        raise Invalid("stamp_outside", "二维码的位置超出页面,请调整位置或大小。")
    return x, y


def _modules(text: str, x: float, y: float, size: float) -> list[str]:
    """A white square with runs of black modules; plain paint, whatever the page has set."""
    code: QRCode[Any] = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(text)
    code.make(fit=True)
    rows = code.get_matrix()
    step = size / len(rows)
    lines = [f"1 g {x:.4f} {y:.4f} {size:.4f} {size:.4f} re f 0 g"]
    for number, row in enumerate(rows):
        start = None
        for column, is_black in enumerate([*row, False]):
            if is_black and start is None:
                start = column
            elif not is_black and start is not None:
                left, top, wide = x + start * step, y + number * step, (column - start) * step
                lines.append(f"{left:.4f} {top:.4f} {wide:.4f} {step:.4f} re")
                start = None
    return [*lines, "f"]


def request_line(text: str, place: StampPlace) -> bytes:
    """The first line of what the process of its own reads; the PDF follows."""
    return json.dumps({"text": text, "place": asdict(place)}).encode() + b"\n"


def main() -> None:
    """Standard input to standard output; a refusal is status 3 and JSON as the last line of
    standard error."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        done = stamp_pdf(sys.stdin.buffer.read(), asked["text"], StampPlace(**asked["place"]))
    except Invalid as error:
        sys.stderr.write("\n" + json.dumps([error.code, error.message, error.detail]))
        sys.exit(3)
    sys.stdout.buffer.write(done)


if __name__ == "__main__":
    main()
