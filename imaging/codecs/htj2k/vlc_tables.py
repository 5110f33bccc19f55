"""The variable-length codes of the cleanup pass (T.814 annex C) as look-up tables.

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


LOOKUP = _lookup()
