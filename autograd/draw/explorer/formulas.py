"""The texts of a step: what the node is, the row of the table it comes from, what each parent gets.

>>> x, y = Value(3.0, "x"), Value(-2.0, "y")
>>> z = x * y
>>> equation(z, {x: "x", y: "y", z: "z"})
'z = x * y'
>>> row_of(z)
'row mul: z = x * y, dz/dx = y, dz/dy = x'
"""

from __future__ import annotations

import re
from typing import Any

from autograd.draw.explorer.naming import isolated
from autograd.draw.explorer.steps import Share
from autograd.draw.picture import sign_of
from autograd.draw.text import visible, whole
from autograd.rules import INDEXED, MANY, OPERANDS, SIGNS, TABLE
from autograd.value import Value

__all__ = ["brief", "equation", "formula", "given", "row_of", "slope", "sum_of_two"]

MOST_OPERANDS = 6
LONG_ROW = 40  # a derivative of more characters says more where it stands in the row
_WORD = re.compile(r"[A-Za-z_]\w*")

Names = dict[Value, str]


def brief(x: Any) -> str:
    """Write a number as Python does where that is short, else with six digits.

    >>> brief(0.5), brief(2.0 / 3.0), brief(-0.0)
    ('0.5', '0.666667', '0.0')
    """
    x = getattr(x, "_data", x) + 0.0
    return repr(x) if len(repr(x)) <= 8 else format(x, ".6g")


def _operand(x: Any, names: Names) -> str:
    return isolated(names.get(x, "?")) if isinstance(x, Value) else brief(x)


def equation(node: Value, names: Names) -> str:
    """Return how a node was made from its operands, by their names."""
    return f"{isolated(names[node])} = {_made(node, names)}"


def _made(node: Value, names: Names) -> str:
    everything = node.operands[:-1] if node.op in INDEXED else node.operands
    operands = [_operand(x, names) for x in everything[:MOST_OPERANDS]]
    rest = len(everything) - len(operands)
    sign = visible(sign_of(node))
    if node.op in SIGNS and len(operands) == 2:
        left, right = operands
        left = f"({left})" if left.startswith("-") else left  # -2.0 ** x is -(2.0 ** x)
        return f"{left} {sign} {right}"
    if node.op == "where" and not isinstance(everything[0], Value):
        operands[0] = str(bool(everything[0]))
    if node.op == "neg":
        return f"-{operands[0]}"
    return f"{sign}({', '.join(operands)}{f', … {whole(rest)} more' if rest else ''})"


def row_of(node: Value) -> str:
    """Return the row of the table of derivatives that an operation comes from, or what else is."""
    op = str(node.op)
    if op in TABLE:
        row = TABLE[op]
        pairs = zip(row.operands, row.derivatives, strict=True)
        slopes = [f"dz/d{letter} = {_cut(text)}" for letter, text in pairs]
        return f"row {op}: " + ", ".join([f"z = {_cut(row.value)}", *slopes])
    if op in MANY:
        value, slopes_text = MANY[op]
        return f"row {op}: z = {value}, derivatives {slopes_text}"
    if op == "where":
        return "where: derivative 1.0 for the operand chosen, none for the other"
    return f"{visible(op)}: a derivative of your own"


def _cut(text: str) -> str:
    return text if len(text) <= LONG_ROW else text[: LONG_ROW - 1] + "…"


def given(node: Value, names: Names) -> str:
    """Return what the letters in the row stand for.

    >>> x = Value(3.0, "side")
    >>> z = x * x
    >>> given(z, {x: "side", z: "v1"})
    'here x = side = 3.0, y = side = 3.0, z = v1 = 9.0'
    """
    if node.op not in TABLE:
        return ""
    found = [_given(letter, x, names) for letter, x in _letters(node).items()]
    return "here " + ", ".join(found)


def _letters(node: Value) -> dict[str, Any]:
    """Return what stands for each letter in the row of a node."""
    row = TABLE[node.op]
    words = (*OPERANDS[: len(row.derivatives)], *row.parameters)
    return dict(zip(words, node.operands, strict=False)) | {"z": node}


def _given(letter: str, x: Any, names: Names) -> str:
    name = names.get(x, "?") if isinstance(x, Value) else letter
    return (
        f"{letter} = {brief(x)}" if name == letter else f"{letter} = {isolated(name)} = {brief(x)}"
    )


def slope(node: Value, place: int, share: Share, names: Names) -> str:
    """Return the local derivative for one operand, by the row with the names put in.

    Args:
        node: the node that hands out its gradient.
        place: which of its parents gets the share.
        share: what it gets.
        names: the names of all.

    >>> x, y = Value(3.0, "side"), Value(-2.0, "y")
    >>> slope(x * y, 0, Share(x, -2.0, -2.0, None, -2.0), {x: "side", y: "height"})
    'height = -2.0'
    """
    text = _slope_text(node, place, names)
    number = brief(share.derivative)
    return number if text in ("", number) else f"{text} = {number}"


def _slope_text(node: Value, place: int, names: Names) -> str:
    op, operands = str(node.op), node.operands
    places = [i for i, x in enumerate(operands) if isinstance(x, Value)]
    if op == "dot":
        half = len(operands) // 2
        return _operand(operands[(places[place] + half) % (2 * half)], names)
    if op not in TABLE or len(TABLE[op].derivatives[places[place]]) > LONG_ROW:
        return ""
    letters = _letters(node)
    text = TABLE[op].derivatives[places[place]]
    return _WORD.sub(lambda m: _operand(letters[m[0]], names) if m[0] in letters else m[0], text)


def formula(node: Value, gradient: float, share: Share, names: Names) -> str:
    """Return what one parent gets, as in `x.grad += z.grad * dz/dx = 1.0 * -2.0 = -2.0`."""
    z, x = isolated(names[node]), isolated(names[share.parent])
    numbers = f"{brief(gradient)} * {brief(share.derivative)} = {brief(share.amount)}"
    return f"{x}.grad += {z}.grad * d{z}/d{x} = {numbers}"


def sum_of_two(share: Share, names: Names) -> str:
    """Return the gradient of a parent after its share, with the addition where it had one before.

    >>> x = Value(1.0)
    >>> sum_of_two(Share(x, 3.0, 3.0, 3.0, 6.0), {x: "x"})
    'x.grad = 3.0 + 3.0 = 6.0'
    """
    x = isolated(names[share.parent])
    if share.before is None:
        return f"{x}.grad = {share.after!r}"
    return f"{x}.grad = {brief(share.before)} + {brief(share.amount)} = {share.after!r}"
