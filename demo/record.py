"""What a demonstration leaves behind: its secrets (so that a second start finds its data again)
and `demo.json`, the contract for everything that drives it."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class ShownExam:
    """One examination of the demonstration; `digits` is what the page asks for."""

    accession_number: str
    patient_id: str
    patient_name: str
    modality: str
    digits: str
    images: int  # how many must be there; of own files each, whatever they hold
    is_own: bool = False
    status: str = ""
    code_url: str = ""


@dataclass(slots=True)
class Memory:
    """Kept in the data folder, readable by its owner only."""

    admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    doctor_password: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    ris_token: str = ""
    oauth_client_id: str = ""
    oauth_client_secret: str = ""
    exams: list[ShownExam] = field(default_factory=list)
    is_complete: bool = False

    @classmethod
    def load(cls, data_dir: Path) -> "Memory":
        try:
            values = json.loads(_memory_file(data_dir).read_text("utf-8"))
            exams = [ShownExam(**one) for one in values.pop("exams")]
            return cls(exams=exams, **values)
        except (OSError, ValueError, TypeError, KeyError):
            return cls()

    def save(self, data_dir: Path) -> None:
        write_atomically(_memory_file(data_dir), asdict(self))


def _memory_file(data_dir: Path) -> Path:
    return data_dir / "demo-memory.json"


def write_atomically(path: Path, value: dict[str, Any]) -> None:
    """A reader sees the old file or the whole new one; its owner alone may read it."""
    draft = path.with_suffix(".draft")
    handle = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
