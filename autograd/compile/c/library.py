"""What the C back end cannot read from Python: functions with loops and memory, written in C99.

`ROUTINES` has the operations on many operands and the special functions of `numbers.special` that
are no straight-line code, each with the names of the routines it calls. They follow the Python step
by step, so that doubles give the same digits (`fsum` is a sum with its rounding errors beside it).
`in_floats` turns a text for `double` into one for `float`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from math import isnan
from struct import pack, unpack
from typing import NamedTuple

from autograd.numbers import gamma, special

__all__ = ["BY_HAND", "KEYWORDS", "LIBM", "ROUTINES", "Routine", "in_doubles"]
__all__ += ["in_floats", "literal", "table"]

_FUNCTIONS = """
exp expm1 log log1p log2 log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh
atanh erf erfc fmod hypot pow floor ceil trunc copysign
"""
_WORDS = """
auto break case char const continue default do double else enum extern float for goto if inline int
long register restrict return short signed sizeof static struct switch typedef union unsigned void
volatile while main signgam isnan isinf isfinite signbit fpclassify isnormal cbrt exp2 fabs fdim fma
fmax fmin frexp ilogb ldexp lgamma llrint llround logb lrint lround modf nan nearbyint nextafter
remainder remquo rint round scalbn tgamma j0 j1 jn y0 y1 yn gamma div labs exit abort index time
NAN INFINITY HUGE_VAL
"""
LIBM = {name: name for name in _FUNCTIONS.split()} | {"abs": "fabs", "round": "rint"}
KEYWORDS = frozenset(_WORDS.split()) | frozenset(LIBM)  # names that are not to be used for others
_CALLED = "|".join(sorted({*LIBM.values(), "cbrt", "lgamma", "frexp", "ldexp"}))
_NUMBER = re.compile(r"(?<![\w.])(\d+\.\d*(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)")


def literal(x: float, real: str) -> str:
    """Return a number as C writes it, of type double or float."""
    if real == "float":
        x = 4097.0 if abs(x) == 134217729.0 else x  # where a product is split: half the digits
        try:
            x = unpack("f", pack("f", x))[0]
        except OverflowError:
            x = x * 1e300
    if isnan(x):
        return "NAN" if real == "float" else "(double)NAN"
    if abs(x) == float("inf"):
        name = "INFINITY" if real == "float" else "HUGE_VAL"  # INFINITY is a float
        return name if x > 0.0 else f"(-{name})"
    text = repr(x) if real == "double" else f"{x:.9g}"
    text = text if set(text) & {".", "e"} else text + ".0"
    text += "f" if real == "float" else ""
    return f"({text})" if text.startswith("-") else text


def in_floats(text: str) -> str:
    """Turn C for doubles into C for floats: the type, the literals, the functions of math.h."""
    text = _NUMBER.sub(lambda found: literal(float(found[0]), "float"), text)
    text = re.sub(r"\bdouble\b", "float", text)
    return re.sub(rf"\b({_CALLED})\(", r"\1f(", text)


def in_doubles(text: str) -> str:
    """Let infinity and nan be doubles: C's are floats."""
    return re.sub(r"\bNAN\b", "(double)NAN", re.sub(r"\bINFINITY\b", "HUGE_VAL", text))


def table(name: str, numbers: list[float], real: str) -> str:
    """Return an array of constants."""
    texts = [literal(x, real).strip("()") for x in numbers]
    rows = [", ".join(texts[i : i + 4]) for i in range(0, len(texts), 4)]
    body = ",\n    ".join(rows)
    return f"static const {real} {name}[{len(numbers)}] = {{\n    {body}\n}};"


class Routine(NamedTuple):
    """A function in C for doubles, what it calls, and its arrays of constants by name."""

    text: str
    calls: tuple[str, ...] = ()
    tables: dict[str, Callable[[], list[float]]] = {}  # noqa: RUF012 - never changed


def _split(name: str, root: float, error: float) -> str:
    """Return the text of two constants whose sum is a root to more digits than a double has."""
    return f"const double {name} = {root!r}, {name}_error = {error!r};"


_ADD = """
static void add_exactly(double x, double *sum, double *errors)
{
    const double before = *sum;
    *sum = before + x;
    *errors += sum_error(before, x, *sum);
}"""
_MANY = {
    "sum": Routine("""
static double sum(int n, const double *x)
{
    double z = 0.0;
    int i;
    for (i = 0; i < n; i++)
        z += x[i];
    return z;
}"""),
    "mean": Routine("""
static double mean(int n, const double *x)
{
    return sum(n, x) / (double)n;
}""", ("sum",)),
    "prod": Routine("""
static double prod(int n, const double *x)
{
    double z = 1.0;
    int i;
    for (i = 0; i < n; i++)
        z *= x[i];
    return z;
}"""),
    "dot": Routine("""
static double dot(int n, const double *x, const double *y)
{
    double z = 0.0;
    int i;
    for (i = 0; i < n; i++)
        z += x[i] * y[i];
    return z;
}"""),
    "norm": Routine("""
static double norm(int n, const double *x)
{
    double largest = 0.0, total = 0.0, errors = 0.0;
    int i, exponent, undefined = 0;
    for (i = 0; i < n; i++) {
        const double size = fabs(x[i]);
        undefined = undefined || size != size;
        largest = size > largest ? size : largest;
    }
    if (largest == INFINITY || undefined)
        return largest == INFINITY ? INFINITY : NAN;
    if (largest == 0.0)
        return 0.0;
    (void)frexp(largest, &exponent);
    for (i = 0; i < n; i++) {
        const double y = ldexp(x[i], -exponent), square = y * y;
        errors += product_error(y, y, square);
        add_exactly(square, &total, &errors);
    }
    return ldexp(sqrt(total + errors), exponent);
}""", ("product_error", "add_exactly")),
    "logsumexp": Routine("""
static double largest_of(int n, const double *x)
{
    double top = x[0];
    int i;
    for (i = 0; i < n; i++) {
        if (x[i] != x[i])
            return NAN;
        top = x[i] > top ? x[i] : top;
    }
    return top;
}

static double logsumexp(int n, const double *x)
{
    const double top = largest_of(n, x);
    double rest = 0.0, ties = -1.0;
    int i;
    for (i = 0; i < n; i++) {
        rest += x[i] == top ? 0.0 : exp_difference(x[i], top);
        ties += x[i] == top ? 1.0 : 0.0;
    }
    return top + log1p(rest + ties);
}""", ("exp_difference",)),
    "softmax": Routine("""
static void softmax(int n, const double *x, double *z)
{
    double top = x[0], total = 0.0;
    int i;
    for (i = 0; i < n; i++)
        top = x[i] > top || x[i] != x[i] ? x[i] : top;
    for (i = 0; i < n; i++) {
        z[i] = x[i] == top ? 1.0 : exp_difference(x[i], top);
        total += z[i];
    }
    for (i = 0; i < n; i++)
        z[i] /= total;
}""", ("exp_difference",)),
}  # fmt: skip
_TAYLOR = """
static double taylor(int n, const double *coefficients, double distance)
{
    double z = 0.0;
    int i;
    for (i = 0; i < n; i++)
        z = (z + coefficients[i]) * distance;
    return z;
}"""
_CBRT = """
static double cbrt_(double x)
{
    double scaled, z, square, cube, rest;
    int exponent, third;
    if (x == 0.0 || !(fabs(x) < INFINITY))
        return x;
    scaled = frexp(x, &exponent);
    third = exponent >= 0 ? exponent / 3 : -((2 - exponent) / 3);
    scaled = ldexp(scaled, exponent - 3 * third);
    z = cbrt(scaled);
    square = z * z;
    cube = square * z;
    rest = product_error(square, z, cube) + product_error(z, z, square) * z;
    rest = (cube - scaled) + rest;
    return ldexp(z - rest / (3.0 * square), third);
}"""
_LGAMMA = """
static double lgamma_(double x)
{
    const double root = x < 1.5 ? 1.0 : 2.0;
    if (fabs(x - root) < 0.5)
        return taylor(64, root == 1.0 ? lgamma_at_1 : lgamma_at_2, x - root);
    return lgamma(x);
}"""
_DIGAMMA = f"""
static double digamma(double x)
{{
    {_split("root", gamma._ROOT, gamma._ROOT_ERROR)}
    double sum = 0.0, errors = 0.0, inverse, scale;
    int j;
    if (x == 0.0)
        return -1.0 / x;
    if (x < 0.0)
        return digamma(1.0 - x) - 3.141592653589793 * cotangent(x);
    if (!(x < INFINITY))
        return x;
    if (fabs((x - root) - root_error) < 0.8)
        return taylor(64, digamma_at_root, (x - root) - root_error);
    if (-1.0 / x == -INFINITY)
        return -INFINITY;
    for (; x < 10.0; x += 1.0)
        add_exactly(-1.0 / x, &sum, &errors);
    inverse = 1.0 / x;
    scale = inverse * inverse;
    for (j = 1; j <= 9; j++)
        add_exactly(-bernoulli[j - 1] / (double)(2 * j) * pow(scale, (double)j), &sum, &errors);
    add_exactly(-0.5 * inverse, &sum, &errors);
    add_exactly(log(x), &sum, &errors);
    return sum + errors;
}}"""
_COTANGENT = """
static double cotangent(double x)
{
    double from_whole;
    if (x == -INFINITY)
        return NAN;
    from_whole = fmod(x, 1.0);
    if (fabs(from_whole) > 0.5)
        from_whole -= copysign(1.0, x);
    if (fabs(from_whole) > 0.25)
        return copysign(tan(3.141592653589793 * (0.5 - fabs(from_whole))), from_whole);
    return from_whole == 0.0 ? NAN : 1.0 / tan(3.141592653589793 * from_whole);
}"""
_COTANGENT_DERIVATIVE = """
static double cotangent_derivative(int order, double cotangent)
{
    double old[173] = {0.0, 1.0}, polynomial[173] = {0.0, 1.0}, z = 0.0;
    int i, k;
    for (i = 0; i < order; i++) {
        for (k = 0; k <= i + 2; k++)
            polynomial[k] = -((k <= i ? (double)(k + 1) * old[k + 1] : 0.0)
                              + (k >= 1 ? (double)(k - 1) * old[k - 1] : 0.0));
        for (k = 0; k <= i + 2; k++)
            old[k] = polynomial[k];
    }
    for (k = 0; k <= order + 1; k++)
        z += polynomial[k] == 0.0 ? 0.0 : polynomial[k] * pow(cotangent, (double)k);
    return pow(3.141592653589793, (double)(order + 1)) * z;
}"""
_POLYGAMMA = """
static double zeta_term(int s, double x, double k, double factor)
{
    const double y = x + k;
    return factor * pow(y, -(double)s) * (1.0 - (double)s * sum_error(x, k, y) / y);
}

static double zeta(int s, double x, double factor)
{
    double sum = 0.0, errors = 0.0, k = 0.0, y, tail, coefficient, factorial = 1.0;
    int j;
    if (!(zeta_term(s, x, 0.0, factor) < INFINITY))
        return INFINITY;
    for (; x + k < 10.0 + (double)s; k += 1.0)
        add_exactly(zeta_term(s, x, k, factor), &sum, &errors);
    y = x + k;
    tail = zeta_term(s, x, k, factor);
    add_exactly(zeta_term(s - 1, x, k, factor) / (double)(s - 1), &sum, &errors);
    add_exactly(0.5 * tail, &sum, &errors);
    coefficient = tail * (double)s / y;
    for (j = 1; j <= 9; j++) {
        factorial *= (double)((2 * j - 1) * (2 * j));
        add_exactly(bernoulli[j - 1] / factorial * coefficient, &sum, &errors);
        coefficient *= (double)(s + 2 * j - 1) / y * (double)(s + 2 * j) / y;
    }
    return sum + errors;
}

static double polygamma(double x, double n)
{
    double sign, factorial = 1.0;
    int k, order;
    if (!(n >= 0.0 && n < 170.0 && n == floor(n)))
        return NAN;
    order = (int)n;
    sign = order % 2 == 0 ? -1.0 : 1.0;
    if (order == 0)
        return digamma(x);
    if (!(fabs(x) < INFINITY))
        return x == INFINITY ? 0.0 : NAN;
    for (k = 2; k <= order; k++)
        factorial *= (double)k;
    if (x > 0.0)
        return sign * zeta(order + 1, x, factorial);
    if (x == 0.0)
        return order % 2 ? INFINITY : -copysign(INFINITY, x);
    return -sign * polygamma(1.0 - x, n) - cotangent_derivative(order, cotangent(x));
}"""
_NAMED = {
    "add_exactly": Routine(_ADD, ("sum_error",)),
    "taylor": Routine(_TAYLOR),
    "cotangent": Routine(_COTANGENT),
    "cotangent_derivative": Routine(_COTANGENT_DERIVATIVE),
    "cbrt_": Routine(_CBRT, ("product_error",)),
    "lgamma_": Routine(_LGAMMA, ("taylor",), {
        "lgamma_at_1": partial(gamma._derivatives_of_lgamma, 1.0, 0),
        "lgamma_at_2": partial(gamma._derivatives_of_lgamma, 2.0, 0),
    }),
    "digamma": Routine(_DIGAMMA, ("taylor", "cotangent", "add_exactly", "bernoulli"), {
        "digamma_at_root": partial(gamma._derivatives_of_lgamma, gamma._ROOT, 1),
    }),
    "bernoulli": Routine("", (), {"bernoulli": lambda: list(gamma._BERNOULLI)}),
    "polygamma": Routine(_POLYGAMMA, ("digamma", "cotangent_derivative", "bernoulli")),
}  # fmt: skip
ROUTINES: dict[str, Routine] = _MANY | _NAMED
BY_HAND = {  # the functions of Python that are written here
    special.cbrt: "cbrt_",
    gamma.lgamma: "lgamma_",
    gamma.digamma: "digamma",
    gamma.polygamma: "polygamma",
}
