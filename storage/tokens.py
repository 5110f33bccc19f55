"""Random tokens of 128 bits and the digest under which they are stored."""

import hashlib
import secrets


def new_token() -> str:
    """22 characters of base64url: fits a QR, a mini-program `scene` and a URL."""
    return secrets.token_urlsafe(16)


def sha256_hex(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
