"""The gradient as a ledger: which paths it came along, and where the path to an input broke.

`why(output, input)` lists the paths from an input to an output with the product of the local
derivatives along each, largest first; they add up to the gradient. `unused(output, inputs)` tells
which inputs an output does not depend on, and where the dependence was lost.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from math import floor, isnan, log10
from typing import Any

from autograd.backward import gradients
from autograd.graph import topological_order
from autograd.value import Value
from autograd.watch import Watcher

__all__ = ["Ledger", "Path", "Unused", "unused", "why"]

MOST_STEPS = 20  # of a path, written out


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
        left_out = len(steps) - MOST_STEPS
        if left_out > 0:
            steps[MOST_STEPS // 2 : -MOST_STEPS // 2] = [f"... {left_out:,} more ..."]
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
            lines.append(f"{self.rest:>14.7g}  {_count(self.more)} more paths together")
        return "\n".join([*lines, f"{self.total:>14.7g}  the gradient"])

    __repr__ = __str__


def _count(paths: int) -> str:
    """Write a number of paths, which doubles with each fork: it may have thousands of digits."""
    return f"{paths:,}" if paths < 10**15 else f"about 1e{floor(log10(paths))}"


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
    counts, largest = _paths(topological_order(output), input, most)
    found = tuple(map(_path, largest.get(output, ())))
    total = float(gradients(output).get(input, 0.0))
    more = counts.get(output, 0) - len(found)
    rest = total - sum(path.product for path in found) if more else 0.0
    return Ledger(total, found, more, rest)


_Chain = tuple[float, Value, float, Any]  # product, node, its slope on the way, the chain below


def _paths(
    order: list[Value], goal: Value, most: int
) -> tuple[dict[Value, int], dict[Value, list[_Chain]]]:
    """Return for the nodes above a goal how many paths lead to it, and the largest of them.

    The largest paths of a node are among the largest of its parents, so this takes time in
    proportion to the edges, however many paths there are.
    """
    counts: dict[Value, int] = {goal: 1}
    largest: dict[Value, list[_Chain]] = {goal: [(1.0, goal, 1.0, None)]}
    for node in order:
        edges = [(x, d) for x, d in _edges(node) if x in counts]
        if edges and node is not goal:
            counts[node] = sum(counts[x] for x, _ in edges)
            chains = [(below[0] * d, node, d, below) for x, d in edges for below in largest[x]]
            largest[node] = heapq.nlargest(most, chains, key=lambda chain: _size(chain[0]))
    return counts, largest


def _path(chain: _Chain) -> Path:
    """Return a chain of nodes, linked from the output down, as a path."""
    product, nodes, slopes = chain[0], [], []
    link: Any = chain
    while link is not None:
        _, node, slope, link = link
        nodes.append(node)
        slopes.append(slope)
    return Path(product, tuple(reversed(nodes)), tuple(reversed(slopes[:-1])))


def _edges(node: Value) -> list[tuple[Value, float]]:
    return list(zip(node.parents, node._slopes(), strict=False))


def _size(product: float) -> float:
    """Return the size of a product; nan counts as infinite, so that it is seen first."""
    return float("inf") if isnan(product) else abs(product)


def _name(node: Value) -> str:
    label = str(node.label)
    shown = label if label.isprintable() else repr(label)
    return shown or str(node.op) or f"leaf {node._data:.6g}"


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

    Raises TypeError for what is not one output.

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
        if not hasattr(output, "__float__"):
            raise TypeError(f"unused looks at one output, not at {output!r}: call it for each")
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
