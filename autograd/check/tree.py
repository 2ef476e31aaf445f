"""Arguments and results as nested lists, tuples, dicts and arrays of numbers.

`numbers` lists what a structure holds, each number with the path that leads to it, and `rebuilt`
makes the same structure around other numbers; what is not a number stays as it is. numpy's arrays
stay arrays (of doubles), but numpy is not imported here.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.value import Value

__all__ = ["is_number", "numbers", "rebuilt", "resolution", "shortened"]


def is_array(tree: Any) -> bool:
    """Return whether this is an array with axes, of numpy or a library like it."""
    return bool(getattr(tree, "ndim", 0)) and hasattr(tree, "tolist")


def is_number(leaf: Any) -> bool:
    """Return whether this is a real number: a float, an int, a scalar of numpy, a Value."""
    if isinstance(leaf, (float, int, Value)):
        return True
    has_axes = getattr(leaf, "ndim", 0) != 0
    return hasattr(leaf, "__float__") and not isinstance(leaf, (str, bytes)) and not has_axes


def numbers(tree: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield (path, number) for every number in a structure, in order.

    >>> list(numbers(([1, 2.5], {"b": 3.0}), "args"))
    [('args[0][0]', 1.0), ('args[0][1]', 2.5), ('args[1]["b"]', 3.0)]
    """
    if is_array(tree):
        for index in _indices(tree.shape):
            yield path + "".join(f"[{i}]" for i in index), float(tree[index])
    elif isinstance(tree, Mapping):
        for key, branch in tree.items():
            name = f'"{key}"' if isinstance(key, str) else repr(key)
            yield from numbers(branch, f"{path}[{name}]")
    elif isinstance(tree, (list, tuple)):
        for i, branch in enumerate(tree):
            yield from numbers(branch, f"{path}[{i}]")
    elif is_number(tree):
        yield path, tree._data if isinstance(tree, Value) else float(tree)


def _indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Yield the indices of an array in the order of its elements."""
    if not shape:
        yield ()
        return
    for i in range(shape[0]):
        for rest in _indices(shape[1:]):
            yield (i, *rest)


def rebuilt(tree: Any, new: Iterator[Any]) -> Any:
    """Return a fresh structure of the same shape around other numbers.

    >>> rebuilt(([1, 2.5], {"b": 3.0}, "mode"), iter([7.0, 8.0, 9.0]))
    ([7.0, 8.0], {'b': 9.0}, 'mode')
    """
    if is_array(tree):
        numpy = sys.modules["numpy"]
        count = len(list(_indices(tree.shape)))
        flat = [next(new) for _ in range(count)]
        return numpy.array(flat).reshape(tree.shape)
    if isinstance(tree, Mapping):
        return {key: rebuilt(branch, new) for key, branch in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [rebuilt(branch, new) for branch in tree]
        if isinstance(tree, list):
            return items
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    return next(new) if is_number(tree) else tree


def resolution(tree: Any) -> float:
    """Return the relative rounding of a structure's numbers: 2**-24 where they are float32."""
    kind = str(getattr(tree, "dtype", ""))
    if "float32" in kind or "float16" in kind:
        return 2.0**-24 if "32" in kind else 2.0**-11
    branches = tree.values() if isinstance(tree, Mapping) else tree
    if isinstance(tree, (list, tuple, Mapping)):
        return max(map(resolution, branches), default=2.0**-53)
    return 2.0**-53


def shortened(text: str) -> str:
    """Return a message that is not too long for a table, cut between words.

    >>> len(shortened("word " * 100))
    253
    """
    return text if len(text) <= 256 else textwrap.shorten(text, 256, placeholder=" ...")
