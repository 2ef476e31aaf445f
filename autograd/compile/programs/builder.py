"""Writing programs: a builder that never writes the same instruction twice, and inlining.

`Builder.emit` adds an instruction and returns its register; `Builder.inline` puts a program in
the place of an operation; `rewritten` copies a program instruction by instruction through a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from struct import pack
from typing import Any, TypeAlias

from autograd.compile.programs.program import Input, Instruction, Program

__all__ = ["Builder", "inlined", "rewritten"]

# What a rule makes of an instruction: a register that holds the same, or None to write it.
Rule: TypeAlias = "Callable[[Builder, str, tuple[int, ...], Any], int | None]"


class Builder:
    """Collects instructions; equal ones share a register.

    Args:
        inputs: of the program to be written.
        rules: for operations, what may take the place of an instruction.
        telling: the operations whose rules are asked only where an operand tells something: where
            it is a constant, or what `neg` or `not` gives.
    """

    def __init__(
        self, inputs: Sequence[Input] = (), rules: Mapping[str, Rule] | None = None,
        telling: Container[str] = (),
    ) -> None:  # fmt: skip
        self.inputs = tuple(inputs)
        self.code: list[Instruction] = []
        self.names: dict[int, str] = {}
        self.remembered: dict[Any, Any] = {}  # what a rule has written that another may use
        self._rules = rules or {}
        self._always = {op for op in self._rules if op not in telling}
        self._told: set[int] = set()  # the registers that tell something
        self._known: dict[Any, int] = {}

    def emit(self, op: str, args: tuple[int, ...] = (), extra: Any = None) -> int:
        """Add an instruction, or find the same one; return its register."""
        key = (op, args) if extra is None else (op, args, _key(extra))
        register = self._known.get(key)
        if register is None:
            if op in self._always or not self._told.isdisjoint(args):
                rule = self._rules.get(op)
                register = None if rule is None else rule(self, op, args, extra)
            if register is None:
                register = len(self.code)
                self.code.append(_new(Instruction, (op, args, extra)))
                if op in _TOLD:
                    self._told.add(register)
            self._known[key] = register
        return register

    def append(self, op: str, args: tuple[int, ...], extra: Any = None) -> int:
        """Add an instruction without looking for the same one, which is faster."""
        self.code.append(_new(Instruction, (op, args, extra)))
        return len(self.code) - 1

    def constant(self, number: float) -> int:
        """Return a register that holds a number."""
        return self.emit("constant", (), float(number))

    def input(self, index: int) -> int:
        """Return the register of an input."""
        return self.emit("input", (), index)

    def first_inputs(self, count: int) -> range:
        """Return the registers of so many inputs, before anything else is written."""
        self.code += [_new(Instruction, ("input", (), i)) for i in range(count)]
        self._known.update((("input", (), i), i) for i in range(count))
        return range(count)

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
        return inlined(self.emit, program, args)

    def inline_all(self, program: Program, args: Sequence[int]) -> list[int]:
        """Write the instructions of a program; return the registers of its outputs."""
        registers = _inlined(self.emit, program, args)
        return [registers[k] for k in program.outputs]


def inlined(emit: Callable[..., int], program: Program, args: Sequence[int]) -> int:
    """Emit the instructions of a program with one output; return the register of that."""
    return _inlined(emit, program, args)[program.outputs[0]]


def _inlined(emit: Callable[..., int], program: Program, args: Sequence[int]) -> list[int]:
    registers: list[int] = []
    for op, operands, extra in program.code:
        if op == "input":
            registers.append(args[extra])
        else:
            registers.append(emit(op, tuple([registers[x] for x in operands]), extra))
    return registers


_TOLD = {"constant", "truth", "neg", "not"}
_new = tuple.__new__  # a third of the time of Instruction(...), which Python has in between


def _key(extra: Any) -> Any:
    """Return what tells constants apart to the bit: 0.0 from -0.0, and nan is nan."""
    return pack("d", extra) if type(extra) is float else extra


def rewritten(program: Program, rules: Mapping[str, Rule], telling: Container[str] = ()) -> Program:
    """Copy a program; what a rule returns takes the place of an instruction (None: a copy)."""
    builder = Builder(program.inputs, rules, telling)
    emit, registers = builder.emit, [0] * len(program.code)
    for k, (op, args, extra) in enumerate(program.code):
        registers[k] = emit(op, tuple([registers[x] for x in args]), extra)
    for k, name in program.names.items():
        builder.names.setdefault(registers[k], name)
    return Program(
        program.inputs,
        builder.code,
        tuple([registers[x] for x in program.outputs]),
        tuple([guard._replace(register=registers[guard.register]) for guard in program.guards]),
        builder.names,
    )
