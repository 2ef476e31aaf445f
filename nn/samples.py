"""Samples as rows of numbers, which compiled programs read, and back.

`table` puts nested samples into one buffer; `nested` gives a row its structure again, `row` takes
one from the columns of a batch's result. `not_finite` looks for what no training can use.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from math import inf
from numbers import Real
from typing import Any

from autograd import Value

__all__ = ["nested", "not_finite", "numbers", "plain_numbers", "row", "table"]


def table(samples: Sequence[Any], name: str) -> memoryview[Any]:
    """Return samples as rows of numbers in one buffer.

    Raises ValueError where they differ in size, TypeError for one of something else than numbers.

    >>> table([[1, [2, 3]], [4, [5, 6]]], "inputs").tolist()
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    """
    rows = [_row(sample, f"{name}[{i}]") for i, sample in enumerate(samples)]
    for i, each in enumerate(rows):
        if len(each) != len(rows[0]):
            raise ValueError(
                f"{name}[{i}] has {len(each)} numbers and {name}[0] has {len(rows[0])}: a compiled "
                "fit takes samples of one size; fill the shorter ones up, or train without it"
            )
    form = _form(samples[0]) if rows else 0
    for i, sample in enumerate(samples):
        if _form(sample) != form:
            raise ValueError(
                f"{name}[{i}] is nested otherwise than {name}[0]: a compiled fit takes samples "
                "of one structure; train without it"
            )
    joined = array("d")
    for each in rows:
        joined.extend(each)
    view: memoryview[Any] = memoryview(joined).cast("B")
    return view.cast("d", (len(rows), len(rows[0])))


def _form(sample: Any) -> Any:
    """Return what samples of one structure have in common: how many items, and how nested.

    >>> _form([1, [2, 3]]), _form([4.0, 5.0])
    ((0, 2), 2)
    """
    if not isinstance(sample, (list, tuple)):
        return 0
    nested = any(isinstance(item, (list, tuple)) for item in sample)
    return tuple(map(_form, sample)) if nested else len(sample)


def _row(sample: Any, place: str) -> array[float]:
    try:
        return array("d", numbers(sample))
    except TypeError:
        what = f"{place} is {sample!r}: a compiled fit takes numbers, and nested lists of them"
        raise TypeError(f"{what}; write the sample as such, or train without it") from None


def numbers(sample: Any) -> Iterator[Any]:
    """Yield the numbers of a nested sample, in order."""
    if isinstance(sample, (list, tuple)):
        for item in sample:
            yield from numbers(item)
    else:
        yield sample


def not_finite(sample: Any) -> float | None:
    """Return the first number of a nested sample that is nan or infinite; None where none is.

    >>> not_finite([1.0, [float("inf"), 2.0]]), not_finite("text")
    (inf, None)
    """
    for x in numbers(sample):
        number = x.data if isinstance(x, Value) else x
        if isinstance(number, Real) and not _is_finite(number):
            return float(number)
    return None


def _is_finite(x: Any) -> bool:  # a whole number too large for a float is one
    return bool(-inf < x < inf)


def nested(like: Any, source: Iterator[Any]) -> Any:
    """Return numbers nested as a sample is.

    >>> nested([0, [0, 0]], iter([1, 2, 3]))
    [1, [2, 3]]
    """
    if isinstance(like, (list, tuple)):
        return [nested(item, source) for item in like]
    return next(source)


def row(columns: Any, i: int) -> Any:
    """Return the numbers of one row, from columns nested as an output is.

    >>> row([array("d", [1.0, 2.0]), [array("d", [3.0, 4.0])]], 1)
    [2.0, [4.0]]
    """
    if isinstance(columns, (list, tuple)):
        return [row(column, i) for column in columns]
    return columns[i]


def plain_numbers(tree: Any) -> Any:
    """Return an output as numbers, nested as it is."""
    if isinstance(tree, (list, tuple)):
        return [plain_numbers(x) for x in tree]
    return tree.data if isinstance(tree, Value) else tree
