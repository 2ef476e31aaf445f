"""The code of a row: its function on floats, the methods of Value, its public function.

`bind` writes the Python source of every row and compiles it, `bind_rule` that of one more.
"""

import ast
import linecache
from collections.abc import Callable
from textwrap import indent
from typing import Any

from autograd.binding.translation import float_source, live_source, may_raise
from autograd.numbers import floats, special
from autograd.rules import CONSTANTS, TABLE, Rule

__all__ = ["FLOATS", "FUNCTIONS", "LIVE", "bind", "bind_rule", "float_names"]

Function = Callable[..., Any]

FLOATS: dict[str, Function] = {}  # row -> its value on floats, IEEE 754 to the letter
FUNCTIONS: dict[str, Function] = {}  # row -> its function for floats and Values alike
LIVE: dict[str, Any] = dict(CONSTANTS)  # what the names in a text mean when operands are Values
_SPACE: dict[str, Any] = {  # what they mean on floats, and what the generated code needs
    **CONSTANTS,
    **floats.QUICK,
    **special.SPECIAL,
    **{f"quiet_{name}": function for name, function in floats.QUIET.items()},
    "FAULTS": floats.FAULTS,
    "quiet_div": floats.divide,
    "quiet_mod": floats.remainder,
}
_DUNDERS = {"add": "add", "sub": "sub", "mul": "mul", "div": "truediv", "mod": "mod", "pow": "pow"}
_UNARY_DUNDERS = {name: f"__{name}__" for name in ("neg", "abs", "floor", "ceil", "trunc")}


def float_names() -> dict[str, Any]:
    """Return what the names in such Python mean."""
    return dict(_SPACE)


def _floats_code(row: Rule, quick: dict[str, str]) -> str:
    """Write a row on floats: its value, and value and derivatives without raising."""
    names = ", ".join([*row.operands, *row.parameters])
    quiet = float_source(row, quiet=True)
    return f"""
def row_{row.name}({names}):
    try:
        return {quick["z"]}
    except FAULTS:
        return {quiet["z"]}

def quiet_row_{row.name}({names}, tie=0.5):
    z = {quiet["z"]}
    return z, {", ".join(quiet[f"d{x}"] for x in row.operands)},
"""


def _node(row: Rule, quick: dict[str, str], wanted: list[str], b: str, by: str) -> str:
    """Write the lines that compute z and the wanted derivatives, and record them in a node.

    Here, and not in a call, because a call costs more.
    """
    lines = "\n".join(f"{name} = {quick[name]}" for name in ["z", *wanted])
    if may_raise(ast.parse(lines)):
        tie = ["tie"] if any("tie" in text for text in row.derivatives) else []
        arguments = ", ".join([*row.operands, *row.parameters, *tie])
        targets = ", ".join(f"d{x}" if f"d{x}" in wanted else "_" for x in row.operands)
        lines = (f"try:\n{indent(lines, '    ')}\nexcept FAULTS:\n"
                 f"    z, {targets} = quiet_row_{row.name}({arguments})")  # fmt: skip
    da, db = [*wanted, "None"][:2]
    return indent(f"""{lines}
node = new(Value)
node._data = z
node.grad = 0.0
node.op = {row.name!r}
node.label = ""
node._a = self
node._b = {b}
node._da = {da}
node._db = {db}
return watched(node) if watching else node""", by)  # fmt: skip


def _unary_code(row: Rule, quick: dict[str, str]) -> str:
    parameters = "".join(f", {name}={default!r}" for name, default in row.parameters.items())
    passed = "".join(f", {name}" for name in row.parameters)
    convert = "".join(f"    {name} = number({name})\n" for name in row.parameters)
    return f"""
def method_{row.name}(self{parameters}):
{convert}    x = self._data
{_node(row, quick, ["dx"], f"(self{passed})" if passed else "None", "    ")}

def public_{row.name}(x{parameters}):
    if isinstance(x, Value):
        return method_{row.name}(x{passed})
{convert}    return row_{row.name}(number(x){passed})
"""


def _binary_code(row: Rule, quick: dict[str, str]) -> str:
    tie = any("tie" in text for text in row.derivatives)
    both = '        tie = 0.5 if self.op != "constant" != other.op else 0.0\n' if tie else ""
    one = "    tie = 0.0\n" if tie else ""
    convert = """    if type(other) is not float:
        other = operand(other)
        if other is NotImplemented:
            return other"""
    return f"""
def method_{row.name}(self, other):
    if type(other) is Value or isinstance(other, Value):
        x = self._data
        y = other._data
{both}{_node(row, quick, ["dx", "dy"], "other", "        ")}
{convert}
    x = self._data
    y = other
{one}{_node(row, quick, ["dx"], "other", "    ")}

def reflected_{row.name}(self, other):
{convert}
    x = other
    y = self._data
{one}{_node(row, quick, ["dy"], "(other, self)", "    ")}

def public_{row.name}(x, y):
    if isinstance(x, Value):
        return method_{row.name}(x, y if isinstance(y, Value) else number(y))
    if isinstance(y, Value):
        return reflected_{row.name}(y, number(x))
    return row_{row.name}(number(x), number(y))
"""


def _general_code(row: Rule, _: dict[str, str]) -> str:
    """Write the function of a row with three operands, or with two and parameters."""
    parameters = "".join(f", {name}={default!r}" for name, default in row.parameters.items())
    names = ", ".join([*row.operands, *row.parameters])
    return f"""
def public_{row.name}({", ".join(row.operands)}{parameters}):
    slopes = lambda *numbers: quiet_row_{row.name}(*numbers)[1:]
    return general({row.name!r}, ({names}), {len(row.operands)}, row_{row.name}, slopes)
"""


def _live_code(row: Rule) -> str:
    """Write a row's derivatives as functions of Values."""
    names = ", ".join([*row.operands, *row.parameters, "z", "tie"])
    texts = "".join(f"    lambda {names}: {text},\n" for text in live_source(row))
    return f"live_{row.name} = (\n{texts})\n"


def _run(title: str, source: str, space: dict[str, Any]) -> None:
    file = f"<autograd rule {title}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), space)  # noqa: S102 - the source was made from checked texts


def _named(name: str, function: Function, doc: str) -> Function:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = doc
    return function


def _describe(row: Rule) -> str:
    """Write the docstring of a row's function, with an example that runs."""
    points = dict(zip([*row.operands], (0.5, 2.0, 3.0), strict=False))
    call = f"{row.name}({', '.join(map(str, points.values()))})"
    slopes = [f"    d/d{x} = {text}" for x, text in zip(row.operands, row.derivatives, strict=True)]
    taken = "".join(f" and the number {p} (default {v})" for p, v in row.parameters.items())
    return "\n".join([
        f"Return z = {row.value}, for numbers (a float) or Values (a Value){taken}.",
        *["", "The derivatives, as in the table of rules:", "", *slopes, ""],
        f">>> round(autograd.functions.{call}, 6)",
        repr(round(FLOATS[row.name](*points.values(), *row.parameters.values()), 6)),
    ])  # fmt: skip


def _define(row: Rule) -> None:
    """Write and compile the code of a row."""
    pair = len(row.operands) == 2 and not row.parameters
    shape = _unary_code if len(row.operands) == 1 else _binary_code if pair else _general_code
    quick = float_source(row, quiet=False)
    _run(row.name, _floats_code(row, quick) + shape(row, quick), _SPACE)
    _run(f"{row.name}, live", _live_code(row), LIVE)
    FLOATS[row.name] = _SPACE[f"row_{row.name}"]


def bind_rule(row: Rule) -> Function:
    """Make everything that belongs to a row, and return its public function."""
    _define(row)
    return _attach(row)


def _attach(row: Rule) -> Function:
    """Publish the function of a row and give Value its methods: `exp`, or `__add__`, `__radd__`."""
    value_class, name, doc = _SPACE["Value"], row.name, _describe(row)
    FUNCTIONS[name] = LIVE[name] = _named(name, _SPACE[f"public_{name}"], doc)
    if name in _DUNDERS:
        forth, back = f"__{_DUNDERS[name]}__", f"__r{_DUNDERS[name]}__"
        setattr(value_class, forth, _named(forth, _SPACE[f"method_{name}"], doc))
        setattr(value_class, back, _named(back, _SPACE[f"reflected_{name}"], doc))
    elif len(row.operands) == 1:
        method = getattr(value_class.__base__, name, None)  # one that takes what numpy gives it
        method = _named(name, method or _SPACE[f"method_{name}"], doc)
        for attribute in [name] + ([_UNARY_DUNDERS[name]] if name in _UNARY_DUNDERS else []):
            setattr(value_class, attribute, method)
    return FUNCTIONS[name]


def bind(**needed: Any) -> Callable[[type], Any]:
    """Return a class decorator that gives a Value class the operations of the table.

    The names needed by the generated code are `number` and `operand` (to convert what is not a
    Value), `watching` and `watched` (see `autograd.watch`) and `general` (to record the rest).
    """

    def decorate(value_class: type) -> Any:
        _SPACE.update(needed, Value=value_class, new=object.__new__)
        for row in TABLE.values():
            _define(row)
        for row in TABLE.values():
            _attach(row)
        return value_class

    return decorate
