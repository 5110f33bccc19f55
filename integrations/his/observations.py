"""OBX segments become a report's text and PDF, whatever their types and however they are cut."""

import base64
import binascii
import re
from dataclasses import dataclass

from integrations.his.hl7_text import MessageRefused, Segment

_TEXT = ("TX", "FT", "ST", "CE", "CWE")
_PDF_START = "JVBERi"  # %PDF- in base64
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


@dataclass(frozen=True, slots=True)
class Observed:
    """What the OBX of one result say."""

    findings: str
    impression: str
    pdf: bytes | None


def read_observations(
    segments: list[Segment], findings_codes: tuple[str, ...], impression_codes: tuple[str, ...]
) -> Observed:
    """Lines of one kind are joined in the order they stand. Where no line has a known code, all
    text is findings: a report's words are never dropped because of their code."""
    findings: list[str] = []
    impression: list[str] = []
    others: list[str] = []
    pieces: list[str] = []
    pdf_code = ""
    for obx in segments:
        kind, names = obx.get(2).upper(), {obx.get(3, 1), obx.get(3, 2), obx.get(3, 1).upper()}
        if kind == "ED":
            pieces = _encapsulated(obx) or pieces
        elif kind in _TEXT:
            raw = obx.raw(5)
            is_next = bool(pdf_code) and obx.raw(3) == pdf_code and _BASE64.fullmatch(raw)
            if raw.startswith(_PDF_START):
                pdf_code, pieces = obx.raw(3), obx.repetitions(5)
            elif is_next:
                pieces = [*pieces, *obx.repetitions(5)]
            elif names & set(findings_codes):
                findings.append(_line(obx, kind))
            elif names & set(impression_codes):
                impression.append(_line(obx, kind))
            else:
                others.append(_line(obx, kind))
    if not findings and not impression:
        findings = others
    return Observed(_joined(findings), _joined(impression), _pdf(pieces) if pieces else None)


def _line(obx: Segment, kind: str) -> str:
    """Coded values show their text."""
    if kind in ("CE", "CWE"):
        return obx.get(5, 2) or obx.get(5, 1)
    return obx.text(5)


def _joined(lines: list[str]) -> str:
    return "\n".join(lines).strip()


def _encapsulated(obx: Segment) -> list[str]:
    """source ^ type ^ subtype ^ encoding ^ data; [] where it is no PDF."""
    text = obx.raw(5)
    data = obx.raw_component(text, 5) or obx.raw_component(text, 1)
    named = {obx.component(text, 2).lower(), obx.component(text, 3).lower()}
    is_pdf = data.lstrip().startswith(_PDF_START) or any("pdf" in word for word in named)
    return [data] if is_pdf and data else []


def _pdf(pieces: list[str]) -> bytes:
    """Base64 text to a PDF; a refusal where it claims to be one and is not."""
    text = re.sub(r"\\\.br\\|\\X0[DA](?:0[DA])?\\|\s", "", "".join(pieces))
    text += "=" * (-len(text) % 4)  # padding that a sender left out
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageRefused("AE", "pdf_broken", "OBX-5") from error
    if not data.startswith(b"%PDF-"):
        raise MessageRefused("AE", "pdf_broken", "OBX-5")
    return data
