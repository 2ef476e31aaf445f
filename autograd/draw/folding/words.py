"""What a folded box says: what it stands for, of how many nodes, and the range of their numbers.

>>> title("layer of 16 neurons: tanh", 10)
'layer of 16 neurons: tanh, 10 times'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from autograd.draw.boxes import Box, Row, as_float, extent
from autograd.draw.folding.cells import CHAINS, SUMS, Cell
from autograd.draw.folding.groups import Group
from autograd.draw.picture import box_of, number_box, operands_of, sign_of
from autograd.draw.text import whole
from autograd.value import Value

__all__ = ["box_of_group", "number_boxes", "title"]

MANY_LABELS = 3


def box_of_group(group: Group, name: str, outputs: set[Value]) -> Box:
    """Return the box of a group: that of its node where it is only one."""
    if group.only is not None:
        return box_of(group.only, name, group.only in outputs)
    heads, leaves = group.heads, group.leaves
    rows = [_row(_word(group), heads)]
    rows += [_row(_counted(len(leaves), "leaf", "leaves"), leaves)] if leaves else []
    gradients = [as_float(node.grad) for node in heads]
    strongest = max(gradients, key=abs)
    return Box(name, "folded", label=_title(group), gradient=strongest, note=_note(group),
               output=not outputs.isdisjoint(heads), rows=tuple(rows))  # fmt: skip


def title(what: str, times: int) -> str:
    """Return what a box stands for, and how often."""
    return what if times == 1 else f"{what}, {whole(times)} times"


def _counted(count: int, one: str, many: str) -> str:
    return f"{whole(count)} {one if count == 1 else many}"


def _row(word: str, nodes: Sequence[Value]) -> Row:
    slopes = [node.grad for node in nodes if node.op != "constant"]
    return Row(word, extent(node._data for node in nodes), extent(slopes) if slopes else None)


def _word(group: Group) -> str:
    if group.heads[0]._a is None:
        return ""
    return "output" if len(group.cells) == 1 else f"{whole(len(group.cells))} outputs"


def _title(group: Group) -> str:
    cell, count = group.cells[0], len(group.cells)
    if cell.head._a is None:
        kind = ("constant", "constants") if cell.head.op == "constant" else ("leaf", "leaves")
        return _counted(count, *kind)
    if cell.weighs:
        activation = "linear" if cell.head.op in ("dot", *SUMS) else sign_of(cell.head)
        layer = f"layer of {whole(group.width)} neurons: {activation}"
        return title(layer if group.width > 1 else f"neuron: {activation}", count // group.width)
    sign = "softmax" if cell.head.op == "softmax" else sign_of(cell.head)
    if len(cell.nodes) == 1:
        return f"{whole(count)} × {sign}"
    if cell.head.op in CHAINS:
        return title(f"{sign} of {whole(_terms(cell))}", count)
    return title(f"{sign} of {sign_of(cell.nodes[1])}", count)


def _terms(cell: Cell) -> int:
    """Return how many operands a tree of sums, or a chain of differences, has."""
    return sum(len(node.operands) for node in cell.nodes) - len(cell.nodes) + 1


def _note(group: Group) -> str:
    """Return the labels, or how many inputs and nodes there are."""
    labels = list(dict.fromkeys(str(node.label) for node in group.heads if node.label))
    found = [", ".join(labels[:MANY_LABELS]) + (", …" if len(labels) > MANY_LABELS else "")]
    if group.cells[0].weighs:
        each = " each" if len(group.cells) > 1 else ""
        found.append(_counted(_inputs(group.cells[0]), "input", "inputs") + each)
    if group.size > len(group.cells):
        found.append(f"{whole(group.size)} nodes")
    return ", ".join(part for part in found if part)


def _inputs(cell: Cell) -> int:
    """Return how many products a weighted sum has, without that of 1 and a bias."""
    dots = [node for node in cell.nodes if node.op == "dot"]
    products = sum(len(node.operands) // 2 - _has_bias(node) for node in dots)
    return products + sum(node.op == "mul" for node in cell.nodes)


def _has_bias(node: Value) -> bool:
    """Return whether the first product of a dot is that of 1 and a bias."""
    one = node.operands[len(node.operands) // 2] if node.op == "dot" else None
    return isinstance(one, float) and one == 1.0


def number_boxes(group: Group, name: str) -> list[Box]:
    """Return a box for the plain numbers among the operands, where there are any."""
    first = _numbers(group.cells[0])
    if not first:
        return []
    if len(first) == 1 and len({repr(_numbers(cell)) for cell in group.cells}) == 1:
        return [replace(first[0], name=f"{name}k0")]
    each = " each" if len(group.cells) > 1 else ""
    return [Box(f"{name}k", "number", label=_counted(len(first), "number", "numbers") + each)]


def _numbers(cell: Cell) -> list[Box]:
    """Return the numbers among the operands, without those beside a bias."""
    return [
        number_box(x, what)
        for node in cell.nodes
        for x, derivative, what in _without_bias(node)
        if derivative is None
    ]


def _without_bias(node: Value) -> list[tuple[Any, float | None, str]]:
    operands = list(operands_of(node))
    half = len(operands) // 2
    return operands[:half] + operands[half + 1 :] if _has_bias(node) else operands
