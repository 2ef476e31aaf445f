"""From a graph to a picture: which boxes and arrows there are, before anybody draws them.

`picture` walks from the outputs towards the leaves and returns a `Picture`: plain numbers and
texts, with no trace of DOT. It draws the part of a large graph that is nearest the outputs and
counts the rest, draws a leaf that is used in many places, or a node that is used far away, again as
a copy, and turns the plain numbers among the operands into boxes of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any

from autograd.draw.text import whole
from autograd.rules import TABLE
from autograd.value import Value

__all__ = ["Arrow", "Box", "Picture", "picture", "roots_of"]

MANY_USES = 4  # a leaf used by more nodes than this is copied
FAR = 16  # a node used so many steps later is copied: dot's time follows long arrows
MANY_NUMBERS = 6  # more plain numbers than this in one operation are one box
MANY_ARROWS = 4  # more arrows than this from one node to another are one arrow
ARROWS_PER_NODE = 4  # of the limit: beyond it dot takes seconds


@dataclass(frozen=True)
class Box:
    """Something drawn: a node, a copy of one, a plain number, or what was left out.

    Attributes:
        name: unique in the picture: "n7" the node, "n7c2" a copy, "n7k0" a number, "n7r" the rest.
        kind: "leaf", "inner", "constant", "copy", "number" or "rest".
        sign: the sign of the operation, "" for a leaf.
        label: any text.
        data, gradient: the numbers; None where there is none to show.
        output: whether it is one of the roots.
    """

    name: str
    kind: str
    sign: str = ""
    label: str = ""
    data: Any = None
    gradient: Any = None
    output: bool = False


@dataclass(frozen=True)
class Arrow:
    """A use of one box by another, with the local derivative; `count` uses drawn as one."""

    tail: str
    head: str
    derivative: float | None = None
    count: int = 1


@dataclass
class Picture:
    """The boxes and arrows in the order in which they are written, and how many nodes there are."""

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    drawn: int = 0
    total: int = 0

    @property
    def left_out(self) -> int:
        """The number of nodes of the graph that are not drawn."""
        return self.total - self.drawn


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
    order = _nearest_first(roots)
    drawn = order[: _affordable(order[: max(limit, 1)], ARROWS_PER_NODE * limit)]
    result = Picture(drawn=len(drawn), total=len(order))
    draughtsman = _Draughtsman(result, {node: f"n{i}" for i, node in enumerate(drawn)}, set(roots))
    for node in sorted(drawn, key=lambda node: -draughtsman.heights[node]):
        draughtsman.add(node)
    return result


def _nearest_first(roots: list[Value]) -> list[Value]:
    """Return all nodes of a graph, in the order of their distance from the roots."""
    order, seen = list(roots), set(roots)
    for node in order:  # grows while it is read
        for parent in node.parents:
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    return order


def _heights(drawn: list[Value]) -> dict[Value, int]:
    """Return how many arrows the longest way from each node to an output has."""
    heights = dict.fromkeys(drawn, 0)
    parents = {node: [x for x in node.parents if x in heights] for node in drawn}
    for node in reversed(list(TopologicalSorter(parents).static_order())):
        for parent in parents[node]:
            heights[parent] = max(heights[parent], heights[node] + 1)
    return heights


def _affordable(order: list[Value], arrows: int) -> int:
    """Return how many of the first nodes have at most so many arrows among them."""
    place = {node: i for i, node in enumerate(order)}
    drawn_from = sorted(
        max(i, place[parent])
        for i, node in enumerate(order)
        for parent in set(node.parents)
        if parent in place
    )
    return len(order) if len(drawn_from) <= arrows else max(drawn_from[arrows], 1)


class _Draughtsman:
    """Adds nodes, one by one, to a picture."""

    def __init__(self, picture: Picture, names: dict[Value, str], roots: set[Value]) -> None:
        self.picture = picture
        self.names = names
        self.roots = roots
        self.heights = _heights(list(names))
        uses = Counter(p for node in names for p in set(node.parents) if p in names)
        self.copied = {x for x, n in uses.items() if n > MANY_USES and not x.parents}
        self.used: set[Value] = set()
        self.copies: Counter[Value] = Counter()

    def add(self, node: Value) -> None:
        """Draw a node, what is new among its operands, and the arrows from them, in their order."""
        name = self.names[node]
        self.picture.boxes.append(_box(name, node, node in self.roots))
        uses = list(_operands(node))
        alone = sum(derivative is None for _, derivative, _ in uses) <= MANY_NUMBERS
        groups: dict[Any, list[Any]] = {}
        for i, (x, derivative, what) in enumerate(uses):
            if derivative is None:
                groups.setdefault(f"{name}k{i if alone else ''}", []).append(_number(x, what))
            elif x in self.names:
                groups.setdefault(x, []).append(derivative)
            else:
                groups.setdefault(f"{name}r", []).append(x)
        for operand, found in groups.items():
            if isinstance(operand, Value):
                self._arrows(self._source(operand, node), name, found)
            else:
                self._plain(operand, name, found)

    def _source(self, x: Value, user: Value) -> str:
        """Return the box an arrow comes from: the node, or one more copy of it."""
        name = self.names[x]
        if self.heights[x] - self.heights[user] <= FAR and not self._is_used_up(x):
            return name
        self.copies[x] += 1
        copy = f"{name}c{self.copies[x]}"
        self.picture.boxes.append(replace(_box(copy, x, False), kind="copy"))
        return copy

    def _is_used_up(self, x: Value) -> bool:
        """Return whether x is to be copied at each use but the first, and has had that one."""
        used = x in self.used
        self.used.add(x)
        return used and x in self.copied

    def _arrows(self, tail: str, head: str, derivatives: list[float]) -> None:
        if len(derivatives) > MANY_ARROWS:
            self.picture.arrows.append(Arrow(tail, head, None, len(derivatives)))
        else:
            self.picture.arrows += [Arrow(tail, head, d) for d in derivatives]

    def _plain(self, name: str, head: str, found: list[Any]) -> None:
        """Draw a number, or the count of several or of nodes left out, with a line to its use."""
        if name.endswith("r"):
            box = Box(name, "rest", label=f"… {whole(len(found))} more")
        elif len(found) > 1:
            box = Box(name, "number", label=f"{whole(len(found))} numbers")
        else:
            box = replace(found[0], name=name)
        self.picture.boxes.append(box)
        self.picture.arrows.append(Arrow(name, head))


def _box(name: str, node: Value, output: bool) -> Box:
    kind = "constant" if node.op == "constant" else "inner" if node.op else "leaf"
    gradient = None if kind == "constant" else node.grad
    return Box(name, kind, _sign(node), node.label, node._data, gradient, output)


def _sign(node: Value) -> str:
    """Return what stands for an operation: its sign in the table, else its name."""
    if node.op == "softmax":
        return f"softmax[{node.operands[-1]}]"
    if node.op == "constant":
        return ""
    return TABLE[node.op].sign if node.op in TABLE else str(node.op)


def _number(x: Any, what: str) -> Box:
    """Return the box of an operand that takes no gradient."""
    if what == "condition":
        return Box("", "number", label="if true" if getattr(x, "_data", x) else "if false")
    return Box("", "number", label=what, data=getattr(x, "_data", x))


def _operands(node: Value) -> Iterator[tuple[Any, float | None, str]]:
    """Yield each operand with its local derivative, None where it has none, and what it is."""
    if node.op == "where":
        yield from _choice(node)
        return
    operands = node.operands[:-1] if node.op == "softmax" else node.operands
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
