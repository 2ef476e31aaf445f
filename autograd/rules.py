"""The table of derivatives: one row of text for each operation, and every reader reads it.

A row names the operation, its value and its partial derivatives. `x`, `y` and `w` are the operands,
`z` is the result, keyword arguments are parameters that take no gradient. Derivatives are written
with the operations of the table, so that they can be differentiated in turn; `where(c, a, b)` is a
when c holds and b when not. `tie` is what an operand gets of a tie: 1/2, or 0 against a constant.
`rule` adds a row, `TABLE` holds them by name, and `expression` parses a text of the table.
"""

import ast
import keyword
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, log, nan, pi

from autograd.floats import QUIET
from autograd.special import SPECIAL

__all__ = ["CONSTANTS", "MANY", "SIGNS", "TABLE", "Rule", "add_rule", "expression"]

CONSTANTS = {
    "pi": pi,
    "nan": nan,
    "inf": inf,
    "LOG2E": 1.0 / log(2.0),
    "LOG10E": 0.4342944819032518,
    "TWO_BY_SQRT_PI": 1.1283791670955126,
}
SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "pow": "**", "neg": "-"}
OPERANDS = ("x", "y", "w")


@dataclass(frozen=True)
class Rule:
    """One row: the text of a value and of its derivative with respect to each operand.

    >>> TABLE["mul"].derivatives
    ('y', 'x')
    """

    name: str
    value: str
    derivatives: tuple[str, ...]
    parameters: Mapping[str, float] = field(default_factory=dict)

    @property
    def operands(self) -> tuple[str, ...]:
        """Return the names of the operands, as in ('x', 'y')."""
        return OPERANDS[: len(self.derivatives)]

    @property
    def sign(self) -> str:
        """Return what a picture shows for the operation: `*` for mul, else its name."""
        return SIGNS.get(self.name, self.name)


TABLE: dict[str, Rule] = {}


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
    calls = _calls(expression(row.value, operands, row.name))
    if row.name in {name for name, _ in calls} - {*QUIET, *SPECIAL}:
        raise ValueError(f"rule {row.name!r}: {row.value!r} is defined by itself")


def _calls(tree: ast.AST) -> list[tuple[str, int]]:
    """Return what is called in an expression, each with its number of arguments."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
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
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Call) and node.keywords):
            raise ValueError(f"{where} may not contain {ast.unparse(node)!r}: only arithmetic, "
                             "comparisons, `a if c else b` and calls of operations")  # fmt: skip
        if isinstance(node, ast.Constant) and not _is_number(node.value):
            raise ValueError(f"{where}: {node.value!r} is not a number")
        if isinstance(node, ast.Name) and node not in called:
            if node.id not in operands and node.id not in CONSTANTS:
                raise ValueError(f"{where}: unknown name {node.id!r}; it may use "
                                 f"{', '.join(sorted(operands | set(CONSTANTS)))}")  # fmt: skip
    for operation, count in _calls(tree):
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


# fmt: off
# Rows may use rows further down: the texts are checked when all are there.
_ROWS = (
    # name         value                           derivative for x, for y
    ("identity",   "x",                            "1.0"),
    ("add",        "x + y",                        "1.0",              "1.0"),
    ("sub",        "x - y",                        "1.0",              "-1.0"),
    ("mul",        "x * y",                        "y",                "x"),
    ("div",        "x / y",                        "1.0 / y",          "-z / y"),
    ("mod",        "x % y",                        "1.0",              "round((z - x) / y)"),
    ("pow",        "x * x if y == 2.0 else x ** y",  # a square is exact and cheap, pow is neither
                   "where(y == 0.0, where(abs(x) < 2.3e-308, 0.0, y * shifted_pow(x, y, 1.0)), y * shifted_pow(x, y, 1.0))",
                                                   "where(x == 0.0, where(y >= 0.0, 0.0, -inf), z * log(x))"),
    ("neg",        "-x",                           "-1.0"),
    ("abs",        "abs(x)",                       "sign(x)"),                # 0 at the kink, by choice
    ("sign",       "1.0 if x > 0.0 else -1.0 if x < 0.0 else x - x",   "0.0"),
    ("step",       "1.0 if x > 0.0 else 0.0 if x <= 0.0 else x",       "0.0"),
    ("floor",      "floor(x)",                     "0.0"),
    ("ceil",       "ceil(x)",                      "0.0"),
    ("round",      "round(x)",                     "0.0"),                    # halves to the even
    ("trunc",      "trunc(x)",                     "0.0"),
    ("square",     "x * x",                        "2.0 * x"),
    ("reciprocal", "1.0 / x",                      "-z * z"),
    ("sqrt",       "sqrt(x)",                      "0.5 / (z + 0.0)"),        # + 0.0: inf at -0.0 too
    ("cbrt",       "cbrt(x)",                      "1.0 / (3.0 * z * z)"),
    ("exp",        "exp(x)",                       "z"),
    ("expm1",      "expm1(x)",                     "exp(x)"),                 # z + 1 cancels
    ("log",        "log(x)",                       "where(x < 0.0, nan, 1.0 / (x + 0.0))"),
    ("log1p",      "log1p(x)",                     "where(x < -1.0, nan, 1.0 / (1.0 + x))"),
    ("log2",       "log2(x)",                      "where(x < 0.0, nan, LOG2E / (x + 0.0))"),
    ("log10",      "log10(x)",                     "where(x < 0.0, nan, LOG10E / (x + 0.0))"),
    ("sin",        "sin(x)",                       "cos(x)"),
    ("cos",        "cos(x)",                       "-sin(x)"),
    ("tan",        "tan(x)",                       "1.0 + z * z"),
    ("asin",       "asin(x)",                      "1.0 / sqrt(one_minus_square(x))"),
    ("acos",       "acos(x)",                      "-1.0 / sqrt(one_minus_square(x))"),
    ("atan",       "atan(x)",                      "where(abs(x) < 1e150, 1.0 / (1.0 + x * x), 1.0 / x / x)"),
    ("atan2",      "atan2(x, y)",                  "ratio(unit(y, x), hypot(x, y))",
                                                   "-ratio(unit(x, y), hypot(x, y))"),
    ("hypot",      "hypot(x, y)",                  "unit(x, y)",       "unit(y, x)"),
    ("unit",       "ratio(x, hypot(x, y))",        "ratio(square(unit(y, x)), hypot(x, y))",
                                                   "-ratio(z * unit(y, x), hypot(x, y))"),
    ("ratio",      "x / y if y != 0.0 else 0.0",   "ratio(1.0, y)",    "-ratio(z, y)"),
    ("one_minus_square", "(1.0 - x) * (1.0 + x)",  "-2.0 * x"),
    ("sinh",       "sinh(x)",                      "cosh(x)"),
    ("cosh",       "cosh(x)",                      "sinh(x)"),
    ("tanh",       "tanh(x)",                      "sech2(x)"),               # 1 - z * z cancels
    ("sech2",      "sech2(x)",                     "-2.0 * z * tanh(x)"),
    ("asinh",      "asinh(x)",                     "1.0 / hypot(1.0, x)"),
    ("acosh",      "acosh(x)",                     "1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0))"),
    ("atanh",      "atanh(x)",                     "where(abs(x) > 1.0, nan, 1.0 / one_minus_square(x))"),
    ("erf",        "erf(x)",                       "TWO_BY_SQRT_PI * gaussian(x)"),
    ("erfc",       "erfc(x)",                      "-TWO_BY_SQRT_PI * gaussian(x)"),
    ("gaussian",   "gaussian(x)",                  "-2.0 * x * z"),           # exp(-x * x)
    ("normal_pdf", "normal_pdf(x)",                "-x * z"),
    ("normal_cdf", "normal_cdf(x)",                "normal_pdf(x)"),
    ("lgamma",     "lgamma(x)",                    "digamma(x)"),             # x < 0: to 1e-15 near its zeros
    ("digamma",    "digamma(x)",                   "polygamma(x, 1.0)"),
    ("polygamma",  "polygamma(x, n)",              "polygamma(x, n + 1.0)",  {"n": 1.0}),
    ("sigmoid",    "sigmoid(x)",                   "0.25 * sech2(0.5 * x)"),  # z * (1 - z) cancels
    ("logsigmoid", "-softplus(-x)",                "sigmoid(-x)"),
    ("softplus",   "softplus(x)",                  "sigmoid(x)"),
    ("relu",       "0.0 if x <= 0.0 else x",       "step(x)"),                # 0 at the kink, by choice
    ("leaky_relu", "x if x > 0.0 else slope * x",  # the smaller in size of slope and 1 at the kink, by choice
                   "where(x > 0.0, 1.0, where(x < 0.0, slope, where(abs(slope) < 1.0, slope, 1.0)))", {"slope": 0.01}),
    ("elu",        "x if x > 0.0 else alpha * expm1(x)",
                   "where(x > 0.0, 1.0, where(x < 0.0, alpha, where(abs(alpha) < 1.0, alpha, 1.0)) * exp(x))", {"alpha": 1.0}),
    ("gelu",       "x * normal_cdf(x)",            "gelu_slope(x)"),
    ("gelu_slope", "gelu_slope(x)",                "(2.0 - x * x) * normal_pdf(x)"),
    ("silu",       "x * sigmoid(x)",               "silu_slope(x)"),
    ("silu_slope", "silu_slope(x)",                "0.25 * sech2(0.5 * x) * (2.0 - x * tanh(0.5 * x))"),
    ("maximum",    "y if y > x or y != y else x",  "where(x > y, 1.0, where(x < y, 0.0, where(x == y, tie, nan)))",
                                                   "where(y > x, 1.0, where(y < x, 0.0, where(y == x, tie, nan)))"),
    ("minimum",    "y if y < x or y != y else x",  "where(x < y, 1.0, where(x > y, 0.0, where(x == y, tie, nan)))",
                                                   "where(y < x, 1.0, where(y > x, 0.0, where(y == x, tie, nan)))"),
    ("clip",       "lo if x < lo else hi if x > hi else x",  # 0 at both kinks, by choice
                   "where(x <= lo, 0.0, where(x >= hi, 0.0, 1.0))", {"lo": -inf, "hi": inf}),
    ("fmod",       "fmod(x, y)",                   "1.0",              "round((z - x) / y)"),
    ("logaddexp",  "logaddexp(x, y)",              "sigmoid_difference(x, y)", "sigmoid_difference(y, x)"),
    ("sigmoid_difference", "sigmoid_difference(x, y)",    # here x - y is rounded: |x - y| ulp more
                   "0.25 * sech2(0.5 * (x - y))",  "-0.25 * sech2(0.5 * (x - y))"),
    ("shifted_pow", "shifted_pow(x, y, k)",        # x ** (y - k), with y - k not rounded
                   "where(y == k, where(abs(x) < 2.3e-308, 0.0, (y - k) * shifted_pow(x, y, k + 1.0)), (y - k) * shifted_pow(x, y, k + 1.0))",
                   "where(x == 0.0, where(y >= k, 0.0, -inf), z * log(x))", {"k": 0.0}),
)

# Operations on any number of operands, each one node. `xs` are the operands (`ys` the second half
# of dot's), `z` is the result, `i` the index of a softmax; a derivative is the list of all.
MANY = {
    #  name         value                     derivatives
    "sum":       ("total(xs)",               "[1.0] * len(xs)"),
    "mean":      ("total(xs) / len(xs)",     "[1.0 / len(xs)] * len(xs)"),
    "prod":      ("product(xs)",             "others(xs)"),
    "dot":       ("dot(xs, ys)",             "[*ys, *xs]"),
    "norm":      ("norm(xs)",                "[ratio(x, z) for x in xs]"),
    "logsumexp": ("logsumexp(xs)",           "softmax(xs)"),
    "softmax":   ("softmax(xs)[i]",          "slopes_of_softmax(softmax(xs), i)"),
}
# fmt: on


def _fill() -> None:
    """Put the rows into the table, all before the first is checked."""
    for row in _ROWS:
        name, value, *derivatives = (text for text in row if isinstance(text, str))
        parameters = row[-1] if isinstance(row[-1], dict) else {}
        TABLE[name] = Rule(name, value, tuple(derivatives), parameters)
    for rule in TABLE.values():
        _check(rule)


_fill()
