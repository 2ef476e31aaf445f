"""What rounding took off a product or a sum, and sums of series.

The errors are floats themselves (Dekker 1971; Knuth, TAOCP 2, 4.2.2), so that they can be put back
where they would cost digits.
"""

from collections.abc import Sequence

__all__ = ["product_error", "sum_error", "taylor"]


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


def taylor(coefficients: Sequence[float], distance: float) -> float:
    """Return the sum of coefficient * distance**k, for the coefficients of ..., 3, 2, 1."""
    z = 0.0
    for coefficient in coefficients:
        z = (z + coefficient) * distance
    return z
