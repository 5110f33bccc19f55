"""The Grayscale Standard Display Function (PS3.14): P-values are steps that the eye sees as equal.

Luminance in cd/m2; a JND index j runs from 1 to 1023. A display's or printer's own table makes
its levels follow the function, whatever its own curve is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.errors import FormatError

Floats = NDArray[np.float64]
J_MIN, J_MAX = 1.0, 1023.0
LUMINANCE_MIN, LUMINANCE_MAX = 0.05, 3993.4

# PS3.14 section 7.1, equation 1: numerator in even, denominator in odd powers' order
_UP = (-1.3011877, 8.0242636e-2, 1.3646699e-1, -2.5468404e-2, 1.3635334e-3)
_DOWN = (1.0, -2.5840191e-2, -1.0320229e-1, 2.8745620e-2, -3.1978977e-3, 1.2992634e-4)
# equation 2, powers of log10 L from 0
_BACK = (
    71.498068, 94.593053, 41.912053, 9.8247004, 0.28175407, -1.1878455, -0.18014349, 0.14710899,
    -0.017046845,
)  # fmt: skip


def luminance_of(jnd_index: Any) -> Floats:
    """cd/m2 of JND indices, which are clipped to 1..1023."""
    x = np.log(np.clip(np.asarray(jnd_index, np.float64), J_MIN, J_MAX))
    ratio = np.polynomial.polynomial.polyval(x, _UP) / np.polynomial.polynomial.polyval(x, _DOWN)
    return np.asarray(10.0**ratio, np.float64)


def jnd_index_of(luminance: Any) -> Floats:
    """JND indices of luminances, clipped to where the function is defined."""
    x = np.log10(np.clip(np.asarray(luminance, np.float64), LUMINANCE_MIN, LUMINANCE_MAX))
    return np.asarray(np.polynomial.polynomial.polyval(x, _BACK), np.float64)


def standard_luminances(levels: int, darkest: float, brightest: float) -> Floats:
    """What each P-value should shine with, between a device's ends (section 7.2)."""
    if levels < 2 or not 0 < darkest < brightest:
        raise FormatError("gsdf_range", f"{levels} levels from {darkest} to {brightest} cd/m2")
    ends = jnd_index_of((darkest, brightest))
    return luminance_of(np.linspace(ends[0], ends[1], levels))


def calibration_table(measured: Any, levels: int = 256) -> NDArray[np.uint16]:
    """The driving level for each P-value, from the luminances measured at every driving level
    (ambient light included): the level that comes nearest to the standard's."""
    curve = np.asarray(measured, np.float64)
    if curve.ndim != 1 or not 2 <= curve.size <= 65536 or not np.isfinite(curve).all():
        raise FormatError("gsdf_curve", "a measured curve has 2 to 65536 luminances")
    curve = np.maximum.accumulate(curve)  # noise must not make a darker level brighter
    places = jnd_index_of(curve)
    if levels < 2 or not 0 < curve[0] < curve[-1]:
        raise FormatError("gsdf_range", f"{levels} levels from {curve[0]} to {curve[-1]} cd/m2")
    wanted = np.linspace(places[0], places[-1], levels)
    upper = np.clip(np.searchsorted(places, wanted), 1, curve.size - 1)
    is_lower = wanted - places[upper - 1] <= places[upper] - wanted
    return (upper - is_lower).astype(np.uint16)


def greatest_error(measured: Any, table: NDArray[Any]) -> float:
    """How far the device with this table is from the function, in JNDs, at its worst P-value."""
    curve = np.asarray(measured, np.float64)
    wanted = standard_luminances(table.size, float(curve.min()), float(curve.max()))
    return float(np.abs(jnd_index_of(curve[table]) - jnd_index_of(wanted)).max())
