"""ID numbers and phones at rest: AES-256-GCM with the purpose as associated data, and a blind
index (HMAC-SHA256) by which an exact value is found again."""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import Defect

NONCE_BYTES = 12
MIN_KEY_BYTES = 32


class FieldSealer:
    """`domain.ports.Sealer` on one secret; both working keys are derived from it."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_KEY_BYTES:
            raise ValueError(f"the secret must have {MIN_KEY_BYTES} bytes or more")
        self._cipher = AESGCM(hmac.digest(secret, b"cloudfilm/seal", "sha256"))
        self._index_key = hmac.digest(secret, b"cloudfilm/blind-index", "sha256")

    def seal(self, plain: str, *, purpose: str) -> bytes:
        return self.seal_bytes(plain.encode(), purpose=purpose)

    def unseal(self, sealed: bytes, *, purpose: str) -> str:
        return self.unseal_bytes(sealed, purpose=purpose).decode()

    def seal_bytes(self, plain: bytes, *, purpose: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def unseal_bytes(self, sealed: bytes, *, purpose: str) -> bytes:
        try:
            return self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()
            )
        except InvalidTag as error:
            raise Defect("seal_broken", detail=f"cannot unseal for {purpose}") from error

    def blind_index(self, plain: str, *, purpose: str) -> str:
        text = f"{purpose}\0{plain}".encode()
        return hmac.new(self._index_key, text, hashlib.sha256).hexdigest()
