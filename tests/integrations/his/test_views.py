"""A view's configuration and its rows, without a database."""

import base64
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.exam import PatientType
from domain.messages import OrderMessage, PatientMessage, ReportMessage
from integrations.his.view_link import ViewProblem, bound_since, read_rows
from integrations.his.view_rows import RowReader
from integrations.his.views import COLUMNS, View, load_views

ZONE = ZoneInfo("Asia/Shanghai")
PDF = b"%PDF-1.4 x"
FILE = """
[v]
kind = "exams"
url = "mysql://reader:secret@127.0.0.1/ris"
sender = "RIS"
sql = "SELECT * FROM v WHERE t >= :since ORDER BY t"
timestamp = "t"
columns = { patient_number = "pid", accession_number = "acc" }
"""


def view(kind: str = "exams", **changes: Any) -> View:
    columns = {key: key.upper() for key in COLUMNS[kind]}
    given: dict[str, Any] = {
        "name": "v", "kind": kind, "url": "mysql://h/d", "sql": "SELECT :since", "timestamp": "T",
        "columns": columns, "sender": "RIS",
    } | changes  # fmt: skip
    return View(**given)


def read(kind: str = "exams", changes: dict[str, Any] | None = None, **row: Any) -> Any:
    values = {"t": datetime(2026, 11, 24, 9, 0), "patient_number": "P1", "accession_number": "A1"}
    return RowReader(view(kind, **(changes or {})), ZONE).read(values | row)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('kind = "exams"', 'kind = "films"', r"\[v\] kind is patients"),
        ("mysql://", "db2://", r"\[v\] url begins with"),
        ('sender = "RIS"', "", r"\[v\] needs sender"),
        (
            "SELECT * FROM v WHERE t >= :since",
            "DELETE FROM v WHERE t < :since",
            "must be one SELECT",
        ),
        ("ORDER BY t", "ORDER BY t; DROP TABLE v", "must be one SELECT"),
        (":since", "'2026'", "must hold :since"),
        ('accession_number = "acc"', 'acession = "acc"', "cannot hold 'acession'"),
        (', accession_number = "acc"', "", "must say which column is accession_number"),
        ('timestamp = "t"', 'timestamp = "t"\npoll_s = 0', r"\[v\] poll_s is too small"),
        ('timestamp = "t"', 'timestamp = "t"\npoll = 5', "unknown key 'poll'"),
        ('timestamp = "t"', 'timestamp = "t"\npoll_s = "5"', "wrong kind"),
    ],
)
def test_a_wrong_file_says_where_and_never_the_password(
    tmp_path: Path, old: str, new: str, problem: str
) -> None:
    path = tmp_path / "views.toml"
    path.write_text(FILE)
    assert load_views(path)[0].poll_s == 60
    assert old in FILE
    path.write_text(FILE.replace(old, new))
    with pytest.raises(ValueError, match=problem) as caught:
        load_views(path)
    assert "secret" not in str(caught.value)


def test_an_exam_of_every_type_of_value() -> None:
    row = read(
        patient_number=Decimal("1001"), accession_number=12345.0, name="李秀英", sex="女",
        birth_date=date(1951, 8, 2), id_card="99990019510802104x", phone="138-0000 0000",
        patient_type="住院", scheduled_at="2026/11/24 9:05", is_cancelled=1, modality=b"CT",
        procedure="颅脑CT".encode("gb18030"),
    )  # fmt: skip
    told = row.told
    assert isinstance(told, OrderMessage)
    assert (told.patient.patient_number, told.accession_number) == ("1001", "12345")
    assert (told.patient.birth_date, told.patient.sex) == (date(1951, 8, 2), "F")
    assert (told.patient.id_card, told.patient.phone) == ("99990019510802104X", "13800000000")
    assert told.scheduled_at == datetime(2026, 11, 24, 1, 5, tzinfo=UTC)
    assert (told.is_cancelled, told.modality, told.procedure) == (True, "CT", "颅脑CT")
    assert told.patient_type == PatientType.INPATIENT
    assert told.sent_at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def test_constants_and_values_of_the_house() -> None:
    changes = {"columns": {"patient_number": "PATIENT_NUMBER", "accession_number": "ACCESSION_NUMBER",
                           "patient_type": "KIND"},
               "constants": {"campus": "东院区", "modality": "CT"},
               "values": {"patient_type": {"7": "急诊"}}}  # fmt: skip
    told = read(changes=changes, kind="exams", KIND="9").told
    assert isinstance(told, OrderMessage) and told.patient_type == PatientType.UNKNOWN
    told = RowReader(view(**changes), ZONE).read(
        {"t": datetime(2026, 1, 1), "patient_number": "P", "accession_number": "A", "kind": "7"}
    ).told  # fmt: skip
    assert isinstance(told, OrderMessage)
    assert (told.campus, told.modality, told.patient_type) == ("东院区", "CT", "emergency")


def test_text_that_the_database_calls_latin_1() -> None:
    garbled = "颅脑CT".encode("gb18030").decode("latin-1")
    told = read(changes={"reread_as": "gb18030"}, procedure=garbled, name="李秀英").told
    assert isinstance(told, OrderMessage)
    assert (told.procedure, told.patient.name) == ("颅脑CT", "李秀英")


@pytest.mark.parametrize(
    "pdf", [PDF, base64.b64encode(PDF), base64.b64encode(PDF).decode(), memoryview(PDF)]
)
def test_a_report_with_its_pdf(pdf: Any) -> None:
    told = read("reports", state="已审核", findings="甲\n乙", impression="丙", pdf=pdf).told
    assert isinstance(told, ReportMessage)
    assert (told.state, told.findings, told.impression, told.pdf) == ("final", "甲\n乙", "丙", PDF)


def test_a_patient() -> None:
    told = read("patients", ward="一病区", patient_type="I").told
    assert isinstance(told, PatientMessage)
    assert (told.ward, told.patient_type) == ("一病区", "inpatient")


@pytest.mark.parametrize(
    ("kind", "row", "problem"),
    [
        ("exams", {"patient_number": None}, "value_missing patient_number"),
        ("exams", {"accession_number": " "}, "value_missing accession_number"),
        ("exams", {"t": None}, "value_missing timestamp"),
        ("exams", {"t": "yesterday"}, "time_unreadable timestamp"),
        ("exams", {"birth_date": "1951-13-45"}, "time_unreadable birth_date"),
        ("exams", {"scheduled_at": "soon"}, "time_unreadable scheduled_at"),
        ("exams", {"procedure": b"\xff\xff\xff"}, "charset procedure"),
        ("reports", {"state": "??"}, "state_unknown state"),
        ("reports", {"pdf": "!!"}, "pdf_broken pdf"),
        ("reports", {"pdf": b"GIF89a"}, "pdf_broken pdf"),
    ],
)  # fmt: skip
def test_a_wrong_row_says_why(kind: str, row: dict[str, Any], problem: str) -> None:
    found = read(kind, **row)
    assert (found.told, found.problem) == (None, problem)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("local", datetime(2026, 11, 24, 9, 0), "2026-11-24T09:00:00"),
        ("utc", datetime(2026, 11, 24, 1, 0), "2026-11-24T01:00:00"),
        ("aware", datetime(2026, 11, 24, 1, 0, tzinfo=UTC), "2026-11-24T01:00:00+00:00"),
        ("text", "20261124090000", "20261124090000"),
    ],
)
def test_timestamps_go_in_and_out_in_the_same_form(kind: str, value: Any, expected: str) -> None:
    row = read(changes={"timestamp_is": kind}, t=value)
    assert row.at == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    bound = bound_since(view(timestamp_is=kind), row.at, ZONE)
    assert (bound if isinstance(bound, str) else bound.isoformat()) == expected


@pytest.mark.parametrize(
    ("url", "driver"), [("oracle://h/x", "oracledb"), ("mssql://h/x", "pymssql")]
)
async def test_a_missing_driver_is_one_clear_sentence(
    monkeypatch: pytest.MonkeyPatch, url: str, driver: str
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, driver, None)  # type: ignore[arg-type]
    with pytest.raises(ViewProblem, match=f"driver {driver} is missing: install cloudfilm"):
        async for _ in read_rows(view(url=url), datetime.now(UTC), ZONE):
            pass
