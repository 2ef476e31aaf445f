"""lgamma and its derivatives against 50 digits: near their roots, far out, below zero, at poles."""

import math
import random
from collections.abc import Callable
from math import inf, nan
from typing import Any

import pytest
from mpmath import mp, mpf

from autograd.numbers.gamma import digamma, lgamma, polygamma

mp.dps = 50
RANDOM = random.Random(9)


def ulps(found: float, exact: Any) -> float:
    return float(abs(mpf(found) - exact) / mpf(math.ulp(float(exact))))


def spread(low: float, high: float, count: int = 60) -> list[float]:
    return [RANDOM.uniform(low, high) for _ in range(count)]


@pytest.mark.parametrize(("function", "exact"), [(lgamma, mp.loggamma), (digamma, mp.digamma)])
def test_within_4_ulp_of_positive_numbers(function: Callable[[float], float], exact: Any) -> None:
    for x in spread(0.01, 9, 200) + spread(0.9, 2.1) + spread(9, 1e6) + [1e-9, 5e-324]:
        assert abs(exact(mpf(x))) > 1e308 or ulps(function(x), exact(mpf(x))) <= 4, x


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 9])
def test_polygamma_within_4_ulp_of_positive_numbers(n: int) -> None:
    for x in [*spread(0.01, 9, 30), *spread(9, 1e4, 10), 1.0, 1e-30, 1e-5]:
        exact = mp.psi(n, mpf(x))
        if abs(exact) < 1e308:
            assert ulps(polygamma(x, n), exact) <= 4, (n, x)


@pytest.mark.parametrize("n", range(7))
def test_polygamma_of_negative_numbers(n: int) -> None:
    """Near the zeros the terms of the reflection cancel: the error is measured by the largest."""
    for x in [*spread(-9, -0.01), -0.5, -1.5, -1e-3, -100.25, -3.0000001]:
        exact = mp.psi(n, mpf(x))
        largest = abs(mp.psi(n, 1 - mpf(x))) + abs(exact)
        assert abs(mpf(polygamma(x, n)) - exact) <= 1e-14 * largest, (n, x)


def test_poles_and_infinities_of_the_gamma_family() -> None:
    assert (digamma(0.0), digamma(-0.0), digamma(inf)) == (-inf, inf, inf)
    assert polygamma(0.0, 1) == polygamma(-0.0, 1) == polygamma(0.0, 3) == inf
    assert (polygamma(0.0, 2), polygamma(-0.0, 2)) == (-inf, inf)
    assert polygamma(inf, 1) == 0.0
    assert all(math.isnan(digamma(x)) for x in (-1.0, -7.0, -inf, nan, -1e300))
    assert all(math.isnan(polygamma(x, 1)) for x in (-1.0, -inf, nan))
    assert digamma(1.4616321449683622) == pytest.approx(-9.241429976895e-17)
    assert polygamma(2.5, 0) == digamma(2.5)
    assert all(math.isnan(polygamma(2.5, n)) for n in (1.5, -1.0, nan, inf, 170.0, 1e300))
    assert polygamma(1e5, 169.0) == pytest.approx(float(mp.psi(169, 1e5)), rel=1e-13)
    assert digamma(5e-324) == -inf
    assert digamma(1e-300) == -1 / 1e-300
