"""The electronic signatures inside a PDF: who signed, when, and whether it still holds.

Signatures are PAdES or plain PDF ones (PKCS #7); they are checked against the hospital's trusted
certificates. A signature by SM2 keys is shown as such and not judged: no open validator knows it.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

MAX_SIGNATURES = 20
_SM2 = "1.2.156.10197.1"


@dataclass(frozen=True, slots=True)
class Signature:
    """`is_intact`: not a byte of what was signed has changed. `is_trusted`: the certificate comes
    from an authority that the hospital trusts. `covers_all`: nothing was added afterwards.
    `is_judged` False: an algorithm that cannot be checked here."""

    signer: str
    signed_at: datetime | None
    is_intact: bool
    is_trusted: bool
    covers_all: bool
    is_judged: bool = True


def load_roots(path: Path | None) -> tuple[x509.Certificate, ...]:
    """The certificates of a PEM file. ValueError when there is none in it."""
    if path is None:
        return ()
    found = [
        x509.Certificate.load(der)
        for kind, _, der in pem.unarmor(path.read_bytes(), multiple=True)
        if kind == "CERTIFICATE"
    ]
    if not found:
        raise ValueError(f"{path.name} holds no certificate")
    return tuple(found)


def read_signatures(pdf: bytes, roots: Sequence[x509.Certificate]) -> list[Signature]:
    """In the order in which they were made; [] for a PDF without, or one that cannot be read."""
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        return [_judge(one, roots) for one in reader.embedded_signatures[:MAX_SIGNATURES]]
    except (PdfReadError, ValueError, KeyError, TypeError, RecursionError, OSError):
        return []


def _judge(embedded: Any, roots: Sequence[x509.Certificate]) -> Signature:
    try:
        status = validate_pdf_signature(
            embedded,
            signer_validation_context=ValidationContext(
                trust_roots=list(roots), allow_fetching=False, revocation_mode="soft-fail"
            ),
        )
    except Exception as error:  # noqa: BLE001 - the library raises many kinds for broken signatures
        is_foreign = _SM2 in str(error) or "sm2" in str(error).lower()
        return Signature(_name_of(embedded.signer_cert), None, False, False, False, not is_foreign)
    return Signature(
        signer=_name_of(status.signing_cert),
        signed_at=status.signer_reported_dt,
        is_intact=bool(status.intact and status.valid),
        is_trusted=bool(status.trusted),
        covers_all=status.coverage is not None and status.coverage.name == "ENTIRE_FILE",
    )


def _name_of(certificate: x509.Certificate | None) -> str:
    if certificate is None:
        return ""
    names = certificate.subject.native
    return str(names.get("common_name") or names.get("organization_name") or "")[:64]
