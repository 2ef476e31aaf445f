"""Writing a loop of a program in LLVM's language: one block, whatever the number of iterations.

What is read in a later iteration than the next two, or by another loop, is stored for every
iteration, one after the other (`kept_columns` tells what that is); all else stays in registers.
After the loop, the names of the last iteration's registers hold what it computed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from autograd.compile.llvm.layout import End, Ends
from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.programs.program import TRUTHS, Program

if TYPE_CHECKING:
    from autograd.compile.llvm.emitter import Emitter

__all__ = ["alone", "kept_columns", "write_loop"]


def kept_columns(
    program: Program, units: Sequence[int | Loop], ends: Ends, exported: set[int]
) -> dict[int, set[int]]:
    """Return which positions of a loop, by its first register, are stored for every iteration.

    Args:
        program: in primitives.
        units: its single instructions and its loops.
        ends: what happens to registers besides being read.
        exported: the registers that are read elsewhere.
    """
    loops = [unit for unit in units if isinstance(unit, Loop)]
    if not loops:
        return {}
    starts = [loop.registers[0] for loop in loops]
    kept: dict[int, set[int]] = {start: set() for start in starts}

    def home(k: int) -> tuple[Loop, int] | None:
        """Return the loop that computes a register, and its place there."""
        if k < starts[0]:
            return None
        loop = loops[bisect_right(starts, k) - 1]
        at = loop.place(k)
        return None if at is None else (loop, at)

    for operand in (x for loop in loops for x in loop.all_operands()):
        found = home(operand.registers[0]) if isinstance(operand, Element) else None
        if found is not None:
            kept[found[0].registers[0]].add(found[1] % found[0].period)
    for k in exported.union(_read_alone(program, units, ends)):
        found = home(k)
        if found is not None and found[1] < len(found[0].registers) - found[0].period:
            kept[found[0].registers[0]].add(found[1] % found[0].period)  # the last ones have names
    return kept


def _read_alone(program: Program, units: Sequence[int | Loop], ends: Ends) -> Iterator[int]:
    """Yield the registers that are read, but not as one of many in steps."""
    for unit in units:
        if isinstance(unit, Loop):
            for operand in unit.all_operands():
                yield from _alone(operand)
            yield from (k for k, _ in _irregular(unit, ends))
        else:
            yield from program.code[unit].args


def _alone(operand: Operand) -> tuple[int, ...]:
    """Return the registers that an operand reads before the loop."""
    if isinstance(operand, Fixed):
        return (operand.register,)
    return operand.firsts if isinstance(operand, Carried) else ()


def alone(loop: Loop) -> Iterator[int]:
    """Yield the registers that are read before the first iteration."""
    for operand in loop.all_operands():
        yield from _alone(operand)


def _regular(column: Sequence[int], ends: Ends) -> list[tuple[End, int]]:
    """Return the ends of a column in the first iteration, and the step from one to the next.

    Empty where they are not in steps: then they wait until the loop is done.
    """
    found = [ends.get(k, []) for k in column]
    steps = []
    for e, end in enumerate(found[0]):
        if any(len(each) != len(found[0]) for each in found):
            return []
        step = found[1][e].number - end.number
        expected = [end._replace(number=end.number + step * i) for i in range(len(column))]
        if [each[e] for each in found] != expected:
            return []
        steps.append((end, step))
    return steps


def _has_ends(loop: Loop, ends: Ends) -> bool:
    """Return whether something happens to a register of a loop besides being read."""
    registers = loop.registers
    if len(registers) < len(ends):
        return any(k in ends for k in registers)
    return any(registers[bisect_right(registers, k) - 1] == k for k in ends)


def _irregular(loop: Loop, ends: Ends) -> list[tuple[int, End]]:
    """Return the ends that wait until the loop is done."""
    if not _has_ends(loop, ends):
        return []
    columns = [loop.column(j) for j in range(loop.period)]
    late = [column for column in columns if not _regular(column, ends)]
    return [(k, end) for column in late for k in column for end in ends.get(k, ())]


def write_loop(emitter: Emitter, loop: Loop, ends: Ends, kept: set[int]) -> None:
    """Write a loop, and what happens to its registers besides being read.

    Args:
        emitter: of the function that the loop is in.
        loop: what to write.
        ends: what happens to registers.
        kept: the positions of what is stored for every iteration.
    """
    writer = _Writer(emitter, loop, {j: loop.column(j) for j in kept})
    if not _has_ends(loop, ends):
        writer.write([[]] * loop.period)
        return
    writer.write([_regular(loop.column(j), ends) for j in range(loop.period)])
    for k, end in _irregular(loop, ends):
        emitter.end(end, emitter.operand(k), str(end.number))


class _Writer:
    """Writes one loop; see `write_loop`."""

    def __init__(self, emitter: Emitter, loop: Loop, kept: dict[int, Sequence[int]]) -> None:
        self.emitter = emitter
        self.loop = loop
        self.label = emitter.label()
        self.types = [
            emitter.truth if emitter.program.code[k].op in TRUTHS else emitter.type
            for k in loop.lasts
        ]
        self.starts = {j: emitter.layout.column(kept[j], emitter.width) for j in sorted(kept)}
        self.names: dict[Operand, str] = {}
        self.offsets: dict[int, str] = {}

    def write(self, ends: Sequence[list[tuple[End, int]]]) -> None:
        """Write everything, with what happens to the registers of each position."""
        emitter, label, before = self.emitter, self.label, self.emitter.block
        firsts = self._before()
        emitter.lines += [
            f"br label %{label}",
            f"{label}:",
            f"%{label}.i = phi i64 [ 0, %{before} ], [ %{label}.next, %{label} ]",
        ]
        for operand, names in firsts.items():
            self._carry(operand, names, before)
        for j, operands in enumerate(self.loop.operands):
            self._instruction(j, operands, ends[j])
        emitter.lines += [
            f"%{label}.next = add i64 %{label}.i, 1",
            f"%{label}.more = icmp slt i64 %{label}.next, {self.loop.count}",
            f"br i1 %{label}.more, label %{label}, label %{label}.end",
            f"{label}.end:",
        ]
        emitter.block = f"{label}.end"
        emitter.known.update((k, f"%v{k}") for k in self.loop.lasts)

    def _before(self) -> dict[Carried, list[str]]:
        """Fetch what is needed before the loop: what is fixed, and what first iterations read."""
        firsts: dict[Carried, list[str]] = {}
        for operand in dict.fromkeys(self.loop.all_operands()):
            if isinstance(operand, Fixed):
                self.names[operand] = self.emitter.operand(operand.register)
            elif isinstance(operand, Carried):
                firsts[operand] = [self.emitter.operand(k) for k in operand.firsts]
        return firsts

    def _carry(self, operand: Carried, firsts: list[str], before: str) -> None:
        """Hand a value on from one iteration to the next, or to the one after it."""
        kind, value = self.types[operand.position], f"%v{self.loop.lasts[operand.position]}"
        for first in reversed(firsts):
            name = self.emitter.add(
                f"phi {kind} [ {first}, %{before} ], [ {value}, %{self.label} ]"
            )
            value = name
        self.names[operand] = value

    def _instruction(
        self, j: int, operands: tuple[Operand, ...], ends: list[tuple[End, int]]
    ) -> None:
        """Write an instruction, and what happens to its result."""
        emitter, register = self.emitter, self.loop.lasts[j]
        op, _, extra = emitter.program.code[register]
        names = [self._operand(operand) for operand in operands]
        emitter.lines.append(f"%v{register} = {emitter.text(op, names, extra)}")
        if j in self.starts:
            at = self._moving(emitter.pointer("%w", self.starts[j]), 8 * emitter.width)
            emitter.store_register(register, f"%v{register}", at)
        for end, step in ends:
            emitter.end(end, f"%v{register}", self._number(end.number, step))

    def _operand(self, operand: Operand) -> str:
        """Return the name of an operand in this iteration."""
        if isinstance(operand, Local):
            return f"%v{self.loop.lasts[operand.position]}"
        if operand not in self.names:
            self.names[operand] = (
                self._element(operand) if isinstance(operand, Element) else self._entry(operand)
            )
        return self.names[operand]

    def _element(self, operand: Element) -> str:
        """Load what is further on in memory in each iteration."""
        emitter, registers = self.emitter, operand.registers
        base, start = emitter.place(registers[0])
        step = emitter.place(registers[1])[1] - start
        expected = range(start, start + step * len(registers), step) if step else ()
        if emitter.places(registers) != list(expected):
            raise AssertionError(f"%{registers[0]} and what follows are not in steps in memory")
        at = self._moving(emitter.pointer(base, start), step)
        return emitter.add(emitter.loaded(registers[0], at))

    def _entry(self, operand: Operand) -> str:
        """Load a constant from a table that is part of the code."""
        emitter = self.emitter
        assert isinstance(operand, Table)  # noqa: S101 - for the type checker: all others are done
        numbers = [emitter.program.code[k].extra for k in operand.registers]
        table = emitter.symbols.table(numbers)
        return emitter.add(emitter.spread_load(self._moving(table, 8)))

    def _moving(self, base: str, step: int) -> str:
        """Return the name of a pointer that is so many bytes further on in each iteration."""
        if step not in self.offsets:
            self.offsets[step] = self._number(0, step)
        return self.emitter.add(f"getelementptr i8, ptr {base}, i64 {self.offsets[step]}")

    def _number(self, first: int, step: int) -> str:
        """Return the name of a whole number that grows by a step in each iteration."""
        moved = self.emitter.add(f"mul i64 %{self.label}.i, {step}")
        return self.emitter.add(f"add i64 {moved}, {first}") if first else moved
