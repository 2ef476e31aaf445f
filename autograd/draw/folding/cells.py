"""Neurons, found by structure: a weighted sum, its bias and its activation are one cell.

`cells_of` divides a graph. A cell is a tree: only its head is used by other cells. An operation
that belongs to no neuron is a cell of its own, and so is a leaf that several cells share; a long
sum or a chain of differences is one cell, as what a loop adds up or takes away is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autograd.rules import TABLE
from autograd.value import Value

__all__ = ["CHAINS", "SUMS", "Cell", "cells_of"]

SUMS = ("add", "sum")
CHAINS = (*SUMS, "sub")  # operations that a loop makes many of: drawn as one


@dataclass(eq=False)
class Cell:
    """Some nodes that are drawn as one.

    Attributes:
        nodes: the operations, the head first and the others behind their users; or one leaf.
        leaves: the leaves that no other cell uses.
        sources: the nodes of other cells that it is made from, each as often as it is used.
    """

    nodes: list[Value]
    leaves: list[Value] = field(default_factory=list)
    sources: list[Value] = field(default_factory=list)

    @property
    def head(self) -> Value:
        """The node that others use."""
        return self.nodes[0]

    @property
    def weighs(self) -> bool:
        """Whether it holds a weighted sum, as a neuron does: products with leaves."""
        return any(_has_leaf(node) for node in self.nodes if node.op == "dot") or any(
            node.op == "mul" for node in self.nodes[1:]
        )

    @property
    def size(self) -> int:
        """The number of nodes."""
        return len(self.nodes) + len(self.leaves)


def cells_of(order: Sequence[Value], roots: Sequence[Value]) -> dict[Value, Cell]:
    """Return the cell of each node, in topological order.

    Args:
        order: the graph in topological order, parents before children.
        roots: the outputs, which are heads whoever uses them.

    >>> from autograd import dot, tanh, topological_order
    >>> out = tanh(dot([Value(0.1), Value(0.2)], [1.0, 2.0]) + Value(0.3))
    >>> [node.op for node in cells_of(topological_order(out), [out])[out].nodes]
    ['tanh', 'add', 'dot']
    """
    users = _only_users(order, roots)
    weighted = _weighted_sums(order, users)
    found: dict[Value, Cell] = {}
    for node in reversed(order):
        user = users.get(node)
        if node._a is not None and user is not None and _is_part(node, user, weighted):
            found[node] = found[user]
            found[node].nodes.append(node)
        else:
            found[node] = Cell([node])
    _take_leaves(order, roots, found)
    for node in order:
        cell = found[node]
        cell.sources += [x for x in node.parents if found[x] is not cell]
    return {node: found[node] for node in order}


def _only_users(order: Sequence[Value], roots: Sequence[Value]) -> dict[Value, Value | None]:
    """Return for each node the one node that uses it, None where several do."""
    users: dict[Value, Value | None] = dict.fromkeys(roots)
    for node in order:
        for parent in set(node.parents):
            users[parent] = None if parent in users else node
    return users


def _weighted_sums(order: Sequence[Value], users: dict[Value, Value | None]) -> dict[Value, bool]:
    """Return the sums of only leaves, numbers and products, and whether they have a product.

    A sum with another operand is none: the score in `score - target` and the branch in
    `branch + residual` are neurons, what is done with them is not.
    """
    found: dict[Value, bool] = {}
    for node in order:
        if node.op in SUMS:
            inner = [x for x in node.parents if x._a is not None]
            if all(users[x] is node and (x in found or _is_product(x, node)) for x in inner):
                found[node] = any(found.get(x, True) for x in inner)
    return found


def _is_part(node: Value, user: Value, weighted: dict[Value, bool]) -> bool:
    """Return whether an operation belongs to the neuron, or the chain, of its only user."""
    if user.op in SUMS:
        return user in weighted or (node.op in SUMS and not weighted.get(node, False))
    if user.op == "sub":
        minuend, subtrahend = user.operands
        return node.op == "sub" and minuend is node and subtrahend is not node
    return _is_activation(user) and node.op in (*SUMS, "dot")


def _is_product(node: Value, user: Value) -> bool:
    """Return whether a node is what a neuron adds up in the operation that uses it."""
    return _is_weighed(node) or (node.op == "dot" and user.op == "add")


def _is_weighed(node: Value) -> bool:
    """Return whether a node is the product of a leaf and something else."""
    return node.op == "mul" and _has_leaf(node) and len(set(node.operands)) == 2


def _has_leaf(node: Value) -> bool:
    return any(x._a is None for x in node.parents)


def _is_activation(node: Value) -> bool:
    """Return whether a node is a function of one Value (and parameters), but no change of sign."""
    operands = len(TABLE[node.op].derivatives) if node.op in TABLE else len(node.operands)
    return operands == 1 and node.op != "neg"


def _take_leaves(order: Sequence[Value], roots: Sequence[Value], found: dict[Value, Cell]) -> None:
    """Put the leaves that only one cell uses into it, where that is a neuron."""
    homes: dict[Value, Cell | None] = dict.fromkeys(roots)
    for node in order:
        for parent in node.parents:
            if parent._a is None and homes.setdefault(parent, found[node]) is not found[node]:
                homes[parent] = None
    neurons = {cell for cell in set(found.values()) if cell.weighs}  # each looked at once
    for leaf, home in homes.items():
        if home in neurons:
            home.leaves.append(leaf)
            found[leaf] = home
