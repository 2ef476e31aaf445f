"""Reading the graph that a computation leaves behind: parents, operands and walks over them.

`topological_order` lists a graph with parents before children, `leaves` its inputs, `edges` every
use of a node by another, `size` and `depth` measure it. All take one Value or several, use a stack
of their own instead of recursion, and give the same order in every process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["depth", "edges", "leaves", "size", "topological_order", "uses"]


def _roots(root: Value | Iterable[Value]) -> list[Value]:
    return [root] if hasattr(root, "_a") else list(dict.fromkeys(root))  # type: ignore[list-item] # Values only have _a


def _above(node: Value, operands: bool) -> Iterable[Value]:
    return [x for x in node.operands if hasattr(x, "_a")] if operands else node.parents


def uses(root: Value | Iterable[Value], *, operands: bool = False) -> dict[Value, int]:
    """Return how often each node below some roots is used as a parent (a root not at all: 0)."""
    stack = _roots(root)
    counts = dict.fromkeys(stack, 0)
    for node in stack:  # grows while it is read
        for parent in _above(node, operands):
            if parent in counts:
                counts[parent] += 1
            else:
                counts[parent] = 1
                stack.append(parent)
    return counts


def topological_order(root: Value | Iterable[Value], *, operands: bool = False) -> list[Value]:
    """Return every node of a graph once, parents before children and the root last.

    Backwards, this is the order in which `backward()` visits the nodes: one is visited when the
    last of its uses has been. With `operands`, operands that are no parents belong to the graph
    too: what a `where` did not choose.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> [node.op or node.label for node in topological_order(x * x + x)]
    ['x', 'mul', 'add']
    """
    roots = _roots(root)
    waiting = uses(roots, operands=operands)
    ready = [node for node in roots if not waiting[node]]
    order = []
    while ready:
        node = ready.pop()
        order.append(node)
        for parent in _above(node, operands):
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    order.reverse()
    return order


def leaves(root: Value | Iterable[Value]) -> list[Value]:
    """Return the nodes without parents, in topological order.

    >>> from autograd import Value
    >>> leaves(Value(1.0, "a") * Value(2.0, "b"))
    [Value(data=1.0, grad=0.0, label='a'), Value(data=2.0, grad=0.0, label='b')]
    """
    return [node for node in topological_order(root) if node._a is None]


def edges(root: Value | Iterable[Value]) -> list[tuple[Value, Value]]:
    """Return a pair (parent, child) for every operand, so two for `x * x`.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> len(edges(x * x))
    2
    """
    return [(parent, node) for node in topological_order(root) for parent in node.parents]


def size(root: Value | Iterable[Value]) -> int:
    """Return the number of nodes.

    >>> from autograd import Value
    >>> size(Value(1.0) + Value(2.0))
    3
    """
    return len(uses(root))


def depth(root: Value | Iterable[Value]) -> int:
    """Return the number of edges on the longest path from a leaf to a root.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> depth((x * x + x).exp())
    3
    """
    depths: dict[Value, int] = {}
    for node in topological_order(root):
        depths[node] = 1 + max((depths[parent] for parent in node.parents), default=-1)
    return max(depths.values(), default=0)
