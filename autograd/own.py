"""Operations of your own: `rule` for a formula, `custom_gradient` for a function of Python.

A formula becomes a row of the table and works in every mode and picture, to any order. Whatever is
not arithmetic, a comparison, `a if c else b` or a call of an operation is refused by `expression`,
so that a text is safe to be compiled.
"""

from __future__ import annotations

import ast
import keyword
import sys
from collections.abc import Callable, Iterable
from typing import Any

from autograd.binding import LIVE, bind_rule, float_names
from autograd.functions import Function
from autograd.numbers.real import number
from autograd.rules import CONSTANTS, MANY, OPERANDS, TABLE, Rule
from autograd.value import Scalar, Value, general

__all__ = ["custom_gradient", "expression", "rule"]

_INSIDE = {"self", "other", "node", "x", "y", "w", "z", "dx", "dy", "dw", "tie", "constant"}
_TAKEN = frozenset({*float_names(), *LIVE, *_INSIDE, *MANY, *dir(Value)})  # the generated code's


def rule(name: str, value: str, *derivatives: str, **parameters: float) -> Function:
    """Add an operation by its formula and get a function that works in every mode and picture.

    Args:
        name: an identifier that has no meaning in autograd yet.
        value: the result as a text, from operands `x`, `y`, `w` and the parameters.
        derivatives: for each operand a text, which may use the result `z` too. Both are made of
            arithmetic, comparisons, `a if c else b`, `where(c, a, b)` and operations of the table.
        parameters: names and defaults of numbers that take no gradient.

    Raises ValueError that says what is wrong with a name or a text.

    >>> softsign = rule("softsign", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    >>> softsign(Value(1.0)).local_derivatives
    (0.25,)
    """
    for word in (name, *parameters):
        if word in _TAKEN:
            raise ValueError(f"{word!r} has a meaning in autograd already: choose another name")
    if not (isinstance(name, str) and name.isidentifier()) or keyword.iskeyword(name):
        raise ValueError(f"a rule's name must be an identifier, not {name!r}")
    if not 1 <= len(derivatives) <= len(OPERANDS):
        raise ValueError(f"rule {name!r}: give the derivative for each operand x, y, w (1 to 3)")
    defaults = {word: number(default) for word, default in parameters.items()}
    row = Rule(name, value, derivatives, defaults)
    _enter(row)
    return bind_rule(row)


def _enter(row: Rule) -> None:
    """Put a row into the table, if its texts are right; they may use the row itself."""
    before = TABLE.get(row.name)
    TABLE[row.name] = row
    try:
        _check(row)
    except ValueError:
        del TABLE[row.name]
        TABLE.update({row.name: before} if before else {})
        raise


def _check(row: Rule) -> None:
    operands = {*row.operands, *row.parameters}
    for text in row.derivatives:
        expression(text, {*operands, "z", "tie"}, row.name)
    calls = _calls(ast.walk(expression(row.value, operands, row.name)))
    if row.name in {name for name, _ in calls}:
        raise ValueError(f"rule {row.name!r}: {row.value!r} is defined by itself")


def _calls(nodes: Iterable[ast.AST]) -> list[tuple[str, int]]:
    """Return what is called in an expression, each with its number of arguments."""
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    return [(ast.unparse(call.func), len(call.args)) for call in calls]


_ALLOWED = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.Compare, ast.IfExp, ast.Call, ast.Name, ast.Load),
    *(ast.Constant, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Mod, ast.Pow, ast.USub, ast.UAdd),
    *(ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq, ast.BoolOp, ast.And, ast.Or),
)


def expression(text: str, operands: set[str], name: str = "") -> ast.Expression:
    """Parse a text of the table; raise a ValueError where it is not one."""
    where = f"rule {name!r}: {text!r}"
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, AttributeError) as error:
        raise ValueError(f"{where} is not an expression: {error}") from None
    nodes = list(ast.walk(tree))
    called = {node.func for node in nodes if isinstance(node, ast.Call)}
    for node in nodes:
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Call) and node.keywords):
            raise ValueError(f"{where} may not contain {ast.unparse(node)!r}: only arithmetic, "
                             "comparisons, `a if c else b` and calls of operations")  # fmt: skip
        if isinstance(node, ast.Constant) and not _is_number(node.value):
            raise ValueError(f"{where}: {node.value!r} is not a number")
        if isinstance(node, ast.Name) and node not in called:
            if node.id not in operands and node.id not in CONSTANTS:
                raise ValueError(f"{where}: unknown name {node.id!r}; it may use "
                                 f"{', '.join(sorted(operands | set(CONSTANTS)))}")  # fmt: skip
    for operation, count in _calls(nodes):
        _check_call(operation, count, where)
    return tree


def _is_number(x: object) -> bool:
    return type(x) is float or (type(x) is int and x < sys.float_info.max)


def _check_call(name: str, count: int, where: str) -> None:
    row, besides = TABLE.get(name), {"where": 3, "settled": 1}
    if row is None and name not in besides:
        raise ValueError(f"{where}: unknown operation {name!r}")
    least, most = (len(row.operands), len(row.parameters)) if row else (besides[name], 0)
    if not least <= count <= least + most:
        raise ValueError(f"{where}: {name} takes {least} operands, not {count}")


class _Custom(str):
    """The name of an operation that is a Python function, with that and its derivative."""

    __slots__ = ("derivative", "function")
    function: Callable[..., Any]
    derivative: Callable[..., Any]

    def partials(self, *operands: Any) -> list[Any]:
        """Return the derivative for each operand: on numbers when recorded, on Values later."""
        found = self.derivative(*operands)
        partials = list(found) if isinstance(found, (tuple, list)) else [found]
        if len(partials) != len(operands):
            raise ValueError(f"the derivative of {self!r} gave {len(partials)} numbers for "
                             f"{len(operands)} operands")  # fmt: skip
        return [p if isinstance(p, Value) else number(p) for p in partials]

    def live(self, operands: tuple[Any, ...], _: Value) -> list[Any]:
        return self.partials(*operands)

    def __reduce__(self) -> tuple[Any, ...]:
        return _custom, (str(self), self.function, self.derivative)


def _custom(name: str, function: Callable[..., Any], derivative: Callable[..., Any]) -> _Custom:
    op = _Custom(name)
    op.function = function
    op.derivative = derivative
    return op


def custom_gradient(
    function: Callable[..., Any], derivative: Callable[..., Any]
) -> Callable[..., Any]:
    """Wrap a function of plain numbers, with its derivative, as an operation on Values.

    Args:
        function: takes floats, returns a number; it may call anything.
        derivative: takes the same, returns the derivative, or a tuple with one for each operand.
            For derivatives of higher order it must work on Values (functions of autograd, or
            another `custom_gradient`).

    >>> import math
    >>> cosine = custom_gradient(math.cos, lambda x: -math.sin(x))
    >>> cosine(Value(0.0))
    Value(data=1.0, grad=0.0)
    """
    name = getattr(function, "__name__", "custom")
    op = _custom(f"custom {name}" if name in _TAKEN else name, function, derivative)

    def operation(*operands: Scalar) -> Any:
        return general(op, operands, len(operands), function, op.partials)

    operation.__name__ = operation.__qualname__ = name
    operation.__doc__ = function.__doc__
    return operation
