"""Rounds of the harness on all viewers and links, and the figures."""

import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, Literal

from bench.report import FOLDER, figure
from bench.viewer.exam import viewable
from bench.viewer.harness import SLICES, Missing, install_harness, version_of

ROUNDS = 3
NETS = {"none": "no limit", "4g": "20 Mbit/s + 40 ms"}
NAMES = NETS | {"none-cpu4": "processor at a quarter", "none-512": "canvas of 512 x 512"}
PEERS = {
    "cs3d": "Cornerstone3D",
    "cs3d-jls": "Cornerstone3D, JPEG-LS",
    "ohif": "OHIF",
    "dwv": "dwv",
    "floor": "floor page without a library",
}
# beside the two links: a processor four times slower (of the page; workers keep their speed), and
# a window in which our canvas is as large as the peers', 512 x 512
SLOW, SMALL = "none-cpu4", "none-512"
CASES = {SLOW: ["--cpu=4"], SMALL: ["--size=512x620"]}
Better = Literal["higher", "lower"]
FIGURES: dict[str, tuple[str, str, Better]] = {
    "first_image_ms": ("first image", "ms", "lower"),
    "all_loaded_ms": ("all loaded, exact", "ms", "lower"),
    "bytes_down": ("bytes on the wire", "B", "lower"),
    "scroll_frame_p50": ("scroll, frame p50", "ms", "lower"),
    "scroll_frame_p95": ("scroll, frame p95", "ms", "lower"),
    "wl_frame_p50": ("window, frame p50", "ms", "lower"),
}
AIMS = {"first_image_ms": 1500.0, "preview_ms": 3000.0, "script_bytes": 300_000.0}
# viewer -> link -> name of the figure -> values of all rounds
Table = dict[str, dict[str, dict[str, list[float]]]]


def run(*, quick: bool = False) -> None:
    """Three rounds (one when `quick`); prints nothing, writes figures."""
    try:
        harness = install_harness()
    except Missing as missing:
        for net in NETS:
            _missing(net, str(missing))
        return
    table: Table = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    files = sorted((harness / "data" / "ct200").glob("*.dcm"))
    with (
        tempfile.TemporaryDirectory(dir=FOLDER, prefix="bench-viewer-") as data,
        viewable(Path(data), files) as url,
    ):
        for number in range(1 if quick else ROUNDS):
            print(f"== viewer, round {number + 1}", file=sys.stderr)
            for net in NETS:
                _round(harness, net, url, table, number)
            for case, options in CASES.items():
                _case(harness, case, options, url, table)
    for net in NAMES:
        _figures(net, table)


def _round(harness: Path, net: str, url: str, table: Table, number: int) -> None:
    """One load of every viewer on one link; every other round begins with the peers."""
    own, peers = ["--viewers=", f"--url=ours={url}"], ["--viewers=cs3d,ohif,dwv,floor"]
    packed = ["--viewers=cs3d", "--series=ct200jls"]
    for arguments in [own, peers, packed][:: -1 if number % 2 else 1]:
        # the peers' pages listen to no mouse, so its phase (drag) is left out
        command = ["node", "run.mjs", f"--nets={net}", "--phases=load,scroll,wl", *arguments]
        for line in _lines(command, harness):
            name = "cs3d-jls" if line.get("series") == "ct200jls" else line["viewer"]
            if line["value"] is not None:
                table[name][net][line["fig"]].append(float(line["value"]))
            elif line["fig"] in ("note", "error"):
                print(f"== {name}, {net}: {line.get('note') or line.get('err')}", file=sys.stderr)
    info = json.loads((harness / "data" / "ct200" / "series.json").read_text("utf-8"))
    theirs = f"/cs3d/?series=ct200&uid={info['series']}&n={SLICES}"
    page = str(Path(__file__).with_name("page.mjs"))
    for name, address in (("ours", url), ("cs3d", theirs)):
        if name == "cs3d" and (net != "none" or number):
            continue  # its script is the same on every link
        for line in _lines(["node", page, str(harness), net, address], harness):
            for key, value in line.items():
                if value is not None:
                    table[name][net][key].append(float(value))


def _case(harness: Path, case: str, options: list[str], url: str, table: Table) -> None:
    """Ours and Cornerstone3D once more, under other circumstances."""
    common = ["node", "run.mjs", "--nets=none", "--phases=load,scroll,wl", *options]
    peer = ["--viewers=cs3d", "--series=ct200jls"]
    for name, arguments in (("ours", ["--viewers=", f"--url=ours={url}"]), ("cs3d-jls", peer)):
        for line in _lines([*common, *arguments], harness):
            if line["value"] is not None:
                table[name][case][line["fig"]].append(float(line["value"]))


def _lines(command: list[str], folder: Path) -> list[dict[str, Any]]:
    """JSON lines of a program; what it could not do is said on stderr and is then missing."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=400, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"== {command[1]} took too long", file=sys.stderr)
        return []
    if done.returncode:
        print(f"== {done.stderr[-300:]}", file=sys.stderr)
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def _figures(net: str, table: Table) -> None:
    for key, (title, unit, better) in FIGURES.items():
        for peer in PEERS if net in NETS else ("cs3d-jls",):
            _figure(f"{NAMES[net]}: {title}", unit, better, table, net, (key, key), peer)
    if net not in NETS:
        return
    # Cornerstone3D has no preview: its series can be scrolled when all of it has come
    case = f"{NETS[net]}: whole series scrollable"
    for peer in ("cs3d", "cs3d-jls"):
        _figure(case, "ms", "lower", table, net, ("preview_ms", "all_loaded_ms"), peer)
    if net == "none":
        keys = ("script_bytes", "script_bytes")
        _figure("script on the wire", "B", "lower", table, net, keys, "cs3d")
        return
    for key, aim in AIMS.items():
        title, unit = {
            "first_image_ms": ("first image", "ms"),
            "preview_ms": ("whole series scrollable as preview", "ms"),
            "script_bytes": ("script on the wire", "B"),
        }[key]
        ours = table["ours"][net][key]
        figure(
            "viewer", f"{NETS[net]}: {title}", unit, "lower", _median(ours), "our own aim", aim,
            runs=ours,
        )  # fmt: skip
    figure(
        "viewer", f"{NETS[net]}: different pictures at 8 places of the preview", "of 8", "higher",
        _median(table["ours"][net]["pictures"]), "all of them", 8.0,
    )  # fmt: skip


def _figure(
    case: str, unit: str, better: Better, table: Table, net: str, keys: tuple[str, str], peer: str
) -> None:
    ours, theirs = table["ours"][net][keys[0]], table[peer][net][keys[1]]
    more: dict[str, Any] = {"runs": ours, "peer_runs": theirs}
    if not theirs:
        more["missing"] = "did not run"
    name = PEERS[peer]
    if peer.startswith("cs3d"):
        name = name.replace("3D", f"3D {version_of('@cornerstonejs/core')}")
    figure("viewer", case, unit, better, _median(ours), name, _median(theirs), **more)


def _missing(net: str, reason: str) -> None:
    for title, unit, better in FIGURES.values():
        for name in PEERS.values():
            figure(
                "viewer", f"{NETS[net]}: {title}", unit, better, None, name, None, missing=reason
            )


def _median(values: list[float]) -> float | None:
    return round(statistics.median(values), 1) if values else None
