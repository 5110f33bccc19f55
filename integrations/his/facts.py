"""An HL7 message becomes an order or a report in our words (`domain/messages.py`)."""

import base64
import binascii
import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from domain.exam import PatientType
from domain.messages import OrderMessage, PatientFacts, ReportMessage, ReportState, Sex
from integrations.his.hl7_text import Message, MessageRefused, Segment
from integrations.his.senders import Place, SenderMap

_PATIENT_TYPES = {
    "I": PatientType.INPATIENT, "住院": PatientType.INPATIENT,
    "O": PatientType.OUTPATIENT, "门诊": PatientType.OUTPATIENT,
    "E": PatientType.EMERGENCY, "急诊": PatientType.EMERGENCY,
    "P": PatientType.CHECKUP, "T": PatientType.CHECKUP, "体检": PatientType.CHECKUP,
}  # fmt: skip
_SEXES: dict[str, Sex] = {"M": "M", "F": "F", "男": "M", "女": "F", "1": "M", "2": "F", "O": "O"}
_STATES: dict[str, ReportState] = {
    "F": "final", "": "final", "C": "corrected", "A": "corrected", "P": "preliminary",
    "R": "preliminary", "S": "preliminary", "I": "preliminary", "D": "withdrawn", "X": "withdrawn",
}  # fmt: skip
_CANCELLING = frozenset(("CA", "OC", "CR", "UC", "DC"))
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d{1,6})?([+-]\d{4})?")


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """TS of any precision; local times are the hospital's. None where it is no time."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        when = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59),
        )  # fmt: skip
    except ValueError:
        return None
    if offset:
        shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
        return when.replace(tzinfo=timezone(shift if offset[0] == "+" else -shift)).astimezone(UTC)
    return when.replace(tzinfo=zone).astimezone(UTC)


class Facts:
    """Reads one message through its sender's map."""

    def __init__(self, message: Message, sender_map: SenderMap, zone: ZoneInfo) -> None:
        self.message = message
        self.map = sender_map
        self.zone = zone

    def _at(self, place: Place, group: "dict[str, Segment] | None" = None) -> str:
        segment = (group or {}).get(place.segment) or self.message.first(place.segment)
        if not place.id_type:
            return segment.get(place.field, place.component)
        for number, text in enumerate(segment.repetitions(place.field)):
            if segment.component(text, 5) == place.id_type:
                return segment.get(place.field, place.component, number)
        return ""

    def find(self, places: tuple[Place, ...], group: "dict[str, Segment] | None" = None) -> str:
        for place in places:
            value = self._at(place, group)
            if value:
                return value
        return ""

    def time(
        self, places: tuple[Place, ...], group: "dict[str, Segment] | None" = None
    ) -> datetime | None:
        for place in places:
            when = parse_time(self._at(place, group), self.zone)
            if when is not None:
                return when
        return None

    @property
    def sender(self) -> str:
        return self.message.header.sending_application[:64] or "HL7"

    @property
    def control_id(self) -> str:
        return self.message.header.control_id

    def sent_at(self, received_at: datetime) -> datetime:
        """MSH-7; the time of receipt where the sender says none."""
        return parse_time(self.message.get("MSH", 7), self.zone) or received_at

    def campus(self) -> str:
        sent = self.find(self.map.campus)
        return self.map.campus_names.get(sent, sent)[:64]

    def patient(self) -> PatientFacts:
        number = self.find(self.map.patient_number)
        if not number:
            raise MessageRefused("AE", "patient_number_missing", "PID-3")
        pid = self.message.first("PID")
        day = parse_time(pid.get(7)[:8], self.zone) if pid.get(7) else None
        birth: date | None = day.astimezone(self.zone).date() if day else None
        family, given = pid.get(5, 1), pid.get(5, 2)
        name = self.find(self.map.name)
        if name == family and given:
            joiner = "" if any("\u2e80" <= c <= "\u9fff" for c in family + given) else " "
            name = family + joiner + given
        return PatientFacts(
            patient_number=number[:64],
            name=name[:128],
            sex=_SEXES.get(pid.get(8), ""),
            birth_date=birth,
            id_card=self.find(self.map.id_card).upper()[:32],
            phone=re.sub(r"[^\d+]", "", self.find(self.map.phone))[:20],
        )

    def patient_type(self) -> PatientType:
        return _PATIENT_TYPES.get(self.find(self.map.patient_type), PatientType.UNKNOWN)

    def _accession(self, group: "dict[str, Segment]") -> str:
        number = self.find(self.map.accession_number, group)
        if not number:
            raise MessageRefused("AE", "accession_number_missing", "OBR-18")
        return number[:64]

    def orders(self, received_at: datetime) -> list[OrderMessage]:
        """One order for each ORC/OBR pair."""
        groups = self._groups()
        if not groups:
            raise MessageRefused("AE", "order_missing", "OBR")
        return [
            OrderMessage(
                sender=self.sender,
                control_id=self.control_id,
                sent_at=self.sent_at(received_at),
                patient=self.patient(),
                accession_number=self._accession(group),
                campus=self.campus(),
                procedure=self.find(self.map.procedure, group)[:256],
                body_part=self.find(self.map.body_part, group)[:64],
                modality=self.find(self.map.modality, group)[:16],
                patient_type=self.patient_type(),
                scheduled_at=self.time(self.map.scheduled_at, group),
                study_instance_uid=self.find(self.map.study_instance_uid)[:64],
                is_cancelled=group["ORC"].get(1) in _CANCELLING if "ORC" in group else False,
            )
            for group in groups
        ]

    def _groups(self) -> "list[dict[str, Segment]]":
        """ORC and OBR that belong together, in the order they stand."""
        orcs, obrs = self.message.segments("ORC"), self.message.segments("OBR")
        groups: list[dict[str, Segment]] = []
        for number, obr in enumerate(obrs):
            group = {"OBR": obr}
            if number < len(orcs):
                group["ORC"] = orcs[number]
            groups.append(group)
        return groups or [{"ORC": orc} for orc in orcs]

    def report(self, received_at: datetime) -> ReportMessage:
        """The report of the message's first OBR, with all its OBX."""
        groups = self._groups()
        if not groups:
            raise MessageRefused("AE", "report_missing", "OBR")
        group = groups[0]
        status = self.find(self.map.result_status, group)
        if status not in _STATES:
            raise MessageRefused("AE", "result_status_unknown", "OBR-25")
        findings, impression, pdf = self._observations()
        sent_at = self.sent_at(received_at)
        return ReportMessage(
            sender=self.sender,
            control_id=self.control_id,
            sent_at=sent_at,
            patient=self.patient(),
            accession_number=self._accession(group),
            campus=self.campus(),
            procedure=self.find(self.map.procedure, group)[:256],
            modality=self.find(self.map.modality, group)[:16],
            patient_type=self.patient_type(),
            state=_STATES[status],
            reported_at=self.time(self.map.reported_at, group) or sent_at,
            findings=findings,
            impression=impression,
            reporter=self._person(self.map.reporter, group),
            reviewer=self._person(self.map.reviewer, group),
            pdf=pdf,
            study_instance_uid=self.find(self.map.study_instance_uid)[:64],
        )

    def _person(self, places: tuple[Place, ...], group: "dict[str, Segment]") -> str:
        """A name: `id^name`, or the name alone; sub-components of OBR-32 are `id&name`."""
        text = self.find(places, group)
        return text.split("&")[1] if text.count("&") else text

    def _observations(self) -> tuple[str, str, bytes | None]:
        findings: list[str] = []
        impression: list[str] = []
        pdf: bytes | None = None
        for obx in self.message.segments("OBX"):
            kind = obx.get(2)
            names = {obx.get(3, 1), obx.get(3, 2)}
            if kind in ("TX", "FT", "ST"):
                if names & set(self.map.findings_codes):
                    findings.append(obx.text(5))
                elif names & set(self.map.impression_codes):
                    impression.append(obx.text(5))
                elif obx.raw(5).startswith("JVBERi"):
                    pdf = _pdf(obx.raw(5))
            elif kind == "ED":
                pdf = _pdf(obx.raw(5).split("^")[-1]) or pdf
        return "\n".join(findings), "\n".join(impression), pdf


def _pdf(text: str) -> bytes | None:
    """Base64 text to a PDF; a refusal where it claims to be one and is not."""
    text = re.sub(r"\\\.br\\|\\X0[DA]\\|\s", "", text)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MessageRefused("AE", "pdf_broken", "OBX-5") from error
    if not data.startswith(b"%PDF-"):
        raise MessageRefused("AE", "pdf_broken", "OBX-5")
    return data
