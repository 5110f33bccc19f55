"""What every HL7 message says: who sent it when, whom it is about. `orders`, `reports` and
`patients` beside this read the rest into our words (`domain/messages.py`)."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from domain.exam import PatientType
from domain.messages import PatientFacts, Sex
from integrations.his.groups import Group, Groups
from integrations.his.hl7_text import Message, MessageRefused, Segment
from integrations.his.senders import Place, SenderMap

PATIENT_TYPES = {
    "I": PatientType.INPATIENT, "住院": PatientType.INPATIENT,
    "O": PatientType.OUTPATIENT, "门诊": PatientType.OUTPATIENT,
    "E": PatientType.EMERGENCY, "急诊": PatientType.EMERGENCY,
    "P": PatientType.CHECKUP, "T": PatientType.CHECKUP, "体检": PatientType.CHECKUP,
}  # fmt: skip
SEXES: dict[str, Sex] = {"M": "M", "F": "F", "男": "M", "女": "F", "1": "M", "2": "F", "O": "O"}
_TIME = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.\d{1,6})?([+-]\d{4})?")


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """TS of any precision; local times are the hospital's. None where it is no time."""
    match = _TIME.fullmatch(text.strip()) if text.isascii() else None
    if match is None:
        return None
    year, month, day, hour, minute, second, offset = match.groups()
    try:
        when = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59),
        )  # fmt: skip
        if offset:
            shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5]))
            where = timezone(shift if offset[0] == "+" else -shift)
            return when.replace(tzinfo=where).astimezone(UTC)
        return when.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):  # the 31st of February, the year 0, 99 hours from UTC
        return None


def shown_name(whole: str, family: str, given: str) -> str:
    """How a name of parts is written: 欧阳明轩, John Smith stays as its parts stand."""
    if whole != family or not given:
        return whole
    joiner = "" if any("\u2e80" <= c <= "\u9fff" for c in family + given) else " "
    return family + joiner + given


class Facts:
    """Reads one message through its sender's map."""

    def __init__(self, message: Message, sender_map: SenderMap, zone: ZoneInfo) -> None:
        self.message = message
        self.map = sender_map
        self.zone = zone
        self.groups = Groups(message)

    def _at(self, place: Place, group: Group | None) -> str:
        segment = self.groups.find(place.segment, group)
        if not place.id_type:
            return segment.get(place.field, place.component)
        for number, text in enumerate(segment.repetitions(place.field)):
            if segment.component(text, 5) == place.id_type:
                return segment.get(place.field, place.component, number)
        return ""

    def find(self, places: tuple[Place, ...], group: Group | None = None) -> str:
        for place in places:
            value = self._at(place, group)
            if value:
                return value
        return ""

    def time(self, places: tuple[Place, ...], group: Group | None = None) -> datetime | None:
        for place in places:
            when = parse_time(self._at(place, group), self.zone)
            if when is not None:
                return when
        return None

    @property
    def sender(self) -> str:
        return self.message.header.sending_application[:64] or "HL7"

    @property
    def issuer(self) -> str:
        return self.map.patient_issuer[:64] or self.sender

    @property
    def control_id(self) -> str:
        return self.message.header.control_id

    def sent_at(self, received_at: datetime) -> datetime:
        """MSH-7; the time of receipt where the sender says none."""
        return parse_time(self.message.get("MSH", 7), self.zone) or received_at

    def campus(self) -> str:
        sent = self.find(self.map.campus)
        return self.map.campus_names.get(sent, sent)[:64]

    def patient(self, group: Group | None = None) -> PatientFacts:
        number = self.find(self.map.patient_number, group)
        if not number:
            raise MessageRefused("AE", "patient_number_missing", "PID-3")
        pid = self.groups.find("PID", group)
        name = shown_name(self.find(self.map.name, group), pid.get(5, 1), pid.get(5, 2))
        return PatientFacts(
            patient_number=number[:64],
            name=name[:128],
            sex=SEXES.get(pid.get(8), ""),
            birth_date=self._birth_date(pid),
            id_card=self.find(self.map.id_card, group).upper()[:32],
            phone=re.sub(r"[^\d+]", "", self.find(self.map.phone, group))[:20],
            issuer=self.map.patient_issuer[:64],
        )

    def _birth_date(self, pid: Segment) -> date | None:
        day = parse_time(pid.get(7)[:8], self.zone) if pid.get(7) else None
        return day.astimezone(self.zone).date() if day else None

    def patient_type(self, group: Group | None = None) -> PatientType:
        return PATIENT_TYPES.get(self.find(self.map.patient_type, group), PatientType.UNKNOWN)

    def ward(self, group: Group | None = None) -> str:
        return self.find(self.map.ward, group)[:64]

    def accession(self, group: Group) -> str:
        number = self.find(self.map.accession_number, group)
        if not number:
            raise MessageRefused("AE", "accession_number_missing", "OBR-18")
        return number[:64]
