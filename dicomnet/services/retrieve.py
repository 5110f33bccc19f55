"""C-MOVE and C-GET as a provider (PS3.4 C.4.2, C.4.3; PS3.7 9.1.3, 9.1.4): objects go to another
AE, or back over the same association; counts are told after each one."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message
from dicomnet.dimse.command import C_MOVE_RQ, Command, response_to
from dicomnet.errors import RemoteProtocolError, Unfinished
from dicomnet.services.channel import Channel
from dicomnet.services.query import OperationRefused, Question
from dicomnet.services.storage_scu import SendableObject, store_command
from imaging.dicom.writer import write_dataset

log = logging.getLogger("dicomnet.retrieve")

REMAINING, COMPLETED, FAILED, WARNING = 0x1020, 0x1021, 0x1022, 0x1023
MOVE_DESTINATION = 0x0600
STORE_LIMIT_S = 60.0
MAX_COUNT = 0xFFFF


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that the identifier names; `key` is the handler's own name for it."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    key: str


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one sub-operation; `why` it failed, where we know (plain ASCII)."""

    sop_instance_uid: str
    code: int
    why: str = ""


class CannotSend(Exception):
    """An object cannot be had in a form that its receiver takes, or not at all."""

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


class RetrieveHandler(Protocol):
    """The product's side of a retrieval."""

    async def select(self, question: Question) -> list[Candidate]:
        """What the identifier names. Raises OperationRefused."""

    async def load(self, candidate: Candidate, syntaxes: frozenset[str]) -> SendableObject:
        """The object in one of these transfer syntaxes. Raises CannotSend, OperationRefused."""

    def move(
        self, question: Question, candidates: list[Candidate], destination: str, message_id: int
    ) -> AsyncIterator[Step]:
        """Send all; what became of each. Raises OperationRefused for an unknown
        destination, before the first."""


@dataclass(slots=True)
class Progress:
    """How far the sub-operations have come."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed: list[str] = field(default_factory=list)
    why: str = ""  # the first failure's reason

    def count(self, step: Step) -> None:
        self.remaining -= 1
        if step.code == status.SUCCESS:
            self.completed += 1
        elif status.is_stored(step.code):
            self.warning += 1
        else:
            self.failed.append(step.sop_instance_uid)
            self.why = self.why or step.why or f"status {step.code:04X}"

    def comment(self) -> str:
        """For the last response: how many failed, and why the first did."""
        return f"{len(self.failed)} failed, first: {self.why}" if self.failed else ""

    def final_status(self) -> int:
        """PS3.4 table C.4-2."""
        if not self.failed:
            return status.SUBOPERATIONS_WARNING if self.warning else status.SUCCESS
        if self.completed or self.warning:
            return status.SUBOPERATIONS_WARNING
        return status.SUBOPERATIONS_FAILED

    def response(self, request: Command, code: int, comment: str = "") -> tuple[Command, bool]:
        """The response with its counts; and whether the list of failures follows."""
        has_list = code != status.PENDING and bool(self.failed)
        response = response_to(request, code, comment, has_data_set=has_list)
        counts = {
            COMPLETED: self.completed, FAILED: len(self.failed), WARNING: self.warning,
        }  # fmt: skip
        if code in (status.PENDING, status.CANCELLED):
            counts[REMAINING] = self.remaining
        values: dict[int, int | str] = {element: min(n, MAX_COUNT) for element, n in counts.items()}
        return Command(response.values | values), has_list


async def provide_retrieve(
    channel: Channel, message: Message, question: Question, handler: RetrieveHandler,
    storage_contexts: dict[tuple[str, str], int],
) -> None:  # fmt: skip
    """Answer one C-MOVE-RQ or C-GET-RQ to its end. `storage_contexts`: (SOP class, transfer
    syntax) -> context on which this peer takes objects back."""
    request = message.command
    progress = Progress(0)
    code, comment = status.SUCCESS, ""
    try:
        candidates = await handler.select(question)
        progress.remaining = len(candidates)
        if request.field_code == C_MOVE_RQ:
            destination = request.text(MOVE_DESTINATION)
            steps = handler.move(question, candidates, destination, request.message_id)
        else:
            steps = _give_back(channel, candidates, handler, storage_contexts)
        code = await _tell(channel, message, progress, steps)
    except OperationRefused as refusal:
        code, comment = refusal.code, refusal.comment
    # the association is gone, or must go
    except (OSError, RemoteProtocolError, Unfinished, asyncio.CancelledError):
        raise
    except Exception:
        log.exception("retrieval failed")
        code, comment = status.UNABLE_TO_PROCESS, "internal error"
    response, has_list = progress.response(request, code, comment or progress.comment())
    data = None
    if has_list:
        uids = {"FailedSOPInstanceUIDList": progress.failed}
        data = write_dataset(uids, question.transfer_syntax_uid)
    await channel.send(message.context_id, response, data)


async def _tell(
    channel: Channel, message: Message, progress: Progress, steps: AsyncIterator[Step]
) -> int:
    """A pending response after each sub-operation; the final status."""
    request = message.command
    try:
        async for step in steps:
            progress.count(step)
            if channel.is_cancelled(request.message_id):
                return status.CANCELLED
            if progress.remaining:
                response, _ = progress.response(request, status.PENDING)
                await channel.send(message.context_id, response)
            await asyncio.sleep(0)  # let a cancel be heard
    finally:
        aclose = getattr(steps, "aclose", None)
        if aclose is not None:
            await aclose()
    return progress.final_status()


async def _give_back(
    channel: Channel, candidates: list[Candidate], handler: RetrieveHandler,
    storage_contexts: dict[tuple[str, str], int],
) -> AsyncIterator[Step]:  # fmt: skip
    for candidate in candidates:
        sop_class = candidate.sop_class_uid
        syntaxes = frozenset(syntax for uid, syntax in storage_contexts if uid == sop_class)
        try:
            item = await handler.load(candidate, syntaxes)
        except CannotSend as no:
            yield Step(candidate.sop_instance_uid, no.code, no.why)
            continue
        context = storage_contexts[sop_class, item.transfer_syntax_uid]
        command = store_command(item, channel.next_message_id())
        response = await channel.ask(context, command, item.data, STORE_LIMIT_S)
        yield Step(candidate.sop_instance_uid, response.status, response.text(0x0902))
