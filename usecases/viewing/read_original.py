"""The original file of an instance, exactly as it was sent (tender D8.2), and its tags."""

from dataclasses import dataclass

from domain.access import Viewer
from domain.errors import NotFound
from storage.records.imaging import Instance, Series
from usecases.viewing.read_images import ReadyPlace, series_for


@dataclass(frozen=True, slots=True)
class Original:
    """Where the file lies, and a name that tells nobody's name."""

    key: str
    size: int
    file_name: str
    exam_id: int


async def original_of(viewer: Viewer, series_id: str, sop_instance_uid: str) -> Original:
    """NotFound when it is not there or not the viewer's."""
    series = await series_for(viewer, series_id)
    instance = await Instance.get_or_none(series=series, sop_instance_uid=sop_instance_uid[:64])
    if instance is None:
        raise NotFound("instance_not_found", "没有找到这幅影像的原始文件。")
    numbers = f"{series.series_number or 0}-{instance.instance_number or 0}"
    modality = "".join(c for c in series.modality if c.isascii() and c.isalnum()) or "image"
    exam_id: int = series.study.exam_id  # type: ignore[attr-defined]
    return Original(instance.object_key, instance.size, f"{modality}-{numbers}.dcm", exam_id)


def tags_place(series: Series) -> ReadyPlace:
    """NotFound("tags_not_ready") for what was rendered before tags were kept, or has no image."""
    if not series.tags_key:
        raise NotFound("tags_not_ready", "这组影像的标签还没有准备好。")
    tag = f"{series.public_id}-{series.rendered_revision}-tags"
    return ReadyPlace(series.tags_key, 0, None, is_gzip=True, etag=tag)
