"""QR pictures, report PDFs, watermarks and thumbnails, read back by independent readers."""

import io
from dataclasses import replace

import numpy as np
import pypdf
import pytest
import zxingcpp
from PIL import Image

from documents.qr import qr_png, qr_terminal
from documents.report_pdf import ReportPage, compose_report
from documents.thumbnail import pdf_thumbnail
from documents.watermark import watermark_pdf
from domain.errors import FilmError, Invalid
from tests.support.servers import absent

URL = "https://film.example.org/q/AbCdEfGhIjKlMnOpQrStUv"
PAGE = ReportPage(
    hospital="示例市第一人民医院",
    title="CT 检查报告单",
    facts=[("姓名", "欧阳小龙"), ("性别", "男"), ("年龄", "45岁"), ("检查号", "CT20260131001")],
    findings="双肺纹理清晰，未见结节。\n纵隔 <b>淋巴结</b> 不大 & 气管通畅。\n㐂𠮷龘",
    impression="胸部CT平扫未见异常。",
    reporter="王医生",
    reviewer="李主任",
    reported_at="2026-01-31 09:30",
)


@pytest.fixture(scope="module")
def report() -> bytes:
    try:
        return compose_report(PAGE)
    except FilmError as error:
        absent(f"the pages were not built: {error.code}")


def texts(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def decoded(picture: bytes) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))]


@pytest.mark.parametrize("box_px", [-5, 2, 4, 8, 24, 9999])
def test_a_scanner_reads_the_code(box_px: int) -> None:
    assert decoded(qr_png(URL, box_px=box_px)) == [URL]


def test_the_code_has_a_quiet_zone_and_bounded_size() -> None:
    picture = np.asarray(Image.open(io.BytesIO(qr_png(URL, box_px=4))).convert("L"))
    assert picture[:16].min() == 255 and picture[:, :16].min() == 255
    assert Image.open(io.BytesIO(qr_png(URL, box_px=10**6))).size[0] <= 24 * (29 + 16 + 8)


def test_a_damaged_code_is_still_read() -> None:
    picture = Image.open(io.BytesIO(qr_png(URL))).convert("L")
    side = picture.size[0]
    picture.paste(255, (side // 2, side // 2, side // 2 + side // 8, side // 2 + side // 8))
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [URL]


def test_the_code_in_a_terminal() -> None:
    lines = qr_terminal(URL).splitlines()
    rows = [
        [line[i] if i < len(line) else " " for i in range(max(map(len, lines)))] for line in lines
    ]
    halves = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}
    cells = [[halves.get(c, (0, 0)) for c in row] for row in rows]
    picture = np.array([[cell[half] for cell in row] for row in cells for half in (0, 1)], np.uint8)
    big = np.kron(np.pad(picture, 4, constant_values=1) * 255, np.ones((6, 6), np.uint8))
    assert [found.text for found in zxingcpp.read_barcodes(Image.fromarray(big))] == [URL]


def test_the_report_says_everything(report: bytes) -> None:
    text = texts(report).replace("\n", "")
    for value in (
        PAGE.hospital,
        PAGE.title,
        PAGE.impression,
        "王医生",
        "李主任",
        "2026-01-31 09:30",
    ):
        assert value in text
    for label, value in PAGE.facts:
        assert label in text and value in text
    assert "检查所见" in text and "诊断意见" in text


def test_text_from_outside_is_no_markup(report: bytes) -> None:
    assert "<b>淋巴结</b> 不大 & 气管通畅" in texts(report)


def test_chinese_glyphs_are_in_the_file(report: bytes) -> None:
    reader = pypdf.PdfReader(io.BytesIO(report))
    fonts = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    embedded = [
        font.get_object()
        for font in fonts.values()
        if "NotoSansSC" in str(font.get_object().get("/BaseFont", ""))
    ]
    assert embedded
    assert all("/FontFile2" in font["/FontDescriptor"] for font in embedded)


def test_a_chinese_line_is_drawn_and_not_a_row_of_boxes(report: bytes) -> None:
    """Two different characters give two different pictures."""
    first = pdf_thumbnail(compose_report(replace(PAGE, hospital="影")))
    second = pdf_thumbnail(compose_report(replace(PAGE, hospital="像")))
    assert first != second
    assert np.asarray(Image.open(io.BytesIO(pdf_thumbnail(report))).convert("L")).min() < 100


def test_a_long_report_goes_on_to_the_next_page() -> None:
    pdf = compose_report(replace(PAGE, findings="双肺纹理清晰。\n" * 200))
    assert len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 2


def test_empty_fields_are_said_to_be_empty() -> None:
    text = texts(
        compose_report(replace(PAGE, findings="", impression="", reporter="", reviewer=""))
    )
    assert text.count("无") >= 2
    assert "报告医师:—" in text


def test_the_watermark_is_on_every_page_and_the_text_stays() -> None:
    pdf = compose_report(replace(PAGE, findings="双肺纹理清晰。\n" * 60))
    marked = watermark_pdf(pdf, "欧阳小龙 2026-01-31 查看")
    pages = pypdf.PdfReader(io.BytesIO(marked)).pages
    assert len(pages) == len(pypdf.PdfReader(io.BytesIO(pdf)).pages) > 1
    for page in pages:
        assert page.extract_text().count("2026-01-31 查看") >= 4
    assert PAGE.impression in texts(marked).replace("\n", "")


def test_the_watermark_leaves_the_page_legible(report: bytes) -> None:
    plain = np.asarray(Image.open(io.BytesIO(pdf_thumbnail(report))).convert("L")).astype(int)
    marked = watermark_pdf(report, "仅供本人查看")
    shown = np.asarray(Image.open(io.BytesIO(pdf_thumbnail(marked))).convert("L")).astype(int)
    assert (shown != plain).any()
    assert np.abs(shown - plain).mean() < 12


def test_other_sizes_and_rotations_are_marked() -> None:
    writer = pypdf.PdfWriter()
    writer.add_blank_page(width=200, height=900)
    writer.add_blank_page(width=1200, height=300).rotate(90)
    out = io.BytesIO()
    writer.write(out)
    for page in pypdf.PdfReader(io.BytesIO(watermark_pdf(out.getvalue(), "水印甲乙"))).pages:
        assert "水印甲乙" in page.extract_text()


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7", b"hello", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\n"])
def test_what_is_no_pdf(pdf: bytes) -> None:
    with pytest.raises(Invalid):
        watermark_pdf(pdf, "x")
    with pytest.raises(Invalid):
        pdf_thumbnail(pdf)


@pytest.mark.parametrize("width_px", [120, 360])
def test_the_thumbnail_is_the_first_page(report: bytes, width_px: int) -> None:
    picture = Image.open(io.BytesIO(pdf_thumbnail(report, width_px=width_px)))
    assert picture.format == "PNG"
    assert abs(picture.size[0] - width_px) <= 1
    assert abs(picture.size[1] / picture.size[0] - 297 / 210) < 0.02


def test_cut_reports_are_refused_or_read(report: bytes) -> None:
    for end in range(0, len(report), max(len(report) // 40, 1)):
        for work in (lambda pdf: watermark_pdf(pdf, "x"), pdf_thumbnail):
            try:
                work(report[:end])
            except Invalid:
                continue
