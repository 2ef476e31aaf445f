"""Where the path from an input to an output broke: `unused`.

An input may have no path to an output, because its number left the graph (`.data`, `detach`,
`no_grad`), because it was only compared, or because a `where` chose the other branch; or it has
paths, each of which ends at a slope of 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from autograd.check.ledger import edges, name
from autograd.graph import topological_order
from autograd.value import Value
from autograd.watch import Watcher

__all__ = ["Unused", "unused"]

MOST_NAMES = 5  # of operations with slope 0, in one reason


@dataclass(frozen=True)
class Unused:
    """An input that an output does not depend on, and why."""

    input: Value
    reason: str

    def __str__(self) -> str:
        return f"{name(self.input)} = {self.input._data:.6g}: {self.reason}"


class _Breaks(Watcher):
    """Remembers where a number left the graph, and what it was then used for."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[Value, str] = {}
        self.compared: dict[Value, str] = {}

    def read(self, node: Value) -> None:
        self.left.setdefault(node, "its number was read as .data, which has no gradient")

    def detached(self, node: Value, constant: Value) -> None:
        self.left.setdefault(node, "it was detached, or used under no_grad: that has no gradient")

    def comparison(self, sign: str, left: Any, right: Any, outcome: bool) -> Any:
        for side in (left, right):
            if isinstance(side, Value):
                self.compared.setdefault(side, "it was compared only, which has no gradient")
        return outcome


def unused(output: Any, inputs: Iterable[Value] | Value) -> list[Unused]:
    """List the inputs that an output does not reach, each with where the path broke.

    Args:
        output: a Value; or a function without arguments that returns one, which is then watched,
            so that reads of `.data`, `detach`, `no_grad` and comparisons are seen.
        inputs: Values.

    Raises TypeError for what is not one output, and for inputs that are no Values.

    >>> x, y = Value(2.0, label="x"), Value(3.0, label="y")
    >>> [str(line) for line in unused(lambda: x * y.data, [x, y])]
    ['y = 3: its number was read as .data, which has no gradient']
    """
    breaks = _Breaks()
    if callable(output) and not isinstance(output, Value):
        with breaks:
            output = output()
    chosen = [inputs] if isinstance(inputs, Value) else list(inputs)
    for x in chosen:
        if not isinstance(x, Value):
            raise TypeError(f"unused looks for Values, not for {x!r}")
    if not isinstance(output, Value) and not hasattr(output, "__float__"):
        raise TypeError(f"unused looks at one output, not at {output!r}: call it for each")
    search = _Search(output, breaks)
    reasons = ((x, search.reason(x)) for x in chosen)
    return [Unused(x, reason) for x, reason in reasons if reason is not None]


class _Search:
    """The graph of an output, and what was seen while it was made."""

    def __init__(self, output: Any, breaks: _Breaks) -> None:
        self.output = output
        self.breaks = breaks
        self.order = topological_order(output) if isinstance(output, Value) else []
        self.nodes = set(self.order)
        self.live = _live(output) if self.order else set()

    @cached_property
    def wide(self) -> dict[Value, None]:
        """The graph with the branches that were not taken."""
        return dict.fromkeys(topological_order(self.output, operands=True) if self.order else ())

    @cached_property
    def users(self) -> dict[Value, list[tuple[Value, float]]]:
        """For each node the nodes made from it, with the slopes there."""
        users: dict[Value, list[tuple[Value, float]]] = {}
        for node in self.order:
            for parent, slope in edges(node):
                users.setdefault(parent, []).append((node, slope))
        return users

    @cached_property
    def unchosen(self) -> set[Value]:
        """The operands of every where in the graph."""
        wheres = (node for node in self.wide if node.op == "where")
        return {x for node in wheres for x in node.operands if isinstance(x, Value)}

    @cached_property
    def above(self) -> tuple[dict[Value, str], dict[Value, str]]:
        """What leads to a node that left the graph, and what to one that was compared."""
        return _above(self.breaks.left), _above(self.breaks.compared)

    def reason(self, x: Value) -> str | None:
        """Return why an input is not reached; None where it is."""
        if x in self.live:
            return None
        if x in self.nodes:
            return self._blocked(x)
        return next(self._reasons(x), "not used")

    def _reasons(self, x: Value) -> Iterator[str]:
        """Yield what may be the reason that no path leads to an input, the likeliest first."""
        if x in self.breaks.left:
            yield self.breaks.left[x]
        if (x._data, str(x.label)) in self._constants:
            yield "it was detached: a constant with its number is in the graph"
        if x in self.unchosen:
            yield "a where chose the other branch"
        if x in self.wide:
            yield "a where chose the other branch on the way"
        for found in self.above:
            if x in found:
                yield found[x]
        if not self.order:
            yield "the output is a plain number, without a graph"
        if x._data in self._numbers:
            node = self._numbers[x._data]
            yield f"not in the graph, but {name(node)} uses the number {x._data:.6g}: .data?"
        for number, _ in self._constants:
            yield (
                f"not used, unless the constant {number:.6g} in the graph was made of it "
                "(by detach or no_grad): pass a function, to have it watched"
            )

    @cached_property
    def _constants(self) -> dict[tuple[float, str], None]:
        """The numbers and labels of what was detached."""
        found = (node for node in self.wide if node.op == "constant")
        return {(node._data, str(node.label)): None for node in found}

    @cached_property
    def _numbers(self) -> dict[float, Value]:
        """The plain numbers in the graph, each with a node that uses it."""
        return {x: node for node in self.order for x in node.operands if type(x) is float}

    def _blocked(self, x: Value) -> str:
        """Return the operations whose slope 0 keeps an input from the output."""
        blocks: dict[str, None] = {}
        stack, seen = [x], {x}
        while stack and len(blocks) < MOST_NAMES:
            for node, slope in self.users.get(stack.pop(), ()):
                if not slope:
                    blocks[name(node)] = None
                elif node not in seen:
                    seen.add(node)
                    stack.append(node)
        return f"every path ends at a slope of 0: {', '.join(blocks)}"


def _live(output: Value) -> set[Value]:
    """Return the nodes from which a path without a slope of 0 leads to the output."""
    live, stack = {output}, [output]
    while stack:
        for parent, slope in edges(stack.pop()):
            if slope and parent not in live:
                live.add(parent)
                stack.append(parent)
    return live


def _above(broken: dict[Value, str]) -> dict[Value, str]:
    """Return for all that leads to a node where a path broke what happened there."""
    reasons, seen = dict(broken), set()
    for node, what in broken.items():
        stack = [node]
        while stack:
            x = stack.pop()
            if x not in seen:
                seen.add(x)
                reasons.setdefault(x, f"it leads to {name(node)} = {node._data:.6g}, and {what}")
                stack += [operand for operand in x.operands if isinstance(operand, Value)]
    return reasons
