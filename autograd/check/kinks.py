"""Kinks: points where the slopes on both sides settle and differ.

`differ_at` asks the smallest step, `find_kink` extrapolates the slopes on each side and makes sure
that their difference persists down to where rounding begins: a sharp bend is no kink.
"""

from __future__ import annotations

from autograd.check.finding import CLEARLY, Finding
from autograd.check.line import Curve
from autograd.check.scale import grain
from autograd.check.slopes import Estimate, noise, one_sided, sampled

__all__ = ["differ_at", "find_kink"]


def differ_at(curve: Curve, deep: float, slope: float, size: float) -> bool:
    """Return whether the one-sided slopes differ at the smallest step, by more than noise.

    The noise shows in the central slope there, which should be the slope found at larger steps.
    """
    gap = _gap(curve, deep)
    level = max(noise(curve, [deep], size) / deep, abs(curve.slope(deep) - slope))
    if gap <= 0.05 * size + 8.0 * level:
        return False
    for shrink in (8.0, 64.0):
        smaller = _gap(curve, curve.pair(deep / shrink))
        if not smaller <= 2.0 * gap:  # as noise makes it grow, which larger steps tell
            return not _gap(curve, curve.pair(8.0 * deep)) <= 0.25 * _gap(curve, deep)
        if smaller > 0.6 * gap:
            return True
        gap = smaller
    return False  # it closes: a sharp bend, not a kink


def _gap(curve: Curve, h: float) -> float:
    left, right = curve.sides(h)
    return abs(right - left)


def find_kink(curve: Curve, best: Estimate, claim: float, differ: bool = False) -> Finding | None:
    """Return the kink at the centre, where the one-sided slopes settle and differ.

    Smaller steps are added while they differ but do not settle, or the claim is near their ends.
    """
    found = None
    for shrink in range(1, 6):
        slopes = _settled(curve, best.steps[0] * 4.0 ** (1 - shrink if differ and not found else 0))
        if slopes is None and not differ:
            return None
        if slopes is not None:
            jump = slopes[1].value - slopes[0].value
            if not _persists(curve, jump, best.steps[0] / 4.0**shrink):
                return None
            found = _kink_of(curve, best, *slopes)
            low, high, error = found.sides
            if not 0.0 < max(low - claim, claim - high) <= 2.0 * CLEARLY * error:
                return found
        curve.pair(best.steps[-1] / 4.0**shrink)
    return found


def _settled(curve: Curve, most: float) -> tuple[Estimate, Estimate] | None:
    """Return the one-sided slopes, where they are known and differ."""
    left, right = (one_sided(curve, side, most=most) for side in (0, 1))
    if not left or not right or not left[0].agrees or not right[0].agrees:
        return None
    jump = abs(right[0].value - left[0].value)
    return (left[0], right[0]) if jump > CLEARLY * (left[0].bound + right[0].bound) else None


def _kink_of(curve: Curve, best: Estimate, left: Estimate, right: Estimate) -> Finding:
    error = left.bound + right.bound
    low, high = sorted((left.value, right.value))
    note = f"slope {left.value:.6g} from the left and {right.value:.6g} from the right"
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    scale = curve.variation(best.steps[0])
    return Finding("kink", middle, half + error, scale, (low, high, error), note, best.steps)


def _persists(curve: Curve, jump: float, near: float) -> bool:
    """Return whether the slopes differ by this jump from a step down to where it can be seen."""
    steps = sampled(curve)
    level = noise(curve, steps[-1:], jump)
    h = max(64.0 * level / abs(jump), 8.0 * grain(curve))
    if not curve.size and not curve.centre:
        h = min(h for h in steps if h >= steps[0] * 2.0**-41)
    elif h > steps[len(steps) // 2] / 4.0:
        return False
    between = [curve.pair((near / h) ** share * h) for share in (0.3, 0.65)] if near > h else []
    return all(_differ(curve, t, jump) for t in [curve.pair(h), *between])


def _differ(curve: Curve, h: float, jump: float) -> bool:
    """Return whether the one-sided slopes at a step differ by this jump."""
    left, right = curve.sides(h)
    return abs((right - left) - jump) <= 0.25 * abs(jump) + 4.0 * noise(curve, [h], left) / h
