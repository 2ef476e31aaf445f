"""The chain rule: from an output, through the graph, to the gradient of every node.

`gradients` is a pure function: it reads the local derivatives that were recorded with the numbers
and changes nothing. `live_gradients` does the same with Values, so that gradients have a graph of
their own and can be differentiated again. `store` puts the answer into `.grad`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.graph import inner_order
from autograd.rules import TABLE
from autograd.watch import watchers, watching

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["formulas", "gradients", "live_gradients", "local_slopes", "product", "store"]

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


def live_gradients(root: Value, seed: Any = 1.0, inputs: list[Value] | None = None) -> Gradients:
    """Return the same as `gradients`, as Values that can be differentiated again.

    The local derivatives are computed anew from the texts of the table, and the additions are done
    in the same order, so the numbers have the same bits. With `inputs`, only what lies between
    them and the root is visited. A watcher may do it in its own way.
    """
    for watcher in watchers():
        found: Gradients | None = watcher.pulled_back(root, seed, inputs)
        if found is not None:
            return found
    order = inner_order(root, sides=True)
    wanted = None if inputs is None else _dependent(order, inputs)
    totals: Gradients = {root: seed} if wanted is None or root in wanted else {}
    for node in reversed(order):
        if node not in totals:
            continue
        for parent, derivative in local_slopes(node):
            if wanted is None or parent in wanted:
                part = product(totals[node], derivative)
                totals[parent] = totals[parent] + part if parent in totals else part
    return totals


def _dependent(order: list[Value], inputs: list[Value]) -> set[Value]:
    """Return the nodes that are made from some inputs, and the inputs."""
    wanted = set(inputs)
    for node in order:
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return wanted


def product(x: Any, y: Any) -> Any:
    """Return x * y, without a node where one of them is the number 1."""
    if isinstance(x, float) and x == 1.0:
        return y
    return x if isinstance(y, float) and y == 1.0 else x * y


def local_slopes(node: Value) -> list[tuple[Value, Any]]:
    """Return the parents of a node, each with its local derivative as a Value (or a number).

    Raises RuntimeError where a parent was assigned another number since the node was made.
    """
    slopes = formulas(node) if node._a is not None else []
    for (x, slope), recorded in zip(slopes, node._slopes(), strict=True):
        now = slope._data if hasattr(slope, "_data") else slope
        if abs(now - recorded) > 1e-9 * abs(recorded):
            raise RuntimeError(
                f"a number used by {node.op!r} was changed after the forward pass: the derivative "
                f"with respect to {x!r} was {recorded} and is {now} now; compute the output again"
            )
    return slopes


def formulas(node: Value) -> list[tuple[Value, Any]]:
    """Evaluate the texts of the local derivatives on the operands of a node."""
    value_class, operands = LIVE["Value"], node.operands
    live = getattr(node.op, "live", None) or LIVE["many"].get(node.op)
    if live is not None:
        pairs = zip(operands, live(operands, node), strict=False)
        return [(x, d) for x, d in pairs if isinstance(x, value_class) and d is not None]
    if node.op not in TABLE:
        raise RuntimeError(f"there is no rule {node.op!r} in this process: define it with rule()")
    tied = [x for x in operands if isinstance(x, value_class) and x.op != "constant"]
    arguments = (*operands, node, 0.5 if len(tied) > 1 else 0.0)
    rows = zip(operands, LIVE[f"live_{node.op}"], strict=False)
    return [(x, formula(*arguments)) for x, formula in rows if isinstance(x, value_class)]


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
