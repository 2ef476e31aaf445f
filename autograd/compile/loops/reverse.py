"""The chain rule on a program with loops: a loop backwards for every loop.

`Reverse` differentiates what was recorded without unrolling it: going backwards through an
iteration, an instruction gives its operands its own gradient times the local derivative. What goes
to the same iteration stays there; what goes to one before is carried on; what goes to a number that
all iterations read is added up from iteration to iteration; and what goes to another loop waits
there as a column. Iterations at the ends, where something else comes in, are written one by one, as
are instructions in no loop. What does not fit raises `IrregularError`.

All additions are done in the order of `autograd.backward`, so the sums have the same bits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from contextlib import suppress
from itertools import chain, groupby

from autograd.compile.loops.backwards import Given, LoopBackwards, backwards
from autograd.compile.loops.loop import Carried, Fixed, Local, Loop, Operand
from autograd.compile.loops.lowered import Forward, column_of, register_at
from autograd.compile.loops.places import LEAST
from autograd.compile.loops.recorded import DETACHED, SUMS, slope_of_row, slopes_of_many
from autograd.compile.loops.rolled import Body, IrregularError, in_loop
from autograd.compile.programs.program import Program
from autograd.rules import MANY, TABLE

__all__ = ["Reverse"]


class Reverse:
    """Goes backwards through a program; see the module.

    Args:
        forward: the program.
        inputs: the registers to differentiate by.
        constants: the registers of what takes no share of a tie.
    """

    def __init__(self, forward: Forward, inputs: Sequence[int], constants: Container[int]) -> None:
        self.constants = constants
        self.forward = forward
        self.builder = forward.builder
        self.code = forward.code
        self.inputs = set(inputs)
        self.totals: dict[int, int] = {}  # recorded register -> its gradient so far
        self.given: dict[tuple[int, int], list[Given]] = defaultdict(list)  # loop, position
        self.uses = Counter(chain.from_iterable(x.args for x in forward.code))
        self.wanted: set[int] = set(inputs)
        self.positions: list[list[bool]] = []
        self._want()

    def _want(self) -> None:
        """Find out what depends on the inputs."""
        loops = iter(range(len(self.forward.loops)))
        for unit in self.forward.raw:
            if isinstance(unit, Loop):
                with in_loop(unit):
                    self._want_in_loop(next(loops), unit)
            elif self.code[unit].op != DETACHED and any(map(self.is_wanted, self.code[unit].args)):
                self.wanted.add(unit)

    def _want_in_loop(self, index: int, loop: Loop) -> None:
        marks = [False] * loop.period
        self.positions.append(marks)

        def depends(x: Operand) -> bool:
            if isinstance(x, Fixed):
                return self.is_wanted(x.register)
            if isinstance(x, Local):
                return marks[x.position]
            if isinstance(x, Carried):
                return marks[x.position] or any(map(self.is_wanted, x.firsts))
            found = {self.is_wanted(k) for k in x.registers}
            if len(found) > 1:
                raise IrregularError("some numbers in steps are wanted, others are not")
            return True in found

        changed = True
        while changed:
            before = list(marks)
            for j, operands in enumerate(loop.operands):
                if not marks[j] and self.code[loop.registers[j]].op != DETACHED:
                    marks[j] = any(map(depends, operands))
            changed = before != marks

    def is_wanted(self, k: int) -> bool:
        """Return whether a recorded register depends on the inputs."""
        home = self.forward.home.get(k)
        if home is None:
            return k in self.wanted
        index, at = home
        marks = self.positions[index] if index < len(self.positions) else []
        return bool(marks) and marks[at % len(marks)]

    def run(self, root: int) -> None:
        """Go backwards from a register."""
        if self.is_wanted(root):
            self.totals[root] = self.builder.constant(1.0)
        index = len(self.forward.loops)
        for unit in reversed(self.forward.raw):
            if isinstance(unit, Loop):
                index -= 1
                with in_loop(unit):
                    LoopBackwards(self, index).write()
            else:
                self._single(unit)
        self.forward.flush()

    def give(self, k: int, part: int) -> None:
        """Add something to the gradient of a recorded register."""
        before = self.totals.get(k)
        if before is None and k in self.forward.home:
            before = self.given_alone(k)
        self.totals[k] = part if before is None else self.builder.emit("add", (before, part))

    def given_alone(self, k: int) -> int | None:
        """Return what waits for a register as one of a column, added up."""
        index, at = self.forward.home[k]
        i, position = divmod(at, self.forward.loops[index].period)
        found = None
        for gradient, factor, begin, end in self.given.get((index, position), ()):
            if begin <= i < end:
                part = register_at(gradient, i - begin)
                if factor is not None:
                    part = self.builder.emit("mul", (part, register_at(factor, i - begin)))
                found = part if found is None else self.builder.emit("add", (found, part))
        return found

    def _single(self, k: int) -> None:
        gradient = self.totals.get(k)
        if gradient is None or k in self.inputs:
            return
        op, args, extra = self.code[k]
        if op in TABLE:
            del self.totals[k]
            self.pull(op, args, k, gradient)
        elif op in SUMS:
            self._pull_sum(op, args, gradient)
        elif op in MANY:
            self._pull_many(args, slopes_of_many(op, len(args), extra), gradient)

    def _pull_many(self, args: Sequence[int], slopes: Program, gradient: int) -> None:
        """Give the operands of an operation on many theirs, its derivatives being a program."""
        found = self.builder.inline_all(slopes, [self.forward.place(x) for x in args])
        for x, slope in zip(args, found, strict=True):
            if self.is_wanted(x):
                self.give(x, self.builder.emit("mul", (gradient, slope)))

    def pull(self, op: str, args: Sequence[int], k: int, gradient: int) -> None:
        """Give the operands of an instruction their parts."""
        count = len(TABLE[op].operands)
        for slot, x in enumerate(args[:count]):
            if self.is_wanted(x):
                self.give(x, self.part(op, slot, args, k, gradient))

    def part(self, op: str, slot: int, args: Sequence[int], k: int, gradient: int) -> int:
        """Return what an operand gets of the gradient of an instruction."""
        program, _ = slope_of_row(op, slot)
        tie = self.tie([x in self.constants for x in args[: len(TABLE[op].operands)]])
        values = [*[self.forward.place(y) for y in (*args, k)], tie]
        return self.builder.emit("mul", (gradient, self.builder.inline(program, values)))

    def tie(self, are_constant: Sequence[bool]) -> int:
        """Return what an operand gets of a tie with another."""
        return self.builder.constant(0.5 if are_constant.count(False) > 1 else 0.0)

    def _pull_sum(self, op: str, args: Sequence[int], gradient: int) -> None:
        """Give the operands of a sum, mean or dot product theirs; columns of loops at once."""
        half = len(args) // 2
        if op == "mean":
            share = self.builder.constant(1.0 / len(args))
            gradient = self.builder.emit("mul", (gradient, share))
        sides = ((args[:half], args[half:]), (args[half:], args[:half]))
        for registers, factors in sides if op == "dot" else ((args, ()),):
            for begin, end in self.forward.parts(registers):
                self._pull_run(registers[begin:end], factors[begin:end], gradient)

    def _pull_run(self, registers: Sequence[int], factors: Sequence[int], gradient: int) -> None:
        """Give registers of one column, or other ones, their parts: times factors, if there are."""
        if not self.is_wanted(registers[0]) and registers[0] in self.forward.home:
            return
        if len(registers) >= LEAST and self._column_with(registers) is not None:
            factor = self.forward.operand(factors) if factors else None
            self._give_to_column(registers, Fixed(gradient), factor)
        elif (
            len(registers) >= LEAST
            and factors
            and len(set(registers)) == len(registers)
            and all(map(self.is_wanted, registers))
        ):
            self.give_column(registers, self.forward.operand(factors), gradient)
        else:
            for i, k in enumerate(registers):
                if self.is_wanted(k):
                    part = gradient
                    if factors:
                        part = self.builder.emit("mul", (part, self.forward.place(factors[i])))
                    self.give(k, part)

    def _products(self, gradient: int, factors: Sequence[int]) -> Sequence[int]:
        """Multiply a gradient by many factors."""
        if len(factors) < LEAST:
            return [self.builder.emit("mul", (gradient, factor)) for factor in factors]
        body, column = Body(self.builder), self.forward.column(factors)
        given = body.operand(Fixed(gradient)), body.operand(column)
        product = body.emit("mul", given)
        if product == given[1]:  # times 1
            return factors
        loop, meaning = body.loop(len(factors))
        self.forward.flush(loop)
        found = column_of(meaning[product], loop)
        return [register_at(found, i) for i in range(len(factors))]

    def _column_with(self, registers: Sequence[int]) -> tuple[int, int, int, int] | None:
        """Return the loop and position whose column some registers are part of, and from where.

        The last number is 1 where they are in the order of the column, -1 where it is the other.
        """
        for step in (1, -1):
            home = self.forward.home.get(registers[::step][0])
            if home is not None:
                loop = self.forward.loops[home[0]]
                begin, position = divmod(home[1], loop.period)
                part = loop.column(position)[begin : begin + len(registers)]
                if list(part) == list(registers[::step]):
                    return home[0], position, begin, step
        return None

    def _give_to_column(
        self, registers: Sequence[int], gradient: Operand, factor: Operand | None = None
    ) -> None:
        """Give a part of a column its parts; raise IrregularError for what is none."""
        place = self._column_with(registers)
        if place is None:
            raise IrregularError("a column is read in another order")
        index, position, begin, step = place
        count = len(registers)
        if step < 0:
            gradient = backwards(gradient, 0, count)
            factor = None if factor is None else backwards(factor, 0, count)
        self.given[index, position].append(Given(gradient, factor, begin, begin + count))

    def give_column(
        self, registers: Sequence[int], operand: Operand, gradient: int | None = None
    ) -> None:
        """Give each of many registers its part.

        Args:
            registers: part of a column of a loop, or inputs.
            operand: the parts, in the same order.
            gradient: by which they are still to be multiplied; only for inputs.
        """
        if registers[0] in self.forward.home:
            self._give_to_column(registers, operand)
            return
        begin = 0
        for where, group in groupby(registers, self._place_of_total):
            end = begin + len(list(group))
            run, parts = registers[begin:end], [register_at(operand, i) for i in range(begin, end)]
            if where is None:
                made = parts if gradient is None else self._products(gradient, parts)
                self.totals.update(zip(run, made, strict=True))
            else:
                self._add_column(run, parts, gradient)
            begin = end

    def _place_of_total(self, k: int) -> tuple[int, int] | None:
        """Return the column in which the gradient so far of a register is, None without one."""
        total = self.totals.get(k)
        return None if total is None else self.forward.position_of(total)

    def column_of_totals(self, registers: Sequence[int]) -> Operand | None:
        """Return the gradients so far as an operand, where they are many in steps."""
        if len(registers) < LEAST or not all(k in self.totals for k in registers):
            return None
        with suppress(IrregularError):
            return self.forward.column([self.totals[k] for k in registers])
        return None

    def _add_column(
        self, registers: Sequence[int], parts: Sequence[int], gradient: int | None
    ) -> None:
        """Add to the gradients of some inputs, in a loop where there are many in steps."""
        column = self.column_of_totals(registers)
        if column is None:
            made = parts if gradient is None else self._products(gradient, parts)
            for k, part in zip(registers, made, strict=True):
                self.give(k, part)
            return
        body = Body(self.builder)
        before, part = body.operand(column), body.operand(self.forward.column(parts))
        if gradient is not None:
            part = body.emit("mul", (body.operand(Fixed(gradient)), part))
        total = body.emit("add", (before, part))
        loop, meaning = body.loop(len(registers))
        self.forward.flush(loop)
        found = column_of(meaning[total], loop)
        self.totals.update((k, register_at(found, i)) for i, k in enumerate(registers))
