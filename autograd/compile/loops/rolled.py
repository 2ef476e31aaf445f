"""A program in which loops are written once, and the writing of one iteration of a loop.

A `Rolled` program lists single instructions and `Loop`s in their order; the registers of a loop
have numbers, but no instructions of their own. A `Body` collects the instructions of an iteration:
it folds, simplifies and lowers them as a builder does, and what is the same in all iterations is
computed once, before the loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.programs.builder import Builder, inlined
from autograd.compile.programs.passes import lowering_builder
from autograd.compile.programs.program import TRUTHS, Instruction, Program

__all__ = ["Body", "IrregularError", "IrregularLoopError", "Rolled", "in_loop", "pruned", "settled"]


_GIVEN = ("input", "constant", "truth")


@dataclass
class Rolled(Program):
    """A program in primitives, with loops among its units; it has no guards.

    Attributes:
        units: registers computed alone, and loops, in order.
    """

    units: list[int | Loop] = field(default_factory=list)

    def validate(self) -> Rolled:
        """Return the program itself; raise a ValueError that names what is wrong with it."""
        code, written = self.code, set[int]()
        for unit in self.units:
            read = code[unit].args if isinstance(unit, int) else _read_by(unit)
            missing = [x for x in read if x not in written and code[x].op not in _GIVEN]
            if missing:
                name = unit if isinstance(unit, int) else f"{unit.registers[0]} (a loop)"
                raise ValueError(f"%{name} reads %{missing[0]}, which is not yet written")
            written.update((unit,) if isinstance(unit, int) else unit.registers)
        for k in self.outputs:
            if (k not in written and code[k].op not in _GIVEN) or code[k].op in TRUTHS:
                raise ValueError(f"output %{k} is not the number of a register")
        return self

    def __str__(self) -> str:
        lines = [f"program({', '.join(x.name for x in self.inputs)}):"]
        for unit in self.units:
            text = self._line(unit) if isinstance(unit, int) else unit.text(self)
            lines += [f"    {line}" for line in text.splitlines()]
        return "\n".join([*lines, f"    return {', '.join(map(self.name, self.outputs))}"])

    def _line(self, k: int) -> str:
        op, args, extra = self.code[k]
        return f"{self.name(k)} = {self._formula(op, args, extra)}"


def _read_by(loop: Loop) -> Iterator[int]:
    """Yield what a loop reads of what was computed before; of many in steps, the first and last."""
    for operand in loop.all_operands():
        if isinstance(operand, Fixed):
            yield operand.register
        elif isinstance(operand, Carried):
            yield from operand.firsts
        elif isinstance(operand, (Element, Table)):
            yield from (operand.registers[0], operand.registers[-1])


_COMPUTED = Instruction("iteration")


def settled(builder: Builder) -> list[Instruction]:
    """Return the code of a builder, with the operations of loops at their registers."""
    code = builder.code
    for registers, kinds in builder.remembered.items():
        if isinstance(registers, range):
            code[registers[0] : registers[-1] + 1] = kinds * (len(registers) // len(kinds))
    return code


class IrregularError(Exception):
    """What was recorded is not made of loops that can be treated as a whole."""


class IrregularLoopError(IrregularError):
    """One loop does not fit."""

    def __init__(self, error: IrregularError, loop: Loop) -> None:
        super().__init__(*error.args)
        self.loop = loop


@contextmanager
def in_loop(loop: Loop) -> Iterator[None]:
    """Tell of which loop it is that something does not fit."""
    try:
        yield
    except IrregularError as error:
        raise IrregularLoopError(error, loop) from error


class Body:
    """The instructions of one iteration, while they are written.

    Registers of a body are numbers of their own. What it reads are inputs of its builder, each an
    `Operand`; what earlier iterations computed is named when it is known (`close`).

    Args:
        main: the builder of the program around the loop.
    """

    def __init__(self, main: Builder) -> None:
        self.main = main
        self.builder = lowering_builder()
        self.reads: list[Operand] = []
        self._known: dict[Operand, int] = {}
        self._fixed: dict[int, int | None] = {}
        self._carried: dict[int, int] = {}  # the registers of what is carried
        self._firsts: dict[int, tuple[int, ...]] = {}  # and what they are before it is known

    def operand(self, x: Operand) -> int:
        """Return the register that holds what an iteration reads."""
        if x not in self._known:
            self._known[x] = self._read(x)
        return self._known[x]

    def _read(self, x: Operand) -> int:
        if isinstance(x, Fixed):
            number = self.main.number(x.register)
            if number is not None:
                return self.builder.constant(number)
        return self._input(x)

    def _input(self, x: Operand) -> int:
        self.reads.append(x)
        return self.builder.input(len(self.reads) - 1)

    def fixed(self, k: int) -> int | None:
        """Return the register of the program around, of what is the same in all iterations."""
        if k not in self._fixed:
            op, args, extra = self.builder.code[k]
            if op == "input":
                read = self.reads[extra]
                self._fixed[k] = read.register if isinstance(read, Fixed) else None
            else:
                outside = [self.fixed(x) for x in args]
                known = [x for x in outside if x is not None]
                whole = len(known) == len(args)
                self._fixed[k] = self.main.emit(op, tuple(known), extra) if whole else None
        return self._fixed[k]

    def carried(self, firsts: Sequence[int]) -> int:
        """Return a register for what so many iterations before will have computed."""
        handle = self._input(Carried(-1, tuple(firsts)))  # until it is known
        self._carried[handle] = -1
        self._firsts[handle] = tuple(firsts)
        return handle

    def close(self, handle: int, k: int) -> None:
        """Say what it is that `carried` gave a register for."""
        self._carried[handle] = k

    def emit(self, op: str, args: tuple[int, ...], extra: object = None) -> int:
        """Add an instruction; where it is the same in all iterations, to the program around."""
        k = self.builder.emit(op, args, extra)
        outside = self.fixed(k)
        return k if outside is None else self.operand(Fixed(outside))

    def inline(self, program: Program, args: Sequence[int]) -> int:
        """Write the instructions of a program with one output, its inputs being registers."""
        return inlined(self.emit, program, args)

    def loop(self, count: int) -> tuple[Loop, list[Operand]]:
        """End the body; return the loop, and what each register of the body is in it."""
        steady = self._steady()
        if steady:
            body, places = self._with_fixed(steady)
            loop, meaning = body.loop(count)
            return loop, [meaning[k] for k in places]
        return self._loop(count)

    def _steady(self) -> dict[int, int]:
        """Return what is carried on but never changes, with the register outside that it is."""
        found = {}
        for k, what in self._carried.items():
            firsts = set(self._firsts[k])
            if what >= 0 and len(firsts) == 1 and (what == k or {self.fixed(what)} == firsts):
                found[k] = firsts.pop()
        return found

    def _with_fixed(self, known: dict[int, int]) -> tuple[Body, list[int]]:
        """Write the same body with something fixed; return it, and where each register is in it."""
        body, places = Body(self.main), list[int]()
        for k, (op, args, extra) in enumerate(self.builder.code):
            if k in known:
                places.append(body.operand(Fixed(known[k])))
            elif k in self._carried:
                places.append(body.carried(self._firsts[k]))
            elif op == "input":
                places.append(body.operand(self.reads[extra]))
            else:
                places.append(body.emit(op, tuple([places[x] for x in args]), extra))
        for k, what in self._carried.items():
            if k not in known:
                body.close(places[k], places[what])
        return body, places

    def _loop(self, count: int) -> tuple[Loop, list[Operand]]:
        code = self.builder.code
        own = [k for k, x in enumerate(code) if x.op not in ("input", "constant", "truth")]
        places = {k: i for i, k in enumerate(own)}
        meaning: list[Operand] = []
        for k, (op, _, extra) in enumerate(code):
            if k in places:
                meaning.append(Local(places[k]))
            elif k in self._carried:
                what = self._carried[k]
                if what not in places:
                    raise IrregularError("what is carried on is not computed")
                meaning.append(replace(self.reads[extra], position=places[what]))
            elif op == "input":
                meaning.append(self.reads[extra])
            else:
                fixed = self.fixed(k)
                assert fixed is not None  # noqa: S101 - for the type checker: constants are
                meaning.append(Fixed(fixed))
        if not own:
            raise IrregularError("a loop in which nothing changes")
        operands = tuple([tuple([meaning[x] for x in code[k].args]) for k in own])
        start = len(self.main.code)
        registers = range(start, start + count * len(own))
        self.main.code.extend([_COMPUTED] * len(registers))
        kinds = [Instruction(code[k].op, (), code[k].extra) for k in own]
        self.main.remembered[registers] = kinds  # not yet in the code, where rules would read them
        return Loop(registers, len(own), operands), meaning


def pruned(program: Rolled) -> Rolled:
    """Leave out the units, and the instructions of loops, that no output depends on."""
    needed, units = bytearray(len(program.code)), list[int | Loop]()
    for k in program.outputs:
        needed[k] = 1
    for unit in reversed(program.units):
        if isinstance(unit, Loop):
            less = _less(unit, needed)
            if less is None:
                continue
            units.append(less)
            read: Iterable[int] = less.reads()
        elif needed[unit]:
            units.append(unit)
            read = program.code[unit].args
        else:
            continue
        for k in read:
            needed[k] = 1
    return replace(program, units=units[::-1])


def _less(loop: Loop, needed: bytearray) -> Loop | None:
    """Return a loop without the instructions that nobody needs; None where none is needed."""
    registers, period = loop.registers, loop.period
    wanted = {j for j in range(period) if any(map(needed.__getitem__, registers[j::period]))}
    left = list(wanted)
    while left:
        for operand in loop.operands[left.pop()]:
            if isinstance(operand, (Local, Carried)) and operand.position not in wanted:
                wanted.add(operand.position)
                left.append(operand.position)
    if not wanted:
        return None
    if len(wanted) == period:
        return loop
    kept = {j: i for i, j in enumerate(sorted(wanted))}
    operands = [tuple([_moved(x, kept) for x in loop.operands[j]]) for j in kept]
    rows = range(0, len(registers), period)
    return Loop(tuple([registers[i + j] for i in rows for j in kept]), len(kept), tuple(operands))


def _moved(operand: Operand, places: dict[int, int]) -> Operand:
    if isinstance(operand, (Local, Carried)):
        return replace(operand, position=places[operand.position])
    return operand
