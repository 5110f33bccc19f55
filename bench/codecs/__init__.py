"""Codecs: MB of samples a second, one thread, beside the peers that are installed and the figures
that were measured of the others. One file a family; each gets the same slices."""

import importlib
import importlib.util

FAMILIES = ("jpeg_dct", "jpeg_ls", "jpeg2000", "htj2k")


def run(*, quick: bool = False) -> None:
    """Every family that is there; prints nothing, writes figures."""
    for name in FAMILIES:
        module = f"{__name__}.{name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).run(quick=quick)
