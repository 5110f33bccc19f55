"""The viewer harness of the reference folder, installed outside the product: a copy of its folder,
its npm packages, the built peer pages, and its series (made by its own scripts in a venv)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.debian import find, install
from bench.report import FOLDER

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "bench" / "viewer"
PLACE = FOLDER / "bench-peers"
SLICES = 200
STEP_S = 600
OHIF = "3.12.10"


class Missing(Exception):
    """Why the harness or a peer cannot run."""


def install_harness() -> Path:
    """The harness's folder, with `ct200` (16 bit as it is) and `ct200jls` (JPEG-LS). Raises
    Missing. What is there already stays, so a second run starts at once."""
    if not REFERENCE.is_dir():
        raise Missing("the viewer harness is in no folder `shared` beside this checkout")
    install("chromium")
    for program in ("chromium", "node", "npm"):
        if find(program) is None:
            raise Missing(f"{program} is not installed")
    folder = PLACE / "viewer"
    shutil.copytree(REFERENCE, folder, dirs_exist_ok=True, copy_function=_copy)
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink() and "node_modules" not in path.parts:
            path.chmod(path.stat().st_mode | 0o200)
    _let_options_in(folder / "run.mjs")
    _install_packages(folder)
    _make_series(folder)
    _install_ohif()
    return folder


def _let_options_in(runner: Path) -> None:
    """Two options in our copy of the runner: `--cpu=4` slows the page's processor, `--size=WxH`
    is the window's."""
    text = runner.read_text("utf-8")
    slow = (
        "if (A.cpu) await (await ctx.newCDPSession(page))"
        ".send('Emulation.setCPUThrottlingRate', { rate: +A.cpu });"
    )
    given = "{ width: +A.size.split('x')[0], height: +A.size.split('x')[1] }"
    size = f"(A.size ? {given} : {{ width: 1280, height: 1060 }})"
    for old, new in (
        ("await page.addInitScript(inject);", f"await page.addInitScript(inject); {slow}"),
        ("viewport: { width: 1280, height: 1060 }", f"viewport: {size}"),
    ):
        if new not in text:
            if text.count(old) != 1:
                raise Missing("the harness's runner is not the one these options were written for")
            text = text.replace(old, new)
    runner.write_text(text, "utf-8")


def _install_ohif() -> None:
    """Its built page, from its package; where the harness's server looks for it. Without it the
    others are still measured."""
    place = PLACE / "ohif" / "x"
    if (place / "package" / "dist" / "index.html").is_file():
        return
    place.mkdir(parents=True, exist_ok=True)
    try:
        _step("OHIF", ["npm", "pack", "--silent", f"@ohif/app@{OHIF}"], place)
        _step("unpacking it", ["tar", "xzf", f"ohif-app-{OHIF}.tgz"], place)
    except Missing as missing:
        print(f"== {missing}", file=sys.stderr)


def _copy(source: str, target: str) -> None:
    if not Path(target).exists():
        shutil.copyfile(source, target)


def _install_packages(folder: Path) -> None:
    npm = ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"]
    if not (folder / "node_modules" / "playwright-core").is_dir():
        _step("the harness's packages", npm, folder)
    peers = folder / "peers"
    if not (peers / "node_modules" / "@cornerstonejs").is_dir():
        _step("the peers' packages", [*npm, "--ignore-scripts"], peers)
    if not (peers / "dist" / "cs3d" / "index.html").is_file():
        _step("building the peers' pages", ["npx", "vite", "build"], peers)


def _make_series(folder: Path) -> None:
    raw, packed = folder / "data" / "ct200", folder / "data" / "ct200jls"
    if all((one / "metadata.json").is_file() for one in (raw, packed)):
        return
    python = PLACE / "venv" / "bin" / "python"
    if not python.exists():
        _step("a venv for the series", [sys.executable, "-m", "venv", str(PLACE / "venv")], folder)
    packages = ["numpy", "pydicom", "pyjpegls"]
    _step("its packages", [str(python), "-m", "pip", "install", "-q", *packages], folder)
    for script in (
        ["make_series.py", str(raw), str(SLICES)],
        ["make_metadata.py", str(raw)],
        ["make_metadata.py", str(raw), "jls", str(packed)],
    ):
        _step(" ".join(script[:1]), [str(python), *script], folder)


def _step(name: str, command: list[str], folder: Path) -> None:
    print(f"== {name}", file=sys.stderr)
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=STEP_S, check=False,
            env=os.environ | {"npm_config_update_notifier": "false"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Missing(f"{name}: {type(error).__name__}") from error
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise Missing(f"{name}: {words[-1][:120] if words else done.returncode}")


def version_of(package: str) -> str:
    """The installed version of a peer's npm package."""
    import json

    file = PLACE / "viewer" / "peers" / "node_modules" / package / "package.json"
    version: str = json.loads(file.read_text("utf-8"))["version"]
    return version
