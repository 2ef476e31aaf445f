"""Arithmetic on floats that raises nothing: what IEEE 754 answers where `math` raises."""

import math
from fractions import Fraction
from math import inf, nan
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd.numbers.floats import QUICK, QUIET, divide, dot, others, power, remainder, total

ANY = st.floats() | st.sampled_from([0.0, -0.0, 1.0, -1.0, inf, -inf, nan, 0.5, 2.0, 3.0, 5e-324])


def same(x: float, y: float) -> bool:
    return (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) or (x != x and y != y)


@pytest.mark.parametrize(("x", "y", "quotient"), [
    (1.0, 0.0, inf), (1.0, -0.0, -inf), (-1.0, 0.0, -inf), (-1.0, -0.0, inf), (0.0, 0.0, nan),
    (-0.0, 0.0, nan), (nan, 0.0, nan), (inf, 0.0, inf), (inf, -0.0, -inf), (inf, inf, nan),
    (1.0, inf, 0.0), (-1.0, inf, -0.0), (6.0, 3.0, 2.0),
])  # fmt: skip
def test_divide(x: float, y: float, quotient: float) -> None:
    assert same(divide(x, y), quotient)


@pytest.mark.parametrize(("x", "y", "z"), [
    (0.0, -1.0, inf), (-0.0, -1.0, -inf), (-0.0, -2.0, inf), (0.0, 0.0, 1.0), (-2.0, 0.5, nan),
    (-2.0, 3.0, -8.0), (1e200, 2.0, inf), (-1e200, 3.0, -inf), (-1e200, 2.0, inf), (nan, 0.0, 1.0),
    (1.0, nan, 1.0), (-1.0, inf, 1.0), (0.0, -inf, inf), (-0.0, -0.5, inf), (-0.0, 3.0, -0.0),
    (-inf, 3.0, -inf), (-inf, -3.0, -0.0), (2.0, -1e5, 0.0),
])  # fmt: skip
def test_power_is_that_of_c(x: float, y: float, z: float) -> None:
    assert same(power(x, y), z)
    assert same(QUIET["pow"](x, y), z)


@given(ANY, ANY)
def test_no_operation_on_two_raises_or_gives_another_type(x: float, y: float) -> None:
    found = [f(x, y) for f in (divide, remainder, power)]
    found += [QUIET[name](x, y) for name in ("atan2", "hypot", "fmod", "copysign")]
    assert all(type(z) is float for z in found)


@given(ANY, ANY)
def test_quiet_is_quick_where_quick_does_not_raise(x: float, y: float) -> None:
    for name in QUIET:
        arguments = (x, y) if name in ("atan2", "hypot", "fmod", "copysign", "pow") else (x,)
        if name == "sum":
            continue
        try:
            expected = QUICK[name](*arguments)
        except (ArithmeticError, ValueError):
            assert type(QUIET[name](*arguments)) is float
        else:
            assert same(QUIET[name](*arguments), expected)


@pytest.mark.parametrize(("name", "x", "z"), [
    ("exp", 1000.0, inf), ("expm1", 1000.0, inf), ("cosh", -1000.0, inf), ("sinh", -1000.0, -inf),
    ("log", 0.0, -inf), ("log", -0.0, -inf), ("log", -1.0, nan), ("log2", 0.0, -inf),
    ("log10", 0.0, -inf), ("log1p", -1.0, -inf), ("log1p", -2.0, nan), ("atanh", 1.0, inf),
    ("atanh", -1.0, -inf), ("atanh", 2.0, nan), ("lgamma", -1.0, inf), ("lgamma", 0.0, inf),
    ("sqrt", -1.0, nan), ("sin", inf, nan), ("acos", 2.0, nan), ("acosh", 0.0, nan),
    ("floor", inf, inf), ("ceil", nan, nan), ("trunc", -0.5, -0.0), ("round", -0.4, -0.0),
    ("ceil", -0.5, -0.0), ("floor", -0.0, -0.0), ("round", 0.5, 0.0), ("round", 1.5, 2.0),
])  # fmt: skip
def test_answers(name: str, x: float, z: float) -> None:
    assert same(QUIET[name](x), z)


def test_remainder_has_the_sign_of_the_divisor() -> None:
    assert [remainder(7.0, 3.0), remainder(-7.0, 3.0), remainder(7.0, -3.0)] == [1.0, 2.0, -2.0]
    assert math.isnan(remainder(1.0, 0.0))


@given(st.lists(st.floats(-1e3, 1e3)))
def test_sums_are_added_from_left_to_right(xs: list[float]) -> None:
    expected = 0.0
    for x in xs:
        expected += x
    assert same(total(xs), expected)
    assert same(total(iter(xs)), expected)
    products: float = 0.0
    for x in xs:
        products += x * 0.5
    assert same(dot(xs, [0.5] * len(xs)), products)


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_the_products_of_the_others(xs: list[int]) -> None:
    expected = [math.prod(xs[:i] + xs[i + 1 :]) for i in range(len(xs))]
    assert others([float(x) for x in xs]) == expected


def test_no_numbers() -> None:
    found: list[Any] = [total([]), dot([], [])]
    assert found == [0.0, 0.0]
    assert others([3.0]) == [1.0]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_whole_parts(x: float) -> None:
    exact = Fraction(x)
    assert QUIET["floor"](x) == exact // 1
    assert QUIET["ceil"](x) == -(-exact // 1)
    assert QUIET["trunc"](x) == int(exact)
    assert QUIET["round"](x) == round(exact)
