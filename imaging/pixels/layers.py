"""What lies over the pixels of a frame: the display shutter, then overlays in white on top."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from imaging.dicom.dataset import Dataset
from imaging.pixels.overlays import Overlay, is_same_in_all_frames, read_overlays
from imaging.pixels.shutters import Shutter, bitmap_group, read_shutter
from imaging.pixels.stored import StoredFrames


@dataclass(frozen=True, slots=True)
class Layers:
    shutter: Shutter | None = None
    overlays: tuple[Overlay, ...] = ()

    @property
    def kinds(self) -> str:
        """S for a shutter, O for overlays."""
        return ("S" if self.shutter is not None else "") + ("O" if self.overlays else "")

    def draw(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Over a grey or RGB picture of the frame's size; a copy where there is anything."""
        if self.shutter is not None:
            picture = self.shutter.apply(picture)
        for overlay in self.overlays:
            picture = overlay.draw(picture)
        return picture


class LayerReader:
    """The layers of a file, frame by frame; read once where they are the same in all frames."""

    def __init__(self, dataset: Dataset, stored: StoredFrames) -> None:
        self._dataset, self._stored = dataset, stored
        self._is_same = is_same_in_all_frames(dataset)
        self._known: Layers | None = None
        self._shutter: tuple[Shutter | None] | None = None

    def of(self, index: int) -> Layers:
        """Of frame `index` (0-based); threads may come at the same time."""
        if self._known is not None:
            return self._known
        planes = read_overlays(self._dataset, self._stored, index)
        hidden = bitmap_group(self._dataset)
        layout = self._stored.layout
        if self._shutter is None:
            bitmap = next((plane for plane in planes if plane.group == hidden), None)
            shutter = read_shutter(self._dataset, layout.rows, layout.columns, bitmap)
            self._shutter = (None if shutter is None or shutter.visible.all() else shutter,)
        shown = tuple(plane for plane in planes if plane.group != hidden and plane.bits.any())
        layers = Layers(self._shutter[0], shown)
        if self._is_same:
            self._known = layers
        return layers
