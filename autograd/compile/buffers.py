"""Buffers of doubles: arguments and results that native code reads and writes in place.

Any object with the buffer protocol will do (`array.array`, memoryview, numpy array) if it holds
float64 numbers in one piece. `doubles` says what is wrong with one that does not.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from typing import Any

__all__ = ["address_of", "doubles", "is_buffer", "overlap", "result_buffer", "write"]

_KNOWN = frozenset("bBhHiIlLqQfd?")  # formats of which a memoryview makes numbers
_addressof, _from_buffer = ctypes.addressof, ctypes.c_double.from_buffer


def address_of(buffer: Any) -> int:
    """Return where the numbers of a writable buffer are."""
    if type(buffer) is array:
        return buffer.buffer_info()[0]
    if not len(buffer):
        return 0
    return _addressof(_from_buffer(buffer))


def overlap(x: Any, out: Any) -> bool:
    """Return whether a buffer of doubles shares memory with one that results are written to."""
    try:
        distance = address_of(x) - address_of(out)
    except (TypeError, ValueError):  # `result_buffer` says what is wrong with `out`
        return False
    size = 8 * len(x) if type(x) is array else memoryview(x).nbytes
    return -size < distance < (8 * len(out) if type(out) is array else memoryview(out).nbytes)


def is_buffer(x: Any) -> bool:
    """Return whether an object gives its memory away, as arrays do."""
    if isinstance(x, (array, memoryview)):
        return True
    try:
        return bool(memoryview(x).ndim) and not isinstance(x, (bytes, bytearray))
    except TypeError:
        return False


def doubles(buffer: Any) -> Any:
    """Return a writable buffer of doubles in one piece: this one, or else a copy of its numbers.

    Raises TypeError where it holds no real numbers.
    """
    if type(buffer) is array and buffer.typecode == "d":
        return buffer
    view = memoryview(buffer)
    if view.format == "d" and view.c_contiguous:
        return buffer if not view.readonly else array("d", view.tobytes())
    rows = view.tolist() if view.format in _KNOWN else getattr(buffer, "tolist", list)()
    try:
        return array("d", _flat(rows))
    except TypeError:
        raise TypeError(
            f"a buffer of format {view.format!r} holds no real numbers: use float64"
        ) from None


def _flat(tree: Any) -> list[Any]:
    if not isinstance(tree, list):
        return [tree]
    return [x for item in tree for x in _flat(item)] if tree and isinstance(tree[0], list) else tree


def result_buffer(out: Any, count: int) -> Any:
    """Return `out` if some results can be written there; raise an error that says why not."""
    if type(out) is array:
        if out.typecode == "d" and len(out) == count:
            return out
        raise ValueError(f"out is an array of {len(out)} numbers of type {out.typecode!r}: it must "
                         f"hold {count} of type 'd'")  # fmt: skip
    try:
        view = memoryview(out)
    except TypeError:
        raise TypeError(f"out must be a buffer of float64, not {type(out).__name__}") from None
    if view.format != "d" or not view.c_contiguous or view.readonly or view.nbytes != 8 * count:
        kind = "read-only" if view.readonly else "writable" if view.c_contiguous else "scattered"
        raise ValueError(
            f"out is a {kind} buffer of format {view.format!r} and shape {view.shape}: it must be "
            f"a writable one of {count} float64 numbers in one piece"
        )
    return out


def write(out: Any, numbers: Sequence[float]) -> None:
    """Write numbers into a buffer of doubles."""
    memoryview(out).cast("B").cast("d")[:] = array("d", numbers)
