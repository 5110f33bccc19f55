"""The acceptor on real sockets: honest peers are served, others cost nothing."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest

from dicomnet.dimse import status
from dicomnet.dimse.command import Command, decode_command, encode_command
from dicomnet.dimse.fragment import fragments
from dicomnet.errors import AssociationRejected, LocalProtocolError, RemoteProtocolError
from dicomnet.services.session import SessionLimits
from dicomnet.services.storage import StoreAnswer
from dicomnet.transport.client import VERIFICATION_CONTEXT, contexts_for, open_association
from dicomnet.transport.server import ServerLimits
from dicomnet.ul.pdu import Abort, AssociateAC, AssociateRJ, PData, ReleaseRP, ReleaseRQ
from tests.support.dicom_peer import (
    REQUEST,
    MemoryStorage,
    RawPeer,
    ct,
    serving,
    store_bytes,
    until,
)

BIG = random.Random(1).randbytes(3_000_001)


async def test_an_echo_is_answered() -> None:
    async with serving() as server:
        async with open_association("127.0.0.1", server.port) as peer:
            assert await peer.send_echo() == status.SUCCESS
        await until(lambda: server.connections == 0)


async def test_objects_arrive_byte_for_byte_through_memory_and_spool() -> None:
    storage = MemoryStorage()
    limits = ServerLimits(session=SessionLimits(spool_bytes=1 << 20))
    items = [ct("1.1", b"small!"), ct("1.2", BIG), ct("1.3", BIG[:1000])]
    async with (
        serving(storage, limits) as server,
        open_association("127.0.0.1", server.port, contexts=contexts_for(items)) as peer,
    ):
        assert [await peer.send_store(item) for item in items] == [0, 0, 0]
    assert storage.stored == {"1.1": b"small!", "1.2": BIG, "1.3": BIG[:1000]}
    assert len(storage.spools) == 1


async def test_the_handlers_status_and_comment_reach_the_sender() -> None:
    storage = MemoryStorage(StoreAnswer(status.COERCION_WARNING, "both kept"))
    async with serving(storage) as server:
        item = ct("1.1")
        async with open_association(
            "127.0.0.1", server.port, contexts=contexts_for([item])
        ) as peer:
            answer = await peer.store(item)
    assert (answer.status, answer.text(0x0902)) == (status.COERCION_WARNING, "both kept")


async def test_a_wrong_called_title_is_rejected() -> None:
    async with serving() as server:
        with pytest.raises(AssociationRejected) as error:
            async with open_association("127.0.0.1", server.port, called_ae="WRONG"):
                pass
        await until(lambda: server.connections == 0)
    assert (error.value.result, error.value.source, error.value.reject_reason) == (1, 1, 7)


async def test_one_association_too_many_is_told_to_come_back() -> None:
    async with serving(limits=ServerLimits(max_associations=2)) as server:
        first, second = [await RawPeer.associated(server.port) for _ in range(2)]
        third = await RawPeer.connect(server.port)
        await third.say(REQUEST)
        assert await third.hear(1) == AssociateRJ(2, 3, 2)
        first.drop()
        await until(lambda: server.associations == 1)
        async with open_association("127.0.0.1", server.port) as peer:
            assert await peer.send_echo() == 0
        second.drop()
        third.drop()


async def test_an_object_beyond_the_limit_is_refused_and_the_next_is_taken() -> None:
    storage = MemoryStorage()
    limits = ServerLimits(session=SessionLimits(max_object_bytes=2_000_000, spool_bytes=100_000))
    items = [ct("1.1", BIG), ct("1.2", b"small!")]
    async with (
        serving(storage, limits) as server,
        open_association("127.0.0.1", server.port, contexts=contexts_for(items)) as peer,
    ):
        assert [await peer.send_store(item) for item in items] == [0xA700, 0]
    assert storage.stored == {"1.2": b"small!"}
    assert storage.spools[0].is_discarded


async def test_a_class_that_was_not_negotiated_is_our_own_error() -> None:
    async with serving() as server, open_association("127.0.0.1", server.port) as peer:
        with pytest.raises(LocalProtocolError):
            await peer.send_store(ct("1.1"))


async def test_an_unknown_operation_is_answered_so() -> None:
    find = Command({0x0002: "1.2", 0x0100: 0x0020, 0x0110: 9, 0x0800: 1})
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.say(*fragments(3, encode_command(find), is_command=True, room=1000))
        await peer.say(*fragments(3, b"identifier", is_command=False, room=1000))
        answer = await peer.hear()
        assert isinstance(answer, PData)
        command = decode_command(bytes(answer.values[0].data))
        assert (command.field_code, command.status) == (0x8020, 0x0211)
        await peer.say(ReleaseRQ())
        assert await peer.hear() == ReleaseRP()
        await peer.close()


async def test_a_store_without_data_set_is_not_understood() -> None:
    store = Command({0x0002: "1.2", 0x0100: 1, 0x0110: 9, 0x0800: 0x0101, 0x1000: "1.2.3"})
    async with serving() as server:
        peer = await RawPeer.associated(server.port)
        await peer.say(*fragments(3, encode_command(store), is_command=True, room=1000))
        answer = await peer.hear()
        assert isinstance(answer, PData)
        assert decode_command(bytes(answer.values[0].data)).status == status.CANNOT_UNDERSTAND
        peer.drop()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x04\0\xff\xff\xff\xff",
        b"\x04\0\0\0\0\x0a" + b"\0\0\0\xff\x03\x03aaaa",
        store_bytes("1.1", b"data")[0].replace(b"\x03\x03", b"\x07\x03", 1),
        store_bytes("1.1", b"data")[1],
        b"\x04\0\0\0\0\x06\0\0\0\2\3\0" * 70,
        b"".join(fragments(3, b"\0" * 10, is_command=True, room=100)),
    ],
    ids=["http", "4 GB", "long PDV", "wrong context", "data first", "empty for ever", "no command"],
)
@pytest.mark.parametrize("is_associated", [False, True])
async def test_nonsense_is_aborted_and_the_next_association_works(
    said: bytes, is_associated: bool
) -> None:
    async with serving() as server:
        peer = await (RawPeer.associated if is_associated else RawPeer.connect)(server.port)
        await peer.say(said)
        assert isinstance(await peer.hear(), Abort)
        await peer.close()
        async with open_association("127.0.0.1", server.port) as other:
            assert await other.send_echo() == 0
        await until(lambda: server.connections == 0)


async def test_a_connection_that_asks_for_nothing_is_closed() -> None:
    async with serving(limits=ServerLimits(artim_s=0.2)) as server:
        peer = await RawPeer.connect(server.port)
        assert await peer.hear(2) is None
        await until(lambda: server.connections == 0)


@pytest.mark.parametrize("said", [b"", store_bytes("1.1", b"x" * 99)[0][:20]], ids=["", "mid-PDU"])
async def test_a_silent_association_is_aborted(said: bytes) -> None:
    async with serving(limits=ServerLimits(idle_s=0.2, artim_s=0.2)) as server:
        peer = await RawPeer.associated(server.port)
        await peer.say(said)
        assert isinstance(await peer.hear(2), Abort)
        await until(lambda: server.connections == 0)


async def test_a_peer_that_never_reads_is_dropped() -> None:
    echo = encode_command(
        Command({0x0002: "1.2.840.10008.1.1", 0x0100: 0x30, 0x0110: 1, 0x0800: 0x0101})
    )
    block = b"".join(fragments(1, echo, is_command=True, room=1000)) * 2000
    async with serving(limits=ServerLimits(idle_s=0.3, artim_s=0.3)) as server:
        peer = await RawPeer.associated(server.port)
        peer.reader._transport.pause_reading()  # type: ignore[attr-defined]

        async def flood() -> None:
            while True:
                await peer.say(block)

        task = asyncio.create_task(flood())
        await until(lambda: server.connections == 0, 20)
        task.cancel()
        peer.drop()


async def nothing(peer: RawPeer) -> None:
    pass


async def half_a_request(peer: RawPeer) -> None:
    await peer.say(b"\1\0\0\0\1\0")


async def request(peer: RawPeer) -> None:
    await peer.say(REQUEST)


async def established(peer: RawPeer) -> None:
    await peer.say(REQUEST)
    assert isinstance(await peer.hear(), AssociateAC)


async def command_only(peer: RawPeer) -> None:
    await established(peer)
    await peer.say(store_bytes("1.1", b"x" * 99)[0])


async def half_a_data_set(peer: RawPeer) -> None:
    await established(peer)
    command, data = store_bytes("1.1", b"x" * 9999)
    await peer.say(command, data[:5000])


async def whole_object(peer: RawPeer) -> None:
    await established(peer)
    await peer.say(*store_bytes("1.1", b"x" * 9999))


async def aborted(peer: RawPeer) -> None:
    await established(peer)
    await peer.say(Abort())


async def released(peer: RawPeer) -> None:
    await established(peer)
    await peer.say(ReleaseRQ())


async def broken(peer: RawPeer) -> None:
    await established(peer)
    await peer.say(b"\x09" * 10)


STATES: list[Callable[[RawPeer], Awaitable[None]]] = [
    nothing, half_a_request, request, established, command_only, half_a_data_set, whole_object,
    aborted, released, broken,
]  # fmt: skip


@pytest.mark.parametrize("go_to", STATES, ids=lambda state: state.__name__)
@pytest.mark.parametrize("is_reset", [True, False], ids=["reset", "closed"])
async def test_peers_that_leave_take_nothing_with_them(
    go_to: Callable[[RawPeer], Awaitable[None]], is_reset: bool
) -> None:
    before = len(asyncio.all_tasks())
    async with serving() as server:
        for _ in range(60):
            peer = await RawPeer.connect(server.port)
            await go_to(peer)
            peer.drop() if is_reset else await peer.close()
        await until(lambda: server.connections == 0 and server.associations == 0)
        async with open_association("127.0.0.1", server.port) as other:
            assert await other.send_echo() == 0
    await until(lambda: len(asyncio.all_tasks()) <= before)


async def test_two_hundred_silent_connections_do_not_keep_a_real_one_out() -> None:
    async with serving() as server:
        silent = [await RawPeer.connect(server.port) for _ in range(200)]
        async with open_association("127.0.0.1", server.port, timeout_s=2) as peer:
            assert await peer.send_echo() == 0
        for peer_ in silent:
            peer_.drop()
        await until(lambda: server.connections == 0)


async def test_draining_answers_what_is_under_way_and_aborts_the_rest() -> None:
    storage = MemoryStorage(gate=asyncio.Event())
    async with serving(storage) as server:
        resting = await RawPeer.associated(server.port)
        busy = await RawPeer.associated(server.port)
        await busy.say(*store_bytes("1.1", b"x" * 99))
        await asyncio.sleep(0.1)
        drain = asyncio.create_task(server.drain(10))
        assert isinstance(await resting.hear(3), Abort)
        with pytest.raises(OSError):
            await RawPeer.connect(server.port)
        assert not drain.done()
        assert storage.gate is not None
        storage.gate.set()
        assert isinstance(await busy.hear(), PData)
        await busy.say(ReleaseRQ())
        assert await busy.hear() == ReleaseRP()
        await asyncio.wait_for(drain, 3)
    assert list(storage.stored) == ["1.1"]


async def test_draining_ends_when_its_time_is_up() -> None:
    async with serving(MemoryStorage(gate=asyncio.Event())) as server:
        peer = await RawPeer.associated(server.port)
        await peer.say(*store_bytes("1.1", b"x" * 99))
        await asyncio.sleep(0.1)
        await asyncio.wait_for(server.drain(0.3), 3)
        assert isinstance(await peer.hear(), Abort)


async def test_a_handler_that_breaks_ends_its_association_only() -> None:
    storage = MemoryStorage(error=RuntimeError("boom"))
    async with serving(storage) as server:
        other = await RawPeer.associated(server.port)
        with pytest.raises(RemoteProtocolError):
            async with open_association(
                "127.0.0.1", server.port, contexts=contexts_for([ct("1.1")])
            ) as peer:
                await peer.send_store(ct("1.1"))
        assert server.associations == 1
        other.drop()


async def test_verification_needs_its_context() -> None:
    async with (
        serving() as server,
        open_association("127.0.0.1", server.port, contexts=contexts_for([ct("1.1")])) as peer,
    ):
        with pytest.raises(LocalProtocolError):
            await peer.send_echo()
    assert VERIFICATION_CONTEXT[0].endswith(".1.1")
