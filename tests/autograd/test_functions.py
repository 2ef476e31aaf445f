"""Functions of many operands, where, and the documentation of all."""

import math
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value
from autograd.rules import MANY

# Many operands


@pytest.mark.parametrize("name", [name for name in MANY if hasattr(ag, name)])
def test_one_node_whatever_the_sequence_is(name: str) -> None:
    function = getattr(ag, name)
    if name == "dot":
        function = partial(ag.dot, [1.0, 2.0])
    x, y = Value(3.0), Value(2.0)
    for xs in ([x, y], (x, y), iter([x, y]), np.array([x, y]), {x: 1, y: 2}, (v for v in (x, y))):
        z = function(xs)
        z = z[0] if name == "softmax" else z
        assert z.parents == (x, y)
        assert z.op == name


def test_numbers_in_a_float_out() -> None:
    assert ag.sum([1, 2.5, True, np.float32(1)]) == 5.5
    assert ag.mean(range(5)) == 2.0
    assert ag.prod([2, 3]) == 6.0
    assert ag.dot([1, 2], np.array([3.0, 4.0])) == 11.0
    assert ag.norm([3, 4]) == 5.0
    assert ag.logsumexp([0, 0]) == math.log(2)
    assert ag.softmax([0, 0]) == [0.5, 0.5]
    results = [ag.sum([1]), ag.mean([1]), ag.prod([1]), ag.dot([1], [1]), ag.norm([1])]
    assert [type(x) for x in results] == [float] * 5


def test_no_operands() -> None:
    assert (ag.sum([]), ag.prod([]), ag.dot([], []), ag.norm([])) == (0.0, 1.0, 0.0, 0.0)
    assert (ag.logsumexp([]), ag.softmax([])) == (-math.inf, [])
    with pytest.raises(ValueError, match="mean of no numbers: give at least one"):
        ag.mean([])


def test_what_is_no_sequence_is_refused() -> None:
    for call in (ag.sum, ag.mean, ag.prod, ag.norm, ag.logsumexp, ag.softmax):
        for bad in (3.0, Value(1.0), None):
            with pytest.raises(TypeError, match="takes a sequence of numbers or Values, not"):
                call(bad)
    with pytest.raises(TypeError, match="dot takes a sequence"):
        ag.dot(1.0, [1.0])
    with pytest.raises(ValueError, match="dot of 1 and 2 numbers: give as many of each"):
        ag.dot([1.0], [1.0, 2.0])


def test_an_error_inside_a_generator_is_not_hidden() -> None:
    with pytest.raises(TypeError, match=r"v\.data for the number"):
        ag.sum(math.exp(v) for v in [Value(1.0)])


DOTS = [
    ([Value(1.0), Value(2.0)], [3.0, 4.0]),
    ([Value(1.0), Value(2.0)], [3, 4]),
    ([3.0, 4.0], [Value(1.0), Value(2.0)]),
    ([Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]),
    ([Value(1.0), 2.0], [3.0, Value(4.0)]),
    ([Value(1.0), Value(2.0)], [3.0, Value(4.0)]),
    ([Value(1.0), Value(2.0)], [Value(3.0), 4.0]),
    ([1.0, Value(2.0)], [Value(3.0), Value(4.0)]),
    ([Value(1.0), Value(2.0)], np.array([3.0, 4.0])),
]


@pytest.mark.parametrize(("xs", "ys"), DOTS)
def test_dot_of_numbers_and_values_in_any_mixture(xs: Any, ys: Any) -> None:
    z = ag.dot(xs, ys)
    z.backward()
    assert z.data == 11.0
    assert z.parents == tuple(v for v in [*xs, *ys] if isinstance(v, Value))
    assert [getattr(v, "data", v) for v in z.operands] == [1.0, 2.0, 3.0, 4.0] or xs[0] == 3.0
    for values, others in ((xs, ys), (ys, xs)):
        for v, other in zip(values, others, strict=True):
            if isinstance(v, Value):
                assert v.grad == (other.data if isinstance(other, Value) else other)
                v.zero_grad()
    z.backward(create_graph=True)
    for v in z.parents:
        v.zero_grad()


@pytest.mark.parametrize(("xs", "ys"), DOTS)
def test_matvec_is_a_dot_for_each_row(xs: Any, ys: Any) -> None:
    for node in ag.matvec([xs, iter(xs)], iter(ys)):
        expected = ag.dot(xs, ys)
        assert (node.data, node.op) == (11.0, "dot")
        assert node.parents == expected.parents
        assert node.local_derivatives == expected.local_derivatives
        assert node.operands == expected.operands


def test_matvec_of_numbers_and_of_other_lengths() -> None:
    assert ag.matvec([[1, 2], np.array([3.0, 4.0])], [10, 1]) == [12.0, 34.0]
    assert ag.matvec([], [1.0]) == []
    assert ag.matvec([[]], []) == [0.0]
    with pytest.raises(ValueError, match="dot of 1 and 2 numbers"):
        ag.matvec([[Value(1.0)]], [1.0, 2.0])
    with pytest.raises(TypeError, match="matvec takes a sequence"):
        ag.matvec([[1.0]], 1.0)


def test_softmax_of_large_numbers_and_its_derivatives() -> None:
    xs = [Value(1000.0), Value(999.0), Value(-1e6)]
    a, b, c = ag.softmax(xs)
    assert (a.data + b.data, c.data) == (1.0, 0.0)
    a.backward()
    assert xs[0].grad == -xs[1].grad == pytest.approx(a.data * b.data)
    assert xs[2].grad == 0.0


# where


def test_where_takes_every_kind_of_condition() -> None:
    a, b = Value(1.0), Value(2.0)
    for truth in (True, 1, 2.5, np.bool_(True), Value(3.0), a < b):
        assert ag.where(truth, a, b).parents == (a,)
    for falsehood in (False, 0, 0.0, np.bool_(False), Value(0.0), a > b):
        assert ag.where(falsehood, a, b).parents == (b,)
    assert ag.where(True, 1, 2) == 1.0
    assert ag.where(False, a, 2).data == 2.0
    constant = ag.where(True, 1.0, a)
    assert (constant.data, constant.parents, constant.operands[2]) == (1.0, (), a)
    constant.backward()
    assert a.grad == 0.0


def test_unknown_functions_are_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no function 'foo'"):
        _ = ag.functions.foo  # type: ignore[attr-defined]


def test_documentation_of_functions_shows_the_rule_and_runs() -> None:
    assert "z = exp(x)" in ag.exp.__doc__
    assert "d/dx = z" in ag.exp.__doc__
    assert Value.exp.__doc__ == ag.exp.__doc__
    assert "(default 0.01)" in ag.leaky_relu.__doc__
