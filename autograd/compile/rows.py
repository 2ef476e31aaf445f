"""The arguments of a batch: which have a leading axis, and where the numbers of their rows are.

`Rows` is an argument with a leading axis: a buffer of float64 (taken as it is), or a sequence of
rows, all of the same structure. `Shared` is one that is the same for all rows. `Given` are all the
arguments of a call.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain
from math import prod
from typing import Any

from autograd.compile.arguments import Mismatch, has_values, numbers_of, plain, structure, unpacker
from autograd.compile.buffers import address_of, doubles, is_buffer, overlap
from autograd.trees import flatten

__all__ = ["Given", "Rows", "Shared", "listed", "rows_of", "shared"]

_NUMBERS = {float, int}
_SEQUENCES = {list, tuple}


class Rows:
    """An argument with a leading axis.

    Attributes:
        buffer: the numbers, row by row.
        count: how many rows.
        key: what two of the same structure have in common.
        tree: a row, as nested numbers.
    """

    __slots__ = ("buffer", "count", "key", "tree")

    def __init__(self, buffer: Any, count: int, key: Any, tree: Any) -> None:
        self.buffer = buffer
        self.count = count
        self.key = key
        self.tree = tree


class Shared:
    """An argument that is the same for all rows: its numbers, key and tree as in `Rows`."""

    __slots__ = ("key", "numbers", "tree")

    def __init__(self, numbers: Any, key: Any, tree: Any) -> None:
        self.numbers = numbers
        self.key = key
        self.tree = tree


@cache
def _zeros(shape: tuple[int, ...]) -> Any:
    """Return nested lists of zeros."""
    return [_zeros(shape[1:])] * shape[0] if shape else 0.0


def shared(x: Any, name: str) -> Shared:
    """Take an argument that is the same for all rows."""
    if type(x) is float or type(x) is int:
        return Shared((float(x),), 0, 0.0)
    if is_buffer(x):
        shape = memoryview(x).shape or ()
        return Shared(doubles(x), ("buffer", shape), _zeros(shape))
    tree = plain(x)
    if has_values(tree):
        raise TypeError(f"argument {name!r} holds Values: a batch takes numbers. Close over "
                        "parameters, and give the rows as numbers")  # fmt: skip
    return Shared(numbers_of(tree, name), structure(tree), tree)


def rows_of(x: Any, name: str) -> Rows:
    """Take an argument with a leading axis; raise an error that says what is wrong with it."""
    if is_buffer(x):
        shape = memoryview(x).shape or (0,)
        if not shape[0] or not prod(shape):
            raise ValueError(f"argument {name!r} has shape {shape}: a batch needs a row at least")
        return Rows(doubles(x), shape[0], ("rows", shape[1:]), _zeros(shape[1:]))
    numbers = _flat(x) if type(x) in _SEQUENCES else None
    if numbers:
        return Rows(numbers, len(x), ("rows", structure(x[0])), x[0])
    x = plain(x)
    if not isinstance(x, (list, tuple)):
        raise TypeError(f"argument {name!r} is {x!r}: in a batch it needs a leading axis, as in a "
                        "sequence or an array of rows")  # fmt: skip
    if not x:
        raise ValueError(f"argument {name!r} is empty: a batch needs a row at least")
    if has_values(x):
        raise TypeError(f"argument {name!r} holds Values: the rows of a batch are numbers")
    return Rows(_joined(x, name), len(x), ("rows", structure(x[0])), x[0])


def _flat(rows: Sequence[Any]) -> array[float] | None:
    """Return the numbers of rows that are numbers, or lists of as many; None for all others."""
    kinds = set(map(type, rows))
    alike = len(kinds) == 1 and kinds <= _SEQUENCES and len(set(map(len, rows))) == 1
    numbers = list(chain.from_iterable(rows)) if alike else rows
    try:
        return array("d", numbers) if set(map(type, numbers)) <= _NUMBERS else None
    except OverflowError:
        return None


def _joined(rows: Sequence[Any], name: str) -> array[float]:
    """Return the numbers of some rows one after the other."""
    list(flatten(rows[0], f"{name}[0]"))  # so that an error names the place
    unpack = _unpacker(rows[0])
    found = array("d")
    for i, row in enumerate(rows):
        try:
            found.extend(unpack((row,), {}))
        except (Mismatch, TypeError):
            first = f"{rows[0]!r}{' (its keys too in this order)' * isinstance(rows[0], dict)}"
            raise ValueError(f"row {i} of argument {name!r} is {row!r}: it must have the structure "
                             f"of the first, {first}, and hold numbers") from None  # fmt: skip
    return found


def _unpacker(row: Any) -> Callable[..., tuple[Any, ...]]:
    return unpacker(((row,), {}))


class Given:
    """The arguments of one call."""

    def __init__(self, args: Sequence[Any], options: dict[str, Any]) -> None:
        self.args = args
        self.options = options
        self.all = (*args, *options.values())
        self.rows = [x for x in self.all if type(x) is Rows]
        self.count = self.rows[0].count
        self.key = (len(args), *options, *[x.key for x in self.all])
        self.where = array("q", [address_of(x.buffer) for x in self.rows])
        self.address = self.where.buffer_info()[0]

    def shared(self) -> Any:
        """Return the numbers that are the same for all rows."""
        found = [x.numbers for x in self.all if type(x) is Shared]
        if len(found) == 1 and type(found[0]) is array:
            return found[0]
        numbers = array("d")
        for each in found:
            numbers.extend(each if type(each) is tuple else _doubles(each))
        return numbers

    def overlaps(self, out: Any) -> bool:
        """Return whether a buffer for results shares memory with an argument."""
        shared = [x.numbers for x in self.all if type(x) is Shared and type(x.numbers) is not tuple]
        return any(overlap(x, out) for x in (*shared, *[x.buffer for x in self.rows]))

    def first(self) -> list[float]:
        """Return the numbers of the first row, in the order of the arguments."""
        return self.row(0)

    def row(self, r: int) -> list[float]:
        """Return the numbers of a row, in the order of the arguments."""
        found: list[float] = []
        for x in self.all:
            if type(x) is Shared:
                found.extend(x.numbers if type(x.numbers) is tuple else _doubles(x.numbers))
            else:
                width = len(list(flatten(x.tree)))
                view = memoryview(x.buffer).cast("B").cast("d")
                found.extend(view[r * width : (r + 1) * width].tolist())
        return found


def _doubles(buffer: Any) -> array[float]:
    return array("d", memoryview(buffer).cast("B").tobytes())


def listed(buffer: Any) -> list[float]:
    """Return the numbers of a buffer as floats."""
    return memoryview(buffer).cast("B").cast("d").tolist()  # type: ignore[return-value] # of doubles
