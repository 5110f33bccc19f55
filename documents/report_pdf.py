"""A report's text as a PDF on A4 (tender E7.1), when the RIS sent none of its own."""

import io
from dataclasses import dataclass
from html import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus.doctemplate import SimpleDocTemplate
from reportlab.platypus.flowables import Flowable, Spacer
from reportlab.platypus.paragraph import Paragraph
from reportlab.platypus.tables import Table, TableStyle

from documents.fonts import chinese_font

INK, SECONDARY, LINE = HexColor("#0F172A"), HexColor("#475569"), HexColor("#94A3B8")


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What stands on the paper; all values are ready to print."""

    hospital: str
    title: str
    facts: list[tuple[str, str]]
    findings: str
    impression: str
    reporter: str
    reviewer: str
    reported_at: str


def compose_report(page: ReportPage) -> bytes:
    """The PDF. Text from outside is escaped: it never becomes markup."""
    font = chinese_font()
    base = ParagraphStyle(
        "base", fontName=font, fontSize=11, leading=18, textColor=INK, wordWrap="CJK"
    )
    head = ParagraphStyle("head", base, fontSize=12.5, leading=20, spaceBefore=8, spaceAfter=2)
    centre = ParagraphStyle("centre", base, alignment=TA_CENTER)
    story: list[Flowable] = [
        Paragraph(escape(page.hospital), ParagraphStyle("h1", centre, fontSize=18, leading=26)),
        Paragraph(escape(page.title), ParagraphStyle("h2", centre, fontSize=13, leading=20)),
        Spacer(1, 4 * mm),
        _facts(page.facts, base),
        Spacer(1, 3 * mm),
    ]
    for label, text in (("检查所见", page.findings), ("诊断意见", page.impression)):
        story.append(Paragraph(label, head))
        story.extend(Paragraph(escape(line) or " ", base) for line in (text or "无").splitlines())
    signers = [f"报告医师:{page.reporter or '—'}", f"审核医师:{page.reviewer or '—'}"]
    signers.append(f"报告时间:{page.reported_at or '—'}")
    story += [Spacer(1, 8 * mm), Paragraph(escape("    ".join(signers)), base)]
    out = io.BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=16 * mm,
        bottomMargin=16 * mm, title=page.title, author=page.hospital,
    ).build(story)  # fmt: skip
    return out.getvalue()


def _facts(facts: list[tuple[str, str]], base: ParagraphStyle) -> Table:
    cells = [
        Paragraph(
            f'<font color="{SECONDARY.hexval().replace("0x", "#")}">{escape(label)}:</font>'
            f"{escape(value or '—')}",
            base,
        )
        for label, value in facts
    ]
    rows = [cells[i : i + 3] for i in range(0, len(cells), 3)]
    rows[-1] += [Paragraph("", base)] * (3 - len(rows[-1]))
    table = Table(rows, colWidths=[57 * mm, 57 * mm, 56 * mm])
    table.setStyle(
        TableStyle(
            [
                ("LINEABOVE", (0, 0), (-1, 0), 0.8, LINE),
                ("LINEBELOW", (0, -1), (-1, -1), 0.8, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return table
