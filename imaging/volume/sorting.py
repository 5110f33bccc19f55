"""Frames become a display order: along the normal of their plane, else by instance number
(PS3.3 C.7.6.2.1.1). Nothing is dropped: duplicates stay, side by side or as whole passes."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

PARALLEL = 0.999  # cosine below which two planes are said to differ (2.6 degrees)
SAME_PLACE_MM = 1e-3
MAX_DIRECTIONS = 16

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SliceKey:
    """What one frame is ordered by; None where the file does not say."""

    position: Vector | None
    orientation: Vector | None
    instance_number: int | None
    frame: int
    sop_instance_uid: str

    @property
    def number_key(self) -> tuple[bool, int, str, int]:
        number = self.instance_number
        return number is None, number or 0, self.sop_instance_uid, self.frame


def display_order(keys: Sequence[SliceKey]) -> list[int]:
    """Indices into `keys`. Planes of one direction stay together; the direction that was taken
    first comes first. Slices that all occur k times (phases, echoes) become k passes."""
    by_number = sorted(range(len(keys)), key=lambda n: keys[n].number_key)
    if any(key.position is None or key.orientation is None for key in keys):
        return by_number
    groups: list[tuple[Vector, list[int]]] = []
    for n in by_number:
        normal = normal_of(keys[n].orientation or ())
        for known, members in groups:
            if cosine(known, normal) > PARALLEL:
                members.append(n)
                break
        else:
            groups.append((normal, [n]))
            if len(groups) > MAX_DIRECTIONS:
                return by_number  # a rotating acquisition has no normal
    return [n for normal, members in groups for n in _along(keys, normal, members)]


def normal_of(orientation: Vector) -> Vector:
    """Row direction x column direction, of length 1."""
    a, b, c, d, e, f = orientation
    normal = b * f - c * e, c * d - a * f, a * e - b * d
    length = math.hypot(*normal) or 1.0
    return tuple(part / length for part in normal)


def cosine(first: Vector, second: Vector) -> float:
    """Of the angle; opposite normals count as two planes, because left and right change."""
    return _dot(first, second)


def _along(keys: Sequence[SliceKey], normal: Vector, members: list[int]) -> list[int]:
    """`members` come by number; the order of equal places keeps it."""
    distance = {n: _dot(keys[n].position or (), normal) for n in members}
    ordered = sorted(members, key=lambda n: distance[n])
    places: list[list[int]] = []
    for n in ordered:
        if places and abs(distance[n] - distance[places[-1][-1]]) < SAME_PLACE_MM:
            places[-1].append(n)
        else:
            places.append([n])
    rank = {n: k for k, n in enumerate(members)}
    for place in places:
        place.sort(key=lambda n: rank[n])
    times = {len(place) for place in places}
    if len(times) > 1 or times == {1} or len(places) == 1:
        return [n for place in places for n in place]
    passes: dict[int, list[int]] = defaultdict(list)
    for place in places:
        for k, n in enumerate(place):
            passes[k].append(n)
    return [n for k in sorted(passes) for n in passes[k]]


def _dot(first: Vector, second: Vector) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))
