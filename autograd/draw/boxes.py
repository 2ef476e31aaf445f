"""What a picture is made of: boxes and arrows, plain numbers and texts, with no trace of DOT."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

__all__ = ["Arrow", "Box", "Extent", "Picture", "Row", "as_float", "extent"]


@dataclass(frozen=True)
class Extent:
    """The smallest and the largest of some numbers, and how many are nan or infinite."""

    low: float
    high: float
    odd: int = 0


def as_float(x: Any) -> float:
    """Return a number, also one that is a Value, as a float, and 0.0 for what is none."""
    x = getattr(x, "_data", x)
    return float(x) if hasattr(x, "__float__") else 0.0


def extent(numbers: Iterable[Any]) -> Extent:
    """Return between which numbers all of some lie; nan and infinite ones are counted only.

    >>> extent([3.0, -1.0, float("nan")])
    Extent(low=-1.0, high=3.0, odd=1)
    """
    listed = [as_float(x) for x in numbers]
    finite = [x for x in listed if isfinite(x)] or [0.0]
    return Extent(min(finite), max(finite), sum(not isfinite(x) for x in listed))


@dataclass(frozen=True)
class Row:
    """A line in a folded box: some of its nodes, between which numbers and gradients they lie.

    In the place of the gradients there may be a text, or None where they take none.
    """

    word: str
    data: Extent
    gradient: Extent | str | None


@dataclass(frozen=True)
class Box:
    """Something drawn: a node, a copy of one, several folded, a plain number, or what is left out.

    Attributes:
        name: unique in the picture: "n7" the node, "n7c2" a copy, "n7k0" a number, "n7r" the rest.
        kind: "leaf", "inner", "constant", "copy", "folded", "folded copy", "number" or "rest".
        sign: the sign of the operation, "" for a leaf.
        label: any text.
        data, gradient: the numbers; None where there is none to show. Of a folded box, the gradient
            that is largest in size.
        output: whether it is one of the roots.
        note: a second, smaller text in a folded box.
        rows: the lines in a folded box.
    """

    name: str
    kind: str
    sign: str = ""
    label: str = ""
    data: Any = None
    gradient: Any = None
    output: bool = False
    note: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Arrow:
    """A use of one box by another, with the local derivative; `count` uses drawn as one."""

    tail: str
    head: str
    derivative: float | None = None
    count: int = 1


@dataclass
class Picture:
    """The boxes and arrows in the order in which they are written.

    Attributes:
        boxes, arrows: what is drawn.
        drawn, total: how many of the nodes are drawn, and how many there are; of a folded picture,
            how many of the boxes.
        folded: how many nodes are folded into these boxes, 0 where none are.
        names: the name of the box of each node drawn.
        rows: by the name of a box the nodes whose gradients its lines show.
    """

    boxes: list[Box] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    drawn: int = 0
    total: int = 0
    folded: int = 0
    names: dict[Any, str] = field(default_factory=dict)
    rows: dict[str, list[list[Any]]] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """The number of nodes of the graph, or of boxes of a folded one, that are not drawn."""
        return self.total - self.drawn
