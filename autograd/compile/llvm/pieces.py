"""Cutting a long program into functions, and collecting these into texts that LLVM gets at once.

A function has a few thousand instructions, so that compiling stays linear. In a long program, which
LLVM compiles quickly but not well, loops are in functions of their own, worth more effort: they are
short, and most of the work is done there. So they are in a short one in which all else is little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple, TypeAlias

from autograd.compile.loops.loop import Loop

__all__ = ["CHUNK", "PART", "HandOver", "Piece", "Text", "cut", "mostly_in_loops", "weight"]

CHUNK = 2_000  # instructions in a function
PART = 5_000  # instructions that are handed over at once, where there are twice as many
MOSTLY = 8  # times as many instructions run in loops as outside of them, at least
BETWEEN = 16  # instructions between loops that are not worth a function

# Takes a text that is to be compiled, and LLVM's level of effort.
HandOver: TypeAlias = Callable[[str, int], None]


class Piece(NamedTuple):
    """What becomes a function: single instructions, loops, or both."""

    units: list[int | Loop]
    is_apart: bool  # loops in a program whose instructions get less effort

    @property
    def size(self) -> int:
        """How many instructions it is, those of a loop once."""
        return sum(map(weight, self.units))


@dataclass
class Text:
    """Functions that are compiled together."""

    level: int  # of LLVM's effort
    most: float  # instructions, until it is handed over
    lines: list[str] = field(default_factory=list)
    declarations: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    size: int = 0

    def add(self, name: str, lines: list[str], declarations: dict[str, str], size: int) -> None:
        """Add a function, what it calls, and how many instructions it has."""
        self.names.append(name)
        self.lines += lines
        self.declarations |= declarations
        self.size += size

    def clear(self) -> None:
        """Take everything out."""
        self.lines, self.declarations, self.names, self.size = [], {}, [], 0

    def __str__(self) -> str:
        return "\n".join([*self.lines, *self.declarations.values(), ""])


def weight(unit: int | Loop) -> int:
    """Return how many instructions are written for an instruction or a loop."""
    return unit.period if isinstance(unit, Loop) else 1


def mostly_in_loops(units: Sequence[int | Loop]) -> bool:
    """Return whether nearly all that is done is done in loops: the rest is worth no effort."""
    loops = [unit for unit in units if isinstance(unit, Loop)]
    inside = sum(len(loop.registers) for loop in loops)
    return inside > MOSTLY * (len(units) - len(loops))


def cut(units: Sequence[int | Loop], apart: bool) -> list[Piece]:
    """Cut a program into pieces of about so many instructions as a function has.

    Args:
        units: its single instructions and loops, in order.
        apart: whether loops get functions of their own.
    """
    if all(type(unit) is int for unit in units):  # the same, sooner
        return [Piece(list(units[i : i + CHUNK]), False) for i in range(0, len(units), CHUNK)]
    parts = _loops_apart(units) if apart else [(False, list(units))]
    return [Piece(piece, is_apart) for is_apart, part in parts for piece in _chunks(part)]


def _chunks(units: Sequence[int | Loop]) -> Iterator[list[int | Loop]]:
    piece: list[int | Loop] = []
    size = 0
    for unit in units:
        size += weight(unit)
        if piece and size > CHUNK:
            yield piece
            piece, size = [], weight(unit)
        piece.append(unit)
    if piece:
        yield piece


def _loops_apart(units: Sequence[int | Loop]) -> Iterator[tuple[bool, list[int | Loop]]]:
    """Yield parts, in order, and whether they are loops, with what little is between them."""
    loops: list[int | Loop] = []
    between: list[int | Loop] = []
    for is_loops, group in groupby(units, lambda unit: isinstance(unit, Loop)):
        if is_loops:
            loops += [*between, *group]
            between = []
            continue
        between = list(group)
        if len(between) > BETWEEN or not loops:
            if loops:
                yield True, loops
            yield False, between
            loops, between = [], []
    if loops:
        yield True, loops
    if between:
        yield False, between
