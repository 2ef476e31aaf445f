"""What the writers of LLVM's language share: where things are in memory, and what they hand on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from autograd.compile.llvm.symbols import Symbols

__all__ = ["End", "Ends", "Layout", "Source", "by_register", "fetched", "filled", "first_lanes"]


class End(NamedTuple):
    """What happens to a register besides being read: a result, or a guard checked on it."""

    number: int  # of the result, from 0, or of the guard, from 1
    expected: bool | None = None  # what the guard expects; None for a result


Ends: TypeAlias = dict[int, list[End]]


@dataclass
class Layout:
    """Where things are in the work area, in bytes."""

    size: int = 0
    places: dict[int, int] = field(default_factory=dict)  # register -> offset
    free: dict[int, list[int]] = field(default_factory=dict)  # width -> offsets to use again

    def room(self, count: int, width: int) -> int:
        """Return the offset of room for some vectors of a width, aligned to 64 bytes."""
        start = (self.size + 63) // 64 * 64
        self.size = start + 8 * count * width
        return start

    def place(self, register: int, width: int) -> int:
        """Give a register a place; one that another has left, if there is one."""
        free = self.free.setdefault(width, [])
        if not free:
            start = self.room(64, width)
            free.extend(start + 8 * width * i for i in reversed(range(64)))
        self.places[register] = free.pop()
        return self.places[register]

    def column(self, registers: Sequence[int], width: int) -> int:
        """Give registers places one after the other; return that of the first."""
        start = self.room(len(registers), width)
        self.places.update(zip(registers, range(start, self.size, 8 * width), strict=True))
        return start

    def leave(self, register: int, width: int) -> None:
        """Let another register have the place."""
        self.free[width].append(self.places[register])


@dataclass
class Source:
    """A text in LLVM's language, the bytes of work area it needs, and the Python it calls."""

    text: str
    work: int
    symbols: Symbols
    level: int = 2  # of LLVM's effort, from 0
    helpers: tuple[tuple[str, int], ...] = ()  # called: names and widths


def by_register(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    """Collect the seconds of some pairs under the firsts."""
    found: dict[int, list[Any]] = {}
    for register, item in pairs:
        found.setdefault(register, []).append(item)
    return found


def first_lanes(number: str, width: int) -> str:
    """Write the mask `%mask` of the first lanes, as many as a 64-bit integer says."""
    kind, lanes = f"<{width} x i64>", ", ".join(f"i64 {i}" for i in range(width))
    return f"""
  %one_number = insertelement {kind} poison, i64 {number}, i64 0
  %limits = shufflevector {kind} %one_number, {kind} poison, <{width} x i32> zeroinitializer
  %mask = icmp slt {kind} <{lanes}>, %limits
"""


def fetched(names: Sequence[str], counts: Collection[str]) -> str:
    """Write the loads of all that a function is given in one array of 64-bit integers, `all`.

    Args:
        names: of what is there, in order.
        counts: those that are numbers; the others are addresses.
    """
    lines = []
    for i, name in enumerate(names):
        kind = "i64" if name in counts else "ptr"
        lines.append(f"  %{name}_field = getelementptr i64, ptr %all, i64 {i}")
        lines.append(f"  %{name} = load {kind}, ptr %{name}_field")
    return "\n".join(lines)


def filled(text: str, words: Mapping[str, object]) -> str:
    """Return a text with a meaning in the place of each word, one word after the other.

    >>> filled("load KIND, ptr %NAME", {"KIND": "double", "NAME": "x"})
    'load double, ptr %x'
    """
    for word, meaning in words.items():
        text = text.replace(word, str(meaning))
    return text
