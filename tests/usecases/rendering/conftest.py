"""Files put into the store and the database as the receiver and the indexer leave them."""

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from imaging.dicom.reader import read_file
from storage.records.imaging import Instance
from usecases.indexing.index_instance import index_instances

Feed = Callable[[list[Path | bytes]], Awaitable[None]]


@pytest.fixture
def feed(runtime: Runtime) -> Feed:
    """Store and index files; rendering is then asked for in the outbox."""
    return feeder(runtime)


def feeder(runtime: Runtime) -> Feed:
    """The same for any runtime."""

    async def store(files: list[Path | bytes]) -> None:
        ids = []
        for file in files:
            data = file.read_bytes() if isinstance(file, Path) else file
            parsed = read_file(data, stop_before_pixels=True)
            sha256 = hashlib.sha256(data).hexdigest()
            key = f"instances/{sha256}.dcm"
            await runtime.objects.put(key, data)
            instance = await Instance.create(
                sop_instance_uid=parsed.dataset.text("SOPInstanceUID"),
                sop_class_uid=parsed.dataset.text("SOPClassUID"),
                transfer_syntax_uid=parsed.transfer_syntax_uid,
                object_key=key,
                sha256=sha256,
                size=len(data),
            )
            ids.append(instance.id)
        await index_instances(
            runtime.objects, runtime.sealer, ids, quiet_s=0, time_zone="Asia/Shanghai"
        )

    return store
