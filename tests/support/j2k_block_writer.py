"""Code-blocks written with the MQ coder (T.800 annexes C and D), plainly: neighbours are counted for
each sample, so that nothing is shared with the decoder but the table of states."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg2000.block_kernels import (
    BYPASS,
    CAUSAL,
    RESET,
    SYMBOLS,
    TERMINATE,
)
from imaging.codecs.jpeg2000.mq_tables import _NEXT_LPS, _NEXT_MPS, _QE, _SWITCH

Segment = tuple[int, bytes]  # passes, bytes


class MqEncoder:
    """C.2, in the standard's own steps."""

    def __init__(self) -> None:
        self.a, self.c, self.ct, self.out = 0x8000, 0, 12, bytearray(1)

    def encode(self, decision: int, context: list[int]) -> None:
        state, mps = context
        qe = _QE[state]
        self.a -= qe
        if decision == mps:
            if self.a & 0x8000:
                self.c += qe
                return
            if self.a < qe:
                self.a = qe
            else:
                self.c += qe
            context[0] = _NEXT_MPS[state]
        else:
            if self.a < qe:
                self.c += qe
            else:
                self.a = qe
            if state in _SWITCH:
                context[1] = 1 - mps
            context[0] = _NEXT_LPS[state]
        while self.a < 0x8000:
            self.a <<= 1
            self.c <<= 1
            self.ct -= 1
            if self.ct == 0:
                self._byte_out()

    def _byte_out(self) -> None:
        if self.out[-1] != 0xFF and self.c & 0x8000000:
            self.out[-1] += 1
            if self.out[-1] == 0xFF:
                self.c &= 0x7FFFFFF
        if self.out[-1] == 0xFF:
            self.out.append(self.c >> 20 & 0xFF)
            self.c &= 0xFFFFF
            self.ct = 7
        else:
            self.out.append(self.c >> 19 & 0xFF)
            self.c &= 0x7FFFF
            self.ct = 8

    def flush(self) -> bytes:
        bound = self.c + self.a
        self.c |= 0xFFFF
        if self.c >= bound:
            self.c -= 0x8000
        for _ in range(2):
            self.c <<= self.ct
            self._byte_out()
        data = bytes(self.out[1:])
        return data[:-1] if data.endswith(b"\xff") else data


@dataclass
class RawEncoder:
    """D.6: bits as they are, seven after FF."""

    out: bytearray = field(default_factory=bytearray)
    held: int = 0
    bits: int = 8

    def put(self, bit: int) -> None:
        self.bits -= 1
        self.held |= bit << self.bits
        if self.bits == 0:
            self.out.append(self.held)
            self.bits = 7 if self.held == 255 else 8
            self.held = 0

    def flush(self) -> bytes:
        if self.bits < 8 and not (self.bits == 7 and self.out[-1:] == b"\xff"):
            self.out.append(self.held)
        return bytes(self.out[:-1] if self.out[-1:] == b"\xff" else self.out)


class BlockWriter:
    """One block: values (rows, columns) of integers, coded from bit-plane planes - 1 down to 0."""

    def __init__(self, values: NDArray[np.int64], orientation: str, style: int, planes: int):
        self.height, self.width = values.shape
        self.magnitude = np.abs(values)
        self.sign = (values < 0).astype(int)
        self.orientation, self.style, self.planes = orientation, style, planes
        self.significant = np.zeros((self.height + 2, self.width + 2), int)
        self.refined = np.zeros(values.shape, bool)
        self.coded = np.zeros(values.shape, bool)
        self._reset()

    def _reset(self) -> None:
        self.contexts = [[0, 0] for _ in range(19)]
        self.contexts[0][0], self.contexts[17][0], self.contexts[18][0] = 4, 3, 46

    def write(self) -> list[Segment]:
        """The codeword segments, cut where the style says."""
        segments: list[Segment] = []
        coder: MqEncoder | RawEncoder = MqEncoder()
        passes = 0
        total = 3 * self.planes - 2
        for number in range(total):
            kind = ("cleanup", "significance", "refinement")[number % 3]
            plane = self.planes - 1 - (number + 2) // 3
            is_raw = bool(self.style & BYPASS and number >= 10 and kind != "cleanup")
            if passes == 0:
                coder = RawEncoder() if is_raw else MqEncoder()
            getattr(self, "_" + kind)(coder, plane)
            if kind == "cleanup" and self.style & SYMBOLS:
                for bit in (1, 0, 1, 0):
                    self._put(coder, bit, 18)
            if self.style & RESET:
                self._reset()
            passes += 1
            is_end = number == total - 1 or bool(self.style & TERMINATE)
            if self.style & BYPASS and number >= 9:
                is_end = is_end or kind == "cleanup" or kind == "refinement"
            if is_end:
                segments.append((passes, coder.flush()))
                passes = 0
        return segments

    def _put(self, coder: MqEncoder | RawEncoder, bit: int, context: int) -> None:
        if isinstance(coder, RawEncoder):
            coder.put(bit)
        else:
            coder.encode(bit, self.contexts[context])

    def _near(self, y: int, x: int) -> NDArray[np.int64]:
        """Three by three around a sample; +1, -1 where significant, by sign."""
        near = self.significant[y : y + 3, x : x + 3].copy()
        if self.style & CAUSAL and y % 4 == 3:
            near[2] = 0
        return near

    def _zero_context(self, y: int, x: int) -> int:
        near = np.abs(self._near(y, x))
        h, v = near[1, 0] + near[1, 2], near[0, 1] + near[2, 1]
        d = near[0, 0] + near[0, 2] + near[2, 0] + near[2, 2]
        if self.orientation == "HH":
            if d >= 3:
                return 8
            if d == 2:
                return 7 if h + v else 6
            if d == 1:
                return (3, 4, 5)[min(h + v, 2)]
            return (0, 1, 2)[min(h + v, 2)]
        if self.orientation == "HL":
            h, v = v, h
        if h == 2:
            return 8
        if h == 1:
            return 7 if v else 6 if d else 5
        return (4 if v == 2 else 3) if v else (0, 1, 2)[min(d, 2)]

    def _code_sign(self, coder: MqEncoder | RawEncoder, y: int, x: int) -> None:
        near = self._near(y, x)
        h = int(np.clip(near[1, 0] + near[1, 2], -1, 1))
        v = int(np.clip(near[0, 1] + near[2, 1], -1, 1))
        context, flip = {
            (1, 1): (13, 0), (1, 0): (12, 0), (1, -1): (11, 0), (0, 1): (10, 0), (0, 0): (9, 0),
            (0, -1): (10, 1), (-1, 1): (11, 1), (-1, 0): (12, 1), (-1, -1): (13, 1),
        }[h, v]  # fmt: skip
        sign = int(self.sign[y, x])
        self._put(coder, sign if isinstance(coder, RawEncoder) else sign ^ flip, context)
        self.significant[y + 1, x + 1] = 1 - 2 * sign

    def _scan(self):  # type: ignore[no-untyped-def]
        for top in range(0, self.height, 4):
            for x in range(self.width):
                for y in range(top, min(top + 4, self.height)):
                    yield y, x

    def _significance(self, coder: MqEncoder | RawEncoder, plane: int) -> None:
        self.coded[:] = False
        for y, x in self._scan():
            if self.significant[y + 1, x + 1] or not self._near(y, x).any():
                continue
            bit = int(self.magnitude[y, x]) >> plane & 1
            self._put(coder, bit, self._zero_context(y, x))
            self.coded[y, x] = True
            if bit:
                self._code_sign(coder, y, x)

    def _refinement(self, coder: MqEncoder | RawEncoder, plane: int) -> None:
        for y, x in self._scan():
            if not self.significant[y + 1, x + 1] or self.coded[y, x]:
                continue
            near = self._near(y, x)
            near[1, 1] = 0
            context = 16 if self.refined[y, x] else 15 if near.any() else 14
            self._put(coder, int(self.magnitude[y, x]) >> plane & 1, context)
            self.refined[y, x] = True

    def _cleanup(self, coder: MqEncoder | RawEncoder, plane: int) -> None:
        for top in range(0, self.height, 4):
            for x in range(self.width):
                self._cleanup_column(coder, plane, top, x)
        self.coded[:] = False

    def _cleanup_column(self, coder: MqEncoder | RawEncoder, plane: int, top: int, x: int) -> None:
        rows = list(range(top, min(top + 4, self.height)))
        is_run = len(rows) == 4 and not any(
            self.coded[y, x] or self._near(y, x).any() for y in rows
        )
        if is_run:
            bits = [int(self.magnitude[y, x]) >> plane & 1 for y in rows]
            self._put(coder, int(any(bits)), 17)
            if not any(bits):
                return
            first = bits.index(1)
            self._put(coder, first >> 1, 18)
            self._put(coder, first & 1, 18)
            self._code_sign(coder, rows[first], x)
            rows = rows[first + 1 :]
        for y in rows:
            if self.coded[y, x] or self.significant[y + 1, x + 1]:
                continue
            bit = int(self.magnitude[y, x]) >> plane & 1
            self._put(coder, bit, self._zero_context(y, x))
            if bit:
                self._code_sign(coder, y, x)
