"""The places of a list of instructions: what each does and reads, and where loops may begin.

Operations become letters of a text, in which `stretches` finds what comes again; operands become
columns of numbers, in which the same steps tell of a loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from itertools import chain, compress, groupby
from operator import ne, sub

from autograd.compile.loops.stretches import (
    LONGEST,
    Stretch,
    distances,
    stretch_around,
    stretches,
)
from autograd.compile.programs.program import Instruction
from autograd.rules import MANY

__all__ = ["ALONE", "FARTHEST", "LEAST", "OUTSIDE", "SHORT", "WORTH", "Places"]

SHORT = 400  # instructions: a list that is not longer stays as it is
LEAST = 12  # iterations of a loop
WORTH = 64  # instructions in all iterations of a loop
FARTHEST = 2  # iterations between a value and the one that reads it
ALONE = {*MANY, "call", "loop"}  # the operations that are in no loop
OUTSIDE = 1 << 40  # addresses begin here; below are positions in the list, below 0 constants
_WIDTH, _WIDE = 24, 192  # letters that are compared
_FIRST_OWN, _OWN = 0x10000, 0x100000  # the letters of what is in no loop
_NEAR = 9  # instructions back: nearer operands are told apart


class Places:
    """What instructions do and read, by their places in a list.

    Args:
        rows: the instructions.
        where: where the registers are that they read; see `OUTSIDE`.
    """

    def __init__(self, rows: Sequence[Instruction], where: dict[int, int]) -> None:
        self.rows = rows
        self.where = where
        self.text = _letters(rows)

    @cached_property
    def columns(self) -> tuple[list[int], ...]:
        """Where the first, the second and the third operand of each are."""
        where, rows = self.where, self.rows
        return (
            [where[args[0]] if args else 0 for _, args, _ in rows],
            [where[args[1]] if len(args) > 1 else 0 for _, args, _ in rows],
            [where[args[2]] if len(args) > 2 else 0 for _, args, _ in rows],
        )

    @cached_property
    def _steps(self) -> list[list[int]]:
        """The columns, with one number for all constants."""
        return [[x if x >= 0 else -1 for x in column] for column in self.columns]

    def stretches(self, is_loop: Callable[[int, int, int], bool]) -> list[Stretch]:
        """Return where operations come again and again, also with operands that are as near.

        Args:
            is_loop: returns whether a loop begins at some place, given its period and how many
                iterations it may have.
        """
        text = self.text
        around = stretch_around(text, len(text) // 2, _WIDTH)
        if (
            around is not None
            and len(text) - (around.last - around.first) <= SHORT
            and _are_one_loop([around], len(text), is_loop)
        ):
            return [around]  # the usual case, found sooner
        again = distances(text, _WIDTH)
        found = _found(again, 0, _WIDTH)
        for first, end in _parts(again):
            close = self._close(text, first, end + min(again[end - 1], LONGEST) + _WIDTH)
            found += (near := _found(distances(close, _WIDTH), first, _WIDTH))
            if not _are_one_loop(near, end - first, is_loop):
                found += _found(distances(close, _WIDE), first, _WIDE)
                found += self._with_same_inputs(text, first, end)
        return list(chain.from_iterable(map(self._starts, found)))

    def _close(self, text: str, begin: int, end: int) -> str:
        """Return a part of a text of operations in which it matters how near operands are."""
        part = slice(begin, end)
        first, second = (_kinds(column[part], begin) for column in self.columns[:2])
        return _spelled(list(zip(text[part], first, second, strict=True)))

    def _with_same_inputs(self, operations: str, begin: int, end: int) -> list[Stretch]:
        """Return stretches of the period after which the same inputs are read most often.

        In a recurrent network the nearest instructions alike belong to another neuron; it is the
        same weights that tell the next step.
        """
        inputs = [
            [x if x >= OUTSIDE or x < 0 else 0 for x in column[begin:end]]
            for column in self.columns
        ]
        rows = list(zip(operations[begin:end], *inputs, strict=True))
        text = _spelled(rows)
        counts = Counter(filter(None, distances(text, _WIDTH)))
        (period, times), *_ = counts.most_common(1) or [(0, 0)]
        is_usual = 0 < period <= LONGEST and times > (end - begin) // 4
        return [Stretch(begin, end - 1, end - 1, period, _WIDTH)] if is_usual else []

    def _starts(self, stretch: Stretch) -> Iterator[Stretch]:
        """Yield a stretch, cut down to where operands are in steps for as long as a loop needs.

        But for the first iterations, which may read what was before the loop.
        """
        period, first = stretch.period, stretch.first + FARTHEST * stretch.period
        until = min(stretch.until, stretch.last + stretch.width - (LEAST - 1) * period)
        if until < stretch.first:
            return
        broken = set[int]()
        for column in self._steps:
            part = column[first : until + LEAST * period]
            if any(part):
                steps = list(map(sub, part[period:], part))
                broken.update(compress(range(len(steps)), map(ne, steps, steps[period:])))
        begin, reach = stretch.first, (LEAST - 2 - FARTHEST) * period
        for i in sorted(broken):
            if begin <= (end := stretch.first + i - reach):
                yield stretch._replace(first=begin, until=end)
            begin = stretch.first + i + 1
        if begin <= until:
            yield stretch._replace(first=begin, until=until)


def _are_one_loop(near: list[Stretch], size: int, is_loop: Callable[[int, int, int], bool]) -> bool:
    """Return whether nearly all of a part is one stretch, and a loop in its middle."""
    longest = max(near, key=lambda s: s.last - s.first, default=None)
    if longest is None or longest.last - longest.first < 0.9 * size:
        return False
    middle = (longest.first + longest.last) // 2
    return is_loop(middle, longest.period, longest.iterations(middle))


def _found(again: list[int], begin: int, width: int) -> list[Stretch]:
    """Return where the `distances` of letters tell of a loop."""
    return stretches(again, begin, width, LEAST, WORTH)


def _parts(again: list[int]) -> Iterator[tuple[int, int]]:
    """Yield from where to before where letters come again, where they are worth a loop."""
    at = 0
    for repeated, group in groupby(again, bool):
        first, at = at, at + len(list(group))
        if repeated and at - first >= WORTH:
            yield first, at


def _spelled(rows: Sequence[Hashable]) -> str:
    """Return a text with one letter for each row, the same for equal ones; few make it short."""
    letters = {row: chr(i % 0x110000) for i, row in enumerate(dict.fromkeys(rows))}
    return "".join(map(letters.__getitem__, rows))


def _letters(rows: Sequence[Instruction]) -> str:
    """Return a text with one letter for each instruction, which tells its operation.

    One that is in no loop has a letter of its own, so that nothing comes again across it.
    """
    names = dict.fromkeys([row.op for row in rows])
    letters = {op: chr(i) for i, op in enumerate(names)}
    return "".join([
        letters[op] if extra is None and op not in ALONE else chr(_FIRST_OWN + k % _OWN)
        for k, (op, _, extra) in enumerate(rows)
    ])  # fmt: skip


def _kinds(column: list[int], begin: int) -> list[int]:
    """Return how near operands are, where they are near, and what they are, if not."""
    return [
        (back if back < _NEAR else _NEAR if x >= 0 else _NEAR + 1)
        if (back := q - x) > 0
        else _NEAR + 2
        for q, x in enumerate(column, start=begin)
    ]
