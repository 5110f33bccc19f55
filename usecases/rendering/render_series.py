"""A series becomes its ready-made pictures (docs/web-format.md): one object of lossless frames, a
preview of all of them, a thumbnail, and the entry of the manifest; then, in one transaction, they
take the place of the older ones.

Files are decoded in threads without the interpreter lock; memory holds a few files, one reduced
picture a frame, and nothing else.
"""

import asyncio
import os
import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import Defect, NotFound
from domain.ports import ObjectStore
from imaging.errors import ImagingError, LimitExceeded
from imaging.output.preview import longest_side
from imaging.output.tag_pack import TagPack
from imaging.pixels.image_file import ImageFile
from imaging.volume.sorting import display_order
from storage.records.imaging import Instance, Series
from storage.records.rendition import NewRendition, instances_of, replace_rendition
from usecases.rendering.frame_spool import FrameSpool
from usecases.rendering.pictures import Pictures, draw_pictures
from usecases.rendering.render_instance import (
    NotAnImage,
    RenderedFrame,
    Source,
    open_image,
    render_frames,
)
from usecases.rendering.series_entry import series_entry
from usecases.rendering.superseded import clear_superseded, keys_of

T = TypeVar("T")
BATCH = 8  # frames of one file that a thread does before others get their turn
THREADS = min(8, max(2, os.cpu_count() or 2))


async def render_series(objects: ObjectStore, series_id: int, *, scratch: Path) -> None:
    """Render the series if it changed. `scratch` is a folder of the object store's file system.

    Safe to run twice and at the same time: the first to finish wins, the other's objects go.
    Raises Unavailable when storage or database are down; nothing has changed then.
    """
    series = await Series.get_or_none(id=series_id)
    if series is None or series.wanted_revision <= series.rendered_revision:
        return
    revision = series.wanted_revision
    instances = await instances_of(series_id)
    made: list[str] = []
    try:
        new = await _render(objects, series, revision, instances, scratch, made)
        is_first = await replace_rendition(series, new)
    except BaseException:
        await _delete(objects, made)
        raise
    if not is_first:
        await _delete(objects, made)


async def _render(
    objects: ObjectStore, series: Series, revision: int, instances: list[Instance],
    scratch: Path, made: list[str],
) -> NewRendition:  # fmt: skip
    longest = longest_side(sum(instance.frames or 1 for instance in instances))
    with ThreadPoolExecutor(THREADS, "render") as pool, FrameSpool(scratch) as spool:
        work = _Work(objects, pool, spool, longest)
        frames, image = await work.run(instances)
        tags = await work.call(work.tags.pack)
        order = display_order([frame.key for frame in frames])
        frames = [frames[n] for n in order]
        pictures = await work.call(draw_pictures, frames)
        thumbnail = await work.thumbnail(frames, instances, pictures)
        name = f"renditions/{series.id}/{revision}-{secrets.token_hex(8)}"
        keys = {"frames": "", "preview": "", "thumbnail": "", "tags": ""}
        ready = {"preview": pictures.preview, "thumbnail": thumbnail, "tags": tags}
        for kind, data in ready.items():
            if data:
                keys[kind] = f"{name}.{kind}"
                made.append(keys[kind])
                await objects.put(keys[kind], data)
        if spool.size:
            keys["frames"] = f"{name}.frames"
            made.append(keys["frames"])
            await work.call(spool.finish)
            await objects.put_file(spool.path, keys["frames"])
    entry = series_entry(frames, pictures, image, has_thumbnail=bool(thumbnail))
    entry["superseded"] = await clear_superseded(objects, series, keys_of(series))
    return NewRendition(
        revision=revision,
        entry=entry,
        frames_key=keys["frames"],
        frames_index=[list(frame.place) for frame in frames],
        preview_key=keys["preview"],
        thumbnail_key=keys["thumbnail"],
        tags_key=keys["tags"],
        problems=_problems(instances, frames),
    )


class _Work:
    """The threads of one rendering and what they share."""

    def __init__(
        self, objects: ObjectStore, pool: ThreadPoolExecutor, spool: FrameSpool, longest: int
    ) -> None:
        self.objects, self.pool, self.spool, self.longest = objects, pool, spool, longest
        self.tags = TagPack()

    async def call(self, function: Callable[..., T], *values: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.pool, function, *values)

    async def run(self, instances: list[Instance]) -> tuple[list[RenderedFrame], ImageFile | None]:
        """All frames, and the header of one image for what the whole series shares."""
        queue = iter(instances)
        frames: list[RenderedFrame] = []
        first: list[ImageFile] = []

        async def lane() -> None:
            for instance in queue:
                source = _source(instance)
                image = await self._open(instance)
                if isinstance(image, NotAnImage):
                    continue
                if isinstance(image, ImagingError):
                    frames.extend(source.failed(image, n) for n in range(source.frames))
                    continue
                if not first:
                    first.append(image)
                self.tags.add(instance.sop_instance_uid, image.dataset)
                frames.extend(await self._frames(image, source))

        await _gather(lane() for _ in range(THREADS + 1))  # one reads while the others compute
        return frames, first[0] if first else None

    async def _open(self, instance: Instance) -> ImageFile | ImagingError:
        try:
            data = await self.objects.get(instance.object_key, sha256=instance.sha256)
            return await self.call(open_image, data)
        except ImagingError as error:
            return error
        except (Defect, NotFound) as error:  # damaged or gone: the others are still shown
            return LimitExceeded(error.code, error.detail)
        except MemoryError:
            return LimitExceeded("memory", "no memory for this file")

    async def _frames(self, image: ImageFile, source: Source) -> list[RenderedFrame]:
        batches = iter(range(0, image.count, BATCH))
        frames: list[RenderedFrame] = []

        async def lane() -> None:
            for start in batches:
                part = range(start, min(start + BATCH, image.count))
                frames.extend(
                    await self.call(render_frames, image, source, part, self.longest, self.spool)
                )

        await _gather(lane() for _ in range(THREADS if image.count > BATCH else 1))
        return frames

    async def thumbnail(
        self, frames: list[RenderedFrame], instances: list[Instance], pictures: Pictures
    ) -> bytes:
        """Of the middle frame, decoded once more at its full size; empty when none can be shown."""
        shown = [frame for frame in frames if frame.small is not None]
        if not shown:
            return b""
        middle = shown[len(shown) // 2]
        instance = next(one for one in instances if one.id == middle.instance_id)
        image = await self._open(instance)
        if isinstance(image, ImagingError):
            return b""
        return await self.call(pictures.thumbnail, image, middle)


async def _gather(lanes: Iterable[Any]) -> None:
    """Run lanes side by side; when one fails the others end first, and its error is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for lane in lanes:
                group.create_task(lane)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None


def _source(instance: Instance) -> Source:
    return Source(
        instance.id,
        instance.sop_instance_uid,
        instance.instance_number,
        min(max(instance.frames or 1, 1), 10_000),
    )


def _problems(instances: list[Instance], frames: list[RenderedFrame]) -> dict[int, str]:
    """The code of each instance where it is another than before: its most frequent one."""
    codes: dict[int, Counter[str]] = {instance.id: Counter() for instance in instances}
    for frame in frames:
        partial = frame.entry.partial
        codes[frame.instance_id][partial[0] if partial else frame.entry.problem] += 1
    changed = {}
    for instance in instances:
        count = codes[instance.id]
        code = "" if not count or count[""] else count.most_common(1)[0][0]
        if code != instance.problem:
            changed[instance.id] = code
    return changed


async def _delete(objects: ObjectStore, keys: list[str]) -> None:
    for key in keys:
        await objects.delete(key)
