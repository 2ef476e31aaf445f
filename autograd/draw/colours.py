"""The colour of a gradient: blue below zero, orange above, white at zero.

Blue and orange differ for every kind of colour blindness, in lightness too, and stay so light that
black text reads well on both. The size of a gradient counts in proportion to the largest in the
picture, by its square root, so that small ones show. What is nan or infinite is white on black.
"""

from __future__ import annotations

from math import isfinite, sqrt

__all__ = ["ALARM", "ALARMING", "CONSTANT", "EDGE", "NEUTRAL", "QUIET", "TEXT", "fill"]

WHITE = (255, 255, 255)
BLUE = (107, 174, 230)
ORANGE = (255, 167, 77)
NEUTRAL = "#ffffff"
TEXT = "#1a1a1a"
QUIET = "#555555"  # words beside numbers, borders
EDGE = "#7a7a7a"
ALARM = "#111111"  # the box of what is nan or infinite
ALARMING = "#ffd54d"  # the number itself
CONSTANT = "#eeeeee"


def fill(gradient: float, largest: float) -> str:
    """Return the colour for a gradient, where `largest` is the largest in size in the picture.

    >>> fill(0.0, 1.0), fill(-1.0, 1.0), fill(0.25, 1.0)
    ('#ffffff', '#6baee6', '#ffd3a6')
    """
    if not isfinite(gradient):
        return ALARM
    share = sqrt(abs(gradient) / largest) if largest else 0.0
    end = BLUE if gradient < 0 else ORANGE
    mixed = (round(w + share * (e - w)) for w, e in zip(WHITE, end, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)
