"""Rendering again, late, twice at once and after damage: always the state that the files are in."""

import asyncio
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from assembly.runtime import Runtime
from domain.errors import NotFound
from imaging import codecs
from storage.objects.local import LocalObjects
from storage.records.imaging import Instance, Series, Study
from tests.support.frame_decoder import decode_frame, unzip
from tests.usecases.rendering.conftest import Feed
from usecases.rendering import superseded
from usecases.rendering.render_series import render_series
from usecases.rendering.requeue_unsupported import requeue_unsupported
from usecases.rendering.settle_study import settle_study
from usecases.rendering.write_manifest import write_manifest
from workers.inline import drain


async def entry(runtime: Runtime) -> dict[str, Any]:
    study = await Study.get()
    data = await runtime.objects.get(study.manifest_key, sha256=study.manifest_sha256)
    return json.loads(data)["series"][0]


async def render(runtime: Runtime, series_id: int) -> None:
    await render_series(runtime.objects, series_id, scratch=runtime.settings.spool_folder())


def objects_on_disk(runtime: Runtime) -> list[str]:
    assert isinstance(runtime.objects, LocalObjects)
    folder = runtime.objects.folder
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.fixture
def mr(shared_dicom: Path) -> list[Path | bytes]:
    return list(sorted((shared_dicom / "series/mr_signa_implicit_raw").iterdir())[:6])


async def test_a_slice_that_comes_late_takes_its_place(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    await feed([mr[0], *mr[2:]])
    await drain(runtime)
    before = await entry(runtime)
    await feed([mr[1]])
    await drain(runtime)
    after = await entry(runtime)
    assert (before["count"], after["count"]) == (5, 6)
    assert after["revision"] > before["revision"]
    positions = [tuple(p) for p in after["frames"]["position"]]
    assert len(set(positions)) == 6
    rest = after["frames"]["sop_instance_uid"]["rest"]
    assert rest.index(before["frames"]["sop_instance_uid"]["rest"][1][-len(rest[0]) :]) == 2


async def test_rendering_twice_changes_nothing(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    await feed(mr)
    await drain(runtime)
    files, manifest = objects_on_disk(runtime), await entry(runtime)
    series = await Series.get()
    await render(runtime, series.id)
    await settle_study((await Study.get()).id)
    await drain(runtime)
    again = await entry(runtime)
    assert again == manifest
    assert [f for f in objects_on_disk(runtime) if f.startswith("renditions")] == [
        f for f in files if f.startswith("renditions")
    ]
    assert len([f for f in objects_on_disk(runtime) if f.startswith("manifests")]) == 1


async def test_two_renderings_at_once_leave_one_whole_rendition(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    await feed(mr)
    series = await Series.get()
    await asyncio.gather(*(render(runtime, series.id) for _ in range(3)))
    await asyncio.gather(*(write_manifest(runtime.objects, series.study_id) for _ in range(3)))
    await drain(runtime)
    series = await Series.get()
    kept = [f for f in objects_on_disk(runtime) if f.startswith("renditions")]
    assert kept == sorted(
        [series.frames_key, series.preview_key, series.thumbnail_key, series.tags_key]
    )
    for offset, length in series.frames_index:
        data = await runtime.objects.get_range(series.frames_key, offset, length)
        assert decode_frame(unzip(data)).pixels.shape == (256, 256)
    assert not list(runtime.settings.spool_folder().iterdir())


async def test_objects_that_were_replaced_stay_for_a_while_and_then_go(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    await feed(mr[:3])
    await drain(runtime)
    old = (await Series.get()).frames_key
    await feed(mr[3:5])
    await drain(runtime)
    assert await runtime.objects.size(old) > 0
    assert "superseded" not in await entry(runtime)
    monkeypatch.setattr(superseded, "GRACE", -superseded.GRACE)
    await superseded.sweep_superseded(runtime.objects)
    with pytest.raises(NotFound):
        await runtime.objects.size(old)
    series = await Series.get()
    assert await runtime.objects.size(series.frames_key) > 0
    assert series.rendition["superseded"] == []


async def test_a_series_without_decoder_is_rendered_when_the_decoder_comes(
    runtime: Runtime, feed: Feed, shared_dicom: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = dict(codecs._DECODERS)
    monkeypatch.setattr(codecs, "_DECODERS", {})
    await feed([shared_dicom / "syntax/wg04_ct1/CT1_JPLL"])
    await drain(runtime)
    assert (await entry(runtime))["state"] == "unsupported"
    assert await requeue_unsupported() == 0
    monkeypatch.setattr(codecs, "_DECODERS", table)
    assert await requeue_unsupported() == 1
    await drain(runtime)
    shown = await entry(runtime)
    assert (shown["state"], shown["problem"], shown["count"]) == ("ready", "", 1)
    assert (await Instance.get()).problem == ""
    assert await requeue_unsupported() == 0


async def test_one_damaged_file_among_others_keeps_its_place_and_the_others_are_shown(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    await feed(mr)
    broken = await Instance.filter().order_by("instance_number").offset(2).first()
    gone = await Instance.filter().order_by("instance_number").offset(4).first()
    assert broken is not None
    assert gone is not None
    assert isinstance(runtime.objects, LocalObjects)
    path = runtime.objects.path(broken.object_key)
    data = bytearray(path.read_bytes())
    data[-100] ^= 1  # one bit in the pixels: only the digest can tell
    path.write_bytes(data)
    runtime.objects.path(gone.object_key).unlink()
    await drain(runtime)
    shown = await entry(runtime)
    assert (shown["state"], shown["count"]) == ("ready", 6)
    assert sorted(shown["frames"]["problem"].values()) == ["object_corrupt", "object_missing"]
    assert sorted(shown["frames"]["bytes"])[:3].count(0) == 2
    await broken.refresh_from_db()
    assert broken.problem == "object_corrupt"


async def test_a_series_of_mixed_kinds_is_one_series_with_overrides(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes], shared_dicom: Path
) -> None:
    await feed(mr)
    series = await Series.get()
    await feed([shared_dicom / "modality/other/MR_small.dcm"])
    foreign = await Instance.exclude(series_id=series.id).get()
    foreign.series = series
    await foreign.save()
    await drain(runtime)
    await series.refresh_from_db()
    shown = series.rendition
    assert shown["count"] == 7
    (override,) = shown["frames"]["overrides"].values()
    assert (override["rows"], override["cols"], override["signed"]) == (64, 64, True)


async def test_a_study_that_is_not_rendered_yet_says_that_its_series_are_waiting(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    await feed(mr)
    study = await Study.get()
    await write_manifest(runtime.objects, study.id)
    waiting = await entry(runtime)
    assert (waiting["state"], waiting["count"], waiting["frames"]) == ("waiting", 6, None)
    assert waiting["message"]
    await study.refresh_from_db()
    assert study.rendered_revision < study.wanted_revision


async def test_a_manifest_of_a_long_series_is_small(
    runtime: Runtime, feed: Feed, mr: list[Path | bytes]
) -> None:
    import gzip

    await feed(mr)
    await drain(runtime)
    per_frame = len(gzip.compress(orjson.dumps(await entry(runtime))))
    assert per_frame < 2000


async def test_on_postgresql_the_same_happens(
    each_runtime: Runtime, mr: list[Path | bytes]
) -> None:
    from tests.usecases.rendering.conftest import feeder

    feed = feeder(each_runtime)
    await feed(mr)
    await drain(each_runtime)
    await feed(mr[:0])
    shown = await entry(each_runtime)
    assert (shown["state"], shown["count"]) == ("ready", 6)
    assert await requeue_unsupported() == 0
    await superseded.sweep_superseded(each_runtime.objects)
