"""Multipart bodies as tests read and write them, by Python's own e-mail parser."""

from email import message_from_bytes
from email.message import Message

import httpx


def parts_of(answer: httpx.Response) -> list[tuple[str, bytes]]:
    """(Content-Type, body) of each part; every part says where it is, and how long where known."""
    assert answer.headers["content-type"].startswith("multipart/related"), answer.text[:200]
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message: Message = message_from_bytes(head + answer.content)
    assert not message.defects
    out = []
    for part in message.get_payload():  # type: ignore[union-attr]
        assert part["content-location"].startswith("http")
        body = part.get_payload(decode=True)
        out.append((part["content-type"], body))
    return out


def body_of(parts: list[bytes], boundary: str = "b", kind: str = "application/dicom") -> bytes:
    lines = []
    for part in parts:
        lines += [f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n".encode(), part, b"\r\n"]
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


def stow_headers(boundary: str = "b") -> dict[str, str]:
    return {"Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}'}
