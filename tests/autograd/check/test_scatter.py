"""What a claim may be off by because it rounds itself."""

import math
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import check_gradients

QUOTIENTS = [(ag.expm1, 1e-5), (ag.expm1, 1e-6), (ag.expm1, 1e-9), (ag.log1p, 1e-5),
             (ag.log1p, 1e-7), (ag.tanh, 1e-4), (ag.erf, 1e-4), (ag.atan, 1e-4)]  # fmt: skip


@pytest.mark.parametrize(("f", "x"), QUOTIENTS)
def test_the_rounding_of_a_derivative_that_cancels_is_no_mistake(f: Any, x: float) -> None:
    assert check_gradients(lambda x: f(x) / x, (x,)).verdict == "right"


@pytest.mark.parametrize("f", [ag.tanh, ag.erf, ag.sin, ag.sinh, ag.atan, ag.asinh])
@pytest.mark.parametrize("x", [1e-5, 1e-6, 1e-7])
def test_a_derivative_that_rounds_to_few_digits_is_not_called_wrong(f: Any, x: float) -> None:
    assert check_gradients(lambda x: f(x) / x, (x,)).verdict != "wrong"


@pytest.mark.parametrize("off", [1e-6, -1e-6, 1e-3, 1.0])
@pytest.mark.parametrize(("f", "slope", "x"), [
    (lambda x: math.expm1(x) / x, lambda x: math.exp(x) / x - math.expm1(x) / x / x, 1e-4),
    (lambda x: math.expm1(x) / x, lambda x: math.exp(x) / x - math.expm1(x) / x / x, 1e-6),
    (math.exp, math.exp, 1e-12), (math.sin, math.cos, 1e-5), (math.exp, math.exp, 1.0),
    (lambda x: x * x, lambda x: 2.0 * x, 1e-9), (math.log, lambda x: 1.0 / x, 1e-10),
    (lambda x: math.sin(1e6 * x), lambda x: 1e6 * math.cos(1e6 * x), 0.1),
])  # fmt: skip
def test_a_mistake_of_a_millionth_is_still_caught(
    f: Callable[[float], float], slope: Callable[[float], float], x: float, off: float
) -> None:
    assert check_gradients(f, (x,), slope).verdict == "right"
    assert check_gradients(f, (x,), lambda x: slope(x) * (1.0 + off)).verdict == "wrong"
