"""Functions on floats that `math` lacks, or that lose digits when written as in a textbook.

`gaussian`, `normal_pdf`, `normal_cdf` (the tails keep their digits), `sech2`, `softplus`,
`sigmoid_difference`, `exp_difference`, `shifted_power`, `cbrt`; `gelu_slope` and `silu_slope` keep
their digits near their roots; `weights`, the terms of a softmax. Where a rounded argument would
cost digits, its error is computed exactly and put back to first order: exp(h + l) is
exp(h) * (1 + l). `SPECIAL` holds all that a row may name, those of `autograd.numbers.gamma` too.
"""

import math
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from math import exp, inf, isnan, nan
from operator import add, mul
from typing import Any

from autograd.numbers.exact import product_error, sum_error, taylor
from autograd.numbers.floats import QUIET, power, total
from autograd.numbers.gamma import digamma, lgamma, polygamma

__all__ = ["FEW", "SPECIAL", "exp_difference", "logsumexp", "rests", "softmax", "weights"]

_quiet_exp = QUIET["exp"]
FEW = 8  # numbers: a softmax of more is added up from both ends, see `autograd.functions`


def gaussian(x: float) -> float:
    """Return exp(-x*x)."""
    if not abs(x) < 28.0:
        return x if isnan(x) else 0.0
    square = x * x
    return exp(-square) * (1.0 - product_error(x, x, square))


def normal_pdf(x: float) -> float:
    """Return the density of the standard normal distribution."""
    if not abs(x) < 39.0:
        return x if isnan(x) else 0.0
    square = x * x
    return 0.3989422804014327 * (exp(-0.5 * square) * (1.0 - 0.5 * product_error(x, x, square)))


def normal_cdf(x: float) -> float:
    """Return the probability that a standard normal variable is below x: erfc(-x / sqrt(2)) / 2."""
    if not abs(x) < 39.0:
        return x if isnan(x) else float(x > 0.0)
    t = -0.7071067811865476 * x
    error = product_error(-0.7071067811865476, x, t) + 4.833646656726457e-17 * x
    return 0.5 * (math.erfc(t) - 1.1283791670955126 * gaussian(t) * error)


def sech2(x: float) -> float:
    """Return 1 / cosh(x)**2, the derivative of tanh."""
    e = exp(-2.0 * abs(x))
    return 4.0 * e / ((1.0 + e) * (1.0 + e))


def sigmoid(x: float) -> float:
    """Return 1 / (1 + exp(-x))."""
    e = exp(-abs(x))
    return (1.0 if x >= 0.0 else e) / (1.0 + e)


def softplus(x: float) -> float:
    """Return log(1 + exp(x))."""
    return max(x, 0.0) + math.log1p(exp(-abs(x)))


def _slope_series(root: float, series: list[float]) -> list[float]:
    """Return the Taylor coefficients of (x * f(x))' where it is zero, from those of f."""
    product = [root * c + before for before, c in zip([0.0, *series], series, strict=False)]
    return [k * c for k, c in enumerate(product)][:1:-1]


# Where the derivatives of gelu and silu are zero, and what rounding took off.
_GELU_ROOT, _GELU_ROOT_ERROR = -0.7517915246935645, 1.4956759177009883e-17
_SILU_ROOT, _SILU_ROOT_ERROR = -1.2784645427610737, -1.0946994183093437e-16


@cache
def _gelu_slope_at_root() -> list[float]:
    x = _GELU_ROOT
    series = [normal_cdf(x), normal_pdf(x)]
    for k in range(1, 30):  # f'' = -x f'
        series.append(-(x * k * series[k] + (k - 1) * series[k - 1]) / (k * (k + 1)))
    return _slope_series(x, series)


@cache
def _silu_slope_at_root() -> list[float]:
    series = [sigmoid(_SILU_ROOT)]
    for k in range(30):  # f' = f - f * f
        series.append((series[k] - total(map(mul, series, reversed(series)))) / (k + 1))
    return _slope_series(_SILU_ROOT, series)


def gelu_slope(x: float) -> float:
    """Return the derivative of gelu, normal_cdf(x) + x * normal_pdf(x), which cancels at a root."""
    distance = (x - _GELU_ROOT) - _GELU_ROOT_ERROR
    if abs(distance) < 0.4:
        return taylor(_gelu_slope_at_root(), distance)
    return normal_cdf(x) + x * normal_pdf(x) if abs(x) < 39.0 else normal_cdf(x)


def silu_slope(x: float) -> float:
    """Return the derivative of silu, s(x) * (1 + x * s(-x)), which cancels at a root."""
    distance = (x - _SILU_ROOT) - _SILU_ROOT_ERROR
    if abs(distance) < 0.4:
        return taylor(_silu_slope_at_root(), distance)
    return sigmoid(x) * (1.0 + x * sigmoid(-x)) if abs(x) != inf else sigmoid(x)


def exp_difference(x: float, y: float) -> float:
    """Return exp(x - y) without the error of the rounded difference."""
    rounded = x - y
    error = sum_error(x, -y, rounded)
    z: float = _quiet_exp(rounded)
    return z * (1.0 + error) if math.isfinite(error) else z


def sigmoid_difference(x: float, y: float) -> float:
    """Return sigmoid(x - y), the derivative of log(exp(x) + exp(y)) with respect to x."""
    if x == y:  # infinities too
        return 0.5
    if x >= y:
        return 1.0 / (1.0 + exp_difference(y, x))
    e = exp_difference(x, y)
    return e / (1.0 + e)


def logistic_difference(x: float, y: float) -> float:
    """Return the derivative of sigmoid(x - y) with respect to x."""
    e = exp_difference(x, y) if x < y else exp_difference(y, x)
    return e / ((1.0 + e) * (1.0 + e))


def logaddexp(x: float, y: float) -> float:
    """Return log(exp(x) + exp(y))."""
    if x == y:
        return x + 0.6931471805599453
    if isnan(x) or isnan(y):
        return nan
    return max(x, y) + math.log1p(exp(-abs(x - y)))


def shifted_power(x: float, y: float, k: float) -> float:
    """Return x ** (y - k), although y - k may not be a float."""
    exponent = y - k
    if exponent == 1.0:  # exact, by Sterbenz: y is near k
        return x
    z = power(x, exponent)
    error = sum_error(y, -k, exponent)
    return z * (1.0 + error * math.log(x)) if error and 0.0 < x < inf else z


def cbrt(x: float) -> float:
    """Return the real cube root, rounded nearly always correctly (one Newton step)."""
    if x == 0.0 or not math.isfinite(x):
        return x
    mantissa, exponent = math.frexp(x)
    third, rest = divmod(exponent, 3)
    scaled = math.ldexp(mantissa, rest)  # x without 8.0**third, so that the step is in range
    z = math.cbrt(scaled)
    square = z * z
    cube = square * z
    residual = (cube - scaled) + (product_error(square, z, cube) + product_error(z, z, square) * z)
    return math.ldexp(z - residual / (3.0 * square), third)


def weights(xs: Sequence[float]) -> tuple[float, list[float]]:
    """Return the maximum m of some numbers, and exp(x - m) for each; nan if one of them is nan."""
    top = max(xs) if not any(map(isnan, xs)) else nan
    return top, [1.0 if x == top else exp_difference(x, top) for x in xs]


def logsumexp(xs: Sequence[float]) -> float:
    """Return log(sum(exp(x) for x in xs)); -inf for no numbers.

    One maximum is left out of the sum, so that near 0 all digits of the rest count.
    """
    if not xs:
        return -inf
    top, terms = weights(xs)
    others = total([term for x, term in zip(xs, terms, strict=True) if x != top])
    return top + math.log1p(others + float(xs.count(top) - 1))


def softmax(xs: Sequence[float]) -> list[float]:
    """Return exp(x) / sum(exp(xs)) for each x."""
    if not xs:
        return []
    _, terms = weights(xs)
    if len(xs) > FEW:
        return [term / (term + rest) for term, rest in zip(terms, rests(terms), strict=True)]
    whole = total(terms)
    return [term / whole for term in terms]


def rests(terms: Sequence[Any]) -> list[Any]:
    """Return for each of at least three numbers the sum of all others, added from both ends."""
    before = list(accumulate(terms[:-1]))
    after = list(accumulate(terms[:0:-1]))[::-1]
    return [after[0], *map(add, before, after[1:]), before[-1]]


_ALL = (
    *(cbrt, lgamma, digamma, polygamma, gaussian, normal_pdf, normal_cdf, sech2, sigmoid, softplus),
    *(gelu_slope, silu_slope, exp_difference, sigmoid_difference, logistic_difference),
    logaddexp,
)
SPECIAL = {function.__name__: function for function in _ALL} | {"shifted_pow": shifted_power}
