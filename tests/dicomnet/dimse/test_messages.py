"""Command sets and the assembly of messages, honest and lying."""

import struct

import pytest

from dicomnet.dimse.assembly import Message, MessageAssembler
from dicomnet.dimse.command import Command, decode_command, encode_command
from dicomnet.dimse.fragment import fragments
from dicomnet.errors import RemoteProtocolError
from dicomnet.ul.parser import PDUParser
from dicomnet.ul.pdu import PDV, PData

STORE = Command(
    {0x0002: "1.2.840.10008.5.1.4.1.1.2", 0x0100: 1, 0x0110: 7, 0x0700: 0, 0x0800: 1,
     0x1000: "1.2.3"}
)  # fmt: skip
ECHO = Command({0x0002: "1.2.840.10008.1.1", 0x0100: 0x30, 0x0110: 1, 0x0800: 0x0101})


def element(number: int, value: bytes) -> bytes:
    return struct.pack("<HHI", 0, number, len(value)) + value


def values_of(*parts: tuple[bytes, bool, bool], context: int = 1) -> PData:
    return PData(
        tuple(PDV(context, command, last, memoryview(data)) for data, command, last in parts)
    )


def test_a_command_comes_back_as_it_was() -> None:
    assert decode_command(encode_command(STORE)) == STORE


@pytest.mark.parametrize(
    "raw",
    [
        b"\0\0\0",
        element(0x0100, b"\1\0") + b"\0" * 7,
        element(0x0100, b"\1\0") + element(0x0100, b"\1\0") + element(0x0800, b"\1\1"),
        element(0x0100, b"\1\0\0\0") + element(0x0800, b"\1\1"),
        element(0x0800, b"\1\1"),
        element(0x0100, b"\1\0"),
        b"",
        struct.pack("<HHI", 8, 0x18, 2) + b"1\0",
        struct.pack("<HHI", 0, 0x0100, 0xFFFFFFFF) + b"\1\0",
    ],
    ids=["cut", "cut element", "twice", "wrong size", "no field", "no data set type", "empty",
         "another group", "4 GB"],
)  # fmt: skip
def test_a_broken_command_is_the_peers_fault(raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_command(raw)


@pytest.mark.parametrize("room", [2, 7, 100, 5000])
def test_a_message_in_fragments_comes_back(room: int) -> None:
    data = bytes(range(256)) * 4
    parser, assembler = PDUParser(1 << 16), MessageAssembler(1 << 20)
    for part in fragments(5, encode_command(STORE), is_command=True, room=room):
        parser.feed(part)
    for part in fragments(5, data, is_command=False, room=room):
        parser.feed(part)
    messages: list[Message] = []
    while (pdu := parser.next_pdu()) is not None:
        assert isinstance(pdu, PData)
        messages += assembler.feed(pdu)
    (message,) = messages
    assert message.context_id == 5
    assert message.command == STORE
    assert b"".join(message.data) == data


def test_a_command_and_its_data_in_one_pdu() -> None:
    assembler = MessageAssembler(100)
    pdu = values_of((encode_command(STORE), True, True), (b"data", False, True))
    (message,) = assembler.feed(pdu)
    assert (message.data, message.size) == ([b"data"], 4)


def test_a_data_set_beyond_the_limit_is_dropped_but_the_message_ends() -> None:
    assembler = MessageAssembler(100)
    list(assembler.feed(values_of((encode_command(STORE), True, True))))
    list(assembler.feed(values_of((bytes(90), False, False))))
    (message,) = assembler.feed(values_of((bytes(90), False, True)))
    assert message.is_too_large
    assert message.data == []
    assert list(assembler.feed(values_of((encode_command(ECHO), True, True))))


def test_a_data_set_without_end_is_an_attack() -> None:
    assembler = MessageAssembler(100)
    list(assembler.feed(values_of((encode_command(STORE), True, True))))
    with pytest.raises(RemoteProtocolError, match="endless data set"):
        for _ in range(10):
            list(assembler.feed(values_of((bytes(90), False, False))))


def test_pieces_taken_away_are_not_kept() -> None:
    assembler = MessageAssembler(1000)
    list(assembler.feed(values_of((encode_command(STORE), True, True), (b"abc", False, False))))
    assert assembler.pending_bytes == 3
    assert assembler.take_pieces() == [b"abc"]
    assert assembler.pending_bytes == 0
    (message,) = assembler.feed(values_of((b"de", False, True)))
    assert (message.data, message.size) == ([b"de"], 5)


@pytest.mark.parametrize(
    "pdus",
    [
        [values_of((b"data", False, True))],
        [values_of((encode_command(STORE), True, True)), values_of((b"", True, True))],
        [values_of((encode_command(STORE), True, True)), values_of((b"x", False, True), context=3)],
        [values_of((b"\0\0", True, False)), values_of((b"\0\0", True, False), context=3)],
        [values_of((b"", False, False))],
        [values_of((encode_command(STORE), True, True))]
        + [values_of((b"", False, False)) for _ in range(65)],
        [values_of((bytes(60000), True, False)), values_of((bytes(60000), True, False))],
        [values_of((encode_command(ECHO), True, True)), values_of((b"data", False, True))],
    ],
    ids=["data first", "command in data", "data elsewhere", "command wanders", "empty data first",
         "endless empty values", "command too long", "data after a message without"],
)  # fmt: skip
def test_values_out_of_order_are_the_peers_fault(pdus: list[PData]) -> None:
    assembler = MessageAssembler(1000)
    with pytest.raises(RemoteProtocolError):
        for pdu in pdus:
            list(assembler.feed(pdu))
