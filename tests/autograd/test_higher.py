"""Gradients that are Values: to be differentiated again, and honest about changed numbers."""

import math
from typing import Any

import pytest

import autograd as ag
from autograd import Value


def test_changing_a_leaf_is_told_where_derivatives_are_computed_anew() -> None:
    x = Value(2.0, label="rate")
    z = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match=r"'mul' was changed after the forward pass.*rate"):
        z.backward(create_graph=True)
    assert x.grad == 0.0


def test_create_graph_gives_gradients_of_gradients() -> None:
    x, y = Value(2.0), Value(3.0)
    (x**3 * y).backward(create_graph=True)
    slope = x.grad
    assert slope.data == 36.0
    x.grad = y.grad = 0.0
    slope.backward(create_graph=True)
    assert (x.grad.data, y.grad.data) == (36.0, 12.0)
    second = x.grad
    x.grad = 0.0
    second.backward()
    assert x.grad == 18.0


def test_create_graph_accumulates_like_the_other() -> None:
    x = Value(3.0)
    (x * x).backward()
    (x * x).backward(create_graph=True)
    assert x.grad.data == 12.0
    (x * x).backward(Value(0.5), create_graph=True)
    assert x.grad.data == 15.0


@pytest.mark.parametrize("f", [lambda x: x**3, ag.tanh, ag.atan, ag.erf, ag.log, lambda x: 1.0 / x])
@pytest.mark.parametrize(
    ("before", "after"), [(0.5, -0.5), (0.5, math.nan), (0.0, 2.0), (-1.0, 2.0)]
)
def test_a_change_that_the_slope_does_not_tell_is_told_too(
    f: Any, before: float, after: float
) -> None:
    x = Value(before, label="rate")
    z = f(x)
    z.backward(create_graph=True)  # nothing has changed: nan and inf are as recorded
    x.data = after
    with pytest.raises(RuntimeError, match=r"was changed after the forward pass.*rate"):
        z.backward(create_graph=True)
