"""Arithmetic and elementary functions on floats, where nothing raises.

Python's `math` raises at poles, outside domains and on overflow; IEEE 754 has an answer there, and
these functions return it: `divide(1, 0)` is inf, `exp(1000)` is inf, `log(-1)` and `pow(-2, 0.5)`
are nan. `QUICK` holds the functions of `math` as they are (they may raise) and `QUIET` their
counterparts here; a rule is tried with the quick ones first, and only what raises is done again.
"""

import math
import sys
from collections.abc import Callable, Iterable
from functools import reduce
from itertools import accumulate
from math import copysign, inf, nan
from operator import add, mul
from typing import Any

__all__ = ["FAULTS", "QUICK", "QUIET", "divide", "dot", "power", "remainder", "total"]

Function = Callable[..., float]

FAULTS = (ArithmeticError, ValueError)  # what `math` and `/` raise where IEEE 754 has an answer


def divide(x: float, y: float) -> float:
    """Return x / y; where y is zero an infinity with the sign of the quotient, or nan for 0 / 0."""
    try:
        return x / y
    except ZeroDivisionError:
        return nan if x == 0.0 or math.isnan(x) else copysign(inf, x) * copysign(1.0, y)


def remainder(x: float, y: float) -> float:
    """Return x % y with the sign of y, as Python does; nan where y is zero."""
    try:
        return x % y
    except ZeroDivisionError:
        return nan


def power(x: float, y: float) -> float:
    """Return x ** y as C's pow does: never complex, (-2) ** 0.5 is nan and 0 ** -1 is inf."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and math.fmod(y, 2.0) else inf
    except ValueError:
        if x == 0.0:
            return copysign(inf, x) if abs(math.fmod(y, 2.0)) == 1.0 else inf
        return nan


def total(numbers: Iterable[float]) -> float:
    """Return the sum of numbers, added from left to right with a rounding each."""
    return reduce(add, numbers, 0.0)


if sys.version_info < (3, 12):  # later ones compensate, and round otherwise
    total = sum  # type: ignore[assignment] # the same additions in the same order, faster


def dot(xs: Iterable[float], ys: Iterable[float]) -> float:
    """Return the sum of the products of two sequences, added from left to right."""
    return total(map(mul, xs, ys))


def others(xs: Iterable[float]) -> list[float]:
    """Return for each number the product of all the others, without a division."""
    numbers = list(xs)
    before = accumulate(numbers[:-1], mul, initial=1.0)
    after = accumulate(reversed(numbers[1:]), mul, initial=1.0)
    return list(map(mul, before, reversed(list(after))))


def integral(function: Callable[[float], int]) -> Function:
    """Make floor, ceil, trunc or round give a float, and pass infinities and nan through."""

    def quiet(x: float) -> float:
        return copysign(float(function(x)), x) if math.isfinite(x) else x

    return quiet


def quieted(function: Function, answer: Function) -> Function:
    """Wrap a function of `math` to give answer(x) where it would raise."""

    def quiet(*x: float) -> float:
        try:
            return function(*x)
        except FAULTS:
            return answer(*x)

    return quiet


def _pole_at(pole: float) -> Function:
    return lambda x: -inf if x == pole else nan


# Where `math` raises, and what IEEE 754 answers; nan for those that are not listed.
_ANSWERS: dict[str, Function] = {
    "exp": lambda x: inf,
    "expm1": lambda x: inf,
    "cosh": lambda x: inf,
    "sinh": lambda x: copysign(inf, x),
    "lgamma": lambda x: inf,
    "log": _pole_at(0.0),
    "log2": _pole_at(0.0),
    "log10": _pole_at(0.0),
    "log1p": _pole_at(-1.0),
    "atanh": lambda x: copysign(inf, x) if abs(x) == 1.0 else nan,
}

_NAMES = (
    "exp expm1 log log1p log2 log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh "
    "asinh acosh atanh erf erfc lgamma fmod hypot"
)
_SHARED: dict[str, Any] = {
    "abs": abs,
    "sum": total,
    "floor": integral(math.floor),
    "ceil": integral(math.ceil),
    "trunc": integral(math.trunc),
    "round": integral(round),
    "copysign": copysign,
}
QUICK: dict[str, Any] = (
    _SHARED | {name: getattr(math, name) for name in _NAMES.split()} | {"pow": math.pow}
)
QUIET: dict[str, Any] = (
    _SHARED
    | {name: quieted(QUICK[name], _ANSWERS.get(name, lambda *_: nan)) for name in _NAMES.split()}
    | {"pow": power}
)
