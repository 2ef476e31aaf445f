"""The logarithm of the gamma function and its derivatives, to full accuracy near their roots too.

`lgamma`, `digamma` and `polygamma` by Taylor series at the roots, by the asymptotic series far out,
and by reflection below zero.
"""

import math
from functools import cache
from math import inf, isnan, nan

from autograd.numbers.exact import sum_error, taylor
from autograd.numbers.floats import QUIET, divide, power, total

__all__ = ["digamma", "lgamma", "polygamma"]

_quiet_lgamma = QUIET["lgamma"]
_ORDERS = range(170)  # of polygamma: beyond, the factorial of the next is no float
# The even Bernoulli numbers B2 ... B20, for the asymptotic series (DLMF 5.11.2, 25.11.43).
_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798)
_ROOT, _ROOT_ERROR = 1.4616321449683622, 9.549995429965697e-17  # where digamma is zero


def lgamma(x: float) -> float:
    """Return the logarithm of the size of the gamma function, to full accuracy at its roots too."""
    if 0.0 < x < 0.5:  # gamma(x) = gamma(1 + x) / x
        return taylor(_derivatives_of_lgamma(1.0, 0), x) - math.log(x)
    factor = 1.0
    while 2.5 <= x < 13.0:  # gamma(x) = (x - 1) gamma(x - 1)
        x -= 1.0
        factor *= x
    root = 1.0 if x < 1.5 else 2.0
    if abs(x - root) <= 0.5:
        return math.log(factor) + taylor(_derivatives_of_lgamma(root, 0), x - root)
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
        return taylor(_derivatives_of_lgamma(_ROOT, 1), distance)
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
    k = 0
    while x + k < 10.0 + s:
        k += 1
    y, tail = x + k, _zeta_term(s, x, k, factor)
    terms = [_zeta_term(s, x, j, factor) for j in range(k)]
    # Not tail * y: far out the tail is too small for a float before its integral is.
    terms += [_zeta_term(s - 1, x, k, factor) / (s - 1), 0.5 * tail]
    coefficient = tail * s / y
    for j, bernoulli in enumerate(_BERNOULLI, start=1):
        terms.append(bernoulli / math.factorial(2 * j) * coefficient)
        coefficient *= (s + 2 * j - 1) / y * (s + 2 * j) / y
    return math.fsum(terms) if terms[0] < inf else inf


def _zeta_term(s: int, x: float, k: int, factor: float) -> float:
    y = x + k
    return factor * power(y, -s) * (1.0 - s * sum_error(x, k, y) / y)


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
