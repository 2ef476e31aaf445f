"""Guessing the mistake in a wrong gradient from the numbers: `guess_all` names what fits.

A guess is made where a wrong claim is a simple multiple of the estimate (sign flipped, factor 2,
accumulated twice), where it is the derivative of another input (swapped, transposed), or where the
difference is another input's derivative (a term that was missed or added).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, isnan, log, pi, sqrt

from autograd.check.report import Entry

__all__ = ["guess_all"]

FACTORS = {
    -1.0: "the sign is flipped",
    2.0: "twice what it should be: a factor 2, or the gradient was accumulated twice",
    -2.0: "twice what it should be, and the sign is flipped",
    0.5: "half of what it should be: a factor 2 is missing",
    -0.5: "half of what it should be, and the sign is flipped",
    3.0: "three times what it should be",
    1.0 / 3.0: "a third of what it should be",
    10.0: "ten times what it should be",
    0.1: "a tenth of what it should be",
    log(2.0): "a factor ln 2 is too much, as between log and log2",
    1.0 / log(2.0): "a factor ln 2 is missing, as between log and log2",
    log(10.0): "a factor ln 10 is too much, as between log and log10",
    1.0 / log(10.0): "a factor ln 10 is missing, as between log and log10",
    pi / 180.0: "a factor pi/180 is too much, as between degrees and radians",
    180.0 / pi: "a factor pi/180 is missing, as between degrees and radians",
}


def guess_all(entries: Sequence[Entry]) -> None:
    """Write the guess into every wrong entry for which one fits."""
    for entry in entries:
        if entry.verdict == "wrong" and isfinite(entry.estimate) and not entry.mistake:
            entry.mistake = _guess(entry, entries)
    _same_factor([e for e in entries if e.verdict == "wrong" and not e.mistake])
    _same_term([e for e in entries if e.verdict == "wrong" and not e.mistake])


def _same_factor(entries: Sequence[Entry]) -> None:
    """Say so where several claims are off by one factor, as by a wrong count in a mean."""
    known = [e for e in entries if _usable(e) and isfinite(e.claimed) and e.estimate]
    ratios = [e.claimed / e.estimate for e in known]
    if len(known) > 1 and max(ratios) - min(ratios) <= 0.01 * abs(ratios[0]):
        for entry in known:
            entry.mistake = f"{ratios[0]:.3g} times what it should be, as are the others"


def _same_term(entries: Sequence[Entry]) -> None:
    """Say so where several claims lack one multiple of their inputs, as of a penalty on weights."""
    known = [e for e in entries if _usable(e) and isfinite(e.claimed) and e.point]
    ratios = [(e.claimed - e.estimate) / e.point for e in known]
    if len(known) > 2 and max(ratios) - min(ratios) <= 0.01 * abs(ratios[0]):
        what = "too much" if ratios[0] > 0.0 else "missing"
        for entry in known:
            entry.mistake = f"{abs(ratios[0]):.3g} times the input is {what}, as in the others"


def _guess(entry: Entry, entries: Sequence[Entry]) -> str:
    claim, estimate = entry.claimed, entry.estimate
    if isnan(claim):
        return ""
    if claim == 0.0:
        return "zero was returned"
    near = _tolerance(entry)
    swapped = _swapped(entry, _others(entry, entries))
    if swapped:
        return swapped
    for factor, words in FACTORS.items():
        if estimate and abs(claim - factor * estimate) <= abs(factor) * near:
            return words
    return _of_another(entry, entries) or _of_its_own(entry) or _by_an_input(entry, entries)


def _tolerance(entry: Entry) -> float:
    return 4.0 * entry.error_bound + 1e-9 * abs(entry.estimate)


def _of_another(entry: Entry, entries: Sequence[Entry]) -> str:
    """Compare with the derivatives with respect to the other inputs, and of the other results."""
    others = _others(entry, entries)
    for other in others:
        if abs(entry.claimed - other.estimate) <= _tolerance(other):
            return f"it is the derivative for {other.name}"
    for other in others:
        difference = entry.claimed - entry.estimate
        near = _tolerance(other) + _tolerance(entry)
        if abs(difference + other.estimate) <= near and other.estimate:
            return f"a term is missing that is like the derivative for {other.name}"
        if abs(difference - other.estimate) <= near and other.estimate:
            return f"a term is too much that is like the derivative for {other.name}"
    return ""


def _others(entry: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """Return the other derivatives of the same order that are known well."""
    return [e for e in entries if e is not entry and e.order == entry.order and _usable(e)]


def _swapped(entry: Entry, others: Sequence[Entry]) -> str:
    """Return the derivative that this one was exchanged with."""
    for other in others:
        there = abs(entry.claimed - other.estimate) <= _tolerance(other)
        if other.verdict == "wrong" and there:
            if abs(other.claimed - entry.estimate) <= _tolerance(entry):
                return f"swapped with {other.name}{_transposed(entry, other)}"
    return ""


def _usable(entry: Entry) -> bool:
    small = 0.02 * abs(entry.estimate)
    return isfinite(entry.estimate) and entry.error_bound < small


def _transposed(entry: Entry, other: Entry) -> str:
    pair = (entry.output + entry.path[4:], other.output + other.path[4:])
    indices = [sorted(p.replace("]", "").split("[")) for p in pair]
    return ": transposed" if indices[0] == indices[1] and pair[0] != pair[1] else ""


def _of_its_own(entry: Entry) -> str:
    """Compare with simple functions of the estimate and the point."""
    claim, estimate, x = entry.claimed, entry.estimate, entry.point
    near = min(_tolerance(entry) * abs(claim / estimate), 1e-3 * abs(claim)) if estimate else 0.0
    if x and abs(claim - estimate * x) <= near:
        return "a factor of the input is too much"
    if x and abs(claim - estimate / x) <= near:
        return "a factor of the input is missing"
    if estimate and abs(claim - 1.0 / estimate) <= near:
        return "it is the reciprocal of what it should be"
    if abs(abs(claim) - estimate * estimate) <= near or abs(claim - sqrt(abs(estimate))) <= near:
        return "it is the square or the root of what it should be"
    return ""


def _by_an_input(entry: Entry, entries: Sequence[Entry]) -> str:
    """Compare with the estimate times and by the other inputs, where it is known well enough."""
    for other in entries:
        x = other.point
        if other.order != entry.order or other.path == entry.path or abs(x) in (0.0, 1.0):
            continue
        for factor, what in ((x, "too much"), (1.0 / x, "missing")):
            if abs(entry.claimed - factor * entry.estimate) <= 1e-6 * abs(entry.claimed):
                return f"a factor {other.path} is {what}"
    return ""
