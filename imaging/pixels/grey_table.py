"""What a VOI LUT makes of modality values, as the greys that reach the eye."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST = 2**31


@dataclass(frozen=True, slots=True)
class GreyTable:
    """`greys[v - first]` is the grey (0..255) of modality value `v`, a whole number; what lies
    outside takes the nearest end."""

    first: int
    greys: bytes

    def apply(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """0..255; values are rounded, and what is no number is 0."""
        finite = np.nan_to_num(np.asarray(values, np.float64), posinf=_MOST, neginf=-_MOST)
        place = np.rint(np.clip(finite, -_MOST, _MOST)).astype(np.int64) - self.first
        table = np.frombuffer(self.greys, np.uint8)
        grey: NDArray[np.uint8] = table[np.clip(place, 0, table.size - 1)]
        return grey

    def runs(self) -> list[tuple[int, int]]:
        """(grey, how many values in a row have it)."""
        table = np.frombuffer(self.greys, np.uint8)
        ends = np.append(np.flatnonzero(np.diff(table)) + 1, table.size)
        lengths = np.diff(ends, prepend=0)
        return list(zip(table[ends - 1].tolist(), lengths.tolist(), strict=True))
