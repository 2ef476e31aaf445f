"""Functions that rounding has cut into teeth: `past_teeth` does not take the side of one for f.

(exp(x) - 1) / x at 1e-7 is made of numbers whose rounding stays the same over small steps: between
two jumps of 1e-9, f is a constant divided by x, as smooth as can be and with a slope of -1e7. Only
steps over many jumps show the slope, 0.5. What separates this from structure on a small scale is
the jump: where f leaves the line of its small steps, a function that bends does so little by
little, and one that is rounded from one float to the next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import copysign, inf, isfinite, sqrt

from autograd.check.finding import Finding, lost
from autograd.check.line import SHARE, Curve
from autograd.check.scale import NEAR_ZERO, grain
from autograd.check.settle import is_resolved
from autograd.check.slopes import noise, sampled, survey

__all__ = ["climbs", "past_teeth"]

CLOSE = 2.0**-9  # of the size of the input: steps that are not scaled to it
NARROW = 2.0**-5  # of the size of input and of f: teeth that may be rounding
SURELY = 2.0**-20  # the same, for teeth that are taken for rounding
OF_ONE = 2.0**-48  # width of the teeth where numbers of size 1 are rounded, at most
OFF_LINE = 0.25  # of a change along a line by which f leaves it
SUDDENLY = 2.0**-12  # of the step: what a function that bends does not change within
WIDER = 64.0  # times the width of a tooth: steps over many of them
SMALL = 2.0**-7  # of the size of f: steps that may be the rounding of numbers in it
MANY = 32.0  # steps up to which they are counted
PARTS = range(1, 9)  # steps that the smallest change met may be made of
EVENLY = 1e-3  # share of a step by which a number of them is not whole
POWERS = (0, 1, 2, 3, 4, 5)  # of 4: by how much steps are smaller than the input, or than 1


@dataclass(frozen=True)
class Tooth:
    """How far from the point f jumps, and by how much."""

    width: float
    height: float


def past_teeth(curve: Curve, finding: Finding, claim: float) -> Finding:
    """Return the finding; where it is the side of a tooth, what larger steps show, or nothing."""
    if finding.kind == "steps" and abs(claim) <= finding.bound and _are_uneven(curve):
        return lost(f"{finding.note}, but its steps are uneven, as by rounding")
    tooth = _tooth(curve, finding) if _may_be_one(curve, finding) else None
    if tooth is None:
        return finding
    note = f"f jumps by {tooth.height:.1g} at {tooth.width:.1g} from the point, as by rounding"
    sure = tooth.height <= SURELY * abs(curve.centre) and tooth.width <= SURELY * curve.size
    if not sure or abs(claim - finding.value) <= OFF_LINE * abs(finding.value):
        return lost(f"{note}, and its slope before the jump is not that over many")
    return _over_many(curve, tooth, note)


def climbs(curve: Curve, claim: float) -> bool:
    """Return whether the steps of f are small beside f, and lead it along the claimed slope.

    log(1 - sigmoid(x)) at 33 moves by 0.02, each time that 1 - sigmoid(x) is rounded otherwise.
    """
    far = max(sampled(curve))
    along = abs(curve.slope(far) - claim) <= OFF_LINE * abs(claim)
    return along and min(_heights(curve), default=inf) <= SMALL * curve.largest()


def _are_uneven(curve: Curve) -> bool:
    """Return whether the steps of f are small beside f, and no multiples of one height."""
    heights = _heights(curve)
    least = min(heights, default=inf)
    few = [height / least for height in heights if height < MANY * least]
    even = any(all(_is_near_whole(k * number) for number in few) for k in PARTS)
    return not even and least <= SMALL * curve.largest()


def _is_near_whole(number: float) -> bool:
    return abs(number - round(number)) <= EVENLY


def _heights(curve: Curve) -> list[float]:
    """Return by how much f differs from its value at the point wherever it does."""
    changes = [abs(y - curve.centre) for pair in curve.pairs.values() for y in pair]
    return [change for change in changes if change and isfinite(change)]


def _may_be_one(curve: Curve, finding: Finding) -> bool:
    """Return whether a derivative comes from steps that may be shorter than a tooth."""
    if finding.kind != "smooth" or not finding.steps or not finding.value:
        return False
    return finding.steps[0] < max(CLOSE * curve.size, OF_ONE if curve.size else 0.0)


def _tooth(curve: Curve, finding: Finding) -> Tooth | None:
    """Return where f jumps off the line of its small steps; None where it does not, or bends."""
    line, slope = curve.line, finding.value
    away = copysign(1.0, sum(x * d for x, d in zip(line.point, line.direction, strict=True)))

    def off(h: float) -> float:
        return curve.value_at(away * h) - curve.centre - slope * h * away

    def leaves(h: float) -> bool:
        return abs(off(h)) > OFF_LINE * abs(slope) * h + 8.0 * noise(curve, [], slope)

    low, high = _last_on(curve, finding.steps[-1], leaves)
    if OFF_LINE * abs(slope) * low > NARROW * abs(curve.centre) and low > OF_ONE:
        return None
    while high - low > max(SUDDENLY * low, 2.0 * grain(curve)):
        if abs(off(high) - off(low)) < 0.5 * abs(off(high)) or not isfinite(off(high)):
            return None
        middle = line.step(sqrt(low) * sqrt(high) if high > 2.0 * low else 0.5 * (low + high))
        low, high = (low, middle) if leaves(middle) else (middle, high)
    found = Tooth(high, abs(off(high) - off(low))) if high else None
    return found if found and _is_narrow(curve, found) else None


def _last_on(curve: Curve, least: float, leaves: Callable[[float], bool]) -> tuple[float, float]:
    """Return the last step sampled before f leaves the line, and the first after; 0 for none."""
    far = [curve.line.step(OF_ONE)] if curve.size < NEAR_ZERO else []
    steps = [h for h in sorted({*sampled(curve), *far}) if h >= least]
    high = next((h for h in steps[1:] if leaves(h)), 0.0)
    return max((h for h in steps if h < high), default=least), high


def _is_narrow(curve: Curve, tooth: Tooth) -> bool:
    """Return whether a tooth may be the rounding of numbers in f."""
    if curve.size < NEAR_ZERO and tooth.width <= OF_ONE:
        return True
    return tooth.width <= NARROW * curve.size and tooth.height <= NARROW * abs(curve.centre)


def _over_many(curve: Curve, tooth: Tooth, note: str) -> Finding:
    """Find the derivative from steps over many teeth, whose height is the noise of f."""
    curve.floor = max(curve.floor, 2.0 * tooth.height)
    curve.pairs = {h: pair for h, pair in curve.pairs.items() if h > WIDER * tooth.width}
    top = SHARE * (1.0 if curve.size < NEAR_ZERO else curve.size)
    for power in POWERS:
        curve.pair(top / 4.0**power)
    found = [e for e in survey(curve, least=WIDER * tooth.width) if e.agrees and len(e.steps) > 2]
    if not found or not is_resolved(curve, found[0]):
        return lost(f"{note}, and larger steps do not agree")
    best = found[0]
    return Finding("smooth", best.value, 2.0 * best.bound, abs(best.value),
                   note=note, steps=best.steps, rounding=best.rounding)  # fmt: skip
