"""Real files as a study for the viewer's browser tests: prepared by what the product's own workers
run on them, and beside each series what was read of its files by somebody else."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from imaging.dicom.reader import DicomFile, read_file
from imaging.output.preview import longest_side
from imaging.pixels.image_file import ImageFile
from imaging.volume.sorting import display_order
from tests.viewer.studies import SeriesData
from usecases.rendering.frame_spool import FrameSpool
from usecases.rendering.pictures import draw_pictures
from usecases.rendering.render_instance import RenderedFrame, Source, open_image, render_frames
from usecases.rendering.series_entry import series_entry


@dataclass(frozen=True)
class Truth:
    """What dcmdump prints of the files: mm of a row and of a column, what the reading must add,
    the modality look-up, the window. The pixels' own truth is the manifest's hash."""

    paths: tuple[str, ...]
    spacing: tuple[float, float] | None = None
    note: str = ""
    unit: str = ""
    slope: float = 1
    intercept: float = 0
    is_exact: bool = True
    regions: tuple[tuple[int, int, int, int, float | None], ...] = ()


def _chest(number: int) -> str:
    return f"series/ct_chest_lidc0314_jpll/{number:04}.dcm"


TRUTHS = {
    "ct": Truth(
        tuple(_chest(number) for number in range(120, 132)), (0.78125, 0.78125), unit="HU", intercept=-1000
    ),
    "mr": Truth(
        tuple(f"series/mr_t1w_sagittal_j2k/{n:04}.dcm" for n in (180, 181, 182)),
        (0.666666686534882, 0.699987828731537),
    ),
    "dx": Truth(("modality/dx/966_fixed.dcm",), (0.16, 0.16), note="探测器平面,未校正放大"),
    "mg": Truth(
        ("modality/mg/GH133.dcm",), (0.09409090909091, 0.09409090909091), note="已按估计放大率校正"
    ),
    "us": Truth(
        ("colour/no-pixel-spacing.dcm",),
        regions=((120, 60, 800, 518, 0.3305420890260027), (176, 522, 622, 576, None)),
    ),
    "us-loop": Truth(
        ("syntax/us_multiframe/IM00001.fragmented_no_bot_jpeg_baseline.50.dcm",),
        regions=((0, 16, 319, 217, 2.293750081863255), (0, 16, 319, 231, None)),
    ),
    "xa": Truth(("syntax/wg04_xa1/XA1_JPLL",)),
    "xa-loop": Truth(("multiframe/HasFragmentSequence.dcm",)),
    "nm": Truth(("multiframe/NM-MONO2-16-13x-heart",), (3.11583, 3.11583)),
    "pt": Truth(("modality/pt/GH184.dcm",), (5.46875, 5.46875), unit="Bq/ml", slope=0.234542),
}  # fmt: skip


def real_study(shared: Path, scratch: Path) -> dict[str, SeriesData]:
    """Every series of TRUTHS, and a check that what the files hold is what the manifest says."""
    files = json.loads((shared / "manifest.json").read_text())["files"]
    known = {entry["path"]: entry for entry in files}
    return {
        name: prepared(name, number, [(shared / path).read_bytes() for path in truth.paths], [known[path] for path in truth.paths], scratch)
        for number, (name, truth) in enumerate(TRUTHS.items(), 1)
    }  # fmt: skip


def real_file(shared: Path, name: str, index: int = 0) -> DicomFile:
    return read_file((shared / TRUTHS[name].paths[index]).read_bytes())


def prepared(
    name: str, number: int, files: list[bytes], known: list[dict[str, Any]], scratch: Path
) -> SeriesData:
    """A series of these files; `known`: what the manifest says of each."""
    images = [open_image(data) for data in files]
    longest = longest_side(sum(image.count for image in images))
    frames: list[RenderedFrame] = []
    with FrameSpool(scratch) as spool:
        for at, (image, entry) in enumerate(zip(images, known, strict=True)):
            source = Source(at, entry["sop_instance"], at + 1, image.count)
            frames += render_frames(image, source, range(image.count), longest, spool)
        spool.finish()
        body = spool.path.read_bytes()
    frames = [frames[n] for n in display_order([frame.key for frame in frames])]
    pictures = draw_pictures(frames)
    thumbnail = pictures.thumbnail(images[frames[0].instance_id], frames[0])
    entry = {
        "id": name, "revision": 1, "series_instance_uid": known[0]["series_uid"], "number": number,
        "modality": known[0]["modality"], "description": name, "body_part": "",
        **series_entry(frames, pictures, images[0], has_thumbnail=True),
    }  # fmt: skip
    stored = [_stored(images[f.instance_id], f, known[f.instance_id]) for f in frames]
    places = [body[start : start + length] for start, length in (f.place for f in frames)]
    return SeriesData(entry, places, pictures.preview, thumbnail, stored)


def _stored(image: ImageFile, frame: RenderedFrame, known: dict[str, Any]) -> NDArray[Any]:
    """The frame's samples; those of a single grey frame are what others decoded too."""
    pixels = image.frame(frame.index).pixels
    if pixels.ndim == 2 and image.count == 1 and image.modality_lut is None:
        wanted = known.get("pixel_sha256_masked", known["pixel_sha256"])
        assert hashlib.sha256(pixels.astype(known["dtype"]).tobytes()).hexdigest() == wanted
    return pixels
