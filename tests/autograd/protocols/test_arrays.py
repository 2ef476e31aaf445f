"""numpy's functions, scalars and arrays of objects beside Values."""

import math
import operator
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value


@pytest.mark.parametrize(("name", "ours"), [
    ("exp", ag.exp), ("log", ag.log), ("sqrt", ag.sqrt), ("tanh", ag.tanh), ("sin", ag.sin),
    ("arctan", ag.atan), ("arcsinh", ag.asinh), ("absolute", ag.abs), ("negative", operator.neg),
    ("square", ag.square), ("reciprocal", ag.reciprocal), ("cbrt", ag.cbrt), ("sign", ag.sign),
    ("expm1", ag.expm1), ("log1p", ag.log1p), ("log2", ag.log2), ("floor", ag.floor),
    ("rint", ag.round), ("fabs", ag.abs), ("trunc", ag.trunc), ("cosh", ag.cosh),
    ("arcsin", ag.asin),
])  # fmt: skip
def test_numpy_functions_of_one_value(name: str, ours: Any) -> None:
    x = Value(0.6)
    z = getattr(np, name)(x)
    assert type(z) is Value
    assert (z.data, z.parents) == (ours(Value(0.6)).data, (x,))


@pytest.mark.parametrize(("name", "ours"), [
    ("add", operator.add), ("subtract", operator.sub), ("multiply", operator.mul),
    ("divide", operator.truediv), ("remainder", operator.mod), ("mod", operator.mod),
    ("power", operator.pow), ("fmod", ag.fmod), ("maximum", ag.maximum),
    ("minimum", ag.minimum), ("hypot", ag.hypot), ("arctan2", ag.atan2),
    ("logaddexp", ag.logaddexp), ("float_power", operator.pow),
])  # fmt: skip
def test_numpy_functions_of_two(name: str, ours: Any) -> None:
    x = Value(0.6)
    for a, b in ((x, 2.0), (3.0, x), (x, x), (np.float64(3.0), x), (x, np.int64(2))):
        z = getattr(np, name)(a, b)
        assert type(z) is Value
        assert z.data == ours(a, b).data
    assert np.less(x, 1.0)
    assert np.greater_equal(x, 0.6)
    assert np.equal(x, x)
    assert np.not_equal(x, Value(0.6))


@pytest.mark.parametrize("call", [
    np.modf, np.deg2rad, np.frexp, lambda v: np.heaviside(v, 1.0), np.logical_not,
    lambda v: np.less(v, 1.0, out=np.zeros((), dtype=bool)), lambda v: np.add(v, 1.0, dtype=float),
    lambda v: np.add.outer(v, v), lambda v: np.matmul(v, v),
])  # fmt: skip
def test_numpy_functions_without_a_derivative_are_refused(call: Any) -> None:
    with pytest.raises(TypeError, match=r"does not work on a Value: use the functions of autograd"):
        call(Value(0.5))


def test_a_refusal_says_what_of_a_known_function_does_not_work() -> None:
    for call, name in (
        (lambda v: np.add(v, 1.0, dtype=float), r"numpy\.add with dtype="),
        (lambda v: np.add.outer(v, v), r"numpy\.add\.outer"),
    ):
        with pytest.raises(TypeError, match=name + " does not work on a Value"):
            call(Value(0.5))


@pytest.mark.parametrize("change", [operator.iadd, operator.isub, operator.imul, operator.ipow])
def test_an_array_of_numbers_takes_no_value_in_place(change: Any) -> None:
    for array in (np.arange(3.0), np.array(1.0)):
        kept = array.copy()
        with pytest.raises(TypeError, match=r"array of numbers, .* write x\.astype\(object\)"):
            change(array, Value(2.0))
        assert np.array_equal(array, kept)
    with pytest.raises(TypeError, match=r"numpy\.exp cannot write a Value into"):
        np.exp(Value(0.5), out=np.zeros(()))
    changed = change(np.arange(3.0).astype(object), v := Value(2.0))
    assert changed[1].parents == (v,)


def test_a_value_itself() -> None:
    v = Value(0.5)
    assert np.positive(v) is np.conjugate(v) is v
    assert np.positive(np.array([v]))[0] is v


ODD = [1.0, math.nan, math.inf, -math.inf, -2.0, math.nan, 0.0, math.inf]
PREDICATES: Any = pytest.mark.parametrize(("ask", "wanted"), [
    (np.isnan, math.isnan), (np.isinf, math.isinf), (np.isfinite, math.isfinite),
])  # fmt: skip


@PREDICATES
def test_numpy_asks_what_kind_of_number_it_is(ask: Any, wanted: Any) -> None:
    for x in ODD:
        assert ask(Value(x)) is wanted(x)


@PREDICATES
@pytest.mark.parametrize("backend", ["python", None])
@pytest.mark.parametrize("choose", [ag.where, lambda condition, a, b: a if condition else b])
def test_a_compiled_function_asks_at_each_call(
    ask: Any, wanted: Any, backend: Any, choose: Any
) -> None:
    compiled = ag.compile(lambda v, w: choose(ask(v), w * 2.0, w * 3.0), backend=backend)
    assert [compiled(x, 1.0) for x in ODD] == [2.0 if wanted(x) else 3.0 for x in ODD]


@PREDICATES
def test_a_batch_asks_in_each_row(ask: Any, wanted: Any) -> None:
    compiled = ag.compile(lambda v: ag.where(ask(v), 2.0, 3.0) * 1.0, batch="v")
    assert list(compiled(ODD)) == [2.0 if wanted(x) else 3.0 for x in ODD]


def test_object_arrays_of_values() -> None:
    v, w = Value(3.0), Value(2.0)
    vector = np.array([v, w])
    assert [z.data for z in vector * v] == [z.data for z in v * vector] == [9.0, 6.0]
    assert [z.data for z in vector * np.array([1.0, 2.0])] == [3.0, 4.0]
    assert [z.data for z in 1 - vector] == [-2.0, -1.0]
    assert [z.data for z in vector**2] == [9.0, 4.0]
    assert [z.data for z in np.exp(vector)] == [math.exp(3.0), math.exp(2.0)]
    assert list(np.maximum(vector, 2.5)) == [v, 2.5]
    assert list(vector < v) == [False, True]
    assert list(v >= vector) == [True, True]
    assert vector.dot(np.array([1.0, 2.0])).data == (vector @ vector).data - 6.0 == 7.0
    assert (np.array([[v, w], [w, v]]) @ vector)[0].data == 13.0
    loss = ((vector - 1.0) ** 2).mean()
    loss.backward()
    assert (v.grad, w.grad) == (2.0, 1.0)
    assert np.linalg.norm(vector).data == pytest.approx(math.sqrt(13.0))
    assert (vector.max(), np.sort(vector)[0], np.argmax(vector)) == (v, w, 0)


def test_arrays_of_values_change_in_place() -> None:
    xs = [Value(1.0), Value(2.0)]
    array = np.array(xs)
    array -= array.max()
    array *= xs[0]
    array /= np.exp(array).sum()
    array[0].backward()
    assert array[0].data == pytest.approx(-1.0 / (1.0 + math.exp(-1.0)))
    assert xs[1].grad != 0.0
    outer = np.multiply.outer(np.array(xs), xs[1])
    assert [z.parents for z in outer] == [(xs[0], xs[1]), (xs[1], xs[1])]
    room = np.empty((), dtype=object)
    assert np.add(xs[0], xs[1], out=room)[()].data == 3.0


@pytest.mark.parametrize("name", ["arcsin", "arccos", "arctan", "arcsinh", "arctanh", "rint"])
def test_numpys_names_work_on_arrays_of_values(name: str) -> None:
    x = Value(0.5)
    assert getattr(np, name)(np.array([x]))[0].data == getattr(np, name)(x).data
    assert np.arccosh(np.array([x + 1.0]))[0].data == math.acosh(1.5)


@pytest.mark.parametrize("name", ["hypot", "arctan2", "fmod"])
def test_numpys_names_of_two_work_on_arrays_of_values(name: str) -> None:
    x, y = Value(0.5), Value(0.2)
    (z,) = getattr(np, name)(np.array([x]), np.array([y]))
    assert (z.data, z.parents) == (getattr(np, name)(x, y).data, (x, y))


def test_moments_of_an_array_of_values() -> None:
    array = np.array([Value(1.0), Value(2.0), Value(6.0)])
    assert (np.var(array).data, np.std(array).data) == (14.0 / 3.0, math.sqrt(14.0 / 3.0))


def test_arrays_of_no_dimension_that_hold_a_value() -> None:
    v = Value(3.0)
    for z in (np.array(v) * v, v * np.array(v), np.array(v) * 3, np.where(True, v, 0) * v):
        assert type(z) is Value
        assert z.data == 9.0


@pytest.mark.parametrize("operation", [operator.add, operator.mul, operator.pow, operator.mod])
def test_arrays_of_several_numbers_are_refused(operation: Any) -> None:
    for a, b in ((Value(1.0), np.arange(3)), (np.arange(3.0), Value(1.0))):
        with pytest.raises(TypeError, match=r"write \[Value\(x\) for x in \.\.\.\], or array"):
            operation(a, b)
    assert operation(np.arange(3.0).astype(object), Value(1.0))[2].data == operation(2.0, 1.0)


def test_numpys_clip_of_a_value_is_ours() -> None:
    for bounds in [(0.0, 1.0), (-1.0, 0.5)]:
        for number in (-1.0, 0.0, 0.5, 1.0, 2.0, float("nan")):
            x, y = Value(number), Value(number)
            found, wanted = np.clip(x, *bounds), ag.clip(y, *bounds)
            assert repr(found) == repr(wanted) == repr(Value(number).clip(*bounds))
            found.backward()
            wanted.backward()
            assert x.grad == y.grad or math.isnan(number)
    assert [np.clip(Value(2.0), *bounds).data for bounds in [(None, 1), (3, None)]] == [1.0, 3.0]
    with pytest.raises(TypeError):
        np.clip(Value(2.0), 0.0, 1.0, out=np.zeros(()))


def test_numpys_clip_in_a_compiled_function() -> None:
    f = ag.compile(ag.value_and_grad(lambda x: np.clip(x, 0.0, 1.0) * x))
    assert [f(x) for x in (0.5, 2.0, -1.0)] == [(0.25, 1.0), (2.0, 1.0), (-0.0, 0.0)]
    assert ag.Value.clip.__name__ == "clip"
    assert "d/dx" in (ag.Value.clip.__doc__ or "")
