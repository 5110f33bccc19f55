"""C-FIND in the product's words: rights, the identifier's keys, one use case, identifiers back."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from dicomnet.dimse import status
from dicomnet.services.negotiation import PATIENT_ROOT_FIND, PATIENT_ROOT_GET, PATIENT_ROOT_MOVE
from dicomnet.services.query import Match, OperationRefused, Question
from domain.access import SystemViewer
from domain.errors import FilmError, Invalid, Unavailable
from imaging.dicom.dataset import Dataset
from imaging.dicom.dictionary import keyword_for, tag_for, vr_for
from imaging.dicom.reader import read_dataset
from imaging.dicom.writer import write_dataset
from imaging.errors import ImagingError
from usecases.audit.note_peer import note_query
from usecases.query_retrieve.find import Answer, find
from usecases.query_retrieve.question import Root, question_of
from workers.receiver_gate import ReceiverGate

log = structlog.get_logger()

PATIENT_ROOT = frozenset((PATIENT_ROOT_FIND, PATIENT_ROOT_MOVE, PATIENT_ROOT_GET))
MAX_KEYS = 500
_PYTHON_CODEC = {
    "ISO_IR 192": "utf-8", "GB18030": "gb18030", "GBK": "gbk", "ISO_IR 100": "latin-1",
    "": "ascii",
}  # fmt: skip


def read_identifier(question: Question) -> Dataset:
    """OperationRefused when it is no data set."""
    try:
        dataset = read_dataset(question.identifier, question.transfer_syntax_uid)
    except ImagingError as error:
        raise OperationRefused(
            status.IDENTIFIER_DOES_NOT_MATCH, f"identifier: {error.code}"
        ) from error
    if len(dataset.elements) > MAX_KEYS:
        raise OperationRefused(status.IDENTIFIER_DOES_NOT_MATCH, "too many keys")
    return dataset


def keys_of(dataset: Dataset) -> dict[str, list[str]]:
    """Keyword -> values, of the keys that the dictionary knows; a sequence has no values here."""
    keys = {}
    for tag, element in dataset:
        keyword = keyword_for(tag)
        if keyword and tag & 0xFFFF:
            keys[keyword] = [] if element.items is not None else dataset.texts(tag)
    return keys


def root_of(question: Question) -> Root:
    return "PATIENT" if question.sop_class_uid in PATIENT_ROOT else "STUDY"


def refusal_of(error: FilmError) -> OperationRefused:
    """The status for whatever a use case raises."""
    log.warning("query_refused", code=error.code, reason=error.detail[:200])
    if isinstance(error, Invalid):
        return OperationRefused(status.IDENTIFIER_DOES_NOT_MATCH, error.detail[:64])
    if isinstance(error, Unavailable) or error.code == "too_many_matches":
        return OperationRefused(status.OUT_OF_RESOURCES, error.detail[:64])
    return OperationRefused(status.UNABLE_TO_PROCESS, error.code)


class ReceiverQuery:
    """`dicomnet`'s QueryHandler on the use case."""

    def __init__(self, gate: ReceiverGate, zone: ZoneInfo, ae_title: str) -> None:
        self._gate, self._zone, self._ae_title = gate, zone, ae_title

    async def find(self, question: Question) -> AsyncIterator[Match]:
        self._gate.check_right(question.peer, "query")
        dataset = read_identifier(question)
        peer = self._gate.of(question.peer)
        charset = (peer.charset if peer else "") or (dataset.charset_labels() or [""])[0]
        viewer = SystemViewer(f"dicom {question.peer.calling_ae}")
        try:
            asked = question_of(
                keys_of(dataset), root_of(question), zone=self._zone,
                is_relational=question.is_relational,
            )  # fmt: skip
            async for answer in _noted(
                note_query(question.peer.calling_ae, question.peer.address),
                find(viewer, asked, zone=self._zone),
            ):
                values = {keyword: _empty(keyword) for keyword in asked.wanted} | answer
                values |= {
                    "QueryRetrieveLevel": asked.level,
                    "RetrieveAETitle": question.peer.called_ae or self._ae_title,
                    "InstanceAvailability": "ONLINE",
                }
                identifier = encode_answer(values, question.transfer_syntax_uid, charset)
                yield Match(identifier, asked.knows_all_keys)
        except FilmError as error:
            raise refusal_of(error) from error


async def _noted(
    noting: Coroutine[Any, Any, None], answers: AsyncIterator[Answer]
) -> AsyncIterator[Answer]:
    """The answers, none before it stands in the audit book that they were asked for; the search
    goes on while that is written."""
    note = asyncio.create_task(noting)
    try:
        async for answer in answers:
            await note
            yield answer
    finally:
        await note


def _empty(keyword: str) -> Any:
    return [] if vr_for(tag_for(keyword)) == "SQ" else b""


def encode_answer(values: dict[str, Any], transfer_syntax_uid: str, charset: str) -> bytes:
    """In the asked character set where it holds every text, else in UTF-8."""
    values.pop("SpecificCharacterSet", None)
    text = "".join(part for value in values.values() for part in _texts(value))
    label = charset if charset in _PYTHON_CODEC else ""
    try:
        text.encode(_PYTHON_CODEC[label])
    except UnicodeEncodeError:
        label = "ISO_IR 192"
    if label and (label != "ISO_IR 192" or not text.isascii() or charset == label):
        values["SpecificCharacterSet"] = label
    return write_dataset(values, transfer_syntax_uid)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [part for part in value if isinstance(part, str)] if isinstance(value, list) else []
