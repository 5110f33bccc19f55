"""Clause A2.1: image processing is our own. What the product installs and imports, Python and
JavaScript, holds no foreign imaging or DICOM library, and Pillow decodes no medical pixel."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = (
    "domain", "imaging", "dicomnet", "storage", "integrations", "documents", "usecases",
    "assembly", "bff", "workers", "supervisor", "kiosk", "cli", "demo",
)  # fmt: skip
# whole words of a package's name
FOREIGN = re.compile(
    r"(^|[-_./@])(pydicom|dicom|dcm\w*|\w*dicom\w*|gdcm|simpleitk|itk\w*|vtk\w*|\w*openjpeg\w*|openjph|"
    r"openjpg|charls|pyjpegls|pylibjpeg\w*|jpeg|jpegls|jpeg2000|j2k|htj2k|libjpeg\w*|pyturbojpeg|"
    r"imagecodecs|imageio|opencv\w*|cv2|skimage|scikit-image|nibabel|monai|highdicom|pynetdicom|"
    r"cornerstone\w*|dwv|niivue|papaya|ami\.js|daikon|jpx|rle|mahotas|pyvips|wand|tifffile|glymur|"
    r"medpy|torchio|deid|dicomweb\w*|wado\w*|ohif|three|babylonjs|nifti\w*|jpgjs|pdfjs-jpx)($|[-_./])",
    re.IGNORECASE,
)


def is_foreign(name: str) -> bool:
    return bool(FOREIGN.search(name)) and not name.startswith((*PRODUCT, "@cloudfilm/"))


@pytest.mark.parametrize(
    "name",
    ["pydicom", "python-gdcm", "pylibjpeg-openjpeg", "@cornerstonejs/core", "opencv-python", "dcmjs",
     "dicom-parser", "SimpleITK", "vtk", "imagecodecs", "@itk-wasm/dicom", "three"],
)  # fmt: skip
def test_the_list_knows_them(name: str) -> None:
    assert is_foreign(name)


@pytest.mark.parametrize("name", ["numpy", "numba", "pillow", "reportlab", "vue", "vite", "qrcode"])
def test_the_list_lets_others_pass(name: str) -> None:
    assert not is_foreign(name)


def python_packages(lock: Path) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9_.-]+)==", lock.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_python_lock_files(lock: str) -> None:
    packages = python_packages(ROOT / lock)
    assert "numpy" in packages
    assert {name for name in packages if is_foreign(name)} == set()


def javascript_packages() -> Iterator[str]:
    for path in ROOT.glob("web/**/package.json"):
        if "node_modules" in path.parts:
            continue
        whole = json.loads(path.read_text("utf-8"))
        for group in (
            "dependencies",
            "devDependencies",
            "peerDependencies",
            "optionalDependencies",
        ):
            yield from whole.get(group, {})
    lock = json.loads((ROOT / "web/package-lock.json").read_text("utf-8"))
    for place in lock["packages"]:
        if "node_modules/" in place:
            yield place.rpartition("node_modules/")[2]


def test_javascript_lock_file() -> None:
    packages = set(javascript_packages())
    assert "vue" in packages
    assert {name for name in packages if is_foreign(name)} == set()


def imports_of(path: Path) -> Iterator[str]:
    """Every module that a file names: import statements and `import_module("…")`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
        elif isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            first = node.args[0]
            if name in ("import_module", "__import__") and isinstance(first, ast.Constant):
                yield str(first.value)


def imports_below(package: str) -> dict[str, set[str]]:
    """Top-level module -> files that import it."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / package).rglob("*.py"):
        for name in imports_of(path):
            found.setdefault(name.partition(".")[0], set()).add(str(path.relative_to(ROOT)))
    return found


@pytest.mark.parametrize("package", PRODUCT)
def test_no_file_imports_a_foreign_imaging_library(package: str) -> None:
    assert {name: files for name, files in imports_below(package).items() if is_foreign(name)} == {}


@pytest.mark.parametrize("package", ["imaging", "dicomnet", "usecases"])
def test_pillow_sees_no_medical_pixel(package: str) -> None:
    assert "PIL" not in imports_below(package)


@pytest.mark.parametrize("package", [name for name in PRODUCT if name != "imaging"])
def test_only_imaging_knows_the_compiler(package: str) -> None:
    assert not {"numba", "llvmlite"} & imports_below(package).keys()


def test_imaging_needs_numpy_numba_and_the_standard_library_only() -> None:
    allowed = {"imaging", "numpy", "numba"} | set(sys.stdlib_module_names)
    assert {
        name: files for name, files in imports_below("imaging").items() if name not in allowed
    } == {}


def test_no_program_of_others_is_called_for_pixels() -> None:
    """Neither a subprocess nor a foreign shared library does our work."""
    for package in ("imaging", "dicomnet", "usecases", "documents"):
        assert (
            not {"subprocess", "ctypes", "cffi", "multiprocessing"} & imports_below(package).keys()
        )


def test_what_is_really_loaded() -> None:
    """The whole imaging core, imported in a fresh interpreter."""
    script = (
        "import pkgutil, sys, importlib, imaging\n"
        "for module in pkgutil.walk_packages(imaging.__path__, 'imaging.'):\n"
        "    importlib.import_module(module.name)\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    out = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = out.stdout.split()
    assert "imaging" in loaded
    assert [name for name in loaded if is_foreign(name) or name == "PIL"] == []
