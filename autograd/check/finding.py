"""What was found about a derivative, and how much is enough to judge by it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

__all__ = ["CLEARLY", "COARSE", "SCATTER", "TIGHT", "Finding", "lost"]

CLEARLY = 6.0  # bounds by which a wrong claim differs
SCATTER = 1e-4  # relative noise of f above which nothing is told
TIGHT = 2e-11  # relative bound at which no more is asked
COARSE = 1e-2  # relative bound above which nothing is told


@dataclass
class Finding:
    """What was found about a derivative.

    Attributes:
        kind: "smooth", "kink", "edge" (one side only), "flat", "steps", "jump", "infinite",
            "hidden" (by rounding), "rounded" (steps that may be rounding), "lost".
        value: the derivative, or the mean of the slopes at a kink.
        bound: of the error; inf where nothing is known.
        scale: the slopes met nearby, for "small" to have a meaning.
        sides: the slopes at a kink, smaller first, and the bound of their errors.
        note: what was odd, in words.
        steps: of the differences it comes from, largest first.
        rounding: the part of the bound that is rounding.
    """

    kind: str
    value: float
    bound: float
    scale: float = 0.0
    sides: tuple[float, float, float] = (-inf, inf, 0.0)
    note: str = ""
    steps: tuple[float, ...] = field(default=())
    rounding: float = 0.0


def lost(note: str) -> Finding:
    """Return that nothing was found, and why."""
    return Finding("lost", 0.0, inf, note=note)
