"""The HL7 door over a real socket: every block gets an answer, and only AA after the commit."""

import asyncio
import base64
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import hl7
import hl7.mllp
import pytest

from assembly.runtime import Runtime
from integrations.his.hl7_text import Message
from integrations.his.mllp import BLOCK_END, START, MllpServer
from integrations.his.mllp_client import send_message
from integrations.his.senders import Senders
from storage.records.exam import Exam
from storage.records.inbox import InboundMessage
from storage.records.patient import Patient
from storage.records.report import Report
from usecases.matching.file_patient import ID_CARD
from usecases.patients.person import person_of
from workers.hl7_listener import Hl7Door

ORDER = (
    "MSH|^~\\&|RIS|东院区|CLOUDFILM|H|20261124080000||ORM^O01|{control}|P|2.4||||||{charset}\r"
    "PID|1||P1^^^HIS^PI~99990019580312101X^^^^NI||欧阳^明轩||19580312|M|||||13800000000\r"
    "PV1|1|I\r"
    "ORC|{order_control}|A1|A1\r"
    "OBR|1|A1|A1|CHEST^胸部CT^L|||20261124093000|||||||||||A1||||||CT\r"
)
REPORT = (
    "MSH|^~\\&|RIS|东院区|CLOUDFILM|H|20261124100000||ORU^R01|{control}|P|2.4||||||UNICODE UTF-8\r"
    "PID|1||P1^^^HIS^PI||欧阳^明轩\rPV1|1|I\r"
    "OBR|1|A1|A1|CHEST^胸部CT^L||||||||||||||A1||||20261124095500||CT|{status}|||||||12&周明\r"
    "OBX|1|FT|DE04.50.131.00^检查所见||第一行\\.br\\第二行 5\\T\\6\r"
    "OBX|2|TX|X^诊断意见||未见异常\r"
    "{more}"
)


@pytest.fixture
async def port(runtime: Runtime) -> AsyncIterator[int]:
    door = Hl7Door(runtime, Senders())
    server = MllpServer(door.answer, door.refuse, max_bytes=6 << 20, idle_s=1)
    yield await server.start("127.0.0.1", 0)
    await server.stop(1)


def order(control: str = "1", charset: str = "UNICODE UTF-8", order_control: str = "NW") -> str:
    return ORDER.format(control=control, charset=charset, order_control=order_control)


def report(control: str = "2", status: str = "F", more: str = "") -> str:
    return REPORT.format(control=control, status=status, more=more)


async def ask(port: int, raw: bytes) -> Message:
    return Message(await send_message("127.0.0.1", port, raw))


@pytest.mark.parametrize(
    ("label", "codec"),
    [("UNICODE UTF-8", "utf-8"), ("GB 18030-2000", "gb18030"), ("", "utf-8"), ("", "gb18030")],
)
async def test_an_order_makes_an_examination(
    runtime: Runtime, port: int, label: str, codec: str
) -> None:
    answer = await ask(port, order(charset=label).encode(codec))
    assert (answer.kind, answer.get("MSA", 1), answer.get("MSA", 2)) == (("ACK", "O01"), "AA", "1")
    exam = await Exam.get(accession_number="A1").prefetch_related("patient", "codes")
    assert exam.status == "scheduled"
    assert exam.scheduled_at == datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
    assert (exam.procedure, exam.body_part, exam.modality) == ("胸部CT", "CHEST", "CT")
    assert (exam.campus, exam.patient_type, exam.sender) == ("东院区", "inpatient", "RIS")
    assert (exam.patient.name, exam.patient.sex) == ("欧阳明轩", "M")
    sealed = exam.patient.id_card_sealed
    assert sealed is not None and b"9999001958" not in bytes(sealed)
    assert runtime.sealer.unseal(bytes(sealed), purpose=ID_CARD) == "99990019580312101X"
    assert len(exam.codes) == 1


async def test_a_report_completes_it(port: int) -> None:
    pdf = base64.b64encode(b"%PDF-1.4 " + bytes(3 << 20)).decode()
    more = f"OBX|3|ED|PDF^报告||^application^pdf^Base64^{pdf}\r"
    await ask(port, order().encode())
    answer = await ask(port, report(more=more).encode())
    assert answer.get("MSA", 1) == "AA"
    exam = await Exam.get(accession_number="A1")
    assert (exam.status, exam.reported_at) == (
        "completed",
        datetime(2026, 11, 24, 1, 55, tzinfo=UTC),
    )
    found = await Report.get(exam=exam)
    assert found.findings == "第一行\n第二行 5&6"
    assert (found.impression, found.reporter) == ("未见异常", "周明")
    assert found.pdf_key


@pytest.mark.parametrize("status", ["P", "X"])
async def test_a_preliminary_or_withdrawn_report_does_not(port: int, status: str) -> None:
    await ask(port, report(status=status).encode())
    assert (await Exam.get(accession_number="A1")).status == "scheduled"


async def test_a_repeat_is_taken_once(port: int) -> None:
    for _ in range(3):
        assert (await ask(port, order().encode())).get("MSA", 1) == "AA"
    assert await Exam.all().count() == 1
    assert await InboundMessage.all().count() == 1


async def test_a_cancelled_order_is_cancelled(port: int) -> None:
    await ask(port, order(order_control="CA").encode())
    assert (await Exam.get(accession_number="A1")).status == "cancelled"


@pytest.mark.parametrize(
    ("raw", "code", "problem"),
    [
        (b"hello", "AR", "no_header"),
        (b"", "AR", "no_header"),
        (order().replace("P1^^^HIS^PI~99990019580312101X^^^^NI", "").encode(), "AE", "patient_number_missing"),
        (order().replace("A1", "").encode(), "AE", "accession_number_missing"),
        (order().replace("ORM^O01", "ADT^A99").encode(), "AR", "message_type_unsupported"),
        (order().encode("gb18030"), "AE", "charset"),
        (report(more="OBX|3|ED|P^P||^application^pdf^Base64^!!!\r").encode(), "AE", "pdf_broken"),
        (report(status="?").encode(), "AE", "result_status_unknown"),
        (order().replace("PV1|1|I", "\x01\x02garbage").encode(), "AR", "segment_malformed"),
    ],
)  # fmt: skip
async def test_a_wrong_message_is_answered_clearly(
    port: int, raw: bytes, code: str, problem: str
) -> None:
    answer = await ask(port, raw)
    assert (answer.get("MSA", 1), answer.get("MSA", 3)) == (code, problem)
    assert await Exam.all().count() == 0
    assert await Patient.all().count() == 0


async def test_odd_separators_and_line_ends_are_read(port: int) -> None:
    text = order().replace("^", "#").replace("~", "%").replace("|#%\\&|", "|#%\\&|", 1)
    answer = await ask(port, text.replace("\r", "\n").encode())
    assert answer.get("MSA", 1) == "AA"
    assert (await Exam.get(accession_number="A1")).body_part == "CHEST"


async def test_two_glued_messages_get_two_answers(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    first, second = order("1").encode(), report("2").encode()
    writer.write(START + first + BLOCK_END + START + second + BLOCK_END)
    got = b""
    while got.count(b"\x1c") < 2:
        got += await asyncio.wait_for(reader.read(4096), 5)
    writer.close()
    assert got.count(b"MSA|AA") == 2
    assert (await Exam.get(accession_number="A1")).status == "completed"


@pytest.mark.parametrize("closes", [True, False])
async def test_a_message_cut_in_half_is_refused_and_changes_nothing(
    port: int, closes: bool
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(START + order("7").encode()[:300])
    if closes:
        writer.write_eof()
    got = await asyncio.wait_for(reader.read(4096), 5)
    assert b"MSA|AR|7|message_cut_off" in got
    writer.close()
    assert await Exam.all().count() == 0


async def test_a_message_over_the_limit_is_refused(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(START + order("8").encode() + b"NTE|1||" + b"x" * (7 << 20))
    got = await asyncio.wait_for(reader.read(4096), 10)
    assert b"MSA|AR|8|message_too_large" in got
    writer.close()


async def test_the_foreign_samples_are_taken(shared: Path, port: int) -> None:
    for path in sorted((shared / "peers/hl7/samples").glob("*.hl7")):
        answer = await ask(port, path.read_bytes().strip(b"\x0b\x1c\r\n"))
        assert answer.get("MSA", 1) == "AA", path.name  # MSH-15 AL, MSH-16 NE: the usual habit


ADT = (
    "MSH|^~\\&|RIS|东院区|CLOUDFILM|H|{sent}||ADT^{event}|{control}|P|2.4||||||UNICODE UTF-8\r"
    "EVN|{event}|{sent}\rPID|1||{number}^^^HIS^PI||{name}||19580312|M\r{more}"
)


def adt(event: str, number: str, *, sent: str, more: str = "", name: str = "欧阳^明轩") -> bytes:
    control = f"{event}-{sent}"
    return ADT.format(
        event=event, control=control, number=number, sent=sent, more=more, name=name
    ).encode()


async def test_adt_tells_the_class_and_ward_of_a_patient_and_a_late_one_changes_nothing(
    port: int,
) -> None:
    order_without_class = order().replace("PV1|1|I\r", "").encode()
    for raw in (
        adt("A01", "P1", sent="20261124070000", more="PV1|1|I|一病区\r"),
        order_without_class,
        adt("A08", "P1", sent="20261124090000", more="PV1|1|E|急诊科\r", name="欧阳^明萱"),
        adt("A02", "P1", sent="20261124080000", more="PV1|1|I|二病区\r", name="欧阳^某"),
    ):
        assert (await ask(port, raw)).get("MSA", 1) == "AA"
    exam = await Exam.get(accession_number="A1").prefetch_related("patient")
    assert (exam.patient.name, exam.patient.ward) == ("欧阳明萱", "急诊科")
    assert exam.patient_type == "emergency"


async def test_a40_joins_two_numbers_and_a37_parts_them(port: int) -> None:
    await ask(port, order().encode())
    merge = adt("A40", "P2", sent="20261124080000", more="MRG|P1^^^HIS^PI\r")
    assert (await ask(port, merge)).get("MSA", 1) == "AA"
    row = await Patient.get(patient_number="P1")
    assert len(await person_of(row)) == 2
    await ask(port, adt("A37", "P2", sent="20261124090000", more="PID|2||P1^^^HIS^PI\r"))
    assert await person_of(row) == {row.id}
    effects = await InboundMessage.all().order_by("id").values_list("effect", flat=True)
    assert effects == ["order A1", "merged 1 pair of patients", "parted 1 pair of patients"]
    assert set(await InboundMessage.all().values_list("peer", flat=True)) == {"127.0.0.1"}


async def test_enhanced_mode_answers_twice_and_ignores_acknowledgements(port: int) -> None:
    enhanced = order("5").replace("|P|2.4||||||", "|P|2.4|||AL|AL||", 1)
    wrong = enhanced.replace("A1", "").replace("|5|", "|6|")
    ack = "MSH|^~\\&|RIS|H|CF|H|2026||ACK|9|P|2.4\rMSA|CA|x\r"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for text in (enhanced, ack, wrong):
        writer.write(START + text.encode() + BLOCK_END)
    got = b""
    while got.count(b"\x1c") < 4:
        got += await asyncio.wait_for(reader.read(4096), 20)
    writer.close()
    answers = [line for line in got.decode().split("\r") if line.startswith("MSA")]
    assert answers == ["MSA|CA|5", "MSA|AA|5", "MSA|CA|6", "MSA|AE|6|accession_number_missing"]


async def test_several_orders_in_one_message_are_all_or_none(port: int) -> None:
    two = order() + "ORC|NW|A2|A2\rOBR|2|A2|A2|HEAD^头颅CT^L|||||||||||||||A2||||||CT\r"
    assert (await ask(port, (two + "ORC|NW\rOBR|3\r").encode())).get("MSA", 1) == "AE"
    assert await Exam.all().count() == 0
    assert (await ask(port, two.encode())).get("MSA", 1) == "AA"
    exams = await Exam.all().order_by("accession_number").values_list("procedure", flat=True)
    assert exams == ["胸部CT", "头颅CT"]


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
async def test_a_foreign_client_is_answered_in_both_character_sets(port: int, codec: str) -> None:
    """python-hl7's asynchronous client, which knows one character set a connection."""
    text = order(charset="GB 18030-2000" if codec == "gb18030" else "UNICODE UTF-8")
    reader, writer = await hl7.mllp.open_hl7_connection("127.0.0.1", port, encoding=codec)
    for control in ("1", "2"):
        writer.writemessage(hl7.parse(text.replace("|1|P|", f"|{control}|P|")))
        await writer.drain()
        answer = await asyncio.wait_for(reader.readmessage(), 20)
        assert str(answer.segment("MSA")) == f"MSA|AA|{control}"
        assert str(answer.segment("MSH")[6]) == "东院区"
    writer.close()
    assert (await Exam.get().prefetch_related("patient")).patient.name == "欧阳明轩"


async def test_the_peers_client_reads_our_answer(shared: Path, port: int) -> None:
    peer = shared / "peers/hl7"
    for name, codec in (("orm_utf8", "utf-8"), ("oru_gb18030", "gb18030")):
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(peer / "hl7_client.py"), str(port),
            str(peer / f"samples/{name}.hl7"), codec, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert out.startswith(b"ACK AA"), out
    exam = await Exam.get().prefetch_related("reports")  # ordered by HIS, reported by RIS
    assert exam.status == "completed"
    assert exam.reports[0].impression.startswith("右肺上叶磨玻璃结节")
