"""A page of a PDF as a picture, for browsers that open no PDF (WeChat's, some web-views)."""

import io

import pypdfium2

from domain.errors import Invalid, NotFound

WIDTH_PX = 1240  # A4 at 150 dots an inch
MAX_SIDE_PX = 4000


def count_pages(pdf: bytes) -> int:
    """Invalid for what is no readable PDF."""
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            return len(document)
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise Invalid("pdf_broken", "报告文件损坏。", detail=type(error).__name__) from error


def pdf_page_png(pdf: bytes, number: int, *, width_px: int = WIDTH_PX) -> bytes:
    """Page `number`, the first is 1. NotFound past the end, Invalid for what is no readable PDF."""
    try:
        with pypdfium2.PdfDocument(pdf) as document:
            if not 1 <= number <= len(document):
                raise NotFound("page_not_found", "没有这一页。")
            page = document[number - 1]
            width, height = max(page.get_width(), 1), max(page.get_height(), 1)
            scale = min(width_px / width, MAX_SIDE_PX / max(width, height))
            picture = page.render(scale=scale).to_pil()
    except (pypdfium2.PdfiumError, ValueError) as error:
        raise Invalid("pdf_broken", "报告文件损坏。", detail=type(error).__name__) from error
    out = io.BytesIO()
    picture.convert("L" if picture.mode == "L" else "RGB").save(out, "PNG", optimize=True)
    return out.getvalue()
