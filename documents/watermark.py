"""Who looks, when and why, across every page of a PDF, also of other parties' (tender E7.2)."""

import io

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from documents.fonts import chinese_font
from domain.errors import Invalid

MAX_PAGES = 500


def watermark_pdf(pdf: bytes, text: str) -> bytes:
    """The same PDF with `text` repeated over each page. Invalid for what is no readable PDF."""
    try:
        reader = PdfReader(io.BytesIO(pdf))
        if len(reader.pages) > MAX_PAGES:
            raise Invalid("pdf_too_long", "报告页数过多。", detail=f"more than {MAX_PAGES} pages")
        writer = PdfWriter(clone_from=reader)
        stamps: dict[tuple[float, float], PdfReader] = {}
        for page in writer.pages:
            size = (float(page.mediabox.width), float(page.mediabox.height))
            stamp = stamps.setdefault(size, PdfReader(io.BytesIO(_stamp(size, text))))
            page.transfer_rotation_to_content()
            page.merge_page(stamp.pages[0])
        out = io.BytesIO()
        writer.write(out)
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Invalid("pdf_broken", "报告文件损坏。", detail=type(error).__name__) from error
    return out.getvalue()


def _stamp(size: tuple[float, float], text: str) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    canvas.setFont(chinese_font(), 13)
    canvas.setFillColor(Color(0.2, 0.3, 0.4, alpha=0.13))
    width = canvas.stringWidth(text) + 60
    canvas.translate(size[0] / 2, size[1] / 2)
    canvas.rotate(30)
    reach = size[0] + size[1]
    for row in range(-5, 6):
        x = -reach / 2 - (row % 2) * width / 2
        while x < reach / 2:
            canvas.drawString(x, row * 110, text)
            x += width
    canvas.showPage()
    canvas.save()
    return out.getvalue()
