"""One decorator for every inner loop: compiled once, cached on disk, run without the interpreter
lock. Signatures are explicit, so that nothing is compiled in the middle of a job and no value is
silently promoted to float64. Only codecs, pixels, output and headers import this, `imaging.dicom`
never.
"""

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar, cast

import numba
from numba.core import types
from numba.extending import intrinsic

Function = TypeVar("Function", bound=Callable[..., Any])

Int: TypeAlias = Any
"""An integer inside a kernel; the signature says of which width."""

BYTES = "Array(uint8, 1, 'C', True)"
"""Signature of bytes that a kernel only reads."""


def kernel(*signatures: str) -> Callable[[Function], Function]:
    """Compile for exactly these signatures (numba's notation)."""

    def compile_now(function: Function) -> Function:
        compiled = numba.njit(list(signatures), cache=True, nogil=True)(function)
        return cast("Function", compiled)

    return compile_now


def inlined(*signatures: str) -> Callable[[Function], Function]:
    """A kernel that is always copied into its caller, so that what it returns stays in registers:
    for the one step that an inner loop repeats at several places. It may not make arrays: without
    numba's run time it does not count references, which would cost more than the step."""

    def compile_now(function: Function) -> Function:
        options: dict[str, Any] = {"forceinline": True, "_nrt": False}
        compiled = numba.njit(list(signatures), cache=True, nogil=True, **options)(function)
        return cast("Function", compiled)

    return compile_now


def _bit_length(typing_context: Any, value: Any) -> Any:
    """Of an int64, as Python's own method says for numbers that are not negative."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zeros = builder.ctlz(arguments[0], context.get_constant(types.boolean, 0))
        return builder.sub(context.get_constant(types.int64, 64), zeros)

    return types.int64(types.int64), generate


bit_length: Any = intrinsic(_bit_length)
"""bit_length(int64) -> int64 inside a kernel: one instruction."""
