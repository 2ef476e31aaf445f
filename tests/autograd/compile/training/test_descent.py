"""The native loop and the whole-batch one shuffle and step as Python would."""

from __future__ import annotations

import importlib.util
import random
from array import array
from typing import Any

import pytest

from autograd import Value
from autograd.compile.training.whole import WholeDescent

ROWS = [[1.0], [2.0], [-3.0], [4.0], [0.5], [7.0], [-1.0]]
native = pytest.mark.skipif(
    importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an optional extra"
)


def table() -> memoryview:
    numbers = array("d", [x for row in ROWS for x in row])
    return memoryview(numbers).cast("B").cast("d", (len(ROWS), 1))


def move(parameter: Any, gradient: Any, *_: Any, step: Any, lr: Any) -> Any:
    return (parameter - lr * gradient,)


def descent(kind: str) -> tuple[Any, Value]:
    w = Value(0.25)
    options = {"states": 0, "clip": None}
    if kind == "native":
        from autograd.compile.training.descent import Descent

        return Descent(lambda x: (w * x[0] - 1.0) ** 2, move, [w], [table()], **options), w

    def loss(rows: Any) -> Any:
        return sum((w * row[0] - 1.0) ** 2 for row in rows) / len(rows)

    return WholeDescent(loss, move, [w], table(), backend=kind, **options), w


def by_hand(epochs: int, size: int, rng: random.Random) -> tuple[list[float], float]:
    w, losses = 0.25, []
    for _ in range(epochs):
        order = list(range(len(ROWS)))
        rng.shuffle(order)
        for start in range(0, len(order), size):
            xs = [ROWS[i][0] for i in order[start : start + size]]
            losses.append(sum((w * x - 1.0) ** 2 for x in xs) / len(xs))
            w -= 0.01 * sum(2.0 * (w * x - 1.0) * x for x in xs) / len(xs)
    return losses, w


@pytest.mark.parametrize("kind", [pytest.param("native", marks=native), "python"])
@pytest.mark.parametrize("size", [1, 3, 7])
def test_steps_are_those_by_hand(kind, size):
    loop, _ = descent(kind)
    ours, theirs, losses = random.Random(4), random.Random(4), array("d")
    loop.load([], 0, 0.01)
    assert loop.epochs(300, range(len(ROWS)), size, ours, losses) == ""
    expected, w = by_hand(300, size, theirs)
    assert losses.tolist() == pytest.approx(expected, rel=1e-9)
    assert loop.numbers()[0] == [pytest.approx(w, rel=1e-12)]
    assert loop.steps == len(expected)
    assert ours.getstate() == theirs.getstate()


@pytest.mark.parametrize("kind", [pytest.param("native", marks=native), "python"])
def test_what_is_not_finite_is_not_stored(kind):
    loop, _ = descent(kind)
    loop.load([], 0, 1e160)
    losses = array("d")
    assert loop.epochs(3, range(len(ROWS)), 2, random.Random(0), losses) == "loss"
    assert loop.steps == len(losses) - 1 == 1
    loop.restore()
    assert (loop.steps, loop.numbers()[0]) == (0, [0.25])
