"""Every malformed-input class of the battery, case by case: the error that its code names or the
picture, at most a second of processor time, and no more memory than four times the bytes and 64 MB.
"""

from collections.abc import Callable

import pytest

from tests.hostile.answer import PLAIN, Answer, answer, costly_answer
from tests.hostile.classes import (
    c01_nesting,
    c02_meta,
    c03_sizes,
    c06_palettes,
    c07_codestreams,
    c12_envelopes,
    c17_names,
)
from tests.hostile.classes.case import Case, Cases
from tests.hostile.measure import allowed_bytes, slowness
from tests.hostile.samples import everything

CPU_S = 1.0
CLASSES: dict[str, Callable[[], Cases]] = {
    "1 nesting": c01_nesting.cases,
    "2 meta information": c02_meta.cases,
    "3-5 sizes": c03_sizes.cases,
    "6 palettes": c06_palettes.cases,
    "7 RLE": c07_codestreams.of_rle,
    "8 JPEG": c07_codestreams.of_jpeg,
    "9 JPEG-LS": c07_codestreams.of_jpeg_ls,
    "10 JPEG 2000": c07_codestreams.of_j2k,
    "11 sizes in the stream": c07_codestreams.mismatched,
    "12 unknown compression": c12_envelopes.compressions,
    "13 bombs": c12_envelopes.bombs,
    "17 names": c17_names.uids,
    "18 directories": c17_names.directories,
    "19 fragments": c12_envelopes.fragments,
    "20 text": c17_names.texts,
    "21 values": c17_names.values,
    "22 preambles": c17_names.preambles,
}


@pytest.fixture(scope="module", autouse=True)
def _kernels_are_loaded() -> None:
    for data in (PLAIN, *everything().values()):
        answer(data)


@pytest.mark.parametrize("name", CLASSES)
def test_every_case(name: str) -> None:
    wrong = []
    for case in CLASSES[name]():
        try:
            found, cost = costly_answer(case.data)
            if cost.cpu_s > CPU_S:  # on a busy machine the same work takes longer
                cost.cpu_s = min(again(case) for _ in range(3))
        except Exception as error:
            wrong.append(f"{case.name}: {error!r}")
            continue
        if not is_right(case, found):
            wrong.append(f"{case.name}: {found.codes}, {found.frames} frames, not {case.codes}")
        if cost.cpu_s > CPU_S:
            wrong.append(f"{case.name}: {cost.cpu_s:.1f} s")
        if cost.grown_bytes > allowed_bytes(case.data):
            wrong.append(f"{case.name}: {cost.grown_bytes >> 20} MB for {len(case.data)} bytes")
    assert not wrong, "\n".join(wrong)


def again(case: Case) -> float:
    slow = slowness()
    return costly_answer(case.data)[1].cpu_s / max(slow, slowness())


def is_right(case: Case, found: Answer) -> bool:
    if case.codes is None:
        is_image = found.file is not None and "PixelData" in found.file.dataset
        return not (set(found.codes) - {"pixels_missing"}) and (found.frames > 0) == is_image
    return not case.codes or any(code in case.codes for code in found.codes)
