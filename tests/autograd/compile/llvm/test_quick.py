"""Quick calls: the same as the long way, for whatever is or is not as it was at first."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile import family
from autograd.compile.llvm import quick

pytest.importorskip("llvmlite", reason="llvmlite is an optional extra")


def often(f, *args):
    """Return a compiled function that was called with some arguments until it is quick."""
    fast = autograd.compile(f, backend="llvm")
    for _ in range(family.OFTEN + 1):
        fast(*args)
    return fast


def is_quick(fast, *args, out=None):
    """Return whether a call with these arguments takes the quick way."""
    return fast._quick is not None and fast._quick(args, out) is not None


def valley(x):
    return autograd.sum([100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2 for a, b in pairwise(x)])


def mixed(a, v, t):
    return {"sum": a * v[0] + v[1] * t[0], "more": (a - t[1], [v[0], v[1] * a])}


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (lambda x: x * x + 1.0, (3.0,)),
        (autograd.grad(valley), ([0.1, 0.7, -0.4, 2.0],)),
        (autograd.value_and_grad(valley), ([0.1, 0.7, -0.4, 2.0],)),
        (autograd.hessian(valley), ([0.1, 0.7, -0.4],)),
        (mixed, (2.0, [3.0, 4.0], (5.0, 6.0))),
        (lambda x: (x > 0.0, x), (1.0,)),
    ],
)
def test_results_of_every_structure(f, args):
    fast = often(f, *args)
    assert is_quick(fast, *args)
    assert fast(*args) == f(*args)
    negative = [-a if type(a) is float else type(a)(-x for x in a) for a in args]
    assert fast(*negative) == f(*negative)


def test_what_is_taken_quickly_and_what_the_long_way():
    fast = often(autograd.grad(valley), [0.1, 0.7, -0.4])
    expected = autograd.grad(valley)([1.0, 2.0, 3.0])
    for given in ([1.0, 2, 3.0], array("d", [1, 2, 3]), np.array([1.0, 2.0, 3.0]),
                  memoryview(array("d", [1, 2, 3]))):  # fmt: skip
        assert is_quick(fast, given)
        assert fast(given) == expected
    apart = np.array([1.0, 0.0, 2.0, 0.0, 3.0])[::2]
    for given in ([True, 2.0, 3.0], [np.float64(1.0), 2.0, 3.0], (1.0, 2.0, 3.0), apart,
                  np.array([1, 2, 3]), array("f", [1, 2, 3])):  # fmt: skip
        assert not is_quick(fast, given)
        assert list(fast(given)) == expected
    for given in ([1.0, 2.0], [1.0, 2.0, 3.0, 4.0], np.ones((3, 1))):
        assert not is_quick(fast, given)


@pytest.mark.parametrize(
    "given", [["1", 2.0, 3.0], None, [10**400, 1.0, 2.0], [[1.0], 2.0, 3.0], "abc", [1j, 2.0, 3.0]]
)
def test_errors_are_those_of_the_long_way(given):
    fast, slow = often(valley, [1.0, 2.0, 3.0]), autograd.compile(valley, backend="llvm")
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever it is
        slow(given)
    with pytest.raises(expected.type) as found:
        fast(given)
    assert str(found.value) == str(expected.value)
    assert fast([1.0, 2.0, 3.0]) == valley([1.0, 2.0, 3.0])


def test_no_arguments_but_leaves():
    w = Value(2.0)
    fast = often(lambda: w * 3.0)
    w.data = 4.0
    assert is_quick(fast)
    assert fast() == 12.0


def test_missing_and_named_arguments():
    fast = often(lambda a, b=2.0: a * b, 3.0, 4.0)
    assert (fast(3.0), fast(3.0, b=5.0), fast(a=1.0, b=5.0), fast(3.0, 4.0)) == (6.0, 15.0, 5.0, 12)
    with pytest.raises(TypeError):
        fast()


def test_results_go_to_out():
    slopes = autograd.grad(valley)
    fast = often(slopes, [1.0, 2.0, 3.0])
    x = array("d", [1.0, 2.0, 3.0])
    for out in (array("d", bytes(24)), np.zeros(3), np.zeros(9)[3:6]):
        assert is_quick(fast, x, out=out)
        assert fast(x, out=out) is out
        assert list(out) == slopes(x.tolist())
    assert list(fast(x, out=x)) == slopes([1.0, 2.0, 3.0])  # arguments are read before
    frozen = np.zeros(3)
    frozen.flags.writeable = False
    for wrong in (array("d", bytes(16)), np.zeros(3, dtype=np.float32), frozen, [0.0] * 3):
        with pytest.raises((TypeError, ValueError)):
            fast([1.0, 2.0, 3.0], out=wrong)


def test_other_ways_through_the_function_and_back():
    def f(x):
        return x * 2.0 if x > 0 else x * x

    fast = often(f, 1.0)
    for x in (1.0, -3.0, 2.0, *[-3.0] * 8, *[4.0] * 8):
        assert fast(x) == f(x)
    assert is_quick(fast, 4.0)
    assert not is_quick(fast, -4.0)


def test_leaves_are_read_at_each_call():
    w = Value(3.0)
    fast = often(lambda x: w * x, 2.0)
    w.data = 5.0
    assert is_quick(fast, 2.0)
    assert fast(2.0) == 10.0


def test_no_quick_way_for_what_calls_python_or_is_nested():
    assert often(autograd.lgamma, 2.5)._quick is None
    assert often(lambda m: m[0][1] * 2.0, [[1.0, 2.0]])._quick is None
    assert often(lambda d: d["a"] * 2.0, {"a": 1.0})._quick is None
    assert often(lambda x: [], 1.0)._quick is None
    assert autograd.compile(valley, backend="python")._quick is None


def test_objects_that_are_not_as_expected_take_the_long_way(monkeypatch):
    quick._function.cache_clear()
    monkeypatch.setattr(quick, "_SIZE", 24)
    fast = often(valley, [1.0, 2.0])
    assert fast._quick is None
    assert fast([1.0, 2.0]) == valley([1.0, 2.0])
    quick._function.cache_clear()


def test_values_and_anomalies_do_not_go_past():
    fast = often(autograd.log, 2.0)
    x = Value(2.0)
    fast(x).backward()
    assert x.grad == 0.5
    with pytest.raises(autograd.AnomalyError), autograd.detect_anomaly():
        fast(0.0)
    assert fast(0.0) == float("-inf")


def test_threads_do_not_share_their_numbers():
    fast = often(autograd.grad(valley), [0.1 * i for i in range(200)])
    points = [[0.01 * i * k for i in range(200)] for k in range(40)]
    expected = [autograd.grad(valley)(x) for x in points]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            assert list(pool.map(fast, points)) == expected
