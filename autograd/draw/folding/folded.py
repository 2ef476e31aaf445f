"""The picture of a large graph: its neurons or layers as boxes, as far as they fold."""

from __future__ import annotations

from collections.abc import Iterable
from math import nan
from typing import Any

from autograd.draw.arranging import Subject, arranged
from autograd.draw.boxes import Box, Picture
from autograd.draw.folding.cells import cells_of
from autograd.draw.folding.groups import Group, groups_of
from autograd.draw.folding.words import box_of_group, number_boxes
from autograd.draw.picture import picture, roots_of
from autograd.graph import topological_order
from autograd.value import Value

__all__ = ["folded"]


def folded(root: Value | Iterable[Value], limit: int = 300) -> Picture:
    """Return what to draw of the graph below one Value or several, folded where it is large.

    A graph of at most `limit` nodes, counted as often as they are drawn, is drawn as `picture`
    draws it, and so is one in which no operation is like another and every leaf has a label.

    >>> from autograd import tanh
    >>> hidden = [tanh(Value(0.1) * 2.0 + Value(0.3) * 0.5) for _ in range(100)]
    >>> [box.label for box in folded(sum(hidden)).boxes]
    ['layer of 100 neurons: tanh', '2 numbers each', '+ of 101', '']
    """
    roots = roots_of(root)
    order = topological_order(roots)
    if len(order) <= limit and len(order) + _copies(plain := picture(roots, limit)) <= limit:
        return plain
    groups = groups_of(cells_of(order, roots))
    if not any(_folds(group) for group in dict.fromkeys(groups.values())):
        return picture(roots, limit)
    result = arranged(_subject(roots, groups), limit)
    names = result.names
    result.folded = len(order)
    result.rows = {name: [row for row in (g.heads, g.leaves) if row] for g, name in names.items()}
    result.names = {x: names[group] for x, group in groups.items() if group in names}
    return result


def _copies(drawn: Picture) -> int:
    return sum(box.kind == "copy" for box in drawn.boxes)


def _folds(group: Group) -> bool:
    """Return whether a group holds several operations, or several leaves that nobody labelled."""
    inner = sum(node._a is not None for cell in group.cells for node in cell.nodes)
    nameless = sum(x._a is None and not x.label for x in (*group.heads, *group.leaves))
    return inner > 1 or nameless > 1


def _subject(roots: list[Value], groups: dict[Value, Group]) -> Subject:
    outputs = set(roots)

    def box(group: Group, name: str) -> Box:
        return box_of_group(group, name, outputs)

    def uses(group: Group, name: str) -> dict[Any, list[float]]:
        found: dict[Any, list[float]] = {box: [] for box in number_boxes(group, name)}
        for source, count in group.uses.items():
            found[source] = [nan] * count if count > 1 else [_derivative(group, source, groups)]
        return found

    def parents(group: Group) -> list[Group]:
        return list(group.uses)

    return Subject(list(dict.fromkeys(groups[x] for x in roots)), parents, box, uses)


def _derivative(group: Group, source: Group, groups: dict[Value, Group]) -> float:
    """Return the local derivative of the only use of one group by another."""
    pairs = (
        (x, slope)
        for cell in group.cells
        for node in cell.nodes
        for x, slope in zip(node.parents, node._slopes(), strict=True)
    )
    return next(slope for x, slope in pairs if groups[x] is source)
