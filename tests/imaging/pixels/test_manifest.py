"""Every file of the reference set against independently computed hashes of its pixels."""

import hashlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from imaging.dicom.reader import read_file
from imaging.errors import ImagingError, UnsupportedFeature
from imaging.pixels.colour import is_ybr, ybr_to_rgb
from imaging.pixels.display_values import mask_stored
from imaging.pixels.layout import pixel_tag
from imaging.pixels.stored import StoredFrames

# damaged on purpose, and refused with a clear error although some oracle shows something
REFUSED = {
    "broken/deriv_bitsstored_gt_alloc.dcm", "broken/deriv_empty_fragment.dcm",
    "broken/deriv_frames_2e9.dcm", "broken/deriv_rle_offset_oob.dcm", "broken/deriv_rows0.dcm",
    "broken/2026-05-26-oob-monochrome-46341.dcm", "broken/deriv_trunc60_jpll.dcm",
    "broken/deriv_sq_nest_5000.dcm", "broken/deriv_png_renamed.dcm",
    "broken/deriv_trunc_header.dcm", "broken/deriv_zero_bytes.dcm", "broken/GH340.dcm",
    "broken/deriv_j2k_labelled_jpll.dcm", "broken/3gb-bulk-data-truncated",
}  # fmt: skip


@pytest.fixture(scope="session")
def manifest(shared_dicom: Path) -> dict[str, Any]:
    return json.loads((shared_dicom / "manifest.json").read_text())


def decode_all(path: Path) -> tuple[StoredFrames, np.ndarray[Any, Any]]:
    source = StoredFrames(read_file(path))
    frames = [source.decode(n) for n in range(source.count)]
    pixels = np.stack(frames)
    if source.layout.samples == 1:
        pixels = pixels[..., 0]
    return source, pixels[0] if source.count == 1 else pixels


def digest(pixels: np.ndarray[Any, Any]) -> str:
    little = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("<"))
    return hashlib.sha256(little.tobytes()).hexdigest()


def deviations(path: Path, entry: dict[str, Any]) -> list[str]:
    """What differs from the manifest, in words."""
    source, raw = decode_all(path)
    if "tolerance_max_abs" in entry:
        return lossy_deviations(source, raw, entry)
    found = []
    if digest(raw) != entry.get("pixel_sha256_raw", digest(raw)):
        found.append("raw")
    shown = raw
    if is_ybr(source.layout):
        frames = raw if raw.ndim == 4 else raw[None]
        shown = np.stack([ybr_to_rgb(frame) for frame in frames]).reshape(raw.shape)
    if digest(shown) != entry["pixel_sha256"]:
        found.append("pixels")
    masked = entry.get("pixel_sha256_masked", entry["pixel_sha256_raw"])
    if digest(mask_stored(raw, source.layout)) != masked:
        found.append("masked")
    return found


def lossy_deviations(
    source: StoredFrames, raw: np.ndarray[Any, Any], entry: dict[str, Any]
) -> list[str]:
    """What of a lossy image lies outside its tolerance: lowest, highest, means."""
    pixels = mask_stored(raw, source.layout)
    if is_ybr(source.layout):
        frames = raw if raw.ndim == 4 else raw[None]
        pixels = np.stack([ybr_to_rgb(frame) for frame in frames]).reshape(raw.shape)
    allowed = entry["tolerance_max_abs"]
    found = []
    if abs(float(pixels.min()) - entry["min"]) > allowed:
        found.append(f"lowest {pixels.min()}")
    if abs(float(pixels.max()) - entry["max"]) > allowed:
        found.append(f"highest {pixels.max()}")
    if abs(float(pixels.mean()) - entry["mean"]) > 0.05:
        found.append(f"mean {pixels.mean()}")
    means = area_means(pixels[0] if source.count > 1 else pixels)
    difference = np.abs(means - np.array(entry["grid8_frame0"], float).reshape(means.shape))
    if not np.all(np.isnan(difference) | (difference <= 0.5)):
        found.append(f"area means, by {np.nanmax(difference)}")
    return found


def area_means(frame: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The manifest's table of 8x8 means; not a number where a cell has no pixel."""
    rows, columns = (np.arange(9) * size // 8 for size in frame.shape[:2])
    table = np.full((8, 8, *frame.shape[2:]), np.nan)
    for i in range(8):
        for j in range(8):
            cell = frame[rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
            if cell.size:
                table[i, j] = cell.mean(axis=(0, 1))
    return table


def test_every_file_whose_syntax_we_decode_has_the_manifests_pixels(
    shared_dicom: Path, manifest: dict[str, Any]
) -> None:
    wrong: list[str] = []
    missing: Counter[str] = Counter()
    checked = 0
    for entry in manifest["files"]:
        name = entry["path"]
        if "pixel_sha256" not in entry or entry.get("kind") or name.endswith(".jls"):
            continue
        try:
            found = deviations(shared_dicom / name, entry)
        except UnsupportedFeature as error:
            if error.code != "transfer_syntax_not_supported":
                wrong.append(f"{name}: {error}")
            missing[entry["transfer_syntax"]] += 1
            continue
        except ImagingError as error:
            found = [str(error)]
        checked += 1
        wrong += [f"{name}: {what}" for what in found]
    print("not there yet:", dict(missing))
    assert wrong == []
    assert checked > 400


def test_broken_files_are_refused_by_name_and_never_crash(
    shared_dicom: Path, manifest: dict[str, Any]
) -> None:
    expected = {e["path"]: e.get("pixel_sha256") for e in manifest["files"]}
    shown = set()
    for path in sorted((shared_dicom / "broken").iterdir()):
        name = f"broken/{path.name}"
        try:
            file = read_file(path)
            if pixel_tag(file.dataset) is None:
                continue
            _, pixels = decode_all(path)
        except ImagingError:
            continue
        shown.add(name)
        if expected.get(name):
            assert digest(pixels) == expected[name], name
    assert not shown & REFUSED
