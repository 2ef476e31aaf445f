"""Finding a derivative with few calls of the function, and what is odd about the function there.

`examine` samples one curve: a step scaled to the input, a step near the rounding floor that tells
whether the first was too large (then it bisects between them) or too small (then it grows), a few
steps between for the extrapolation; it stops as soon as the claim is decided. What does not fit
one smooth function with rounding noise is looked at on all scales, down to the floor.
"""

from __future__ import annotations

from math import inf, ulp

from autograd.check.finding import Finding, lost
from autograd.check.kinks import differ_at, find_kink
from autograd.check.line import Curve
from autograd.check.odd import at_an_edge, on_all_scales
from autograd.check.scale import (
    deep_step,
    first_step,
    is_flat,
    is_single,
    larger_step,
    same_slope,
    smaller_step,
    wider_step,
)  # fmt: skip
from autograd.check.settle import in_spite_of_noise, is_resolved, refined, with_noise_measured

__all__ = ["examine"]

SINGLE = 2.0**-24  # relative rounding of single precision
DOUBTFUL = 30.0  # bounds up to which a claim that is off makes the noise of f be measured


def examine(curve: Curve, claim: float) -> Finding:
    """Find the derivative of a curve at its centre, as precisely as the claim needs."""
    top = first_step(curve)
    if top is None:
        return at_an_edge(curve, claim)
    if not curve.variation(top):
        grown = larger_step(curve, top)
        if grown is None:
            return Finding("hidden", 0.0, inf, note="f changes by less than its rounding here")
        if grown == top:
            return _flat(curve, claim, top)
        top = grown
    deep = deep_step(curve, top)
    if not curve.finite(deep):
        return at_an_edge(curve, claim)
    if not same_slope(curve, top, deep):
        scaled = None if is_flat(curve, deep) else smaller_step(curve, top, deep)
        if scaled is None:
            return on_all_scales(curve, top, claim)
        top = scaled
    return _smooth(curve, claim, top, deep)


def _flat(curve: Curve, claim: float, top: float) -> Finding:
    """Judge a function that is constant between steps of one size; see that it is so nearby."""
    near = curve.pair(1e-5 * top if curve.size else 1e-100)
    if not curve.finite(near):
        return at_an_edge(curve, claim)
    if curve.variation(near):
        return on_all_scales(curve, top, claim)
    level = ulp(abs(curve.centre) or 1.0)  # 0 may be the rounding of numbers of size 1
    if is_single(curve.centre):
        level = max(level, SINGLE * abs(curve.centre))
    return Finding("flat", 0.0, 2.0 * level / top, note="f is constant here")


def _smooth(curve: Curve, claim: float, top: float, deep: float) -> Finding:
    """Find the derivative of a curve that looks smooth between two steps; see that it is."""
    best = refined(curve, claim, wider_step(curve, top))
    best = in_spite_of_noise(curve, best, claim)
    if not best.agrees:
        return on_all_scales(curve, top, claim)
    differ = differ_at(curve, deep, best.value, curve.variation(best.steps[0]))
    kink = find_kink(curve, best, claim, differ)
    if kink is not None:
        return kink
    if differ:
        return lost("the slopes on both sides differ and do not settle")
    if not is_resolved(curve, best):
        return on_all_scales(curve, top, claim)
    if best.bound < abs(claim - best.value) <= DOUBTFUL * best.bound:
        best = with_noise_measured(curve, best, claim)
    return Finding(
        "smooth", best.value, best.bound, curve.variation(best.steps[0]), steps=best.steps,
        rounding=best.rounding,
    )  # fmt: skip
