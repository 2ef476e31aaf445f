"""Writing programs: a builder that never writes the same instruction twice, and inlining.

`Builder.emit` adds an instruction and returns its register; `Builder.inline` puts a program in
the place of an operation; `rewritten` copies a program instruction by instruction through a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from struct import pack
from typing import Any

from autograd.compile.program import Input, Instruction, Program

__all__ = ["Builder", "rewritten"]

Rule = Callable[["Builder", str, tuple[int, ...], Any], int | None]


class Builder:
    """Collects instructions; equal ones share a register."""

    def __init__(self, inputs: Sequence[Input] = ()) -> None:
        self.inputs = tuple(inputs)
        self.code: list[Instruction] = []
        self.names: dict[int, str] = {}
        self._known: dict[Any, int] = {}

    def emit(self, op: str, args: tuple[int, ...] = (), extra: Any = None) -> int:
        """Add an instruction, or find the same one; return its register."""
        key = (op, args, extra if op != "constant" else pack("d", extra))
        register = self._known.get(key)
        if register is None:
            register = self._known[key] = len(self.code)
            self.code.append(Instruction(op, args, extra))
        return register

    def constant(self, number: float) -> int:
        """Return a register that holds a number."""
        return self.emit("constant", (), float(number))

    def input(self, index: int) -> int:
        """Return the register of an input."""
        return self.emit("input", (), index)

    def number(self, register: int) -> float | None:
        """Return the number in a register that holds a constant, else None."""
        op, _, extra = self.code[register]
        return extra if op == "constant" else None

    def truth(self, register: int) -> bool | None:
        """Return the truth value of a register where it is known, else None."""
        op, _, extra = self.code[register]
        return extra if op == "truth" else None

    def inline(self, program: Program, args: Sequence[int]) -> int:
        """Write the instructions of a program with one output, its inputs being registers."""
        registers: list[int] = []
        for op, operands, extra in program.code:
            if op == "input":
                registers.append(args[extra])
            else:
                registers.append(self.emit(op, tuple([registers[x] for x in operands]), extra))
        return registers[program.outputs[0]]


def rewritten(program: Program, rule: Rule) -> Program:
    """Copy a program; what the rule returns takes the place of an instruction (None: a copy)."""
    builder = Builder(program.inputs)
    registers: list[int] = []
    for k, (op, args, extra) in enumerate(program.code):
        operands = tuple([registers[x] for x in args])
        register = rule(builder, op, operands, extra)
        if register is None:
            register = builder.emit(op, operands, extra)
        if k in program.names:
            builder.names.setdefault(register, program.names[k])
        registers.append(register)
    return Program(
        program.inputs,
        builder.code,
        tuple([registers[x] for x in program.outputs]),
        tuple([guard._replace(register=registers[guard.register]) for guard in program.guards]),
        builder.names,
    )
