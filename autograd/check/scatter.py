"""How a claim itself rounds: `spread` asks for it again at inputs next to the point.

The derivative of expm1(x) / x is a difference of numbers as large as 1 / x, so that correctly
rounded operations leave it an error of 1e-11 at 1e-5, where wide differences are sharper. Such an
error changes from one float to the next, as no slope of a smooth function does.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from autograd.check.finding import Finding
from autograd.check.line import Curve
from autograd.check.scale import grain

__all__ = ["may_be_rounding", "spread"]

CANCELS = 2.0**-40  # share of f / x that the rounding of a claim may be, at most
FLOORS = 4.0  # times the noise of f, where it cancels too
APART = (3e-6, 1.1e-6, 3.1e-7, 7e-8, 2.0**-24, 1.1e-8, 7e-10)  # of the steps: where to ask again


def may_be_rounding(curve: Curve, finding: Finding, claim: float) -> bool:
    """Return whether a claim is off by no more than the rounding of numbers like f / x in it."""
    if finding.kind != "smooth" or not finding.steps or not curve.size:
        return False
    parts = CANCELS * abs(curve.centre) + FLOORS * curve.floor
    return abs(claim - finding.value) <= parts / curve.size


def spread(
    curve: Curve, finding: Finding, claim: float, claim_at: Callable[[float], float]
) -> float:
    """Return by how much a claim scatters near the point; 0 where it is not known there.

    Args:
        curve: where the claim is made.
        finding: of its derivative; its steps tell over which distance the slope is smooth.
        claim: at the point itself.
        claim_at: the claim at a distance along the line.
    """
    reach = min(curve.size, finding.steps[0])
    apart = {curve.line.step(share * reach) for share in APART} | {grain(curve), 3.0 * grain(curve)}

    def bend(t: float) -> float:
        return claim_at(t) - 2.0 * claim + claim_at(-t)

    off = [abs(bend(2.0 * t) / 4.0 - bend(t)) for t in sorted(apart)]
    return max(off) if all(map(isfinite, off)) else 0.0
