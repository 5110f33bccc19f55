"""The TrueType font with which PDFs write Chinese: Noto Sans SC, shipped with the built pages."""

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


@cache
def chinese_font() -> str:
    """Register the font once a process; its name. Unavailable when the pages were not built."""
    for path in _PLACES:
        if path.is_file():
            pdfmetrics.registerFont(TTFont(FONT_NAME, str(path)))
            return FONT_NAME
    raise Unavailable("font_missing", detail="the pages were not built: no Chinese font")
