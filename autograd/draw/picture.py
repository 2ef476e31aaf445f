"""From a graph to a picture: which boxes and arrows there are, before anybody draws them.

`picture` walks from the outputs towards the leaves and returns a `Picture`. It turns the plain
numbers among the operands of an operation into boxes of their own; what is drawn of a large graph,
and what is drawn again, is decided in `arranging`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from autograd.draw.arranging import MANY_NUMBERS, Subject, arranged
from autograd.draw.boxes import Box, Picture
from autograd.draw.text import whole
from autograd.rules import INDEXED, TABLE
from autograd.value import Value

__all__ = ["box_of", "number_box", "operands_of", "picture", "roots_of", "sign_of"]


def roots_of(root: Value | Iterable[Value]) -> list[Value]:
    """Return one Value or several as a list; raise TypeError or ValueError where it is neither."""
    roots = [root] if isinstance(root, Value) else _listed(root)
    for x in roots:
        if not isinstance(x, Value):
            raise TypeError(f"a picture is drawn of Values: {x!r} has no graph")
    if not roots:
        raise ValueError("there is nothing to draw: give a Value, or several in a list")
    return list(dict.fromkeys(roots))


def _listed(root: Any) -> list[Any]:
    try:
        return list(root)
    except TypeError:
        raise TypeError(f"a picture is drawn of a Value or of several, not of {root!r}") from None


def picture(root: Value | Iterable[Value], limit: int = 300) -> Picture:
    """Return what to draw of the graph below one Value or several.

    Args:
        root: the outputs.
        limit: the largest number of nodes to draw; those nearest the outputs come first.

    >>> x = Value(3.0, label="x")
    >>> [(arrow.tail, arrow.derivative) for arrow in picture(x * x).arrows]
    [('n1', 3.0), ('n1', 3.0)]
    """
    roots = roots_of(root)
    outputs = set(roots)

    def box(node: Value, name: str) -> Box:
        return box_of(node, name, node in outputs)

    result = arranged(Subject(roots, lambda node: node.parents, box, _uses), limit)
    result.rows = {name: [[node]] for node, name in result.names.items()}
    return result


def _uses(node: Value, name: str) -> dict[Any, list[float]]:
    """Return the operands with their local derivatives, and the boxes of those that are numbers."""
    operands = list(operands_of(node))
    numbers = [
        (i, x, what) for i, (x, derivative, what) in enumerate(operands) if derivative is None
    ]
    if len(numbers) > MANY_NUMBERS:
        together = Box(f"{name}k", "number", label=f"{whole(len(numbers))} numbers")
        boxes = {i: together for i, _, _ in numbers}
    else:
        boxes = {i: replace(number_box(x, what), name=f"{name}k{i}") for i, x, what in numbers}
    found: dict[Any, list[float]] = {}
    for i, (x, derivative, _) in enumerate(operands):
        if derivative is None:
            found[boxes[i]] = []
        else:
            found.setdefault(x, []).append(derivative)
    return found


def box_of(node: Value, name: str, output: bool = False) -> Box:
    """Return the box of a node."""
    kind = "constant" if node.op == "constant" else "inner" if node.op else "leaf"
    gradient = None if kind == "constant" else node.grad
    return Box(name, kind, sign_of(node), node.label, node._data, gradient, output)


def sign_of(node: Value) -> str:
    """Return what stands for an operation: its sign in the table, else its name."""
    if node.op in INDEXED:
        return f"{node.op}[{node.operands[-1]}]"
    if node.op == "constant":
        return ""
    return TABLE[node.op].sign if node.op in TABLE else str(node.op)


def number_box(x: Any, what: str) -> Box:
    """Return the box of an operand that takes no gradient."""
    if what == "condition":
        return Box("", "number", label="if true" if getattr(x, "_data", x) else "if false")
    return Box("", "number", label=what, data=getattr(x, "_data", x))


def operands_of(node: Value) -> Iterator[tuple[Any, float | None, str]]:
    """Yield each operand with its local derivative, None where it has none, and what it is."""
    if node.op == "where":
        yield from _choice(node)
        return
    operands = node.operands[:-1] if node.op in INDEXED else node.operands
    names = _names(node.op, len(operands))
    derivatives = iter(node._slopes())
    for x, name in zip(operands, names, strict=True):
        yield (x, next(derivatives), "") if isinstance(x, Value) else (x, None, name)


def _names(op: str, count: int) -> list[str]:
    """Return a name for each operand that is a parameter of the row, as in `slope`."""
    parameters = list(TABLE[op].parameters) if op in TABLE else []
    return [""] * (count - len(parameters)) + parameters


def _choice(node: Value) -> Iterator[tuple[Any, float | None, str]]:
    """Yield the operands of a `where`: only the one that was chosen has a derivative."""
    condition, *branches = node.operands
    chosen = 0 if getattr(condition, "_data", condition) else 1
    yield condition, None, "condition"
    for i, x in enumerate(branches):
        used = i == chosen and isinstance(x, Value)
        yield x, 1.0 if used else None, "" if i == chosen else "not chosen"
