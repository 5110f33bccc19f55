"""A reader's own hanging protocols: for each modality the grid and which series goes where, by the
words of its description."""

import re
from typing import Any

from domain.access import StaffViewer
from domain.errors import Invalid
from storage.records.marks import read_preference, write_preference

NAME = "hanging"
MAX_MODALITIES, MAX_SIDE, MAX_WORDS = 24, 4, 64
_MODALITY = re.compile(r"[A-Z]{1,8}")


async def hanging_of(viewer: StaffViewer) -> dict[str, Any]:
    """`{modality: {"rows", "cols", "tiles", "cells": [description]}}`."""
    return await read_preference(viewer.account_id, NAME)


async def save_hanging(viewer: StaffViewer, value: Any) -> dict[str, Any]:
    """Replaces all of it. Invalid("hanging_malformed")."""
    if not isinstance(value, dict) or len(value) > MAX_MODALITIES:
        raise _wrong("an object by modality")
    checked = {_modality(name): _protocol(one) for name, one in value.items()}
    await write_preference(viewer.account_id, NAME, checked)
    return checked


def _modality(name: str) -> str:
    if not _MODALITY.fullmatch(name):
        raise _wrong("a modality is a code string")
    return name


def _protocol(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong("a protocol is an object")
    rows, cols, tiles = value.get("rows"), value.get("cols"), value.get("tiles", False)
    for side in (rows, cols):
        if not isinstance(side, int) or isinstance(side, bool) or not 1 <= side <= MAX_SIDE:
            raise _wrong("rows and cols are 1 to 4")
    cells = value.get("cells", [])
    if not isinstance(tiles, bool) or not isinstance(cells, list) or len(cells) > MAX_SIDE**2:
        raise _wrong("tiles is true or false, cells a list")
    for cell in cells:
        if not isinstance(cell, str) or len(cell) > MAX_WORDS or "\0" in cell:
            raise _wrong("a cell is the description of a series")
    return {"rows": rows, "cols": cols, "tiles": tiles, "cells": cells}


def _wrong(detail: str) -> Invalid:
    return Invalid("hanging_malformed", "布局没有保存,请再试一次。", detail=detail)
