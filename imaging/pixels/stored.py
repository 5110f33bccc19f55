"""A file becomes its stored values, frame by frame (PS3.5 8): what the modality wrote, before
any look-up table or colour conversion."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs import coded_colour, decoder_for, decoder_of_bits, native, settle
from imaging.dicom.dataset import PIXEL_DATA
from imaging.dicom.encapsulation import encapsulated_frames
from imaging.dicom.reader import DicomFile
from imaging.errors import FormatError, Incomplete, LimitExceeded
from imaging.pixels.layout import PixelLayout, pixel_tag, read_layout

MAX_RATIO = 1100  # deflate packs zeros so; JPEG-LS and JPEG 2000 pack blank frames even more
ALWAYS_ALLOWED = 1 << 24  # bytes of a frame that may come from next to nothing


class StoredFrames:
    """The frames of one file, decoded when asked for; `decode` may run in several threads."""

    def __init__(self, file: DicomFile) -> None:
        """UnsupportedFeature when there is no decoder, FormatError when there is no image."""
        tag = pixel_tag(file.dataset)
        if tag is None:
            raise FormatError("pixels_missing", "the object has no pixel data")
        self.layout: PixelLayout = read_layout(file.dataset)
        self.transfer_syntax_uid = file.transfer_syntax_uid
        self._is_cut = file.problem is not None and file.problem.code == "truncated"
        element = file.dataset.elements[tag]
        self._decode: Callable[[int, NDArray[Any]], None]
        self.is_encapsulated = tag == PIXEL_DATA and file.traits.is_encapsulated
        if self.is_encapsulated:
            self._decoder = decoder_for(file.transfer_syntax_uid)
            self._frames = encapsulated_frames(file.dataset)
            self.layout = self._with_coded_colour()
            self._decode = self._decode_codestream
        else:
            self._raw = element.raw
            self._native = native_layout(file, self.layout, element.vr)
            self._check_count(element.offset)
            self._decode = self._decode_native
        if element.fragments is None and not element.raw:
            raise FormatError("pixels_missing", "the pixel data is empty", offset=element.offset)

    @property
    def count(self) -> int:
        return self.layout.frames

    def _with_coded_colour(self) -> PixelLayout:
        """The layout, its RGB or YBR as the first codestream says."""
        layout = self.layout
        if layout.photometric not in ("RGB", "YBR_FULL", "YBR_FULL_422"):
            return layout
        coded = coded_colour(self.transfer_syntax_uid, self._frames[0])
        if not coded or coded == layout.photometric[:3]:
            return layout
        return replace(layout, photometric="RGB" if coded == "RGB" else "YBR_FULL")

    def decode(self, index: int) -> NDArray[Any]:
        """Frame `index` (0-based): (rows, columns, samples), dtype by Bits Allocated and Pixel
        Representation. Raises ImagingErrors only."""
        pixels, problem = self.decode_part(index)
        if problem is not None:
            raise problem
        return pixels

    def decode_part(self, index: int) -> tuple[NDArray[Any], Incomplete | None]:
        """The same; of a frame whose bytes break off its first rows, zeros below, and why. A part
        is given only where the end is missing, by the stream's own word or because the file is
        cut there: where bytes are wrong nobody knows which rows are."""
        layout, problem = self.layout, None
        if not 0 <= index < layout.frames:
            raise FormatError("frame_missing", f"frame {index} of {layout.frames}")
        self._check_memory(index)
        kind = "f" if layout.is_float else "u"
        out = np.empty(layout.shape, np.dtype(f"{kind}{layout.item_bytes}"))
        try:
            self._decode(index, out)
        except Incomplete as error:
            if not error.rows or not (error.is_cut or self._is_cut):
                raise
            problem = error
            out[error.rows :] = 0
        signed = layout.is_signed and not layout.is_float
        return (out.view(f"i{layout.item_bytes}") if signed else out), problem

    def _check_count(self, offset: int) -> None:
        """A cut file gives the frames that are there; a count from nowhere gives none."""
        layout = self.layout
        samples = 2 if self._native.is_422 else layout.samples
        bits = layout.rows * layout.columns * samples * layout.bits_allocated
        if layout.frames > 2 * (len(self._raw) * 8 // bits) + 16:
            raise FormatError("frames_missing", f"{layout.frames} frames", offset=offset)

    def _check_memory(self, index: int) -> None:
        """The bytes that are there must be able to hold what the header says."""
        if self.is_encapsulated:
            have = max(len(self._frames[index]) * MAX_RATIO, ALWAYS_ALLOWED // 8)
            needed = self.layout.frame_bytes // 8
        else:
            have, needed = len(self._raw) * 8, self.layout.rows * self.layout.columns
        if have < needed:
            raise LimitExceeded("pixels_size", "a frame too large for the bytes that are there")

    def _decode_codestream(self, index: int, out: NDArray[Any]) -> None:
        data = self._frames[index]
        if self.layout.bits_allocated == 1:
            decoder_of_bits(self.transfer_syntax_uid)(data, out)
        else:
            layout = self.layout
            try:
                self._decoder(data, out)
            except Incomplete as error:
                upper = out[: error.rows]
                settle(self.transfer_syntax_uid, data, upper, layout.bits_stored, layout.is_signed)
                raise
            settle(self.transfer_syntax_uid, data, out, layout.bits_stored, layout.is_signed)

    def _decode_native(self, index: int, out: NDArray[Any]) -> None:
        if self.layout.bits_allocated == 1:
            native.decode_bits_of(self._raw, index, out)
            return
        size = native.frame_bytes(self.layout.shape, self.layout.item_bytes, self._native)
        start = index * size
        # a byte of the last word may hold the frame's last sample: whole words are swapped
        piece = self._raw[start - start % 2 : start + size + 1]
        if self._native.has_swapped_bytes:
            piece = memoryview(native.swap_pairs(piece))
        native.decode(piece[start % 2 :], out, self._native)


def native_layout(file: DicomFile, layout: PixelLayout, vr: str) -> native.NativeLayout:
    """How native samples lie in this file."""
    is_big = file.traits.is_big_endian
    return native.NativeLayout(
        is_big_endian=is_big,
        is_planar=layout.is_planar,
        is_422=layout.photometric == "YBR_FULL_422",
        has_swapped_bytes=is_big and vr == "OW" and layout.bits_allocated == 8,
    )
