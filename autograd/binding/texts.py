"""The texts of the table: what they may be made of, and how a row is added to it.

`expression` parses a text, `add_rule` checks a row and puts it into the table. Whatever is not
arithmetic, a comparison, `a if c else b` or a call of an operation is refused, so a text is safe
to be compiled.
"""

import ast
import keyword
import sys
from collections.abc import Iterable

from autograd.numbers import floats, special
from autograd.rules import CONSTANTS, OPERANDS, TABLE, Rule

__all__ = ["add_rule", "expression"]


def add_rule(name: str, value: str, *derivatives: str, **parameters: float) -> Rule:
    """Check a row and put it into the table; raise a ValueError that says what is wrong with it."""
    if not (isinstance(name, str) and name.isidentifier()) or keyword.iskeyword(name):
        raise ValueError(f"a rule's name must be an identifier, not {name!r}")
    if not 1 <= len(derivatives) <= len(OPERANDS):
        raise ValueError(f"rule {name!r}: give the derivative for each operand x, y, w (1 to 3)")
    before, row = TABLE.get(name), Rule(name, value, derivatives, parameters)
    TABLE[name] = row
    try:
        _check(row)
    except ValueError:
        del TABLE[name]
        TABLE.update({name: before} if before else {})
        raise
    return row


def _check(row: Rule) -> None:
    operands = {*row.operands, *row.parameters}
    for text in row.derivatives:
        expression(text, {*operands, "z", "tie"}, row.name)
    calls = _calls(ast.walk(expression(row.value, operands, row.name)))
    if row.name in {name for name, _ in calls} - {*floats.QUIET, *special.SPECIAL}:
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
    if name != "where" and name not in TABLE:
        raise ValueError(f"{where}: unknown operation {name!r}")
    row = TABLE.get(name)
    least, most = (len(row.operands), len(row.parameters)) if row else (3, 0)
    if not least <= count <= least + most:
        raise ValueError(f"{where}: {name} takes {least} operands, not {count}")
