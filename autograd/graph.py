"""Reading the graph that a computation leaves behind: parents, operands and walks over them.

`topological_order` lists a graph with parents before children, `leaves` its inputs, `edges` every
use of a node by another, `size` and `depth` measure it. All take one Value or several, use a stack
of their own instead of recursion, and give the same order in every process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["depth", "edges", "inner_order", "leaves", "size", "topological_order"]


def _roots(root: Any) -> list[Value]:
    """Return where a graph begins; raise TypeError for what is no Value and no list of them."""
    if hasattr(root, "_a"):
        return [root]
    found: list[Any] = list(dict.fromkeys(root)) if hasattr(root, "__iter__") else [None]
    if not all(hasattr(x, "_a") for x in found):
        raise TypeError(f"a graph begins at a Value, or at several, not at {root!r}")
    return found


def inner_order(
    root: Value | Iterable[Value],
    *,
    operands: bool = False,
    sides: bool = False,
    seen: set[Value] | None = None,
) -> list[Value]:
    """Return the nodes that are no leaves, each once and after its parents; none already seen.

    Depth first and from left to right, which is the order in which Python evaluates an expression,
    without recursion: a node is put back under a mark, and listed when the mark comes up again,
    because then all that was put on top of it is done. With `operands`, all operands
    count as parents. With `sides`, only both sides of a `where` do: backwards, this is the order in
    which `backward()` visits the nodes, so that it is the same whatever was chosen.
    """
    order: list[Value] = []
    seen = set() if seen is None else seen
    stack: list[Value | None] = [node for node in reversed(_roots(root)) if node._a is not None]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())  # type: ignore[arg-type] # under the mark is a node
            continue
        while node not in seen:  # down the first parents, with the others on the stack
            seen.add(node)
            stack.append(node)
            stack.append(None)
            a = node._a
            if operands or type(a) is tuple:
                if operands:
                    a = [x for x in node.operands if hasattr(x, "_a")]
                elif sides and node.op == "where":
                    a = [x for x in node.operands[1:] if hasattr(x, "_a")]
                stack += [x for x in reversed(a) if x._a is not None and x not in seen]
                break
            if node._db is not None and (b := node._b)._a is not None and b not in seen:
                stack.append(b)
            if a._a is None:
                break
            node = a
    return order


def topological_order(root: Value | Iterable[Value], *, operands: bool = False) -> list[Value]:
    """Return every node of a graph once, parents before children and the root last.

    With `operands`, operands that are no parents belong to the graph too: what a `where` did not
    choose.

    >>> from autograd import Value
    >>> x = Value(2.0, label="x")
    >>> [node.op or node.label for node in topological_order(x * x + x)]
    ['x', 'mul', 'add']
    """
    order: dict[Value, None] = {}
    for node in inner_order(root, operands=operands):
        for x in node.operands if operands else node.parents:
            if hasattr(x, "_a"):
                order.setdefault(x)
        order[node] = None
    order.update(dict.fromkeys(_roots(root)))
    return list(order)


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
    return len(topological_order(root))


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
