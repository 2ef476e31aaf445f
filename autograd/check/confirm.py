"""A second look before a claim is called wrong: `doubted` by steps that the first did not rest on.

A bound comes from the steps that were sampled; structure between them, or below the rounding of f
at all of them, is not in it. So a claim is refuted only where a small step, at which rounding is
just small enough to tell claim from estimate, shows the estimate and not the claim, and where that
step is much smaller than those over which the function was found to be smooth.
"""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, isinf, ulp

from autograd.check.finding import CLEARLY, Finding, lost
from autograd.check.line import Curve
from autograd.check.scale import NEAR_ZERO, grain
from autograd.check.slopes import extrapolate, noise, sampled

__all__ = ["doubted"]

VISIBLE = 16.0  # roundings of f that a slope must differ by at a step to be told from another
NEARLY = 64.0  # ratio up to which a step that was sampled serves for a smaller one
SPAN = 512.0  # ratio of the largest step to the smallest that shows the same slope
FRESH = 0.57  # of the steps of a second window in the first
GROWTH = 1e-6  # relative growth of slopes from step to step that is no rounding
SMALLEST = 2.0**-1000  # size of inputs whose steps cannot be scaled to them


def doubted(curve: Curve, finding: Finding, claim: float) -> Finding:
    """Return the finding, or that nothing was found where it refutes a claim by one look only."""
    if finding.kind == "edge" and isinf(claim) and _grows(curve):
        return lost("the slope still grows at the smallest steps")
    if finding.kind not in ("smooth", "flat", "steps"):
        return finding
    gap = abs(claim - finding.value)
    if not CLEARLY * (finding.bound + 2.0**-51 * abs(claim)) < gap < 1e300:
        return finding
    if 0.0 < curve.size < SMALLEST:
        return lost("the input is too small for steps scaled to it")
    if finding.kind != "smooth":
        return _flat(curve, finding)
    return _smooth(curve, finding, claim, gap)


def _flat(curve: Curve, finding: Finding) -> Finding:
    """Doubt that f is constant where another input is smaller than the spacing of this one."""
    line = curve.line
    others = [abs(x) for x, d in zip(line.point, line.direction, strict=True) if not d and x]
    spacing = ulp(curve.size) if curve.size else min(curve.pairs)
    if others and min(others) < spacing:
        return lost(f"{finding.note}, but another input is smaller than the spacing of the steps")
    return finding


def _grows(curve: Curve) -> bool:
    """Return whether one-sided slopes grow down to the smallest steps."""
    slopes = [s for h in sorted(curve.pairs) for s in curve.sides(h) if isfinite(s)][:3]
    return all(abs(fine) > (1.0 + GROWTH) * abs(coarse) for fine, coarse in pairwise(slopes))


def _smooth(curve: Curve, finding: Finding, claim: float, gap: float) -> Finding:
    known = [h for h in finding.steps if h in curve.pairs] or sampled(curve)
    level = noise(curve, known[-1:], finding.value)
    least = max(VISIBLE * level / gap, 8.0 * grain(curve))
    top = known[0] if curve.size < NEAR_ZERO else min(known[0], curve.size)
    if least * SPAN > top:
        return lost("f shows another slope at large steps only, where structure may hide")
    if least > known[-1]:
        return _by_fresh_window(curve, finding, claim, known)
    closest = curve.pair(grain(curve)) if finding.note and least <= 64.0 * grain(curve) else 0.0
    if closest and not _shows(curve, closest, finding.value, gap):
        return lost("the slope within a few spacings of the floats is not that at larger steps")
    near = [h for h in sampled(curve) if least <= h <= NEARLY * least and h not in known]
    bend = (curve.slope(known[-1]) - finding.value) / known[-1] ** 2
    if any(_shows(curve, h, finding.value + bend * h * h, gap) for h in near):
        return finding
    h = curve.pair(least)
    if _shows(curve, h, finding.value + bend * h * h, gap):
        return finding
    return lost("the slope at small steps is not that at larger ones")


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
