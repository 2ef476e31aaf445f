"""Derivatives of derivatives: the chain rule again, on Values instead of numbers.

`live_gradients` gives gradients that have a graph of their own and can be differentiated again.
For that `local_slopes` computes the local derivatives of a node anew, from the texts of the table.
"""

from __future__ import annotations

from math import inf, isnan
from typing import TYPE_CHECKING, Any

from autograd.backward import Gradients
from autograd.binding import FLOATS, LIVE
from autograd.graph import inner_order
from autograd.rules import TABLE
from autograd.watch import watchers

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["formulas", "live_gradients", "local_slopes", "product"]


def live_gradients(root: Value, seed: Any = 1.0, inputs: list[Value] | None = None) -> Gradients:
    """Return the same as `gradients`, as Values that can be differentiated again.

    The additions are done in the same order, so the numbers have the same bits. With `inputs`, only
    what lies between them and the root is visited. A watcher may do it in its own way.

    >>> from autograd import Value
    >>> x = Value(2.0)
    >>> slope = live_gradients(x**3)[x]
    >>> live_gradients(slope)[x].data
    12.0
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
    if node._a is None:
        return []
    if node.op in FLOATS:  # slopes alone would not tell of an even one, as that of x**3 at -x
        now = FLOATS[node.op](*[getattr(x, "_data", x) for x in node.operands])
        if now != node._data:
            _check_same(node, "value of", node.operands[:4], now, node._data)
    slopes = formulas(node)
    for (x, slope), recorded in zip(slopes, node._slopes(), strict=True):
        if (now := getattr(slope, "_data", slope)) != recorded:
            _check_same(node, "derivative with respect to", x, now, recorded)
    return slopes


def _check_same(node: Value, what: str, x: Any, now: float, recorded: float) -> None:
    """Raise RuntimeError where a number is not the one that was recorded, but for rounding."""
    nans = isnan(now) and isnan(recorded)
    if not (nans or abs(now - recorded) <= 1e-9 * abs(recorded) < inf):
        raise RuntimeError(
            f"a number used by {node.op!r} was changed after the forward pass: the {what} {x!r} "
            f"was {recorded} and is {now} now; compute the output again"
        )


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
