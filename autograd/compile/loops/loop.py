"""A loop of a program: instructions that come again and again, and what they read each time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from autograd.compile.programs.program import Instruction, Program

__all__ = ["Carried", "Element", "Fixed", "Local", "Loop", "Operand", "Table"]


@dataclass(frozen=True)
class Fixed:
    """A register that was computed before the loop."""

    register: int


@dataclass(frozen=True)
class Local:
    """What an instruction of the same iteration has computed, by its position in it."""

    position: int


@dataclass(frozen=True)
class Carried:
    """What an instruction has computed so many iterations before as there are first registers.

    The first iterations read these registers instead.
    """

    position: int
    firsts: tuple[int, ...]


@dataclass(frozen=True)
class Element:
    """Another register in each iteration, equally far apart in memory."""

    registers: Sequence[int]


@dataclass(frozen=True)
class Table:
    """Another constant in each iteration, by its register."""

    registers: Sequence[int]


Operand: TypeAlias = Fixed | Local | Carried | Element | Table


@dataclass(frozen=True)
class Loop:
    """Instructions that come again and again.

    Attributes:
        registers: of all iterations, one after the other.
        period: how many belong to an iteration.
        operands: of each instruction of an iteration.
    """

    registers: Sequence[int]
    period: int
    operands: tuple[tuple[Operand, ...], ...]

    @property
    def count(self) -> int:
        """The number of iterations."""
        return len(self.registers) // self.period

    @property
    def lasts(self) -> Sequence[int]:
        """The registers of the last iteration."""
        return self.registers[-self.period :]

    def place(self, register: int) -> int | None:
        """Return where a register stands among those of all iterations; None if it does not."""
        registers = self.registers
        if type(registers) is range:
            at = register - registers.start
            return at if 0 <= at < len(registers) else None
        at = bisect_left(registers, register)
        return at if at < len(registers) and registers[at] == register else None

    def column(self, position: int) -> Sequence[int]:
        """Return the registers of one instruction in all iterations."""
        return self.registers[position :: self.period]

    def all_operands(self) -> Iterator[Operand]:
        """Yield the operands of all instructions of an iteration."""
        for operands in self.operands:
            yield from operands

    def reads(self) -> set[int]:
        """Return the registers from outside that it reads in any iteration."""
        found = set[int]()
        for operand in self.all_operands():
            if isinstance(operand, Fixed):
                found.add(operand.register)
            elif isinstance(operand, Carried):
                found.update(operand.firsts)
            elif not isinstance(operand, Local):
                found.update(operand.registers)
        return found

    def read(self, operand: Operand, i: int) -> int:
        """Return the register that an operand is in the i-th iteration."""
        if isinstance(operand, Fixed):
            return operand.register
        if isinstance(operand, (Element, Table)):
            return operand.registers[i]
        distance = 0 if isinstance(operand, Local) else len(operand.firsts)
        if i < distance:
            return operand.firsts[i]  # type: ignore[union-attr] # a Local has distance 0
        return self.registers[(i - distance) * self.period + operand.position]

    def validate(self, program: Program) -> Loop:
        """Return the loop itself; raise a ValueError where the program does something else."""
        for at, k in enumerate(self.registers):
            i, position = divmod(at, self.period)
            found = Instruction(
                program.code[self.registers[position]].op,
                tuple([self.read(operand, i) for operand in self.operands[position]]),
            )
            if found != program.code[k]:
                raise ValueError(f"%{k} is not as in a loop: {program.code[k]}, not {found}")
        return self

    def text(self, program: Program) -> str:
        """Return the loop in words: its first iteration, and what changes from one to the next."""
        lines = [f"{self.count} times from %{self.registers[0]}, each {self.period} on:"]
        for k, operands in zip(self.registers, self.operands, strict=False):
            names = ", ".join(_in_words(operand, program) for operand in operands)
            lines.append(f"    {program.code[k].op}({names})")
        return "\n".join(lines)


def _in_words(operand: Operand, program: Program) -> str:
    """Return how an operand is called in print."""
    if isinstance(operand, Fixed):
        return program.name(operand.register)
    if isinstance(operand, Local):
        return f"result {operand.position}"
    if isinstance(operand, Carried):
        first = ", ".join(map(program.name, operand.firsts))
        return f"result {operand.position} of {len(operand.firsts)} before (first {first})"
    ends = operand.registers[0], operand.registers[-1]
    return " to ".join(map(program.name, ends))
