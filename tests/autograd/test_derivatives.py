"""Functions on functions: structures, argnums, nesting to any order, and the products."""

import math
from collections import OrderedDict
from functools import partial, reduce
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import (
    Value,
    derivative,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    value_and_grad,
    vjp,
)


class Pair(NamedTuple):
    a: Any
    b: Any


def cubic(x: Any, y: Any, z: Any = 1.0) -> Any:
    return x * x * y * z


# Structures


@pytest.mark.parametrize(("f", "at", "expected"), [
    (lambda x: x * x, 3.0, 6.0),
    (lambda x: x * x, 3, 6.0),
    (lambda x: x * x, np.float32(3), 6.0),
    (lambda x: x * x, True, 2.0),
    (lambda v: v[0] * v[1], [2.0, 3], [3.0, 2.0]),
    (lambda v: v[0] * v[1], (2.0, 3), (3.0, 2.0)),
    (lambda p: p.a * p.b, Pair(2.0, 3.0), Pair(3.0, 2.0)),
    (lambda d: d["a"] * d["b"][0], {"a": 2.0, "b": [3.0, 4]}, {"a": 3.0, "b": [2.0, 0.0]}),
    (lambda d: d["a"] ** 2, OrderedDict(b=1.0, a=2.0), OrderedDict(b=0.0, a=4.0)),
    (lambda v: v[0] * v[1][1]["k"], (2.0, [5, {"k": 3}]), (3.0, [0.0, {"k": 2.0}])),
    (lambda v: 5.0, [], []),
    (lambda v: 5, {"a": []}, {"a": []}),
])  # fmt: skip
def test_the_gradient_has_the_structure_of_the_argument(f: Any, at: Any, expected: Any) -> None:
    found = grad(f)(at)
    assert found == expected
    assert type(found) is type(expected)
    assert value_and_grad(f)(at)[1] == expected
    assert vjp(f, at)[1](1.0) == (expected,)


def test_arrays_reach_the_function_as_arrays_and_come_back_as_arrays() -> None:
    def loss(weights: Any, data: np.ndarray) -> Any:
        return ((weights @ data - 1.0) ** 2).sum()

    weights, data = np.array([[0.5, -1.0], [2.0, 1.0]]), np.array([1.0, 3.0])
    found = grad(loss)(weights, data)
    assert isinstance(found, np.ndarray)
    assert found.dtype == float
    np.testing.assert_allclose(found, 2 * np.outer(weights @ data - 1.0, data), rtol=1e-15)
    weights -= 0.1 * found
    both = value_and_grad(loss, (0, 1))(weights, data)
    assert [g.shape for g in both[1]] == [(2, 2), (2,)]
    assert jacobian(lambda v: v * v)(data).tolist() == [[2.0, 0.0], [0.0, 6.0]]
    assert hessian(lambda v: (v**3).sum())(data).tolist() == [[6.0, 0.0], [0.0, 18.0]]
    assert jvp(lambda v: v * 2, (data,), (np.array([1.0, 0.0]),))[1].tolist() == [2.0, 0.0]
    assert hvp(lambda v: (v**3).sum(), (data,), (np.ones(2),)).tolist() == [6.0, 18.0]
    assert vjp(lambda v: v[:1] * 2, data)[1](np.ones(1))[0].tolist() == [2.0, 0.0]
    assert grad(lambda v: 1.0)(np.zeros((0, 3))).shape == (0, 3)
    assert jacobian(lambda v: np.array(v) * 2)([1.0, 2.0])[1] == [0.0, 2.0]
    inside = grad(lambda s: grad(lambda v: (v**3).sum() * s)(data)[1])(2.0)
    assert inside == 27.0


@pytest.mark.parametrize(("argnums", "expected"), [
    (0, 12.0), (1, 4.0), (-1, 4.0), (-2, 12.0), ((0, 1), (12.0, 4.0)), ((1, 0), (4.0, 12.0)),
    ([0], (12.0,)), (range(2), (12.0, 4.0)), ((), ()), (np.int64(1), 4.0), (True, 4.0),
])  # fmt: skip
def test_argnums(argnums: Any, expected: Any) -> None:
    assert grad(cubic, argnums)(2.0, 3.0) == expected
    assert value_and_grad(cubic, argnums=argnums)(2.0, 3.0) == (12.0, expected)
    assert jacobian(cubic, argnums)(2.0, 3.0) == expected


@pytest.mark.parametrize(("argnums", "error", "message"), [
    (2, ValueError, "argument 2, but the function was given 2"),
    (-3, ValueError, "argument -3, but the function was given 2"),
    ((0, 0), ValueError, "names an argument twice"),
    ((1, -1), ValueError, "names an argument twice"),
    (0.0, TypeError, "a whole number or several, not 0.0"),
    ("x", TypeError, "a whole number or several, not 'x'"),
    (None, TypeError, "a whole number or several, not None"),
])  # fmt: skip
def test_bad_argnums(argnums: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        grad(cubic, argnums)(2.0, 3.0)


def test_keywords_defaults_closures_and_partials_are_not_differentiated() -> None:
    w = Value(5.0)
    w.grad = 7.0
    assert grad(cubic)(2.0, y=3.0, z=4) == 48.0
    assert grad(partial(cubic, y=3.0))(2.0) == 12.0
    assert grad(lambda x: x * x * w)(3.0) == 30.0
    assert w.grad == 7.0
    assert grad(ag.exp)(0.0) == 1.0
    assert grad(np.exp)(0.0) == 1.0


def test_names_and_documentation_are_those_of_the_function() -> None:
    def loss(x: Any) -> Any:
        """Say what is lost."""
        return x

    for wrapped in (
        grad(loss),
        value_and_grad(loss),
        derivative(loss),
        jacobian(loss),
        hessian(loss),
    ):
        assert (wrapped.__name__, wrapped.__doc__) == ("loss", "Say what is lost.")


@pytest.mark.parametrize("bad", [lambda x: None, lambda x: "a", lambda x: [x], lambda x: {"a": x}])
def test_a_result_that_is_not_one_number_is_refused(bad: Any) -> None:
    for call in (
        lambda: grad(bad)(1.0),
        lambda: value_and_grad(bad)(1.0),
        lambda: derivative(bad)(1.0),
    ):
        with pytest.raises(
            TypeError, match=r"returns one number, but it returned .*(jacobian|a return missing)"
        ):
            call()


def test_arguments_that_are_no_numbers_are_named_by_their_place() -> None:
    with pytest.raises(TypeError, match=r"args\[0\]\['w'\]\[1\]: str 'a' is not a real number"):
        grad(lambda d: d["w"][0])({"w": [1.0, "a"]})
    with pytest.raises(TypeError, match=r"the result\[1\]: NoneType None"):
        jacobian(lambda x: [x, None])(1.0)
    with pytest.raises(TypeError, match=r"write \[Value\(x\)"):
        derivative(lambda x: x)([1.0, 2.0])
    with pytest.raises(OverflowError):
        grad(lambda x: x)(10**400)


@pytest.mark.parametrize("constant", [5.0, 5, np.float64(5), np.array(5.0)])
def test_functions_that_ignore_their_arguments(constant: Any) -> None:
    f = lambda *_: constant
    assert grad(f)(2.0) == derivative(f)(2.0) == derivative(f, 3)(2.0) == hessian(f)(2.0) == 0.0
    assert value_and_grad(f)([1.0, 2.0]) == (5.0, [0.0, 0.0])
    assert jvp(f, (1.0,), (1.0,)) == (5.0, 0.0)
    assert vjp(f, 1.0, 2.0)[1](1.0) == (0.0, 0.0)
    assert hvp(f, (1.0,), (1.0,)) == 0.0
    assert type(grad(f)(2.0)) is float


def test_results_are_plain_floats_outside_and_arguments_are_not_touched() -> None:
    at = {"a": [1.0, 2.0]}
    found = grad(lambda d: ag.sum(d["a"]) * d["a"][0])(at)
    assert found == {"a": [4.0, 1.0]}
    assert at == {"a": [1.0, 2.0]}
    assert all(type(x) is float for x in found["a"])


def test_a_value_as_argument_gives_values_that_know_their_graph() -> None:
    x = Value(3.0)
    slope = grad(lambda t: t**3)(x)
    assert isinstance(slope, Value)
    assert (slope.data, x.grad) == (27.0, 0.0)
    slope.backward()
    assert x.grad == 18.0
    x.zero_grad()
    value, slopes = value_and_grad(lambda v: v[0] * v[1])([x, 2.0])
    (value * slopes[1]).backward()
    assert x.grad == 12.0
    assert grad(lambda t: t * t)(x.detach()).data == 6.0


# Nesting


NESTED: list[tuple[str, Any, float, float]] = [
    ("issue 2", lambda x: x * grad(lambda y: x + y)(1.0), 3.0, 1.0),
    ("constant outside", lambda x: x * grad(lambda y: x * y)(2.0), 3.0, 6.0),
    ("outer inside", lambda x: grad(lambda y: x * y * y)(x), 3.0, 12.0),
    ("both at one point", lambda x: 1 * grad(lambda y: y * y * y)(x), 3.0, 18.0),
    ("outer as seed", lambda x: vjp(lambda y: y * y, 2.0)[1](x)[0], 3.0, 4.0),
    ("outer as tangent", lambda x: jvp(lambda y: y**3, (2.0,), (x,))[1], 3.0, 12.0),
    ("forward inside", lambda x: jvp(lambda y: x * y * y, (x,), (1.0,))[1], 3.0, 12.0),
    ("derivative inside", lambda x: derivative(lambda y: x * y**3, 2)(x), 3.0, 36.0),
    ("hessian inside", lambda x: hessian(lambda v: v[0] ** 3 * v[1])([x, 2.0])[0][0], 3.0, 12.0),
    ("jacobian inside", lambda x: jacobian(lambda v: [v[0] * x, v[1]])([2.0, x])[0][0], 3.0, 1.0),
    ("hvp inside", lambda x: hvp(lambda y: y**4, (x,), (1.0,)), 2.0, 48.0),
    ("three deep", lambda x: grad(lambda y: grad(lambda z: x * y * z)(5.0) * y)(x), 3.0, 12.0),
    ("inner ignores outer", lambda x: grad(lambda y: y * y)(4.0) * x, 3.0, 8.0),
    ("inner ignores its own", lambda x: grad(lambda y: x * x)(4.0) + x, 3.0, 1.0),
    ("at twice the outer", lambda x: grad(lambda y: y * y)(x * 2), 3.0, 4.0),
    ("inner backward", lambda x: grad(lambda y: (x * y).tanh())(0.0) * x, 3.0, 6.0),
    ("under no_grad", lambda x: no_grad()(lambda: grad(lambda y: y * y)(2.0))() * x, 3.0, 4.0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("f", "at", "expected"), [n[1:] for n in NESTED], ids=[n[0] for n in NESTED]
)
def test_nested_derivatives_do_not_confuse_their_perturbations(
    f: Any, at: Any, expected: Any
) -> None:
    assert grad(f)(at) == expected
    assert jvp(f, (at,), (1.0,))[1] == expected
    assert derivative(f)(at) == expected


def nested_once(f: Any, _: int) -> Any:
    return grad(f)


def test_orders_by_nesting_agree_with_the_formula() -> None:
    f = lambda x: x**7
    wrapped = [reduce(nested_once, range(n), f) for n in range(1, 8)]
    assert [g(1.5) for g in wrapped] == pytest.approx(
        [math.perm(7, n) * 1.5 ** (7 - n) for n in range(1, 8)], rel=1e-14
    )


def test_hessians_in_structures() -> None:
    assert hessian(cubic, (0, 1))(2.0, 3.0) == ((6.0, 4.0), (4.0, 0.0))
    found = hessian(lambda d: d["a"] ** 2 * d["b"])({"a": 2.0, "b": 3.0})
    assert found == {"a": {"a": 6.0, "b": 4.0}, "b": {"a": 4.0, "b": 0.0}}


def test_derivatives_under_no_grad_are_right() -> None:
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        assert derivative(lambda x: x**3, 2)(2.0) == 12.0
        assert jvp(lambda x: x * x, (3.0,), (1.0,)) == (9.0, 6.0)
        assert hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0]) == [[10.0, 6.0], [6.0, 0.0]]
        assert (Value(1.0) * 2).parents == ()
    frozen = lambda x: x * no_grad()(lambda: x * x)()
    assert grad(frozen)(3.0) == 9.0


def test_an_exception_in_a_function_leaves_the_next_call_as_it_should_be() -> None:
    with pytest.raises(ZeroDivisionError):
        grad(lambda x: 1 / 0)(1.0)
    assert type(grad(lambda x: x * x)(3.0)) is float


def test_a_branch_takes_the_derivative_of_the_side_it_took() -> None:
    f = lambda x: x * x if x > 1 else x
    assert (grad(f)(3.0), grad(f)(0.5)) == (6.0, 1.0)
    assert derivative(f, 2)(3.0) == 2.0


def test_newton_finds_a_root_through_a_derivative_and_is_differentiable() -> None:
    def root(a: Any) -> Any:
        x: Any = 1.0
        for _ in range(7):
            x = x - (x * x - a) / derivative(lambda t: t * t - a)(x)
        return x

    assert root(2.0) == pytest.approx(math.sqrt(2.0), rel=1e-15)
    assert grad(root)(2.0) == pytest.approx(0.5 / math.sqrt(2.0), rel=1e-14)
