"""Writing what was recorded in primitives, with loops as loops.

`Forward` lowers single instructions and loops, and knows for every register that was recorded where
its number is: what backward passes read.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import count, groupby, repeat

from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.loops.recorded import DETACHED, SHORT_SUM, SUMS
from autograd.compile.loops.rolled import Body, IrregularError, in_loop
from autograd.compile.programs.builder import Builder
from autograd.compile.programs.passes import lowering_builder
from autograd.compile.programs.program import Instruction

__all__ = ["Forward", "column_of", "register_at"]


class Forward:
    """The program in primitives, and where recorded registers are in it.

    Args:
        code: as recorded, one instruction for each node.
        units: its single instructions and loops.
        given: the registers of inputs and constants.
        arguments: how many of these stand at the start: input k in register k.
        address: where an input is in memory, by its number.
    """

    def __init__(
        self, code: Sequence[Instruction], units: Sequence[int | Loop], given: Sequence[int],
        arguments: int, address: Callable[[int], int],
    ) -> None:  # fmt: skip
        self.code = code
        self.address = address
        self.raw = list(units)
        self.builder: Builder = lowering_builder()
        self.units: list[int | Loop] = []
        self._written = 0
        self._starts: list[int] = []  # of the loops in primitives, by their first register
        self._lowered: list[Loop] = []
        self._open: tuple[Body, list[int]] | None = None  # of the last loop that was recorded
        self._singles: dict[int, int] = {}
        self.loops: list[Loop] = []  # as recorded
        self.columns: list[list[Operand]] = []  # of each loop, what holds the numbers of a position
        self.home: dict[int, tuple[int, int]] = {}  # register -> loop, place in it
        first = self.builder.first_inputs(arguments)
        self._singles.update(zip(first, first, strict=True))
        for k in given[arguments:]:
            op, _, extra = code[k]
            self._singles[k] = self.builder.emit(op, (), extra)
        for unit in self.raw:
            if isinstance(unit, Loop):
                with in_loop(unit):
                    self._loop(unit)
            else:
                self._single(unit)

    def flush(self, loop: Loop | None = None) -> None:
        """List what was written since, and a loop behind it."""
        code, end = self.builder.code, len(self.builder.code)
        if loop is not None:
            end = loop.registers[0]
        fresh = range(self._written, end)
        self.units += [k for k in fresh if code[k][0] not in ("input", "constant", "truth")]
        self._written = len(code)
        if loop is not None:
            self.units.append(loop)
            self._starts.append(end)
            self._lowered.append(loop)

    def place(self, k: int) -> int:
        """Return the register in primitives that holds what a recorded one does."""
        found = self._singles.get(k)
        if found is not None:
            return found
        index, at = self.home[k]
        i, position = divmod(at, self.loops[index].period)
        return register_at(self.columns[index][position], i)

    def operand(self, registers: Sequence[int]) -> Operand:
        """Return an operand that is another recorded register in each iteration.

        Raises IrregularError where they are not in steps in memory.
        """
        if len(set(map(self._area, registers))) > 1:
            raise IrregularError("numbers in several places")
        if self.code[registers[0]].op == "input":
            _evenly([self.address(self.code[k].extra) for k in registers])
        return self.column(list(map(self.place, registers)))

    def column(self, registers: Sequence[int]) -> Operand:
        """Return registers in primitives as an operand: one register, or those of one column.

        Raises IrregularError where they are neither.
        """
        operand, code = _evenly(registers), self.builder.code
        if isinstance(operand, Element):
            first, last = operand.registers[0], operand.registers[-1]
            index = self._loop_of(first)
            if index != self._loop_of(last):
                raise IrregularError("numbers in several places")
            if index is None:
                if any(code[k][0] != "input" for k in operand.registers):
                    raise IrregularError("numbers in several places")
            elif (last - first) % self._lowered[index].period:
                raise IrregularError("numbers of several columns")
        return operand

    def position_of(self, k: int) -> tuple[int, int]:
        """Return the loop and position that compute a register in primitives; -1 for no loop."""
        index = self._loop_of(k)
        if index is None:
            return -1, 0
        loop = self._lowered[index]
        return index, (k - loop.registers[0]) % loop.period

    def _loop_of(self, k: int) -> int | None:
        """Return the number of the loop that computes a register in primitives."""
        i = bisect_right(self._starts, k) - 1
        return i if i >= 0 and self._lowered[i].place(k) is not None else None

    def _area(self, k: int) -> int:
        """Return a number that is the same for registers that may be in steps in memory."""
        home = self.home.get(k)
        return home[0] if home is not None else -1 if self.code[k].op == "input" else -2 - k

    def _single(self, k: int) -> None:
        op, args, extra = self.code[k]
        if op in SUMS:
            self._singles[k] = self._sum(op, args)
        elif op == DETACHED:
            self._singles[k] = self.place(args[0])
        else:
            self._singles[k] = self.builder.emit(op, tuple([self.place(x) for x in args]), extra)

    def _sum(self, op: str, args: Sequence[int]) -> int:
        """Write a sum from left to right, long parts of it as loops."""
        emit = self.builder.emit
        count = len(args) // 2 if op == "dot" else len(args)
        total = self.builder.constant(0.0)
        for begin, end in self.parts(args[:count]):
            factors = args[count + begin : count + end]
            if end - begin > SHORT_SUM:
                total = self._long_sum(total, args[begin:end], factors)
            else:
                for i in range(begin, end):
                    term = self.place(args[i])
                    if factors:
                        term = emit("mul", (term, self.place(args[count + i])))
                    total = emit("add", (total, term))
        return emit("div", (total, self.builder.constant(count))) if op == "mean" else total

    def parts(self, registers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Yield from where to before where registers are in the same column, or all inputs."""
        begin = 0
        for _, group in groupby(registers, self._column_of):
            end = begin + len(list(group))
            yield begin, end
            begin = end

    def _column_of(self, k: int) -> tuple[int, int]:
        home = self.home.get(k)
        if home is None:
            return self._area(k), 0
        return home[0], home[1] % self.loops[home[0]].period

    def _long_sum(self, first: int, terms: Sequence[int], factors: Sequence[int]) -> int:
        """Add many terms to a number, or products; in the loop that has just computed them."""
        count, last = len(terms), self._last_loop(first, terms, factors)
        body, written = last or (Body(self.builder), [])

        def read(registers: Sequence[int]) -> int:
            if written and self._is_of_last_loop(registers):
                return written[self.home[registers[0]][1]]
            return body.operand(self.operand(registers))

        term, before = read(terms), body.carried([first])
        if factors:
            term = body.emit("mul", (term, read(factors)))
        total = body.emit("add", (before, term))
        body.close(before, total)
        loop, meaning = body.loop(count)
        if last is not None:
            self._forget()
            self.columns[-1] = [column_of(meaning[k], loop) for k in written]
        self._open = None  # another loop is the last one now, or its registers are known
        self.flush(loop)
        return register_at(column_of(meaning[total], loop), count - 1)

    def _last_loop(
        self, first: int, terms: Sequence[int], factors: Sequence[int]
    ) -> tuple[Body, list[int]] | None:
        """Return the last loop, still open, where it computes all terms and nothing was since.

        And all factors, or none: what it computes otherwise is known when it is closed.
        """
        if self._open is None or not self._lowered or not self._is_of_last_loop(terms):
            return None
        lowered, number = self._lowered[-1], len(self.loops) - 1
        at_end = (
            len(self.builder.code) == lowered.registers[-1] + 1 and first < lowered.registers[0]
        )
        apart = all(self._area(k) != number for k in factors)
        return self._open if at_end and (apart or self._is_of_last_loop(factors)) else None

    def _is_of_last_loop(self, registers: Sequence[int]) -> bool:
        """Return whether registers are one position of the last loop, in all its iterations."""
        loop, home = self.loops[-1], self.home.get(registers[0])
        if home is None or home[0] != len(self.loops) - 1 or home[1] >= loop.period:
            return False
        return list(registers) == list(loop.column(home[1]))

    def _forget(self) -> None:
        """Take the last loop back: it is written again, with more in it."""
        self.units.pop()
        self._starts.pop()
        self._lowered.pop()

    def _loop(self, loop: Loop) -> None:
        body, written = Body(self.builder), list[int]()
        handles: dict[Carried, int] = {}
        for j, operands in enumerate(loop.operands):
            op, _, extra = self.code[loop.registers[j]]
            args = [self._read(body, x, written, handles) for x in operands]
            written.append(args[0] if op == DETACHED else body.emit(op, tuple(args), extra))
        for carried, handle in handles.items():
            body.close(handle, written[carried.position])
        lowered, meaning = body.loop(loop.count)
        self.flush(lowered)
        self._open = body, written
        index = len(self.loops)
        self.loops.append(loop)
        self.columns.append([column_of(meaning[k], lowered) for k in written])
        self.home.update(zip(loop.registers, zip(repeat(index), count()), strict=False))

    def _read(self, body: Body, x: Operand, written: list[int], handles: dict[Carried, int]) -> int:
        if isinstance(x, Local):
            return written[x.position]
        if isinstance(x, Carried):
            if x not in handles:
                handles[x] = body.carried([self.place(k) for k in x.firsts])
            return handles[x]
        if isinstance(x, Fixed):
            return body.operand(Fixed(self.place(x.register)))
        if isinstance(x, Table):
            return body.operand(Table(tuple([self.place(k) for k in x.registers])))
        return body.operand(self.operand(x.registers))


def column_of(operand: Operand, loop: Loop) -> Operand:
    """Return what holds the numbers of a result, as seen from outside of its loop."""
    if isinstance(operand, Local):
        return Element(loop.registers[operand.position :: loop.period])
    if isinstance(operand, Carried):
        raise IrregularError("a result is that of another iteration")
    return operand


def register_at(operand: Operand, i: int) -> int:
    """Return the register that an operand from outside is in the i-th iteration."""
    if isinstance(operand, Fixed):
        return operand.register
    if isinstance(operand, (Element, Table)):
        return operand.registers[i]
    raise IrregularError("a number is that of another iteration")


def _evenly(registers: Sequence[int]) -> Operand:
    """Return registers as an operand, which must be one register or equally far apart."""
    first, step = registers[0], registers[1] - registers[0]
    if step == 0:
        if registers.count(first) == len(registers):
            return Fixed(first)
    elif list(registers) == list(range(first, first + step * len(registers), step)):
        return Element(range(first, first + step * len(registers), step))
    raise IrregularError("numbers are not in steps")
