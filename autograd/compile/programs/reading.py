"""From the texts of the table, and the Python of `numbers.special`, to primitive instructions.

`value_of(name)` is the program for the value of a row, `slope_of(name, i)` for its derivative in
the i-th operand, `function_program` that of a Python function made of assignments, conditions and
arithmetic: both sides of a condition are computed and one is selected, as lanes need it. A function
that is written otherwise stays a call of Python.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Sequence
from functools import cache
from types import FunctionType
from typing import Any

from autograd.compile.programs.builder import Builder
from autograd.compile.programs.program import PRIMITIVES, Input, Program
from autograd.numbers import floats
from autograd.numbers.special import SPECIAL
from autograd.own import expression
from autograd.rules import CONSTANTS, TABLE, Rule

__all__ = ["UnreadableError", "function_program", "slope_of", "value_of"]


class UnreadableError(Exception):
    """A Python function holds what cannot be turned into straight-line code."""


_BINARY = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow"}
_COMPARE = {ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge", ast.Eq: "eq", ast.NotEq: "ne"}


def remainder(x: float, y: float) -> float:
    """Return x % y with the sign of y, as Python computes it."""
    z = math.fmod(x, y)
    if z == 0.0:
        return math.copysign(0.0, y)
    return z + y if (y < 0.0) != (z < 0.0) else z


_NAMED = {name: name for name in PRIMITIVES} | {"where": "select"}
_BY_FUNCTION: dict[Any, str] = {
    **{getattr(math, name): name for name in PRIMITIVES if hasattr(math, name)},
    **{function: name for name, function in floats.QUIET.items() if name in PRIMITIVES},
    abs: "abs",
    floats.divide: "div",
    floats.power: "pow",
    float: "real",
}


class _Reader:
    """Writes the instructions of expressions and statements, with the names known so far."""

    def __init__(self, builder: Builder, names: dict[str, Any], space: dict[str, Any],
                 inside: tuple[Any, ...] = ()) -> None:  # fmt: skip
        self.builder = builder
        self.names = names  # registers, or lists of numbers
        self.space = {**_BUILTINS, **space}  # what other names mean
        self.inside = inside  # the functions whose bodies are being read

    def body(self, statements: Sequence[ast.stmt]) -> int:
        """Read statements up to the first that returns."""
        for i, statement in enumerate(statements):
            if isinstance(statement, ast.Return) and statement.value is not None:
                return self.value(statement.value)
            if isinstance(statement, ast.If):
                rest = [*statement.orelse, *statements[i + 1 :]]
                return self._choice(statement.test, statement.body, rest)
            self._statement(statement)
        raise UnreadableError("a path returns nothing")

    def _choice(self, test: ast.expr, then: list[ast.stmt], rest: list[ast.stmt]) -> int:
        sides = [
            _Reader(self.builder, dict(self.names), self.space, self.inside).body(statements)
            for statements in (then, rest)
        ]
        return self.builder.emit("select", (self.truth(test), *sides))

    def _statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Assign):
            self._assign(statement.targets[0], statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            self._assign(statement.target, statement.value)
        elif isinstance(statement, ast.For) and isinstance(statement.target, ast.Name):
            for number in self._numbers(statement.iter):
                self.names[statement.target.id] = self.builder.constant(number)
                for inner in statement.body:
                    self._statement(inner)
        elif not isinstance(statement, ast.Expr):
            raise UnreadableError(ast.unparse(statement))

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = self.value(value)
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            found = [self.value(x) for x in value.elts]
            for name, register in zip(target.elts, found, strict=True):
                self.names[ast.unparse(name)] = register
        else:
            raise UnreadableError(ast.unparse(target))

    def _numbers(self, node: ast.expr) -> list[float]:
        """Return a list of numbers that does not depend on the operands."""
        found = None
        if isinstance(node, ast.Name):
            found = self.names.get(node.id)
        elif isinstance(node, ast.Call) and not node.args:
            found = self._function(node.func)()
        if not isinstance(found, (list, tuple)):
            raise UnreadableError(ast.unparse(node))
        return list(found)

    def value(self, node: ast.expr) -> int:
        """Write an expression that is a number; return its register."""
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return self.builder.constant(node.value)
        if isinstance(node, ast.Name):
            return self._named(node.id)
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            x = self.value(node.operand)
            return self.builder.emit("neg", (x,)) if isinstance(node.op, ast.USub) else x
        if isinstance(node, ast.IfExp):
            sides = self.truth(node.test), self.value(node.body), self.value(node.orelse)
            return self.builder.emit("select", sides)
        if isinstance(node, ast.Call):
            return self._call(node)
        raise UnreadableError(ast.unparse(node))

    def _named(self, name: str) -> int:
        found = self.names.get(name)
        if found is None:
            return self.builder.constant(self._float(name))
        if not isinstance(found, int):
            raise UnreadableError(name)
        return found

    def _float(self, name: str) -> float:
        number = self.space.get(name)
        if not isinstance(number, float):
            raise UnreadableError(name)
        return number

    def _binary(self, node: ast.BinOp) -> int:
        args = self.value(node.left), self.value(node.right)
        if isinstance(node.op, ast.Mod):
            return self.builder.inline(function_program(remainder), args)
        if type(node.op) not in _BINARY:
            raise UnreadableError(ast.unparse(node))
        return self.builder.emit(_BINARY[type(node.op)], args)

    def truth(self, node: ast.expr) -> int:
        """Write an expression that is true or false; return its register."""
        emit = self.builder.emit
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return emit("not", (self.truth(node.operand),))
        if isinstance(node, ast.BoolOp):
            op = "and" if isinstance(node.op, ast.And) else "or"
            return self._joined(op, [self.truth(x) for x in node.values])
        if isinstance(node, ast.Compare):
            return self._comparison(node)
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
            name = ast.unparse(node.func).removeprefix("math.")
            if name == "isnan":
                x = self.value(node.args[0])
                return emit("ne", (x, x))
            if name == "isfinite":
                size = emit("abs", (self.value(node.args[0]),))
                return emit("lt", (size, self.builder.constant(math.inf)))
        return emit("ne", (self.value(node), self.builder.constant(0.0)))

    def _joined(self, op: str, truths: list[int]) -> int:
        found = truths[0]
        for truth in truths[1:]:
            found = self.builder.emit(op, (found, truth))
        return found

    def _comparison(self, node: ast.Compare) -> int:
        pairs = zip([node.left, *node.comparators], node.ops, node.comparators, strict=False)
        return self._joined("and", [self._compared(*pair) for pair in pairs])

    def _compared(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> int:
        if isinstance(op, ast.NotEq) and isinstance(left, ast.Compare):  # (y < 0) != (z < 0)
            a, b = self.truth(left), self.truth(right)
            either = self.builder.emit("or", (a, b))
            both = self.builder.emit("and", (a, b))
            return self.builder.emit("and", (either, self.builder.emit("not", (both,))))
        if type(op) not in _COMPARE:
            raise UnreadableError(ast.unparse(op))
        return self.builder.emit(_COMPARE[type(op)], (self.value(left), self.value(right)))

    def _call(self, node: ast.Call) -> int:
        name = ast.unparse(node.func)
        if name == "where" or (name == "float" and isinstance(node.args[0], ast.Compare)):
            rest = tuple(self.value(x) for x in node.args[1:])
            return self.builder.emit(_NAMED.get(name, "real"), (self.truth(node.args[0]), *rest))
        function = self._function(node.func)
        if function is max and len(node.args) == 2:
            x, y = (self.value(a) for a in node.args)
            return self.builder.emit("select", (self.builder.emit("gt", (y, x)), y, x))
        if isinstance(function, Rule):
            return self.builder.inline(value_of(function.name), self._operands(function, node))
        if function in _BY_FUNCTION:
            return self.builder.emit(
                _BY_FUNCTION[function], tuple(self.value(x) for x in node.args)
            )
        return self._inlined(function, node.args)

    def _operands(self, row: Rule, node: ast.Call) -> list[int]:
        given = [self.value(x) for x in node.args]
        missing = list(row.parameters.values())[len(given) - len(row.operands) :]
        return given + [self.builder.constant(x) for x in missing]

    def _function(self, node: ast.expr) -> Any:
        """Return what is called: a Python function, or a row of the table."""
        name = ast.unparse(node)
        if name.startswith("math."):
            return getattr(math, name.removeprefix("math."))
        if name not in self.space:
            raise UnreadableError(name)
        return self.space[name]

    def _inlined(self, function: Any, nodes: list[ast.expr]) -> int:
        """Write the body of a Python function in the place of its call."""
        if not isinstance(function, FunctionType) or function in self.inside:
            raise UnreadableError(repr(function))
        tree = _definition(function)
        names: dict[str, Any] = {}
        for parameter, node in zip(tree.args.args, nodes, strict=True):
            try:
                names[parameter.arg] = self._numbers(node)
            except UnreadableError:
                names[parameter.arg] = self.value(node)
        inside = (*self.inside, function)
        return _Reader(self.builder, names, function.__globals__, inside).body(tree.body)


def _definition(function: FunctionType) -> ast.FunctionDef:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except OSError as error:
        raise UnreadableError(str(error)) from None
    if not isinstance(tree, ast.FunctionDef):
        raise UnreadableError(function.__name__)
    return tree


@cache
def function_program(function: Callable[..., float]) -> Program:
    """Return the program of a Python function on floats; one call of it where it is unreadable."""
    parameters = list(inspect.signature(function).parameters)
    builder, names = _started(parameters)
    try:
        if not isinstance(function, FunctionType):
            raise UnreadableError(repr(function))
        reader = _Reader(builder, {**names}, function.__globals__, (function,))
        output = reader.body(_definition(function).body)
    except UnreadableError:
        builder, names = _started(parameters)
        output = builder.emit("call", tuple(names.values()), function)
    return Program(builder.inputs, builder.code, (output,)).validate()


def _started(operands: Sequence[str]) -> tuple[Builder, dict[str, int]]:
    """Return a builder and the registers of its inputs by name."""
    builder = Builder([Input(name) for name in operands])
    return builder, {name: builder.input(i) for i, name in enumerate(operands)}


_BUILTINS = {"abs": abs, "float": float, "max": max}


def _settled(x: float) -> float:
    """Return an operand as it is; see `autograd.rules`."""
    return x


_MEANINGS: dict[str, Any] = {
    **CONSTANTS,
    "settled": _settled,
    **{name: function for name, function in floats.QUIET.items() if name in PRIMITIVES},
}


def value_of(name: str) -> Program:
    """Return the program for the value of a row of the table, in primitive instructions."""
    row = TABLE[name]
    return _row_program(row.name, row.value, (*row.operands, *row.parameters))


def slope_of(name: str, operand: int) -> Program:
    """Return the program for a derivative of a row; its last inputs are the value `z`, and `tie`.

    Raises UnreadableError where it cannot be written in primitive instructions.
    """
    row = TABLE[name]
    names = (*row.operands, *row.parameters, "z", "tie")
    return _row_program(row.name, row.derivatives[operand], names)


@cache
def _row_program(name: str, text: str, operands: tuple[str, ...]) -> Program:
    if text == f"{name}({', '.join(operands)})" and name in SPECIAL:
        return function_program(SPECIAL[name])
    builder, names = _started(operands)
    tree = expression(text, set(operands), name)
    space: dict[str, Any] = {**TABLE, **_MEANINGS, **SPECIAL}
    if name in _MEANINGS:  # C's function of that name, not the row around it
        space[name] = _MEANINGS[name]
    output = _Reader(builder, {**names}, space).value(tree.body)
    return Program(builder.inputs, builder.code, (output,)).validate()
