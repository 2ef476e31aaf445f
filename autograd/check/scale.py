"""Steps that fit a function: scaled to its input, and to how it changes.

`first_step` is scaled to the input alone. `deep_step` is near the rounding floor; where it shows
another slope, `smaller_step` bisects for the scale on which f is smooth. `larger_step` and
`wider_step` grow where rounding would hide the change of f or cost digits.
"""

from __future__ import annotations

from math import frexp, sqrt, ulp

from autograd.check.line import SHARE, Curve
from autograd.check.slopes import noise

__all__ = [
    "NEAR_ZERO",
    "deep_step", "first_step", "is_flat", "is_single", "larger_step", "same_slope",
    "smaller_step", "unit", "wider_step",
]  # fmt: skip

NEAR_ZERO = 1e-3  # size of an input that is small beside 1


def unit(curve: Curve) -> float:
    """Return the scale of the input: its size, or 1 at zero."""
    return curve.size or 1.0


def grain(curve: Curve) -> float:
    return ulp(curve.size) if curve.size else 0.0


def _deepest(curve: Curve, h: float) -> float:
    """Return the smallest step worth a look."""
    return max(h * 2.0**-40, 64.0 * grain(curve))


def first_step(curve: Curve) -> float | None:
    """Sample a step scaled to the input, smaller where f has no value; None where it never has."""
    h = curve.pair(unit(curve) * SHARE / 8.0)
    if curve.finite(h):
        return h
    low = curve.pair(_deepest(curve, h))
    if not curve.finite(low):
        return None
    for _ in range(4):
        middle = curve.pair(sqrt(low) * sqrt(h))
        if curve.finite(middle):
            return middle if curve.variation(middle) else low
        h = middle
    return low


def _reach(curve: Curve) -> float:
    """Return the largest step to take: some sizes of the input, and 1 near zero."""
    return max(16.0 * curve.size, 1.0)


def _blind_reach(curve: Curve) -> float:
    """Return the largest step to take where rounding hides all below it."""
    return 1.0 if curve.size < 1e-2 else curve.size


def larger_step(curve: Curve, h: float) -> float | None:
    """Return a larger step where f does not change within h, if that is due to rounding.

    Return the step itself where f is constant, and None where rounding hides how it changes.
    """
    for factor in (2.0**10, 2.0**26, max(2.0**60, 0.1 / h)):
        larger = curve.pair(min(h * factor, 1e300))
        if not curve.finite(larger):
            return h
        change = curve.variation(larger)
        if change and change * h <= 8.0 * noise(curve, [larger], 0.0):
            return larger if larger <= _blind_reach(curve) else None
        if change:
            return h
    return h


def deep_step(curve: Curve, h: float) -> float:
    """Sample a step at which rounding leaves three digits of the slope."""
    change = curve.variation(h)
    level = noise(curve, [h], change) if curve.size or curve.centre else 0.0
    if not curve.size:
        level = 2.0**-52 * abs(curve.centre)
    wanted = 1024.0 * level / change if change else 0.0
    return curve.pair(min(max(wanted, _deepest(curve, h)), h / 64.0))


def same_slope(curve: Curve, h: float, deep: float, share: float = 0.25) -> bool:
    """Return whether the slopes at two steps agree roughly."""
    if not curve.finite(h):
        return False
    rough = share * max(curve.variation(h), abs(curve.slope(deep)))
    level = noise(curve, [deep], curve.variation(h)) / deep
    return abs(curve.slope(h) - curve.slope(deep)) <= rough + 4.0 * level


def is_flat(curve: Curve, h: float) -> bool:
    """Return whether f has the same value at the point and on both sides of it."""
    below, above = curve.pairs[h]
    return below == curve.centre == above


def is_single(y: float) -> bool:
    """Return whether a number is one of single precision: it may have been rounded to it."""
    return frexp(y)[0] * 2.0**24 % 1.0 == 0.0


def smaller_step(curve: Curve, h: float, deep: float) -> float | None:
    """Bisect for the largest step that agrees with the deep one; None if there is none."""
    low, high = deep, h
    for _ in range(4):
        middle = curve.pair(sqrt(low) * sqrt(high))
        if same_slope(curve, middle, deep):
            return middle
        high = middle
        if high < 64.0 * low:
            return None
    return None


def _as_at(curve: Curve, h: float, larger: float) -> bool:
    """Return whether the slope at a larger step is that at h, for the slopes met at h."""
    if not curve.finite(larger):
        return False
    level = noise(curve, [h], curve.variation(h))
    rough = 0.25 * curve.variation(h) + 4.0 * level / h
    if _curvature(curve, larger) < 0.25 * (_curvature(curve, h) - 4.0 * level / h / h):
        return False  # beyond the bend at h: another regime
    return abs(curve.slope(larger) - curve.slope(h)) <= rough


def _curvature(curve: Curve, h: float) -> float:
    left, right = curve.sides(h)
    return abs(right - left) / h


def wider_step(curve: Curve, h: float) -> float:
    """Return a larger step where rounding would cost too many digits at h, if f allows one."""
    if 0.0 < curve.size < NEAR_ZERO:  # numbers of size 1 inside f would hide in its rounding
        wide = curve.pair(SHARE / 8.0)
        if curve.variation(h) and _as_at(curve, h, wide):
            return wide
    change = curve.variation(h)
    lost = 16.0 * noise(curve, [h], change) / (h * change)
    factor = min(lost / 1e-12, 2.0**40)
    factor = min(factor, (_reach(curve) if lost < 0.3 else _blind_reach(curve)) / h)
    for _ in range(3):
        if lost < 1e-11 or factor < 4.0:
            break
        larger = curve.pair(h * factor)
        if _as_at(curve, h, larger):
            return larger
        factor = sqrt(factor) / 2.0
    return h
