"""A second look before a claim is called wrong: `doubted` by steps that the first did not rest on.

A bound comes from the steps that were sampled; structure between them, or below the rounding of f
at all of them, is not in it. So a claim is refuted only where a small step, at which rounding is
just small enough to tell claim from estimate, shows the estimate and not the claim, and where that
step is much smaller than those over which the function was found to be smooth.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import copysign, inf, isfinite, isinf

from autograd.check.finding import CLEARLY, SCATTER, Finding, lost
from autograd.check.judge import SUBNORMAL
from autograd.check.line import SHARE, Curve
from autograd.check.scale import NEAR_ZERO, grain, is_flat
from autograd.check.slopes import REACH, Estimate, extrapolate, noise, sampled, survey
from autograd.check.teeth import climbs

__all__ = ["doubted"]

VISIBLE = 16.0  # roundings of f that a slope must differ by at a step to be told from another
NEARLY = 64.0  # ratio up to which a step that was sampled serves for a smaller one
SPAN = 32.0  # ratio of the largest step to the smallest that shows the same slope
WIDE = 512.0  # the same where structure on the scale of 1 would be hidden by rounding
FRESH = 0.57  # of the steps of a second window in the first
GROWTH = 1e-6  # relative growth of slopes from step to step that is no rounding
SAFELY = 300.0  # bounds by which a claim differs that no noise explains
ROUGH = 8.0  # times the rounding of f: noise that may be structure
ALSO = 1e-5  # relative bound of an estimate that speaks for the claim, if others do not
SHRINKS = (3.1, 17.0)  # from the smallest step of an estimate to those that show the noise
STATIONS = 6  # on the way to zero
DIFFERENT = "the slope at small steps is not that at larger ones"
STEEPER = 16.0  # ratio of a claim to an estimate, for structure on the scale of the input
SMALLEST = 2.0**-1000  # size of inputs whose steps cannot be scaled to them


def doubted(curve: Curve, finding: Finding, claim: float) -> Finding:
    """Return the finding, or that nothing was found where it refutes a claim by one look only."""
    if finding.kind == "edge" and isinf(claim) and _grows(curve):
        return lost("the slope still grows at the smallest steps")
    if finding.kind == "edge" and not _holds_at_edge(curve, finding, claim):
        return lost(f"{finding.note}, where smaller steps do not confirm its slope")
    if finding.kind not in ("smooth", "flat", "steps", "rounded"):
        return finding
    gap = abs(claim - finding.value)
    if not CLEARLY * (finding.bound + 2.0**-51 * abs(claim) + SUBNORMAL) < gap < 1e300:
        return finding
    if 0.0 < curve.size < SMALLEST:
        return lost("the input is too small for steps scaled to it")
    if finding.kind != "smooth":
        return _flat(curve, finding, claim)
    return _smooth(curve, finding, claim, gap)


def _flat(curve: Curve, finding: Finding, claim: float) -> Finding:
    """Doubt that f is constant where the floats next to the point, or a smaller input, move it."""
    if finding.kind == "steps" and climbs(curve, claim):
        return lost(f"{finding.note}, and over many of its small steps it has the claimed slope")
    nearest = [curve.pair(k * grain(curve)) for k in (1.0, 3.0) if curve.size]
    if any(curve.finite(h) and not is_flat(curve, h) for h in nearest):
        return lost(f"{finding.note}, but not between the floats next to the point")
    if _has_smaller_input(curve):
        return lost(f"{finding.note}, but another input is smaller than the spacing of the steps")
    width = max((h for h in sampled(curve) if h < curve.size and is_flat(curve, h)), default=inf)
    return replace(finding, bound=max(finding.bound, 2.0 * _rounding_of_parts(curve) / width))


def _rounding_of_parts(curve: Curve) -> float:
    """Return how f rounds where numbers cancel in it that are as large as it is nearer to zero.

    1 - tanh(x) and sqrt(1 + x * x) - x are made of such numbers: as large as the values of f on the
    way to zero, or as its slope there times the input. So a slope that is 1e-14 of one met on the
    way is not told from 0.
    """
    line, size = curve.line, curve.size
    inwards = -copysign(1.0, sum(x * d for x, d in zip(line.point, line.direction, strict=True)))
    points = [SHARE * size ** (1.0 - k / STATIONS) for k in range(STATIONS + 1) if size > 2.0]
    values = [curve.value_at(inwards * (size - x)) for x in points]
    rises = zip(pairwise(values), pairwise(points), strict=False)
    parts = [size * (b - a) / (v - u) for (a, b), (u, v) in rises]
    known = [abs(x) for x in (curve.centre, *values, *parts) if isfinite(x)]
    return 2.0**-52 * float(max(known))


def _is_dwarfed(curve: Curve) -> bool:
    """Return whether this input is no larger than the spacing of the floats next to another."""
    line = curve.line
    others = [abs(x) for x, d in zip(line.point, line.direction, strict=True) if not d]
    return max(others, default=0.0) * 2.0**-52 >= curve.size


def _has_smaller_input(curve: Curve) -> bool:
    """Return whether another input is not larger than the distance to the floats next to this."""
    line = curve.line
    others = [abs(x) for x, d in zip(line.point, line.direction, strict=True) if not d and x]
    return bool(others) and min(others) <= 2.0 * (grain(curve) or min(curve.pairs))


def _holds_at_edge(curve: Curve, finding: Finding, claim: float) -> bool:
    """Return whether a smaller step to the one side is nearer to the estimate than to the claim."""
    off = abs(claim - finding.value)
    if not CLEARLY * finding.bound < off < inf:
        return True
    h = curve.pair(min(curve.pairs) / 64.0)
    slopes = [slope for slope in curve.sides(h) if isfinite(slope)]
    return any(abs(slope - finding.value) < 0.5 * off for slope in slopes)


def _grows(curve: Curve) -> bool:
    """Return whether one-sided slopes grow down to the smallest steps."""
    slopes = [s for h in sorted(curve.pairs) for s in curve.sides(h) if isfinite(s)][:3]
    return all(abs(fine) > (1.0 + GROWTH) * abs(coarse) for fine, coarse in pairwise(slopes))


def _smooth(curve: Curve, finding: Finding, claim: float, gap: float) -> Finding:
    known = [h for h in finding.steps if h in curve.pairs] or sampled(curve)
    level = noise(curve, known[-1:], finding.value)
    least = max(VISIBLE * level / gap, 8.0 * grain(curve))
    shown = [h for h in sampled(curve) if h in known or _shows(curve, h, finding.value, gap)]
    top = shown[0] if curve.size < NEAR_ZERO else min(shown[0], curve.size)
    if _hides_at_size(curve, finding, claim, known[-1]):
        return lost("f may have the claimed slope on the scale of the input, below its rounding")
    if least * (SPAN if least < 1.0 else WIDE) > top:
        return lost("f shows another slope at large steps only, where structure may hide")
    scattered = curve.floor > ROUGH * 2.0**-52 * curve.largest(REACH * min(curve.pairs))
    if scattered and gap * grain(curve) > curve.floor / 4.0:
        return lost("f scatters as if it changed between one float and the next")
    near = REACH * (min(curve.pairs) if _is_dwarfed(curve) else known[0])
    if 2.0 * abs(claim) * grain(curve) > curve.largest(near):
        return lost("the claim is a change within the spacing of the floats, which may be right")
    if any(_also(claim, finding, estimate) for estimate in survey(curve)):
        return lost("f shows the claimed slope at some steps and another one at others")
    if _fits_closer(curve, finding, claim, known[-1]):
        return lost(DIFFERENT)
    sure = gap > SAFELY * finding.bound
    scatter = 0.0 if sure else _scatter(curve, finding, known[-1])
    more = (scatter / level if level else 0.0) * finding.rounding
    measured = replace(finding, bound=finding.bound + 2.0 * more)
    if abs(claim - measured.value) <= CLEARLY * measured.bound:
        return measured
    if least > known[-1]:
        return _by_fresh_window(curve, measured, claim, known)
    closest = curve.pair(grain(curve)) if finding.note and least <= 64.0 * grain(curve) else 0.0
    if closest and not _shows(curve, closest, finding.value, gap):
        return lost("the slope within a few spacings of the floats is not that at larger steps")
    rough = scatter > ROUGH * level
    fits = [h for h in sampled(curve) if least <= h <= NEARLY * least and h not in known]
    steps = [
        *([] if rough else fits[-1:]),
        *(least * 4.0**k for k in range(10) if SPAN * least * 4.0**k <= top),
    ]
    return measured if _persists(curve, finding, claim, known[-1], steps) else lost(DIFFERENT)


def _hides_at_size(curve: Curve, finding: Finding, claim: float, known: float) -> bool:
    """Return whether steps as small as a small input, not looked at so far, refute no such claim.

    Only a claim that is much steeper than the estimate may be a slope that f has there alone.
    """
    if not 0.0 < curve.size < min(NEAR_ZERO, known):
        return False
    if abs(claim) <= STEEPER * (abs(finding.value) + finding.bound):
        return False
    h, gap = curve.pair(SHARE * curve.size / 8.0), abs(claim - finding.value)
    return gap * h <= VISIBLE * noise(curve, [h], finding.value) or not _shows(
        curve, h, finding.value, gap
    )


def _also(claim: float, finding: Finding, other: Estimate) -> bool:
    """Return whether a claim is what some steps lead to, and not what others do."""
    sharp = other.bound <= ALSO * abs(other.value)
    apart = abs(finding.value - other.value) > CLEARLY * (finding.bound + other.bound)
    return sharp and apart and abs(claim - other.value) <= other.bound


def _fits_closer(curve: Curve, finding: Finding, claim: float, known: float) -> bool:
    """Return whether steps below those of the estimate show the claim, as precise as they are."""
    half = 0.5 * abs(claim - finding.value)
    precise = (
        h for h in sampled(curve) if h < known and VISIBLE * noise(curve, [h], claim) < half * h
    )
    fits = [h for h in precise if _shows(curve, h, claim, half)]
    return any(_shows(curve, curve.pair(FRESH * h), claim, half) for h in fits)


def _persists(
    curve: Curve, finding: Finding, claim: float, known: float, steps: list[float]
) -> bool:
    """Return whether a small step shows the estimate, and none that is not flat the claim."""
    gap = abs(claim - finding.value)
    for wanted in steps:
        h = curve.pair(wanted)
        expected = _expected(curve, finding, h, known)
        if _shows(curve, h, expected, gap):
            return abs(curve.slope(h) - expected) * h <= SCATTER * curve.largest()
        if not is_flat(curve, h) and _shows(curve, h, claim, 0.5 * gap):
            if _shows(curve, curve.pair(FRESH * h), claim, 0.5 * gap):
                return False
    return False


def _scatter(curve: Curve, finding: Finding, known: float) -> float:
    """Return the noise that steps below the smallest of an estimate show."""
    steps = [h for h in (curve.pair(known / ratio) for ratio in SHRINKS) if curve.finite(h)]
    off = [abs(curve.slope(h) - _expected(curve, finding, h, known)) * h for h in steps]
    return max(off, default=0.0)


def _expected(curve: Curve, finding: Finding, h: float, known: float) -> float:
    """Return the slope at a step, from the derivative and the slope at a larger one."""
    return finding.value + (curve.slope(known) - finding.value) * (h / known) ** 2


def _shows(curve: Curve, h: float, slope: float, gap: float) -> bool:
    """Return whether a step shows this slope, and not one that differs by the gap."""
    return curve.finite(h) and abs(curve.slope(h) - slope) <= 0.5 * gap


def _by_fresh_window(curve: Curve, finding: Finding, claim: float, known: list[float]) -> Finding:
    """Extrapolate once more from other steps."""
    steps = [curve.pair(FRESH * h) for h in known]
    if not all(map(curve.finite, steps)) or len(set(steps)) < len(steps):
        return lost("f has no value at some steps")
    again = extrapolate(steps, [curve.slope(h) for h in steps], 2).value
    gap = abs(claim - finding.value)
    if abs(again - finding.value) > 0.5 * gap:
        return lost("other steps lead to another slope")
    return finding
