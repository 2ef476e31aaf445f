"""The gradient as a ledger: which paths it came along, and where the path to an input broke.

`why(output, input)` lists the paths from an input to an output with the product of the local
derivatives along each, largest first; they add up to the gradient. `unused(output, inputs)` tells
which inputs an output does not depend on, and where the dependence was lost.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from math import fsum, isnan
from typing import Any

from autograd.backward import gradients
from autograd.graph import topological_order
from autograd.value import Value
from autograd.watch import Watcher

__all__ = ["Ledger", "Path", "Unused", "unused", "why"]


@dataclass(frozen=True)
class Path:
    """A way from the output to the input.

    Attributes:
        product: of the local derivatives along it.
        nodes: from the input to the output.
        slopes: the local derivatives, in the same order.
    """

    product: float
    nodes: tuple[Value, ...]
    slopes: tuple[float, ...]

    def __str__(self) -> str:
        steps = [
            f"{slope:.6g} {_name(node)}"
            for slope, node in zip(self.slopes, self.nodes[1:], strict=True)
        ]
        return " -> ".join([_name(self.nodes[0]), *steps])


@dataclass(frozen=True)
class Ledger:
    """The paths that make a gradient.

    Attributes:
        total: the gradient, as `backward()` computes it.
        paths: the largest, in order of their size.
        more: how many paths are not listed.
        rest: what these contribute together.
    """

    total: float
    paths: tuple[Path, ...]
    more: int
    rest: float

    def __str__(self) -> str:
        lines = [f"{path.product:>14.7g}  {path}" for path in self.paths]
        if self.more:
            lines.append(f"{self.rest:>14.7g}  {self.more:,} more paths together")
        return "\n".join([*lines, f"{self.total:>14.7g}  the gradient"])

    __repr__ = __str__


def why(output: Value, input: Value, most: int = 20) -> Ledger:
    """List the paths from an input to an output with what each adds to the gradient.

    Args:
        output, input: two Values.
        most: how many paths to list; the others are one line, so that the time does not grow with
            the number of paths.

    >>> x = Value(3.0, label="x")
    >>> print(why(x * x + 2 * x, x))
                 3  x -> 3 mul -> 1 add
                 3  x -> 3 mul -> 1 add
                 2  x -> 2 mul -> 1 add
                 8  the gradient
    """
    order = topological_order(output)
    paths, best = _reach(order, input)
    found = []
    for path in _largest_first(output, input, best):
        found.append(path)
        if len(found) >= most:
            break
    total = float(gradients(output).get(input, 0.0))
    more = paths.get(output, 0) - len(found)
    rest = total - fsum(path.product for path in found) if more else 0.0
    return Ledger(total, tuple(found), more, rest)


def _reach(order: list[Value], goal: Value) -> tuple[dict[Value, int], dict[Value, float]]:
    """Return for the nodes above a goal the number of paths to it, and the largest product."""
    paths, best = {goal: 1}, {goal: 1.0}
    for node in order:
        if node is goal:
            continue
        edges = [(x, d) for x, d in _edges(node) if x in paths]
        if edges:
            paths[node] = sum(paths[x] for x, _ in edges)
            best[node] = max(_size(d * best[x]) for x, d in edges)
    return paths, best


def _edges(node: Value) -> list[tuple[Value, float]]:
    return list(zip(node.parents, node.local_derivatives, strict=False))


def _size(product: float) -> float:
    """Return the size of a product; nan counts as infinite, so that it is seen first."""
    return float("inf") if isnan(product) else abs(product)


def _largest_first(output: Value, goal: Value, best: dict[Value, float]) -> Iterator[Path]:
    """Yield the paths in the order of their size, without going through the others."""
    if output not in best:
        return
    number = count()
    waiting = [(-best[output], next(number), 1.0, (output,), ())]
    heap: list[tuple[float, int, float, tuple[Value, ...], tuple[float, ...]]] = list(waiting)
    while heap:
        _, _, product, nodes, slopes = heapq.heappop(heap)
        node = nodes[0]
        if node is goal:
            yield Path(product, nodes, slopes)
            continue
        for x, d in _edges(node):
            if x in best:
                size = _size(_size(product * d) * best[x])
                heapq.heappush(heap, (-size, next(number), product * d, (x, *nodes), (d, *slopes)))


def _name(node: Value) -> str:
    return node.label or str(node.op) or f"leaf {node._data:.6g}"


@dataclass(frozen=True)
class Unused:
    """An input that an output does not depend on, and why."""

    input: Value
    reason: str

    def __str__(self) -> str:
        return f"{_name(self.input)} = {self.input._data:.6g}: {self.reason}"


class _Reads(Watcher):
    """Remembers of which nodes the number was read."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: set[Value] = set()

    def read(self, node: Value) -> None:
        self.nodes.add(node)


def unused(output: Any, inputs: Iterable[Value] | Value) -> list[Unused]:
    """List the inputs that an output does not reach, each with where the path broke.

    Args:
        output: a Value; or a function without arguments that returns one, which is then watched,
            so that reads of `.data` are seen.
        inputs: Values.

    >>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
    >>> [str(line) for line in unused(lambda: x * y.data, [x, y])]
    ['y = 3: its number was read as .data, which has no gradient']
    """
    read: set[Value] = set()
    if callable(output) and not isinstance(output, Value):
        with _Reads() as watcher:
            output = output()
        read = watcher.nodes
    chosen = [inputs] if isinstance(inputs, Value) else list(inputs)
    if not isinstance(output, Value):
        return [Unused(x, _without_graph(x, read)) for x in chosen]
    order, wide = topological_order(output), topological_order(output, operands=True)
    reasons: list[tuple[Value, str | None]] = [(x, _reason(x, order, wide, read)) for x in chosen]
    return [Unused(x, reason) for x, reason in reasons if reason is not None]


def _without_graph(x: Value, read: set[Value]) -> str:
    if x in read:
        return "its number was read as .data, which has no gradient"
    return "the output is a plain number, without a graph"


def _reason(x: Value, order: list[Value], wide: list[Value], read: set[Value]) -> str | None:
    """Return why an input is not reached; None where it is."""
    if x in order:
        return _blocked(x, order)
    if x in read:
        return "its number was read as .data, which has no gradient"
    for node in wide:
        if node.op == "constant" and node._data == x._data and node.label == x.label:
            return "it was detached: a constant with its number is in the graph"
        if node.op == "where" and any(operand is x for operand in node.operands):
            return "a where chose the other branch"
    if x in wide:
        return "a where chose the other branch on the way"
    for node in order:
        if any(type(operand) is float and operand == x._data for operand in node.operands):
            return f"not in the graph, but {_name(node)} uses the number {x._data:.6g}: .data?"
    return "not used"


def _blocked(x: Value, order: list[Value]) -> str | None:
    """Return the operations whose slope 0 keeps an input from the output; None if none does."""
    live, blocks = {x}, []
    for node in order:
        for parent, slope in _edges(node):
            if parent in live and slope:
                live.add(node)
            elif parent in live:
                blocks.append(_name(node))
    if order[-1] in live:
        return None
    return f"every path ends at a slope of 0: {', '.join(dict.fromkeys(blocks[:5]))}"
