"""QR pictures of an examination's code (tender E1.1, E1.2)."""

import io
from typing import Any

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

MIN_BOX, MAX_BOX = 2, 24


def qr_png(text: str, *, box_px: int = 8) -> bytes:
    """A PNG with the quiet zone of four modules that scanners need; `box_px` a module's size."""
    code: QRCode[Any] = QRCode(
        error_correction=ERROR_CORRECT_M, box_size=min(max(box_px, MIN_BOX), MAX_BOX), border=4
    )
    code.add_data(text)
    code.make(fit=True)
    out = io.BytesIO()
    code.make_image().save(out, "PNG")
    return out.getvalue()


def qr_terminal(text: str) -> str:
    """The same as half-block characters for a terminal."""
    code: QRCode[Any] = QRCode(border=2)
    code.add_data(text)
    code.make(fit=True)
    out = io.StringIO()
    code.print_ascii(out=out, invert=True)
    return out.getvalue()
