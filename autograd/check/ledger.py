"""The gradient as a ledger: which paths it came along.

`why(output, input)` lists the paths from an input to an output with the product of the local
derivatives along each, largest first; they add up to the gradient.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from math import floor, isnan, log10
from typing import Any

from autograd.backward import gradients
from autograd.graph import topological_order
from autograd.value import Value

__all__ = ["Ledger", "Path", "edges", "name", "why"]

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
            f"{slope:.6g} {name(node)}"
            for slope, node in zip(self.slopes, self.nodes[1:], strict=True)
        ]
        left_out = len(steps) - MOST_STEPS
        if left_out > 0:
            steps[MOST_STEPS // 2 : -MOST_STEPS // 2] = [f"... {left_out:,} more ..."]
        return " -> ".join([name(self.nodes[0]), *steps])


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

    Raises TypeError for what is no Value, ValueError where most is not a whole number from 0.

    >>> x = Value(3.0, label="x")
    >>> print(why(x * x + 2 * x, x))
                 3  x -> 3 mul -> 1 add
                 3  x -> 3 mul -> 1 add
                 2  x -> 2 mul -> 1 add
                 8  the gradient
    """
    for what in (output, input):
        if not isinstance(what, Value):
            raise TypeError(f"why looks at two Values, not at {what!r}")
    if not isinstance(most, int) or most < 0:
        raise ValueError(f"most is a whole number from 0, not {most!r}")
    counts, largest = _paths(topological_order(output), input, most)
    found = tuple(sorted(map(_path, largest.get(output, ())), key=_negative_size))
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
        ways = [(x, d) for x, d in edges(node) if x in counts]
        if ways and node is not goal:
            counts[node] = sum(counts[x] for x, _ in ways)
            chains = [(below[0] * d, node, d, below) for x, d in ways for below in largest[x]]
            largest[node] = heapq.nlargest(most, chains, key=lambda chain: _size(chain[0]))
    return counts, largest


def _path(chain: _Chain) -> Path:
    """Return a chain of nodes, linked from the output down, as a path.

    Its product is taken in this order, as `backward()` does: it underflows where that does.
    """
    product, nodes, slopes = 1.0, [], []
    link: Any = chain
    while link is not None:
        _, node, slope, link = link
        product *= slope
        nodes.append(node)
        slopes.append(slope)
    return Path(product, tuple(reversed(nodes)), tuple(reversed(slopes[:-1])))


def edges(node: Value) -> list[tuple[Value, float]]:
    """Return the parents of a node, each with the local derivative with respect to it."""
    return list(zip(node.parents, node._slopes(), strict=False))


def _size(product: float) -> float:
    """Return the size of a product; nan counts as infinite, so that it is seen first."""
    return float("inf") if isnan(product) else abs(product)


def _negative_size(path: Path) -> float:
    return -_size(path.product)


def name(node: Value) -> str:
    """Return how a line names a node: by its label, else its operation, else its number."""
    label = str(node.label)
    shown = label if label.isprintable() else repr(label)
    return shown or str(node.op) or f"leaf {node._data:.6g}"
