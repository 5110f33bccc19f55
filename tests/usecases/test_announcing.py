"""Outbound HL7: one message an event, in order, with the same control id at every try; the answer
decides. The receivers are real sockets, one of them python-hl7's own server."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import hl7.mllp
import pytest
import zxingcpp
from PIL import Image

from assembly.runtime import Runtime
from domain.exam import PatientType
from domain.messages import OrderMessage, PatientFacts, ReportMessage
from integrations.his.destinations import Destination, load_destinations
from integrations.his.hl7_text import Message
from integrations.his.mllp import MllpServer
from integrations.his.mllp_client import MllpClient
from storage.records.exam import Exam
from storage.records.exam_code import ExamCode
from storage.records.hl7_outbound import Hl7Outbound
from tests.support.servers import free_port
from usecases.announcing.announce_exam import House, announce_exam
from usecases.announcing.send_head import list_queue, retry_now
from usecases.exam_code.issue_code import ensure_code, revoke_code
from usecases.orders.place_order import place_order
from usecases.reports.file_report import file_report
from workers.hl7_sender import send_all
from workers.inline import drain

ZONE = ZoneInfo("Asia/Shanghai")
HOUSE = House("https://film.example", ZONE)
T0 = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
ORDER = OrderMessage(
    "RIS", "1", T0, PatientFacts("P1", "李秀英|&^", "F", id_card="999900195108021045"), "A1", "东院区",
    "颅脑CT", "HEAD", "CT", PatientType.INPATIENT, T0,
)  # fmt: skip
REPORT = ReportMessage(
    "RIS", "2", T0 + timedelta(hours=1), ORDER.patient, "A1", "", "", "CT", PatientType.INPATIENT,
    "final", T0 + timedelta(hours=1), "第一行\n第二行 3|4", "未见异常", "周明", "王主任", b"%PDF-1.4 x",
)  # fmt: skip
TO = Destination("RIS", "127.0.0.1", 0, timeout_s=5, max_refusals=2)


class Receiver:
    """Keeps what came and answers as it is told; None is silence."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.answers: list[str | None] = []
        self.port = 0

    @property
    def messages(self) -> list[Message]:
        return [Message(raw) for raw in self.raw]

    async def answer(self, raw: bytes, _: str) -> list[bytes]:
        self.raw.append(raw)
        code = self.answers.pop(0) if self.answers else "AA"
        if code is None:
            return []
        control = Message(raw).header.control_id
        return [f"MSH|^~\\&|R|H|C|H|2026||ACK|1|P|2.4\rMSA|{code}|{control}|why\r".encode()]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    server = MllpServer(receiver.answer, lambda *_: [], idle_s=60)
    receiver.port = await server.start("127.0.0.1", 0)
    try:
        yield receiver
    finally:
        await server.stop(0.1)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


async def announce(runtime: Runtime, *destinations: Destination) -> None:
    for exam in await Exam.all():
        await announce_exam(runtime.objects, runtime.sealer, destinations or (TO,), HOUSE, exam.id)


async def send(runtime: Runtime, receiver: Receiver, to: Destination = TO) -> int:
    """Everything that waits, without the pauses."""
    await Hl7Outbound.filter(dead_at=None).update(available_at=T0)
    client = MllpClient("127.0.0.1", receiver.port, timeout_s=to.timeout_s)
    try:
        return await send_all(runtime, to, client)
    finally:
        await client.close()


async def order_and_report(runtime: Runtime) -> None:
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await announce(runtime)
    await file_report(runtime.objects, runtime.sealer, REPORT, zone=ZONE)
    await announce(runtime)


async def test_code_state_and_report_arrive_once_and_in_order(
    each_runtime: Runtime, receiver: Receiver
) -> None:
    await order_and_report(each_runtime)
    await announce(each_runtime)
    assert await send(each_runtime, receiver) == 3
    await announce(each_runtime)
    assert await send(each_runtime, receiver) == 0
    code, status, report = receiver.messages
    assert [m.kind for m in receiver.messages] == [("ORU", "R01"), ("ORM", "O01"), ("ORU", "R01")]
    token = await ensure_code(each_runtime.sealer, 1)
    assert code.segments("OBX")[0].get(5) == f"https://film.example/q/{token}"
    assert (status.get("ORC", 1), status.get("ORC", 5)) == ("SC", "CM")
    assert report.get("PID", 5) == "李秀英|&^"
    texts = [one.text(5) for one in report.segments("OBX")[:2]]
    assert texts == ["第一行\n第二行 3|4", "未见异常"]
    assert base64.b64decode(report.segments("OBX")[2].get(5, 5)) == b"%PDF-1.4 x"
    assert report.get("OBR", 25) == "F"
    everything = b"".join(receiver.raw)
    assert b"999900195108021045" not in everything
    assert await Hl7Outbound.filter(message_sealed=None).count() == 3


async def test_the_picture_in_a_z_segment_is_read_by_a_scanner(
    runtime: Runtime, receiver: Receiver, tmp_path: Path
) -> None:
    to = replace(TO, code_in="ZQR", charset="GB18030", code_message="ORM^O01", events=("code",))
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await announce(runtime, to)
    await send(runtime, receiver, to)
    (message,) = receiver.messages
    assert (message.kind, message.header.charset_label) == (("ORM", "O01"), "GB 18030-2000")
    assert message.get("OBR", 4, 2) == "颅脑CT"
    picture = tmp_path / "code.png"
    picture.write_bytes(base64.b64decode(message.get("ZQR", 3, 5)))
    (seen,) = zxingcpp.read_barcodes(Image.open(picture))
    assert seen.text == message.get("ZQR", 2)


async def test_a_code_in_the_place_of_another_and_a_correction_are_told(
    runtime: Runtime, receiver: Receiver
) -> None:
    await order_and_report(runtime)
    await revoke_code(1)
    await ensure_code(runtime.sealer, 1)
    later = T0 + timedelta(hours=2)
    corrected = replace(REPORT, control_id="3", sent_at=later, state="corrected", impression="更正")
    await file_report(runtime.objects, runtime.sealer, corrected, zone=ZONE)
    await announce(runtime)
    withdrawn = replace(
        REPORT, control_id="4", sent_at=later + timedelta(hours=1), state="withdrawn"
    )
    await file_report(runtime.objects, runtime.sealer, withdrawn, zone=ZONE)
    await announce(runtime)
    await send(runtime, receiver)
    told = [(m.kind[0], m.get("OBR", 25), m.get("ORC", 5)) for m in receiver.messages]
    assert told == [
        ("ORU", "I", "SC"), ("ORM", "", "CM"), ("ORU", "F", "CM"), ("ORU", "F", "CM"),
        ("ORU", "C", "CM"), ("ORM", "", "SC"), ("ORU", "D", "SC"),
    ]  # fmt: skip


ANSWERS: list[tuple[list[str | None], str, int]] = [
    (["AA"], "done", 1),
    (["CA"], "done", 1),
    (["AE", "AA"], "done", 2),
    (["AE", "AE", "AA"], "dead", 2),
    (["CE", "CE"], "dead", 2),
    (["AR", "AA"], "dead", 1),
    (["??", "AA"], "done", 2),
]


async def test_the_answer_decides(runtime: Runtime, receiver: Receiver) -> None:
    to = replace(TO, events=("code",))
    for n, (answers, expected, sent) in enumerate(ANSWERS):
        await place_order(runtime.sealer, replace(ORDER, accession_number=f"A{n}"), zone=ZONE)
        await announce(runtime, to)
        receiver.answers, receiver.raw = list(answers), []
        for _ in range(4):
            await send(runtime, receiver, to)
        row = await Hl7Outbound.all().order_by("-id").first()
        assert row is not None
        assert ("done" if row.done_at else "dead" if row.dead_at else "waiting") == expected
        assert len(receiver.raw) == sent
        assert len(set(receiver.raw)) == 1  # the same MSH-10 and the same bytes at every try
        if expected == "dead":
            assert [one.id for one in await list_queue()] == [row.id]
            assert await retry_now(row.id)
            receiver.answers = []
            assert await send(runtime, receiver, to) == 1
        assert await list_queue() == []


async def test_silence_is_tried_again_for_as_long_as_it_takes_and_keeps_the_order(
    runtime: Runtime, receiver: Receiver
) -> None:
    to = replace(TO, timeout_s=0.3)
    await order_and_report(runtime)
    receiver.answers = [None] * 4
    for _ in range(4):
        assert await send(runtime, receiver, to) == 0
    assert len(set(receiver.raw)) == 1
    head = (await list_queue())[0]
    assert (head.attempts, head.last_error, head.dead_at) == (4, "timeout", None)
    assert await send(runtime, receiver, replace(to, timeout_s=5)) == 3
    assert len({m.header.control_id for m in receiver.messages}) == 3


async def test_a_late_answer_is_not_taken_for_the_next_messages(
    runtime: Runtime, receiver: Receiver
) -> None:
    await order_and_report(runtime)
    wrong = b"MSH|^~\\&|R|H|C|H|2026||ACK|1|P|2.4\rMSA|AA|somebody-else\r"
    answer = receiver.answer
    receiver.answer = lambda raw, peer: _with(wrong, answer(raw, peer))  # type: ignore[method-assign]
    server = MllpServer(receiver.answer, lambda *_: [], idle_s=60)
    receiver.port = await server.start("127.0.0.1", 0)
    receiver.answers = ["AR"]
    assert await send(runtime, receiver) == 2
    assert await Hl7Outbound.filter(dead_at__isnull=False).count() == 1
    await server.stop(0.1)


async def _with(first: bytes, rest: object) -> list[bytes]:
    return [first, *(await rest)]  # type: ignore[misc]


async def test_a_destination_that_is_down_is_not_dead(runtime: Runtime) -> None:
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await announce(runtime)
    nobody = Receiver()
    nobody.port = free_port()
    assert await send(runtime, nobody) == 0
    (row,) = await list_queue()
    assert (row.dead_at, row.last_error) == (None, "ConnectionRefusedError")


async def test_two_senders_at_once_send_each_message_once(
    each_runtime: Runtime, receiver: Receiver
) -> None:
    for n in range(5):
        await place_order(each_runtime.sealer, replace(ORDER, accession_number=f"A{n}"), zone=ZONE)
    await announce(each_runtime, replace(TO, events=("code",)))
    both = [send(each_runtime, receiver), send(each_runtime, receiver)]
    await asyncio.gather(*both)
    await send(each_runtime, receiver)
    accessions = [m.get("OBR", 18) for m in receiver.messages]
    assert accessions == [f"A{n}" for n in range(5)]


async def test_the_job_does_it_and_needs_no_destination(runtime: Runtime, tmp_path: Path) -> None:
    await place_order(runtime.sealer, ORDER, zone=ZONE)
    await drain(runtime)
    assert await Hl7Outbound.all().count() == 0
    path = tmp_path / "destinations.toml"
    path.write_text('[RIS]\nhost = "127.0.0.1"\nport = 2576\nsenders = ["RIS"]\n')
    told = replace(
        runtime, settings=runtime.settings.model_copy(update={"destinations_file": path})
    )
    await place_order(told.sealer, replace(ORDER, accession_number="A2"), zone=ZONE)
    await place_order(told.sealer, replace(ORDER, accession_number="A3", sender="X"), zone=ZONE)
    await drain(told)
    rows = await Hl7Outbound.all().prefetch_related("exam")
    assert [row.exam.accession_number for row in rows] == ["A2"]
    assert await ExamCode.all().count() == 3


@pytest.mark.parametrize("charset", ["UTF-8", "GB18030"])
async def test_python_hl7s_server_takes_them(runtime: Runtime, charset: str) -> None:
    got: list[str] = []

    async def serve(reader: hl7.mllp.HL7StreamReader, writer: hl7.mllp.HL7StreamWriter) -> None:
        try:
            while True:
                message = await reader.readmessage()
                got.append(str(message.segment("OBR")[4]))
                writer.writemessage(message.create_ack())
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()

    to = replace(TO, charset=charset)
    codec = {"UTF-8": "utf-8", "GB18030": "gb18030"}[charset]
    async with await hl7.mllp.start_hl7_server(
        serve, "127.0.0.1", 0, encoding=codec, limit=1 << 20
    ) as server:
        await place_order(runtime.sealer, ORDER, zone=ZONE)
        await file_report(runtime.objects, runtime.sealer, REPORT, zone=ZONE)
        await announce(runtime, to)
        peer = Receiver()
        peer.port = server.sockets[0].getsockname()[1]
        assert await send(runtime, peer, to) == 3
    assert got == ["HEAD^颅脑CT^LOCAL"] * 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[R]\nhost = "h"\n', r"\[R\] needs port"),
        ('[R]\nhost = "h"\nport = 1\nevents = ["all"]\n', r"\[R\] events cannot be"),
        ('[R]\nhost = "h"\nport = 1\ncode_in = "PID"\n', r"\[R\] code_in cannot be"),
        ('[R]\nhost = "h"\nport = "1"\n', r"\[R\] port has a value of the wrong kind"),
        ('[R]\nhost = "h"\nport = 1\nhots = "x"\n', r"\[R\] has an unknown key 'hots'"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "destinations.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=problem):
        load_destinations(path)
