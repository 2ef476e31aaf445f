"""Functions whose rounding makes small steps look smooth: a side of a tooth is no slope."""

import math
from collections.abc import Callable

import pytest

import autograd as ag
from autograd import check_gradients


def verdict(f: Callable[[float], float], x: float, claim: float) -> str:
    return check_gradients(f, (x,), lambda _: claim).verdict


# ruff: noqa: E501 - a table, one case a row
# fmt: off
CANCELLING = [  # function, its slope, the absurd slope between two jumps, points
    (lambda x: (math.exp(x) - 1) / x,         lambda x: 0.5 + x / 3,          lambda x: -1 / x,           (1e-5, 1e-6, 1e-7, -1e-7, 1e-9, 1e-10, 1e-12, 1e-14)),
    (lambda x: (1 - math.cos(x)) / x**2,      lambda x: -x / 12,              lambda x: -1 / x,           (1e-2, 1e-3, 1e-4, -3e-4, 1e-5, 1e-6)),
    (lambda x: math.log(1 + x) / x,           lambda x: -0.5 + 2 * x / 3,     lambda x: -1 / x,           (1e-6, 1e-7, -1e-8, 1e-9, 1e-11)),
    (lambda x: (math.sqrt(1 + x) - 1) / x,    lambda x: -0.125 + x / 8,       lambda x: -0.5 / x,         (1e-6, 1e-7, 1e-9, 1e-12)),
    (lambda x: ((1 + x) - 1) / x,             lambda x: 0.0,                  lambda x: -1 / x,           (1e-6, 1e-7, 1e-9, 1e-11, 1e-13, 1e-15)),
    (lambda x: (math.sin(x) - x) / x**3,      lambda x: x / 60,               lambda x: 0.5 / x,          (1e-3, 1e-4)),
    (lambda x: math.log(1 + math.exp(-x)) * math.exp(x), lambda x: math.exp(-x) / 2, lambda x: 1.0,       (15.0, 20.0, 25.0, 30.0)),
    (lambda x: math.log(1 - 1 / (1 + math.exp(-x))),     lambda x: -1.0,             lambda x: 0.0,       (25.0, 30.0, 33.0)),
    (lambda x: (1 + 1 / x) ** x,              lambda x: math.e / 2 / x**2,    lambda x: math.e / x,       (1e6, 1e9, 1e11)),
]
# fmt: on
CASES = [(f, slope, absurd, x) for f, slope, absurd, points in CANCELLING for x in points]


@pytest.mark.parametrize(("f", "slope", "absurd", "x"), CASES)
def test_numbers_that_cancel_blame_no_slope_and_confirm_no_absurd_one(
    f: Callable[[float], float],
    slope: Callable[[float], float],
    absurd: Callable[[float], float],
    x: float,
) -> None:
    assert verdict(f, x, slope(x)) in ("right", "unsure")
    for factor in (1.0, 1.0 + 1e-4, -1.0):
        assert verdict(f, x, factor * absurd(x)) in ("wrong", "unsure")


def test_larger_steps_decide_where_the_teeth_are_small() -> None:
    def f(x: float) -> float:
        return (math.exp(x) - 1) / x

    for x in (1e-6, 1e-7, 1e-9):
        assert verdict(f, x, 0.5 + x / 3) == "right"
        assert verdict(f, x, 0.55) == "wrong"
    assert "as by rounding" in str(check_gradients(f, (1e-7,), lambda _: -1e7))


def test_the_engine_is_not_blamed_for_what_a_function_cancels() -> None:
    for x in (1e-6, 1e-7, 1e-9):
        assert check_gradients(lambda x: (ag.exp(x) - 1) / x, (x,)).verdict != "wrong"
        assert check_gradients(lambda x: (1 - ag.cos(x)) / x**2, (1e3 * x,)).verdict != "wrong"


@pytest.mark.parametrize(("f", "slope", "x"), [
    (lambda x: math.sin(1e6 * x) + 1e9,        lambda x: 1e6 * math.cos(1e6 * x),        1.0),
    (lambda x: x + 1e-3 * math.sin(1e4 * x),   lambda x: 1.0 + 10.0 * math.cos(1e4 * x), 0.5),
    (lambda x: 5.0 + math.atan(1e5 * (x - 1)), lambda x: 1e5,                            1.0),
    (lambda x: 1.0 + 1e-4 * math.tanh(1e6 * (x - 2)), lambda x: 100.0,                   2.0),
    (lambda x: math.sin(3e5 * x) * 1e-3 + 7,   lambda x: 300.0 * math.cos(3e5 * x),      2.0),
])  # fmt: skip
def test_structure_that_bends_is_still_decided_by_small_steps(
    f: Callable[[float], float], slope: Callable[[float], float], x: float
) -> None:
    assert verdict(f, x, slope(x)) == "right"
    for wrong in (0.0, 1.1 * slope(x), -slope(x)):
        assert verdict(f, x, wrong) == "wrong"


@pytest.mark.parametrize("x", [0.1234, 0.777, 2.5003])
def test_small_steps_of_a_function_are_not_told_from_rounding_too_soon(x: float) -> None:
    for steps in (1e2, 1e3, 1e5):

        def stairs(x: float, steps: float = steps) -> float:
            return x + math.floor(steps * x) / steps

        assert verdict(stairs, x, 1.0) in ("right", "unsure")
        assert verdict(stairs, x, 1.5) in ("wrong", "unsure")


@pytest.mark.parametrize(("f", "x"), [(lambda x: math.floor(10 * x) / 10, 0.55),
                                      (lambda x: math.floor(1000 * x) / 1000, 0.5503),
                                      (lambda x: 7 + math.floor(50 * x) / 50, 0.551)])  # fmt: skip
def test_even_steps_are_those_of_a_step_function(f: Callable[[float], float], x: float) -> None:
    assert verdict(f, x, 0.0) == "right"
