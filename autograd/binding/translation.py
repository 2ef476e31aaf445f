"""From a text of the table to Python: on floats that may raise, on floats that never do, on Values.

`float_source` translates a row for floats: with the quick functions of `math`, or with the quiet
ones, which give IEEE 754's answer where those raise. `live_source` translates a derivative for
Values, so that it can be differentiated again.
"""

import ast
from typing import Any

from autograd.numbers import floats, special
from autograd.rules import TABLE, Rule

__all__ = ["float_source", "live_source", "may_raise"]

_OPERATIONS = {ast.Div: "div", ast.Mod: "mod", ast.Pow: "pow"}  # those that may raise


class _Floats(ast.NodeTransformer):
    """Turn a text into Python on floats, with quick functions that may raise or with quiet ones.

    `**` becomes a call, `where` a conditional. A comparison that is no condition is a number.
    """

    def __init__(self, quiet: bool) -> None:
        self.prefix = "quiet_" if quiet else ""

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = _OPERATIONS.get(type(node.op))
        if name is None or not (self.prefix or name == "pow"):  # quick `/` and `%` are Python's
            return node
        return _call(self.prefix + name, node.left, node.right)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = ast.unparse(node.func)
        if name == "where":
            return self.visit_IfExp(ast.IfExp(*node.args))
        if name == "settled":  # an operand as it is: no derivative is taken of this
            return self.visit(node.args[0])  # type: ignore[no-any-return] # an expression
        self.generic_visit(node)
        if name in special.SPECIAL:  # first, for lgamma is both; these never raise
            return node
        if name in floats.QUIET:
            return _call(self.prefix + name, *node.args)
        return _inlined(TABLE[name], node.args) or _call(f"row_{name}", *node.args)

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(float(node.value))  # type: ignore[arg-type] # a number, as in a row

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        return ast.IfExp(node, ast.Constant(1.0), ast.Constant(0.0))

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        either = ast.BoolOp(node.op, [self._condition(value) for value in node.values])
        return ast.IfExp(either, ast.Constant(1.0), ast.Constant(0.0))

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        return ast.IfExp(self._condition(node.test), self.visit(node.body), self.visit(node.orelse))

    def _condition(self, node: ast.expr) -> Any:
        condition = self.visit(node)
        return condition.test if isinstance(node, (ast.Compare, ast.BoolOp)) else condition


class _Live(ast.NodeTransformer):
    """Turn a text into Python on Values and floats alike: `/` to div(), `==` to equal().

    `if` and `where` follow the side chosen; both, where a condition is a Value (see
    `Watcher.comparison`).
    """

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = _OPERATIONS.get(type(node.op))
        return _call(name, node.left, node.right) if name else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if ast.unparse(node.func) == "where":
            return self.visit_IfExp(ast.IfExp(*node.args))
        return self.generic_visit(node)  # type: ignore[return-value] # the same node

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        nothing = ast.arguments([], [], None, [], [], None, [])
        sides = [ast.Lambda(nothing, side) for side in (node.body, node.orelse)]
        return _call("choose", node.test, *sides)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        pairs = zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)
        compared = [self._compared(*pair) for pair in pairs]
        return compared[0] if len(compared) == 1 else ast.BoolOp(ast.And(), compared)

    @staticmethod
    def _compared(x: ast.expr, sign: ast.cmpop, y: ast.expr) -> ast.expr:
        if isinstance(sign, (ast.Eq, ast.NotEq)):  # these compare Values by identity
            return _call("equal" if isinstance(sign, ast.Eq) else "unequal", x, y)
        return ast.Compare(x, [sign], [y])


class _Put(ast.NodeTransformer):
    """Put expressions in the place of names."""

    def __init__(self, named: dict[str, ast.expr]) -> None:
        self.named = named

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.named.get(node.id, node)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _inlined(row: Rule, arguments: list[ast.expr]) -> ast.expr | None:
    """Return the value of a row for simple arguments, where it is plain arithmetic that is safe."""
    tree = _parse(row.value).body
    if may_raise(tree) or not all(isinstance(argument, ast.Name) for argument in arguments):
        return None
    named = dict(zip([*row.operands, *row.parameters], arguments, strict=False))
    return _Put(named).visit(_Floats(quiet=False).visit(tree))  # type: ignore[no-any-return] # an expression


def _python(text: str, reader: ast.NodeTransformer) -> str:
    return ast.unparse(ast.fix_missing_locations(reader.visit(_parse(text))))


def _parse(text: str) -> ast.Expression:
    return ast.parse(text.strip(), mode="eval")


def may_raise(tree: ast.AST) -> bool:
    """Return whether Python on floats has a call or an operation that may raise in it."""
    nodes = list(ast.walk(tree))
    return any(isinstance(node, ast.Call) or type(node) in _OPERATIONS for node in nodes)


def float_source(row: Rule, *, quiet: bool) -> dict[str, str]:
    """Return Python on floats for the value `z` of a row and its derivatives `dx`, `dy`, `dw`.

    >>> float_source(TABLE["tan"], quiet=False)
    {'z': 'tan(x)', 'dx': '1.0 + z * z'}
    """
    texts = {"z": row.value}
    texts |= {f"d{x}": text for x, text in zip(row.operands, row.derivatives, strict=True)}
    return {name: _python(text, _Floats(quiet)) for name, text in texts.items()}


def live_source(row: Rule) -> list[str]:
    """Return Python on Values for each derivative of a row.

    >>> live_source(TABLE["div"])
    ['div(1.0, y)', 'div(-z, y)']
    """
    return [_python(text, _Live()) for text in row.derivatives]
