"""Compile time of programs from 10^3 to 3 * 10^5 instructions: linear, and so many us each."""

import random
from functools import partial
from operator import add, mul, sub
from statistics import median
from typing import Any

import autograd
from contest import Row, clocked
from side_by_side import shown, table

SIZES = (1_000, 10_000, 100_000, 300_000)
SHORT = 10_000
WIDTH = 50
KINDS = (mul, sub, add, lambda a, _: autograd.tanh(a))


def program(operations: int) -> Any:
    """Return a function of so many operations, each on two of the numbers that it keeps."""
    draw = random.Random(operations).randrange
    steps = [(draw(len(KINDS)), draw(WIDTH), draw(WIDTH)) for _ in range(operations)]

    def function(x: Any) -> Any:
        kept = list(x)
        for kind, i, j in steps:
            kept[i] = KINDS[kind](kept[i], kept[j])
        return autograd.sum(kept)

    return function


def measured(operations: int) -> tuple[int, float, float]:
    """Return the instructions of a program, the seconds to its first result and those of a run.

    Of short programs the median of several compilations.
    """
    point = [0.01 * i for i in range(WIDTH)]
    function = program(operations)
    several = [autograd.compile(function) for _ in range(5 if operations <= SHORT else 1)]
    seconds = median([clocked(partial(fast, point)) for fast in several])
    fast = several[-1]
    return len(fast.program.code), seconds, clocked(lambda: fast(point))


def rows(_: int) -> list[Row]:
    """Print how compile time grows, and return the line of the table."""
    measured(SIZES[0])  # what only the first compilation of such a size pays
    found = [measured(n) for n in SIZES]
    table(
        "compile time", ["instructions", "to the first result", "an instruction", "a run"],
        [[f"{n:,}", shown(s), shown(s / n), shown(r)] for n, s, r in found],
    )  # fmt: skip
    each = [seconds / count for count, seconds, _ in found]
    linear = each[-1] <= 2.0 * min(each)
    met, note = linear and max(each) <= 20e-6, f" ({', '.join(map(shown, each))})"
    title = "compile time, 1e3 to 3e5 instructions, each"
    return [Row(title, "20 us; linear", {"autograd": max(each)}, met, note)]
