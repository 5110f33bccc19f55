"""The parameters that coder and decoder share (T.87 A.2.1, C.2.4.1): preset or by default."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from imaging.errors import FormatError

BASIC_RESET = 64


@dataclass(frozen=True, slots=True)
class Preset:
    """As LSE gives them; 0 means the default (table C.3)."""

    maximum: int = 0
    t1: int = 0
    t2: int = 0
    t3: int = 0
    reset: int = 0


@dataclass(frozen=True, slots=True)
class Coding:
    """What the kernels need. Names of T.87 in brackets."""

    maximum: int  # MAXVAL
    near: int  # NEAR
    t1: int
    t2: int
    t3: int
    reset: int  # RESET

    @property
    def value_range(self) -> int:
        """[RANGE] how many quantised differences there are."""
        return (self.maximum + 2 * self.near) // (2 * self.near + 1) + 1

    @property
    def value_bits(self) -> int:
        """[qbpp]"""
        return (self.value_range - 1).bit_length()

    @property
    def limit(self) -> int:
        """[LIMIT] the longest code."""
        bits = max(2, self.maximum.bit_length())
        return 2 * (bits + max(8, bits))

    def numbers(self) -> NDArray[np.int64]:
        """In the order of `contexts_kernels`."""
        return np.array(
            [self.maximum, self.near, self.value_range, self.value_bits, self.limit, self.reset],
            np.int64,
        )


def coding_for(preset: Preset, precision: int, near: int) -> Coding:
    """The presets with their defaults, checked (C.2.4.1.1)."""
    maximum = preset.maximum or (1 << precision) - 1
    if maximum >= 1 << precision or near > min(255, maximum // 2):
        raise FormatError("jpegls_preset", f"maximum {maximum}, near {near}, {precision} bits")
    t1, t2, t3 = default_thresholds(maximum, near)
    coding = Coding(
        maximum, near, preset.t1 or t1, preset.t2 or t2, preset.t3 or t3,
        preset.reset or BASIC_RESET,
    )  # fmt: skip
    if not near < coding.t1 <= coding.t2 <= coding.t3 <= maximum:
        raise FormatError("jpegls_preset", f"thresholds {coding.t1}, {coding.t2}, {coding.t3}")
    if not 3 <= coding.reset <= max(255, maximum):
        raise FormatError("jpegls_preset", f"reset {coding.reset}")
    return coding


def default_thresholds(maximum: int, near: int) -> tuple[int, int, int]:
    """T1, T2, T3 of C.2.4.1.1.1."""

    def clamp(value: int, lowest: int) -> int:
        return lowest if value > maximum or value < lowest else value

    if maximum >= 128:
        factor = (min(maximum, 4095) + 128) // 256
        t1 = clamp(factor * (3 - 2) + 2 + 3 * near, near + 1)
        t2 = clamp(factor * (7 - 3) + 3 + 5 * near, t1)
        t3 = clamp(factor * (21 - 4) + 4 + 7 * near, t2)
    else:
        factor = 256 // (maximum + 1)
        t1 = clamp(max(2, 3 // factor + 3 * near), near + 1)
        t2 = clamp(max(3, 7 // factor + 5 * near), t1)
        t3 = clamp(max(4, 21 // factor + 7 * near), t2)
    return t1, t2, t3


@lru_cache(maxsize=8)
def gradient_regions(coding: Coding) -> NDArray[np.int8]:
    """The region -4..4 of each gradient -maximum..maximum (A.3.3); the middle is gradient 0."""
    gradients = np.arange(-coding.maximum, coding.maximum + 1)
    size = np.abs(gradients)
    region = (size > coding.near).astype(np.int8)
    for threshold in (coding.t1, coding.t2, coding.t3):
        region += size >= threshold
    result: NDArray[np.int8] = np.sign(gradients).astype(np.int8) * region
    result.flags.writeable = False
    return result
