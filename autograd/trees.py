"""Nested lists, tuples, dicts and arrays of numbers: taken apart, and put together around others.

`entries` lists what stands in a structure and where; `flatten` takes nothing but numbers there,
and `matched` only those of a structure that another one has too. `rebuild` makes the same structure
with other numbers. numpy's arrays stay arrays, but numpy is not imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from copy import copy
from typing import Any

from autograd.numbers.real import number
from autograd.value import Value

__all__ = ["entries", "flatten", "is_array", "is_number", "listed", "matched", "rebuild"]


def is_array(tree: Any) -> bool:
    """Return whether this is an array with axes, of numpy or a library like it."""
    return bool(getattr(tree, "ndim", 0)) and hasattr(tree, "tolist")


def is_number(leaf: Any) -> bool:
    """Return whether this is a real number: a float, an int, a scalar of numpy, a Value."""
    if isinstance(leaf, (float, int, Value)):
        return True
    has_axes = getattr(leaf, "ndim", 0) != 0
    return hasattr(leaf, "__float__") and not isinstance(leaf, (str, bytes)) and not has_axes


def listed(tree: Any) -> Any:
    """Return an array as nested lists, and one of no dimensions as what it holds."""
    return tree.tolist() if hasattr(tree, "ndim") and hasattr(tree, "tolist") else tree


def entries(tree: Any, keys: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield what stands in a structure, each with the keys and indices that lead to it.

    >>> list(entries([1.0, {"a": 2.0}]))
    [((0,), 1.0), ((1, 'a'), 2.0)]
    """
    tree = listed(tree)
    if isinstance(tree, (list, tuple)):
        branches: Any = enumerate(tree)
    elif not isinstance(tree, (float, Value)) and isinstance(tree, Mapping):
        branches = tree.items()
    else:
        yield keys, tree
        return
    for key, branch in branches:
        if type(branch) is float:  # no generator for each number of a long list
            yield (*keys, key), branch
        else:
            yield from entries(branch, (*keys, key))


def flatten(tree: Any, path: str = "the argument") -> Iterator[Any]:
    """Yield the numbers of a structure, in order; raise TypeError where something else stands."""
    for keys, leaf in entries(tree):
        if type(leaf) is float or isinstance(leaf, Value):
            yield leaf
            continue
        try:
            found = number(leaf)
        except TypeError as error:
            place = "".join(f"[{key!r}]" for key in keys)
            raise TypeError(f"{path}{place}: {error}") from None
        yield found


def rebuild(tree: Any, numbers: Iterator[Any]) -> Any:
    """Return the same structure with other numbers in it; what is no number stays.

    >>> rebuild(([1, 2.5], {"b": 3.0}, "mode"), iter([7.0, 8.0, 9.0]))
    ([7.0, 8.0], {'b': 9.0}, 'mode')
    """
    if isinstance(tree, (list, tuple)):
        items = [rebuild(branch, numbers) for branch in tree]
        if isinstance(tree, list):
            return items
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if is_number(tree):
        return next(numbers)
    if is_array(tree):
        flat = sys.modules["numpy"].ravel(tree).tolist()
        return _array([rebuild(leaf, numbers) for leaf in flat], tree.shape)
    if not isinstance(tree, Mapping):
        return tree
    filled = copy(tree) if isinstance(tree, dict) else {}  # so that an OrderedDict stays one
    filled.update({key: rebuild(branch, numbers) for key, branch in tree.items()})
    return filled


def _array(items: list[Any], shape: tuple[int, ...]) -> Any:
    """Return an array of numbers, or of objects; arrays of one shape become one array."""
    numpy = sys.modules["numpy"]
    inner = {getattr(item, "shape", ()) for item in items}
    plain = all(isinstance(item, (float, complex)) for item in items)
    if plain or (len(inner) == 1 and inner != {()}):
        return numpy.array(items).reshape(shape + max(inner, default=()))
    array = numpy.empty(len(items), dtype=object)
    array[:] = items
    return array.reshape(shape)


def matched(tree: Any, like: Any, name: str) -> list[Any]:
    """Return the numbers of a tree; raise ValueError if its structure is not that of another."""
    if _shape(tree) != _shape(like):
        raise ValueError(f"the {name} must have the structure of what they belong to: got "
                         f"{_shape(tree)}, expected {_shape(like)}")  # fmt: skip
    return list(flatten(tree, name))


def _shape(tree: Any) -> Any:
    tree = listed(tree)
    if isinstance(tree, (list, tuple)):
        return [_shape(value) for value in tree]
    if is_number(tree) or not isinstance(tree, Mapping):
        return "number"
    return {key: _shape(value) for key, value in tree.items()}
