"""Batches: rows in lanes give what eager gives row by row, and wrong arguments are refused."""

from __future__ import annotations

import importlib.util
import math
import random
from array import array
from collections import deque

import numpy as np
import pytest

import autograd
from autograd import Value, where
from autograd.compile import CompileWarning, TraceError
from autograd.compile.llvm import pieces

BACKENDS = [
    "python",
    pytest.param(
        "llvm",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an optional extra"
        ),
    ),
]
pytestmark = pytest.mark.parametrize("backend", BACKENDS)
ROWS = [1, 2, 7, 8, 9, 16, 37]


def network(seed=0):
    """Return a loss on a row (two numbers, a class) and its parameters."""
    draw = random.Random(seed).gauss
    w = [[Value(draw(0, 1)) for _ in range(3)] for _ in range(5)]
    v = [Value(draw(0, 1)) for _ in range(5)]

    def loss(x, y):
        hidden = [autograd.tanh(a * x[0] + b * x[1] + c) for a, b, c in w]
        score = autograd.dot(v, hidden)
        return autograd.relu(1.0 - y * score) + 0.01 * autograd.sum(p * p for p in v)

    return loss, [p for row in w for p in row] + v


def rows(count, seed=1):
    draw = random.Random(seed)
    xs = [[draw.gauss(0, 1), draw.gauss(0, 1)] for _ in range(count)]
    return xs, [draw.choice([-1.0, 1.0]) for _ in range(count)]


@pytest.mark.parametrize("count", ROWS)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_backward_is_that_of_the_rows_one_by_one(backend, count, reduce):
    loss, parameters = network()
    xs, ys = rows(count)
    together = getattr(autograd, reduce)([loss(x, y) for x, y in zip(xs, ys, strict=True)])
    together.backward()
    expected = [p.grad for p in parameters]
    for p in parameters:
        p.grad = 0.5
    step = autograd.compile(loss, batch=("x", "y"), reduce=reduce, backend=backend)
    assert step.backward(x=xs, y=ys) == pytest.approx(together.data, rel=1e-14)
    assert [p.grad - 0.5 for p in parameters] == pytest.approx(expected, rel=1e-11, abs=1e-12)
    assert step(xs, ys) == pytest.approx(together.data, rel=1e-14)


@pytest.mark.parametrize("count", ROWS)
def test_without_reduce_every_row_has_its_result_to_the_bit(backend, count):
    loss, _ = network()
    xs, ys = rows(count)
    found = autograd.compile(loss, batch=("x", "y"), backend=backend)(xs, ys)
    assert found.tolist() == [loss(x, y).data for x, y in zip(xs, ys, strict=True)]
    assert np.shares_memory(np.asarray(found), found)


def test_several_results_in_their_structure_and_in_a_buffer(backend):
    def function(x, scale):
        return {"sum": x[0] + x[1], "parts": [x[0] * scale, x[1] * scale, scale]}

    xs, _ = rows(11)
    compiled = autograd.compile(function, batch="x", backend=backend)
    found = compiled(xs, 3.0)
    assert found["sum"].tolist() == [a + b for a, b in xs]
    assert found["parts"][1].tolist() == [b * 3.0 for _, b in xs]
    assert found["parts"][2].tolist() == [3.0] * 11
    out = np.zeros((11, 4))
    assert compiled(xs, 3.0, out=out) is out
    assert out[:, 2].tolist() == [b * 3.0 for _, b in xs]
    total = autograd.compile(function, batch="x", reduce="sum", backend=backend)(xs, 3.0)
    assert total["parts"][2] == 33.0


def test_leaves_are_read_at_each_call(backend):
    w = Value(2.0)
    step = autograd.compile(lambda x: w * x, batch="x", reduce="sum", backend=backend)
    assert step.backward([1.0, 2.0]) == 6.0
    w.data = 10.0
    assert step.backward([1.0, 2.0]) == 30.0
    assert w.grad == 6.0
    w.grad = None
    step.backward([1.0, 2.0])
    assert w.grad == 3.0


def test_gradients_reach_what_a_closed_over_result_was_made_from(backend):
    a = Value(3.0)
    b = a * a
    step = autograd.compile(lambda x: b * x, batch="x", reduce="sum", backend=backend)
    assert step.backward([1.0, 1.0]) == 18.0
    assert (a.grad, b.grad) == (12.0, 2.0)


@pytest.mark.parametrize("kind", ["lists", "numpy", "array", "float32", "read_only", "memoryview"])
def test_every_kind_of_argument(backend, kind):
    xs, ys = rows(10)
    a, b = np.array(xs), np.array(ys)
    if kind == "float32":
        a, b = a.astype(np.float32), b.astype(np.float32)
        xs, ys = a.tolist(), b.tolist()
    elif kind == "read_only":
        a.flags.writeable = b.flags.writeable = False
    elif kind == "memoryview":
        a, b = memoryview(a), memoryview(b)
    elif kind == "array":
        a, b = [array("d", x) for x in xs], array("d", ys)
    elif kind == "lists":
        a, b = tuple(map(tuple, xs)), ys
    loss, _ = network()
    compiled = autograd.compile(loss, batch=("x", "y"), reduce="sum", backend=backend)
    expected = sum(loss(x, y).data for x, y in zip(xs, ys, strict=True))
    for _ in range(3):
        assert compiled(a, y=b) == pytest.approx(expected, rel=1e-14)


def test_numbers_changed_in_place_are_read_again(backend):
    xs = array("d", [1.0, 2.0])
    view = memoryview(xs)
    compiled = autograd.compile(lambda x: x * 2, batch="x", reduce="sum", backend=backend)
    assert compiled(view) == compiled(x=view) == 6.0
    xs[0] = 5.0
    assert compiled(view) == compiled(x=view) == 14.0


def test_transformed_functions_in_a_batch(backend):
    def payoff(spot, rate, z):
        return autograd.relu(spot * autograd.exp(rate + 0.2 * z) - 1.0)

    zs = [0.1 * i - 0.9 for i in range(19)]
    function = autograd.value_and_grad(payoff, argnums=(0, 1))
    value, (spot, rate) = autograd.compile(function, batch="z", reduce="mean", backend=backend)(
        1.0, 0.03, z=zs
    )
    found = [function(1.0, 0.03, z) for z in zs]
    assert value == pytest.approx(sum(f[0] for f in found) / 19, rel=1e-14)
    assert spot == pytest.approx(sum(f[1][0] for f in found) / 19, rel=1e-14)
    assert rate == pytest.approx(sum(f[1][1] for f in found) / 19, rel=1e-14)


def test_where_chooses_in_each_lane_and_the_other_side_gives_exactly_zero(backend):
    def function(x):
        return where(x > 0, autograd.log(x) + autograd.sqrt(x), 3.0 * x)

    xs = [0.0, 1.0, -1.0, 4.0, -0.0, 2.0, math.nan, -5.0, 9.0]
    slopes = autograd.compile(autograd.grad(function), batch="x", backend=backend)(xs)
    assert slopes.tolist() == [autograd.grad(function)(x) for x in xs]
    second = autograd.compile(autograd.derivative(function, 2), batch="x", backend=backend)(xs)
    assert second.tolist() == [autograd.derivative(function, 2)(x) for x in xs]


def test_conventions_at_kinks_hold_in_lanes(backend):
    def function(x):
        both = (
            autograd.maximum(x, 1.0 * x)
            + autograd.maximum(x, 0.0)
            + autograd.clip(x, lo=0.0, hi=1.0)
        )
        return autograd.relu(x) + abs(x) + autograd.leaky_relu(x) + both

    xs = [0.0, -0.0, 1.0, -1.0, 2.0, math.inf, -math.inf, math.nan, 0.5]
    found = autograd.compile(autograd.grad(function), batch="x", backend=backend)(xs)
    np.testing.assert_array_equal(found, [autograd.grad(function)(x) for x in xs])


def test_every_row_may_take_another_branch_than_at_first_if_all_take_the_same(backend):
    def function(x, t):
        return x * 2 if t > 0 else x * 3

    compiled = autograd.compile(function, batch="x", reduce="sum", backend=backend)
    assert [compiled([1.0, 2.0], t) for t in (1.0, -1.0, 2.0, -2.0)] == [6.0, 9.0, 6.0, 9.0]


def test_rows_that_part_are_refused_with_the_line_and_advice(backend):
    def function(x):
        if x > 0:
            return x
        return -x

    compiled = autograd.compile(function, batch="x", reduce="sum", backend=backend)
    assert compiled([1.0, 2.0]) == 3.0
    assert compiled([-1.0, -2.0]) == 3.0
    for xs in ([1.0, -2.0], [-1.0] * 8 + [1.0], [1.0, -2.0]):
        with pytest.raises(TraceError, match=r"if x > 0(.|\n)*where"):
            compiled(xs)
    assert compiled([1.0, 2.0]) == 3.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [1.0]}, "missing the argument y"),
        ({"x": [1.0], "y": [1.0, 2.0]}, "different numbers of rows: x 1, y 2"),
        ({"x": [], "y": []}, "'x' is empty"),
        ({"x": 1.0, "y": [1.0]}, "'x' is 1.0: in a batch it needs a leading axis"),
        ({"x": [1.0], "y": ["a"]}, "y\\[0\\]"),
        ({"x": [[1.0], [1.0, 2.0]], "y": [1.0, 2.0]}, "row 1 of argument 'x'"),
        ({"x": [1.0], "y": [1.0], "z": 2.0}, "no argument 'z'"),
        ({"x": np.array([1j]), "y": [1.0]}, "format 'Zd' holds no real numbers"),
        ({"x": [Value(1.0)], "y": [1.0]}, "holds Values"),
        ({"x": np.zeros((0, 2)), "y": [1.0]}, "needs a row at least"),
    ],
)
def test_wrong_arguments_are_refused_before_anything_runs(backend, arguments, message):
    compiled = autograd.compile(lambda x, y: y, batch=("x", "y"), reduce="sum", backend=backend)
    with pytest.raises((TypeError, ValueError), match=message):
        compiled(**arguments)


@pytest.mark.parametrize(
    "out",
    [array("d", [0.0]), array("f", [0.0] * 2), [0.0, 0.0], np.zeros((4, 2))[::2, 0], b"x" * 16],
)
def test_a_wrong_out_is_refused(backend, out):
    compiled = autograd.compile(lambda x: x, batch="x", backend=backend)
    with pytest.raises((TypeError, ValueError), match="out"):
        compiled([1.0, 2.0], out=out)


def test_options_that_do_not_fit_are_refused(backend):
    def function(x):
        return x

    for options, message in (
        ({"batch": "z"}, "batch names 'z'"),
        ({"batch": "x", "reduce": "product"}, "reduce is"),
        ({"batch": "x", "threads": 0}, "threads"),
        ({"reduce": "mean"}, "belong to a batch"),
        ({"batch": "x", "backend": "cuda"}, "backend is"),
    ):
        with pytest.raises(ValueError, match=message):
            autograd.compile(function, **({"backend": backend} | options))
    with pytest.raises(ValueError, match="reduce='mean' or 'sum'"):
        autograd.compile(function, batch="x", backend=backend).backward([1.0])
    with pytest.raises(TypeError, match="returned"):
        autograd.compile(lambda x: [x], batch="x", reduce="sum", backend=backend).backward([1.0])


@pytest.mark.parametrize("reduce", ["mean", "sum", None])
def test_threads_share_the_rows(backend, reduce):
    loss, _ = network()
    xs, ys = rows(101)
    one, three = [
        autograd.compile(loss, batch=("x", "y"), reduce=reduce, backend=backend, threads=n)(xs, ys)
        for n in (1, 3)
    ]
    np.testing.assert_allclose(one, three, rtol=1e-14)


def test_large_programs_pass_values_between_functions(backend, monkeypatch):
    monkeypatch.setattr(pieces, "CHUNK", 7)
    loss, parameters = network()
    xs, ys = rows(21)
    compiled = autograd.compile(loss, batch=("x", "y"), reduce="mean", backend=backend)
    value = compiled.backward(xs, ys)
    slopes = [p.grad for p in parameters]
    for p in parameters:
        p.zero_grad()
    total = autograd.mean([loss(x, y) for x, y in zip(xs, ys, strict=True)])
    total.backward()
    assert value == pytest.approx(total.data, rel=1e-14)
    assert slopes == pytest.approx([p.grad for p in parameters], rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("kind", ["constant", "made inside"])
def test_gradients_go_to_their_own_leaves_beside_constants(backend, kind):
    outside = Value(5.0).detach()
    a, b = Value(3.0), Value(7.0)

    def loss(x):
        factor = outside if kind == "constant" else Value(5.0)
        return factor * a * x + 10.0 * b

    step = autograd.compile(loss, batch="x", reduce="mean", backend=backend)
    assert step.backward([1.0, 3.0]) == 100.0
    assert (a.grad, b.grad, outside.grad) == (10.0, 10.0, 0.0)


@pytest.mark.parametrize("choice", [True, False, 1.0, 0.0])
def test_gradients_through_a_where_on_a_plain_number(backend, choice):
    a, b = Value(3.0), Value(7.0)

    def loss(x):
        return where(choice, a, b) * x

    assert autograd.compile(loss, batch="x", reduce="mean", backend=backend).backward([2.0]) > 0.0
    assert (a.grad, b.grad) == ((2.0, 0.0) if choice else (0.0, 2.0))


# Results written over arguments, views that are gone, other sequences.


def swapped(x):
    return [x[1] * 10.0, x[0] * 2.0 + x[1]]


@pytest.mark.parametrize(("start", "to"), [(0, 0), (0, 6), (6, 0), (3, 0), (0, 1)])
def test_out_may_overlap_the_rows(backend, start, to):
    compiled = autograd.compile(swapped, batch="x", backend=backend)
    memory = np.arange(48.0)
    x = memory[start : start + 38].reshape(19, 2)
    expected = np.column_stack([x[:, 1] * 10.0, x[:, 0] * 2.0 + x[:, 1]]).ravel()
    out = memory[to : to + 38]
    assert compiled(x, out=out) is out
    np.testing.assert_array_equal(out, expected)


def test_out_may_overlap_what_all_rows_share(backend):
    compiled = autograd.compile(lambda x, s: x * s[0] + s[1], batch="x", backend=backend)
    shared = np.array([2.0, 3.0])
    np.testing.assert_array_equal(compiled(np.arange(2.0), shared, out=shared), [3.0, 5.0])


def test_rows_stay_as_they_were_where_they_part(backend):
    compiled = autograd.compile(lambda x: x * 2 if x > 0 else x - 1, batch="x", backend=backend)
    for sign in (1.0, -1.0, 1.0):
        x = np.full(19, sign)
        compiled(x, out=x)
        np.testing.assert_array_equal(x, np.full(19, 2.0 if sign > 0 else -2.0))
    x = np.array([1.0] * 9 + [-1.0])
    with pytest.raises(TraceError, match="different ways"):
        compiled(x, out=x)
    np.testing.assert_array_equal(x, [1.0] * 9 + [-1.0])


def test_a_released_view_is_refused(backend):
    compiled = autograd.compile(lambda x: x * x, batch="x", reduce="sum", backend=backend)
    view = memoryview(array("d", [1.0, 2.0]))
    assert compiled(view) == compiled(view) == 5.0
    view.release()
    with pytest.raises(ValueError, match="released"):
        compiled(view)


def test_any_sequence_goes_in(backend):
    compiled = autograd.compile(lambda x: x * x, batch="x", reduce="sum", backend=backend)
    for sequence in (range(3), (0, 1, 2), deque([0.0, 1.0, 2.0]), array("b", [0, 1, 2])):
        assert compiled(sequence) == 5.0
    with pytest.raises(TypeError, match="leading axis"):
        compiled(x for x in range(3))


# Anomalies.


def test_an_anomaly_names_the_row_and_the_line(backend):
    w = Value(2.0, label="w")

    def loss(x):
        return autograd.log(w * x)

    step = autograd.compile(loss, batch="x", reduce="mean", backend=backend)
    xs = [1.0, 2.0, 3.0, 0.0, -1.0]
    for call in (step, step.backward):
        with autograd.detect_anomaly():
            call(xs[:3])
            with pytest.raises(autograd.AnomalyError, match="in row 3 of the batch log") as caught:
                call(xs)
        assert "return autograd.log(w * x)" in caught.value.line
        assert "log" in caught.value.reproducer
        call(xs)  # nobody looks
    assert w.grad != 0.0


def test_an_anomaly_of_the_gradient_alone_is_found_by_backward(backend):
    w = Value(1e-200)
    step = autograd.compile(lambda x, k: (w * x * k) * k, batch="x", reduce="sum", backend=backend)
    with autograd.detect_anomaly():
        assert step([0.0, 1e150], 1e100) == pytest.approx(1e150)
        with pytest.raises(autograd.AnomalyError, match=r"row 1 of the batch (.|\n)*gradient"):
            step.backward([1e-300, 1e150], 1e100)
    assert w.grad == 0.0


def test_an_anomaly_among_the_arguments_alone_is_found(backend):
    inverse = autograd.compile(lambda x: [1 / x, x], batch="x", backend=backend)
    with autograd.detect_anomaly():
        assert inverse([1.0, 2.0])[0].tolist() == [1.0, 0.5]
        with pytest.raises(autograd.AnomalyError, match="in row 1 of the batch div"):
            inverse([1.0, 0.0, 2.0])


def test_an_anomaly_of_arguments_is_named_where_it_begins(backend):
    w = Value(2.0)
    step = autograd.compile(
        lambda x: w * autograd.sqrt(x) + autograd.log(x - 1.0), batch="x", reduce="mean",
        backend=backend,
    )  # fmt: skip
    names_the_row = pytest.raises(autograd.AnomalyError, match="in row 1 of the batch log gave")
    with autograd.detect_anomaly(), names_the_row:
        step([4.0, 0.0])


def test_there_is_a_message_when_a_batch_keeps_branching(backend):
    weights = [Value(1.0) for _ in range(3)]

    def total(x):
        return x * autograd.sum([w if w > 0 else -2.0 * w for w in weights])

    compiled = autograd.compile(total, batch="x", reduce="sum", backend=backend)

    def compare(k):
        for i, w in enumerate(weights):
            w.data = 1.0 if k >> i & 1 else -1.0
        assert compiled([1.0, 2.0]) == 3.0 * sum(w.data if w.data > 0 else 2.0 for w in weights)

    for k in range(7):
        compare(k)
    with pytest.warns(CompileWarning, match=r"recorded along 8 paths(.|\n)*w if w > 0 else"):
        compare(7)


def test_what_is_no_anomaly_to_eager_is_none_to_a_batch(backend):
    w = Value(2.0)
    step = autograd.compile(
        lambda x: w * autograd.sqrt(x), batch="x", reduce="sum", backend=backend
    )
    with autograd.detect_anomaly():  # the slope of sqrt at 0 is infinite, but nobody takes it
        assert step.backward([0.0, 4.0]) == 4.0
    assert w.grad == 2.0


@pytest.mark.parametrize("kind", [">f8", "f2", "f4", "g", object, "i4", "u1", "?"])
def test_numbers_of_any_kind(backend, kind):
    step = autograd.compile(lambda x: 2.0 * x, batch="x", backend=backend)
    assert list(step(np.array([1, 0, 1], dtype=kind))) == [2.0, 0.0, 2.0]
