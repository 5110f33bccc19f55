"""The first page of a PDF as a small PNG."""

import io

import pypdfium2

from domain.errors import Invalid


def pdf_thumbnail(pdf: bytes, *, width_px: int = 360) -> bytes:
    """Invalid for what is no readable PDF."""
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            page = document[0]
            scale = width_px / max(page.get_width(), 1)
            picture = page.render(scale=min(scale, 4)).to_pil()
    except (pypdfium2.PdfiumError, IndexError, ValueError) as error:
        raise Invalid("pdf_broken", "报告文件损坏。", detail=type(error).__name__) from error
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
