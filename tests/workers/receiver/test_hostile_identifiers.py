"""Any bytes as an identifier: an answer or a refusal with a status, never another error
(BATTERY.md, classes 1, 15 and 17)."""

import random
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from dicomnet.dimse import status
from dicomnet.services.negotiation import PATIENT_ROOT_FIND, STUDY_ROOT_FIND
from dicomnet.services.query import OperationRefused, Peer, Question
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.dicom.writer import write_dataset
from integrations.pacs.peers import Peers
from workers.receiver_gate import ReceiverGate
from workers.receiver_query import ReceiverQuery
from workers.receiver_retrieve import ReceiverRetrieve

HERE = Peer("X", "CLOUDFILM", "127.0.0.1")
REFUSALS = {
    status.IDENTIFIER_DOES_NOT_MATCH, status.OUT_OF_RESOURCES, status.CANNOT_CALCULATE_MATCHES,
}  # fmt: skip
KEYWORDS = [
    "PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyTime", "StudyInstanceUID",
    "ModalitiesInStudy", "SeriesInstanceUID", "SeriesNumber", "SOPInstanceUID", "InstanceNumber",
    "SpecificCharacterSet", "NumberOfStudyRelatedInstances",
]  # fmt: skip
LEVELS = ["PATIENT", "STUDY", "SERIES", "IMAGE", "", "*"]
PIECES = [
    b"*", b"?", b"\\", b"%", b"_", b"[", b"]", b"'", b'"', b"--", b"\0", b"\x1b$)A", b"\xff\xfe",
    b"\xb0\xa1", b"20260101", b"-", b"1.2", b"../../etc/passwd", b"99999999999", b"=", b"^",
    b"\xf0\x9f\x98\x80", b"0x10", b"1e400", b"NaN", b" ",
]  # fmt: skip


def nested(depth: int) -> bytes:
    """Sequences of undefined length in each other, never closed."""
    return b"\x08\0\x40\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * depth


def identifiers() -> Iterator[tuple[str, bytes]]:
    """(transfer syntax, identifier): lies about lengths, depth, character sets and values."""
    dice = random.Random(20260110)
    whole = write_dataset({"QueryRetrieveLevel": "STUDY", "PatientName": "X*"}, IMPLICIT_LITTLE)
    yield from ((IMPLICIT_LITTLE, whole[:n]) for n in range(len(whole)))
    yield from ((EXPLICIT_LITTLE, whole[:n]) for n in range(len(whole)))
    yield from ((IMPLICIT_LITTLE, nested(depth)) for depth in (1, 65, 5000))
    yield IMPLICIT_LITTLE, b"\x10\0\x10\0\xfe\xff\xff\x7fX"
    for _ in range(100):
        yield EXPLICIT_LITTLE, dice.randbytes(dice.randrange(200))
    for _ in range(250):
        values = {
            keyword: b"".join(dice.choices(PIECES, k=dice.randrange(5)))
            for keyword in dice.sample(KEYWORDS, dice.randrange(6))
        }
        level = dice.choice(LEVELS)
        yield (
            IMPLICIT_LITTLE,
            write_dataset({"QueryRetrieveLevel": level, **values}, IMPLICIT_LITTLE),
        )


@pytest.mark.parametrize("root", [STUDY_ROOT_FIND, PATIENT_ROOT_FIND])
async def test_any_identifier_has_an_answer(each_runtime: Runtime, root: str) -> None:
    query = ReceiverQuery(ReceiverGate(Peers()), ZoneInfo("Asia/Shanghai"), "CLOUDFILM")
    retrieve = ReceiverRetrieve(each_runtime.objects, ReceiverGate(Peers()), "CLOUDFILM")
    codes = set()
    for syntax, identifier in identifiers():
        for is_relational in (False, True):
            question = Question(root, syntax, identifier, is_relational, HERE)
            try:
                assert [match async for match in query.find(question)] == []
                codes.add(0)
            except OperationRefused as refusal:
                codes.add(refusal.code)
                assert len(refusal.comment) <= 64
                assert refusal.comment.isascii()
            try:
                assert await retrieve.select(question) == []
            except OperationRefused as refusal:
                assert refusal.code in REFUSALS
    assert codes == {0, status.IDENTIFIER_DOES_NOT_MATCH}
