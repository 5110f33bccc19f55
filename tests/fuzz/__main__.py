"""`python -m tests.fuzz TARGET --seconds N --corpus DIR`: see README.md beside this file."""

import argparse
import os
import re
import sys
import tempfile
import zlib
from pathlib import Path

# before numba is imported: every access outside an array raises, in kernels of their own cache
os.environ.setdefault("NUMBA_BOUNDSCHECK", "1")
os.environ.setdefault(
    "NUMBA_CACHE_DIR", str(Path(tempfile.gettempdir()) / "cloudfilm-fuzz-kernels")
)

import atheris

ROOT = Path(__file__).parents[2]
FEATURES = 2048


def kernel_modules() -> list[str]:
    """Modules with compiled code: numba cannot compile what atheris has instrumented."""
    found = ["imaging.kernel"]
    for path in sorted((ROOT / "imaging").rglob("*.py")):
        if "from imaging.kernel import" in path.read_text():
            found.append(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return found


with atheris.instrument_imports(include=["imaging"], exclude=kernel_modules()):
    from tests.fuzz.targets import TARGETS

from imaging.errors import ImagingError  # noqa: E402
from tests.fuzz.seeds import MOST_BYTES, reference_seeds, seeds  # noqa: E402
from tests.fuzz.watch import Watch  # noqa: E402


def landmarks() -> list[object]:
    """Empty functions that count as coverage when called: they tell the fuzzer which error came,
    and roughly where in the bytes, which kernels cannot."""
    names: dict[str, object] = {}
    exec("\n".join(f"def mark{n}(): return {n}" for n in range(FEATURES)), names)
    return [atheris.instrument_func(names[f"mark{n}"]) for n in range(FEATURES)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--reference", type=Path, help="a folder of DICOM files for more seeds")
    chosen = parser.parse_args()
    grown, begin, findings = (chosen.corpus / part for part in ("grown", "seeds", "findings"))
    for folder in (grown, begin, findings):
        folder.mkdir(parents=True, exist_ok=True)
    first = list(seeds(chosen.target))
    if chosen.reference:
        first += reference_seeds(chosen.target, chosen.reference)
    watch, marks = Watch(TARGETS[chosen.target], findings), landmarks()
    for number, data in enumerate(first):
        (begin / f"{number:04}").write_bytes(data)
        watch(data)  # kernels are compiled now, and no seed may be a finding

    def one(data: bytes) -> None:
        error = watch(data)
        place = "shown" if error is None else _landmark(error)
        marks[zlib.crc32(place.encode()) % FEATURES]()

    flags = [
        f"-max_total_time={chosen.seconds}", f"-max_len={MOST_BYTES}", "-rss_limit_mb=2048",
        "-timeout=60", "-print_final_stats=1", f"-artifact_prefix={findings}/",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(grown), str(begin)], one)
    atheris.Fuzz()


def _landmark(error: ImagingError) -> str:
    """Code, the size of the first number of the message (a line, a byte, a tile), and of the
    offset."""
    number = re.search(r"\d+", error.message)
    size = len(number[0]) if number else 0
    return f"{error.code} {size} {(error.offset or 0).bit_length()}"


if __name__ == "__main__":
    main()
