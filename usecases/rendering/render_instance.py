"""One stored file becomes encoded frames: decoded, measured, reduced for the preview. Runs in
threads; a frame that cannot be decoded keeps its place with the code of why."""

from collections.abc import Iterable
from dataclasses import dataclass

from imaging.dicom.dataset import Dataset
from imaging.dicom.reader import read_file
from imaging.errors import FormatError, ImagingError, LimitExceeded, UnsupportedFeature
from imaging.output.layer_body import encode_layers
from imaging.output.manifest_entry import FrameEntry, FrameForm, FrameView
from imaging.output.shown import ReducedFrame, reduce_frame
from imaging.output.web_frame import encode_frame, pack
from imaging.pixels.aspect import pixel_aspect
from imaging.pixels.image_file import ImageFile, WebFrame
from imaging.pixels.layout import pixel_tag
from imaging.volume.sorting import SliceKey
from usecases.rendering.frame_spool import FrameSpool


class NotAnImage(FormatError):
    """The object has no pixels and was never meant to: a report, a document, a presentation."""


@dataclass(slots=True)
class RenderedFrame:
    """A frame with its place in the frames object; `small` is None where it cannot be shown."""

    instance_id: int
    index: int
    entry: FrameEntry
    key: SliceKey
    place: tuple[int, int] = (0, 0)
    small: ReducedFrame | None = None
    is_unsupported: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of an instance before its file is read."""

    instance_id: int
    sop_instance_uid: str
    instance_number: int | None
    frames: int

    def failed(self, error: ImagingError | str, index: int = 0) -> RenderedFrame:
        """The frame's place, with the code of why it is empty."""
        code = error if isinstance(error, str) else error.code
        entry = FrameEntry(self.sop_instance_uid, index + 1, self.instance_number, problem=code)
        key = SliceKey(None, None, self.instance_number, index, self.sop_instance_uid)
        unsupported = isinstance(error, UnsupportedFeature)
        return RenderedFrame(self.instance_id, index, entry, key, is_unsupported=unsupported)


def open_image(data: bytes) -> ImageFile:
    """Raises ImagingErrors only; NotAnImage when there is nothing to show and never was."""
    file = read_file(data)
    if pixel_tag(file.dataset) is None:
        if "Rows" in file.dataset:
            raise FormatError("pixels_missing", "image attributes but no pixel data")
        raise NotAnImage("not_an_image", "the object holds no pixels")
    return ImageFile(file)


def render_frames(
    image: ImageFile, source: Source, indices: Iterable[int], longest: int, spool: FrameSpool
) -> list[RenderedFrame]:
    """Frames `indices` of one file."""
    return [_render_frame(image, source, index, longest, spool) for index in indices]


def _render_frame(
    image: ImageFile, source: Source, index: int, longest: int, spool: FrameSpool
) -> RenderedFrame:
    facts = image.facts(index)
    key = SliceKey(
        facts.position, facts.orientation, source.instance_number, index, source.sop_instance_uid
    )
    try:
        frame = image.frame_or_part(index)
    except ImagingError as error:
        failed = source.failed(error, index)
        failed.entry.facts, failed.key = facts, key
        return failed
    except MemoryError:
        return source.failed(LimitExceeded("memory", "no memory for this frame"), index)
    layers = image.layers.of(index)
    over = encode_layers(layers, *frame.pixels.shape[:2])
    place = spool.append(pack(encode_frame(frame.pixels, frame.bits_stored, over)))
    entry = FrameEntry(
        source.sop_instance_uid,
        index + 1,
        source.instance_number,
        form=_form(frame, pixel_aspect(image, index), layers.kinds),
        facts=facts,
        windows=image.windows(facts),
        byte_count=place[1],
        partial=None if frame.problem is None else (frame.problem.code, frame.problem.rows),
        view=view_of(image.dataset) if facts.orientation is None else None,
    )
    small = reduce_frame(frame, longest, layers.shutter)
    return RenderedFrame(source.instance_id, index, entry, key, place, small)


def _form(frame: WebFrame, aspect: float, layers: str) -> FrameForm:
    rows, columns = frame.pixels.shape[:2]
    return FrameForm(
        rows=rows,
        columns=columns,
        samples=frame.samples,
        bits_stored=frame.bits_stored,
        is_signed=frame.is_signed,
        photometric=frame.photometric,
        slope=frame.slope,
        intercept=frame.intercept,
        aspect=aspect,
        layers=layers,
    )


def view_of(dataset: Dataset) -> FrameView | None:
    """How a projection was taken; None where the file does not say."""
    position = dataset.text("ViewPosition").upper()
    if not position:
        codes = dataset.sequence("ViewCodeSequence")
        position = _VIEW_OF_CODE.get(codes[0].text("CodeValue"), "") if codes else ""
    side = (dataset.text("ImageLaterality") or dataset.text("Laterality")).upper()
    sides = dataset.texts("PatientOrientation")
    right, down = sides if len(sides) == 2 else ("", "")
    view = FrameView(position[:16], side[:1], right[:3].upper(), down[:3].upper())
    return view if view != FrameView("", "", "", "") else None


# SNOMED CT codes of CID 4014, old and new, as the views' usual letters
_VIEW_OF_CODE = {
    "R-10242": "CC", "399162004": "CC", "R-10226": "MLO", "399368009": "MLO",
    "R-10224": "ML", "399260004": "ML", "R-10228": "LM", "399352003": "LM",
}  # fmt: skip
