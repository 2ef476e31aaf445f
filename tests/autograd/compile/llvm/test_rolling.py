"""Loops in native code: to the bit what the same instructions give one by one."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autograd
from autograd import where
from autograd.compile import TraceError
from autograd.compile.llvm import pieces
from autograd.compile.loops import places, repeats
from autograd.trees import flatten

pytest.importorskip("llvmlite")

NUMBERS = [0.0, -0.0, 0.3, -1.7, 2.5, 1e-300, 1e200]
KINDS = [
    "add",
    "mul",
    "sub",
    "tanh",
    "sin",
    "maximum",
    "where",
    "guard",
    "table",
    "keep",
    "constant",
]
STEPS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=7
)
ENDS = ["sum", "mean", "logsumexp", "norm", "dot", "all"]


@pytest.fixture(autouse=True)
def _short_programs_too(monkeypatch):
    for module in (places, repeats):
        monkeypatch.setattr(module, "SHORT", 20)
        monkeypatch.setattr(module, "LEAST", 4)
        monkeypatch.setattr(module, "WORTH", 4)
    monkeypatch.setattr(pieces, "CHUNK", 40)
    monkeypatch.setattr(pieces, "PART", 60)


def recurrence(steps: list[tuple[str, int, int]], end: str, back: int) -> Any:
    """Return a function of a list that does the same steps for each of its numbers."""

    def f(x: Any) -> Any:
        state, kept = [x[0], x[-1] * 0.5, 1.0], []
        for i, a in enumerate(x):
            near = [a, x[len(x) - 1 - i], x[max(i - back, 0)], *(kept[-back:] or [0.25])]
            for kind, m, n in steps:
                numbers = [*near, *state]
                b, c = numbers[m % len(numbers)], numbers[n % len(numbers)]
                state[m % 3] = step(kind, i, b, c)
                if kind == "keep":
                    kept.append(state[m % 3])
            near.clear()
        return finished(end, [*kept, *state])

    return f


def step(kind: str, i: int, b: Any, c: Any) -> Any:
    if kind == "where":
        return where(b > c, b * 0.5, c)
    if kind == "guard":
        return autograd.sin(b) if c > 0.4 else b - c
    if kind == "table":
        return b * (0.1 + i / 7.0)
    if kind == "constant":
        return b * 0.75 + 0.1
    if kind == "keep":
        return b * c
    if kind in ("add", "sub", "mul"):
        return {"add": b + c, "sub": b - c, "mul": b * c}[kind]
    return autograd.maximum(b, c) if kind == "maximum" else getattr(autograd, kind)(b)


def finished(end: str, kept: list[Any]) -> Any:
    if end == "dot":
        return autograd.dot(kept, kept[::-1])
    if end == "all":
        return autograd.sum(kept) * kept[-1] + kept[len(kept) // 2]
    return getattr(autograd, end)(kept)


def bits(result: Any) -> list[bytes]:
    return [struct.pack("d", x) if x == x else b"nan" for x in flatten(result)]


def are_same(one: Any, two: Any, end: str) -> bool:
    """Return whether results have the same bits; of a norm the last one may differ, at a tie.

    Three times 0.3 lies in the middle of two doubles: Python's `hypot` rounds it up.
    """
    if end == "norm":
        near = pytest.approx(list(flatten(two)), rel=1e-12, abs=1e-14, nan_ok=True)
        return bool(list(flatten(one)) == near)
    return bits(one) == bits(two)


@settings(max_examples=60, deadline=None)
@given(
    steps=STEPS,
    end=st.sampled_from(ENDS),
    back=st.integers(1, 4),
    number=st.sampled_from(NUMBERS),
    count=st.integers(8, 25),
)
@example(steps=[("add", 1, 1), ("add", 8, 1)], end="norm", back=1, number=0.0, count=8)
def test_single_numbers(steps, end, back, number, count):
    f = recurrence(steps, end, back)
    both = autograd.value_and_grad(f)
    x = [number if i % 5 == 3 else 0.3 + 0.05 * i for i in range(count)]
    fast, slow = (autograd.compile(both, backend=b) for b in ("llvm", "python"))
    for numbers in (x, x[::-1], [-a for a in x]):
        assert are_same(fast(numbers), slow(numbers), end)


@settings(max_examples=40, deadline=None)
@given(
    steps=STEPS,
    end=st.sampled_from(ENDS),
    back=st.integers(1, 4),
    count=st.integers(8, 20),
    rows=st.integers(1, 11),
    reduce=st.sampled_from([None, "sum", "mean"]),
)
def test_lanes(steps, end, back, count, rows, reduce):
    f = recurrence([s for s in steps if s[0] != "guard"], end, back)

    def shared(x, y):
        return f([a * y[i % len(y)] for i, a in enumerate(x)]), sum([a * a for a in y])

    batch = [[0.3 + 0.05 * i - 0.07 * r for i in range(count)] for r in range(rows)]
    y = [0.5 + 0.03 * i for i in range(count)]
    found = [
        autograd.compile(shared, batch="x", reduce=reduce, backend=b)(batch, y)
        for b in ("llvm", "python")
    ]
    one, two = (list(flatten([list(x) if reduce is None else x for x in y])) for y in found)
    assert reduce is not None or are_same(one, two, end)
    assert one == pytest.approx(two, rel=1e-12, abs=1e-300, nan_ok=True)


def walk(x: Any, volatility: Any) -> Any:
    """Return what a walk in the exponent is worth, if it ever is."""
    log, prices = 0.0, []
    for shock in x:
        log = log + volatility * shock
        prices.append(autograd.exp(log))
    return autograd.relu(autograd.mean(prices) - 0.5)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.usefixtures("_usual_programs")
def test_text_does_not_grow_with_the_number_of_repetitions(batch):
    sizes = []
    for count in (300, 900):
        both = autograd.value_and_grad(walk, argnums=(0, 1))
        x = [0.01 * (i % 7) for i in range(count)]
        if batch:
            fast = autograd.compile(both, batch="x", reduce=None)
            fast([x] * 3, 0.2)
        else:
            fast = autograd.compile(both)
            fast(x, 0.2)
        sizes.append(len(fast.source("llvm").splitlines()))
    assert sizes[0] == sizes[1]


@pytest.fixture
def _usual_programs(_short_programs_too, monkeypatch):
    monkeypatch.undo()


@pytest.mark.usefixtures("_usual_programs")
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "dot", "norm", "logsumexp"])
def test_operations_on_many_operands_do_not_grow(name):
    def f(x):
        found = [a * a for a in x]
        return autograd.dot(found, x) if name == "dot" else getattr(autograd, name)(found)

    sizes = []
    for count in (300, 600, 1200):
        fast = autograd.compile(autograd.value_and_grad(f))
        x = [0.9 + 0.01 * (i % 7) for i in range(count)]
        assert fast(x)[0] == pytest.approx(f(x), rel=1e-14)
        sizes.append(len(fast.source("llvm").splitlines()))
    if name == "dot":  # 300 are too few to look for loops, 600 are not
        assert sizes[1] == sizes[2] < 1000
        assert sizes[0] < 1000
    else:
        assert sizes[0] == sizes[1] == sizes[2] < 1000


def branching(x):
    """Return a sum that asks for the sign of every number."""
    total = 0.0
    for a in x:
        total = total + (a * a if a > 0.0 else -a)
    return total


def test_a_guard_in_a_loop_is_checked_in_every_iteration():
    fast = autograd.compile(branching)
    x = [1.0 + i for i in range(100)]
    assert fast(x) == branching(x)
    assert ".next =" in fast.source("llvm")
    for i in (0, 1, 50, 98, 99):
        other = [-a if j == i else a for j, a in enumerate(x)]
        assert fast(other) == branching(other)
    assert fast(x) == branching(x)


def test_a_guard_in_a_loop_over_rows_names_its_line():
    fast = autograd.compile(branching, batch="x")
    x = [1.0 + i for i in range(100)]
    assert fast([x] * 20).tolist() == [branching(x)] * 20
    with pytest.raises(TraceError, match=r"if a > 0\.0"):
        fast([x] * 19 + [[*x[:-1], -1.0]])


def test_what_iterations_computed_is_read_one_by_one():
    def f(x):
        waves = [autograd.sin(a) * 2.0 for a in x]
        return [waves[3] - waves[17], waves[-1] / waves[0], waves[-1]], waves[10:30]

    fast = autograd.compile(f)
    x = [0.1 * i + 0.1 for i in range(100)]
    assert fast(x) == f(x)
    assert ".next =" in fast.source("llvm")


def test_large_programs_hand_loops_from_function_to_function():
    def f(x):
        found = list(x)
        for i in range(12):
            found = [autograd.tanh(a + 0.1 * b) for a, b in zip(found, found[::-1], strict=True)]
            found[i] = found[i] * found[2 * i] - found[i + 7] / found[3]
        return autograd.sum(found)

    x = [0.01 * i for i in range(130)]
    fast, slow = (
        autograd.compile(autograd.value_and_grad(f), backend=b) for b in ("llvm", "python")
    )
    assert bits(fast(x)) == bits(slow(x))
