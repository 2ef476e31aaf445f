"""The special functions against 50 digits: tails, roots, extremes."""

import math
import random
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from mpmath import mp, mpf

from autograd.numbers import special
from autograd.numbers.special import SPECIAL

mp.dps = 50
RANDOM = random.Random(8)


def ulps(found: float, exact: Any) -> float:
    return float(abs(mpf(found) - exact) / mpf(math.ulp(float(exact))))


def spread(low: float, high: float, count: int = 60) -> list[float]:
    return [RANDOM.uniform(low, high) for _ in range(count)]


EXACT: list[tuple[str, Callable[[Any], Any], list[float]]] = [
    ("gaussian", lambda x: mp.exp(-x * x), spread(-26, 26)),
    ("normal_pdf", mp.npdf, spread(-37, 37)),
    ("normal_cdf", lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, spread(-37, 9)),
    ("sech2", lambda x: mp.sech(x) ** 2, spread(-350, 350) + spread(-2, 2)),
    ("sigmoid", lambda x: 1 / (1 + mp.exp(-x)), spread(-700, 40) + spread(-2, 2)),
    ("softplus", lambda x: mp.log1p(mp.exp(x)), spread(-700, 700) + spread(-40, 40)),
    ("cbrt", lambda x: mp.sign(x) * mp.cbrt(abs(x)), [*spread(-9, 9), 5e-324, -1e308, 1e-310]),
    ("gelu_slope", lambda x: mp.ncdf(x) + x * mp.npdf(x), spread(-1.2, -0.3) + spread(-37, 9)),
    ("silu_slope", lambda x: (1 + mp.exp(-x) + x * mp.exp(-x)) / (1 + mp.exp(-x)) ** 2,
     spread(-1.7, -0.8) + spread(-700, 40)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "exact", "points"), EXACT, ids=[row[0] for row in EXACT])
def test_within_4_ulp(name: str, exact: Any, points: list[float]) -> None:
    for x in points:
        with mp.workdps(700 if abs(x) > 9 and name in ("sech2", "softplus") else 60):
            reference = exact(mpf(x))
        assert ulps(SPECIAL[name](x), reference) <= 4, (x, SPECIAL[name](x), float(reference))


@pytest.mark.parametrize(("name", "x", "z"), [
    ("gaussian", inf, 0.0), ("gaussian", -inf, 0.0), ("normal_pdf", inf, 0.0),
    ("normal_cdf", inf, 1.0),
    ("normal_cdf", -inf, 0.0), ("normal_cdf", 0.0, 0.5), ("sech2", inf, 0.0), ("sech2", 0.0, 1.0),
    ("sigmoid", -inf, 0.0), ("sigmoid", inf, 1.0), ("sigmoid", 0.0, 0.5), ("sigmoid", -1e4, 0.0),
    ("softplus", inf, inf), ("softplus", -inf, 0.0), ("softplus", 1e4, 1e4), ("cbrt", -27.0, -3.0),
    ("cbrt", -0.0, -0.0), ("cbrt", inf, inf), ("cbrt", -inf, -inf), ("lgamma", 1.0, 0.0),
    ("lgamma", 2.0, 0.0), ("lgamma", -3.0, inf), ("lgamma", inf, inf), ("gelu_slope", 0.0, 0.5),
    ("gelu_slope", 100.0, 1.0), ("gelu_slope", -100.0, 0.0), ("silu_slope", 0.0, 0.5),
    ("silu_slope", 1e3, 1.0),
])  # fmt: skip
def test_ends(name: str, x: float, z: float) -> None:
    assert SPECIAL[name](x) == z
    assert math.copysign(1.0, SPECIAL[name](x)) == math.copysign(1.0, z) or z == 0.0 != x


@pytest.mark.parametrize("name", [n for n in SPECIAL if SPECIAL[n].__code__.co_argcount == 1])
def test_nan_stays_and_nothing_raises(name: str) -> None:
    assert math.isnan(SPECIAL[name](nan))
    for x in (inf, -inf, 1e308, -1e308, 5e-324, -5e-324, 0.0, -0.0, 710.0, -746.0):
        assert type(SPECIAL[name](x)) is float


def test_functions_of_two_at_their_ends() -> None:
    assert special.logaddexp(inf, -inf) == special.logaddexp(inf, inf) == inf
    assert special.logaddexp(-inf, -inf) == -inf
    assert special.logaddexp(-inf, 3.0) == special.logaddexp(3.0, -inf) == 3.0
    assert math.isnan(special.logaddexp(nan, inf))
    assert special.sigmoid_difference(1e308, -1e308) == 1.0
    assert special.sigmoid_difference(-inf, 0.0) == 0.0
    assert special.exp_difference(1000.0, 0.0) == inf
    assert special.shifted_power(0.0, 0.5, 1.0) == inf
    assert special.logsumexp([-inf, -inf]) == -inf
    assert special.logsumexp([inf, 1.0]) == inf
    assert math.isnan(special.logsumexp([nan, inf]))
    assert special.softmax([inf, 1.0]) == [1.0, 0.0]
    assert special.weights([1.0, 0.0]) == (1.0, [1.0, math.exp(-1.0)])


def test_shifted_power_keeps_the_digits_of_an_exponent_that_is_not_a_float() -> None:
    for x in spread(0.001, 1000):
        for y in (1e-9, 0.3, 1.0 - 2**-53):
            assert ulps(special.shifted_power(x, y, 1.0), mpf(x) ** (mpf(y) - 1)) <= 2


def test_exp_difference_keeps_the_digits_of_a_difference_that_is_not_a_float() -> None:
    for x, y in zip(spread(-300, 300), spread(-1, 1), strict=True):
        assert ulps(special.exp_difference(x, y), mp.exp(mpf(x) - mpf(y))) <= 2
