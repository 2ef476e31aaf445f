"""Layers, found by structure: cells of one shape that have one past are one group.

`groups_of` divides the cells of a graph: each for itself where that makes a small picture, else in
layers. The neurons of a layer are alike, and so are those of the same layer for another sample;
shared leaves are alike that have the same users on the same side, as the weights of a layer have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from autograd.draw.folding.cells import Cell
from autograd.value import Value

__all__ = ["Group", "groups_of"]

READABLE = 60  # boxes, and twice as many arrows: beyond it neurons are folded into layers


class Group:
    """Cells that are drawn as one box.

    Attributes:
        cells: of one shape.
        uses: the groups that they are made from, each with how often.
        width: how many neurons the layer has; where there are more cells, they are its neurons for
            several samples.
    """

    def __init__(self, cells: list[Cell]) -> None:
        self.cells = cells
        self.uses: Counter[Group] = Counter()
        self.width = 1

    @property
    def heads(self) -> list[Value]:
        """The nodes that others use."""
        return [cell.head for cell in self.cells]

    @property
    def leaves(self) -> list[Value]:
        """The leaves inside, beside the heads."""
        return [leaf for cell in self.cells for leaf in cell.leaves]

    @property
    def only(self) -> Value | None:
        """The node, where there is only one."""
        cell = self.cells[0]
        return cell.head if len(self.cells) == cell.size == 1 else None

    @property
    def size(self) -> int:
        """The number of nodes."""
        return sum(cell.size for cell in self.cells)


def groups_of(found: dict[Value, Cell]) -> dict[Value, Group]:
    """Return the group of each node, from its cell.

    >>> from autograd import topological_order
    >>> from autograd.draw.folding.cells import cells_of
    >>> total = Value(1.0) * 2.0 + Value(3.0) * 4.0
    >>> len(set(groups_of(cells_of(topological_order(total), [total])).values()))
    1
    """
    cells = list(dict.fromkeys(found.values()))
    if len(cells) <= READABLE:
        single = _linked([[cell] for cell in cells], found)
        if sum(len(group.uses) for group in set(single.values())) <= 2 * READABLE:
            return single
    return _linked(_layers(cells, found), found)


def _linked(parts: Iterable[list[Cell]], found: dict[Value, Cell]) -> dict[Value, Group]:
    of_cell = {cell: group for group in map(Group, parts) for cell in group.cells}
    groups = {node: of_cell[cell] for node, cell in found.items()}
    for cell, group in of_cell.items():
        group.uses.update([groups[x] for x in cell.sources])
    for group in set(of_cell.values()):
        group.width = _width(group, groups)
    return groups


def _width(group: Group, groups: dict[Value, Group]) -> int:
    """Return how many neurons a layer has: so many sets of weights, each used equally often.

    The weights are either leaves of the neurons or, where other samples share them, the group of
    the first leaf that a neuron uses: in `w * x` and `dot(ws, xs)` weights mostly come first.
    """
    count = len(group.cells)
    first = next((x for x in group.cells[0].sources if x._a is None), None)
    if count == 1 or group.leaves or first is None:
        return count
    weights = groups[first]
    sets = {tuple([x for x in cell.sources if groups[x] is weights]) for cell in group.cells}
    return len(sets) if count % len(sets) == 0 else count


def _layers(cells: Sequence[Cell], found: dict[Value, Cell]) -> list[list[Cell]]:
    """Return the cells that belong together.

    The class of a cell is its shape and, counted, the classes of what it is made from: an equal
    class means an equal past. Shared leaves have no past; they are told apart by the classes of
    their users, and by the side that they stand on there, which is another for weights and inputs.
    """
    numbers: dict[Any, int] = {}
    classes: dict[Cell, int] = {}
    layers: dict[Any, list[Cell]] = {}
    uses: dict[Value, set[tuple[int, bool]]] = {c.head: set() for c in cells if c.head._a is None}
    for cell in _past_first(cells, found):
        sources = [found[x] for x in cell.sources]
        past = Counter(classes.get(source, -1) for source in sources)
        key = (_shape(cell), frozenset(past.items()))
        classes[cell] = numbers.setdefault(key, len(numbers))
        layers.setdefault(key, []).append(cell)
        for node in cell.nodes:
            left = _left(node)
            for i, x in enumerate(node.parents):
                if x in uses:
                    uses[x].add((classes[cell], i < left))
    for leaf, use in uses.items():
        layers.setdefault((leaf.op, frozenset(use)), []).append(found[leaf])
    return list(layers.values())


def _past_first(cells: Sequence[Cell], found: dict[Value, Cell]) -> list[Cell]:
    """Return the cells that are no leaves, each behind those that it is made from."""
    place = {node: i for i, node in enumerate(found)}
    return sorted((c for c in cells if c.head._a is not None), key=lambda c: place[c.head])


def _shape(cell: Cell) -> Any:
    """Return what tells cells of different computations apart."""
    operands = sum(len(node.operands) for node in cell.nodes)
    return cell.head.op, operands, tuple(sorted(Counter(node.op for node in cell.nodes).items()))


def _left(node: Value) -> int:
    """Return how many of the parents stand on the left side of an operation that has two."""
    if node.op == "dot":
        operands = node.operands
        return sum(isinstance(x, Value) for x in operands[: len(operands) // 2])
    return 1 if len(node.parents) == 2 and node.op != "add" else 0
