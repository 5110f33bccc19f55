"""High-throughput code-blocks (T.814 clause 7), written plainly: a cleanup pass and, when asked for,
both refinements of the plane below it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.htj2k.vlc_tables import read_codes

Segment = tuple[int, bytes]

_MEL = (0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5)
_CODES: dict[tuple[int, int, int, int], list[tuple[int, int, str]]] = {}
for _table, _context, _rho, _offset, _known, _ones, _word in read_codes():
    _CODES.setdefault((_table, _context, _rho, _offset), []).append((_known, _ones, _word))


@dataclass
class Bits:
    """Bits, lowest first, with a stuffed bit after FF (or, backwards, before a byte above 8F)."""

    is_backward: bool = False
    out: bytearray = field(default_factory=bytearray)
    held: int = 0
    count: int = 0
    last: int = 0

    def put(self, value: int, count: int) -> None:
        for place in range(count):
            self.held |= (value >> place & 1) << self.count
            self.count += 1
            self._emit()

    def _emit(self) -> None:
        if self.is_backward:
            is_short = self.last > 0x8F and self.count == 7 and self.held == 0x7F
            if self.count == 8 or is_short:
                self._byte()
        elif self.count == (7 if self.last == 255 else 8):
            self._byte()

    def _byte(self) -> None:
        self.out.append(self.held)
        self.last, self.held, self.count = self.held, 0, 0

    def finish(self, filler: int = 0) -> bytes:
        while self.count:
            self.put(filler, 1)
        if not self.is_backward and self.last == 255 and self.out:
            self.out.append(0)
        return bytes(self.out)


class Mel:
    """The adaptive run-length coder (7.3.3), highest bit first."""

    def __init__(self) -> None:
        self.state, self.run, self.bits = 0, 0, ""

    def put(self, event: int) -> None:
        size = _MEL[self.state]
        if event:
            self.bits += "0" + (format(self.run, f"0{size}b") if size else "")
            self.run, self.state = 0, max(0, self.state - 1)
            return
        self.run += 1
        if self.run == 1 << size:
            self.bits += "1"
            self.run, self.state = 0, min(12, self.state + 1)

    def finish(self) -> bytes:
        bits = self.bits + ("1" if self.run else "")
        out = bytearray()
        while bits:
            size = 7 if out[-1:] == b"\xff" else 8
            out.append(int(bits[:size].ljust(size, "0"), 2))
            bits = bits[size:]
        if out[-1:] == b"\xff":
            out.append(0)
        return bytes(out)


def offset_code(number: int) -> tuple[str, str, str]:
    """Prefix, suffix and extension of an exponent offset, in reading order (table 3)."""

    def low_first(value: int, size: int) -> str:
        return format(value, f"0{size}b")[::-1]

    if number < 3:
        return ("", "1", "01")[number], "", ""
    if number < 5:
        return "001", low_first(number - 3, 1), ""
    rest = number - 5
    if rest < 28:
        return "000", low_first(rest, 5), ""
    return "000", low_first(28 + (rest - 28) % 4, 5), low_first((rest - 28) // 4, 4)


def write_ht_block(values: NDArray[np.int64], passes: int, causal: bool = False) -> list[Segment]:
    """`passes` 1: everything in the cleanup pass; 2, 3: that of the plane above, then refinement of
    the lowest bit (with 2 the lowest bits of samples found before are lost)."""
    shift = int(passes > 1)
    magnitude, sign = np.abs(values), (values < 0).astype(int)
    segments: list[Segment] = [(1, _cleanup(magnitude >> shift, sign))]
    if passes > 1:
        segments.append((passes - 1, _refine(magnitude, sign, passes, causal)))
    return segments


def _cleanup(magnitude: NDArray[np.int64], sign: NDArray[np.int64]) -> bytes:
    rows, columns = magnitude.shape
    mu = np.zeros((rows + rows % 2 + 2, columns + columns % 2 + 4), np.int64)
    mu[2 : rows + 2, 2 : columns + 2] = magnitude  # two rows above, two columns left and right
    signs = np.zeros_like(mu)
    signs[2 : rows + 2, 2 : columns + 2] = sign
    exponents = np.vectorize(lambda one: int(2 * one - 1).bit_length() if one else 0)(mu)
    mel, vlc, samples = Mel(), Bits(is_backward=True, last=255, count=4, held=15), Bits()
    for y in range(2, mu.shape[0], 2):
        offsets: list[int] = []
        for x in range(2, mu.shape[1] - 2, 2):
            offsets.append(_quad(exponents, mu, signs, y, x, mel, vlc, samples))
            if len(offsets) == 2 or x + 4 >= mu.shape[1]:
                _put_offsets(offsets + [0] * (2 - len(offsets)), y == 2, mel, vlc)
                offsets = []
    front, runs = samples.finish(1), mel.finish()
    back = bytearray(vlc.finish()[::-1]) + b"\0"
    suffix = len(runs) + len(back)
    back[-1] = suffix >> 4
    back[-2] = back[-2] & 0xF0 | suffix & 15
    return front + runs + bytes(back)


def _quad(exponents, mu, signs, y, x, mel, vlc, samples) -> int:  # type: ignore[no-untyped-def]
    """Write one quad but its offset, which is returned."""
    places = [(y, x), (y + 1, x), (y, x + 1), (y + 1, x + 1)]
    found = exponents > 0
    rho = sum(int(found[place]) << n for n, place in enumerate(places))
    if y == 2:
        context = int(found[y, x - 2] | found[y + 1, x - 2])
        context |= int(found[y, x - 1]) << 1 | int(found[y + 1, x - 1]) << 2
        predicted = 1
    else:
        context = int(found[y - 1, x - 1] | found[y - 1, x])
        context |= int(found[y, x - 1] | found[y + 1, x - 1]) << 1
        context |= int(found[y - 1, x + 1] | found[y - 1, x + 2]) << 2
        highest = int(exponents[y - 1, x - 1 : x + 3].max())
        predicted = max(1, highest - 1) if rho & (rho - 1) else 1
    if context == 0:
        mel.put(int(rho > 0))
        if rho == 0:
            return 0
    exponent = max(predicted, *(int(exponents[place]) for place in places)) if rho else predicted
    offset = exponent - predicted if rho else 0
    tops = sum(int(exponents[place] == exponent) << n for n, place in enumerate(places))
    tops &= rho
    known, _, word = max(
        (one for one in _CODES[int(y > 2), context, rho, int(offset > 0)]
         if tops & one[0] == one[1] or offset == 0),
        key=lambda one: one[0].bit_count(),
    )  # fmt: skip
    vlc.put(int(word[::-1], 2), len(word))
    for n, place in enumerate(places):
        if rho >> n & 1:
            number = 2 * (int(mu[place]) - 1) + int(signs[place])
            samples.put(number, exponent - (known >> n & 1))
    return offset


def _put_offsets(offsets: list[int], is_first: bool, mel: Mel, vlc: Bits) -> None:
    first, second = offsets
    if is_first and first and second:
        mel.put(int(min(offsets) > 2))
        if min(offsets) > 2:
            first, second = first - 2, second - 2
        elif first > 2:
            codes = [offset_code(first), (str(second - 1), "", "")]
            _put_codes(codes, vlc)
            return
    _put_codes([offset_code(first), offset_code(second)], vlc)


def _put_codes(codes: list[tuple[str, str, str]], vlc: Bits) -> None:
    for part in range(3):
        for code in codes:
            for bit in code[part]:
                vlc.put(int(bit), 1)


def _refine(
    magnitude: NDArray[np.int64], sign: NDArray[np.int64], passes: int, causal: bool
) -> bytes:
    rows, columns = magnitude.shape
    marks = np.zeros((rows + 2, columns + 2), int)
    marks[1:-1, 1:-1] = magnitude > 1
    forward, backward = Bits(), Bits(is_backward=True, last=255)
    for top in range(0, rows, 4):
        for left in range(0, columns, 4):
            group = [
                (y, x)
                for x in range(left, min(left + 4, columns))
                for y in range(top, min(top + 4, rows))
            ]
            new = []
            for y, x in group:
                near = marks[y : y + 3, x : x + 3].copy()
                if causal and y % 4 == 3:
                    near[2] = 0
                if marks[y + 1, x + 1] or not near.any():
                    continue
                bit = int(magnitude[y, x]) & 1
                forward.put(bit, 1)
                if bit:
                    marks[y + 1, x + 1] = 2
                    new.append((y, x))
            for y, x in new:
                forward.put(int(sign[y, x]), 1)
        for x in range(columns):
            for y in range(top, min(top + 4, rows)):
                if marks[y + 1, x + 1] == 1:
                    backward.put(int(magnitude[y, x]) & 1, 1)
    reached = (marks[1:-1, 1:-1] > 0) | (magnitude != 1)
    assert reached.all(), "an isolated lowest bit cannot be told by a refinement"
    data = forward.finish()
    return data + backward.finish()[::-1] if passes > 2 else data
