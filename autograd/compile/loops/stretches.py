"""Where in a text the same letters come again and again: where loops are looked for."""

from __future__ import annotations

from bisect import bisect_left
from itertools import groupby
from typing import NamedTuple

__all__ = ["LONGEST", "Stretch", "distances", "stretch_around", "stretches"]

LONGEST = 2_000  # letters after which others come again


class Stretch(NamedTuple):
    """Places from first to last, at each of which the next `width` letters come again.

    They do after a period. Loops may begin at the places from first until another.
    """

    first: int
    until: int
    last: int
    period: int
    width: int

    def iterations(self, start: int) -> int:
        """Return how often the letters of a period come from some place on."""
        return (self.last - start + self.width) // self.period + 1


def distances(text: str, width: int) -> list[int]:
    """Return for each place how far on the next letters come again, 0 where they do not.

    >>> distances("xabcabcabcy", 3)
    [0, 3, 3, 3, 3, 0, 0, 0, 0]
    """
    found, seen = [], dict[str, int]()
    for q in range(len(text) - width, -1, -1):
        window = text[q : q + width]
        found.append(seen.get(window, q) - q)
        seen[window] = q
    return found[::-1]


def stretches(found: list[int], begin: int, width: int, least: int, worth: int) -> list[Stretch]:
    """Return where letters come again so many times at least.

    Args:
        found: the `distances` of letters from a place on.
        begin: that place.
        width: how many letters were compared.
        least: the times.
        worth: how many letters it must be in all.
    """
    result, at = [], begin
    for period, group in groupby(found):
        first, at = at, at + len(list(group))
        stretch = Stretch(first, at - 1, at - 1, period, width)
        is_long = at - first + width + period > worth
        if is_long and 0 < period <= LONGEST and stretch.iterations(first) >= least:
            result.append(stretch)
    return result


def stretch_around(text: str, place: int, width: int) -> Stretch | None:
    """Return where letters come again around some place, after as many as the next ones there do.

    >>> stretch_around("xabcabcabcy", 4, 3)
    Stretch(first=1, until=4, last=4, period=3, width=3)
    """
    period = text.find(text[place : place + width], place + 1) - place
    if not 0 < period <= LONGEST:
        return None

    def same(begin: int, end: int) -> bool:
        return text[begin:end] == text[begin + period : end + period]

    ends = range(place, len(text) - period + 1)
    first = bisect_left(range(place), True, key=lambda begin: same(begin, place))
    last = ends[bisect_left(ends, True, key=lambda end: not same(place, end)) - 1] - width
    return Stretch(first, last, last, period, width)
