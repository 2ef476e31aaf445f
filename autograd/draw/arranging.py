"""Which things of a large graph are drawn, which again as copies, and the arrows between them.

`arranged` makes a `Picture` of any graph: of nodes (`picture`), or of groups of nodes (`folding`).
It draws the part that is nearest the outputs and counts the rest. A leaf that is used in many
places, or a thing that is used far away, is drawn again as a copy.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

from autograd.draw.boxes import Arrow, Box, Picture
from autograd.draw.text import whole

__all__ = ["MANY_NUMBERS", "Subject", "arranged"]

MANY_USES = 4  # a leaf used by more things than this is copied
FAR = 16  # a thing used so many steps later is copied: dot's time follows long arrows
MANY_NUMBERS = 6  # more plain numbers than this in one operation are one box
MANY_ARROWS = 4  # more arrows than this from one thing to another are one arrow
ARROWS_PER_THING = 4  # of the limit: beyond it dot takes seconds


@dataclass(frozen=True)
class Subject:
    """A graph to be drawn, of things of any kind that can be keys of a dict.

    Attributes:
        roots: the outputs.
        parents: returns what a thing is made from, each as often as it is used.
        box: returns the box of a thing, for its name.
        uses: returns in their order the things that a thing is made from, each with its local
            derivatives, and the boxes of plain numbers, each with [].
    """

    roots: Sequence[Any]
    parents: Callable[[Any], Sequence[Any]]
    box: Callable[[Any, str], Box]
    uses: Callable[[Any, str], dict[Any, list[float]]]


def arranged(subject: Subject, limit: int) -> Picture:
    """Return what to draw of a graph: at most `limit` things, those nearest the outputs."""
    order = _nearest_first(subject)
    drawn = order[: _affordable(subject, order[: max(limit, 1)], ARROWS_PER_THING * limit)]
    names = {thing: f"n{i}" for i, thing in enumerate(drawn)}
    result = Picture(drawn=len(drawn), total=len(order), names=names)
    draughtsman = _Draughtsman(subject, result)
    for thing in sorted(drawn, key=lambda thing: -draughtsman.heights[thing]):
        draughtsman.add(thing)
    return result


def _nearest_first(subject: Subject) -> list[Any]:
    """Return all things of a graph, in the order of their distance from the outputs."""
    order, seen = list(subject.roots), set(subject.roots)
    for thing in order:  # grows while it is read
        for parent in subject.parents(thing):
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    return order


def _heights(subject: Subject, drawn: Sequence[Any]) -> dict[Any, int]:
    """Return how many arrows the longest way from each thing to an output has."""
    heights = dict.fromkeys(drawn, 0)
    parents = {thing: [x for x in subject.parents(thing) if x in heights] for thing in drawn}
    for thing in reversed(list(TopologicalSorter(parents).static_order())):
        for parent in parents[thing]:
            heights[parent] = max(heights[parent], heights[thing] + 1)
    return heights


def _affordable(subject: Subject, order: Sequence[Any], arrows: int) -> int:
    """Return how many of the first things have at most so many arrows among them."""
    place = {thing: i for i, thing in enumerate(order)}
    drawn_from = sorted(
        max(i, place[parent])
        for i, thing in enumerate(order)
        for parent in set(subject.parents(thing))
        if parent in place
    )
    return len(order) if len(drawn_from) <= arrows else max(drawn_from[arrows], 1)


class _Draughtsman:
    """Adds things, one by one, to a picture."""

    def __init__(self, subject: Subject, picture: Picture) -> None:
        self.subject = subject
        self.picture = picture
        self.names = names = picture.names
        self.heights = _heights(subject, list(names))
        uses = Counter(p for x in names for p in set(subject.parents(x)) if p in names)
        self.copied = {x for x, n in uses.items() if n > MANY_USES and not subject.parents(x)}
        self.used: set[Any] = set()
        self.copies: Counter[Any] = Counter()

    def add(self, thing: Any) -> None:
        """Draw a thing, what is new among its operands, and in their order the arrows from them."""
        name = self.names[thing]
        box = self.subject.box(thing, name)
        self.picture.boxes.append(box)
        rest: list[Any] = []
        for source, derivatives in self.subject.uses(thing, name).items():
            if isinstance(source, Box):
                self._plain(source, name)
            elif source in self.names:
                self._arrows(self._source(source, thing), box, derivatives)
            else:
                rest += [source] * len(derivatives)
        if rest:
            self._plain(Box(f"{name}r", "rest", label=f"… {whole(len(rest))} more"), name)

    def _source(self, x: Any, user: Any) -> Box:
        """Return the box an arrow comes from: the thing itself, or one more copy of it."""
        box = self.subject.box(x, self.names[x])
        if self.heights[x] - self.heights[user] <= FAR and not self._is_used_up(x):
            return box
        self.copies[x] += 1
        kind = "folded copy" if box.kind == "folded" else "copy"
        copy = replace(box, name=f"{box.name}c{self.copies[x]}", kind=kind, output=False)
        self.picture.boxes.append(copy)
        return copy

    def _is_used_up(self, x: Any) -> bool:
        """Return whether x is to be copied at each use but the first, and has had that one."""
        used = x in self.used
        self.used.add(x)
        return used and x in self.copied

    def _arrows(self, tail: Box, head: Box, derivatives: list[float]) -> None:
        folded = "folded" in tail.kind or "folded" in head.kind
        if len(derivatives) > (1 if folded else MANY_ARROWS):
            self.picture.arrows.append(Arrow(tail.name, head.name, None, len(derivatives)))
        else:
            self.picture.arrows += [Arrow(tail.name, head.name, d) for d in derivatives]

    def _plain(self, box: Box, head: str) -> None:
        """Draw a number, or the count of several or of things left out, with a line to its use."""
        self.picture.boxes.append(box)
        self.picture.arrows.append(Arrow(box.name, head))
