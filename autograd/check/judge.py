"""From a finding and a claim to a verdict: right, wrong, kink or unsure, with the reason."""

from __future__ import annotations

from math import inf, isfinite, isnan

from autograd.check.finding import CLEARLY, COARSE, Finding

__all__ = ["SUBNORMAL", "Verdict", "judge"]

SUBNORMAL = 2.0**-1064  # rounding of slopes that are among the smallest floats

Verdict = tuple[str, str, float]  # the verdict, the reason, the disagreement in bounds


def judge(finding: Finding, claim: float, resolution: float = 2.0**-53) -> Verdict:
    """Judge a claim by what was found about the derivative.

    Args:
        finding: of `examine`.
        claim: the derivative claimed.
        resolution: the relative rounding of the claim.
    """
    if finding.kind in ("lost", "jump", "hidden"):
        return "unsure", finding.note, inf
    if isnan(claim):
        return "wrong", "the claim is nan", inf
    if finding.kind == "infinite":
        same = claim == finding.value
        return "right" if same else "wrong", finding.note, 0.0 if same else inf
    if not isfinite(claim):
        if finding.bound > 1e290:
            return "unsure", f"the error bound {finding.bound:.1g} is too large to tell", inf
        return "wrong", "the claim is not finite", inf
    if finding.kind == "kink":
        return _at_kink(finding, claim)
    return _smooth(finding, claim, resolution)


def _at_kink(finding: Finding, claim: float) -> Verdict:
    low, high, error = finding.sides
    outside = max(low - claim, claim - high, 0.0)
    margin = outside / error if error else (inf if outside else 0.0)
    if margin > CLEARLY:
        return "wrong", f"outside the slopes at a kink ({finding.note})", margin
    return "kink", finding.note, margin


def _smooth(finding: Finding, claim: float, resolution: float) -> Verdict:
    off = abs(claim - finding.value)
    bound = finding.bound + max(4.0 * 2.0**-53, resolution) * abs(claim) + SUBNORMAL
    margin = off / bound if bound else (inf if off else 0.0)
    note = f" ({finding.note})" if finding.note else ""
    if not isfinite(bound):
        return "unsure", finding.note or "no bound for the error was found", inf
    if margin > CLEARLY:
        return "wrong", f"differs by {margin:.2g} times the error bound{note}", margin
    if margin > 1.0:
        return "unsure", f"between one and {CLEARLY:g} error bounds away{note}", margin
    size = max(abs(claim), abs(finding.value))
    small = 1e-4 if claim == 0.0 else 1e-10
    told = finding.bound <= max(COARSE * size, small * finding.scale)
    if told or (finding.kind in ("flat", "steps") and claim == 0.0):
        return "right", f"within the error bound{note}", margin
    return "unsure", f"the error bound {finding.bound:.1g} is too large to tell{note}", margin
