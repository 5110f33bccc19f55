"""The slices of a series become stacks: parallel, in order, at one place each, with what a volume
made of them must know: step, gaps, tilt (PS3.3 C.7.6.2.1.1, C.8.2.1.1.1).

Nothing is thrown away: slices of another direction make a stack of their own, a second slice at a
place goes into a second stack, and slices that do not say where they lie make one without places.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from imaging.volume.planes import Vector, cross, dot, subtract, unit
from imaging.volume.sorting import PARALLEL, SAME_PLACE_MM, SliceKey

GAP = 1.5  # times the usual step
EVEN = 0.02  # part of the step by which it may vary
TILTED_DEGREES = 0.1


@dataclass(frozen=True, slots=True)
class Stack:
    """`members` are indices into the keys, in order along `normal`; `places_mm` where each lies
    on it. Both geometric facts are None for slices without position or orientation.

    `step_mm` is the median distance (0 for one slice); `gaps` are the numbers n for which slices
    are missing between members n and n + 1. `tilt_degrees` is the angle between the normal and
    the line that the first pixels lie on: a gantry tilt, which a volume must be sheared by.
    """

    members: tuple[int, ...]
    normal: Vector | None = None
    places_mm: tuple[float, ...] = ()
    step_mm: float = 0.0
    gaps: tuple[int, ...] = ()
    tilt_degrees: float = 0.0

    @property
    def is_regular(self) -> bool:
        """Whether the slices fill a box evenly: at least two, no gaps, equal steps, no tilt."""
        if len(self.members) < 2 or self.gaps or self.normal is None:
            return False
        steps = _steps(self.places_mm)
        is_even = max(steps) - min(steps) <= 2 * EVEN * self.step_mm
        return is_even and self.tilt_degrees < TILTED_DEGREES


@dataclass(slots=True)
class _Group:
    normal: Vector
    along_row: Vector
    members: list[int] = field(default_factory=list)


def make_stacks(keys: Sequence[SliceKey]) -> list[Stack]:
    """Every index of `keys` exactly once, the direction that was taken first coming first."""
    by_number = sorted(range(len(keys)), key=lambda n: keys[n].number_key)
    groups: list[_Group] = []
    lost: list[int] = []
    for n in by_number:
        directions = _directions(keys[n])
        if directions is None:
            lost.append(n)
            continue
        normal, along_row = directions
        for group in groups:
            if min(dot(group.normal, normal), dot(group.along_row, along_row)) > PARALLEL:
                group.members.append(n)
                break
        else:
            groups.append(_Group(normal, along_row, [n]))
    stacks = [stack for group in groups for stack in _passes(keys, group)]
    return [*stacks, Stack(tuple(lost))] if lost else stacks


def _directions(key: SliceKey) -> tuple[Vector, Vector] | None:
    """Normal and row direction; None for a slice that does not say where it lies."""
    if key.position is None or key.orientation is None:
        return None
    a, b, c, d, e, f = key.orientation
    normal, along_row = unit(cross((a, b, c), (d, e, f)), least=0.1), unit((a, b, c))
    return None if normal is None or along_row is None else (normal, along_row)


def _passes(keys: Sequence[SliceKey], group: _Group) -> list[Stack]:
    """The first slice at each place, then the second ones, and so on."""
    place = {n: dot(_position(keys[n]), group.normal) for n in group.members}
    rank = {n: k for k, n in enumerate(group.members)}
    places: list[list[int]] = []
    for n in sorted(group.members, key=lambda n: place[n]):
        if places and place[n] - place[places[-1][0]] < SAME_PLACE_MM:
            places[-1].append(n)
        else:
            places.append([n])
    for several in places:
        several.sort(key=lambda n: rank[n])
    depth = max(len(several) for several in places)
    passes = [[p[k] for p in places if len(p) > k] for k in range(depth)]
    return [_stack(keys, group.normal, members, place) for members in passes]


def _stack(
    keys: Sequence[SliceKey], normal: Vector, members: list[int], place: dict[int, float]
) -> Stack:
    places = tuple(place[n] for n in members)
    steps = _steps(places)
    step = median(steps) if steps else 0.0
    gaps = tuple(n for n, width in enumerate(steps) if width > GAP * step)
    first, last = _position(keys[members[0]]), _position(keys[members[-1]])
    return Stack(tuple(members), normal, places, step, gaps, _tilt(normal, first, last))


def _tilt(normal: Vector, first: Vector, last: Vector) -> float:
    """Degrees between the normal and the line from the first slice to the last."""
    line = unit(subtract(last, first), least=SAME_PLACE_MM)
    if line is None:
        return 0.0
    across = math.hypot(*cross(normal, line))
    return math.degrees(math.atan2(across, dot(normal, line)))


def _steps(places: tuple[float, ...]) -> list[float]:
    return [b - a for a, b in itertools.pairwise(places)]


def _position(key: SliceKey) -> Vector:
    assert key.position is not None
    x, y, z = key.position
    return x, y, z
