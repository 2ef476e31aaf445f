"""One operation as a program that runs: what a message shows, to see a failure again.

`reproducer` writes the smallest program that repeats an operation with its numbers, and its
backward pass; `advice` says what usually mends an operation that gave nan or infinity.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isinf, isnan
from typing import TYPE_CHECKING, Any

from autograd.rules import MANY, SIGNS, TABLE

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["advice", "reproducer"]

_WORD = re.compile(r"[A-Za-z_]\w*")
_OURS = frozenset(TABLE)  # users add theirs later
_ADVICE = {
    ("log", "log2", "log10", "log1p"): "the logarithm of 0 has no finite value or slope: keep its "
    "operand above 0, as in log(maximum(x, 1e-12)), or take logsumexp, softplus or log1p",
    (
        "div",
        "reciprocal",
        "mod",
        "fmod",
    ): "a division by 0: guard the divisor inside a where, as in "
    "where(y > 0, x / where(y > 0, y, 1.0), 0.0)",
    ("sqrt", "pow", "cbrt", "shifted_pow"): "a root has an infinite slope at 0 and no value below: "
    "keep its operand away from 0, as in sqrt(x + 1e-12)",
    ("exp", "expm1", "sinh", "cosh"): "too large for a float: subtract the maximum first, as "
    "logsumexp and softmax do, or stay in logarithms",
    ("asin", "acos", "atanh", "acosh"): "at or beyond the edge of its domain: clip the operand to "
    "the inside, as in clip(x, -1 + 1e-12, 1 - 1e-12)",
    ("lgamma", "digamma", "polygamma"): "a pole at 0, -1, -2, ...: keep the operand above 0",
    ("mul", "dot", "prod", "square"): "a product too large for a float, or 0 * inf: scale the "
    "factors, or add logarithms",
    ("add", "sub", "sum", "mean", "norm"): "inf - inf, or too large for a float: look at where the "
    "operands come from, or scale them",
}


def advice(op: str) -> str:
    """Return what usually mends an operation that is not finite; empty where nothing is known.

    >>> advice("exp")[:21]
    'too large for a float'
    """
    return next((text for names, text in _ADVICE.items() if op in names), "")


def reproducer(
    node: Value, gradient: float = 1.0, added: Mapping[Value, float] | None = None
) -> str:
    """Return a program that repeats the operation of a node on its numbers, and differentiates it.

    Args:
        node: the result of the operation.
        gradient: what its backward pass starts with.
        added: gradients that operands got before, from other uses of them.

    >>> from autograd import Value
    >>> print(reproducer(Value(0.0, label="rate").log()))
    import autograd
    rate = autograd.Value(0.0, label='rate')
    z = autograd.log(rate)
    z.backward()
    print(z.data, rate.grad)
    """
    names: dict[int, str] = {}
    lines = ["import autograd", *_needed(str(node.op))]
    shown = [_operand(x, names, lines) for x in (node.operands if node.op else [node])]
    lines.append(f"z = {_yours(node, shown) or _expression(str(node.op), shown)}")
    for x, before in (added or {}).items():
        lines.append(f"({_number(before)} * {names[id(x)]}).backward()  # its other uses")
    lines.append("z.backward()" if gradient == 1.0 else f"z.backward({_number(gradient)})")
    grads = ", ".join(f"{name}.grad" for name in names.values())
    lines.append(f"print(z.data, {grads})" if grads else "print(z.data)")
    return "\n".join(lines)


def _operand(x: Any, names: dict[int, str], lines: list[str]) -> str:
    """Return how an operand is written; a Value gets a line of its own and a name."""
    if not hasattr(x, "_data"):
        return _number(x)
    if id(x) not in names:
        text = str(x.label or "")  # a label assigned later may be anything
        names[id(x)] = name = _variable(text, set(names.values()))
        label = f", label={text!r}" if text else ""
        lines.append(f"{name} = autograd.Value({_number(x._data)}{label})")
    return names[id(x)]


def _number(x: Any) -> str:
    if isinstance(x, float) and (isnan(x) or isinf(x)):
        return f"float({str(x)!r})"
    return repr(x)


def _variable(label: str, taken: set[str]) -> str:
    """Return the label as a name where it is one, else x, x1, x2, ..."""
    known = {"z", "autograd", "print", "float", "__debug__", *taken}
    if label.isidentifier() and label.isascii() and label not in known and not _is_keyword(label):
        return label
    return next(name for i in range(len(taken) + 1) if (name := f"x{i or ''}") not in known)


def _is_keyword(label: str) -> bool:
    import keyword

    return keyword.iskeyword(label)


def _needed(op: str) -> list[str]:
    """Return the definitions of the user's own rules that a rule of theirs is written with."""
    yours = TABLE.keys() - _OURS
    found, left = {op}, [op] if op in yours else []
    while left:
        row = TABLE[left.pop()]
        inner = yours.intersection(_WORD.findall(" ".join([row.value, *row.derivatives]))) - found
        found |= inner
        left += inner
    return [_definition(name) for name in TABLE if name in found - {op}]  # as they were defined


def _definition(op: str) -> str:
    texts = [op, TABLE[op].value, *TABLE[op].derivatives]
    defaults = [f"{name}={value!r}" for name, value in TABLE[op].parameters.items()]
    return f"autograd.rule({', '.join([*map(repr, texts), *defaults])})"


def _yours(node: Value, shown: list[str]) -> str:
    """Return an operation that the user made, with its definition; empty for the others."""
    op, operands = node.op, ", ".join(shown)
    if op in TABLE and op not in _OURS:
        return f"{_definition(op)}({operands})"
    if hasattr(op, "derivative"):
        slopes = iter(node.local_derivatives)
        known = [_number(next(slopes)) if hasattr(x, "_data") else "0.0" for x in node.operands]
        definition = f"lambda *_: {_number(node._data)}, lambda *_: [{', '.join(known)}]"
        return f"autograd.custom_gradient({definition})({operands})  # for your {str(op)!r}"
    return ""


def _expression(op: str, shown: list[str]) -> str:
    """Return the operation in Python, on operands as they are written."""
    if not op:  # a leaf, which backward() was called on
        return shown[0]
    if op in SIGNS:
        left = f"({shown[0]})" if shown[0].startswith("-") else shown[0]  # -2.0 ** x is -(2.0 ** x)
        return f"-{shown[0]}" if op == "neg" else f"{left} {SIGNS[op]} {shown[1]}"
    if op == "softmax":
        return f"autograd.softmax([{', '.join(shown[:-1])}])[{shown[-1]}]"
    if op == "direction":
        *numbers, index = shown
        length = f"autograd.norm([{', '.join(numbers)}])"
        return f"autograd.functions.ratio({numbers[int(index)]}, {length})"
    if op == "dot":
        half = len(shown) // 2
        return f"autograd.dot([{', '.join(shown[:half])}], [{', '.join(shown[half:])}])"
    if op in MANY:
        return f"autograd.{op}([{', '.join(shown)}])"
    if op == "where" or op in TABLE:
        return (
            f"autograd.functions.{op}({', '.join(shown)})"
            if _is_inner(op)
            else f"autograd.{op}({', '.join(shown)})"
        )
    return f"{op}({', '.join(shown)})  # your own operation"


def _is_inner(op: str) -> bool:
    import autograd

    return not hasattr(autograd, op)
