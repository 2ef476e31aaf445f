"""The backward pass, one step after the other.

`steps` goes through a graph as `backward()` does: in each step one node hands its gradient to its
parents. Nothing is stored; the additions are those of `autograd.backward.gradients`, in the same
order, so that the totals have the same bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from autograd.graph import inner_order
from autograd.value import Value

__all__ = ["Share", "Step", "steps"]


class Share(NamedTuple):
    """What one operand gets: its local derivative times the gradient of the node.

    Attributes:
        parent: the operand.
        derivative: the local derivative with respect to it.
        amount: the product.
        before, after: the operand's gradient; before the first share it has none, which is None.
    """

    parent: Value
    derivative: float
    amount: float
    before: float | None
    after: float


class Step(NamedTuple):
    """A node that hands out its gradient, which is complete by now, and what its parents get."""

    node: Value
    gradient: float
    shares: list[Share]


def steps(root: Value, totals: dict[Value, float]) -> Iterator[Step]:
    """Yield the steps of the backward pass from a root.

    Args:
        root: the output.
        totals: an empty dict, which holds the gradients so far.

    >>> x = Value(3.0)
    >>> [share.after for step in steps(x * x, {}) for share in step.shares]
    [3.0, 6.0]
    """
    totals[root] = 1.0
    for node in reversed(inner_order(root, sides=True)):
        gradient = totals.get(node)
        if gradient is None:  # what a `where` did not choose
            continue
        shares = []
        for x, derivative in zip(node.parents, node._slopes(), strict=True):
            before, amount = totals.get(x), gradient * derivative
            totals[x] = after = (-0.0 if before is None else before) + amount
            shares.append(Share(x, derivative, amount, before, after))
        yield Step(node, gradient, shares)
