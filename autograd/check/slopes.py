"""The mathematics of a numerical derivative with a bound on its error.

A central difference D(h) = (f(x + h) - f(x - h)) / 2h has a truncation error in powers of h**2 and
a rounding error in 1/h. `extrapolate` removes the first powers (Richardson 1911, by Neville's
scheme, so that the steps may have any ratios) and bounds what is left from the rate at which the
columns of the table approach each other. `survey` does so in every window of the steps sampled,
adds the rounding noise of f, and takes the window with the smallest bound that the smaller steps
do not contradict. `one_sided` does the same with differences to one side, in powers of h.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, prod

from autograd.check.line import Curve

__all__ = ["Estimate", "Extrapolation", "extrapolate", "noise", "one_sided", "survey"]

HALF_ULP = 2.0**-53
UNDERFLOW = 2.0**-1070  # the rounding of the smallest floats
LONGEST = 5  # steps in a window
NEIGHBOURS = 300.0  # ratio of steps that still belong to one window
SLOW = 1.3  # rate of convergence below which no limit is in sight
SUDDEN = 100.0  # times the ideal rate of convergence: the larger step is beyond the smooth part
PROMPT = 0.8  # share of the ideal rate of convergence that is enough
REACH = 2.0**20  # steps of a window within which the values of f tell how it rounds
TOLERATED = 8.0  # roundings by which a smaller step may differ


@dataclass(frozen=True)
class Extrapolation:
    """A limit for h -> 0 with the bound of its truncation and the factor on the noise of f."""

    value: float
    truncation: float
    amplification: float
    steps: tuple[float, ...]


@dataclass(frozen=True)
class Estimate:
    """A derivative and the bound of its error.

    Attributes:
        value: the derivative.
        bound: truncation and rounding together.
        rounding: the part of the bound that is rounding.
        steps: of the window it comes from, largest first.
        checks: how many smaller steps were compared with it.
        agrees: whether these differ from it by no more than the rounding of f allows.
    """

    value: float
    bound: float
    rounding: float
    steps: tuple[float, ...]
    checks: int
    agrees: bool


def extrapolate(
    steps: Sequence[float],
    slopes: Sequence[float],
    power: int,
    level: float = 0.0,
    size: float = 0.0,
) -> Extrapolation:
    """Extrapolate slopes at some steps, largest first, to the step 0.

    Args:
        steps, slopes: what was sampled.
        power: of h in which the error is a series: 2 for central differences, 1 for one-sided.
        level: the noise in a value of f.
        size: of the slopes of f nearby.

    >>> steps = [0.5, 0.25, 0.125]
    >>> found = extrapolate(steps, [1.0 + h**2 + h**4 for h in steps], 2)
    >>> round(found.value, 12)
    1.0
    """
    nodes = [(h / steps[0]) ** power for h in steps]
    columns = [list(slopes)]
    for j in range(1, len(nodes)):
        pairs = zip(columns[-1], columns[-1][1:], nodes, nodes[j:], strict=False)
        columns.append([fine + (fine - coarse) * v / (u - v) for coarse, fine, u, v in pairs])
    grain = 4.0 * level / steps[-1]
    truncation = max(
        _promised(columns, nodes), _observed(columns, nodes, grain), _usual(columns, nodes, size)
    )
    return Extrapolation(columns[-1][0], truncation, _amplification(nodes, steps), tuple(steps))


def _promised(columns: list[list[float]], nodes: Sequence[float]) -> float:
    """Bound the error of the last column by the change to come, from the rate of the last two."""
    changes = [abs(b[-1] - a[-1]) for a, b in pairwise(columns)]
    if len(changes) < 2:
        return abs(columns[0][0] - columns[0][-1])
    if not changes[-2]:
        return changes[-1]
    growth = max(u / v for u, v in pairwise(nodes))
    rate = changes[-1] / changes[-2]
    return changes[-1] * min(1.0, 8.0 * growth * rate) if rate < 0.5 else 2.0 * max(changes[-2:])


def _usual(columns: list[list[float]], nodes: Sequence[float], size: float) -> float:
    """Bound the error by that of a function whose terms shrink as the first one does.

    It takes effect where a later term is small by accident, so that its successor is not.
    """
    if len(columns) < 3 or not size:
        return 0.0
    first = abs(columns[1][-1] - columns[0][-1]) / size
    return 4.0 * size * prod(min(first * node / nodes[-1], 1.0) for node in nodes)


def _observed(columns: list[list[float]], nodes: Sequence[float], grain: float) -> float:
    """Bound the error where a column converges more slowly than a smooth function's does.

    The error of an entry made from some steps is in proportion to the product of their nodes, so
    the differences in a column shrink at a known rate; where they do not, the smoothness is not
    there (or h is too large still), and the last difference is what is known.
    """
    worst = 0.0
    for j, column in enumerate(columns[:-2]):
        products = [prod(nodes[i : i + j + 1]) for i in range(len(column))]
        gaps = [abs(a - b) for a, b in pairwise(column)]
        ideal = [a - b for a, b in pairwise(products)]
        for i in range(len(gaps) - 1):
            if gaps[i + 1] > grain and gaps[i] * ideal[i + 1] < PROMPT * gaps[i + 1] * ideal[i]:
                rate = gaps[i] / gaps[i + 1]
                slow = gaps[-1] * max(1.0, 1.5 / (rate - 1.0)) if rate > SLOW else inf
                worst = max(worst, slow)
            elif gaps[i] * ideal[i + 1] > SUDDEN * max(gaps[i + 1], grain) * ideal[i]:
                worst = max(worst, gaps[-1])
            elif j == 0 and gaps[i + 1] <= grain < gaps[i]:
                worst = max(worst, grain)
    return worst


def _amplification(nodes: Sequence[float], steps: Sequence[float]) -> float:
    """Return by how much the extrapolation multiplies the noise of a value of f."""
    total = 0.0
    for i, u in enumerate(nodes):
        weight = 1.0
        for j, v in enumerate(nodes):
            weight *= v / (v - u) if i != j else 1.0
        total += abs(weight) / steps[i]
    return total


def noise(curve: Curve, steps: Sequence[float], slope: float) -> float:
    """Return the rounding to expect in a value of f: of the value, and of its input."""
    values = [abs(y) for h in steps for y in curve.pairs[h]]
    largest, centre = max([abs(curve.centre), *values]), abs(curve.centre)
    floor = curve.floor * max(largest / centre, 1.0) if centre else curve.floor
    return max(floor, UNDERFLOW, 2.0 * HALF_ULP * (largest + curve.size * abs(slope)))


def sampled(curve: Curve) -> list[float]:
    """Return the steps at which f has a value on both sides, largest first."""
    return sorted((h for h in curve.pairs if curve.finite(h)), reverse=True)


def windows(steps: Sequence[float]) -> Iterator[tuple[Sequence[float], Sequence[float]]]:
    """Yield every run of two or more steps, with the smaller ones after it."""
    for first in range(len(steps)):
        for last in range(first + 2, min(first + LONGEST, len(steps)) + 1):
            if steps[last - 2] > NEIGHBOURS * steps[last - 1]:
                break
            yield steps[first:last], steps[last:]


def survey(curve: Curve, floor: float = 0.0, least: float = 0.0) -> list[Estimate]:
    """Return the estimates of all windows, the one with the smallest bound first.

    Args:
        curve: the sampled function.
        floor: the noise of f, where it is known to be larger than its rounding.
        least: the smallest step to use.
    """
    steps = [h for h in sampled(curve) if h >= least]
    found = [_estimate(curve, window, rest, floor) for window, rest in windows(steps)]
    return sorted((e for e in found if isfinite(e.value)), key=lambda e: (not e.agrees, e.bound))


def _estimate(
    curve: Curve, steps: Sequence[float], smaller: Sequence[float], floor: float
) -> Estimate:
    slopes = [curve.slope(h) for h in steps]
    level = max(floor, noise(curve, steps, slopes[-1]))
    limit = extrapolate(steps, slopes, 2, level, max(map(abs, slopes)))
    rounding = 2.0 * level * limit.amplification + 4.0 * HALF_ULP * abs(limit.value)
    bound = limit.truncation + rounding
    agrees, worst = True, 0.0
    tolerated = TOLERATED * max(level, 2.0 * HALF_ULP * curve.largest(REACH * steps[0]))
    for h in smaller:
        residual = abs(curve.slope(h) - limit.value) * h
        allowed = tolerated + bound * h
        allowed += 2.0 * h * _bend(slopes, steps, limit.value, h)
        if residual > allowed:
            agrees, worst = False, max(worst, residual)
    if not agrees:
        rounding += 2.0 * worst * limit.amplification
        bound = limit.truncation + rounding
    return Estimate(limit.value, bound, rounding, limit.steps, len(smaller), agrees)


def one_sided(curve: Curve, side: int, floor: float = 0.0, most: float = inf) -> list[Estimate]:
    """Return the estimates of the slope on one side (0 left, 1 right), the best first.

    Steps above `most` are not used.
    """
    steps = sorted(
        (h for h in curve.pairs if h <= most and isfinite(curve.sides(h)[side])), reverse=True
    )
    found = [_one_sided(curve, side, window, rest, floor) for window, rest in windows(steps)]
    return sorted((e for e in found if isfinite(e.value)), key=lambda e: (not e.agrees, e.bound))


def _one_sided(
    curve: Curve, side: int, steps: Sequence[float], smaller: Sequence[float], floor: float
) -> Estimate:
    slopes = [curve.sides(h)[side] for h in steps]
    values = [abs(curve.pairs[h][side]) for h in steps]
    level = 2.0 * HALF_ULP * (max([abs(curve.centre), *values]) + curve.size * abs(slopes[-1]))
    level = max(floor, curve.floor, level, UNDERFLOW)
    limit = extrapolate(steps, slopes, 1, 2.0 * level, max(map(abs, slopes)))
    rounding = 4.0 * level * limit.amplification + 4.0 * HALF_ULP * abs(limit.value)
    bound = limit.truncation + rounding
    agrees = True
    tolerated = 2.0 * TOLERATED * max(level, 2.0 * HALF_ULP * curve.largest(REACH * steps[0]))
    for h in smaller:
        residual = abs(curve.sides(h)[side] - limit.value) * h
        near = 2.0 * h * _bend(slopes, steps, limit.value, h, power=1)
        agrees = agrees and residual <= tolerated + bound * h + near
    return Estimate(limit.value, bound, rounding, limit.steps, len(smaller), agrees)


def _bend(
    slopes: Sequence[float], steps: Sequence[float], limit: float, h: float, power: int = 2
) -> float:
    """Return how far the slope at a smaller step h may be from its limit."""
    worst = 0.0
    for step, slope in zip(steps, slopes, strict=True):
        worst = max(worst, abs(slope - limit) * (h / step) ** power)
    return worst
