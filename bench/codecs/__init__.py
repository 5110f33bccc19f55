"""Codecs: MB of samples a second, one thread, beside libjpeg-turbo, CharLS, OpenJPEG,
OpenJPH and DCMTK. One file a family; each gets the same slices."""

import importlib
import importlib.util

FAMILIES = ("rle", "jpeg_dct", "jpeg_lossless", "jpeg_ls", "jpeg2000", "htj2k")


def run(*, quick: bool = False) -> None:
    """Every family that is there; prints nothing, writes figures."""
    for name in FAMILIES:
        module = f"{__name__}.{name}"
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).run(quick=quick)
