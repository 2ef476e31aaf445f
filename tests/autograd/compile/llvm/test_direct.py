"""Direct calls: the same as the long way, for whatever is or is not as it was at first."""

from __future__ import annotations

import threading
from array import array
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import autograd
from autograd import Value

pytest.importorskip("llvmlite", reason="llvmlite is an optional extra")


def made(reduce="mean", **options):
    """Return a compiled batch that has been called with buffers twice, and its leaves."""
    w, b = Value(3.0), Value(0.5)
    step = autograd.compile(
        lambda x, y: autograd.relu(w * x[0] - x[1] + b * y) * y,
        batch=("x", "y"), reduce=reduce, backend="llvm", **options,
    )  # fmt: skip
    for _ in range(2):
        step.backward(x=np.ones((3, 2)), y=np.ones(3))
        step(x=np.ones((3, 2)), y=np.ones(3))
    w.grad = b.grad = 0.0
    return step, w, b


def by_hand(w, b, xs, ys):
    """Return the mean loss and its slopes by w and b."""
    scores = w * xs[:, 0] - xs[:, 1] + b * ys
    live = (scores > 0) * ys
    return np.mean(scores * live), np.mean(live * xs[:, 0]), np.mean(live * ys)


def data(count, seed=0):
    draw = np.random.default_rng(seed)
    return draw.normal(size=(count, 2)), draw.choice([-1.0, 1.0], size=count)


def is_direct(step, *args, **options):
    """Return whether a call with these arguments is done directly."""
    direct = step._direct[False]
    return direct is not None and direct.value(args, options) is not None


@pytest.mark.parametrize("count", [1, 7, 8, 9, 40])
def test_value_and_gradients_for_any_number_of_rows(count):
    step, w, b = made()
    xs, ys = data(count)
    assert is_direct(step, x=xs, y=ys)
    for turn in (1.0, 2.0):
        loss = step.backward(x=xs, y=ys)
        assert [step(x=xs, y=ys), w.grad / turn, b.grad / turn] == pytest.approx(
            [loss, *by_hand(3.0, 0.5, xs, ys)[1:]]
        )
    assert loss == pytest.approx(by_hand(3.0, 0.5, xs, ys)[0])


def test_the_same_bits_as_the_long_way():
    step, w, _ = made()
    xs, ys = data(21)
    direct = step.backward(x=xs, y=ys), w.grad
    w.grad = 0.0
    assert (step.backward(x=xs.tolist(), y=ys.tolist()), w.grad) == direct


def test_kinds_of_buffers():
    step, _, _ = made()
    xs, ys = data(10)
    expected = step(x=xs.tolist(), y=ys.tolist())
    step(x=xs, y=ys)
    flat = memoryview(array("d", xs.ravel().tolist())).cast("B").cast("d", (10, 2))
    frozen = xs.copy()
    frozen.flags.writeable = False
    for x in (xs, memoryview(xs), flat, frozen):
        for y in (ys, array("d", ys), memoryview(ys)):
            assert is_direct(step, x=x, y=y)
            assert step(x=x, y=y) == expected


def test_what_is_not_as_at_first_takes_the_long_way():
    step, _, _ = made()
    xs, ys = data(6)
    expected = step(x=xs, y=ys)
    wide = np.zeros((6, 4))
    wide[:, ::2] = xs
    others = [
        {"x": wide[:, ::2], "y": ys},
        {"x": np.asfortranarray(xs), "y": ys},
        {"x": xs, "y": ys.tolist()},
        {"x": xs, "y": ys.astype(np.int64)},
        {"y": ys, "x": xs},
    ]
    for options in others:
        step(x=xs, y=ys)
        assert not is_direct(step, **options)
        assert step(**options) == pytest.approx(expected, rel=1e-15)
    step(x=xs, y=ys)
    assert step(xs, ys) == step(xs, y=ys) == expected


def test_wrong_arguments_are_refused_with_their_message_and_change_nothing():
    step, w, b = made()
    xs, ys = data(6)
    wrong = [
        ({"x": xs[:5], "y": ys}, ValueError, "different numbers of rows"),
        ({"x": xs[:0], "y": ys[:0]}, ValueError, "needs a row"),
        ({"x": xs}, TypeError, "missing"),
        ({"x": xs, "y": ys, "z": ys}, TypeError, "no argument"),
        ({"x": xs, "y": 3.0}, TypeError, "leading axis"),
        ({"x": xs, "y": np.array(3.0)}, Exception, "y"),
    ]
    for options, error, words in wrong:
        with pytest.raises(error, match=words):
            step.backward(**options)
    assert w.grad == b.grad == 0.0


def test_rows_of_another_shape_are_another_program():
    w = Value(2.0)
    step = autograd.compile(lambda x: w * x[-1][0], batch="x", reduce="sum", backend="llvm")
    rows = np.arange(12.0)
    assert step(rows.reshape(2, 2, 3)) == 2.0 * (3.0 + 9.0)
    assert step(rows.reshape(2, 3, 2)) == 2.0 * (4.0 + 10.0)
    assert step(rows.reshape(2, 6, 1)) == 2.0 * (5.0 + 11.0)
    assert step(rows.reshape(2, 2, 3)) == 24.0


def test_buffers_are_let_go_of():
    step, _, _ = made()
    xs, ys = data(4)
    numbers = array("d", ys)
    expected = step.backward(x=xs, y=numbers)
    numbers.extend(ys)  # an exported buffer could not be resized
    assert step.backward(x=np.concatenate([xs, xs]), y=numbers) == pytest.approx(expected)
    with pytest.raises(ValueError, match="different numbers of rows"):
        step.backward(x=xs, y=numbers)
    numbers.append(1.0)
    view = memoryview(ys)
    step.backward(x=xs, y=view)
    view.release()
    with pytest.raises(ValueError, match="released"):
        step.backward(x=xs, y=view)


def test_leaves_as_they_are_at_the_call():
    step, w, b = made()
    xs, ys = data(9)
    w.data, b.grad, w.grad = -2.0, None, 1
    loss = step.backward(x=xs, y=ys)
    expected = by_hand(-2.0, 0.5, xs, ys)
    assert [loss, w.grad - 1.0, b.grad] == pytest.approx(expected)
    kept = w.grad
    copy = float(kept)
    step.backward(x=xs, y=ys)
    assert kept == copy  # a float that somebody holds stays what it is


def test_a_gradient_that_was_deleted_is_an_error():
    step, w, b = made()
    xs, ys = data(9)
    del b.grad
    with pytest.raises(AttributeError, match="grad"):
        step.backward(x=xs, y=ys)
    assert w.grad == 0.0
    del w._data
    with pytest.raises(AttributeError, match="data"):
        step(x=xs, y=ys)


def test_a_branch_the_other_way_is_recorded():
    w = Value(2.0)

    def loss(x):
        return w * x if w > 0 else w * w * x

    step = autograd.compile(loss, batch="x", reduce="sum", backend="llvm")
    xs = array("d", [1.0, 2.0])
    assert [step.backward(xs), step.backward(xs), w.grad] == [6.0, 6.0, 6.0]
    w.data = -3.0
    assert [step.backward(xs), step.backward(xs)] == [27.0, 27.0]
    assert w.grad == 6.0 - 2 * 18.0
    w.data = 2.0
    assert step.backward(xs) == 6.0


def test_errors_in_functions_of_python_are_raised_and_leave_no_gradient():
    def value(x):
        if x > 5.0:
            raise ArithmeticError("too large")
        return x**3

    cube = autograd.custom_gradient(value, lambda x: 3.0 * x * x)
    w = Value(1.0)
    step = autograd.compile(lambda x: cube(w * x), batch="x", reduce="sum", backend="llvm")
    assert step.backward(array("d", [1.0, 2.0])) == 9.0
    assert step.backward(array("d", [1.0, 2.0])) == 9.0
    with pytest.raises(ArithmeticError, match="too large"):
        step.backward(array("d", [1.0, 7.0, 8.0]))
    assert w.grad == 2 * (3.0 + 24.0)
    assert step.backward(array("d", [1.0, 2.0])) == 9.0  # an error is raised once


def test_an_error_in_a_function_of_python_is_raised_in_its_own_thread():
    both = threading.Barrier(2, timeout=10)

    def value(x):
        if waiting:
            both.wait()
        if x > 5.0:
            raise ArithmeticError("too large")
        return x**3

    waiting = []
    cube = autograd.custom_gradient(value, lambda x: 3.0 * x * x)
    step = autograd.compile(cube, backend="llvm")
    assert step(2.0) == 8.0
    waiting.append(True)
    with ThreadPoolExecutor(2) as pool:
        small, large = pool.submit(step, 2.0), pool.submit(step, 7.0)
        assert small.result() == 8.0
        with pytest.raises(ArithmeticError, match="too large"):
            large.result()


def test_threads_at_the_same_time():
    step, w, _ = made("sum")
    xs, ys = data(16)
    xs, ys = np.tile(xs, (500, 1)), np.tile(ys, 500)
    expected = step(x=xs, y=ys)
    found: list[float] = []
    workers = [
        threading.Thread(target=lambda: found.extend(step(x=xs, y=ys) for _ in range(20)))
        for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 80
    assert w.grad == 0.0


def test_the_program_is_the_one_that_ran_last():
    step, _, _ = made()
    xs, ys = data(3)
    step(x=xs, y=ys)
    assert len(step.program.outputs) == 1
    step.backward(x=xs, y=ys)
    assert len(step.program.outputs) == 3


def test_the_result_keeps_its_structure():
    step = autograd.compile(
        lambda x: {"a": x, "b": [x * x, 1.0]}, batch="x", reduce="mean", backend="llvm"
    )
    xs = array("d", [1.0, 3.0])
    assert step(xs) == step(xs) == {"a": 2.0, "b": [5.0, 1.0]}
