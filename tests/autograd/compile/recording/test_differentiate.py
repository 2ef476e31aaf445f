"""Gradients below a `where`: exactly those of the side chosen, in few instructions."""

from __future__ import annotations

from collections import Counter
from math import inf, nan

import pytest

import autograd
from autograd import Value, where

BACKENDS = ["python", "llvm"]


@pytest.fixture(params=BACKENDS)
def backend(request):
    if request.param == "llvm":
        pytest.importorskip("llvmlite", reason="llvmlite is an optional extra")
    return request.param


def bits(tree):
    return repr(tree)


def layers(count, steps):
    """Return steps of a recurrent layer that are taken or not, by a number for each."""

    def f(weights, taken, inputs):
        state = inputs
        for is_taken in taken[:steps]:
            after = [autograd.tanh(autograd.dot(row, state)) for row in weights]
            state = [where(is_taken > 0.0, x, y) for x, y in zip(after, state, strict=True)]
        return autograd.sum(state)

    numbers = [[0.1 * (i - j) + 0.05 for j in range(count)] for i in range(count)]
    return f, numbers


def test_a_layer_selects_its_inputs_and_not_each_product():
    selects = {}
    for count in (4, 8):
        f, weights = layers(count, 3)
        fast = autograd.compile(autograd.grad(f), backend="python")
        fast(weights, [1.0, 0.0, 1.0], [0.5] * count)
        selects[count] = Counter(x.op for x in fast.program.code)["select"] - count**2
    assert selects[8] <= 2.2 * selects[4]  # as the units: one for each weight is its result's


@pytest.mark.parametrize("taken", [[1.0, 1.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("odd", [0.5, inf, nan, -0.0])
def test_steps_that_are_left_out_change_no_bit(backend, taken, odd):
    f, weights = layers(4, 3)
    gradient = autograd.grad(f, argnums=(0, 2))
    fast = autograd.compile(gradient, backend=backend)
    for inputs in ([0.5, -0.25, 1.5, 2.0], [odd, 0.25, 1.0, -1.0], [1.0, odd, odd, 0.0]):
        for chosen in (taken, [1.0, 0.0, 1.0], taken):
            assert bits(fast(weights, chosen, inputs)) == bits(gradient(weights, chosen, inputs))


def test_long_chains_below_a_where(backend):
    def f(x, c):
        y = x
        for i in range(3000):
            y = y * 1.0001 if i % 2 else y + x * 1e-5
        return where(c > 0.0, autograd.tanh(y), x) * where(c > 1.0, y, 2.0)

    gradient = autograd.grad(f)
    fast = autograd.compile(gradient, backend=backend)
    for c in (-1.0, 0.5, 2.0):
        assert bits(fast(0.25, c)) == bits(gradient(0.25, c))


def test_conditions_of_conditions_need_no_deep_stack(backend):
    def f(x, level):
        hit, paid = x > level, x
        for i in range(1500):  # read twice in each step
            hit = (hit & (x < i)) | (hit & (x > i + 1.0)) | (paid > level)
            paid = where(hit, paid * 1.0001, paid + x * 1e-4)
        return paid

    gradient = autograd.grad(f)
    fast = autograd.compile(gradient, backend=backend)
    for x, level in ((0.5, 1.0), (2.5, 1.0), (1.0, 1.01)):
        assert bits(fast(x, level)) == bits(gradient(x, level))


def sides(x, y, c):
    """Mix what counts always, on one side, on the other, and under two conditions."""
    first, second = c > 0.0, x > y
    a = where(first, x * y, autograd.log(x) / y)
    b = where(second, a * 2.0 - x, autograd.sqrt(y) * a)
    d = where(first, b * b, -b) + where(first, x, 3.0) * where(second, y, a)
    return a + b * d + x * where(second, where(first, x, y) / y, autograd.exp(a))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_conditions_meet(backend, order):
    f = sides
    for _ in range(order):
        f = autograd.grad(f) if f is sides else autograd.grad(f, 1)
    fast = autograd.compile(f, backend=backend)
    numbers = (-2.0, -0.5, -0.0, 0.0, 0.5, 2.0, inf, nan)
    for x in numbers:
        for y in numbers:
            for c in (-1.0, 1.0):
                assert bits(fast(x, y, c)) == bits(f(x, y, c)), (x, y, c)


def test_values_from_outside_get_the_same_gradients(backend):
    w, v = Value(1.5), Value(-2.0)

    def loss(x):
        return where(x > 0.0, w * x + v, v * v) * where(x > 1.0, v, w)

    step = autograd.compile(loss, batch="x", reduce="mean", backend=backend)
    xs = [-1.0, 0.5, 2.0, -3.0, 4.0]
    step.backward(xs)
    found = w.grad, v.grad
    w.grad = v.grad = 0.0
    autograd.mean([loss(x) for x in xs]).backward()
    assert found == pytest.approx((w.grad, v.grad), rel=1e-15)
