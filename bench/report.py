"""Figures become lines of var/bench.jsonl and a table.

A line: {"bench", "case", "unit", "better": "higher"|"lower", "ours", "peer", "peer_value",
"ratio"}; a ratio of 1 or more always means that ours is at least as good. A peer that cannot run
is a line with peer_value null and "missing": why.
"""

import json
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).resolve().parent.parent / "var"
FILE = FOLDER / "bench.jsonl"

_figures: list[dict[str, Any]] = []


def figure(
    bench: str,
    case: str,
    unit: str,
    better: Literal["higher", "lower"],
    ours: float | None,
    peer: str,
    peer_value: float | None,
    **more: Any,
) -> None:
    """Append one figure. `missing=` says why there is no `peer_value`."""
    line = {
        "bench": bench, "case": case, "unit": unit, "better": better, "ours": ours, "peer": peer,
        "peer_value": peer_value, "ratio": ratio(better, ours, peer_value), **more,
    }  # fmt: skip
    _figures.append(line)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FILE.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def ratio(better: str, ours: float | None, peer_value: float | None) -> float | None:
    if not ours or not peer_value:
        return None
    return round(ours / peer_value if better == "higher" else peer_value / ours, 3)


def print_table(bench: str) -> None:
    """The figures of this process, aligned."""
    rows = [("case", "unit", "ours", "peer", "peer's", "ratio")]
    for line in _figures:
        if line["bench"] == bench:
            peer_value = line.get("missing") or _text(line["peer_value"])
            rows.append(
                (line["case"], line["unit"], _text(line["ours"]), _peer(line), peer_value,
                 _text(line["ratio"]))
            )  # fmt: skip
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        )


def _peer(line: dict[str, Any]) -> str:
    """`peer_durable`, where it is said, is whether its answer means that the image is on disk."""
    is_durable = line.get("peer_durable")
    note = {True: " (durable)", False: " (not durable)", None: ""}[is_durable]
    return f"{line['peer']}{note}"


def _text(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
