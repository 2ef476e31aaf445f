"""Checks of what a caller gave: a number, a count, lists of one length.

Each returns what is right, and raises a TypeError or ValueError that says of the rest what it is
for, what it was, and what is allowed: `positive` for whole numbers, `not_negative`, `above_zero`,
`share` and `limit` for others, `check_as_many` for lists that go together. `is_place` only tells.
"""

from __future__ import annotations

from collections.abc import Callable, Sized
from math import inf
from numbers import Real
from operator import index
from typing import Any, SupportsIndex

from autograd import Value

__all__ = [
    "above_zero",
    "check_as_many",
    "check_pairs",
    "is_list",
    "is_place",
    "limit",
    "not_negative",
    "positive",
    "share",
]


def positive(number: int, what: str, least: int = 1) -> int:
    """Return a whole number of at least 1; raise ValueError or TypeError that says what it is."""
    whole = isinstance(number, SupportsIndex) and not isinstance(number, bool)
    if not whole or index(number) < least:
        kind = ValueError if isinstance(number, int) else TypeError
        raise kind(f"{what} must be a whole number from {least}, not {number!r}")
    return index(number)


def not_negative(x: Any, what: str) -> float:
    """Return a finite number of at least 0.

    >>> not_negative(0.5, "gamma")
    0.5
    """
    return _fitting(x, what, "at least 0", lambda number: 0.0 <= number < inf)


def above_zero(x: Any, what: str) -> float:
    """Return a finite number above 0."""
    return _fitting(x, what, "above 0", lambda number: 0.0 < number < inf)


def share(x: Any, what: str) -> float:
    """Return a number of at least 0, below 1."""
    return _fitting(x, what, "in [0, 1)", lambda number: 0.0 <= number < 1.0)


def limit(x: Any, what: str) -> float:
    """Return a number of at least 0, or infinity, which is no limit."""
    return _fitting(x, what, "at least 0", lambda number: number >= 0.0)


def _fitting(x: Any, what: str, allowed: str, fits: Callable[[Any], bool]) -> float:
    numeric = isinstance(x, (Real, Value)) and not isinstance(x, bool)
    if not numeric:
        raise TypeError(f"{what} must be a number, not {x!r}")
    if not fits(x):
        raise ValueError(f"{what} must be {allowed}, not {x!r}")
    if not isinstance(x, Value):
        _check_size(x, what)
    right: float = x
    return right


def _check_size(x: Any, what: str) -> None:
    try:
        float(x)
    except OverflowError:
        raise ValueError(f"{what} is too large for a float") from None


def check_pairs(given: Sized, targets: Sized, what: str) -> None:
    """Raise ValueError for none of something, and for another number of it than of targets."""
    if len(given) != len(targets) or not len(given):
        raise ValueError(f"{len(given)} {what} and {len(targets)} targets: give as many of each, "
                         "and at least one")  # fmt: skip


def is_list(tree: Any) -> bool:
    """Return whether something is a list, a tuple or an array, not a number or a Value."""
    return not isinstance(tree, Value) and hasattr(tree, "__len__") and getattr(tree, "ndim", 1) > 0


def is_place(number: Any, count: int) -> bool:
    """Return whether something is a whole number from 0, below a count: a class or a symbol.

    >>> is_place(2, 3), is_place(3, 3), is_place(None, 3)
    (True, False, False)
    """
    try:
        return bool(0 <= number < count and int(number) == number)
    except TypeError:
        return False


def check_as_many(items: Sized, count: int, what: str) -> None:
    """Raise ValueError for another number of items than there must be.

    >>> check_as_many([True], 2, "mask entries for 2 steps")
    Traceback (most recent call last):
        ...
    ValueError: there are 1 mask entries for 2 steps: give one for each
    """
    if len(items) != count:
        raise ValueError(f"there are {len(items)} {what}: give one for each")
