"""C-MOVE's and C-GET's verbs: which objects an identifier names (PS3.4 C.4.2.2.1), and one of them
in a transfer syntax that its receiver takes."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from domain.access import Viewer
from domain.errors import Defect, Invalid, Refused
from domain.ports import ObjectStore
from imaging.dicom.reader import read_file, split_file
from imaging.dicom.uid import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from imaging.errors import ImagingError
from imaging.pixels.transcode import transcode_file
from storage.records import catalogue
from storage.records.catalogue import LEVELS, Criteria, OneOf
from usecases.query_retrieve.matching import check_values
from usecases.query_retrieve.question import UNIQUE_KEYS, Root, check_higher_levels, level_of

MAX_INSTANCES = 50_000
PAGE = 500
WHOLE_BYTES = 4 << 20  # a larger object is never whole in memory, unless it must be decoded
HEAD_BYTES = 64 << 10


@dataclass(frozen=True, slots=True)
class StoredInstance:
    """Where an object lies and what it is."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    object_key: str
    sha256: str
    exam_id: int | None = None


async def select_instances(
    viewer: Viewer, keys: dict[str, list[str]], root: Root, *, is_relational: bool = False
) -> list[StoredInstance]:
    """Invalid when the identifier names nothing that can be retrieved; Refused("too_many_matches")
    beyond MAX_INSTANCES."""
    level = level_of(keys, root)
    if not is_relational:
        check_higher_levels(keys, root, level)
    criteria: Criteria = {}
    for one in LEVELS[: LEVELS.index(level) + 1]:
        values = [value for value in keys.get(UNIQUE_KEYS[one], []) if value]
        if values:
            check_values(UNIQUE_KEYS[one], values)
            criteria[UNIQUE_KEYS[one]] = OneOf(tuple(values))
    if UNIQUE_KEYS[level] not in criteria:
        raise Invalid("query_unique_key", detail=f"{UNIQUE_KEYS[level]} is missing")
    found = await catalogue.matching_keys(viewer, "IMAGE", criteria, limit=MAX_INSTANCES + 1)
    if len(found) > MAX_INSTANCES:
        raise Refused("too_many_matches", detail=f"more than {MAX_INSTANCES} instances")
    instances = []
    for start in range(0, len(found), PAGE):
        for row in await catalogue.rows_of("IMAGE", found[start : start + PAGE]):
            instances.append(
                StoredInstance(
                    row["sop_class_uid"], row["sop_instance_uid"], row["transfer_syntax_uid"],
                    row["object_key"], row["sha256"], row["exam_id"],
                )
            )  # fmt: skip
    return instances


@dataclass(frozen=True, slots=True)
class LoadedObject:
    """A data set ready to be sent: as bytes, or in pieces while it is sent."""

    transfer_syntax_uid: str
    size: int
    data: bytes | None
    read: Callable[[], AsyncIterator[bytes]] | None = None


async def load_object(
    objects: ObjectStore, instance: StoredInstance, syntaxes: frozenset[str]
) -> LoadedObject:
    """As stored where that is taken, and a large one in pieces; else decoded to a native syntax, in
    a thread whose kernels hold no lock: the process' other associations go on. Raises Refused with
    the reason when neither can be, NotFound or Defect when the object is lost or damaged,
    Unavailable. Damage of what goes in pieces is found at the last piece, which raises."""
    native = next((uid for uid in (EXPLICIT_LITTLE, IMPLICIT_LITTLE) if uid in syntaxes), None)
    stored = instance.transfer_syntax_uid
    if not syntaxes:
        raise Refused("sop_class_not_taken", detail="the SOP class is not taken")
    if stored not in syntaxes and native is None:
        raise Refused("syntax_not_taken", detail="no native transfer syntax is taken")
    try:
        if stored in syntaxes:
            size = await objects.size(instance.object_key)
            if size > WHOLE_BYTES:
                return await _in_pieces(objects, instance, size)
        raw = await objects.get(instance.object_key, sha256=instance.sha256)
        if stored not in syntaxes:
            raw = await asyncio.to_thread(_transcoded, raw, str(native))
            stored = str(native)
        data = raw[split_file(raw)[1] :]
        return LoadedObject(stored, len(data), data)
    except ImagingError as error:
        raise Refused("transcode_failed", detail=f"not decoded: {error.code}") from error
    except MemoryError as error:
        raise Refused("transcode_failed", detail="not decoded: too large") from error


async def _in_pieces(objects: ObjectStore, instance: StoredInstance, size: int) -> LoadedObject:
    head = await objects.get_range(instance.object_key, 0, HEAD_BYTES)
    start = split_file(head)[1]

    async def read() -> AsyncIterator[bytes]:
        digest, skip = hashlib.sha256(), start
        async for piece in objects.stream(instance.object_key):
            await asyncio.to_thread(digest.update, piece)
            if len(piece) > skip:
                yield piece[skip:] if skip else piece
            skip = max(0, skip - len(piece))
        if digest.hexdigest() != instance.sha256:
            detail = f"object {instance.object_key} does not match its digest"
            raise Defect("object_corrupt", detail=detail)

    return LoadedObject(instance.transfer_syntax_uid, size - start, None, read)


def _transcoded(raw: bytes, syntax: str) -> bytes:
    return transcode_file(read_file(raw), syntax)
