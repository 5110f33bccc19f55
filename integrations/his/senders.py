"""Where each fact stands in a sender's messages: configuration, with the usual places as defaults.

A place is written `SEG-field` or `SEG-field.component`; alternatives follow each other and the
first that holds something wins. `PID-3[NI]` is the repetition whose type (component 5) is NI.
"""

import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

# what a hospital may call 影像号, in our words; the first that holds something is shown
IMAGING_NUMBERS = ("patient_number", "accession_number", "study_id")
_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,2}))?(?:\[(\w+)\])?")


@dataclass(frozen=True, slots=True)
class Place:
    """One address inside a message."""

    segment: str
    field: int
    component: int = 1
    id_type: str = ""


def parse_place(text: str) -> Place:
    """ValueError names what is wrong."""
    match = _PLACE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no place such as PID-3, OBR-4.2 or PID-3[NI]")
    segment, number, component, id_type = match.groups()
    return Place(segment, int(number), int(component or 1), id_type or "")


def _places(*texts: str) -> tuple[Place, ...]:
    return tuple(parse_place(text) for text in texts)


@dataclass(frozen=True, slots=True)
class SenderMap:
    """One sender's places; the defaults are the tender's."""

    patient_number: tuple[Place, ...] = _places("PID-3")
    id_card: tuple[Place, ...] = _places("PID-3[NI]", "PID-19")
    phone: tuple[Place, ...] = _places("PID-13")
    name: tuple[Place, ...] = _places("PID-5")
    patient_type: tuple[Place, ...] = _places("PV1-2")
    ward: tuple[Place, ...] = _places("PV1-3", "PV1-3.4")
    accession_number: tuple[Place, ...] = _places("OBR-18", "OBR-3", "ORC-3", "OBR-2", "ORC-2")
    procedure: tuple[Place, ...] = _places("OBR-4.2", "OBR-4")
    body_part: tuple[Place, ...] = _places("OBR-15.4", "OBR-4.1")
    scheduled_at: tuple[Place, ...] = _places("OBR-7", "TQ1-7", "ORC-7.4", "OBR-36")
    modality: tuple[Place, ...] = _places("OBR-24")
    reported_at: tuple[Place, ...] = _places("OBR-22")
    result_status: tuple[Place, ...] = _places("OBR-25")
    reporter: tuple[Place, ...] = _places("OBR-32")
    reviewer: tuple[Place, ...] = _places("OBR-31")
    study_instance_uid: tuple[Place, ...] = _places("ZDS-1")
    campus: tuple[Place, ...] = _places("MSH-4")
    findings_codes: tuple[str, ...] = (
        "DE04.50.131.00", "检查所见", "影像所见", "FINDING", "FINDINGS", "GDT",
    )  # fmt: skip
    impression_codes: tuple[str, ...] = (
        "DE04.50.132.00", "诊断意见", "印象", "影像诊断", "检查结论", "IMPRESSION", "IMP",
    )  # fmt: skip
    imaging_number: tuple[str, ...] = ("patient_number", "accession_number")
    campus_names: dict[str, str] = field(default_factory=dict)  # as sent -> as shown
    default_charset: str = ""  # when MSH-18 is empty
    patient_issuer: str = ""  # who gives its patients their numbers; the sender itself when empty
    # as MSH-15 and MSH-16 ask, but AL with NE is answered AA, AE or AR; "as_asked": to the letter;
    # "original": AA, AE, AR whatever they say
    acknowledge: Literal["usual", "as_asked", "original"] = "usual"


@dataclass(frozen=True, slots=True)
class Senders:
    """Maps by sending application (MSH-3); `*` is the default."""

    maps: dict[str, SenderMap] = field(default_factory=dict)

    def of(self, sending_application: str) -> SenderMap:
        return self.maps.get(sending_application) or self.maps.get("*") or SenderMap()

    def default_charset(self, sending_application: str) -> str:
        return self.of(sending_application).default_charset


def imaging_numbers(senders: Senders) -> dict[str, tuple[str, ...]]:
    """What 影像号 means, by sender; `*` for all others."""
    found = {name: one.imaging_number for name, one in senders.maps.items()}
    return {"*": SenderMap().imaging_number} | found


def load_senders(path: Path | None) -> Senders:
    """Read the TOML file; ValueError says which sender and which key is wrong."""
    if path is None:
        return Senders()
    tables = tomllib.loads(path.read_text("utf-8"))
    known = {f.name for f in fields(SenderMap)}
    maps = {}
    for sender, table in tables.items():
        if not isinstance(table, dict):
            raise ValueError(f"senders: {sender} must be a table")
        changes: dict[str, object] = {}
        for key, value in table.items():
            if key not in known:
                raise ValueError(f"senders: [{sender}] has an unknown key {key!r}")
            changes[key] = _value(sender, key, value)
        maps[sender] = replace(SenderMap(), **changes)  # type: ignore[arg-type]
    return Senders(maps)


def _value(sender: str, key: str, value: object) -> object:
    if key == "campus_names":
        if not isinstance(value, dict):
            raise ValueError(f"senders: [{sender}] {key} must be a table")
        return {str(k): str(v) for k, v in value.items()}
    if key == "acknowledge" and value not in ("usual", "as_asked", "original"):
        raise ValueError(f"senders: [{sender}] acknowledge is usual, as_asked or original")
    if key in ("default_charset", "patient_issuer", "acknowledge"):
        return str(value)
    several = value if isinstance(value, list) else [value]
    if key == "imaging_number":
        if not several or not set(several) <= set(IMAGING_NUMBERS):
            raise ValueError(f"senders: [{sender}] {key} is one or more of {IMAGING_NUMBERS}")
        return tuple(several)
    if key.endswith("_codes"):
        return tuple(str(part) for part in several)
    try:
        return tuple(parse_place(str(part)) for part in several)
    except ValueError as error:
        raise ValueError(f"senders: [{sender}] {key}: {error}") from error
