"""The first page of a PDF as a small PNG."""

from documents.page_picture import pdf_page_png


def pdf_thumbnail(pdf: bytes, *, width_px: int = 360) -> bytes:
    """Invalid for what is no readable PDF."""
    return pdf_page_png(pdf, 1, width_px=width_px)
