"""The second run of a function may wait while its program is compiled, but is not left out."""

import random
from array import array
from threading import Thread

import pytest

import autograd
from autograd import Value
from autograd.compile.llvm import machine
from autograd.compile.recording.trace import TraceError

BACKENDS = ["python", pytest.param("llvm", marks=pytest.mark.skipif(
    not machine.available(), reason="needs llvmlite"))]  # fmt: skip


@pytest.fixture(params=BACKENDS)
def backend(request):
    return request.param


def loop(x, factor=1.0):
    """Return a number in which the same operations come again often enough to be a loop."""
    total = 0.0
    for v in x:
        total = autograd.exp(factor * total) * v + total * 0.5
    return total


POINT = [0.001 * i for i in range(200)]


def functions():
    """Return functions that take other ways to a program: plain, with a gradient, as a batch."""
    rows = array("d", POINT * 3)
    table = memoryview(rows).cast("B").cast("d", [3, len(POINT)])

    def single(f):
        return lambda backend: autograd.compile(f, backend=backend)(POINT)

    def batch(f):
        return lambda backend: autograd.compile(f, batch="x", reduce="mean", backend=backend)(table)

    return {
        "value": single,
        "gradient": lambda f: single(autograd.value_and_grad(f)),
        "batch": batch,
        "batch of gradients": lambda f: batch(autograd.value_and_grad(f)),
    }


@pytest.mark.parametrize("way", functions())
def test_every_function_runs_twice_when_it_is_compiled(backend, way):
    runs = []

    def f(x):
        runs.append(None)
        return loop(x)

    functions()[way](f)(backend)
    assert len(runs) == 2


@pytest.mark.parametrize("way", functions())
def test_what_differs_from_run_to_run_is_refused(backend, way):
    state = [0.0]

    def counting(x):
        state[0] += 0.5
        return loop(x, state[0])

    def drawing(x):
        return loop(x, random.random())

    for f in (counting, drawing):
        with pytest.raises(TraceError):
            functions()[way](f)(backend)


@pytest.mark.parametrize("way", functions())
def test_an_error_of_the_second_run_is_raised_and_the_next_call_starts_anew(backend, way):
    runs = []

    def f(x):
        runs.append(None)
        if len(runs) == 2:
            raise RuntimeError("the second run fails")
        return loop(x)

    made = functions()[way](f)
    with pytest.raises(RuntimeError, match="the second run fails"):
        made(backend)
    found, expected = made(backend), functions()[way](loop)(backend)
    assert found == expected


def test_a_compiled_function_may_be_compiled_by_the_second_run_of_another(backend):
    """LLVM is busy in another thread then: neither waits for the other without end."""
    inner = autograd.compile(lambda x: x * 3.0, backend=backend)
    runs = []

    def f(x):
        runs.append(None)
        if len(runs) == 2:  # as for a table that is made when it is needed
            assert inner(2.0) == 6.0
        return loop(x)

    found = []
    thread = Thread(
        target=lambda: found.append(autograd.compile(f, backend=backend)(POINT)), daemon=True
    )
    thread.start()
    thread.join(60)
    assert found == [loop(POINT)]


def test_values_made_inside_are_constants_whether_or_not_others_are_read(backend):
    w = Value(2.0)
    made = autograd.compile(lambda x: (Value(3.0), x * 2.0), backend=backend)
    read = autograd.compile(lambda x: (w, x * 2.0), backend=backend)
    assert made(1.0) == (3.0, 2.0)
    assert read(1.0) == (2.0, 2.0)
    w.data = 5.0
    assert made(1.0) == (3.0, 2.0)
    assert read(1.0) == (5.0, 2.0)
