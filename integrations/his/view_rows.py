"""A view's row becomes the same words as an HL7 message (`domain/messages.py`)."""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import ZoneInfo

from domain.exam import PatientType
from domain.messages import (
    OrderMessage,
    PatientFacts,
    PatientMessage,
    ReportMessage,
    ReportState,
)
from integrations.his.facts import PATIENT_TYPES, SEXES, parse_time
from integrations.his.views import View

Told = PatientMessage | OrderMessage | ReportMessage
_TRUE = frozenset(("1", "y", "yes", "true", "t", "是", "已取消", "作废"))
_STATES: dict[str, ReportState] = {
    **{state: state for state in get_args(ReportState)},
    "F": "final", "C": "corrected", "P": "preliminary", "X": "withdrawn", "D": "withdrawn",
    "已审核": "final", "审核": "final", "已发布": "final", "已签发": "final", "修改": "corrected",
    "已修订": "corrected", "初步": "preliminary", "已报告": "preliminary", "未审核": "preliminary",
    "撤回": "withdrawn", "已撤回": "withdrawn", "": "final",
}  # fmt: skip
_SEPARATED = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d\d)(?::(\d\d))?)?"
)


class RowProblem(Exception):
    """One row cannot be taken: a stable word and the fact."""

    def __init__(self, code: str, fact: str) -> None:
        super().__init__(f"{code} {fact}")


@dataclass(frozen=True, slots=True)
class ReadRow:
    """`digest` tells this version of the row from every other."""

    digest: str
    at: datetime | None
    told: Told | None
    problem: str = ""


class RowReader:
    """Rows of one view."""

    def __init__(self, view: View, zone: ZoneInfo) -> None:
        self._view = view
        self._zone = zone

    def read(self, row: dict[str, Any]) -> ReadRow:
        """Never raises: what cannot be taken says so."""
        digest = self._digest(row)
        at: datetime | None = None
        try:
            at = self._stamp(row)
            return ReadRow(digest, at, self._told(row, at, digest))
        except RowProblem as error:
            return ReadRow(digest, at, None, str(error))

    def _digest(self, row: dict[str, Any]) -> str:
        columns = sorted({*self._view.columns.values(), self._view.timestamp})
        text = repr([(name, row.get(name.lower())) for name in columns])
        return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()

    def _stamp(self, row: dict[str, Any]) -> datetime:
        value = row.get(self._view.timestamp.lower())
        if isinstance(value, str) and self._view.timestamp_is == "text":
            try:
                when = datetime.strptime(value.strip(), self._view.timestamp_format)
            except ValueError as error:
                raise RowProblem("time_unreadable", "timestamp") from error
            return when.replace(tzinfo=self._zone).astimezone(UTC)
        found = self._time_of(value, "timestamp", is_utc=self._view.timestamp_is == "utc")
        if found is None:
            raise RowProblem("value_missing", "timestamp")
        return found

    def _raw(self, row: dict[str, Any], fact: str) -> Any:
        column = self._view.columns.get(fact)
        value = row.get(column.lower()) if column else None
        return value if value is not None else self._view.constants.get(fact)

    def _text(self, row: dict[str, Any], fact: str, limit: int) -> str:
        value = self._raw(row, fact)
        match value:
            case None:
                text = ""
            case bytes() | bytearray() | memoryview():
                text = self._decoded(bytes(value), fact)
            case float() | Decimal():
                text = f"{value:f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))
            case _:
                text = str(value)
        if self._view.reread_as and isinstance(value, str):
            text = self._reread(text, fact)
        text = text.replace("\x00", "").strip()
        return self._view.values.get(fact, {}).get(text, text)[:limit]

    def _decoded(self, value: bytes, fact: str) -> str:
        for codec in filter(None, (self._view.reread_as, "utf-8", "gb18030")):
            try:
                return value.decode(codec)
            except UnicodeDecodeError:
                continue
        raise RowProblem("charset", fact)

    def _reread(self, text: str, fact: str) -> str:
        """Text that the database calls Latin-1 and that is not."""
        try:
            return text.encode("latin-1").decode(self._view.reread_as)
        except UnicodeEncodeError:
            return text
        except UnicodeDecodeError as error:
            raise RowProblem("charset", fact) from error

    def _needed(self, row: dict[str, Any], fact: str) -> str:
        text = self._text(row, fact, 64)
        if not text:
            raise RowProblem("value_missing", fact)
        return text

    def _time(self, row: dict[str, Any], fact: str) -> datetime | None:
        return self._time_of(self._raw(row, fact), fact)

    def _time_of(self, value: Any, fact: str, *, is_utc: bool = False) -> datetime | None:
        if value is None or value == "":
            return None
        zone = UTC if is_utc else self._zone
        try:
            if isinstance(value, datetime):
                return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)
            if isinstance(value, date):
                return datetime(value.year, value.month, value.day, tzinfo=zone).astimezone(UTC)
            text = str(value).strip()
            parts = _SEPARATED.fullmatch(text.split(".")[0])
            if parts:
                numbers = [int(part or 0) for part in parts.groups()]
                return datetime(*numbers, tzinfo=zone).astimezone(UTC)  # type: ignore[misc,arg-type]
        except (ValueError, OverflowError) as error:
            raise RowProblem("time_unreadable", fact) from error
        found = parse_time(text, self._zone)
        if found is None:
            raise RowProblem("time_unreadable", fact)
        return found

    def _told(self, row: dict[str, Any], at: datetime, digest: str) -> Told:
        patient = self._patient(row)
        kind = PATIENT_TYPES.get(self._text(row, "patient_type", 16), PatientType.UNKNOWN)
        view = self._view
        if view.kind == "patients":
            ward = self._text(row, "ward", 64)
            return PatientMessage(view.sender, digest[:32], at, patient, kind, ward)
        common: dict[str, Any] = {
            "sender": view.sender, "control_id": digest[:32], "sent_at": at, "patient": patient,
            "accession_number": self._needed(row, "accession_number"),
            "campus": self._text(row, "campus", 64),
            "procedure": self._text(row, "procedure", 256),
            "modality": self._text(row, "modality", 16),
            "patient_type": kind,
            "study_instance_uid": self._text(row, "study_instance_uid", 64),
        }  # fmt: skip
        if view.kind == "exams":
            return OrderMessage(
                **common,
                body_part=self._text(row, "body_part", 64),
                scheduled_at=self._time(row, "scheduled_at"),
                is_cancelled=self._text(row, "is_cancelled", 16).lower() in _TRUE,
            )
        return self._report(row, common, at)

    def _report(self, row: dict[str, Any], common: dict[str, Any], at: datetime) -> ReportMessage:
        state = self._text(row, "state", 32)
        if state not in _STATES:
            raise RowProblem("state_unknown", "state")
        return ReportMessage(
            **common,
            state=_STATES[state],
            reported_at=self._time(row, "reported_at") or at,
            findings=self._text(row, "findings", 1 << 20),
            impression=self._text(row, "impression", 1 << 20),
            reporter=self._text(row, "reporter", 64),
            reviewer=self._text(row, "reviewer", 64),
            pdf=self._pdf(row),
        )

    def _patient(self, row: dict[str, Any]) -> PatientFacts:
        birth = self._time(row, "birth_date")
        return PatientFacts(
            patient_number=self._needed(row, "patient_number"),
            name=self._text(row, "name", 128),
            sex=SEXES.get(self._text(row, "sex", 8), ""),
            birth_date=birth.astimezone(self._zone).date() if birth else None,
            id_card=self._text(row, "id_card", 32).upper(),
            phone=re.sub(r"[^\d+]", "", self._text(row, "phone", 40))[:20],
            issuer=self._view.patient_issuer,
        )

    def _pdf(self, row: dict[str, Any]) -> bytes | None:
        """A binary column, or base64 text."""
        value = self._raw(row, "pdf")
        if value is None or value in ("", b""):
            return None
        data = bytes(value) if not isinstance(value, str) else b""
        if not data.startswith(b"%PDF-"):
            text = value if isinstance(value, str) else data.decode("latin-1")
            try:
                data = base64.b64decode(re.sub(r"\s", "", text), validate=True)
            except (binascii.Error, ValueError) as error:
                raise RowProblem("pdf_broken", "pdf") from error
        if not data.startswith(b"%PDF-"):
            raise RowProblem("pdf_broken", "pdf")
        return data
