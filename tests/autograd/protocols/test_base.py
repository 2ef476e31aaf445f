"""What Python asks of a number: formats and rounding; what would lose the gradient is refused."""

import math
import operator
from typing import Any

import numpy as np
import pytest

from autograd import Value


def test_rounding_functions_of_python() -> None:
    v = Value(-2.5)
    assert [f(v).data for f in (round, math.floor, math.ceil, math.trunc)] == [
        -2.0,
        -3.0,
        -2.0,
        -2.0,
    ]
    with pytest.raises(TypeError, match=r"write round\(v\.data, digits\)"):
        round(v, 1)


def test_formats_are_those_of_the_number() -> None:
    assert f"{Value(1.23456):.2f} {Value(3):>6.1f} {Value(0.5):e}" == "1.23    3.0 5.000000e-01"
    assert f"{Value(2)}" == repr(Value(2))


@pytest.mark.parametrize("lose", [
    float, int, complex, operator.index, math.exp, math.sqrt, math.isnan, math.fsum,
    range, np.signbit,
    np.float64, lambda v: [1, 2, 3][v], lambda v: math.hypot(v, 1.0), "{:f}%f".__mod__,
    lambda v: math.pow(v, 2), lambda v: np.array([v], dtype=float), lambda v: np.zeros(3)[v],
])  # fmt: skip
def test_what_would_lose_the_gradient_is_refused(lose: Any) -> None:
    v = Value(3.0, label="loss")
    with pytest.raises((TypeError, IndexError)) as raised:
        lose([v] if lose is math.fsum else v)
    if raised.type is TypeError:
        assert raised.match("v.data for the number")


def test_the_advice_names_the_function_and_the_value() -> None:
    with pytest.raises(TypeError, match=r"label='loss'.*autograd\.exp\(v\) for math\.exp\(v\)"):
        math.exp(Value(3.0, label="loss"))


@pytest.mark.parametrize("divide", [
    lambda v: v // 2, lambda v: 2 // v, lambda v: v // v, lambda v: divmod(v, 2),
    lambda v: divmod(2, v), lambda v: np.float64(2) // v,
])  # fmt: skip
def test_floor_division_is_refused_with_advice(divide: Any) -> None:
    with pytest.raises(TypeError, match=r"v\.data"):
        divide(Value(3.0))


def test_what_the_lecture_reads_and_calls() -> None:
    x = Value(3.0)
    y = x * x
    y.grad = 1.0
    y._backward()
    assert (y._prev, y._op, x._op, x.grad) == ((x, x), "*", "", 6.0)


def test_parents_and_operations_compare_as_micrograds() -> None:
    x, y = Value(2.0), Value(3.0)
    assert (x + y)._prev == {x, y} != (x + x)._prev == {x} == set((x + x)._prev)
    assert x._prev == set()
    assert ((x + y)._prev != {x, y}) is False
    assert (x**0.1234567891)._op == "**0.1234567891"
    assert (x._prev, len({x._prev, (x * y)._prev})) == ((), 2)
    names = [z._op for z in (x.relu(), x**2, x**-0.5, x**y, 2**x, x + y, x.tanh())]
    assert names == ["ReLU", "**2", "**-0.5", "**", "**", "+", "tanh"]


@pytest.mark.parametrize("name", ["_prev", "_op", "_backward"])
def test_a_graph_is_not_made_by_hand(name: str) -> None:
    with pytest.raises(TypeError, match=r"rule or custom_gradient"):
        setattr(Value(2.0), name, ())
