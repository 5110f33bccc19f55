"""Real files become renditions: exact pixels, honest states, the same result however often."""

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assembly.runtime import Runtime
from storage.records.imaging import Instance, Series, Study
from tests.support.frame_decoder import decode_frame, decode_preview, unzip
from tests.usecases.rendering.conftest import Feed
from workers.inline import drain


async def frame(runtime: Runtime, series: Series, index: int) -> np.ndarray[Any, Any]:
    offset, length = series.frames_index[index]
    data = await runtime.objects.get_range(series.frames_key, offset, length)
    return decode_frame(unzip(data)).pixels


async def manifest_of(runtime: Runtime) -> dict[str, Any]:
    study = await Study.first()
    assert study is not None
    return json.loads(await runtime.objects.get(study.manifest_key, sha256=study.manifest_sha256))


@pytest.fixture
def truth(shared_dicom: Path) -> dict[str, Any]:
    files = json.loads((shared_dicom / "manifest.json").read_text())["files"]
    return {entry["path"]: entry for entry in files}


async def test_a_chest_ct_is_ordered_by_position_and_keeps_every_stored_value(
    runtime: Runtime, feed: Feed, shared_dicom: Path, truth: dict[str, Any]
) -> None:
    paths = sorted((shared_dicom / "series/ct_chest_lidc0314_jpll").iterdir())[:12]
    await feed(list(reversed(paths)))
    await drain(runtime)
    series = await Series.get()
    study = await Study.get()
    manifest = await manifest_of(runtime)
    entry = manifest["series"][0]
    assert entry["state"] == "ready"
    assert (entry["count"], entry["rows"], entry["cols"]) == (12, 512, 512)
    assert (entry["slope"], entry["intercept"], entry["unit"]) == (1.0, -1000.0, "HU")
    zs = [position[2] for position in entry["frames"]["position"]]
    assert zs == sorted(zs)
    assert series.rendered_revision == series.wanted_revision
    assert study.rendered_revision == study.wanted_revision
    uids = entry["frames"]["sop_instance_uid"]
    for index in (0, 11):
        expected = truth[f"series/ct_chest_lidc0314_jpll/{paths[index].name}"]
        assert uids["prefix"] + uids["rest"][index] == expected["sop_instance"]
        pixels = await frame(runtime, series, index)
        assert hashlib.sha256(pixels.tobytes()).hexdigest() == expected["pixel_sha256"]
    assert [length for _, length in series.frames_index] == entry["frames"]["bytes"]


async def test_the_preview_shows_every_frame_through_the_files_window_middle_first(
    runtime: Runtime, feed: Feed, shared_dicom: Path
) -> None:
    paths = sorted((shared_dicom / "series/mr_signa_implicit_raw").iterdir())
    await feed(list(paths))
    await drain(runtime)
    series = await Series.get()
    preview = decode_preview(unzip(await runtime.objects.get(series.preview_key)))
    assert next(iter(preview)) == 8
    assert sorted(preview) == list(range(16))
    assert preview[8].shape == (256, 256)
    assert preview[8].std() > 20
    picture = await runtime.objects.get(series.thumbnail_key)
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", picture[16:24]) == (256, 256)


@pytest.mark.parametrize(
    "name",
    [
        "multiframe/emri_small.dcm",
        "modality/other/liver_1frame.dcm",
        "colour/TestPattern_Palette.dcm",
        "colour/YBR_FULL-RLE.dcm",
        "modality/other/rtdose.dcm",
        "modality/other/parametric_map_float.dcm",
        "modality/cr/CR-ModalitySequenceLUT.dcm",
        "modality/other/vlut_04.dcm",
        "broken/deriv_slope0_width0.dcm",
        "multiframe/US-PAL-8-10x-echo",
        "colour/SC_rgb_16bit_2frame.dcm",
        "modality/other/MR_small_bigendian.dcm",
        "dicomdir/pydicom/77654033/CR1/6154",
    ],
)
async def test_every_kind_of_image_gets_frames_preview_window_and_thumbnail(
    runtime: Runtime, feed: Feed, shared_dicom: Path, name: str
) -> None:
    await feed([shared_dicom / name])
    await drain(runtime)
    series = await Series.get()
    entry = (await manifest_of(runtime))["series"][0]
    assert (entry["state"], entry["message"]) == ("ready", "")
    assert entry["frames"]["problem"] == {}
    pixels = await frame(runtime, series, 0)
    assert pixels.shape[:2] == (entry["rows"], entry["cols"])
    assert entry["thumbnail"]
    if entry["samples"] == 1:
        window = entry["windows"][0]
        assert window["width"] > 0
    preview = decode_preview(unzip(await runtime.objects.get(series.preview_key)))
    assert len(preview) == entry["count"]
    assert max(picture.std() for picture in preview.values()) > 5


async def test_of_a_cut_file_the_rows_that_came_are_shown_and_told(
    runtime: Runtime, feed: Feed, shared_dicom: Path
) -> None:
    await feed([shared_dicom / "broken/deriv_trunc60_jpll.dcm"])
    await drain(runtime)
    series = await Series.get()
    entry = (await manifest_of(runtime))["series"][0]
    assert (entry["state"], entry["frames"]["problem"], entry["thumbnail"]) == ("ready", {}, True)
    partial = entry["frames"]["partial"]["0"]
    assert partial["problem"] == "jpeg_truncated" == (await Instance.get()).problem
    pixels = await frame(runtime, series, 0)
    upper, lower = np.split(pixels, [partial["rows"]])
    assert 100 < partial["rows"] < entry["rows"]
    assert (lower == upper.min()).all()
    assert upper[-1].std() > 5


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("broken/GH178.dcm", "damaged", "pixels_missing"),
        ("nonimage/test-SR.dcm", "unsupported", "not_an_image"),
        ("nonimage/sample-pdf.dcm", "unsupported", "not_an_image"),
        ("broken/deriv_rle_offset_oob.dcm", "damaged", "rle_offset"),
    ],
)
async def test_what_cannot_be_shown_says_so_and_keeps_its_place(
    runtime: Runtime, feed: Feed, shared_dicom: Path, name: str, state: str, code: str
) -> None:
    await feed([shared_dicom / name])
    await drain(runtime)
    entry = (await manifest_of(runtime))["series"][0]
    assert (entry["state"], entry["problem"]) == (state, code)
    assert entry["message"]
    if code != "not_an_image":
        assert entry["count"] == 1
        assert entry["frames"]["bytes"] == [0]
        assert entry["frames"]["problem"] == {"0": code}
        assert (await Instance.get()).problem == code
