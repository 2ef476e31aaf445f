"""Functions that are not one smooth curve: steps, jumps, noise, edges of a domain.

`on_all_scales` samples down to the rounding floor and tells structure at small scales from noise;
`at_an_edge` judges a function that has values on one side of the point only.
"""

from __future__ import annotations

from math import inf, isfinite, ulp

from autograd.check.finding import COARSE, SCATTER, Finding, lost
from autograd.check.kinks import find_kink
from autograd.check.line import SHARE, Curve
from autograd.check.scale import NEAR_ZERO, grain, is_flat, is_single, unit
from autograd.check.settle import is_resolved, refined
from autograd.check.slopes import Estimate, noise, one_sided, sampled, survey

__all__ = ["at_an_edge", "on_all_scales"]

TINY = 2.0**-44  # relative steps of f that are rounding however wide they are
OF_ONE = 2.0**-40  # steps of f up to this may be the rounding of numbers of size 1
QUANTUM = 2.0**-20  # relative steps of f up to this are rounding, not steps


def _ladder(curve: Curve, top: float) -> None:
    """Sample all scales, from the first step down to the rounding floor."""
    floor = max(4.0 * grain(curve), top * 2.0**-60)
    h = top
    while h > floor:
        h = curve.pair(h / 16.0)


def on_all_scales(curve: Curve, top: float, claim: float) -> Finding:
    """Judge a function that is not one smooth curve: noise, steps, or structure at small scales."""
    _ladder(curve, top)
    steps = sampled(curve)
    flat = _flat_steps(curve, steps)
    floor, least = 0.0, 0.0
    if flat:
        first = min((h for h in steps if h > flat[0]), default=inf)
        quantum = max(abs(y - curve.centre) for y in curve.pairs.get(first, (curve.centre,)))
        stepped = _as_steps(curve, quantum, flat[0])
        if stepped is not None:
            return stepped
        floor, least = quantum, first * 1.0001
    if sum(h >= least for h in steps) < 4:
        for factor in (16.0, 4.0, 0.25):
            curve.pair(factor * top)
    found = survey(curve, floor, least)
    scale = curve.variation(steps[0])
    sure = _sure(curve, found, scale) if not flat else None
    if sure is not None:
        return find_kink(curve, sure, claim) or Finding(
            "smooth", sure.value, sure.bound, scale, steps=sure.steps, rounding=sure.rounding
        )
    jump = _discontinuity(curve, steps)
    if jump is not None:
        return jump
    kink = find_kink(curve, found[0], claim) if found and not flat else None
    return kink or _with_noise(curve, found, top, claim, floor)


def _sure(curve: Curve, found: list[Estimate], scale: float) -> Estimate | None:
    """Return the best estimate that several smaller steps confirm, if it tells anything."""
    for estimate in found:
        if estimate.agrees and estimate.checks >= 2 and len(estimate.steps) > 2:
            if estimate.bound > COARSE * max(abs(estimate.value), 1e-3 * scale):
                return None
            if is_resolved(curve, estimate):
                return estimate
    return None


def _as_steps(curve: Curve, quantum: float, width: float) -> Finding | None:
    """Judge a function that is flat nearby; return None where that is only its rounding."""
    if curve.size < NEAR_ZERO:
        curve.pair(SHARE / 8.0)  # how large f is on the scale of 1
    if quantum <= TINY * curve.largest():
        return None
    wide = width >= 2.0**-10 * unit(curve) or quantum > 2.0**-10 * curve.largest()
    if _whole(curve) and _by_size(curve):
        plain = abs(curve.centre) >= 2.0**24 and quantum > 1.0
        return None if plain else lost(f"f moves in steps of {quantum:.1g}")
    if wide or _whole(curve):
        return _steps(curve, quantum, width)
    if _is_rounding(curve, quantum, width):
        return None
    return lost(f"f moves in steps of {quantum:.1g}")


def _steps(curve: Curve, quantum: float, width: float) -> Finding:
    """Return that f is a step function; or rounded to steps that are small beside its values."""
    far = max(curve.largest(), curve.size_at(SHARE * curve.size))
    rounded = quantum <= QUANTUM * far and not _whole(curve)
    small = rounded or (quantum <= OF_ONE and not _whole(curve))
    bound = 2.0 * (quantum if small else ulp(abs(curve.centre) or 1.0)) / width
    scale = curve.variation(sampled(curve)[0])
    if rounded:
        note = f"f moves in steps of {quantum:.1g}, which may be its rounding"
        return Finding("rounded", 0.0, bound, scale, note=note)
    return Finding("steps", 0.0, bound, scale, note="f is a step function, constant here")


def _with_noise(
    curve: Curve, found: list[Estimate], top: float, claim: float, floor: float
) -> Finding:
    """Judge a function whose values scatter: measure by how much, and look again with that."""
    found = sorted((e for e in found if e.checks >= 2), key=lambda e: e.bound)
    if not found:
        return lost("f has values at too few steps")
    if _whole(curve) and not _by_size(curve):
        return lost("f takes whole numbers only, and changes from one to the next near the point")
    rough = found[0]
    scatter = [abs(curve.slope(h) - rough.value) * h for h in sampled(curve) if h < rough.steps[-1]]
    curve.floor = max(curve.floor, floor, *scatter)
    if curve.floor > SCATTER * curve.largest():
        change = f"f changes by {curve.floor:.1g} within the smallest steps"
        return lost(f"{change}: it has noise there, or moves too fast for floats")
    steps = [h for h in sampled(curve) if h < rough.steps[-1]]
    small = [(curve.slope(h), is_flat(curve, h)) for h in steps]
    curve.pairs = {h: pair for h, pair in curve.pairs.items() if h >= rough.steps[-1]}
    best = refined(curve, claim, max(curve.pairs))
    near = [s for s, flat in small if abs(s - claim) <= 0.25 * abs(best.value - claim) and not flat]
    if len(near) >= 2 and not floor and abs(claim - best.value) > best.bound:
        return lost("the slopes at small steps fit the claim, those at larger steps do not")
    if not is_resolved(curve, best):
        return lost("the slopes on both sides differ near the point")
    note = f"f has noise of {curve.floor:.1g}"
    scale = curve.variation(best.steps[0])
    return Finding("smooth", best.value, 2.0 * best.bound, scale, note=note, steps=best.steps,
                   rounding=best.rounding)  # fmt: skip


def _flat_steps(curve: Curve, steps: list[float]) -> list[float]:
    """Return the steps, largest first, from which on down f does not change."""
    flat: list[float] = []
    for h in reversed(steps):
        if not is_flat(curve, h):
            break
        flat.append(h)
    flat.reverse()
    if not flat:
        return []
    left, right = curve.sides(steps[0])
    expected = abs(left + right) / 2.0 * flat[0] + abs(right - left) / steps[0] * flat[0] ** 2
    return [] if expected <= 8.0 * noise(curve, steps[:1], curve.variation(steps[0])) else flat


def _whole(curve: Curve) -> bool:
    """Return whether every value met is a whole number."""
    return all(y == round(y) for y in _values(curve))


def _values(curve: Curve) -> set[float]:
    return {y for pair in curve.pairs.values() for y in (*pair, curve.centre) if isfinite(y)}


def _by_size(curve: Curve) -> bool:
    """Return whether the values are whole as all large numbers are, be it in single precision."""
    single = all(map(is_single, _values(curve)))
    return curve.largest() >= 2.0**52 or (single and curve.largest() >= 2.0**23)


def _is_rounding(curve: Curve, quantum: float, width: float) -> bool:
    """Return whether steps of this height and width are the rounding of f or of its input."""
    return quantum <= QUANTUM * curve.largest() or width <= QUANTUM * curve.size


def _discontinuity(curve: Curve, steps: list[float]) -> Finding | None:
    """Return the jump at the centre, where f does not approach its value there."""
    if len(steps) < 4:
        return None
    for side in (0, 1):
        changes = [abs(curve.pairs[h][side] - curve.centre) for h in steps[-4:]]
        if min(changes) > 0.5 * max(changes) and (
            min(changes) > 1e-6 * curve.largest() or (_whole(curve) and min(changes) >= 1.0)
        ):
            return Finding("jump", 0.0, inf, note=f"f jumps by {changes[-1]:.3g} at the point")
    return None


def at_an_edge(curve: Curve, claim: float) -> Finding:
    """Judge a function that has values on one side only."""
    side = next((s for s in (0, 1) if any(isfinite(p[s]) for p in curve.pairs.values())), None)
    if side is None:
        reason = curve.line.target.fault or "f is not finite"
        return Finding("lost", 0.0, inf, note=f"no value near the point: {reason}")
    curve.sampled_sides = (side == 0, side == 1)
    note = f"f has values only to the {'right' if side else 'left'} of the point"
    start = unit(curve) * SHARE / 8.0
    for power in (1, 2, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21):
        curve.pair(start * 4.0**-power)
    slopes = [curve.sides(h)[side] for h in sorted(curve.pairs) if isfinite(curve.sides(h)[side])]
    sizes = [abs(s) for s in slopes]
    steps = sorted(h for h in curve.pairs if isfinite(curve.sides(h)[side]))
    if len(steps) > 4 and sizes[0] * steps[0] > 0.5 * sizes[4] * steps[4] > 0.0:
        return lost(f"{note}, and it jumps there by {sizes[0] * steps[0]:.3g}")
    if (
        len(sizes) > 4
        and sizes[0] > 1.1 * sizes[len(sizes) // 3]
        and sizes == sorted(sizes, reverse=True)
    ):
        return Finding(
            "infinite",
            inf if slopes[0] > 0 else -inf,
            0.0,
            note=note + ", and its slope grows without bound",
        )
    known = one_sided(curve, side)
    found = [e for e in known if e.agrees and e.checks >= 2 and len(e.steps) > 2]
    if not found:
        return Finding("lost", 0.0, inf, note=note + ", and its slope does not settle")
    return Finding(
        "edge", found[0].value, found[0].bound, sizes[-1], note=note, steps=found[0].steps
    )
