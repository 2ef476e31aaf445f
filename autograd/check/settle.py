"""Adding steps until a claim is decided: `refined`."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isnan

from autograd.check.finding import CLEARLY, COARSE, TIGHT
from autograd.check.line import Curve
from autograd.check.scale import grain
from autograd.check.slopes import Estimate, one_sided, sampled, survey

__all__ = ["in_spite_of_noise", "is_resolved", "refined", "with_noise_measured"]

GROSSLY = 12.0  # bounds by which a claim differs that needs no more steps
PLAINLY = 100.0  # bounds by which a claim differs that needs no more than three steps
SHARPER = 0.1  # of the bound of an estimate: what another must promise to be looked into
ROUGH = 1.0 / 32.0  # of the scatter at larger steps, down to which noise does not shrink


def _tight(claim: float, estimate: Estimate, scale: float) -> bool:
    return estimate.bound <= TIGHT * max(abs(claim), abs(estimate.value), 0.01 * scale)


def _gross(claim: float, estimate: Estimate) -> bool:
    """Return whether a claim is so far off that no more digits are needed to see it."""
    off = abs(claim - estimate.value)
    return off > GROSSLY * estimate.bound and off > 0.02 * max(abs(claim), abs(estimate.value))


def _decided(claim: float, best: Estimate, scale: float) -> bool:
    """Return whether nothing more is needed to judge a claim."""
    if isnan(claim):
        return best.bound <= COARSE * scale
    off = abs(claim - best.value)
    if off > CLEARLY * best.bound:  # to call it wrong asks for more steps, or a gross mistake
        steps = len(best.steps)
        plain = (steps > 2 and off > PLAINLY * best.bound) or (
            steps > 3 and _tight(claim, best, scale)
        )
        return plain or _gross(claim, best)
    return _tight(claim, best, scale)


def refined(curve: Curve, claim: float, top: float) -> Estimate:
    """Add steps below and above the first until the claim is decided or nothing is gained."""
    scale = curve.variation(top)
    steps = [top, curve.pair(top / 4.0)]
    if not survey(curve):
        return Estimate(0.0, inf, inf, (top,), 0, agrees=False)
    best, idle = survey(curve)[0], 0
    while len(steps) < 10 and idle < 2 and not (best.agrees and _decided(claim, best, scale)):
        wide = best.rounding > best.bound - best.rounding and len(steps) > 2
        step = curve.pair(max(steps) * 4.0 if wide else min(steps) / 4.0)
        steps.append(step)
        found = survey(curve)
        idle = 0 if found[0].bound < 0.7 * best.bound else idle + 1
        best = found[0]
        if not curve.finite(step):
            break
    return best


def in_spite_of_noise(curve: Curve, best: Estimate, claim: float) -> Estimate:
    """Return a better estimate where it is noise that contradicts it at small steps.

    Noise moves the values of f by as much at a small step as at a smaller one; what shrinks with
    the step is structure.
    """
    sharp = min(survey(curve), key=lambda e: e.bound)
    if sharp.agrees or not (sharp.bound < SHARPER * best.bound or not best.agrees):
        return best
    scatter = _scatter(curve, sharp)
    if scatter is None or scatter * 1e4 > curve.largest():
        return best
    curve.floor = max(curve.floor, 2.0 * scatter)
    return refined(curve, claim, max(curve.pairs))


def _scatter(curve: Curve, best: Estimate) -> float | None:
    """Return by how much f scatters at steps below those of an estimate; None for structure."""
    deep, least = min(sampled(curve)), best.steps[-1]
    smallest = max(deep / 32.0, 4.0 * grain(curve))
    steps = {curve.pair(h) for h in (smallest, deep, 8.0 * deep, 64.0 * deep) if h < least / 4.0}
    if not all(map(curve.finite, steps)):
        return None
    off = {h: abs(curve.slope(h) - best.value) * h for h in steps}
    worst = max(off.values(), default=0.0)
    if len(off) < 3 or off[min(off)] < ROUGH * worst:
        return None
    return worst


def with_noise_measured(curve: Curve, best: Estimate, claim: float) -> Estimate:
    """Return the estimate with a bound from the noise of f as small steps show it.

    A claim that looked wrong by the first bound is not called right by this one: it stays between.
    """
    off = abs(claim - best.value)
    looked_wrong = off > CLEARLY * best.bound
    for shrink in (50.0, 170.0, 600.0):
        h = curve.pair(best.steps[-1] / shrink)
        if curve.finite(h):
            curve.floor = max(curve.floor, 2.0 * abs(curve.slope(h) - best.value) * h)
    found = [e for e in survey(curve) if e.agrees]
    best = next((e for e in found if e.steps == best.steps), best)
    if not looked_wrong:
        return best
    others = [e for e in found if e.steps != best.steps and e.bound < 10.0 * best.bound]
    spread = max([abs(e.value - best.value) for e in others], default=0.0)
    return replace(best, bound=min(best.bound + 2.0 * spread, 0.9 * off))


def is_resolved(curve: Curve, best: Estimate) -> bool:
    """Return whether f looks smooth on each side too, and not by symmetry only."""
    known = [one_sided(curve, side, most=best.steps[0]) for side in (0, 1)]
    if not all(known):
        return False
    left, right = known[0][0], known[1][0]
    error = left.bound + right.bound
    if abs(left.value - right.value) > CLEARLY * error:
        return False  # a bend between the steps of the window and the point
    return error <= 0.4 * min(map(curve.variation, best.steps)) or best.bound > 0.1 * error
