"""A render worker asks again for what an update can now decode, whenever it starts."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from assembly.runtime import Runtime
from imaging.dicom.uid import JPEG_LOSSLESS_SV1, STORAGE_ROOT
from storage.records.imaging import Instance, Series, Study
from storage.records.outbox import OutboxRow
from storage.records.rendition import NO_DECODER
from storage.tokens import new_token
from workers import upkeep

REPOSITORY = Path(__file__).resolve().parents[2]


async def series_without_decoder(syntax: str = JPEG_LOSSLESS_SV1) -> Series:
    """As a version of the product without this decoder left it."""
    study = await Study.create(public_id=new_token(), study_instance_uid="1.2.1")
    series = await Series.create(
        public_id=new_token(), study=study, series_instance_uid="1.2.1.1",
        wanted_revision=1, rendered_revision=1,
    )  # fmt: skip
    await Instance.create(
        sop_instance_uid="1.2.1.1.1", sop_class_uid=STORAGE_ROOT + "2", transfer_syntax_uid=syntax,
        object_key="instances/x.dcm", sha256="0" * 64, size=1, series=series, problem=NO_DECODER,
    )  # fmt: skip
    return series


@asynccontextmanager
async def kept_up(runtime: Runtime) -> AsyncIterator[None]:
    task = asyncio.create_task(upkeep.keep_up(runtime))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until_asked(limit_s: float = 30) -> OutboxRow:
    async with asyncio.timeout(limit_s):
        while True:
            row = await OutboxRow.get_or_none(topic="render_series")
            if row is not None:
                return row
            await asyncio.sleep(0.02)


async def test_a_decoder_that_has_come_renders_what_waited(each_runtime: Runtime) -> None:
    series = await series_without_decoder()
    async with kept_up(each_runtime):
        assert (await until_asked()).subject == series.id


async def test_a_syntax_still_without_decoder_waits(
    each_runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = asyncio.Event()

    async def sweep(_: object) -> None:
        swept.set()

    monkeypatch.setattr(upkeep, "sweep_superseded", sweep)
    await series_without_decoder("1.2.840.10008.1.2.4.107")
    async with kept_up(each_runtime), asyncio.timeout(30):
        await swept.wait()
    assert await OutboxRow.all().count() == 0


async def test_a_failure_is_tried_again(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = [OSError("away"), OSError("away")]
    real = upkeep.requeue_unsupported

    async def requeue() -> int:
        if failures:
            raise failures.pop()
        return await real()

    monkeypatch.setattr(upkeep, "requeue_unsupported", requeue)
    monkeypatch.setattr(upkeep, "RETRY_S", 0)
    await series_without_decoder()
    async with kept_up(runtime):
        await until_asked()


async def test_the_render_worker_itself_asks(runtime: Runtime, redis_url: str) -> None:
    await series_without_decoder()
    environment = {
        **os.environ,
        "CLOUDFILM_DATA_DIR": str(runtime.settings.data_dir),
        "CLOUDFILM_REDIS_URL": redis_url,
    }
    command = [sys.executable, "-m", "workers.arq_worker", "render"]
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment) as process:
        try:
            await until_asked()
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)
    assert process.returncode == 0
