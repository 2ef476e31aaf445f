"""Functions on floats that `math` lacks, or that lose digits when written as in a textbook.

`gaussian`, `normal_pdf`, `normal_cdf` (the tails keep their digits), `sech2`, `softplus`,
`sigmoid_difference`, `exp_difference`, `shifted_power`, `cbrt`; `gelu_slope`, `silu_slope`,
`lgamma` and its derivatives `digamma` and `polygamma` keep their digits near their roots;
`weights`, the terms of a softmax. Where a rounded argument would cost
digits, its error is computed exactly (Dekker 1971; Knuth, TAOCP 2, 4.2.2) and put back to first
order: exp(h + l) = exp(h) * (1 + l).
"""

import math
from collections.abc import Sequence
from functools import cache
from math import exp, inf, isnan, nan
from operator import mul

from autograd.floats import QUIET, divide, power, total

__all__ = ["SPECIAL", "digamma", "logsumexp", "polygamma", "softmax"]

_quiet_exp, _quiet_lgamma = QUIET["exp"], QUIET["lgamma"]


def product_error(x: float, y: float, product: float) -> float:
    """Return x * y - product exactly, for a product that is x * y rounded (Dekker)."""
    x_high = 134217729.0 * x - (134217729.0 * x - x)
    y_high = 134217729.0 * y - (134217729.0 * y - y)
    x_low, y_low = x - x_high, y - y_high
    return ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def sum_error(x: float, y: float, rounded: float) -> float:
    """Return x + y - rounded exactly, for a sum that is x + y rounded (Knuth)."""
    from_y = rounded - x
    return (x - (rounded - from_y)) + (y - from_y)


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


def _taylor(coefficients: Sequence[float], distance: float) -> float:
    """Return the sum of coefficient * distance**k, for the coefficients of ..., 3, 2, 1."""
    z = 0.0
    for coefficient in coefficients:
        z = (z + coefficient) * distance
    return z


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
        return _taylor(_gelu_slope_at_root(), distance)
    return normal_cdf(x) + x * normal_pdf(x)


def silu_slope(x: float) -> float:
    """Return the derivative of silu, s(x) * (1 + x * s(-x)), which cancels at a root."""
    distance = (x - _SILU_ROOT) - _SILU_ROOT_ERROR
    if abs(distance) < 0.4:
        return _taylor(_silu_slope_at_root(), distance)
    return sigmoid(x) * (1.0 + x * sigmoid(-x))


def exp_difference(x: float, y: float) -> float:
    """Return exp(x - y) without the error of the rounded difference."""
    rounded = x - y
    error = sum_error(x, -y, rounded)
    z: float = _quiet_exp(rounded)
    return z * (1.0 + error) if math.isfinite(error) else z


def sigmoid_difference(x: float, y: float) -> float:
    """Return sigmoid(x - y), the derivative of log(exp(x) + exp(y)) with respect to x."""
    if x >= y:
        return 1.0 / (1.0 + exp_difference(y, x))
    e = exp_difference(x, y)
    return e / (1.0 + e)


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
    """Return log(sum(exp(x) for x in xs)); -inf for no numbers."""
    if not xs:
        return -inf
    top, terms = weights(xs)
    return top + math.log(total(terms))


def softmax(xs: Sequence[float]) -> list[float]:
    """Return exp(x) / sum(exp(xs)) for each x."""
    if not xs:
        return []
    _, terms = weights(xs)
    whole = total(terms)
    return [term / whole for term in terms]


_ORDERS = range(170)  # of polygamma: beyond, the factorial of the next is no float
# The even Bernoulli numbers B2 ... B20, for the asymptotic series (DLMF 5.11.2, 25.11.43).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_ROOT, _ROOT_ERROR = 1.4616321449683622, 9.549995429965697e-17  # where digamma is zero


def lgamma(x: float) -> float:
    """Return the logarithm of the size of the gamma function, to full accuracy at its roots too."""
    root = 1.0 if x < 1.5 else 2.0
    if abs(x - root) < 0.5:
        return _taylor(_derivatives_of_lgamma(root, 0), x - root)
    z: float = _quiet_lgamma(x)
    return z


def digamma(x: float) -> float:
    """Return the derivative of lgamma; nan at its poles -1, -2, ..., -inf at 0 and inf at -0."""
    if x <= 0.0:
        if x == 0.0:
            return divide(-1.0, x)
        return digamma(1.0 - x) - math.pi * _cotangent(x)
    if x == inf or isnan(x):
        return x
    distance = (x - _ROOT) - _ROOT_ERROR
    if abs(distance) < 0.8:
        return _taylor(_derivatives_of_lgamma(_ROOT, 1), distance)
    terms = []
    while x < 10.0:
        terms.append(divide(-1.0, x))
        x += 1.0
    inverse = 1.0 / x
    scale = inverse * inverse
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        terms.append(-bernoulli / (2 * j) * scale**j)
    return math.fsum([*terms, -0.5 * inverse, math.log(x)]) if terms[0] != -inf else -inf


@cache
def _derivatives_of_lgamma(x: float, n: int) -> list[float]:
    """Return the Taylor coefficients at x of the n-th derivative of lgamma, highest first."""
    return [polygamma(x, k + n - 1) / math.factorial(k) for k in range(64, 0, -1)]


def polygamma(x: float, n: float) -> float:
    """Return the n-th derivative of digamma; nan where n is not a whole number from 0 to 169."""
    if n not in _ORDERS:
        return nan
    order = int(n)
    if order == 0:
        return digamma(x)
    if not math.isfinite(x):
        return 0.0 if x == inf else nan
    sign = -1.0 if order % 2 == 0 else 1.0
    if x > 0.0:
        return sign * _zeta(order + 1, x, math.factorial(order))
    if x == 0.0:
        return inf if order % 2 else -math.copysign(inf, x)
    return -sign * polygamma(1.0 - x, n) - _cotangent_derivative(order, _cotangent(x))


def _zeta(s: int, x: float, factor: float) -> float:
    """Return factor * sum(1 / (x + k)**s for k = 0, 1, ...), by Euler-Maclaurin (DLMF 25.11.5)."""
    terms = []
    k = 0
    while x + k < 10.0 + s:
        y = x + k
        terms.append(factor * power(y, -s) * (1.0 - s * sum_error(x, k, y) / y))
        k += 1
    y = x + k
    tail = factor * power(y, -s) * (1.0 - s * sum_error(x, k, y) / y)
    terms += [tail * y / (s - 1), 0.5 * tail]
    coefficient = tail * s / y
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        terms.append(bernoulli / math.factorial(2 * j) * coefficient)
        coefficient *= (s + 2 * j - 1) / y * (s + 2 * j) / y
    return math.fsum(terms) if terms[0] < inf else inf


def _cotangent(x: float) -> float:
    """Return the cotangent of pi * x; nan where it has a pole."""
    if x == -inf:
        return nan
    from_whole = math.fmod(x, 1.0)
    if abs(from_whole) > 0.5:
        from_whole -= math.copysign(1.0, x)
    if abs(from_whole) > 0.25:  # so that it is 0 at the halves, where pi * x is rounded
        return math.copysign(math.tan(math.pi * (0.5 - abs(from_whole))), from_whole)
    return 1.0 / math.tan(math.pi * from_whole) if from_whole else nan


def _cotangent_derivative(order: int, cotangent: float) -> float:
    """Return the derivative of pi * cot(pi * x): a polynomial in the cotangent (DLMF 5.15.6)."""
    polynomial = [0.0, 1.0]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(polynomial)][1:]
        polynomial = [-(a + b) for a, b in zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)]
    powers = (c * power(cotangent, float(k)) for k, c in enumerate(polynomial) if c)
    return math.pi ** (order + 1) * total(powers)


_ALL = (
    *(cbrt, lgamma, digamma, polygamma, gaussian, normal_pdf, normal_cdf, sech2, sigmoid, softplus),
    *(gelu_slope, silu_slope, exp_difference, sigmoid_difference, logaddexp),
)
SPECIAL = {function.__name__: function for function in _ALL} | {"shifted_pow": shifted_power}
