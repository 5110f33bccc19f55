"""The fifteen pseudo-colour tables of clause D9.9: 256 grey values become RGB.

Apricot to Rainbow follow the published facts of the 1990s colour tables of that name; the tints
from GRAY to YELLOW have no public definition, so they are defined here. The viewer's
`render/palettes.ts` draws the same tables (tests compare them).
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from imaging.errors import FormatError

Curve = NDArray[np.float64]
Rule = Callable[[Curve], tuple[Curve, Curve, Curve]]

_APRICOT_BLUE = (
    226, 130, 47, 8, 27, 8, 47, 130, 216, 199, 113, 54, 30, 45, 96, 176, 239, 142, 56, 3, 27, 12,
    39, 119, 214, 210, 123, 60, 31, 41, 88, 164, 251,
)  # fmt: skip
_ETHER_GREEN = (
    0, 0, 4, 10, 16, 17, 10, 7, 30, 61, 95, 125, 145, 152, 141, 113, 71, 23, 24, 62, 80, 75, 43, 17,
    81, 161, 240, 208, 172, 169, 200, 245, 154,
)  # fmt: skip


def _line(*stops: tuple[float, float]) -> Callable[[Curve], Curve]:
    """Straight lines between (place, value)."""
    places, values = zip(*stops, strict=True)
    return lambda x: np.interp(x, places, values)


def _ramp(*stops: tuple[float, float, float, float]) -> Rule:
    """Straight lines between (place, red, green, blue)."""
    red, green, blue = (_line(*((stop[0], stop[c]) for stop in stops)) for c in (1, 2, 3))
    return lambda x: (red(x), green(x), blue(x))


def _tint(red: float, green: float, blue: float) -> Rule:
    return _ramp((0, 0, 0, 0), (0.6, red, green, blue), (1, 255, 255, 255))


def _even(values: Sequence[float]) -> Callable[[Curve], Curve]:
    """Straight lines between values at equal distances."""
    return lambda x: np.interp(x * (len(values) - 1), np.arange(len(values)), values)


def _apricot(x: Curve) -> tuple[Curve, Curve, Curve]:
    red = _line((0, 0), (0.6875, 186), (1, 255))
    return red(x), 109 * x + 25 * x * np.sin(9.92 * np.pi * x), _even(_APRICOT_BLUE)(x)


def _ether(x: Curve) -> tuple[Curve, Curve, Curve]:
    return 283 * x, _even(_ETHER_GREEN)(x), np.mod(255 - 190 * np.sin(12.44 * x), 256)


def _hot_metal(x: Curve) -> tuple[Curve, Curve, Curve]:
    return x / 0.5715 * 255, (x - 0.6) / 0.35 * 255, 0 * x


def _lava_waves(x: Curve) -> tuple[Curve, Curve, Curve]:
    return (
        128 + 128 * np.sin(6.25 * (x + 0.5)), 97 + 63 * np.sin(99.72 * x),
        128 + 128 * np.sin(6.23 * x),
    )  # fmt: skip


_RULES: dict[str, Rule] = {
    "GRAY": _ramp((0, 0, 0, 0), (1, 255, 255, 255)),
    "BLUE-YELLOW": _ramp((0, 0, 0, 96), (0.5, 96, 112, 128), (1, 255, 240, 64)),
    "LIGHT BLUE1": _tint(96, 160, 224),
    "LIGHTBLUE2": _tint(64, 176, 232),
    "SEPIA1": _tint(176, 128, 80),
    "SEPIA2": _tint(152, 112, 72),
    "WINERED": _tint(160, 48, 80),
    "YELLOW": _ramp((0, 0, 0, 0), (1, 255, 240, 96)),
    "Apricot": _apricot,
    "Carnation": _ramp(
        (0, 255, 0, 4), (0.165, 255, 42, 255), (0.338, 88, 88, 255), (0.507, 130, 255, 252),
        (0.675, 167, 255, 172), (0.847, 255, 255, 214), (0.94, 255, 244, 236), (1, 255, 251, 251),
    ),
    "Ether": _ether,
    "HotMetal": _hot_metal,
    "Lava Waves": _lava_waves,
    "Purple Haze": _ramp(
        (0, 13, 0, 16), (0.27, 205, 0, 255), (0.272, 73, 0, 183), (0.564, 123, 181, 133),
        (0.5641, 123, 5, 131), (0.856, 222, 226, 34), (0.8561, 172, 102, 0), (0.928, 205, 60, 2),
        (1, 249, 5, 2),
    ),
    "Rainbow": _ramp(
        (0, 127, 0, 255), (1 / 9, 0, 0, 255), (3 / 9, 0, 255, 255), (5 / 9, 0, 255, 0),
        (7 / 9, 255, 255, 0), (1, 255, 0, 0),
    ),
}  # fmt: skip
NAMES = tuple(_RULES)


@cache
def colour_map(name: str) -> NDArray[np.uint8]:
    """(256, 3), dark to bright. FormatError for a name that is none of NAMES."""
    rule = _RULES.get(name)
    if rule is None:
        raise FormatError("palette_name", f"{name[:40]!r} is none of {', '.join(NAMES)}")
    curves = np.stack(rule(np.arange(256) / 255), axis=1)
    table = np.clip(np.floor(curves + 0.5), 0, 255).astype(np.uint8)
    table.flags.writeable = False
    return table
