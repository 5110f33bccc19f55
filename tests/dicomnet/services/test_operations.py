"""Operations that run beside the reading of an association: cancelled, interrupted, left alone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message, MessageAssembler
from dicomnet.dimse.command import C_CANCEL_RQ, C_FIND_RQ, NO_DATA_SET, Command, encode_command
from dicomnet.dimse.fragment import fragments
from dicomnet.services.negotiation import (
    QUERY_RETRIEVE,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    Acceptance,
)
from dicomnet.services.query import Match, OperationRefused, Question
from dicomnet.services.session import Agreed, Handlers, Session, SessionLimits
from dicomnet.services.storage_scu import echo_command
from dicomnet.transport.server import ServerLimits
from dicomnet.ul.decode import decode
from dicomnet.ul.encode import encode
from dicomnet.ul.pdu import (
    Abort,
    AssociateAC,
    AssociateRQ,
    PData,
    ProposedContext,
    UserInformation,
)
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE, VERIFICATION
from tests.support.dicom_peer import CT, MemoryStorage, RawPeer, serving, until

KEYS = b"\x08\0\x52\0CS\6\0STUDY "
REQUEST = AssociateRQ(
    "CLOUDFILM", "PEER",
    (ProposedContext(1, STUDY_ROOT_FIND, (IMPLICIT_LITTLE, EXPLICIT_LITTLE)),
     ProposedContext(3, VERIFICATION, (IMPLICIT_LITTLE,))),
    UserInformation(16384, "1.2.3", extended=((STUDY_ROOT_FIND, b"\1\1\1"),), async_window=(9, 9)),
)  # fmt: skip


@dataclass
class Matches:
    """Gives `count` matches, each after `gate` was opened; then what `error` says."""

    count: int = 3
    size: int = 10
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None
    asked: list[Question] = field(default_factory=list)
    ended: int = 0

    async def find(self, question: Question) -> AsyncIterator[Match]:
        self.asked.append(question)
        try:
            for n in range(self.count):
                await self.gate.wait()
                yield Match(bytes(self.size), knows_all_keys=n > 0)
            if self.error is not None:
                raise self.error
        finally:
            self.ended += 1


class FindPeer:
    """A raw peer that hears whole messages."""

    def __init__(self, raw: RawPeer) -> None:
        self.raw = raw
        self._assembler = MessageAssembler(1 << 20)
        self._heard: list[Message] = []

    @classmethod
    async def associated(cls, port: int) -> "FindPeer":
        raw = await RawPeer.connect(port)
        await raw.say(REQUEST)
        assert isinstance(await raw.hear(), AssociateAC)
        return cls(raw)

    async def ask(self, number: int = 1, keys: bytes = KEYS, code: int = C_FIND_RQ) -> None:
        command = Command({0x0002: STUDY_ROOT_FIND, 0x0100: code, 0x0110: number, 0x0700: 0,
                           0x0800: 1})  # fmt: skip
        await self.say(1, command, keys)

    async def say(self, context: int, command: Command, data: bytes | None = None) -> None:
        await self.raw.say(*fragments(context, encode_command(command), is_command=True, room=9000))
        if data is not None:
            await self.raw.say(*fragments(context, data, is_command=False, room=9000))

    async def cancel(self, number: int = 1) -> None:
        await self.say(1, Command({0x0100: C_CANCEL_RQ, 0x0120: number, 0x0800: NO_DATA_SET}))

    async def hear(self) -> Command:
        while not self._heard:
            pdu = await self.raw.hear()
            assert isinstance(pdu, PData), pdu
            self._heard += list(self._assembler.feed(pdu))
        return self._heard.pop(0).command


def offering(matches: Matches) -> dict[str, object]:
    return {
        "handlers": Handlers(MemoryStorage(), matches),
        "acceptance": Acceptance("CLOUDFILM", services=QUERY_RETRIEVE),
    }


async def test_each_match_is_pending_and_the_last_is_success() -> None:
    matches = Matches(3)
    matches.gate.set()
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask(7)
        heard = [await peer.hear() for _ in range(4)]
        assert [one.status for one in heard] == [0xFF01, 0xFF00, 0xFF00, 0]
        assert {one.number(0x0120) for one in heard} == {7}
        (question,) = matches.asked
        assert (question.identifier, question.transfer_syntax_uid) == (KEYS, IMPLICIT_LITTLE)
        assert question.is_relational
        assert (question.peer.calling_ae, question.peer.address) == ("PEER", "127.0.0.1")


async def test_a_cancel_is_heard_between_matches() -> None:
    matches = Matches(1000)
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask(5)
        await until(lambda: matches.asked)
        await peer.cancel(4)  # of another message: nothing happens
        await peer.cancel(5)
        await peer.say(3, echo_command(6))
        assert (await peer.hear()).field_code == 0x8030  # answered while the query runs
        matches.gate.set()
        assert (await peer.hear()).status == status.CANCELLED
        assert matches.ended == 1
        await peer.ask(8)
        assert (await peer.hear()).status == 0xFF01


async def test_a_second_query_must_wait() -> None:
    matches = Matches(1)
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask(1)
        await until(lambda: matches.asked)
        await peer.ask(2)
        second = await peer.hear()
        assert (second.status, second.number(0x0120)) == (status.OUT_OF_RESOURCES, 2)
        matches.gate.set()
        assert [(await peer.hear()).status for _ in range(2)] == [0xFF01, 0]


async def test_a_query_that_crosses_the_end_of_the_one_before_is_answered() -> None:
    """A quick peer asks again before anybody has noticed that the operation before is done."""
    matches, written = Matches(0), bytearray()

    async def write(data: bytes) -> None:
        written.extend(data)

    acceptance = Acceptance("CLOUDFILM", services=QUERY_RETRIEVE)
    answer = acceptance.answer(REQUEST)
    assert isinstance(answer, AssociateAC)
    handlers = Handlers(MemoryStorage(), matches)
    session = Session(Agreed(REQUEST, answer), handlers, SessionLimits(), write)
    command = Command({0x0002: STUDY_ROOT_FIND, 0x0100: C_FIND_RQ, 0x0110: 1, 0x0800: 1})
    for _ in range(2):
        for raw, is_command in ((encode_command(command), True), (KEYS, False)):
            for part in fragments(1, raw, is_command=is_command, room=9000):
                pdu = decode(4, part[6:])
                assert isinstance(pdu, PData)
                await session.take(pdu)
        assert session.operation is not None
        await asyncio.wait({session.operation})
    assert len(matches.asked) == 2
    await session.close()


@pytest.mark.parametrize(
    ("error", "code", "comment"),
    [
        (OperationRefused(0xA900, "no level"), 0xA900, "no level"),
        (ZeroDivisionError("secret"), status.UNABLE_TO_PROCESS, "internal error"),
    ],
)
async def test_what_a_handler_raises_is_the_final_status(
    error: Exception, code: int, comment: str
) -> None:
    matches = Matches(0, error=error)
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask()
        final = await peer.hear()
        assert (final.status, final.text(0x0902)) == (code, comment)
        matches.error = None
        await peer.ask()
        assert (await peer.hear()).status == 0


async def test_a_query_without_keys_or_of_another_kind_is_refused() -> None:
    matches = Matches(0)
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask(keys=b"")
        assert (await peer.hear()).status == 0xA900
        await peer.ask(keys=bytes(9 << 20))
        assert (await peer.hear()).status == 0xA900
        await peer.ask(code=0x0021)  # C-MOVE on a context for C-FIND
        assert (await peer.hear()).status == status.UNRECOGNIZED_OPERATION
        await peer.ask()
        assert (await peer.hear()).status == 0
        assert len(matches.asked) == 1


async def test_a_peer_that_leaves_ends_its_query() -> None:
    matches = Matches(5)
    async with serving(**offering(matches)) as server:  # type: ignore[arg-type]
        for leave in ("drop", "abort"):
            peer = await FindPeer.associated(server.port)
            await peer.ask()
            await until(lambda: len(matches.asked) > matches.ended)
            if leave == "drop":
                peer.raw.drop()
            else:
                await peer.raw.say(Abort())
            await until(lambda: not server.connections)
            assert matches.ended == len(matches.asked)


async def test_a_silent_peer_may_wait_for_a_long_query() -> None:
    matches = Matches(1)
    limits = ServerLimits(idle_s=0.2)
    async with serving(limits=limits, **offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask()
        await until(lambda: matches.asked)
        await asyncio.sleep(0.6)  # three times what an idle association may be silent
        matches.gate.set()
        assert [(await peer.hear()).status for _ in range(2)] == [0xFF01, 0]
        assert isinstance(await peer.raw.hear(), Abort)  # and now it is idle


async def test_a_peer_that_does_not_read_its_matches_is_dropped() -> None:
    matches = Matches(100_000, size=16_000)
    matches.gate.set()
    limits = ServerLimits(idle_s=0.2, artim_s=0.2)
    async with serving(limits=limits, **offering(matches)) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.ask()
        await until(lambda: not server.associations, 30)
        assert matches.ended == 1
        peer.raw.drop()


async def test_a_response_to_nothing_is_aborted() -> None:
    async with serving(**offering(Matches(0))) as server:  # type: ignore[arg-type]
        peer = await FindPeer.associated(server.port)
        await peer.say(1, Command({0x0100: 0x8001, 0x0120: 1, 0x0800: NO_DATA_SET, 0x0900: 0}))
        assert isinstance(await peer.raw.hear(), Abort)


def test_roles_and_extended_negotiation_are_answered() -> None:
    contexts = (ProposedContext(1, STUDY_ROOT_GET, (IMPLICIT_LITTLE,)),
                ProposedContext(3, CT, (EXPLICIT_LITTLE,)))  # fmt: skip
    user = UserInformation(
        0, "1.2", roles=((CT, False, True), ("9.9", True, True)),
        extended=((STUDY_ROOT_GET, b"\1"), (STUDY_ROOT_FIND, b""), ("9.9", b"\1")),
        async_window=(0, 0),
    )  # fmt: skip
    request = AssociateRQ("A", "B", contexts, user)
    assert decode(1, encode(request)[6:]) == request
    answer = Acceptance(services=QUERY_RETRIEVE).answer(request)
    assert isinstance(answer, AssociateAC)
    assert answer.user.roles == ((CT, False, True),)
    assert answer.user.extended == ((STUDY_ROOT_GET, b"\1"), (STUDY_ROOT_FIND, b"\0"))
    assert answer.user.async_window == (1, 1)
    assert decode(2, encode(answer)[6:]) == answer
    without = Acceptance().answer(request)
    assert isinstance(without, AssociateAC)
    assert without.user.roles == ((CT, False, False),)
    assert [one.result for one in without.results] == [3, 0]
