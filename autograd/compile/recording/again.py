"""Differentiating once: what the first recording of a function has derived, the second copies.

The same operations have the same derivatives. So where the second recording asks for those of the
same node by the same inputs, after as many operations, the nodes of the first are copied. That the
operations before were the same is checked for both recordings in the end, as everything is.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

from autograd.value import Value

__all__ = ["Copier", "Derived"]


class Derived(NamedTuple):
    """What was derived once: from what, the nodes from `begin` to `end`, and the gradients."""

    begin: int
    end: int
    leaves: int  # read from outside until then
    root: Value
    seed: Any
    inputs: list[Value]
    gradients: dict[Value, Any]


def _is_same(x: Any, y: Any) -> bool:
    return x is y or (isinstance(x, float) and isinstance(y, float) and x == y)


class Copier:
    """Copies what a recording has derived into another, which runs after it.

    Args:
        nodes: of the first recording.
        outside: the leaves that it has read.
        derived: what it has derived, in order.
    """

    def __init__(
        self, nodes: Iterable[Value], outside: Iterable[Value], derived: list[Derived]
    ) -> None:
        self.nodes = list(nodes)
        self.outside = list(outside)
        self.derived = derived
        self.is_ours = all(type(node.op) is str for node in self.nodes)  # no custom_gradient
        self._twins: dict[Any, Any] = {}  # of nodes of the first recording, those of the second
        self._met = [0, 0]

    def copied(
        self, number: int, nodes: dict[Value, Any], outside: dict[Value, Any],
        root: Value, seed: Any, inputs: list[Value],
    ) -> tuple[list[Value], dict[Value, Any]] | None:  # fmt: skip
        """Return copies of the nodes derived at some time, by its number, and the gradients.

        Args:
            number: how often something was derived before.
            nodes: that the second recording holds so far.
            outside: the leaves that it has read so far.
            root, seed, inputs: what is derived now.

        None where it is not the same as the first time.
        """
        if not self.is_ours or number >= len(self.derived):
            return None
        known = self.derived[number]
        if (len(nodes), len(outside)) != (known.begin, known.leaves):
            return None
        self._meet(0, self.nodes, nodes)
        self._meet(1, self.outside, outside)
        before = [known.root, known.seed, *known.inputs]
        now = [root, seed, *inputs]
        if len(before) != len(now) or not all(map(_is_same, map(self._twin, before), now)):
            return None
        made = [self._copy(node) for node in self.nodes[known.begin : known.end]]
        self._met[0] = known.end
        pairs = [(x, known.gradients.get(y)) for x, y in zip(inputs, known.inputs, strict=True)]
        return made, {x: self._twin(gradient) for x, gradient in pairs if gradient is not None}

    def _meet(self, kind: int, first: list[Value], second: dict[Value, Any]) -> None:
        """Take note which nodes of the two recordings stand for each other."""
        done = self._met[kind]
        fresh = list(islice(reversed(second), len(second) - done))
        self._twins.update(zip(first[done : len(second)], reversed(fresh), strict=True))
        self._met[kind] = len(second)

    def _twin(self, x: Any) -> Any:
        return self._twins.get(x, x) if isinstance(x, Value) else x

    def _copy(self, node: Value) -> Value:
        """Return a copy of a node, whose operands are those of the second recording."""
        twins, a, b = self._twins, node._a, node._b
        copy = object.__new__(type(node))
        copy._data, copy.grad, copy.op, copy.label = node._data, 0.0, node.op, node.label
        copy._da, copy._db = node._da, node._db
        copy._a = tuple([twins.get(x, x) for x in a]) if type(a) is tuple else twins.get(a, a)
        copy._b = tuple([self._twin(x) for x in b]) if type(b) is tuple else self._twin(b)
        twins[node] = copy
        return copy
