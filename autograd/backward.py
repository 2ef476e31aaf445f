"""The chain rule: from an output, through the graph, to the gradient of every node.

`gradients` is a pure function: it reads the local derivatives that were recorded with the numbers
and changes nothing. `store` puts the answer into `.grad`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.graph import inner_order
from autograd.watch import watchers, watching

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["Gradients", "gradients", "store"]

Gradients = dict["Value", Any]


def gradients(root: Value, seed: float = 1.0) -> Gradients:
    """Return the derivative of root, times seed, with respect to every node it was made from.

    A node's gradient is the sum over its uses of (gradient of the user) * (local derivative). In
    topological order from the root, all users come before the node itself.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> gradients(x * x * y)[x]
    12.0
    """
    totals: Gradients = {root: seed}
    so_far = totals.get  # -0.0 for a node not met before: -0.0 + g is g, also when g is -0.0
    for node in reversed(inner_order(root, sides=True)):
        gradient = so_far(node)
        if gradient is None:  # what a `where` did not choose
            continue
        a = node._a
        if type(a) is tuple:
            for x, derivative in zip(a, node._da, strict=True):
                totals[x] = so_far(x, -0.0) + gradient * derivative
        else:
            totals[a] = so_far(a, -0.0) + gradient * node._da
            if node._db is not None:
                b = node._b
                totals[b] = so_far(b, -0.0) + gradient * node._db
    if watching:
        for watcher in watchers():
            watcher.chain_rule(root, totals)
    return totals


def store(totals: Gradients) -> None:
    """Add gradients to those of the leaves and set those of the inner nodes, all or none.

    The last line runs without returning to the interpreter, so Ctrl-C cannot come between.
    """
    for leaf in [node for node in totals if node._a is None]:
        if leaf.op == "constant":
            del totals[leaf]
        elif leaf.grad is not None:
            totals[leaf] = leaf.grad + totals[leaf]
    deque(map(LIVE["Value"].grad.__set__, totals, totals.values()), maxlen=0)
