"""The dictionary knows every keyword that the product uses, and what PS3.6 says of it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from imaging.dicom.dictionary import (
    follows_pixel_representation,
    keyword_for,
    tag_for,
    vr_for,
)

ROOT = Path(__file__).resolve().parents[3]
PRODUCT = (
    "imaging", "dicomnet", "storage", "integrations", "documents", "usecases", "assembly",
    "bff", "workers", "cli", "demo",
)  # fmt: skip
READERS = {
    "text", "texts", "person_name", "numbers", "number", "integer", "date", "time", "sequence",
    "raw", "element", "tag_for", "group",
}  # fmt: skip


def keywords_in(path: Path) -> Iterator[str]:
    """Literal first arguments of the data set's readers, and string keys that look like PS3.6."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[-1] if name == "group" else node.args[0]
            if name in READERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value


def test_every_keyword_of_the_product_is_in_the_dictionary() -> None:
    unknown = set()
    found = set()
    for package in PRODUCT:
        for path in (ROOT / package).rglob("*.py"):
            for keyword in keywords_in(path):
                if not (keyword[:1].isupper() and keyword.isalnum() and len(keyword) > 2):
                    continue
                found.add(keyword)
                try:
                    tag_for(keyword)
                except KeyError:
                    unknown.add(f"{path.relative_to(ROOT)}: {keyword}")
    assert unknown == set()
    assert len(found) > 40


@pytest.mark.parametrize(
    ("tag", "vr", "keyword"),
    [
        (0x00020010, "UI", "TransferSyntaxUID"),
        (0x00041220, "SQ", "DirectoryRecordSequence"),
        (0x00080005, "CS", "SpecificCharacterSet"),
        (0x00100010, "PN", "PatientName"),
        (0x00280010, "US", "Rows"),
        (0x00283006, "OW", "LUTData"),
        (0x52009230, "SQ", "PerFrameFunctionalGroupsSequence"),
        (0x7FE00010, "OW", "PixelData"),
        (0x7FE00001, "OV", "ExtendedOffsetTable"),
    ],
)
def test_entries(tag: int, vr: str, keyword: str) -> None:
    assert (vr_for(tag), keyword_for(tag)) == (vr, keyword)
    assert tag_for(keyword) == tag


@pytest.mark.parametrize(
    ("tag", "vr", "keyword"),
    [
        (0x60000010, "US", "OverlayRows"),
        (0x601E3000, "OW", "OverlayData"),
        (0x50060005, "US", "CurveDimensions"),
        (0x002031AB, "CS", "SourceImageIDs"),
        (0x7F120010, "OW", "VariablePixelData"),
    ],
)
def test_repeating_groups(tag: int, vr: str, keyword: str) -> None:
    assert (vr_for(tag), keyword_for(tag)) == (vr, keyword)


def test_private_and_unknown_elements() -> None:
    assert vr_for(0x00090010) == "LO"  # a private creator (PS3.5 7.8.1)
    assert vr_for(0x00091001) == "UN"
    assert vr_for(0x60010010) == "LO"  # odd: no overlay
    assert vr_for(0x00090000) == "UL"  # group length
    assert vr_for(0x00104999) == "UN"
    assert keyword_for(0x00091001) == ""


def test_elements_that_follow_the_pixels_sign() -> None:
    assert vr_for(0x00280106) == "US"
    assert vr_for(0x00280106, is_signed=True) == "SS"
    assert follows_pixel_representation(0x00280120)
    assert not follows_pixel_representation(0x00280010)


def test_the_dictionary_is_sorted_and_whole() -> None:
    lines = (ROOT / "imaging/dicom/dictionary.tsv").read_text("ascii").splitlines()
    assert lines == sorted(lines)
    assert len(lines) > 4700
    keywords = [line.split("\t")[2] for line in lines]
    assert len(set(keywords)) == len(keywords)
