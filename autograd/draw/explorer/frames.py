"""What is to be seen at each step: a text, the boxes that act, and the gradients so far.

`frames_of` makes a `Story`: a few `Frame`s, also of a graph with very many steps. A frame tells
one step of the chain rule or, where many are alike or out of sight, how many were left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import nan
from typing import Any

from autograd.draw.boxes import Picture, extent
from autograd.draw.explorer.formulas import equation, formula, given, row_of, slope, sum_of_two
from autograd.draw.explorer.naming import isolated
from autograd.draw.explorer.steps import Share, Step, steps
from autograd.draw.foldedbox import extent_text
from autograd.draw.picture import sign_of
from autograd.draw.text import number, visible, whole
from autograd.value import Value

__all__ = ["Change", "Frame", "Part", "Story", "frames_of"]

MOST_STEPS = 150
ALIKE = 2  # steps of one kind in a folded box that are told one by one
MOST_PARTS = 6
FORMAT = ".4g"


@dataclass(frozen=True)
class Part:
    """What one parent gets: the local derivative, the product, and the gradient after it."""

    parent: str
    slope: str
    formula: str
    total: str
    again: bool


@dataclass(frozen=True)
class Change:
    """How a box looks from now on: its state, the texts of its gradients, and their ends.

    The state is "reached" where a gradient may still grow, and "done" where it is complete and
    handed out.
    """

    state: str
    texts: list[str]
    ends: tuple[float, float]


@dataclass
class Frame:
    """One step as it is shown.

    Attributes:
        title: what happens.
        equation, row, given: the node, its row in the table, what the letters in it stand for.
        parts: what the parents get; `more` says how many are not shown.
        active, gets: the names of the boxes that hand out and that get.
        changes: the boxes that look different from now on.
    """

    title: str
    equation: str = ""
    row: str = ""
    given: str = ""
    parts: list[Part] = field(default_factory=list)
    more: str = ""
    active: str = ""
    gets: list[str] = field(default_factory=list)
    changes: dict[str, Change] = field(default_factory=dict)


@dataclass
class Story:
    """All frames, how many steps there are and how many are told, and the gradients at the end."""

    frames: list[Frame]
    count: int
    told: int
    totals: dict[Value, float]


def frames_of(root: Value, picture: Picture, names: dict[Value, str]) -> Story:
    """Return the frames of the backward pass from a root.

    Args:
        root: the output.
        picture: how the graph is drawn.
        names: a name for each node.

    >>> from autograd.draw.picture import picture
    >>> x = Value(3.0, "x")
    >>> y = x * x
    >>> [frame.title for frame in frames_of(y, picture(y), {x: "x", y: "y"}).frames]
    ['y is the output: dy/dy = 1', 'y hands out its gradient', 'The end']
    """
    return _Teller(root, picture, names).story()


class _Teller:
    """Goes through the steps twice: to see when each node is done, and to tell."""

    def __init__(self, root: Value, picture: Picture, names: dict[Value, str]) -> None:
        self.root, self.picture, self.names = root, picture, names
        self.labels = {box.name: box.label for box in picture.boxes if box.rows}
        self.last: dict[Value, int] = {}
        for i, step in enumerate(steps(root, {})):
            self.last[step.node] = i
            self.last.update((share.parent, i) for share in step.shares if share.parent._a is None)
        self.left = Counter(picture.names[node] for node in self.last if node in picture.names)
        self.totals: dict[Value, float] = {}
        self.told: Counter[Any] = Counter()
        self.silent: list[str] = []  # the kinds of the steps that are not told
        self.touched: dict[str, None] = {}

    def story(self) -> Story:
        frames, count = [self._first()], 0
        for i, step in enumerate(steps(self.root, self.totals)):
            count += 1
            told = self._is_told(step)
            if told:
                frames += self._skipped()
            self._touch(step, i)
            frames += [self._frame(step)] if told else []
            self.silent += [] if told else [sign_of(step.node)]
        frames += self._skipped()
        return Story([*frames, self._end(count)], count, self.told.total(), self.totals)

    def _first(self) -> Frame:
        name = isolated(self.names[self.root])
        box = self.picture.names[self.root]
        self.totals[self.root] = 1.0
        change = {box: Change("reached", *self._looks(box))}
        return Frame(f"{name} is the output: d{name}/d{name} = 1", f"{name}.grad = 1.0",
                     gets=[box], changes=change)  # fmt: skip

    def _is_told(self, step: Step) -> bool:
        """Return whether a step has a frame: its node is drawn, and few were like it."""
        box = self.picture.names.get(step.node)
        kind = (box, step.node.op)
        alike = self.picture.folded and self.told[kind] >= ALIKE
        if box is None or alike or self.told.total() >= MOST_STEPS:
            return False
        self.told[kind] += 1
        return True

    def _touch(self, step: Step, i: int) -> None:
        """Note which boxes look different after a step, and which nodes are done by it."""
        boxes = self.picture.names
        for node in dict.fromkeys([step.node, *(share.parent for share in step.shares)]):
            if node in boxes and node.op != "constant":
                self.touched[boxes[node]] = None
                self.left[boxes[node]] -= self.last.get(node) == i

    def _frame(self, step: Step) -> Frame:
        node, names = step.node, self.names
        shown = [(k, share) for k, share in enumerate(step.shares) if _takes(share)]
        parts = [self._part(step, k, share) for k, share in shown[:MOST_PARTS]]
        rest = len(shown) - len(parts)
        gets = (self.picture.names.get(share.parent) for _, share in shown)
        return Frame(
            f"{isolated(names[node])} hands out its gradient" + self._place(node),
            equation(node, names),
            row_of(node),
            given(node, names),
            parts,
            f"… and {whole(rest)} more in the same way" if rest else "",
            self.picture.names[node],
            list(dict.fromkeys(name for name in gets if name)),
            self._changes(),
        )

    def _place(self, node: Value) -> str:
        """Return in which folded box a node is to be found."""
        label = self.labels.get(self.picture.names[node])
        return f" (in “{visible(label)}”)" if label else ""

    def _part(self, step: Step, place: int, share: Share) -> Part:
        names = self.names
        z, x = isolated(names[step.node]), isolated(names[share.parent])
        local = f"d{z}/d{x} = {slope(step.node, place, share, names)}"
        told = formula(step.node, step.gradient, share, names)
        return Part(names[share.parent], local, told, sum_of_two(share, names),
                    share.before is not None)  # fmt: skip

    def _skipped(self) -> list[Frame]:
        """Return a frame for the steps since the last one that are not told, where there are."""
        if not self.silent:
            return []
        kinds = Counter(self.silent).most_common(6)
        told = ", ".join(f"{whole(count)} × {visible(sign)}" for sign, count in kinds)
        count = len(self.silent)
        self.silent = []
        steps_more = "1 step more" if count == 1 else f"{whole(count)} steps more"
        return [Frame(f"{steps_more}, not shown one by one", told, changes=self._changes())]

    def _end(self, count: int) -> Frame:
        done = "1 step" if count == 1 else f"{whole(count)} steps"
        return Frame("The end", row=f"All gradients are complete after {done}. backward() stores "
                     "them, and adds them up in the leaves; here nothing is stored.",
                     changes=self._changes(self._all_boxes()))  # fmt: skip

    def _all_boxes(self) -> list[str]:
        rows = self.picture.rows.items()
        return [box for box, nodes in rows if nodes[0][0].op != "constant"]

    def _changes(self, boxes: Iterable[str] = ()) -> dict[str, Change]:
        """Return how the boxes look that were touched since this was asked last."""
        found = {box: Change(self._state(box), *self._looks(box))
                 for box in (*self.touched, *boxes)}  # fmt: skip
        self.touched = {}
        return found

    def _state(self, box: str) -> str:
        return "reached" if self.left[box] > 0 else "done"

    def _looks(self, box: str) -> tuple[list[str], tuple[float, float]]:
        """Return the texts for the gradients in a box, and the lowest and highest of the first."""
        rows = [[self.totals[x] for x in row if x in self.totals] for row in self.picture.rows[box]]
        return [_text(row) for row in rows], _ends(rows[0])


def _ends(gradients: list[float]) -> tuple[float, float]:
    """Return the lowest and the highest gradient; nan, which is shown as an alarm, if one is."""
    found = extent(gradients)
    return (nan, nan) if found.odd else (found.low, found.high)


def _takes(share: Share) -> bool:
    return share.parent.op != "constant"


def _text(gradients: list[float]) -> str:
    if len(gradients) == 1:
        return number(gradients[0] + 0.0, FORMAT)
    return extent_text(extent(gradients), FORMAT) if gradients else "—"
