"""HL7 messages that we send: an examination's code, its state, its report (tender E1.2, B1.2)."""

import base64
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.exam import ExamStatus, PatientType
from integrations.his.destinations import CHARSETS, Destination

_CLASSES = {
    PatientType.INPATIENT: "I", PatientType.OUTPATIENT: "O", PatientType.EMERGENCY: "E",
    PatientType.CHECKUP: "P", PatientType.UNKNOWN: "U",
}  # fmt: skip
_ORDER_STATUS = {
    ExamStatus.SCHEDULED: "SC", ExamStatus.AWAITING_REPORT: "IP", ExamStatus.COMPLETED: "CM",
    ExamStatus.CANCELLED: "CA",
}  # fmt: skip
_RESULT = {"final": "F", "corrected": "C", "withdrawn": "D", "preliminary": "P"}


@dataclass(frozen=True, slots=True)
class ToldExam:
    """What a message says of an examination; no ID number and no phone."""

    patient_number: str
    issuer: str
    name: str
    birth_date: date | None
    sex: str
    patient_type: PatientType
    accession_number: str
    procedure: str
    body_part: str
    modality: str
    status: ExamStatus
    shown_time: datetime | None
    code_url: str
    code_png: bytes = b""


@dataclass(frozen=True, slots=True)
class ToldReport:
    """The version that stands, or the withdrawal of it."""

    state: str
    reported_at: datetime | None
    findings: str
    impression: str
    reporter: str
    reviewer: str
    pdf: bytes | None = None


class Writer:
    """Messages for one destination."""

    def __init__(self, destination: Destination, zone: ZoneInfo) -> None:
        self._to = destination
        self._zone = zone

    def code(self, exam: ToldExam, *, control_id: str, now: datetime) -> bytes:
        """The code's address and its picture, in a Z-segment or in OBX."""
        kind = self._to.code_message
        segments = [*self._head(kind, exam, control_id, now), *self._request(kind, exam)]
        return self._encoded([*segments, *self._code_segments(exam, first=1)])

    def status(self, exam: ToldExam, *, control_id: str, now: datetime) -> bytes:
        """ORM^O01 with ORC-1 SC (status changed)."""
        segments = self._head("ORM^O01", exam, control_id, now)
        return self._encoded([*segments, *self._request("ORM^O01", exam)])

    def report(
        self, exam: ToldExam, report: ToldReport, *, control_id: str, now: datetime
    ) -> bytes:
        """ORU^R01 with text, PDF and the code's address."""
        head = self._head("ORU^R01", exam, control_id, now)
        lines = [*head, *self._request("ORU^R01", exam, report)]
        state, number = _RESULT[report.state], 0
        texts = (
            ("DE04.50.131.00", "检查所见", report.findings),
            ("DE04.50.132.00", "诊断意见", report.impression),
        )
        for code, name, text in texts:
            if text and report.state != "withdrawn":
                number += 1
                where = f"{code}^{name}^LOCAL"
                lines.append(
                    _segment("OBX", {1: str(number), 2: "FT", 3: where, 5: _text(text), 11: state})
                )
        if report.pdf is not None:
            number += 1
            data = f"CLOUDFILM^application^pdf^Base64^{base64.b64encode(report.pdf).decode()}"
            where = "PDF^报告单^LOCAL"
            lines.append(_segment("OBX", {1: str(number), 2: "ED", 3: where, 5: data, 11: state}))
        return self._encoded([*lines, *self._code_segments(exam, first=number + 1, picture=False)])

    def _head(self, kind: str, exam: ToldExam, control_id: str, now: datetime) -> list[str]:
        to = self._to
        header = {  # MSH-1 is the separator itself, so MSH-n stands at n - 1
            1: "^~\\&", 2: _escaped(to.sending_application), 3: _escaped(to.sending_facility),
            4: _escaped(to.receiving_application), 5: _escaped(to.receiving_facility),
            6: self._time(now), 8: kind, 9: control_id, 10: "P", 11: to.version,
            17: CHARSETS[to.charset][1],
        }  # fmt: skip
        birth = exam.birth_date
        patient = {
            1: "1", 3: f"{_escaped(exam.patient_number)}^^^{_escaped(exam.issuer)}^PI",
            5: _escaped(exam.name), 7: birth.strftime("%Y%m%d") if birth else "", 8: exam.sex,
        }  # fmt: skip
        visit = {1: "1", 2: _CLASSES[exam.patient_type]}
        return [_segment("MSH", header), _segment("PID", patient), _segment("PV1", visit)]

    def _request(self, kind: str, exam: ToldExam, report: ToldReport | None = None) -> list[str]:
        number = _escaped(exam.accession_number)
        control = "SC" if kind == "ORM^O01" else "RE"
        order = {1: control, 2: number, 3: number, 5: _ORDER_STATUS[exam.status]}
        request = {
            1: "1", 2: number, 3: number,
            4: f"{_escaped(exam.body_part)}^{_escaped(exam.procedure)}^LOCAL",
            7: self._time(exam.shown_time), 18: number, 24: _escaped(exam.modality),
        }  # fmt: skip
        if report is not None:
            request |= {
                22: self._time(report.reported_at), 25: _RESULT[report.state],
                31: _escaped(report.reviewer), 32: _escaped(report.reporter),
            }  # fmt: skip
        elif kind == "ORU^R01":
            request[25] = "F" if exam.status == ExamStatus.COMPLETED else "I"
        return [_segment("ORC", order), _segment("OBR", request)]

    def _code_segments(self, exam: ToldExam, *, first: int, picture: bool = True) -> list[str]:
        url = _escaped(exam.code_url)
        data = ""
        if picture and self._to.code_picture and exam.code_png:
            data = f"CLOUDFILM^IM^PNG^Base64^{base64.b64encode(exam.code_png).decode()}"
        if not url:
            return []
        if self._to.code_in != "OBX":
            return [_segment(self._to.code_in, {1: "1", 2: url, 3: data})]
        code, image = "QRCODE^影像二维码^LOCAL", "QRPNG^影像二维码图片^LOCAL"
        segments = [_segment("OBX", {1: str(first), 2: "ST", 3: code, 5: url, 11: "F"})]
        if data:
            segments.append(
                _segment("OBX", {1: str(first + 1), 2: "ED", 3: image, 5: data, 11: "F"})
            )
        return segments

    def _time(self, when: datetime | None) -> str:
        return when.astimezone(self._zone).strftime("%Y%m%d%H%M%S%z") if when else ""

    def _encoded(self, segments: list[str]) -> bytes:
        codec = CHARSETS[self._to.charset][0]
        return ("\r".join(segments) + "\r").encode(codec, "replace")


def _segment(name: str, values: dict[int, str]) -> str:
    """A segment from its field numbers; gaps stay empty, empty ends are left off."""
    return "|".join([name, *(values.get(n, "") for n in range(1, max(values) + 1))]).rstrip("|")


_ESCAPES = str.maketrans({
    "\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\", "\r": " ", "\n": " ",
    "\x0b": " ", "\x1c": " ",
})  # fmt: skip


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _text(text: str) -> str:
    return "\\.br\\".join(_escaped(line) for line in text.splitlines())
