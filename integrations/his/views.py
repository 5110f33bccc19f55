"""Hospital database views that are read (tender B2.2): a TOML table each (`CLOUDFILM_VIEWS_FILE`).

[ris_exams]
kind = "exams"                                  # or patients, reports
url = "mysql://reader@10.1.2.9:3306/ris"        # postgresql, mysql, mssql, oracle
password_file = "/etc/cloudfilm/ris.password"
sender = "RIS"                                  # as in HL7 (MSH-3): the same natural keys
sql = "SELECT * FROM v_exam WHERE changed_at >= :since ORDER BY changed_at"
timestamp = "changed_at"
columns = { patient_number = "pid", name = "xm", accession_number = "jch" }
"""

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

Kind = Literal["patients", "exams", "reports"]
_PATIENT = (
    "patient_number", "name", "sex", "birth_date", "id_card", "phone", "patient_type", "ward",
)  # fmt: skip
_EXAM = ("accession_number", "campus", "procedure", "modality", "study_instance_uid")
COLUMNS: dict[str, tuple[str, ...]] = {
    "patients": _PATIENT,
    "exams": (*_PATIENT, *_EXAM, "body_part", "scheduled_at", "is_cancelled"),
    "reports": (
        *_PATIENT, *_EXAM, "state", "reported_at", "findings", "impression", "reporter",
        "reviewer", "pdf",
    ),
}  # fmt: skip
NEEDED = {
    "patients": ("patient_number",),
    "exams": ("patient_number", "accession_number"),
    "reports": ("patient_number", "accession_number"),
}
DIALECTS = {
    "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg",
    "mysql": "mysql+aiomysql", "mariadb": "mysql+aiomysql",
    "mssql": "mssql+pymssql", "sqlserver": "mssql+pymssql",
    "oracle": "oracle+oracledb",
}  # fmt: skip
TIMESTAMPS = ("local", "utc", "aware", "text")


@dataclass(frozen=True, slots=True)
class View:
    """`values` puts our words in place of the hospital's, `constants` what no column tells."""

    name: str
    kind: Kind
    url: str
    sql: str
    timestamp: str
    columns: dict[str, str]
    sender: str
    patient_issuer: str = ""
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    password_file: str = ""
    timestamp_is: str = "local"
    timestamp_format: str = "%Y%m%d%H%M%S"
    charset: str = ""
    reread_as: str = ""
    poll_s: float = 60
    overlap_s: float = 300
    first_days: float = 7
    time_limit_s: float = 60

    @property
    def dialect(self) -> str:
        return DIALECTS[self.url.split(":", 1)[0].split("+", 1)[0]]


_NUMBERS = ("poll_s", "overlap_s", "first_days", "time_limit_s")
_TABLES = ("columns", "constants", "values")


def load_views(path: Path | None) -> tuple[View, ...]:
    """Read the TOML file; ValueError says which view and which key is wrong, never a password."""
    if path is None:
        return ()
    tables = tomllib.loads(path.read_text("utf-8"))
    return tuple(_view(name, table) for name, table in tables.items())


def _view(name: str, table: Any) -> View:
    known = {one.name for one in fields(View)} - {"name"}
    if not isinstance(table, dict) or not re.fullmatch(r"[\w-]{1,50}", name):
        raise ValueError(f"views: {name} must be a short name with a table")
    for key, value in table.items():
        if key not in known:
            raise ValueError(f"views: [{name}] has an unknown key {key!r}")
        kind = dict if key in _TABLES else (int, float) if key in _NUMBERS else str
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ValueError(f"views: [{name}] {key} has a value of the wrong kind")
    for key in ("kind", "url", "sql", "timestamp", "columns", "sender"):
        if not table.get(key):
            raise ValueError(f"views: [{name}] needs {key}")
    view = View(name=name, **table)
    _check(view)
    return view


def _check(view: View) -> None:
    def wrong(key: str, why: str) -> ValueError:
        return ValueError(f"views: [{view.name}] {key} {why}")

    if view.kind not in COLUMNS:
        raise wrong("kind", "is patients, exams or reports")
    if view.url.split(":", 1)[0].split("+", 1)[0] not in DIALECTS:
        raise wrong("url", "begins with postgresql://, mysql://, mssql:// or oracle://")
    if view.timestamp_is not in TIMESTAMPS:
        raise wrong("timestamp_is", f"is one of {', '.join(TIMESTAMPS)}")
    _check_sql(view, wrong)
    told = {**view.columns, **view.constants}
    for key in [*told, *view.values]:
        if key not in COLUMNS[view.kind]:
            raise wrong("columns", f"cannot hold {key!r}; {view.kind} have {COLUMNS[view.kind]}")
    for key in NEEDED[view.kind]:
        if key not in told:
            raise wrong("columns", f"must say which column is {key}")
    for key in _NUMBERS:
        if getattr(view, key) < (0 if key == "overlap_s" else 0.05):
            raise wrong(key, "is too small")


def _check_sql(view: View, wrong: Any) -> None:
    """One SELECT with :since. The database is asked to keep us from writing as well."""
    sql = view.sql.strip().rstrip(";").strip()
    if not re.match(r"(?is)(select|with)\b", sql) or ";" in sql:
        raise wrong("sql", "must be one SELECT")
    if not re.search(r"(?<!:):since\b", sql):
        raise wrong("sql", "must hold :since, from when on rows are wanted")
