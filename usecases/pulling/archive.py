"""A PACS from which we fetch, as use cases see it. `workers/puller_archive.py` is the real one."""

from dataclasses import dataclass
from typing import Protocol

from usecases.pulling.windows import Window


@dataclass(frozen=True, slots=True)
class RemoteStudy:
    """What the PACS says of a study; `instances` None where it does not count."""

    study_instance_uid: str
    study_date: str = ""
    study_time: str = ""
    modalities: tuple[str, ...] = ()
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteSeries:
    series_instance_uid: str
    instances: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteInstance:
    sop_instance_uid: str
    sop_class_uid: str = ""


class RemoteArchive(Protocol):
    """Every method raises Unavailable when the PACS cannot be reached or breaks off, and Refused
    when it says no to this one operation."""

    async def find_studies(self, window: Window) -> list[RemoteStudy]: ...

    async def find_study(self, study_instance_uid: str) -> RemoteStudy | None: ...

    async def find_series(self, study_instance_uid: str) -> list[RemoteSeries]: ...

    async def find_instances(
        self, study_instance_uid: str, series_instance_uid: str
    ) -> list[RemoteInstance]: ...

    async def fetch(
        self, study_instance_uid: str, series_instance_uid: str, instances: list[RemoteInstance],
        *, is_whole_series: bool,
    ) -> str:  # fmt: skip
        """Have them sent here and stored; "" or what the PACS said of those that it did not send.
        What has really come is asked of the database, not of the PACS."""
