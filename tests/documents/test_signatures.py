"""Signatures that another program made: who, when, whether they hold (tender E7, G4)."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.generic import pdf_string
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, SimpleSigner, sign_pdf
from reportlab.pdfgen.canvas import Canvas

from documents.signatures import load_roots, read_signatures
from documents.watermark import watermark_pdf

NOW = datetime.now(UTC)


def certificate(
    name: str, issuer: tuple[x509.Name, rsa.RSAPrivateKey] | None
) -> tuple[x509.Certificate, rsa.RSAPrivateKey]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer_name, signer_key = issuer or (subject, key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    usage = x509.KeyUsage(
        True, issuer is not None, False, False, False, issuer is None, False, False, False
    )
    return builder.add_extension(usage, critical=True).sign(signer_key, hashes.SHA256()), key


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SimpleSigner]:
    """A certificate authority's file, and a doctor's signer from it."""
    root, root_key = certificate("示例 CA", None)
    leaf, leaf_key = certificate("李主任", (root.subject, root_key))
    folder = tmp_path_factory.mktemp("ca")
    (folder / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    bundle = pkcs12.serialize_key_and_certificates(b"s", leaf_key, leaf, [root], NoEncryption())
    (folder / "signer.p12").write_bytes(bundle)
    signer = SimpleSigner.load_pkcs12(str(folder / "signer.p12"), passphrase=None)
    assert signer is not None
    return folder / "root.pem", signer


def paper() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.drawString(100, 700, "chest CT: nothing seen")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


@pytest.fixture(scope="module")
def signed(authority: tuple[Path, SimpleSigner]) -> bytes:
    out = sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(paper())),
        PdfSignatureMetadata(field_name="Doctor"), signer=authority[1],
    )  # fmt: skip
    data: bytes = out.getvalue()
    return data


def test_a_signature_says_who_and_when_and_holds(
    signed: bytes, authority: tuple[Path, SimpleSigner]
) -> None:
    [found] = read_signatures(signed, load_roots(authority[0]))
    assert (found.signer, found.is_intact, found.is_trusted, found.covers_all) == (
        "李主任",
        True,
        True,
        True,
    )
    assert found.signed_at is not None and abs(found.signed_at - NOW) < timedelta(hours=1)


def test_an_unknown_authority_is_not_trusted(signed: bytes) -> None:
    [found] = read_signatures(signed, ())
    assert found.is_intact and not found.is_trusted


def test_a_changed_byte_breaks_it(signed: bytes, authority: tuple[Path, SimpleSigner]) -> None:
    changed = signed.replace(b"/MediaBox", b"/MediaBux", 1)
    assert changed != signed
    [found] = read_signatures(changed, load_roots(authority[0]))
    assert not found.is_intact


def test_what_was_added_afterwards_shows(
    signed: bytes, authority: tuple[Path, SimpleSigner]
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    writer.root["/Lang"] = pdf_string("zh")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    [found] = read_signatures(out.getvalue(), load_roots(authority[0]))
    assert not found.covers_all


def test_no_signature_is_an_empty_list(signed: bytes) -> None:
    assert read_signatures(paper(), ()) == []
    for junk in (b"", b"%PDF-1.4", b"no pdf", signed[: len(signed) // 2]):
        assert all(not one.is_intact for one in read_signatures(junk, ()))


def test_a_watermark_would_break_it_so_the_original_is_read(signed: bytes) -> None:
    marked = watermark_pdf(signed, "watermark")
    assert len(pypdf.PdfReader(io.BytesIO(marked)).pages) == 1
    assert all(not one.is_intact for one in read_signatures(marked, ()))


def test_a_file_of_roots_without_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_bytes(b"-----BEGIN X-----\nAAAA\n-----END X-----\n")
    with pytest.raises(ValueError, match="empty"):
        load_roots(tmp_path / "empty.pem")
    assert load_roots(None) == ()
