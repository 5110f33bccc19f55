"""Who is told what by HL7: a TOML table a destination (`CLOUDFILM_DESTINATIONS_FILE`).

[RIS]
host = "10.1.2.3"
port = 2576
events = ["code", "status", "report"]  # left out: all
code_in = "ZQR"                        # a Z-segment by name, or "OBX"
"""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

EVENTS = ("code", "status", "report")
MESSAGES = ("ORU^R01", "ORM^O01")
CHARSETS = {"UTF-8": ("utf-8", "UNICODE UTF-8"), "GB18030": ("gb18030", "GB 18030-2000")}


@dataclass(frozen=True, slots=True)
class Destination:
    """`senders` and `campuses` empty: examinations of all."""

    name: str
    host: str
    port: int
    events: tuple[str, ...] = EVENTS
    senders: tuple[str, ...] = ()
    campuses: tuple[str, ...] = ()
    sending_application: str = "CLOUDFILM"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    version: str = "2.4"
    charset: str = "UTF-8"
    code_message: str = "ORU^R01"
    code_in: str = "OBX"
    code_picture: bool = True
    report_pdf: bool = True
    timeout_s: float = 30
    max_refusals: int = 5

    def wants(self, *, sender: str, campus: str) -> bool:
        is_sender = not self.senders or sender in self.senders
        return is_sender and (not self.campuses or campus in self.campuses)


_KINDS: dict[str, type | tuple[type, ...]] = {
    "port": int, "max_refusals": int, "timeout_s": (int, float), "code_picture": bool,
    "report_pdf": bool,
}  # fmt: skip
_LISTS = ("events", "senders", "campuses")


def load_destinations(path: Path | None) -> tuple[Destination, ...]:
    """Read the TOML file; ValueError says which destination and which key is wrong."""
    if path is None:
        return ()
    tables = tomllib.loads(path.read_text("utf-8"))
    return tuple(_destination(name, table) for name, table in tables.items())


def _destination(name: str, table: Any) -> Destination:
    known = {field.name for field in fields(Destination)} - {"name"}
    if not isinstance(table, dict) or not 0 < len(name) <= 64:
        raise ValueError(f"destinations: {name} must be a name with a table")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"destinations: [{name}] has an unknown key {key!r}")
        values[key] = _value(name, key, value)
    for key in ("host", "port"):
        if not values.get(key):
            raise ValueError(f"destinations: [{name}] needs {key}")
    one = Destination(name=name, **values)
    _check(one)
    return one


def _value(name: str, key: str, value: Any) -> Any:
    if key in _LISTS:
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise ValueError(f"destinations: [{name}] {key} must be a list of texts")
        return tuple(value)
    kind = _KINDS.get(key, str)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"destinations: [{name}] {key} has a value of the wrong kind")
    return value


def _check(one: Destination) -> None:
    wrong = [
        ("port", not 0 < one.port <= 65535),
        ("events", not set(one.events) <= set(EVENTS)),
        ("charset", one.charset not in CHARSETS),
        ("code_message", one.code_message not in MESSAGES),
        ("code_in", one.code_in != "OBX" and not re.fullmatch(r"Z[A-Z0-9]{2}", one.code_in)),
        ("timeout_s", not 0 < one.timeout_s <= 600),
        ("max_refusals", not 0 < one.max_refusals <= 1000),
    ]
    for key, is_wrong in wrong:
        if is_wrong:
            raise ValueError(f"destinations: [{one.name}] {key} cannot be {getattr(one, key)!r}")
