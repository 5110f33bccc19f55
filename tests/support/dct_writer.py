"""Writes DCT coded JPEG streams from the text of T.81, slowly and openly: any sampling factors,
restart intervals, sequential or progressive; and, when asked, streams that lie. It also says what
a perfect decoder would show."""

import struct
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codecs.jpeg_dct.tables import ZIGZAG
from tests.support.jpeg_writer import segment

BASIS = np.array(
    [
        [
            np.cos((2 * x + 1) * u * np.pi / 16) * (np.sqrt(1 / 8) if u == 0 else 0.5)
            for x in range(8)
        ]
        for u in range(8)
    ]
)
# every AC symbol of 15 categories, and runs of blocks; all codes of one length
CATEGORIES = bytes(range(16))
SYMBOLS = bytes(run << 4 | category for run in range(16) for category in range(15))
Scan = tuple[tuple[int, ...], int, int, int, int]  # components, Ss, Se, Ah, Al


@dataclass
class DctWriter:
    """Change a field to change the stream; `write` gives its bytes."""

    process: int = 1
    precision: int = 8
    sampling: tuple[tuple[int, int], ...] = ((1, 1),)
    step: int = 3
    restart_interval: int = 0
    interleaved: bool = True
    scans: tuple[Scan, ...] = ()  # of a progressive stream
    code_length: int = 8
    rows: int | None = None  # what the header says, if not the truth
    columns: int | None = None
    lines_later: bool = False
    fill: bytes = b""
    before: bytes = b""
    with_quantisation: bool = True
    with_huffman: bool = True
    with_end: bool = True
    first_restart: int = 0
    parts: int | None = None
    coefficients: list[NDArray[np.int64]] = field(default_factory=list)
    bits: list[str] = field(default_factory=list)

    def write(self, planes: list[NDArray[Any]], rows: int, columns: int) -> bytes:
        """`planes` are the components in their own size."""
        self.coefficients = [self.forward(plane, n) for n, plane in enumerate(planes)]
        said = 0 if self.lines_later else rows if self.rows is None else self.rows
        frame = struct.pack(
            ">BHHB", self.precision, said, self.columns or columns, self.parts or len(planes)
        )
        for n, (h, v) in enumerate(self.sampling):
            frame += bytes((n + 1, h << 4 | v, 0))
        data = b"\xff\xd8" + self.before
        if self.with_quantisation:
            data += segment(0xDB, b"\x10" + struct.pack(">64H", *[self.step] * 64))
        data += segment(0xC0 + self.process, frame)
        if self.with_huffman:
            data += segment(0xC4, self.table(0, CATEGORIES) + self.table(1, SYMBOLS))
        if self.restart_interval:
            data += segment(0xDD, struct.pack(">H", self.restart_interval))
        for index, scan in enumerate(self.scans or self.plain_scans()):
            head = bytes((len(scan[0]), *(v for n in scan[0] for v in (n + 1, 0))))
            head += bytes((scan[1], scan[2], scan[3] << 4 | scan[4]))
            data += self.fill + segment(0xDA, head) + self.scan(scan, rows, columns)
            if index == 0 and self.lines_later:
                data += segment(0xDC, struct.pack(">H", rows))
        return data + self.fill + (b"\xff\xd9" if self.with_end else b"")

    def table(self, kind: int, symbols: bytes) -> bytes:
        counts = bytes(len(symbols) if n == self.code_length else 0 for n in range(1, 17))
        return bytes((kind << 4,)) + counts + symbols

    def plain_scans(self) -> list[Scan]:
        every = tuple(range(len(self.sampling)))
        return [(g, 0, 63, 0, 0) for g in ([every] if self.interleaved else [(n,) for n in every])]

    def forward(self, plane: NDArray[Any], n: int) -> NDArray[np.int64]:
        """Quantised coefficients: (block rows, block columns, 64) in zigzag order."""
        h, v = self.sampling[n]
        down, across = -(-plane.shape[0] // (8 * v)) * v, -(-plane.shape[1] // (8 * h)) * h
        pad = ((0, 8 * down - plane.shape[0]), (0, 8 * across - plane.shape[1]))
        whole = np.pad(plane.astype(float), pad, mode="edge") - (1 << (self.precision - 1))
        blocks = whole.reshape(down, 8, across, 8).transpose(0, 2, 1, 3)
        return np.rint((BASIS @ blocks @ BASIS.T).reshape(down, across, 64)[..., ZIGZAG]
                       / self.step).astype(np.int64)  # fmt: skip

    def shown(self, planes: list[NDArray[Any]]) -> list[NDArray[np.int64]]:
        """The planes that a perfect decoder shows."""
        result = []
        for plane, coefficients in zip(planes, self.coefficients, strict=True):
            down, across, _ = coefficients.shape
            flat = np.zeros_like(coefficients)
            flat[..., ZIGZAG] = coefficients * self.step
            blocks = BASIS.T @ flat.reshape(down, across, 8, 8) @ BASIS
            whole = blocks.transpose(0, 2, 1, 3).reshape(8 * down, 8 * across)
            whole = np.floor(whole + (1 << (self.precision - 1)) + 0.5 + 1e-9)
            whole = np.clip(whole, 0, (1 << self.precision) - 1)[: plane.shape[0], : plane.shape[1]]
            result.append(whole.astype(np.int64))
        return result

    def scan(self, scan: Scan, rows: int, columns: int) -> bytes:
        units = self.units(scan[0], rows, columns)
        step = self.restart_interval or len(units)
        parts = []
        for n, first in enumerate(range(0, len(units), step)):
            if n:
                parts.append(self.fill + bytes((0xFF, 0xD0 + (n - 1 + self.first_restart) % 8)))
            self.bits = []
            previous = dict.fromkeys(scan[0], 0)
            for unit in units[first : first + step]:
                for part, block in unit:
                    self.block(scan, part, block, previous)
            parts.append(stuffed("".join(self.bits)))
        return b"".join(parts)

    def units(self, parts: tuple[int, ...], rows: int, columns: int) -> list[Any]:
        """The MCUs of a scan, each a list of (component, block)."""
        h_max, v_max = (max(s[k] for s in self.sampling) for k in (0, 1))
        if len(parts) == 1:
            h, v = self.sampling[parts[0]]
            down = ceil(ceil(rows * v, v_max), 8)
            across = ceil(ceil(columns * h, h_max), 8)
            blocks = self.coefficients[parts[0]]
            return [[(parts[0], blocks[y, x])] for y in range(down) for x in range(across)]
        down, across = -(-rows // (8 * v_max)), -(-columns // (8 * h_max))
        return [
            [
                (n, self.coefficients[n][y * self.sampling[n][1] + j, x * self.sampling[n][0] + i])
                for n in parts
                for j in range(self.sampling[n][1])
                for i in range(self.sampling[n][0])
            ]
            for y in range(down)
            for x in range(across)
        ]

    def block(self, scan: Scan, part: int, block: NDArray[Any], previous: dict[int, int]) -> None:
        _, first, last, high, low = scan
        if first == 0:
            level = int(block[0]) >> low
            if high:
                self.bits.append(str(level & 1))
            else:
                self.value(level - previous[part], CATEGORIES, 0)
                previous[part] = level
            first = 1
        if last == 0:
            return
        shifted = [int(np.sign(c)) * (abs(int(c)) >> low) for c in block[first : last + 1]]
        self.refine_band(shifted) if high else self.first_band(shifted)

    def first_band(self, band: list[int]) -> None:
        run = 0
        for value in band:
            if value == 0:
                run += 1
                continue
            while run > 15:
                self.code(0xF0)
                run -= 16
            self.value(value, SYMBOLS, run)
            run = 0
        if run:
            self.code(0)

    def refine_band(self, band: list[int]) -> None:
        """G.1.2.3, with an end of band for each block."""
        news = [k for k, value in enumerate(band) if abs(value) == 1]
        position = 0
        for k in news:
            while sum(1 for v in band[position:k] if v == 0) > 15:
                self.code(0xF0)
                zeros = 0
                while zeros < 16:
                    zeros += band[position] == 0
                    self.correct(band[position])
                    position += 1
            self.code(sum(1 for v in band[position:k] if v == 0) << 4 | 1)
            self.bits.append("1" if band[k] > 0 else "0")
            for value in band[position:k]:
                self.correct(value)
            position = k + 1
        if position < len(band):
            self.code(0)
            for value in band[position:]:
                self.correct(value)

    def correct(self, value: int) -> None:
        if abs(value) > 1:
            self.bits.append(str(abs(value) & 1))

    def value(self, value: int, symbols: bytes, run: int) -> None:
        category = abs(value).bit_length()
        self.code(run << 4 | category, symbols)
        if category:
            extra = value if value > 0 else value + (1 << category) - 1
            self.bits.append(format(extra, f"0{category}b"))

    def code(self, symbol: int, symbols: bytes = SYMBOLS) -> None:
        self.bits.append(format(symbols.index(symbol), f"0{self.code_length}b"))


def ceil(value: int, divisor: int) -> int:
    return -(-value // divisor)


def stuffed(bits: str) -> bytes:
    """Bytes padded with ones, a zero byte after each FF."""
    bits += "1" * (-len(bits) % 8)
    plain = bytes(int(bits[n : n + 8], 2) for n in range(0, len(bits), 8))
    return plain.replace(b"\xff", b"\xff\x00")
