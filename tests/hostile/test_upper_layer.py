"""Hostile PDUs (BATTERY.md class 14): lying lengths, data before its time, ten thousand contexts,
values without end. The association is aborted, little memory is taken, the next one works."""

import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.association import Association
from dicomnet.ul.encode import encode
from dicomnet.ul.pdu import Abort, AssociateAC, AssociateRQ, ReleaseRQ
from tests.support.dicom_peer import REQUEST, RawPeer, serving, store_bytes

RQ = encode(REQUEST)
PREFIX = RQ[6:74]


def associate(body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BxI", 1, len(body) if length is None else length) + body


def context(number: int) -> bytes:
    syntax = b"\x40\0\0\x11" + b"1.2.840.10008.1.2"
    abstract = b"\x30\0\0\x11" + b"1.2.840.10008.1.1"
    body = bytes([number & 255, 0, 0, 0]) + abstract + syntax
    return b"\x20\0" + struct.pack(">H", len(body)) + body


HOSTILE: dict[str, bytes] = {
    "4 GB announced": struct.pack(">BxI", 1, 0xFFFFFFFF) + b"x" * 1000,
    "4 GB of data announced": struct.pack(">BxI", 4, 0xFFFFFFFF) + b"x" * 1000,
    "data before associate": store_bytes("1.1", b"x" * 99)[0],
    "release before associate": encode(ReleaseRQ()),
    "accept from a caller": encode(AssociateAC("A", "B", ())),
    "10,000 contexts": associate(PREFIX + b"".join(context(n) for n in range(10_000))),
    "item over its parent": associate(PREFIX + b"\x10\0\xff\xff1.2"),
    "user item over its parent": associate(PREFIX + b"\x50\0\0\x08\x51\0\xff\xff\0\0\0\0"),
    "half a fixed part": associate(PREFIX[:40]),
    "no body": associate(b""),
    "unknown type": b"\x09" + bytes(9),
    "type zero": bytes(10),
    "uid not ascii": associate(PREFIX + b"\x10\0\0\x04\xff\xfe\xfd\xfc"),
    "role item cut": associate(PREFIX + b"\x50\0\0\x06\x54\0\0\x02\0\x09"),
}
AFTER: dict[str, bytes] = {
    "PDV longer than its PDU": b"\x04\0\0\0\0\x0a" + b"\0\0\0\xff\x03\x03aaaa",
    "PDV of no length": b"\x04\0\0\0\0\x04" + b"\0\0\0\0",
    "PDV shorter than its head": b"\x04\0\0\0\0\x05" + b"\0\0\0\x01\x03",
    "4 GB PDV": b"\x04\0\0\0\0\x0a" + b"\xff\xff\xff\xff\x03\x03aaaa",
    "empty values for ever": b"\x04\0\0\0\0\x06\0\0\0\2\3\0" * 100,
    "too many values": b"\x04\0" + struct.pack(">I", 6 * 5000) + b"\0\0\0\2\3\0" * 5000,
    "a second request": RQ,
    "too long for what we said": struct.pack(">BxI", 4, (1 << 20) + 1),
    "command without end": b"\x04\0\0\0\x10\x06" + b"\0\0\x10\2\3\1" + b"\0" * 4096
    + (b"\x04\0\0\0\x10\x06" + b"\0\0\x10\2\3\1" + b"\0" * 4096) * 17,
}  # fmt: skip


def fed(data: bytes, *, is_associated: bool) -> Association:
    """An acceptor that has been told all this; RemoteProtocolError as it comes."""
    association = Association(is_requestor=False, max_length=1 << 20)
    if is_associated:
        association.parser.feed(RQ)
        assert isinstance(association.next_indication(), AssociateRQ)
        association.accept(AssociateAC("A", "B", ()))
    for start in range(0, len(data), 10_000):
        association.parser.feed(data[start : start + 10_000])
        while association.next_indication() is not None:
            pass
    return association


@pytest.mark.parametrize("name", [*HOSTILE, *AFTER])
async def test_is_aborted_at_once_and_the_next_association_works(name: str) -> None:
    said = HOSTILE.get(name) or AFTER[name]
    async with serving() as server:
        peer = await (RawPeer.connect if name in HOSTILE else RawPeer.associated)(server.port)
        await peer.say(said)
        assert isinstance(await peer.hear(), Abort)
        peer.drop()
        other = await RawPeer.associated(server.port)
        await other.say(ReleaseRQ())
        assert await other.hear() is not None
        other.drop()


@pytest.mark.parametrize("name", [n for n in HOSTILE if "announced" in n or "contexts" in n])
def test_an_announced_length_takes_no_memory(name: str) -> None:
    data = HOSTILE[name]
    tracemalloc.start()
    try:
        with pytest.raises(RemoteProtocolError):
            fed(data, is_associated=False)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(data) + (1 << 20)
    finally:
        tracemalloc.stop()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans(), st.sampled_from([b"", *HOSTILE.values()]))
def test_any_bytes_are_the_peers_fault_alone(
    data: bytes, is_associated: bool, first: bytes
) -> None:
    try:
        fed(first[:2000] + data, is_associated=is_associated)
    except RemoteProtocolError as error:
        assert 0 <= error.reason <= 6


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_request_with_flipped_bytes(data: st.DataObject) -> None:
    broken = bytearray(RQ)
    for _ in range(data.draw(st.integers(1, 6))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        fed(bytes(broken), is_associated=False)
    except RemoteProtocolError as error:
        assert 0 <= error.reason <= 6
