"""The card that a patient saves: what the examination is, and its code, large enough to scan from
another phone's screen."""

import io
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from documents.fonts import chinese_font_file
from documents.qr import qr_png

WIDTH, MARGIN, QR_PX = 750, 48, 430
TEAL, INK, SECONDARY, GROUND = (15, 118, 110), (15, 23, 42), (71, 85, 105), (246, 248, 250)
LINE_PX, HEAD_PX = 48, 132


@dataclass(frozen=True, slots=True)
class CardText:
    """`lines`: (label, value); an empty value is left out."""

    hospital: str
    title: str
    lines: tuple[tuple[str, str], ...]


def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(chinese_font_file()), size)


def _fitted(draw: ImageDraw.ImageDraw, text: str, size: int, width: int) -> tuple[str, int]:
    """Text and size that fit the width: first smaller, then cut."""
    while size > 22 and draw.textlength(text, font=_font(size)) > width:
        size -= 2
    while len(text) > 2 and draw.textlength(text, font=_font(size)) > width:
        text = text[:-2] + "…"
    return text, size


def qr_card(url: str, text: CardText) -> bytes:
    """A PNG 750 pixels wide."""
    shown = [(label, value) for label, value in text.lines if value]
    height = HEAD_PX + 84 + LINE_PX * len(shown) + QR_PX + 150
    card = Image.new("RGB", (WIDTH, height), GROUND)
    draw = ImageDraw.Draw(card)
    draw.rectangle((0, 0, WIDTH, HEAD_PX), fill=TEAL)
    inner = WIDTH - 2 * MARGIN
    hospital, size = _fitted(draw, text.hospital, 40, inner)
    draw.text((MARGIN, HEAD_PX / 2), hospital, "white", _font(size), anchor="lm")
    title, size = _fitted(draw, text.title, 44, inner)
    draw.text((MARGIN, HEAD_PX + 56), title, INK, _font(size), anchor="lm")
    y = HEAD_PX + 84 + LINE_PX // 2
    for label, value in shown:
        draw.text((MARGIN, y), label, SECONDARY, _font(28), anchor="lm")
        fitted, size = _fitted(draw, value, 30, inner - 130)
        draw.text((MARGIN + 130, y), fitted, INK, _font(size), anchor="lm")
        y += LINE_PX
    code = Image.open(io.BytesIO(qr_png(url, box_px=12))).convert("RGB")
    code = code.resize((QR_PX, QR_PX), Image.Resampling.NEAREST)
    card.paste(code, ((WIDTH - QR_PX) // 2, y + 4))
    words = "微信扫一扫,验证后查看影像和报告"
    draw.text((WIDTH / 2, y + QR_PX + 54), words, SECONDARY, _font(28), anchor="mm")
    out = io.BytesIO()
    card.save(out, "PNG", optimize=True)
    return out.getvalue()
