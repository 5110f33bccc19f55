"""Which stored objects a WADO-RS address names, for a viewer who may see them."""

from dataclasses import dataclass

from domain.access import Viewer
from domain.errors import Invalid, NotFound, Refused
from imaging.dicom.uid import is_valid_uid
from storage.records import catalogue
from storage.records.catalogue import Criteria, OneOf

MAX_INSTANCES = 50_000


@dataclass(frozen=True, slots=True)
class WebInstance:
    """One object: its place in the hierarchy and in the store."""

    study_instance_uid: str
    series_instance_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    object_key: str
    sha256: str
    size: int
    exam_id: int | None

    @property
    def path(self) -> str:
        """Below the service's root."""
        return (
            f"/studies/{self.study_instance_uid}/series/{self.series_instance_uid}"
            f"/instances/{self.sop_instance_uid}"
        )


async def select_instances(
    viewer: Viewer, study: str, series: str = "", instance: str = ""
) -> list[WebInstance]:
    """By series and instance number. Invalid for what is no UID; NotFound when nothing is there
    that the viewer may see, which is never told from what is not there."""
    criteria: Criteria = {}
    for keyword, uid in (
        ("StudyInstanceUID", study), ("SeriesInstanceUID", series), ("SOPInstanceUID", instance)
    ):  # fmt: skip
        if uid:
            criteria[keyword] = OneOf((checked_uid(uid),))
    rows = await catalogue.instances_of(viewer, criteria, limit=MAX_INSTANCES + 1)
    if not rows:
        raise NotFound("instances_not_found", "没有找到这些影像。")
    if len(rows) > MAX_INSTANCES:
        raise Refused("too_many_matches", detail=f"more than {MAX_INSTANCES} instances")
    return [
        WebInstance(
            row["study_instance_uid"], row["series_instance_uid"], row["sop_instance_uid"],
            row["sop_class_uid"], row["transfer_syntax_uid"], row["object_key"], row["sha256"],
            row["size"], row["exam_id"],
        )
        for row in rows
    ]  # fmt: skip


def checked_uid(uid: str) -> str:
    """Invalid when it breaks PS3.5 9.1."""
    if not is_valid_uid(uid):
        raise Invalid("uid_malformed", "地址里的标识不对。", detail="not a UID")
    return uid
