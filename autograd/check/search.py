"""Finding a derivative with few calls of the function, and what is odd about the function there.

`examine` samples one curve: a step scaled to the input, a step near the rounding floor that tells
whether the first was too large (then it bisects between them) or too small (then it grows), a few
steps between for the extrapolation; it stops as soon as the claim is decided. What does not fit
one smooth function with rounding noise is looked at on all scales, down to the floor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite, sqrt, ulp

from autograd.check.line import SHARE, Curve
from autograd.check.slopes import Estimate, noise, one_sided, sampled, survey

__all__ = ["CLEARLY", "Finding", "examine"]

CLEARLY = 6.0  # bounds by which a wrong claim differs
TIGHT = 2e-11  # relative bound at which no more is asked
COARSE = 1e-2  # relative bound above which nothing is told
FLOAT32 = 2.0**-22
SCATTER = 1e-4  # relative noise of f above which nothing is told
QUANTUM = 2.0**-20  # relative steps of f up to this are rounding, not steps


@dataclass
class Finding:
    """What was found about a derivative.

    Attributes:
        kind: "smooth", "kink", "edge" (one side only), "flat", "steps", "jump", "infinite", "lost".
        value: the derivative, or the mean of the slopes at a kink.
        bound: of the error; inf where nothing is known.
        scale: the slopes met nearby, for "small" to have a meaning.
        sides: the slopes at a kink, smaller first, and the bound of their errors.
        note: what was odd, in words.
    """

    kind: str
    value: float
    bound: float
    scale: float = 0.0
    sides: tuple[float, float, float] = (-inf, inf, 0.0)
    note: str = ""
    steps: tuple[float, ...] = field(default=())


def _unit(curve: Curve) -> float:
    """Return the scale of the input: its size, or 1 at zero."""
    return curve.size or 1.0


def _ulp(curve: Curve) -> float:
    return ulp(curve.size) if curve.size else 0.0


def _deepest(curve: Curve, h: float) -> float:
    """Return the smallest step worth a look."""
    return max(h * 2.0**-40, 64.0 * _ulp(curve))


def _first_step(curve: Curve) -> float | None:
    """Sample a step scaled to the input, smaller where f has no value; None where it never has."""
    h = curve.pair(_unit(curve) * SHARE / 8.0)
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


def _grown(curve: Curve, h: float) -> float | None:
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


def _deep_step(curve: Curve, h: float) -> float:
    """Sample a step at which rounding leaves three digits of the slope."""
    change = curve.variation(h)
    level = noise(curve, [h], change) if curve.size or curve.centre else 0.0
    if not curve.size:
        level = 2.0**-52 * abs(curve.centre)
    wanted = 1024.0 * level / change if change else 0.0
    return curve.pair(min(max(wanted, _deepest(curve, h)), h / 64.0))


def _same(curve: Curve, h: float, deep: float, share: float = 0.25) -> bool:
    """Return whether the slopes at two steps agree roughly."""
    if not curve.finite(h):
        return False
    rough = share * max(curve.variation(h), abs(curve.slope(deep)))
    level = noise(curve, [deep], curve.variation(h)) / deep
    return abs(curve.slope(h) - curve.slope(deep)) <= rough + 4.0 * level


def _flat(curve: Curve, h: float) -> bool:
    below, above = curve.pairs[h]
    return below == curve.centre == above


def _scaled(curve: Curve, h: float, deep: float) -> float | None:
    """Bisect for the largest step that agrees with the deep one; None if there is none."""
    low, high = deep, h
    for _ in range(4):
        middle = curve.pair(sqrt(low) * sqrt(high))
        if _same(curve, middle, deep):
            return middle
        high = middle
        if high < 64.0 * low:
            return None
    return None


def _widened(curve: Curve, h: float) -> float:
    """Return a larger step where rounding would cost too many digits at h, if f allows one."""
    change = curve.variation(h)
    lost = 16.0 * noise(curve, [h], change) / (h * change)
    factor = min(lost / 1e-12, 2.0**40)
    factor = min(factor, (_reach(curve) if lost < 0.3 else _blind_reach(curve)) / h)
    for _ in range(3):
        if lost < 1e-11 or factor < 4.0:
            break
        larger = curve.pair(h * factor)
        if _same(curve, larger, h):
            return larger
        factor = sqrt(factor) / 2.0
    return h


def _tight(claim: float, estimate: Estimate, scale: float) -> bool:
    return estimate.bound <= TIGHT * max(abs(claim), abs(estimate.value), 0.01 * scale)


def _gross(claim: float, estimate: Estimate) -> bool:
    """Return whether a claim is so far off that no more digits are needed to see it."""
    off = abs(claim - estimate.value)
    return off > CLEARLY * estimate.bound and off > 0.02 * max(abs(claim), abs(estimate.value))


def _decided(claim: float, best: Estimate, scale: float) -> bool:
    """Return whether nothing more is needed to judge a claim."""
    off = abs(claim - best.value)
    if off > CLEARLY * best.bound:  # to call it wrong asks for four steps, or a gross mistake
        return _gross(claim, best) or (len(best.steps) > 3 and _tight(claim, best, scale))
    return _tight(claim, best, scale)


def _refined(curve: Curve, claim: float, top: float) -> Estimate:
    """Add steps below and above the first until the claim is decided or nothing is gained."""
    scale = curve.variation(top)
    steps = [top, curve.pair(top / 4.0)]
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


def _ladder(curve: Curve, top: float) -> None:
    """Sample all scales, from the first step down to the rounding floor."""
    floor = max(4.0 * _ulp(curve), top * 2.0**-60)
    h = top
    while h > floor:
        h = curve.pair(h / 16.0)


def examine(curve: Curve, claim: float) -> Finding:
    """Find the derivative of a curve at its centre, as precisely as the claim needs."""
    top = _first_step(curve)
    if top is None:
        return _at_an_edge(curve, claim)
    if not curve.variation(top):
        grown = _grown(curve, top)
        if grown is None:
            return Finding("hidden", 0.0, inf, note="f changes by less than its rounding here")
        if grown == top:
            return Finding(
                "flat", 0.0, 2.0 * ulp(abs(curve.centre)) / top, note="f is constant here"
            )
        top = grown
    deep = _deep_step(curve, top)
    if not curve.finite(deep):
        return _at_an_edge(curve, claim)
    if not _same(curve, top, deep):
        scaled = None if _flat(curve, deep) else _scaled(curve, top, deep)
        if scaled is None:
            return _on_all_scales(curve, top, claim)
        top = scaled
    best = _refined(curve, claim, _widened(curve, top))
    if not best.agrees:
        return _on_all_scales(curve, top, claim)
    differ = _differ_at(curve, deep, curve.variation(best.steps[0]))
    kink = _kink(curve, best, claim, differ)
    if kink is not None:
        return kink
    if differ:
        return _lost("the slopes on both sides differ and do not settle")
    if not _resolved(curve, best):
        return _on_all_scales(curve, top, claim)
    if best.bound < abs(claim - best.value) <= CLEARLY * best.bound:
        best = _with_noise_measured(curve, best)
    return Finding(
        "smooth", best.value, best.bound, curve.variation(best.steps[0]), steps=best.steps
    )


def _with_noise_measured(curve: Curve, best: Estimate) -> Estimate:
    """Return the estimate with a bound from the noise of f as small steps show it."""
    for shrink in (50.0, 170.0, 600.0):
        h = curve.pair(best.steps[-1] / shrink)
        if curve.finite(h):
            curve.floor = max(curve.floor, 2.0 * abs(curve.slope(h) - best.value) * h)
    found = [e for e in survey(curve) if e.steps == best.steps]
    return found[0] if found else best


def _lost(note: str) -> Finding:
    return Finding("lost", 0.0, inf, note=note)


def _resolved(curve: Curve, best: Estimate) -> bool:
    """Return whether f looks smooth on each side too, and not by symmetry only."""
    known = [one_sided(curve, side, most=best.steps[0]) for side in (0, 1)]
    if not all(known):
        return False
    error = known[0][0].bound + known[1][0].bound
    return error <= 0.1 * min(map(curve.variation, best.steps)) or best.bound > 0.1 * error


def _differ_at(curve: Curve, deep: float, size: float) -> bool:
    """Return whether the one-sided slopes differ at the smallest step; for slopes of some size."""
    left, right = curve.sides(deep)
    gap = abs(right - left)
    if gap <= 0.05 * size + 8.0 * noise(curve, [deep], size) / deep:
        return False
    for shrink in (8.0, 64.0):
        left, right = curve.sides(curve.pair(deep / shrink))
        if not abs(right - left) <= 0.6 * gap:
            return True
        gap = abs(right - left)
    return False  # it closes: a sharp bend, not a kink


def _kink(curve: Curve, best: Estimate, claim: float, differ: bool = False) -> Finding | None:
    """Return the kink at the centre, where the one-sided slopes settle and differ.

    Smaller steps are added while they differ but do not settle, or the claim is near their ends.
    """
    found = None
    for shrink in range(1, 6):
        slopes = _settled(curve, best.steps[0] * 4.0 ** (1 - shrink if differ and not found else 0))
        if slopes is None and not differ:
            return None
        if slopes is not None:
            if not _persists(curve, slopes[1].value - slopes[0].value):
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
    return Finding("kink", 0.5 * (low + high), 0.5 * (high - low) + error,
                   curve.variation(best.steps[0]), (low, high, error), note, best.steps)  # fmt: skip


def _persists(curve: Curve, jump: float) -> bool:
    """Return whether the slopes differ by this jump at the smallest step that can show it."""
    steps = sampled(curve)
    level = noise(curve, steps[-1:], jump)
    h = max(64.0 * level / abs(jump), 8.0 * _ulp(curve))
    if not curve.size and not curve.centre:
        h = min(h for h in steps if h >= steps[0] * 2.0**-41)
    elif h > steps[len(steps) // 2] / 4.0:
        return False
    return _differ(curve, curve.pair(h), jump)


def _differ(curve: Curve, h: float, jump: float) -> bool:
    """Return whether the one-sided slopes at a step differ by this jump."""
    left, right = curve.sides(h)
    return abs((right - left) - jump) <= 0.25 * abs(jump) + 4.0 * noise(curve, [h], left) / h


def _on_all_scales(curve: Curve, top: float, claim: float) -> Finding:
    """Judge a function that is not one smooth curve: noise, steps, or structure at small scales."""
    _ladder(curve, top)
    steps = sampled(curve)
    flat = _flat_steps(curve, steps)
    floor, least = 0.0, 0.0
    if flat:
        first = min((h for h in steps if h > flat[0]), default=inf)
        quantum = max(abs(y - curve.centre) for y in curve.pairs.get(first, (curve.centre,)))
        if (
            flat[0] >= 2.0**-10 * _unit(curve)
            or quantum > 2.0**-10 * curve.largest()
            or _whole(curve)
        ):
            return Finding("steps", 0.0, 2.0 * ulp(abs(curve.centre)) / flat[0],
                           curve.variation(steps[0]), note="f is a step function, constant here")  # fmt: skip
        if _is_rounding(curve, quantum, flat[0]):
            floor, least = quantum, first * 1.0001
        else:
            return Finding("lost", 0.0, inf, note=f"f moves in steps of {quantum:.1g}")
    found = survey(curve, floor, least)
    scale = curve.variation(steps[0])
    sure = _sure(curve, found, scale) if not flat else None
    if sure is not None:
        return _kink(curve, sure, claim) or Finding(
            "smooth", sure.value, sure.bound, scale, steps=sure.steps
        )
    jump = _discontinuity(curve, steps)
    if jump is not None:
        return jump
    kink = _kink(curve, found[0], claim) if found and not flat else None
    return kink or _with_noise(curve, found, top, claim, floor)


def _sure(curve: Curve, found: list[Estimate], scale: float) -> Estimate | None:
    """Return the best estimate that several smaller steps confirm, if it tells anything."""
    for estimate in found:
        if estimate.agrees and estimate.checks >= 2:
            if estimate.bound > COARSE * max(abs(estimate.value), 1e-3 * scale):
                return None
            if _resolved(curve, estimate):
                return estimate
    return None


def _with_noise(
    curve: Curve, found: list[Estimate], top: float, claim: float, floor: float
) -> Finding:
    """Judge a function whose values scatter: measure by how much, and look again with that."""
    found = sorted((e for e in found if e.checks >= 3), key=lambda e: e.bound)
    if not found:
        return _lost("f has values at too few steps")
    rough = found[0]
    scatter = [abs(curve.slope(h) - rough.value) * h for h in sampled(curve) if h < rough.steps[-1]]
    curve.floor = max(curve.floor, floor, *scatter)
    if curve.floor > SCATTER * curve.largest():
        return _lost(f"f scatters by {curve.floor:.1g}")
    curve.pairs = {h: pair for h, pair in curve.pairs.items() if h >= rough.steps[-1]}
    best = _refined(curve, claim, max(curve.pairs))
    note = f"f has noise of {curve.floor:.1g}"
    scale = curve.variation(best.steps[0])
    return Finding("smooth", best.value, 2.0 * best.bound, scale, note=note, steps=best.steps)


def _flat_steps(curve: Curve, steps: list[float]) -> list[float]:
    """Return the steps, largest first, from which on down f does not change."""
    flat: list[float] = []
    for h in reversed(steps):
        if not _flat(curve, h):
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
    return all(y == round(y) for pair in curve.pairs.values() for y in pair if isfinite(y))


def _is_rounding(curve: Curve, quantum: float, width: float) -> bool:
    """Return whether steps of this height and width are the rounding of f or of its input."""
    return quantum <= QUANTUM * curve.largest() or width <= QUANTUM * curve.size


def _discontinuity(curve: Curve, steps: list[float]) -> Finding | None:
    """Return the jump at the centre, where f does not approach its value there."""
    if len(steps) < 4:
        return None
    for side in (0, 1):
        changes = [abs(curve.pairs[h][side] - curve.centre) for h in steps[-4:]]
        if min(changes) > 0.5 * max(changes) and min(changes) > 1e-6 * curve.largest():
            return Finding("jump", 0.0, inf, note=f"f jumps by {changes[-1]:.3g} at the point")
    return None


def _at_an_edge(curve: Curve, claim: float) -> Finding:
    """Judge a function that has values on one side only."""
    side = next((s for s in (0, 1) if any(isfinite(p[s]) for p in curve.pairs.values())), None)
    if side is None:
        reason = curve.line.target.fault or "f is not finite"
        return Finding("lost", 0.0, inf, note=f"no value near the point: {reason}")
    curve.sampled_sides = (side == 0, side == 1)
    note = f"f has values only to the {'right' if side else 'left'} of the point"
    start = _unit(curve) * SHARE / 8.0
    for power in (1, 2, 3, 5, 8, 12, 16, *(() if curve.size else (20,))):
        curve.pair(start * 4.0**-power)
    slopes = [curve.sides(h)[side] for h in sorted(curve.pairs) if isfinite(curve.sides(h)[side])]
    sizes = [abs(s) for s in slopes]
    if len(sizes) > 4 and sizes[0] > 1e3 * sizes[-1] and sizes == sorted(sizes, reverse=True):
        return Finding(
            "infinite",
            inf if slopes[0] > 0 else -inf,
            0.0,
            note=note + ", and its slope grows without bound",
        )
    found = [e for e in one_sided(curve, side) if e.agrees]
    if not found:
        return Finding("lost", 0.0, inf, note=note + ", and its slope does not settle")
    return Finding(
        "edge", found[0].value, found[0].bound, sizes[-1], note=note, steps=found[0].steps
    )
