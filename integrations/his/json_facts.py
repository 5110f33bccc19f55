"""An order or a report as JSON becomes the same values as the HL7 door's (`domain/messages.py`)."""

import base64
import binascii
from datetime import UTC, date, datetime
from typing import Any, get_args

from domain.errors import Invalid
from domain.exam import PatientType
from domain.messages import OrderMessage, PatientFacts, ReportMessage, ReportState, Sex

ORDER_FIELDS = {
    "campus": 64, "procedure": 256, "body_part": 64, "modality": 16, "study_instance_uid": 64,
}  # fmt: skip
REPORT_FIELDS = {"campus": 64, "procedure": 256, "modality": 16, "study_instance_uid": 64}
PATIENT_FIELDS = {"patient_number": 64, "name": 128, "id_card": 32, "phone": 20}
LONGEST_TEXT = 64_000
COMMON = {"message_id", "sent_at", "sender", "patient", "accession_number", "patient_type"}


def wrong(where: str, what: str) -> Invalid:
    message = f"字段 {where} 不对,请核对接口文档。"
    return Invalid("field_malformed", message, detail=f"{where} {what}")


class JsonFacts:
    """Reads one body; Invalid names the field. `sender` is the name under which the sending system
    numbers patients and examinations."""

    def __init__(self, body: dict[str, Any], *, sender: str, received_at: datetime) -> None:
        self.body = body
        self.message_id = self._text(body, "message_id", 64, is_needed=True)
        self.sender = self._text(body, "sender", 64) or sender
        self.sent_at = self._time(body, "sent_at") or received_at

    def order(self) -> OrderMessage:
        self._only(COMMON | set(ORDER_FIELDS) | {"scheduled_at", "is_cancelled"})
        said: dict[str, Any] = {
            name: self._text(self.body, name, size) for name, size in ORDER_FIELDS.items()
        }
        return OrderMessage(
            **self._common(),
            **said,
            scheduled_at=self._time(self.body, "scheduled_at"),
            is_cancelled=self._flag("is_cancelled"),
        )

    def report(self) -> ReportMessage:
        people = {"reporter", "reviewer"}
        texts = {"findings", "impression"}
        self._only(COMMON | set(REPORT_FIELDS) | people | texts | {"state", "reported_at", "pdf"})
        said: dict[str, Any] = {
            name: self._text(self.body, name, size) for name, size in REPORT_FIELDS.items()
        }
        said |= {name: self._text(self.body, name, 64) for name in people}
        for name in texts:
            said[name] = self._text(self.body, name, LONGEST_TEXT, is_prose=True)
        return ReportMessage(
            **self._common(),
            **said,
            state=self._choice(self.body, "state", get_args(ReportState), "final"),
            reported_at=self._time(self.body, "reported_at") or self.sent_at,
            pdf=self._pdf(),
        )

    def _common(self) -> dict[str, Any]:
        kinds = tuple(kind.value for kind in PatientType)
        return {
            "sender": self.sender,
            "control_id": self.message_id,
            "sent_at": self.sent_at,
            "patient": self._patient(),
            "accession_number": self._text(self.body, "accession_number", 64, is_needed=True),
            "patient_type": PatientType(self._choice(self.body, "patient_type", kinds, "unknown")),
        }

    def _patient(self) -> PatientFacts:
        patient = self.body.get("patient")
        if not isinstance(patient, dict):
            raise wrong("patient", "must be an object")
        unknown = set(patient) - set(PATIENT_FIELDS) - {"sex", "birth_date"}
        if unknown:
            raise wrong(f"patient.{min(unknown)}", "is unknown")
        texts = {
            name: self._text(patient, name, size, is_needed=name == "patient_number")
            for name, size in PATIENT_FIELDS.items()
        }
        texts["id_card"] = texts["id_card"].upper()
        sex = self._choice(patient, "sex", get_args(Sex), "")
        return PatientFacts(**texts, sex=sex, birth_date=self._day(patient, "birth_date"))

    def _only(self, known: set[str]) -> None:
        unknown = set(self.body) - known
        if unknown:
            raise wrong(min(unknown)[:40], "is unknown")

    def _text(
        self, body: dict[str, Any], name: str, longest: int, *, is_needed: bool = False,
        is_prose: bool = False,
    ) -> str:  # fmt: skip
        value = body.get(name, "")
        if not isinstance(value, str) or len(value) > longest:
            raise wrong(name, f"must be a text of at most {longest}")
        if any(ord(c) < 32 and not (is_prose and c in "\r\n\t") for c in value):
            raise wrong(name, "holds control characters")
        if is_needed and not value.strip():
            raise wrong(name, "is missing")
        return value.strip()

    def _choice(
        self, body: dict[str, Any], name: str, known: tuple[str, ...], otherwise: str
    ) -> Any:
        value = body.get(name, otherwise)
        if value not in known:
            raise wrong(name, f"must be one of {known}")
        return value

    def _flag(self, name: str) -> bool:
        value = self.body.get(name, False)
        if not isinstance(value, bool):
            raise wrong(name, "must be true or false")
        return value

    def _time(self, body: dict[str, Any], name: str) -> datetime | None:
        value = body.get(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is None:
                raise ValueError("no zone")
            return moment.astimezone(UTC)
        except (TypeError, ValueError, OverflowError) as error:
            raise wrong(name, "must be an ISO 8601 time with its zone") from error

    def _day(self, body: dict[str, Any], name: str) -> date | None:
        value = body.get(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as error:
            raise wrong(name, "must be a date such as 1951-08-02") from error

    def _pdf(self) -> bytes | None:
        value = self.body.get("pdf")
        if value is None:
            return None
        try:
            data = base64.b64decode(value, validate=True)
        except (TypeError, ValueError, binascii.Error) as error:
            raise wrong("pdf", "must be base64") from error
        if not data.startswith(b"%PDF-"):
            raise wrong("pdf", "is no PDF")
        return data
