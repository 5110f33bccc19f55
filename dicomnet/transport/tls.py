"""TLS for DICOM as PS3.15 B.9 wants it (BCP 195): version 1.2 or younger, only suites with forward
secrecy and authenticated encryption, both sides with a certificate."""

import ssl
from pathlib import Path

SUITES = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL:!PSK"


def server_context(
    certificate: Path, key: Path, ca: Path | None, *, requires_client: bool = True
) -> ssl.SSLContext:
    """For an acceptor. Raises OSError (ssl.SSLError) for files that cannot be used, ValueError
    when clients are to be checked and there is nothing to check them against."""
    context = _bounded(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.load_cert_chain(certificate, key)
    if requires_client:
        if ca is None:
            raise ValueError("client certificates need a CA to be checked against")
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_context(
    ca: Path | None, certificate: Path | None, key: Path | None, *, checks_host: bool = True
) -> ssl.SSLContext:
    """For a requestor; `ca` None believes the authorities of the machine."""
    context = _bounded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.check_hostname = checks_host
    if ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(ca)
    if certificate is not None and key is not None:
        context.load_cert_chain(certificate, key)
    return context


def why_failed(error: BaseException) -> str:
    """A short word for what went wrong in a handshake."""
    reason = getattr(error, "reason", None)
    if isinstance(error, ssl.SSLError) and isinstance(reason, str):
        return reason.lower()[:40]
    return type(error).__name__.lower()[:40]


def _bounded(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(SUITES)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    return context
