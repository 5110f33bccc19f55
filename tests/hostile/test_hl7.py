"""Hostile class 23: whatever bytes come over MLLP, there is one clear answer, bounded memory, and the
next message is taken."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from assembly.runtime import Runtime
from integrations.his.facts import Facts
from integrations.his.groups import Groups
from integrations.his.hl7_text import Message, MessageRefused
from integrations.his.mllp import BLOCK_END, START, MllpServer
from integrations.his.observations import read_observations
from integrations.his.orders import orders_of
from integrations.his.senders import SenderMap, Senders
from storage.records.exam import Exam
from storage.records.patient import Patient
from storage.records.patient_merge import PatientMerge
from workers.hl7_listener import Hl7Door

MSH = "MSH|^~\\&|RIS|H|CF|H|20261124080000||{kind}|{control}|P|2.4||||||UNICODE UTF-8"
PID = "PID|1||{number}^^^HIS^PI||李^秀英||19510802|F"
ORDER = [
    MSH.format(kind="ORM^O01", control="c1"), PID.format(number="P1"), "ORC|NW|A1|A1",
    "OBR|1|A1|A1|CHEST^胸部CT^L|||20261124093000|||||||||||A1||||||CT", "",
]  # fmt: skip
A40 = [
    MSH.format(kind="ADT^A40", control="m1"), "EVN|A40|20261124080000",
    PID.format(number="P2"), "MRG|P1^^^HIS^PI", "",
]  # fmt: skip
FREE = 64 << 20


def message(lines: list[str]) -> bytes:
    return "\r".join(lines).encode()


@pytest.fixture
async def port(runtime: Runtime) -> AsyncIterator[int]:
    door = Hl7Door(runtime, Senders())
    server = MllpServer(door.answer, door.refuse, idle_s=1)
    yield await server.start("127.0.0.1", 0)
    await server.stop(1)


async def converse(port: int, raw: bytes, answers: int, *, closes: bool = False) -> list[str]:
    """Send raw bytes; MSA-1|MSA-2|MSA-3 of each answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(raw)
    if closes:
        writer.write_eof()
    got = b""
    while got.count(b"\x1c") < answers:
        data = await asyncio.wait_for(reader.read(65536), 60)
        if not data:
            break
        got += data
    writer.close()
    lines = [line for line in got.decode().split("\r") if line.startswith("MSA")]
    return [line.removeprefix("MSA|") for line in lines]


async def test_the_next_message_is_taken_after_each_of_them(port: int) -> None:
    good = START + message(ORDER) + BLOCK_END
    no_cr = START + "".join(ORDER).encode() + BLOCK_END
    glued = START + message(ORDER) + message(ORDER) + BLOCK_END
    no_end = START + message(ORDER)
    letters = START + message(ORDER).replace(b"^~\\&", b"abcd") + BLOCK_END
    doubled = START + message(ORDER).replace(b"^~\\&", b"^^^^") + BLOCK_END
    noise = b"\r\n\x00GET / HTTP/1.1\r\n\r\n" + START + b"\x00" * 1000 + BLOCK_END
    fields = START + message([*ORDER[:-1], "ZZZ" + "|" * 5000]) + BLOCK_END
    parts = [no_cr, glued, no_end, letters, doubled, noise, fields, good]
    assert await converse(port, b"".join(parts), len(parts)) == [
        "AR|c1|segments_not_separated",
        "AR|c1|several_messages",
        "AR|c1|message_cut_off",
        "AR|c1|encoding_characters",
        "AR|c1|encoding_characters",
        "AR||no_header",
        "AR|c1|too_many_fields",
        "AA|c1",
    ]
    assert await Exam.all().count() == 1


async def test_a_message_without_its_end_is_refused_when_the_sender_closes(port: int) -> None:
    raw = START + message(ORDER)
    assert await converse(port, raw, 1, closes=True) == ["AR|c1|message_cut_off"]
    assert await Exam.all().count() == 0


async def test_a_merge_with_itself_is_refused_and_a_reversed_one_does_no_harm(port: int) -> None:
    itself = message(A40).replace(b"MRG|P1", b"MRG|P2")
    reversed_one = (
        message(A40).replace(b"P2^", b"PX^").replace(b"P1^", b"P2^").replace(b"PX^", b"P1^")
    )
    order = message(ORDER)
    raw = b"".join(
        START + one + BLOCK_END
        for one in (order, itself, message(A40), reversed_one.replace(b"|m1|", b"|m2|"), order)
    )
    assert await converse(port, raw, 5) == [
        "AA|c1", "AE|m1|merge_with_itself", "AA|m1", "AA|m2", "AA|c1",
    ]  # fmt: skip
    assert await PatientMerge.all().count() == 2
    exam = await Exam.get(accession_number="A1").prefetch_related("patient")
    assert exam.patient.patient_number == "P1"
    assert await Patient.all().count() == 2


@pytest.mark.parametrize(
    "segment",
    [
        "OBX|1|ED|PDF^PDF||^application^pdf^Base64^JVBERi" + "A" * (50 << 20),
        "OBX|1|TX|X^检查所见||" + "两肺纹理清晰。" * (2 << 20),
        "ZZZ|" + "&" * (50 << 20),
        "OBX|1|TX|" + "^" * (20 << 20) + "||" + "\\T\\" * (8 << 20),
        "PID|1||" + "P~" * 100_000,
    ],
    ids=["pdf", "text", "sub-components", "components", "repetitions"],
)
def test_fifty_megabytes_in_a_segment_cost_their_bytes(segment: str) -> None:
    head = [MSH.format(kind="ORU^R01", control="c1"), PID.format(number="P1")]
    raw = message([*head, "OBR|1|A1|A1|CHEST^CT^L", segment, ""])
    del segment
    tracemalloc.start()
    try:
        read_whole(raw)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(raw) + FREE


def read_whole(raw: bytes) -> None:
    try:
        read = Message(raw)
        facts = SenderMap()
        for group in Groups(read).all:
            read_observations(group.observations, facts.findings_codes, facts.impression_codes)
        read.first("PID").repetitions(3)
    except MessageRefused:
        pass


def test_a_hundred_thousand_sub_components_are_read_past() -> None:
    obr = ORDER[3].replace("CHEST", "CHEST" + "&x" * 100_000)
    read = Message(message([*ORDER[:3], obr, ""]))
    (order,) = orders_of(Facts(read, SenderMap(), ZoneInfo("UTC")), datetime.now(UTC))
    assert (order.accession_number, len(order.body_part)) == ("A1", 64)


@pytest.mark.parametrize("cut", range(0, 260, 7))
def test_every_beginning_of_a_message_is_read_or_refused(cut: int) -> None:
    raw = message(ORDER)[:cut]
    try:
        Message(raw)
    except MessageRefused as error:
        assert error.code in ("AE", "AR")
