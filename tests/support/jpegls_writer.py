"""Writes JPEG-LS streams from the text of T.87, slowly and openly: presets, every interleave mode,
restart intervals, mapping tables; and, when asked, streams that lie."""

import struct
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from tests.support.jpeg_writer import segment

J = (0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15)  # fmt: skip


class Coder:
    """The variables of A.2.1 between two restarts."""

    def __init__(self, writer: "JpegLsWriter", parts: int) -> None:
        w = self.w = writer
        self.range = (w.maximum + 2 * w.near) // (2 * w.near + 1) + 1
        self.qbpp = (self.range - 1).bit_length()
        bpp = max(2, w.maximum.bit_length())
        self.limit = 2 * (bpp + max(8, bpp))
        start = max(2, (self.range + 32) // 64)
        self.a, self.b = [start] * 367, [0] * 367
        self.c, self.n = [0] * 367, [1] * 367
        self.negatives = [0] * 367
        self.run_index = [0] * parts
        self.bits: list[str] = []

    def golomb(self, value: int, k: int, limit: int) -> None:
        zeros = value >> k
        if zeros < limit - self.qbpp - 1:
            low = format(value & ((1 << k) - 1), f"0{k}b") if k else ""
            self.bits.append("0" * zeros + "1" + low)
        else:
            self.bits.append("0" * (limit - self.qbpp - 1) + "1")
            self.bits.append(format(value - 1, f"0{self.qbpp}b"))

    def region(self, d: int) -> int:
        w = self.w
        size = sum(abs(d) >= t for t in (w.near + 1, w.t1, w.t2, w.t3))
        return size if d > 0 else -size

    def quantise(self, error: int) -> int:
        step = 2 * self.w.near + 1
        error = (abs(error) + self.w.near) // step * (1 if error > 0 else -1)
        if error < 0:
            error += self.range
        return error - self.range if error >= (self.range + 1) // 2 else error

    def restore(self, predicted: int, error: int) -> int:
        step = 2 * self.w.near + 1
        value = predicted + error * step
        if value < -self.w.near:
            value += self.range * step
        elif value > self.w.maximum + self.w.near:
            value -= self.range * step
        return min(max(value, 0), self.w.maximum)

    def regular(self, q: tuple[int, int, int], a: int, b: int, c: int, value: int) -> int:
        sign = -1 if q < (0, 0, 0) else 1
        at = abs(81 * q[0] + 9 * q[1] + q[2])
        predicted = min(a, b) if c >= max(a, b) else max(a, b) if c <= min(a, b) else a + b - c
        predicted = min(max(predicted + sign * self.c[at], 0), self.w.maximum)
        error = self.quantise(sign * (value - predicted))
        shown = self.restore(predicted, sign * error)
        k = 0
        while self.n[at] << k < self.a[at]:
            k += 1
        if self.w.near == 0 and k == 0 and 2 * self.b[at] <= -self.n[at]:
            mapped = 2 * error + 1 if error >= 0 else -2 * (error + 1)
        else:
            mapped = 2 * error if error >= 0 else -2 * error - 1
        self.golomb(mapped, k, self.limit)
        self.b[at] += error * (2 * self.w.near + 1)
        self.a[at] += abs(error)
        if self.n[at] == self.w.reset:
            self.a[at] >>= 1
            self.b[at] = self.b[at] >> 1 if self.b[at] >= 0 else -((1 - self.b[at]) >> 1)
            self.n[at] >>= 1
        self.n[at] += 1
        if self.b[at] <= -self.n[at]:
            self.b[at] = max(self.b[at] + self.n[at], 1 - self.n[at])
            self.c[at] = max(self.c[at] - 1, -128)
        elif self.b[at] > 0:
            self.b[at] = min(self.b[at] - self.n[at], 0)
            self.c[at] = min(self.c[at] + 1, 127)
        return shown

    def run(self, length: int, part: int, at_end: bool) -> None:
        while length >= 1 << J[self.run_index[part]]:
            self.bits.append("1")
            length -= 1 << J[self.run_index[part]]
            self.run_index[part] = min(self.run_index[part] + 1, 31)
        if not at_end:
            count = J[self.run_index[part]]
            self.bits.append("0" + (format(length, f"0{count}b") if count else ""))
        elif length:
            self.bits.append("1")

    def interruption(self, kind: int, part: int, a: int, b: int, value: int) -> int:
        predicted = a if kind else b
        sign = -1 if not kind and a > b else 1
        error = self.quantise(sign * (value - predicted))
        at = 365 + kind
        total = self.a[at] + (self.n[at] >> 1 if kind else 0)
        k = 0
        while self.n[at] << k < total:
            k += 1
        flag = (
            (k == 0 and error > 0 and 2 * self.negatives[at] < self.n[at])
            or (error < 0 and 2 * self.negatives[at] >= self.n[at])
            or (error < 0 and k != 0)
        )
        mapped = 2 * abs(error) - kind - flag
        self.golomb(mapped, k, self.limit - J[self.run_index[part]] - 1)
        self.negatives[at] += error < 0
        self.a[at] += (mapped + 1 - kind) >> 1
        if self.n[at] == self.w.reset:
            self.a[at], self.n[at] = self.a[at] >> 1, self.n[at] >> 1
            self.negatives[at] >>= 1
        self.n[at] += 1
        return self.restore(predicted, sign * error)


@dataclass
class JpegLsWriter:
    """Change a field to change the stream; `write` gives its bytes. `interleave` is ILV."""

    precision: int = 8
    near: int = 0
    interleave: int = 0
    maximum: int = 255
    t1: int = 3
    t2: int = 7
    t3: int = 21
    reset: int = 64
    with_preset: bool = False
    restart_rows: int = 0
    restart_size: int = 2
    mapping: bytes = b""
    mapping_width: int = 1
    before: bytes = b""
    fill: bytes = b""
    rows: int | None = None  # what the header says, if not the truth
    columns: int | None = None
    with_end: bool = True
    process: int = 0xF7
    point_transform: int = 0
    shown: list[list[list[int]]] = field(default_factory=list)

    def write(self, pixels: NDArray[Any]) -> bytes:
        rows, columns, count = pixels.shape
        frame = struct.pack(
            ">BHHB", self.precision, rows if self.rows is None else self.rows,
            columns if self.columns is None else self.columns, count,
        )  # fmt: skip
        frame += b"".join(bytes((n + 1, 0x11, 0)) for n in range(count))
        data = b"\xff\xd8" + self.before + segment(self.process, frame)
        if self.with_preset:
            numbers = (self.maximum, self.t1, self.t2, self.t3, self.reset)
            data += segment(0xF8, b"\1" + struct.pack(">5H", *numbers))
        if self.mapping:
            half = len(self.mapping) // self.mapping_width // 2 * self.mapping_width
            head = bytes((7, self.mapping_width))
            data += segment(0xF8, b"\2" + head + self.mapping[:half])
            data += segment(0xF8, b"\3" + head + self.mapping[half:])
        if self.restart_rows:
            data += segment(0xDD, self.restart_rows.to_bytes(self.restart_size, "big"))
        values = pixels.astype(int).tolist()
        self.shown = [[[0] * count for _ in range(columns)] for _ in range(rows)]
        groups = [list(range(count))] if self.interleave else [[n] for n in range(count)]
        for group in groups:
            head = bytes((len(group),))
            head += b"".join(bytes((n + 1, 7 if self.mapping else 0)) for n in group)
            head += bytes((self.near, self.interleave, self.point_transform))
            data += self.fill + segment(0xDA, head) + self.scan(values, group)
        return data + self.fill + (b"\xff\xd9" if self.with_end else b"")

    def scan(self, values: list[list[list[int]]], group: list[int]) -> bytes:
        step = self.restart_rows or len(values)
        pieces = []
        for n, first in enumerate(range(0, len(values), step)):
            if n:
                pieces.append(self.fill + bytes((0xFF, 0xD0 + (n - 1) % 8)))
            pieces.append(self.interval(values, group, first, min(first + step, len(values))))
        return b"".join(pieces)

    def interval(
        self, values: list[list[list[int]]], group: list[int], first: int, end: int
    ) -> bytes:
        coder = Coder(self, len(group))
        width = len(values[0])
        # lines[component]: one sample before, two behind
        above = [[0] * (width + 2) for _ in group]
        for row in range(first, end):
            lines = []
            for line in above:
                line[width + 1] = line[width]
                lines.append([line[1], *[0] * (width + 1)])
            if self.interleave == 2:
                self.samples(coder, values[row], group, above, lines)
            else:
                for n, part in enumerate(group):
                    self.line(coder, [v[part] for v in values[row]], n, above[n], lines[n])
            for n, part in enumerate(group):
                for column in range(width):
                    self.shown[row][column][part] = lines[n][column + 1]
            above = lines
        return stuffed("".join(coder.bits))

    def line(
        self, coder: Coder, values: list[int], part: int, above: list[int], line: list[int]
    ) -> None:
        x, width = 1, len(values)
        while x <= width:
            a, b, c, d = line[x - 1], above[x], above[x - 1], above[x + 1]
            q = (coder.region(d - b), coder.region(b - c), coder.region(c - a))
            if q != (0, 0, 0):
                line[x] = coder.regular(q, a, b, c, values[x - 1])
                x += 1
                continue
            length = 0
            while x + length <= width and abs(values[x + length - 1] - a) <= self.near:
                line[x + length] = a
                length += 1
            x += length
            coder.run(length, part, x > width)
            if x <= width:
                kind = int(abs(a - above[x]) <= self.near)
                line[x] = coder.interruption(kind, part, a, above[x], values[x - 1])
                coder.run_index[part] = max(coder.run_index[part] - 1, 0)
                x += 1

    def samples(
        self, coder: Coder, values: list[list[int]], group: list[int], above: list[list[int]],
        lines: list[list[int]],
    ) -> None:  # fmt: skip
        x, width, parts = 1, len(values), range(len(group))
        while x <= width:
            near = [(lines[n][x - 1], above[n][x], above[n][x - 1], above[n][x + 1]) for n in parts]
            regions = [
                (coder.region(d - b), coder.region(b - c), coder.region(c - a))
                for a, b, c, d in near
            ]
            if any(q != (0, 0, 0) for q in regions):
                for n in parts:
                    a, b, c, _ = near[n]
                    lines[n][x] = coder.regular(regions[n], a, b, c, values[x - 1][group[n]])
                x += 1
                continue
            length = 0
            while x + length <= width and all(
                abs(values[x + length - 1][group[n]] - near[n][0]) <= self.near for n in parts
            ):
                for n in parts:
                    lines[n][x + length] = near[n][0]
                length += 1
            x += length
            coder.run(length, 0, x > width)
            if x <= width:
                for n in parts:
                    a, b = near[n][0], above[n][x]
                    lines[n][x] = coder.interruption(0, 0, a, b, values[x - 1][group[n]])
                coder.run_index[0] = max(coder.run_index[0] - 1, 0)
                x += 1


def stuffed(bits: str) -> bytes:
    """Bytes, seven bits behind each FF, padded with zeros (A.1)."""
    out = bytearray()
    position = 0
    while position < len(bits) or (out and out[-1] == 0xFF):
        count = 7 if out and out[-1] == 0xFF else 8
        out.append(int(bits[position : position + count].ljust(count, "0") or "0", 2))
        position += count
    return bytes(out)
