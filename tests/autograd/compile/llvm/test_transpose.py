"""From rows to lanes and back: every number gets to its place, whatever the sizes."""

from __future__ import annotations

import random
from array import array

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile.llvm import machine

pytest.importorskip("llvmlite", reason="llvmlite is an optional extra")
COLUMNS = [1, 2, 3, 7, 8, 9, 17]


@pytest.fixture(params=[2, 4, 8], ids=lambda width: f"{width} lanes")
def width(request, monkeypatch):
    monkeypatch.setattr(machine, "lanes", lambda: request.param)
    return request.param


@pytest.mark.parametrize("columns", COLUMNS)
def test_rows_go_to_lanes_and_back(width, columns):
    function = autograd.compile(lambda x, k: [k * v for v in x], batch="x", backend="llvm")
    for count in (1, 2, width - 1, width, width + 1, 3 * width + 2):
        xs = np.arange(float(count * columns)).reshape(count, columns)
        out = np.full((count + 1, columns), -1.0)
        function(xs, 2.0, out=out[:count])
        assert np.array_equal(out[:count], 2.0 * xs)
        assert (out[count] == -1.0).all()  # nothing is written behind


@pytest.mark.parametrize("columns", COLUMNS)
def test_sums_of_lanes_stay_apart_and_nothing_is_written_behind(width, columns):
    function = autograd.compile(
        lambda x, k: [k * v for v in x], batch="x", reduce="sum", backend="llvm"
    )
    for count in (1, width, 2 * width + 1):
        xs = np.arange(float(count * columns)).reshape(count, columns)
        out = np.full(columns + 9, -1.0)
        function(xs, 2.0, out=out[:columns])
        assert np.array_equal(out[:columns], 2.0 * xs.sum(axis=0))
        assert (out[columns:] == -1.0).all()


def test_lanes_are_added_in_their_order(width):
    draw = random.Random(0)
    xs = array("d", [draw.gauss(0.0, 1.0) * 10.0 ** draw.randrange(16) for _ in range(5 * width)])
    lanes = [0.0] * width
    for i, x in enumerate(xs):
        lanes[i % width] += x
    expected = 0.0
    for lane in lanes:
        expected += lane
    for reduce, divisor in (("sum", 1.0), ("mean", len(xs))):
        total = autograd.compile(lambda x: 1.0 * x, batch="x", reduce=reduce, backend="llvm")
        assert total(xs) == expected / divisor


@pytest.mark.parametrize("count", [1, 7, 8, 9, 30])
def test_what_is_the_same_in_all_rows_is_added_to_each_sum(width, count):
    ws = [Value(0.1 * i - 1.0) for i in range(count)]

    def loss(x):
        return ws[0] * x + 0.25 * autograd.sum(w * w for w in ws) + ws[-1]

    step = autograd.compile(loss, batch="x", reduce="mean", backend="llvm")
    xs = array("d", [1.0, 2.0, 6.0])
    value = step.backward(xs)
    found = [w.grad for w in ws]
    for w in ws:
        w.grad = 0.0
    eager = autograd.mean([loss(x) for x in xs])
    eager.backward()
    assert value == pytest.approx(eager.data, rel=1e-14)
    assert found == pytest.approx([w.grad for w in ws], rel=1e-14, abs=1e-16)


def test_rows_beyond_the_last_repeat_it(width):
    """So that a function of Python never sees a row that nobody gave."""
    seen = set()
    spy = autograd.custom_gradient(lambda x: seen.add(x) or x, lambda x: 1.0)
    function = autograd.compile(lambda x: -spy(x), batch="x", reduce="sum", backend="llvm")
    for rows in (array("d", [3.0]), array("d", [1.0, 2.0, 4.0] * width)):
        seen.clear()
        assert function(rows) == -sum(rows)
        assert seen == set(rows)
