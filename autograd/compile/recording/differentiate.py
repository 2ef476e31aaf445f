"""The chain rule while a function is recorded: on Values, following both sides of a `where`.

What `where` does not choose must contribute exactly 0, even where its own derivative is inf or nan;
`conditional` adds up so. The local derivatives are the texts of the table, as in
`autograd.backward`; that of a `custom_gradient` may be a function of plain numbers, which the
program then calls.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from math import nan
from typing import Any

from autograd.compile.recording.conditional import Conditions, Gradient, added, whole
from autograd.functions import where
from autograd.graph import inner_order, topological_order
from autograd.higher import local_slopes, product
from autograd.own import _custom
from autograd.value import Value, record
from autograd.watch import Watcher, without

__all__ = ["pull_back", "push_forward"]


def pull_back(
    root: Value, seed: Any, inputs: list[Value], recorded: Container[Value],
    slopes: Callable[[Value], list[tuple[Value, Any]]] = local_slopes,
) -> dict[Value, Any]:  # fmt: skip
    """Return the derivatives of root, times seed, with respect to some inputs, as Values.

    `recorded` are the nodes to go through, `slopes` gives the local derivatives of one.
    """
    order, conditions = inner_order(root, sides=True), Conditions()
    wanted = _dependent(order, inputs, recorded)
    totals: dict[Value, Any] = {root: seed} if root in wanted else {}
    for node in reversed(order):
        if node in totals and node in recorded:
            given = totals[node] = whole(totals[node])
            for parent, part in _parts(node, given, wanted, slopes, conditions):
                totals[parent] = added(totals.get(parent), part, conditions)
    return {x: _result(whole(totals[x])) for x in inputs if x in totals}


def _result(found: Any) -> Any:
    if type(found) is not Gradient:
        return found
    return found.number if found.condition is None else where(found.condition, found.number, 0.0)


def _dependent(order: list[Value], inputs: list[Value], recorded: Container[Value]) -> set[Value]:
    """Return the nodes recorded that are made from some inputs, and the inputs."""
    wanted = set(inputs)
    for node in order:
        if node in recorded and not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return wanted


def _parts(
    node: Value, given: Any, wanted: Container[Value],
    slopes: Callable[[Value], list[tuple[Value, Any]]], conditions: Conditions,
) -> Iterator[tuple[Value, Any]]:  # fmt: skip
    """Yield what each wanted parent of a node gets of its gradient: a number, or a Gradient."""
    number, condition = given, None
    if type(given) is Gradient:  # its number is made here: left to the end, chains would be deep
        number, condition = given.number, given.condition
    if node.op == "where":
        choice, a, b = node.operands
        if not isinstance(choice, Value):  # by a plain truth value, the same at every call
            chosen = a if choice else b
            if chosen in wanted:
                yield chosen, given
            return
        if a in wanted:
            counts = conditions.both(condition, conditions.first(choice))
            yield a, Gradient(number, counts)
        if b in wanted:
            counts = conditions.negated(conditions.first(choice))
            yield b, Gradient(number, conditions.both(condition, counts))
        return
    for parent, slope in _slopes(node, slopes):
        if parent in wanted:
            if condition is None:
                yield parent, product(number, slope)
            else:
                yield parent, Gradient(None, condition, gradient=given, slope=slope)


def _both(condition: Any, other: Any) -> Any:
    return other if condition is None else condition & other


def _sum(total: tuple[Any, Any], part: Any, condition: Any) -> tuple[Any, Any]:
    if condition is None:
        return total[0] + part, None
    either = None if total[1] is None else total[1] | condition
    return total[0] + part, either


def push_forward(
    outputs: list[Value], tangents: dict[Value, Any], recorded: Container[Value]
) -> list[Any]:
    """Return the tangents of outputs from those of the inputs, as Values (or numbers)."""
    totals: dict[Value, tuple[Any, Any]] = {x: (t, None) for x, t in tangents.items()}
    for node in topological_order(outputs):
        if node not in tangents and node in recorded:
            found = _of_where(node, totals) if node.op == "where" else _tangent(node, totals)
            if found is not None:
                totals[node] = found
    ends = [totals.get(output, (0.0, None)) for output in outputs]
    return [t if c is None else where(c, t, 0.0) for t, c in ends]


def _tangent(node: Value, totals: dict[Value, tuple[Any, Any]]) -> tuple[Any, Any] | None:
    """Return the tangent of a node from those of its parents, and the condition it counts under.

    None where its parents have none.
    """
    if not any(parent in totals for parent in node.parents):
        return None
    total: tuple[Any, Any] | None = None
    for parent, slope in _slopes(node):
        if parent in totals:
            tangent, condition = totals[parent]
            part = product(slope, tangent)
            if condition is not None and part is not tangent:
                part = where(condition, part, -0.0)
            total = (part, condition) if total is None else _sum(total, part, condition)
    return total


def _of_where(node: Value, totals: dict[Value, tuple[Any, Any]]) -> tuple[Any, Any] | None:
    """Return the tangent of what a `where` chooses, and the condition it counts under."""
    choice: Any = node.operands[0]
    a, b = (totals.get(x) if isinstance(x, Value) else None for x in node.operands[1:])
    decided = not isinstance(choice, Value)  # the same at every call
    if decided:
        return a if choice else b
    if a is None and b is None:
        return None
    tangent = where(choice, a[0] if a else 0.0, b[0] if b else 0.0)
    if a and b and a[1] is None and b[1] is None:
        return tangent, None
    counts = [_both(side[1], c) for side, c in ((a, choice), (b, choice.negated())) if side]
    return tangent, counts[0] if len(counts) == 1 else counts[0] | counts[1]


@dataclass(frozen=True)
class _PlainSlope:
    """One of the derivatives of a `custom_gradient`, as a function of plain numbers.

    It compares equal to that of another recording of the same function.
    """

    partials: Callable[..., Any]
    i: int

    def __call__(self, *numbers: float) -> Any:
        return self.partials(*numbers)[self.i]


def _slopes(
    node: Value, slopes: Callable[[Value], list[tuple[Value, Any]]] = local_slopes
) -> list[tuple[Value, Any]]:
    """Return the local derivatives of a node as Values; calls, where they are of plain numbers."""
    partials = getattr(node.op, "partials", None)
    if partials is None or _takes_values(partials, node):
        return slopes(node)
    chosen = [i for i, x in enumerate(node.operands) if isinstance(x, Value)]
    called = [_called(_PlainSlope(partials, i), node) for i in chosen]
    return list(zip(node.parents, called, strict=True))


def _takes_values(partials: Callable[..., Any], node: Value) -> bool:
    """Return whether a Python function works on Values, by a trial that nobody watches."""
    with without(Watcher):
        try:
            partials(*map(Value, _numbers(node)))
        except TypeError:  # as math.cos raises
            return False
    return True


def _called(slope: _PlainSlope, node: Value) -> Value:
    """Record the call of a slope on the operands of a node."""

    def unknown(*_: float) -> float:
        raise TypeError(
            f"the derivative of {str(node.op)!r} takes plain numbers, so it has no derivative in "
            "turn: write it with functions of autograd, or as another custom_gradient"
        )

    op = _custom(f"slope of {node.op}", slope, unknown)
    z = slope(*_numbers(node))
    return record(op, z, node.parents, (nan,) * len(node.parents), node.operands)


def _numbers(node: Value) -> list[float]:
    return [x._data if isinstance(x, Value) else x for x in node.operands]
