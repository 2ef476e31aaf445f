"""The table of derivatives: one row of text for each operation, and every reader reads it.

A row names the operation, its value and its partial derivatives. `x`, `y` and `w` are the operands,
`z` is the result, keyword arguments are parameters that take no gradient. Derivatives are written
with the operations of the table, so that they can be differentiated in turn; `where(c, a, b)` is a
when c holds and b when not. `tie` is what an operand gets of a tie: 1/2, or 0 against a constant.
`settled(y)` is y where nobody can differentiate by it, as by a plain exponent, and nan otherwise.
`TABLE` holds the rows by name; `autograd.binding` reads the texts and makes code of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, log, nan, pi
from typing import Any

__all__ = ["CONSTANTS", "INDEXED", "MANY", "OPERANDS", "SIGNS", "TABLE", "Rule"]

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


# fmt: off
_ROWS: tuple[tuple[Any, ...], ...] = (
    # name         value                           derivative for x, for y
    ("identity",   "x",                            "1.0"),
    ("add",        "x + y",                        "1.0",              "1.0"),
    ("sub",        "x - y",                        "1.0",              "-1.0"),
    ("mul",        "x * y",                        "y",                "x"),
    ("div",        "x / y",                        "1.0 / y",          "-z / y"),
    ("mod",        "x % y",                        "1.0",              "round((z - x) / y)"),
    ("pow",        "x * x if y == 2.0 else x ** y",  # a square is exact and cheap, pow is neither
                   "where(settled(y) == 0.0, 0.0, where(y == 0.0, faded_pow(x, y, 0.0, 1.0), y * shifted_pow(x, y, 1.0)))",
                                                   "where(x == 0.0, where(y >= 0.0, 0.0, -inf), where(z == 0.0, where(x == inf, 0.0, where(x > 0.0, z * log(x), nan)), z * log(x)))"),
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
    ("cbrt",       "cbrt(x)",                      "where(abs(x) == inf, 0.0, 1.0 / (3.0 * z * z))"),
    ("exp",        "exp(x)",                       "z"),
    ("expm1",      "expm1(x)",                     "exp(x)"),                 # z + 1 cancels
    ("log",        "log(x)",                       "where(x < 0.0, z, 1.0 / (x + 0.0))"),
    ("log1p",      "log1p(x)",                     "where(x < -1.0, z, 1.0 / (1.0 + x))"),
    ("log2",       "log2(x)",                      "where(x < 0.0, z, LOG2E / (x + 0.0))"),
    ("log10",      "log10(x)",                     "where(x < 0.0, z, LOG10E / (x + 0.0))"),
    ("sin",        "sin(x)",                       "cos(x)"),
    ("cos",        "cos(x)",                       "-sin(x)"),
    ("tan",        "tan(x)",                       "1.0 + z * z"),
    ("asin",       "asin(x)",                      "1.0 / sqrt(one_minus_square(x))"),
    ("acos",       "acos(x)",                      "-1.0 / sqrt(one_minus_square(x))"),
    ("atan",       "atan(x)",                      "where(abs(x) < 1e9, 1.0 / (1.0 + x * x), 1.0 / x / x)"),
    ("atan2",      "atan2(x, y)",                  "ratio(unit(y, x), hypot(x, y))",
                                                   "-ratio(unit(x, y), hypot(x, y))"),
    ("hypot",      "hypot(x, y)",                  "unit(x, y)",       "unit(y, x)"),
    ("unit",       "sign(x) if abs(x) == inf and abs(y) < inf else ratio(x, hypot(x, y))",
                                                   "ratio(square(unit(y, x)), hypot(x, y))",
                                                   "-ratio(z * unit(y, x), hypot(x, y))"),
    ("ratio",      "x / y if y != 0.0 else 0.0",   "ratio(1.0, y)",    "-ratio(z, y)"),
    ("one_minus_square", "(1.0 - x) * (1.0 + x)",  "-2.0 * x"),
    ("sinh",       "sinh(x)",                      "cosh(x)"),
    ("cosh",       "cosh(x)",                      "sinh(x)"),
    ("tanh",       "tanh(x)",                      "sech2(x)"),               # 1 - z * z cancels
    ("sech2",      "sech2(x)",                     "-2.0 * z * tanh(x)"),
    ("asinh",      "asinh(x)",                     "1.0 / hypot(1.0, x)"),
    ("acosh",      "acosh(x)",                     "where(x < 1.0, z, where(x > 1e10, 1.0 / x, 1.0 / sqrt(0.0 - one_minus_square(x))))"),
    ("atanh",      "atanh(x)",                     "where(abs(x) > 1.0, z, 1.0 / one_minus_square(x))"),
    ("erf",        "erf(x)",                       "TWO_BY_SQRT_PI * gaussian(x)"),
    ("erfc",       "erfc(x)",                      "-TWO_BY_SQRT_PI * gaussian(x)"),
    ("gaussian",   "gaussian(x)",                  "where(abs(x) >= 28.0, 0.0, -2.0 * x * z)"),  # exp(-x * x)
    ("normal_pdf", "normal_pdf(x)",                "where(abs(x) >= 39.0, 0.0, -x * z)"),
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
    ("gelu",       "x * normal_cdf(x) if x != -inf else -0.0",     "gelu_slope(x)"),
    ("gelu_slope", "gelu_slope(x)",                "where(abs(x) >= 39.0, 0.0, (2.0 - x * x) * normal_pdf(x))"),
    ("silu",       "x * sigmoid(x) if x != -inf else -0.0",        "silu_slope(x)"),
    ("silu_slope", "silu_slope(x)",                "where(abs(x) == inf, 0.0, 0.25 * sech2(0.5 * x) * (2.0 - x * tanh(0.5 * x)))"),
    ("maximum",    "y if y > x or y != y else x",  "where(x > y, 1.0, where(x < y, 0.0, where(x == y, tie, nan)))",
                                                   "where(y > x, 1.0, where(y < x, 0.0, where(y == x, tie, nan)))"),
    ("minimum",    "y if y < x or y != y else x",  "where(x < y, 1.0, where(x > y, 0.0, where(x == y, tie, nan)))",
                                                   "where(y < x, 1.0, where(y > x, 0.0, where(y == x, tie, nan)))"),
    ("clip",       "lo if x < lo else hi if x > hi else x",  # 0 at both kinks, by choice
                   "where(x <= lo, 0.0, where(x >= hi, 0.0, 1.0))", {"lo": -inf, "hi": inf}),
    ("fmod",       "fmod(x, y)",                   "1.0",              "round((z - x) / y)"),
    ("logaddexp",  "logaddexp(x, y)",              "sigmoid_difference(x, y)", "sigmoid_difference(y, x)"),
    ("sigmoid_difference", "sigmoid_difference(x, y)",         # sigmoid(x - y), with x - y not rounded
                   "logistic_difference(x, y)",    "-logistic_difference(x, y)"),
    ("logistic_difference", "logistic_difference(x, y)",
                   "-z * tanh(0.5 * (x - y))",     "z * tanh(0.5 * (x - y))"),
    ("exp_difference", "1.0 if x == y else exp_difference(x, y)",  "z",  "-z"),  # exp(x - y), with x - y not rounded
    ("share",      "x / (x + y)",                  "share(y, x) / (x + y)", "-z / (x + y)"),  # 1 - z cancels
    ("shifted_pow", "shifted_pow(x, y, k)",        # x ** (y - k), with y - k not rounded
                   "where(settled(y) == k, 0.0, where(y == k, faded_pow(x, y, k, 1.0), (y - k) * shifted_pow(x, y, k + 1.0)))",
                   "where(x == 0.0, where(y >= k, 0.0, -inf), where(z == 0.0, where(x == inf, 0.0, where(x > 0.0, z * log(x), nan)), z * log(x)))", {"k": 0.0}),
    ("faded_pow",  "0.0 if y == k else (y - k) * shifted_pow(x, y, k + m)",  # 0 at y == k, and no 0 * inf at a tiny x
                   "0.0 + (y - k - m) * faded_pow(x, y, k, m + 1.0)", "where(abs(x) >= 2.3e-308, shifted_pow(x, y, k + m) + z * log(x), 0.0)", {"k": 0.0, "m": 1.0}),
)

# Operations on any number of operands, each one node. `xs` are the operands (`ys` the second half
# of dot's), `z` is the result, `i` the index of those INDEXED; a derivative is the list of all.
MANY = {
    #  name         value                     derivatives
    "sum":       ("total(xs)",               "[1.0] * len(xs)"),
    "mean":      ("total(xs) / len(xs)",     "[1.0 / len(xs)] * len(xs)"),
    "prod":      ("product(xs)",             "others(xs)"),
    "dot":       ("dot(xs, ys)",             "[*ys, *xs]"),
    "norm":      ("norm(xs)",                "directions(xs, z)"),
    "direction": ("ratio(xs[i], norm(xs))",  "slopes_of_direction(xs, norm(xs), i)"),
    "logsumexp": ("logsumexp(xs)",           "softmax(xs)"),
    "softmax":   ("softmax(xs)[i]",          "slopes_of_softmax(softmax(xs), i)"),
}
INDEXED = ("softmax", "direction")  # whose last operand is an index
# fmt: on


def _rule(name: str, value: str, *rest: Any) -> Rule:
    """Return a row of the tuple above; its parameters stand last, where it has any."""
    derivatives = tuple(text for text in rest if isinstance(text, str))
    return Rule(name, value, derivatives, *rest[len(derivatives) :])


TABLE: dict[str, Rule] = {row[0]: _rule(*row) for row in _ROWS}
