"""The engine beside micrograd: time to record and to go backward, bytes a node, a training step.

    python tests/benchmarks/engine.py [--engine MODULE:CLASS ...] [--operations N] [--turns N]

Every class with `+`, `*`, `relu()`, `data`, `grad` and `backward()` is an engine. Those that are
not installed are left out. The collector is on, as users have it.
"""

import argparse
import gc
import math
import random
import sys
import threading
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import autograd
import nn
from side_by_side import installed, interleaved, load, shown, table

OURS, MICROGRAD = "autograd:Value", "micrograd.engine:Value"
CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def chain(value: type, operations: int) -> Any:
    """Return a leaf after so many multiplications and additions, one after the other."""
    x, y, z = value(0.5), value(0.75), value(0.25)
    for _ in range(operations // 2):
        x = x * y + z
    return x


def tree(value: type, operations: int) -> Any:
    """Return the root of a balanced tree of multiplications and additions."""
    level = [value(0.5 + 0.25 * (i % 3)) for i in range(operations + 1)]
    multiply = False
    while len(level) > 1:
        multiply = not multiply
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [a * b if multiply else a + b for a, b in pairs]
        level = above + level[len(level) & ~1 :]
    return level[0]


def record(build: Callable[[type, int], Any], value: type, operations: int) -> None:
    """Record a graph and drop it."""
    build(value, operations)


def record_and_backward(build: Callable[[type, int], Any], value: type, operations: int) -> None:
    """Record a graph, go backward through it, and drop it."""
    build(value, operations).backward()


def bytes_per_node(value: type, nodes: int = 10_000) -> float:
    """Return what a node of `x * y` takes, its number included, while the graph lives."""
    x, y = value(0.5), value(0.75)
    kept: list[Any] = [None] * nodes
    gc.collect()
    tracemalloc.start()
    for i in range(nodes):
        kept[i] = x * y
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return taken / nodes


class PlainMLP:
    """micrograd's network, for an engine that brings none."""

    def __init__(self, value: type, nin: int, nouts: list[int], seed: int = 1337) -> None:
        draw = random.Random(seed).uniform
        self.layers = [
            [([value(draw(-1, 1)) for _ in range(n)], value(0.0)) for _ in range(m)]
            for n, m in pairwise([nin, *nouts])
        ]

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [sum((w * xi for w, xi in zip(ws, x, strict=True)), b) for ws, b in layer]
            if layer is not self.layers[-1]:
                x = [y.relu() for y in x]
        return x[0]

    def parameters(self) -> list[Any]:
        return [p for layer in self.layers for ws, b in layer for p in [*ws, b]]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0.0


def two_moons(points: int, seed: int = 1) -> tuple[list[list[float]], list[float]]:
    """Return points on two interleaved half circles, with noise, and their classes -1 and 1."""
    source = random.Random(seed)
    places, classes = [], []
    for i in range(points):
        angle, upper = math.pi * source.random(), i % 2 == 0
        x, y = math.cos(angle), math.sin(angle)
        x, y = (x, y) if upper else (1.0 - x, 0.5 - y)
        places.append([x + source.gauss(0.0, 0.1), y + source.gauss(0.0, 0.1)])
        classes.append(1.0 if upper else -1.0)
    return places, classes


def network(engine: str) -> Any:
    """Return an engine's own network 2-16-16-1, or else the plain one."""
    if engine == OURS:
        return nn.MLP(2, [16, 16, 1], seed=1337)
    if engine == MICROGRAD:
        return load("micrograd.nn:MLP")(2, [16, 16, 1])
    return PlainMLP(load(engine), 2, [16, 16, 1])


def micrograds_loss(model: Any, value: type, xs: list[list[float]], ys: list[float]) -> Any:
    """Return hinge loss and L2 as micrograd's demonstration writes it."""
    scores = [model(list(map(value, x))) for x in xs]
    losses = [(1 + -y * score).relu() for y, score in zip(ys, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())


def our_loss(model: Any, _: type, xs: list[list[float]], ys: list[float]) -> Any:
    """Return the same in one node for each sum."""
    losses = [(1.0 - y * model(x)).relu() for x, y in zip(xs, ys, strict=True)]
    parameters = model.parameters()
    return autograd.mean(losses) + 1e-4 * autograd.dot(parameters, parameters)


def training_step(engine: str, points: int) -> Callable[[], None]:
    """Return micrograd's step on two moons: hinge loss and L2, all points, plain descent."""
    model, (xs, ys), value = network(engine), two_moons(points), load(engine)
    loss = our_loss if engine == OURS else micrograds_loss

    def step() -> None:
        total = loss(model, value, xs, ys)
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad

    return step


def row(
    title: str, works: dict[str, Callable[[], None]], arguments: argparse.Namespace, per: int
) -> list[str]:
    """Return a row of the table: the median of each, and how many times that of the first."""
    medians = interleaved(works, arguments.turns, clock=CLOCKS[arguments.clock])
    first = next(iter(medians.values()))
    return [title, *(f"{shown(m / per)} ({m / first:.1f})" for m in medians.values())]


def timings(engines: list[str], arguments: argparse.Namespace) -> list[list[str]]:
    """Return the rows of times: record, record and backward, and a training step."""
    rows, operations = [], arguments.operations
    for build in (chain, tree):
        for work in (record, record_and_backward):
            works = {name: partial(work, build, load(name), operations) for name in engines}
            what = work.__name__.replace("_", " ")
            rows.append(
                row(f"{build.__name__}, {what}, an operation", works, arguments, operations)
            )
    steps = {name: training_step(name, arguments.points) for name in engines}
    title = f"two moons, 2-16-16-1, {arguments.points} points, a step"
    return [*rows, row(title, steps, arguments, 1)]


def memory(engines: list[str]) -> list[str]:
    """Return the row of bytes a node."""
    sizes = [bytes_per_node(load(name)) for name in engines]
    return ["x * y, bytes a node", *(f"{size:.0f} ({size / sizes[0]:.1f})" for size in sizes)]


def linearity(engine: str, arguments: argparse.Namespace) -> list[list[str]]:
    """Return rows with the time an operation, for graphs of 1,000 operations and ten times more."""
    rows, operations, value = [], 1_000, load(engine)
    while operations <= arguments.largest:
        works = {
            b.__name__: partial(record_and_backward, b, value, operations) for b in (chain, tree)
        }
        medians = interleaved(works, arguments.turns, clock=CLOCKS[arguments.clock]).values()
        rows.append([f"{operations:,}", *(shown(m / operations) for m in medians)])
        operations *= 10
    return rows


def run(arguments: argparse.Namespace) -> None:
    """Print the tables."""
    engines = installed(dict.fromkeys([OURS, MICROGRAD, *arguments.engine]))
    rows = [*timings(engines, arguments), memory(engines)]
    title = f"{arguments.operations:,} operations, medians of {arguments.turns} turns"
    table(title, ["(times the first)", *engines], rows)
    rows = linearity(OURS, arguments)
    table(f"{OURS}, record and backward, an operation", ["operations", "chain", "tree"], rows)


def main(words: list[str] | None = None) -> None:
    """Read the command line and run, with a stack for engines that recurse over their graphs."""
    parser = argparse.ArgumentParser(description="Compare engines in one run.")
    parser.add_argument("--engine", action="append", default=[], metavar="MODULE:CLASS")
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="cpu on a busy machine")
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--largest", type=int, default=1_000_000, help="size for linearity")
    arguments = parser.parse_args(words)
    limit, size = sys.getrecursionlimit(), threading.stack_size(512 * 1024 * 1024)
    sys.setrecursionlimit(10 * arguments.operations + 10_000)
    try:
        thread = threading.Thread(target=run, args=(arguments,))
        thread.start()
        thread.join()
    finally:
        sys.setrecursionlimit(limit)
        threading.stack_size(size)


if __name__ == "__main__":
    main()
