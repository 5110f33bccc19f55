"""Hostile command sets (BATTERY.md class 15): elements that are missing, there twice, of the wrong
length or in the wrong group; a data set that is announced and does not come, or comes unannounced."""

import random
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dicomnet.dimse.command import Command, decode_command, encode_command
from dicomnet.dimse.fragment import fragments
from dicomnet.errors import RemoteProtocolError
from dicomnet.services.storage_scu import store_command
from dicomnet.ul.pdu import Abort, PData, ReleaseRQ
from tests.support.dicom_peer import RawPeer, ct, serving, store_bytes

WHOLE = encode_command(store_command(ct("1.1"), 7))


def elements(raw: bytes) -> list[bytes]:
    found, position = [], 0
    while position < len(raw):
        (length,) = struct.unpack_from("<I", raw, position + 4)
        found.append(raw[position : position + 8 + length])
        position += 8 + length
    return found


def hostile() -> Iterator[tuple[str, bytes]]:
    parts = elements(WHOLE)
    for n, part in enumerate(parts):
        name = part[2:4][::-1].hex()
        yield f"without {name}", b"".join(parts[:n] + parts[n + 1 :])
        yield f"{name} twice", b"".join([*parts[: n + 1], *parts[n:]])
        yield (
            f"{name} of four bytes",
            b"".join([*parts[:n], part[:4] + b"\4\0\0\0abcd", *parts[n + 1 :]]),
        )
        yield f"{name} empty", b"".join([*parts[:n], part[:4] + bytes(4), *parts[n + 1 :]])
        yield f"{name} of 4 GB", b"".join([*parts[:n], part[:4] + b"\xff" * 4, *parts[n + 1 :]])
        yield f"{name} in group 8", b"".join([*parts[:n], b"\x08\0" + part[2:], *parts[n + 1 :]])
    yield "explicit VR", b"\0\0\x02\0UI\x04\x001.2\0"
    yield "nothing", b""
    yield "one byte", b"\0"
    yield "noise", random.Random(1).randbytes(200)
    yield (
        "a path for a UID",
        encode_command(
            Command(store_command(ct("1.1"), 7).values | {0x1000: "../../etc/passwd\0"})
        ),
    )


CASES = dict(hostile())


async def answered(peer: RawPeer) -> bool:
    """Answered in the protocol: by a response, or by an abort."""
    pdu = await peer.hear()
    if isinstance(pdu, PData):
        command = decode_command(bytes(pdu.values[0].data))
        return bool(command.field_code & 0x8000)
    return isinstance(pdu, Abort)


async def test_each_is_answered_and_the_next_association_works() -> None:
    async with serving() as server:
        for name, raw in CASES.items():
            peer = await RawPeer.associated(server.port)
            await peer.say(*fragments(3, raw, is_command=True, room=16000))
            await peer.say(store_bytes("1.1", b"x" * 99)[1])
            assert await answered(peer), name
            peer.drop()
        other = await RawPeer.associated(server.port)
        await other.say(*store_bytes("1.1", b"x" * 99))
        assert isinstance(await other.hear(), PData)
        other.drop()


@pytest.mark.parametrize("has_data", [True, False], ids=["announced", "not announced"])
async def test_a_data_set_type_that_lies(has_data: bool) -> None:
    """Announced, and another command comes; not announced, and there it is."""
    values = store_command(ct("1.1"), 7).values | {0x0800: 1 if has_data else 0x0101}
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        command, data = store_bytes("1.1", b"x" * 99)
        raw = encode_command(Command(values))
        await peer.say(*fragments(3, raw, is_command=True, room=16000))
        await peer.say(command if has_data else data)
        heard = [await peer.hear() for _ in range(1 if has_data else 2)]
        assert isinstance(heard[-1], Abort)
        peer.drop()
        other = await RawPeer.associated(server.port)
        await other.say(ReleaseRQ())
        assert await other.hear() is not None
        other.drop()


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_flipped_bytes_are_a_command_or_the_peers_fault(data: st.DataObject) -> None:
    broken = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    for raw in (bytes(broken), bytes(broken[:cut])):
        try:
            command = decode_command(raw)
        except RemoteProtocolError:
            continue
        assert isinstance(command.field_code, int)
        assert len(encode_command(command)) < 4 * len(raw) + 100
