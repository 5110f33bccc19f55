"""HL7 text in the ways hospitals write it: character sets, escapes, groups, documents."""

import base64
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.exam import PatientType
from integrations.his.facts import Facts
from integrations.his.hl7_text import Message, MessageRefused
from integrations.his.orders import orders_of
from integrations.his.patients import merges_of, patient_of
from integrations.his.reports import document_of, reports_of
from integrations.his.senders import SenderMap

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 4
PDF_64 = base64.b64encode(PDF).decode()
OBR = "OBR|1|{}" + "|" * 23 + "{}"
PID = "PID|1||P1^^^HIS^PI||欧阳^明轩||19580312|M"


def facts(*lines: str, kind: str = "ORU^R01", charset: str = "UNICODE UTF-8", codec: str = "utf-8",
          facility: str = "东院区", sender_map: SenderMap | None = None) -> Facts:  # fmt: skip
    msh = f"MSH|^~\\&|RIS|{facility}|CF|H|20261124100000||{kind}|c1|P|2.4||||||{charset}"
    raw = ("\r".join([msh, *lines]) + "\r").encode(codec)
    default = sender_map.default_charset if sender_map else ""
    return Facts(Message(raw, lambda _: default), sender_map or SenderMap(), ZONE)


@pytest.mark.parametrize(
    ("label", "codec", "default"),
    [
        ("UNICODE UTF-8", "utf-8", ""),
        ("GB 18030-2000", "gb18030", ""),
        ("GB18030", "gb18030", ""),
        ("GB2312", "gb18030", ""),
        ("BIG-5", "big5", ""),
        ("", "utf-8", ""),
        ("", "gb18030", ""),
        ("ASCII", "gb18030", ""),  # says one thing, does another
        ("8859/1", "utf-8", ""),
        ("", "gb18030", "GB18030"),
        ("", "big5", "BIG-5"),
        ("UNICODE UTF-8~ASCII", "utf-8", ""),
    ],
)
def test_character_sets(label: str, codec: str, default: str) -> None:
    name = "東院區" if codec == "big5" else "东院区"
    read = facts(PID if codec != "big5" else PID.replace("欧阳", "歐陽").replace("轩", "軒"),
                 charset=label, codec=codec, facility=name,
                 sender_map=SenderMap(default_charset=default))  # fmt: skip
    assert read.campus() == name
    assert read.patient().name.endswith("明軒" if codec == "big5" else "明轩")


def test_gb18030_bytes_that_look_like_separators_are_text() -> None:
    # second bytes 0x7C, 0x5E, 0x7E and 0x5C: | ^ ~ and backslash
    name = b"\x81\x7c\x81\x5e\x81\x7e\x81\x5c".decode("gb18030")
    read = facts(f"PID|1||P1||{name}", charset="GB18030", codec="gb18030", facility=name)
    assert (read.campus(), read.patient().name) == (name, name)


def test_a_declared_character_set_that_is_not_kept_is_refused() -> None:
    with pytest.raises(MessageRefused, match="charset byte"):
        facts(PID, codec="gb18030")


def test_escapes() -> None:
    text = r"a\F\b\S\c\T\d\R\e\E\f\.br\g\X4142\h\.sp2\i\H\j\N\k\Zx\l"
    read = facts(PID, "OBR|1|A1", f"OBX|1|TX|X^检查所见||{text}")
    (report,) = reports_of(read, NOW)
    assert report.findings == "a|b^c&d~e\\f\ngABh\nijkl"


def test_lines_of_several_obx_are_joined_and_unknown_codes_lose_nothing() -> None:
    read = facts(
        PID, OBR.format("A1", "F"),
        "OBX|1|TX|X^检查所见|1|第一行", "OBX|2|TX|X^检查所见|2|第二行~第三行",
        "OBX|3|CE|IMP^印象|1|R91^肺结节^ICD10",
        "OBX|4|TX|OTHER^剂量|1|CTDIvol 9",
    )  # fmt: skip
    (report,) = reports_of(read, NOW)
    assert (report.findings, report.impression) == ("第一行\n第二行\n第三行", "肺结节")
    (plain,) = reports_of(facts(PID, "OBR|1|A1", "OBX|1|FT|77^自定义||全部文字"), NOW)
    assert plain.findings == "全部文字"


@pytest.mark.parametrize(
    "obx",
    [
        [f"OBX|1|ED|PDF^PDF||RIS^application^pdf^Base64^{PDF_64}"],
        [f"OBX|1|ED|PDF^PDF||^TEXT^^Base64^{PDF_64}"],
        [f"OBX|1|ED|PDF^PDF||{PDF_64}"],
        [f"OBX|1|TX|PDF^PDF||{PDF_64}"],
        [f"OBX|1|TX|PDF^PDF||{PDF_64[:400]}~{PDF_64[400:]}"],
        [f"OBX|1|TX|PDF^PDF||{PDF_64[:400]}", f"OBX|2|TX|PDF^PDF||{PDF_64[400:]}"],
        [f"OBX|1|ST|PDF^PDF||{PDF_64[:400]}\\.br\\{PDF_64[400:]}"],
        [f"OBX|1|ED|PDF^PDF||^application^pdf^Base64^{PDF_64.rstrip('=')}"],
    ],
)
def test_a_pdf_in_every_form(obx: list[str]) -> None:
    (report,) = reports_of(facts(PID, "OBR|1|A1", "OBX|9|TX|X^检查所见||文字", *obx), NOW)
    assert (report.pdf, report.findings) == (PDF, "文字")


def test_a_picture_is_no_pdf() -> None:
    obx = "OBX|1|ED|IMG^图||^image^jpeg^Base64^/9j/4AAQ"
    assert reports_of(facts(PID, "OBR|1|A1", obx), NOW)[0].pdf is None


def test_each_obr_group_is_a_report() -> None:
    read = facts(
        PID, OBR.format("A1", "F"), "OBX|1|TX|X^检查所见||甲",
        OBR.format("A2", "P"), "OBX|1|TX|X^检查所见||乙",
        "PID|2||P2||另一人", "OBR|3|A3", "OBX|1|TX|X^检查所见||丙",
    )  # fmt: skip
    found = [
        (r.accession_number, r.findings, r.patient.patient_number) for r in reports_of(read, NOW)
    ]
    assert found == [("A1", "甲", "P1"), ("A2", "乙", "P1"), ("A3", "丙", "P2")]
    assert [r.state for r in reports_of(read, NOW)] == ["final", "preliminary", "final"]


def test_one_report_of_several_examinations_is_each_ones() -> None:
    read = facts(PID, "OBR|1|A1", "OBR|2|A2", "OBX|1|TX|X^检查所见||同一份")
    found = [(r.accession_number, r.findings) for r in reports_of(read, NOW)]
    assert found == [("A1", "同一份"), ("A2", "同一份")]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["ORC|NW|A1|A1", "OBR|1|A1|A1"], [("A1", False)]),
        (["ORC|CA|A1|A1"], [("A1", True)]),
        (["ORC|CA|A1"], [("A1", True)]),
        (["ORC|UC|A1|A1", "OBR|1|A1|A1"], [("A1", False)]),  # "unable to cancel"
        (["ORC|DC|A1|A1", "OBR|1|A1|A1"], [("A1", True)]),
        (["ORC|XO|A1|A1", "OBR|1|A1|A1"], [("A1", False)]),
        (["ORC|SC|A1|A1||CA", "OBR|1|A1|A1"], [("A1", True)]),
        (["ORC|SC|A1|A1||IP", "OBR|1|A1|A1"], [("A1", False)]),
        (["ORC|RP|A1|A1", "OBR|1|A1|A1"], [("A1", False)]),  # the same order, changed
        (["ORC|RP|A1|A1", "OBR|1|A1|A1", "ORC|RO|A2|A2", "OBR|2|A2|A2"],
         [("A1", True), ("A2", False)]),
        (["ORC|NW|A1|A1", "OBR|1|A1|A1", "ORC|NW|A2|A2", "OBR|2|A2|A2"],
         [("A1", False), ("A2", False)]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["ORM^O01", "OMG^O19^OMG_O19"])
def test_order_control(kind: str, lines: list[str], expected: list[tuple[str, bool]]) -> None:
    orders = orders_of(facts(PID, *lines, kind=kind), NOW)
    assert [(one.accession_number, one.is_cancelled) for one in orders] == expected


def test_what_belongs_to_an_order_stays_with_it() -> None:
    read = facts(
        PID, "ORC|NW|A1|A1", "TQ1|1||||||20261125080000+0800", "OBR|1|A1|A1|HEAD^头颅MR", "ZDS|1.2.3",
        "ORC|NW|A2|A2", "OBR|2|A2|A2|CHEST^胸部CT", kind="OMG^O19",
    )  # fmt: skip
    first, second = orders_of(read, NOW)
    assert first.scheduled_at == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)
    assert (first.study_instance_uid, second.study_instance_uid) == ("1.2.3", "")
    assert second.scheduled_at is None


TXA = "TXA|1|CR^检查报告|FT|20261124095000||20261124094000|||7^周^明|||DOC1||{placer}|{filler}||{status}"


@pytest.mark.parametrize(
    ("event", "status", "state"),
    [("T02", "AU", "final"), ("T02", "LA", "final"), ("T02", "", "final"), ("T02", "IP", "preliminary"),
     ("T10", "AU", "corrected"), ("T08", "LA", "corrected"), ("T04", "DO", "preliminary"),
     ("T11", "AU", "withdrawn")],
)  # fmt: skip
def test_a_document_is_a_report(event: str, status: str, state: str) -> None:
    txa = TXA.format(placer="", filler="A1", status=status)
    obx = [f"OBX|1|ED|PDF^报告||^application^pdf^Base64^{PDF_64}", "OBX|2|TX|X^报告全文||右肺结节"]
    report = document_of(facts("EVN|T02", PID, "PV1|1|I", txa, *obx, kind=f"MDM^{event}"), NOW)
    assert (report.accession_number, report.state) == ("A1", state)
    assert (report.findings, report.pdf, report.reporter) == ("右肺结节", PDF, "周明")
    assert report.reported_at == datetime(2026, 11, 24, 1, 40, tzinfo=UTC)
    assert report.patient_type == PatientType.INPATIENT


def test_a_document_may_name_its_order_before_it() -> None:
    txa = TXA.format(placer="", filler="", status="AU")
    read = facts(PID, "ORC|RE|A7|A7", "OBR|1|A7|A7", txa, "OBX|1|TX|X||文字", kind="MDM^T02")
    assert document_of(read, NOW).accession_number == "A7"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [([PID], "document_missing"), ([PID, TXA.format(placer="", filler="", status="AU")], "accession_number_missing"),
     ([PID, TXA.format(placer="", filler="A1", status="??")], "completion_status_unknown")],
)  # fmt: skip
def test_a_wrong_document_is_refused(lines: list[str], problem: str) -> None:
    with pytest.raises(MessageRefused, match=problem):
        document_of(facts(*lines, kind="MDM^T02"), NOW)


def test_a_patient_with_class_and_ward() -> None:
    read = facts("EVN|A01", PID, "PV1|1|I|呼吸内科一病区^12^3", kind="ADT^A01")
    message = patient_of(read, NOW)
    assert (message.patient_type, message.ward) == (PatientType.INPATIENT, "呼吸内科一病区")
    assert message.patient.birth_date is not None
    gone = facts("EVN|A03", PID, "PV1|1|I|呼吸内科一病区^12^3", kind="ADT^A03")
    assert patient_of(gone, NOW).ward == ""


def test_merges_of_one_message() -> None:
    read = facts(
        "EVN|A40", "PID|1||P9^^^HIS", "MRG|P1^^^HIS~P2^^^HIS~P1", "PID|2||Q9", "MRG|Q1", kind="ADT^A40"
    )  # fmt: skip
    pairs = [(one.surviving_number, one.prior_number) for one in merges_of(read, NOW)]
    assert pairs == [("P9", "P1"), ("P9", "P2"), ("Q9", "Q1")]
    (undo,) = merges_of(facts("EVN|A37", "PID|1||P9", "PID|2||P1", kind="ADT^A37"), NOW)
    assert (undo.surviving_number, undo.prior_number, undo.is_undo) == ("P9", "P1", True)


@pytest.mark.parametrize(
    ("lines", "problem"),
    [(["PID|1||P1", "MRG|P1"], "merge_with_itself"), (["PID|1||P1"], "merge_missing"),
     (["PID|1||P1", "MRG|"], "patient_number_missing MRG-1"), (["PID|1||", "MRG|P1"], "patient_number_missing PID-3"),
     (["MRG|P1", "PID|1||P2"], "patient_number_missing PID-3")],
)  # fmt: skip
def test_a_wrong_merge_is_refused(lines: list[str], problem: str) -> None:
    with pytest.raises(MessageRefused, match=problem):
        merges_of(facts(*lines, kind="ADT^A40"), NOW)


@pytest.mark.parametrize(
    "text", ["00000101", "20260231", "20261124080000+9999", "２０２６", "2026112408", ""]
)
def test_times_of_any_kind_are_read_or_left_out(text: str) -> None:
    (order,) = orders_of(facts(PID, f"OBR|1|A1|A1||||{text}", kind="ORM^O01"), NOW)
    assert (order.scheduled_at is None) == (text != "2026112408")
