"""A function under test, called safely, and its values along a line through a point.

`Target` calls the user's function on flat lists of numbers: it counts the calls, hands out fresh
copies of the arguments, and turns whatever goes wrong into a fault with words instead of an
exception. `Line` is the same function along one direction, `Curve` one of its results there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite, nan, ulp
from typing import Any

from autograd.check.tree import numbers, shortened
from autograd.trees import rebuild
from autograd.value import Value

__all__ = ["Curve", "Line", "Target"]

SHARE = 0.7861513777574233  # steps that are no period of anything: the root of the golden ratio


class Target:
    """A function of nested numbers as a function of a flat list.

    Attributes:
        calls: how often the function was called.
        fault: what went wrong last, in words.
    """

    def __init__(self, function: Callable[..., Any], args: Sequence[Any]) -> None:
        self.function = function
        self.args = args
        self.calls = 0
        self.fault = ""
        self.paths: list[str] | None = None  # of the results, once they are known
        self.on_values = False  # whether it takes Values only, as one with x.tanh() in it does

    def call(self, point: Sequence[Any]) -> Any:
        """Return what the function returns; None, and a fault, where it raises."""
        self.calls += 1
        given = map(Value, point) if self.on_values else point
        try:
            return self.function(*rebuild(tuple(self.args), iter(given)))
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises is a finding
            if isinstance(error, AttributeError) and not self.on_values:
                self.on_values = "'float'" in str(error)
                return self.call(point) if self.on_values else self._failed(error)
            return self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.fault = shortened(f"f raised {type(error).__name__}: {error}")

    def __call__(self, point: Sequence[float]) -> list[float] | None:
        """Return the results as a list of floats, or None where there are none."""
        result = self.call(point)
        if result is None:
            self.fault = self.fault or "f returned None"
            return None
        try:
            found = list(numbers(result))
        except Exception as error:  # noqa: BLE001 - whatever a user's function raises is a finding
            self.fault = shortened(
                f"f returned {type(result).__name__}, which is not a number: {error}"
            )
            return None
        if self.paths is None:
            self.paths = [path for path, _ in found]
        if not found:
            self.fault = f"f returned {type(result).__name__}, in which there is no real number"
            return None
        if len(found) != len(self.paths):
            self.fault = (
                f"f returned {len(found)} numbers and {len(self.paths)} at the point itself"
            )
            return None
        return [value for _, value in found]


class Line:
    """The values of a target at point + t * direction, each computed once.

    Args:
        target: the function.
        point: the numbers of its arguments.
        direction: for each of them 0 or a power of two with a sign.
        size: the magnitude of the input along the line, in units of t; 0 at zero.
        centre: the values at the point itself.
    """

    def __init__(
        self, target: Target, point: Sequence[float], direction: Sequence[float],
        size: float, centre: list[float],
    ) -> None:  # fmt: skip
        self.target = target
        self.point = point
        self.direction = direction
        self.size = size
        self.centre = centre
        self._known: dict[float, list[float] | None] = {}

    def __call__(self, t: float) -> list[float] | None:
        """Return the results at a distance t, or None."""
        if t not in self._known:
            shifted = self.shifted(t)
            self._known[t] = self.target(shifted) if all(map(isfinite, shifted)) else None
        return self._known[t]

    def shifted(self, t: Any) -> list[Any]:
        """Return the point at a distance t."""
        pairs = zip(self.point, self.direction, strict=True)
        return [x + t * d if d else x for x, d in pairs]

    def step(self, wanted: float) -> float:
        """Return a step near the wanted one for which point +- step is exact."""
        grain = ulp(self.size + wanted) if self.size else 0.0
        return max(round(wanted / grain), 1) * grain if grain else wanted


class Curve:
    """One result along a line, sampled in pairs at -h and +h.

    Attributes:
        centre: the value at the point.
        floor: by how much two calls at one point differ.
        pairs: for each step h the values (below, above); those that are not finite are nan.
        sampled_sides: whether to sample to the left and to the right.
    """

    def __init__(self, line: Line, output: int, floor: float = 0.0) -> None:
        self.line = line
        self.floor = floor
        self.output = output
        self.size = line.size
        self.centre = line.centre[output]
        self.pairs: dict[float, tuple[float, float]] = {}
        self.sampled_sides = (True, True)
        self._largest = 0.0
        self._widest = 0.0

    def pair(self, wanted: float) -> float:
        """Sample at a step near the wanted one, and return that step."""
        h = self.line.step(wanted)
        if h not in self.pairs:
            left, right = self.sampled_sides
            self._widest = max(self._widest, h)
            self.pairs[h] = (self._value(-h) if left else nan, self._value(h) if right else nan)
        return h

    def _value(self, t: float) -> float:
        values = self.line(t)
        value = values[self.output] if values is not None else nan
        if not abs(value) < inf:
            return nan
        self._largest = max(self._largest, abs(value))
        return value

    def value_at(self, t: float) -> float:
        """Return the value at a distance that is sampled for nothing else; nan for none."""
        values = self.line(t)
        return values[self.output] if values and isfinite(values[self.output]) else nan

    def size_at(self, h: float) -> float:
        """Return the larger value in size at a step, sampled for nothing else."""
        values = [abs(self.value_at(t)) for t in (-h, h)]
        return max((y for y in values if isfinite(y)), default=0.0)

    def finite(self, h: float) -> bool:
        """Return whether f has a value on both sides."""
        below, above = self.pairs[h]
        return isfinite(above - below)

    def slope(self, h: float) -> float:
        """Return the central difference (f(x + h) - f(x - h)) / 2h."""
        below, above = self.pairs[h]
        return (above - below) / h * 0.5

    def sides(self, h: float) -> tuple[float, float]:
        """Return the one-sided differences, on the left and on the right."""
        below, above = self.pairs[h]
        return (self.centre - below) / h, (above - self.centre) / h

    def variation(self, h: float) -> float:
        """Return the larger of the one-sided differences in size."""
        left, right = self.sides(h)
        return max(abs(left), abs(right))

    def largest(self, within: float = inf) -> float:
        """Return the largest value in size that was met, up to a step."""
        if within >= self._widest:
            return self._largest
        values = [abs(y) for h, pair in self.pairs.items() if h <= within for y in pair]
        return max([abs(self.centre), *(y for y in values if isfinite(y))])
