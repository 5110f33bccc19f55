"""Writes lossless JPEG streams from the text of T.81, slowly and openly: any predictor, restart
intervals, point transform, several scans; and, when asked, streams that lie."""

import struct
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

# one code of each category 0..16, none longer than 5 bits, none all ones
BITS = bytes([0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
VALUES = bytes(range(17))


@dataclass
class JpegWriter:
    """Change a field to change the stream; `write` gives its bytes."""

    precision: int = 16
    predictor: int = 1
    point_transform: int = 0
    restart_rows: int = 0
    interleaved: bool = True
    process: int = 3
    bits: bytes = BITS
    values: bytes = VALUES
    rows: int | None = None  # what the header says, if not the truth
    columns: int | None = None
    restart_interval: int | None = None
    sampling: tuple[int, ...] = ()
    table_selector: int = 0
    fill: bytes = b""  # before markers inside the stream
    before: bytes = b""  # segments before the frame header
    with_table: bool = True
    with_end: bool = True
    first_restart: int = 0
    _out: list[int] = field(default_factory=list)

    def write(self, pixels: NDArray[Any]) -> bytes:
        samples = pixels if pixels.ndim == 3 else pixels[:, :, None]
        rows, columns, count = samples.shape
        frame = struct.pack(
            ">BHHB",
            self.precision,
            rows if self.rows is None else self.rows,
            columns if self.columns is None else self.columns,
            count,
        )
        for n in range(count):
            frame += bytes((n + 1, self.sampling[n] if self.sampling else 0x11, 0))
        data = b"\xff\xd8" + self.before + segment(0xC0 + self.process, frame)
        if self.with_table:
            data += segment(0xC4, b"\0" + self.bits + self.values)
        interval = self.restart_rows * columns
        if self.restart_interval is not None:
            interval = self.restart_interval
        if interval:
            data += segment(0xDD, struct.pack(">H", interval))
        groups = [list(range(count))] if self.interleaved else [[n] for n in range(count)]
        for group in groups:
            head = bytes((len(group),))
            head += b"".join(bytes((n + 1, self.table_selector << 4)) for n in group)
            head += bytes((self.predictor, 0, self.point_transform))
            data += self.fill + segment(0xDA, head) + self.scan(samples[:, :, group])
        return data + self.fill + (b"\xff\xd9" if self.with_end else b"")

    def scan(self, samples: NDArray[Any]) -> bytes:
        step = self.restart_rows or len(samples)
        parts = []
        for n, row in enumerate(range(0, len(samples), step)):
            if n:
                parts.append(self.fill + bytes((0xFF, 0xD0 + (n - 1 + self.first_restart) % 8)))
            parts.append(self.interval(samples[row : row + step].astype(int)))
        return b"".join(parts)

    def interval(self, samples: NDArray[Any]) -> bytes:
        bits: list[str] = []
        x = samples >> self.point_transform
        for row in range(x.shape[0]):
            for column in range(x.shape[1]):
                for part in range(x.shape[2]):
                    p = self.predict(x[:, :, part], row, column)
                    bits.append(self.code((int(x[row, column, part]) - p) & 0xFFFF))
        text = "".join(bits)
        text += "1" * (-len(text) % 8)
        data = bytes(int(text[n : n + 8], 2) for n in range(0, len(text), 8))
        return data.replace(b"\xff", b"\xff\0")

    def predict(self, x: NDArray[Any], row: int, column: int) -> int:
        if row == 0:
            if column == 0:
                return 1 << max(self.precision - self.point_transform - 1, 0)
            return int(x[0, column - 1])
        if column == 0:
            return int(x[row - 1, 0])
        a, b, c = int(x[row, column - 1]), int(x[row - 1, column]), int(x[row - 1, column - 1])
        return (a, b, c, a + b - c, a + ((b - c) >> 1), b + ((a - c) >> 1), (a + b) >> 1)[
            self.predictor - 1
        ]

    def code(self, difference: int) -> str:
        if difference > 32768:
            difference -= 65536
        category = abs(difference).bit_length()
        text = format(category, "05b")
        if 0 < category < 16:
            extra = difference if difference > 0 else difference + (1 << category) - 1
            text += format(extra, f"0{category}b")
        return text


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
