"""Gradients that count under a condition: below a `where`, on the side that it chooses.

The other side must contribute exactly 0, even where its own derivative is inf or nan (0 * inf is
nan). So a gradient carries the condition under which it counts, and may be anything where that does
not hold. Parts under one condition are added as they are, and the sum is chosen as a whole:
`where(condition, before + some + others, before)`. One part alone is made -0.0, which changes no
sum; where it is a product, by its factors, `where(condition, gradient, -0.0) * where(condition,
slope, 1.0)`: many products have the same ones, so that the units and inputs of a layer are
selected, not each weight.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial, reduce
from math import copysign, inf
from operator import and_, or_
from typing import Any

from autograd.compile.programs.program import COMPARISONS
from autograd.functions import where
from autograd.higher import product
from autograd.value import Value

__all__ = ["Conditions", "Gradient", "added", "whole"]


class Gradient:
    """What a node gets, all of it or a part: a number, or the product of a gradient and a slope."""

    __slots__ = ("_number", "condition", "gradient", "is_zero", "slope")

    def __init__(
        self, number: Any, condition: Any, *, is_zero: bool = False,
        gradient: Gradient | None = None, slope: Any = None,
    ) -> None:  # fmt: skip
        self._number = number
        self.condition = condition  # under which it counts; None: always
        self.is_zero = is_zero  # it is -0.0 where it does not count
        self.gradient, self.slope = gradient, slope

    @property
    def number(self) -> Any:
        """Return the number, which is right where it counts."""
        if self.gradient is not None:
            self._number = product(self.gradient.number, self.slope)
            self.gradient = None
        return self._number


class Conditions:
    """Selects by conditions and joins them, each pair once, so that the same stay the same."""

    def __init__(self) -> None:
        self._known: dict[Any, tuple[Any, ...]] = {}  # with the operands: their ids stay theirs
        self._first: dict[Any, Any] = {}

    def _once(self, make: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
        key = make, id(x), id(y)
        if key not in self._known:
            self._known[key] = make(x, y), x, y
        return self._known[key][0]

    def first(self, x: Any) -> Any:
        """Return the first of the comparisons that ask the same of the same numbers."""
        if x.op not in COMPARISONS:
            return x
        asked = [id(y) if isinstance(y, Value) else repr(y) for y in x.operands]
        return self._first.setdefault((x.op, *asked), x)

    def both(self, x: Any, y: Any) -> Any:
        """Return what holds where two conditions do; the first may be None, which always does."""
        return y if x is None else self._once(and_, x, y)

    def negated(self, x: Any) -> Any:
        """Return what holds where a condition does not."""
        return self._once(_negated, x, None)

    def selected(self, part: Gradient) -> Any:
        """Return a gradient that is -0.0 where it does not count."""
        condition = part.condition
        if condition is None or part.is_zero:
            return part.number
        if part.gradient is None:
            return self._once(_or_nothing, condition, part.number)
        slope = part.slope
        if not _keeps_zero(slope):
            slope = self._once(_or_one, condition, slope)
        return product(self.selected(part.gradient), slope)

    def either(self, some: Collection[Any]) -> Any:
        """Return what holds where one of some conditions does; None, if one is, always does."""
        return None if any(x is None for x in some) else reduce(partial(self._once, or_), some)


class _Total:
    """What a node gets in all, added up in the order of its parts."""

    def __init__(self, conditions: Conditions, part: Gradient) -> None:
        self._conditions = conditions
        self._met = {id(part.condition): part.condition}
        self._before: Any = None  # what came under other conditions, -0.0 where none of them holds
        self._part = part  # the first under the condition of now
        self._sum: Any = None  # with others under that condition: right where it holds

    def add(self, part: Gradient) -> None:
        """Take another part."""
        if part.condition is self._part.condition:
            if self._sum is None:
                first = self._part.number
                self._sum = first if self._before is None else self._before + first
            self._sum = self._sum + part.number
        else:
            self._before, self._part, self._sum = self._settled(), part, None
            self._met[id(part.condition)] = part.condition

    def _settled(self) -> Any:
        """Return the sum so far, -0.0 where no condition holds."""
        if self._sum is None:
            last = self._conditions.selected(self._part)
            return last if self._before is None else self._before + last
        if self._part.condition is None:
            return self._sum
        return where(
            self._part.condition, self._sum, -0.0 if self._before is None else self._before
        )

    def gradient(self) -> Gradient:
        """Return the sum and the condition under which it counts."""
        if self._before is not None:
            condition = self._conditions.either(self._met.values())
            return Gradient(self._settled(), condition, is_zero=True)
        return self._part if self._sum is None else Gradient(self._sum, self._part.condition)


def added(total: Any, part: Any, conditions: Conditions) -> Any:
    """Return what a node gets, with another part; it is a number while all of it always counts.

    Args:
        total: what this returned before, None for the first part.
        part: a Gradient, or a number that always counts.
    """
    is_number = type(part) is not Gradient
    if total is None:
        return part if is_number else _Total(conditions, part)
    if type(total) is not _Total:
        if is_number:
            return total + part
        total = _Total(conditions, Gradient(total, None))
    total.add(Gradient(part, None) if is_number else part)
    return total


def whole(total: Any) -> Any:
    """Return what a node gets in all, as a Gradient, or as a number that always counts."""
    return total.gradient() if type(total) is _Total else total


def _negated(condition: Any, _: None) -> Any:
    return condition.negated()


def _or_nothing(condition: Any, x: Any) -> Any:
    return where(condition, x, -0.0)


def _or_one(condition: Any, x: Any) -> Any:
    return where(condition, x, 1.0)


def _keeps_zero(slope: Any) -> bool:
    """Return whether -0.0 times a slope is -0.0 for certain."""
    return isinstance(slope, float) and 0.0 <= slope < inf and copysign(1.0, slope) > 0.0
