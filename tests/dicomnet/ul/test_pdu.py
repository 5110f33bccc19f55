"""PDUs survive the way to bytes and back; what is broken is the peer's fault, typed and quick."""

import contextlib
import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.encode import encode
from dicomnet.ul.parser import PDUParser
from dicomnet.ul.pdu import (
    INVALID_PARAMETER,
    PDU,
    PDV,
    UNRECOGNIZED_PDU,
    Abort,
    AssociateAC,
    AssociateRJ,
    AssociateRQ,
    ContextResult,
    PData,
    ProposedContext,
    ReleaseRP,
    ReleaseRQ,
    UserInformation,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
USER = UserInformation(16384, "1.2.3", "SOME_1", ((CT, True, False),))
REQUEST = AssociateRQ(
    "CALLED", "CALLING", (ProposedContext(1, CT, ("1.2.840.10008.1.2", "1.2.3")),), USER
)
SAMPLES: list[PDU] = [
    REQUEST,
    AssociateAC("CALLED", "CALLING", (ContextResult(1, 0, "1.2.840.10008.1.2"),), USER),
    AssociateRJ(1, 1, 7),
    PData((PDV(1, True, True, memoryview(b"ab")), PDV(3, False, False, memoryview(b"")))),
    ReleaseRQ(),
    ReleaseRP(),
    Abort(2, 6),
]


def read_all(data: bytes, *, max_length: int = 1 << 16) -> list[PDU]:
    parser = PDUParser(max_length)
    parser.feed(data)
    found = []
    while (pdu := parser.next_pdu()) is not None:
        found.append(pdu)
    return found


@pytest.mark.parametrize("pdu", SAMPLES, ids=lambda pdu: type(pdu).__name__)
def test_a_pdu_comes_back_as_it_was(pdu: PDU) -> None:
    assert read_all(encode(pdu)) == [pdu]


def test_pdus_in_single_bytes_are_the_same() -> None:
    parser, found = PDUParser(1 << 16), []
    for byte in b"".join(encode(pdu) for pdu in SAMPLES):
        parser.feed(bytes([byte]))
        while (pdu := parser.next_pdu()) is not None:
            found.append(pdu)
    assert found == SAMPLES


@pytest.mark.parametrize("seed", range(5))
def test_pdus_through_the_buffer_in_random_pieces_are_the_same(seed: int) -> None:
    rng = random.Random(seed)
    sent = [
        PData((PDV(1, False, True, memoryview(rng.randbytes(rng.randrange(0, 60000)))),))
        for _ in range(40)
    ]
    raw, position = b"".join(encode(pdu) for pdu in sent), 0
    parser, found = PDUParser(1 << 16), []
    while position < len(raw):
        room = parser.free()
        count = min(len(room), rng.randrange(1, 30000), len(raw) - position)
        room[:count] = raw[position : position + count]
        parser.filled(count)
        position += count
        while parser.missing == 0:
            found.append(parser.next_pdu())
    assert found == sent


def test_a_length_beyond_ours_is_refused_before_its_bytes_come() -> None:
    for kind, length in ((4, 0xFFFFFFFF), (4, (1 << 16) + 1), (1, 0x7FFFFFFF)):
        with pytest.raises(RemoteProtocolError) as error:
            read_all(struct.pack(">BxI", kind, length))
        assert error.value.reason == INVALID_PARAMETER


def test_an_announced_length_alone_takes_no_memory() -> None:
    parser = PDUParser(1 << 24)
    parser.feed(struct.pack(">BxI", 4, 1 << 24))
    assert parser.next_pdu() is None
    assert len(parser.free()) < 1 << 16


def test_an_unknown_type_is_named_so() -> None:
    for kind in (0, 8, 255):
        with pytest.raises(RemoteProtocolError) as error:
            read_all(struct.pack(">BxI", kind, 4) + bytes(4))
        assert error.value.reason == UNRECOGNIZED_PDU


def p_data(body: bytes) -> bytes:
    return struct.pack(">BxI", 4, len(body)) + body


@pytest.mark.parametrize(
    "body",
    [
        struct.pack(">IBB", 100, 1, 0) + b"short",
        struct.pack(">IBB", 0xFFFFFFFF, 1, 0),
        struct.pack(">IBB", 1, 1, 0),
        struct.pack(">IBB", 0, 1, 0),
        b"\0\0\0",
        struct.pack(">IBB", 2, 1, 0) * 5000,
    ],
    ids=["longer than the PDU", "4 GB", "1 byte", "0 bytes", "cut", "5000 empty values"],
)
def test_a_lying_data_value_is_refused(body: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        read_all(p_data(body))


def test_an_item_longer_than_its_parent_is_refused() -> None:
    raw = bytearray(encode(REQUEST))
    at = raw.index(struct.pack(">BxH", 0x30, len(CT)))
    raw[at + 2 : at + 4] = b"\xff\xff"
    with pytest.raises(RemoteProtocolError):
        read_all(bytes(raw))


def test_ten_thousand_contexts_are_refused() -> None:
    item = struct.pack(">BxHBxxx", 0x20, 4, 1)
    body = encode(REQUEST)[6:] + item * 10_000
    with pytest.raises(RemoteProtocolError, match="too many contexts"):
        read_all(struct.pack(">BxI", 1, len(body)) + body)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(1, 7))
def test_any_bytes_give_a_value_or_the_typed_error(body: bytes, kind: int) -> None:
    with contextlib.suppress(RemoteProtocolError):
        read_all(struct.pack(">BxI", kind, len(body)) + body)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_changed_byte_gives_a_value_or_the_typed_error(data: st.DataObject) -> None:
    raw = bytearray(encode(data.draw(st.sampled_from(SAMPLES))))
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RemoteProtocolError):
        read_all(bytes(raw))
