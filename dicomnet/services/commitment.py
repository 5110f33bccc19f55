"""Storage commitment as a provider (PS3.4 annex J, PS3.7 10.1.1 and 10.1.4): an N-ACTION asks
whether objects are kept for good, an N-EVENT-REPORT answers, on this association or a later one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from dicomnet.dimse import status
from dicomnet.dimse.assembly import Message
from dicomnet.dimse.command import (
    DATA_SET_FOLLOWS,
    N_EVENT_REPORT_RQ,
    NO_DATA_SET,
    Command,
)
from dicomnet.services.channel import Channel
from dicomnet.services.negotiation import STORAGE_COMMITMENT
from dicomnet.services.query import OperationRefused, Peer, Question
from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_dataset
from imaging.dicom.uid import is_valid_uid
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError

COMMITMENT_INSTANCE: Final = "1.2.840.10008.1.20.1.1"
REQUEST_COMMITMENT: Final = 1  # action type
ALL_COMMITTED, SOME_FAILED = 1, 2  # event types
MAX_REFERENCES: Final = 50_000
REPORT_LIMIT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that the peer would like to delete on its side."""

    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True)
class Commitment:
    """What a transaction came to: `failed` with the reasons of PS3.3 C.14.1.1."""

    transaction_uid: str
    committed: tuple[Reference, ...]
    failed: tuple[tuple[Reference, int], ...]

    def command(self, message_id: int) -> Command:
        return Command(
            {
                0x0002: STORAGE_COMMITMENT, 0x0100: N_EVENT_REPORT_RQ, 0x0110: message_id,
                0x0800: DATA_SET_FOLLOWS, 0x1000: COMMITMENT_INSTANCE,
                0x1002: SOME_FAILED if self.failed else ALL_COMMITTED,
            }
        )  # fmt: skip

    def encode(self, transfer_syntax_uid: str) -> bytes:
        values: dict[str, Any] = {"TransactionUID": self.transaction_uid}
        if self.committed:
            values["ReferencedSOPSequence"] = [_item(one) for one in self.committed]
        if self.failed:
            values["FailedSOPSequence"] = [
                _item(one) | {"FailureReason": reason} for one, reason in self.failed
            ]
        return write_dataset(values, transfer_syntax_uid)


class CommitmentHandler(Protocol):
    """The product's side of storage commitment."""

    def check_right(self, question: Question) -> None:
        """Raises OperationRefused for a peer that may not ask."""

    async def judge(self, transaction_uid: str, references: Sequence[Reference]) -> Commitment:
        """Which of them are kept for good."""

    async def takes_over(
        self, caller: Peer, transaction_uid: str, references: list[Reference]
    ) -> bool:
        """True when the peer will be told over another association, come what may; it need not
        wait. Raises OperationRefused."""


async def provide_commitment(
    channel: Channel, message: Message, question: Question, handler: CommitmentHandler
) -> None:
    """Answer one N-ACTION-RQ, and report on this association unless the handler does it later."""
    code, comment = status.SUCCESS, ""
    transaction_uid, references = "", list[Reference]()
    is_later = False
    try:
        handler.check_right(question)
        transaction_uid, references = _read(message.command, question)
        is_later = await handler.takes_over(question.peer, transaction_uid, references)
    except OperationRefused as refusal:
        code, comment = refusal.code, refusal.comment
    await channel.send(message.context_id, _response(message.command, code, comment))
    if code or is_later:
        return
    commitment = await handler.judge(transaction_uid, references)
    command = commitment.command(channel.next_message_id())
    data = commitment.encode(question.transfer_syntax_uid)
    await channel.ask(message.context_id, command, data, REPORT_LIMIT_S)


def _read(request: Command, question: Question) -> tuple[str, list[Reference]]:
    if request.text(0x1001) != COMMITMENT_INSTANCE:
        raise OperationRefused(status.NO_SUCH_INSTANCE, "no such SOP instance")
    if request.number(0x1008) != REQUEST_COMMITMENT:
        raise OperationRefused(status.NO_SUCH_ACTION, "no such action")
    try:
        dataset = read_dataset(question.identifier, question.transfer_syntax_uid)
    except ImagingError as error:
        raise OperationRefused(status.INVALID_ARGUMENT, error.code) from error
    items = dataset.sequence("ReferencedSOPSequence")
    transaction_uid = dataset.text("TransactionUID")
    references = [_reference(item) for item in items]
    is_whole = all(is_valid_uid(one.sop_instance_uid) for one in references)
    if not is_valid_uid(transaction_uid) or not references or not is_whole:
        raise OperationRefused(status.INVALID_ARGUMENT, "transaction or references missing")
    if len(references) > MAX_REFERENCES:
        raise OperationRefused(status.INVALID_ARGUMENT, "too many references")
    return transaction_uid, references


def _reference(item: Dataset) -> Reference:
    return Reference(item.text("ReferencedSOPClassUID"), item.text("ReferencedSOPInstanceUID"))


def _item(reference: Reference) -> dict[str, Any]:
    return {
        "ReferencedSOPClassUID": reference.sop_class_uid,
        "ReferencedSOPInstanceUID": reference.sop_instance_uid,
    }


def _response(request: Command, code: int, comment: str) -> Command:
    values: dict[int, int | str] = {
        0x0002: request.text(0x0003), 0x0100: request.field_code | 0x8000,
        0x0120: request.message_id, 0x0800: NO_DATA_SET, 0x0900: code,
        0x1000: request.text(0x1001), 0x1008: request.number(0x1008),
    }  # fmt: skip
    if comment:
        values[0x0902] = comment[:64]
    return Command(values)
