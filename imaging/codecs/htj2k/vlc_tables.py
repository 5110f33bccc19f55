"""The variable-length codes of the cleanup pass (T.814 annex C, table 3) as look-up tables.

`vlc_codes.tsv` has a line a codeword: table (0 the first row of quads, 1 the others), context,
significance of the quad's samples, whether an exponent offset follows, the samples whose top bit is
known, their top bits, and the codeword, in the order in which its bits are read. Samples are bits,
from the lowest: top left, bottom left, top right, bottom right.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

CODE_BITS = 7


def read_codes() -> list[tuple[int, int, int, int, int, int, str]]:
    """The lines of the table."""
    text = (files("imaging.codecs.htj2k") / "vlc_codes.tsv").read_text("ascii")
    codes = []
    for line in text.splitlines():
        *numbers, codeword = line.split("\t")
        table, context, significance, offset, known, ones = (int(one, 16) for one in numbers)
        codes.append((table, context, significance, offset, known, ones, codeword))
    return codes


def _lookup() -> NDArray[np.uint16]:
    """[table << 10 | context << 7 | next seven bits, the first of them lowest]: length |
    significance << 3 | has offset << 7 | known << 8 | ones << 12; 0 where no codeword fits."""
    lookup = np.zeros(2 << 10, np.uint16)
    for table, context, significance, offset, known, ones, codeword in read_codes():
        length = len(codeword)
        entry = length | significance << 3 | offset << 7 | known << 8 | ones << 12
        first = int(codeword[::-1], 2)
        base = table << 10 | context << CODE_BITS
        lookup[base + first : base + (1 << CODE_BITS) : 1 << length] = entry
    return lookup


def _prefix(bits: int) -> tuple[int, int]:
    """An exponent offset's prefix and its length (table 3)."""
    if bits & 1:
        return 1, 1
    if bits & 2:
        return 2, 2
    return (3 if bits & 4 else 5), 3


def _suffix_length(prefix: int) -> int:
    """How many bits of suffix follow a prefix (table 3)."""
    return 0 if prefix < 3 else 1 if prefix == 3 else 5


def _offsets() -> NDArray[np.uint16]:
    """Exponent offsets of a pair of quads (7.3.6): [kind << 6 | next six bits]: length of the
    prefixes | length of the first quad's suffix << 3 | of the second's << 6 | prefix << 9 | second
    prefix << 12. Kind: ONLY_FIRST, ONLY_SECOND, BOTH, or BOTH_SHORT (in the first row, when the
    MEL code says that not both are above 2: after a first above 2 the second's is one bit)."""
    table = np.zeros(4 << 6, np.uint16)
    for kind in range(4):
        for bits in range(64):
            first, used, second = 0, 0, 0
            if kind != ONLY_SECOND:
                first, used = _prefix(bits)
            if kind == BOTH_SHORT and first > 2:
                second, used = (bits >> used & 1) + 1, used + 1
            elif kind != ONLY_FIRST:
                second, length = _prefix(bits >> used)
                used += length
            suffixes = _suffix_length(first) << 3 | _suffix_length(second) << 6
            table[kind << 6 | bits] = used | suffixes | first << 9 | second << 12
    return table


ONLY_FIRST, ONLY_SECOND, BOTH, BOTH_SHORT = range(4)
OFFSETS = _offsets()
LOOKUP = _lookup()
