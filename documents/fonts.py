"""The TrueType font with which documents write Chinese: Noto Sans SC, shipped with the pages."""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from domain.errors import Unavailable

FONT_NAME = "NotoSansSC"
_PLACES = (
    Path(__file__).parent.parent / "bff/pages/fonts/NotoSansSC-Regular.ttf",
    Path(__file__).parent.parent
    / "web/node_modules/@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
)


def chinese_font_file() -> Path:
    """Unavailable when the pages were not built."""
    for path in _PLACES:
        if path.is_file():
            return path
    raise Unavailable("font_missing", detail="the pages were not built: no Chinese font")


@cache
def chinese_font() -> str:
    """Register the font with the PDF library once a process; its name."""
    pdfmetrics.registerFont(TTFont(FONT_NAME, str(chinese_font_file())))
    return FONT_NAME
