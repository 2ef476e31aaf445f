"""Repeated structure in a program: where the same instructions come again and again.

`repeats(program, members, address)` cuts a list of instructions into single ones and `Loop`s. In a
loop, instruction i and instruction i + period do the same operation, and each operand is the same
in all iterations (`Fixed`), of the same iteration (`Local`), of the one before or the one before
that (`Carried`), a constant for each (`Table`), or goes in equal steps through memory: through
inputs, or through what an earlier loop computed, forward or backward (`Element`). So a back end may
write a loop once, and its text does not grow with the number of iterations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.loops.places import ALONE, FARTHEST, LEAST, OUTSIDE, SHORT, WORTH, Places
from autograd.compile.loops.stretches import Stretch
from autograd.compile.programs.program import Instruction, Program

__all__ = ["repeats"]

_OF_LOOPS = 1 << 20  # the first part of memory, each OUTSIDE long, for what given loops compute
_LOOP = Instruction("loop")  # stands for a given one


class _Where(dict[int, int]):
    """Where registers are: positions in the list, addresses from OUTSIDE, constants below 0."""

    def __init__(
        self, program: Program, units: Sequence[int | Loop], address: Callable[[int], int]
    ) -> None:
        super().__init__([(k, q) for q, k in enumerate(units) if isinstance(k, int)])
        self.program = program
        self.address = address
        self._loops = [unit for unit in units if isinstance(unit, Loop)]
        self._firsts = [loop.registers[0] for loop in self._loops]

    def __missing__(self, k: int) -> int:
        if self.program.code[k].op in ("constant", "truth"):
            found = -1 - k
        else:
            inside = self._in_loop(k)
            found = OUTSIDE + (self.address(k) if inside is None else inside)
        self[k] = found
        return found

    def _in_loop(self, k: int) -> int | None:
        """Return an address for what a given loop computes: its columns are apart in memory."""
        i = bisect_right(self._firsts, k) - 1
        loop = self._loops[i] if i >= 0 else None
        at = loop.place(k) if loop is not None else None
        if loop is None or at is None:
            return None
        iteration, position = divmod(at, loop.period)
        return OUTSIDE * (_OF_LOOPS + loop.registers[position]) + iteration


class _Search:
    """Looks for loops in a list of instructions, from its start to its end."""

    def __init__(
        self, program: Program, members: Sequence[int | Loop], address: Callable[[int], int]
    ) -> None:
        where = _Where(program, members, address)
        self.members = members
        self.rows = [program.code[k] if isinstance(k, int) else _LOOP for k in members]
        self.places = Places(self.rows, where)
        self.starts: list[int] = []  # of the loops found
        self.loops: list[Loop] = []
        self.bad: dict[int, tuple[int, int, int]] = {}  # by period, from and to where it is broken

    def units(self) -> list[int | Loop]:
        """Return the list, cut into single instructions and loops."""
        found: list[int | Loop] = []
        done = q = 0
        waiting = sorted(self.places.stretches(self._is_loop), reverse=True)
        here: list[Stretch] = []
        while here or waiting:
            if not here:
                q = max(q, waiting[-1].first)
            while waiting and waiting[-1].first <= q:
                here.append(waiting.pop())
            here = [s for s in here if s.until >= q]
            loop = self._best(q, here)
            if loop is None:
                q += 1
                continue
            found += [*self.members[done:q], loop]
            self.starts.append(q)
            self.loops.append(loop)
            done = q = q + len(loop.registers)
        return [*found, *self.members[done:]]

    def _is_loop(self, start: int, period: int, count: int) -> bool:
        return self._loop(start, period, count) is not None

    def _best(self, q: int, here: list[Stretch]) -> Loop | None:
        """Return the longest loop that begins at some place."""
        loops = [self._loop(q, s.period, s.iterations(q)) for s in here]
        found = [loop for loop in loops if loop is not None]
        return max(found, key=lambda loop: len(loop.registers), default=None)

    def _loop(self, start: int, period: int, count: int) -> Loop | None:
        """Return the loop of a period that begins at some place, of so many iterations at most."""
        if count < LEAST:
            return None
        bad, until, slot = self.bad.get(period, (-1, -1, 0))  # what saves looking everywhere
        end = start + LEAST * period
        if bad < end and start + (FARTHEST + 1) * period <= until:
            return None  # whatever comes before, it is broken there
        if start <= bad < end:
            column = self.places.columns[slot][start + (bad - start) % period : end : period]
            if self._regular(column, start, period) < LEAST:
                return None
        count = self._regular_iterations(start, period, count)
        if count < LEAST or count * period < WORTH:
            return None
        registers = tuple(self.members[start : start + count * period])  # no loop is in a loop
        operands = tuple([self._operands(start, period, j, count) for j in range(period)])
        return Loop(registers, period, operands)  # type: ignore[arg-type]

    def _regular_iterations(self, start: int, period: int, most: int) -> int:
        """Return how many iterations of a loop are regular; look at few before at many."""
        found, tried = 0, LEAST
        while found < (count := min(tried, most)):
            for position in range(period):
                count = self._iterations(start, period, position, count)
                if count < LEAST:
                    return 0
            found, tried = count, 4 * count if count == tried else count
        return found

    def _iterations(self, start: int, period: int, position: int, count: int) -> int:
        """Return for how many iterations an instruction is the same, with regular operands."""
        at = start + position
        row = self.rows[at]
        if row.op in ALONE or row.extra is not None or len(row.args) > len(self.places.columns):
            return 0
        letters = self.places.text[at : start + count * period : period]
        count = len(letters) - len(letters.lstrip(letters[0]))
        if count < LEAST:
            return count
        for slot in range(len(row.args)):
            column = self.places.columns[slot][at : start + count * period : period]
            count = min(count, self._regular(column, start, period))
            if count < LEAST:
                bad, rest = at + count * period, column[count:]
                until = bad + self._as_bad(rest, start) * period if rest else bad
                self.bad[period] = bad, until, slot
                break
        return count

    def _as_bad(self, column: list[int], start: int) -> int:
        """Return how many operands after the first are in no loop that ends before, as it is."""
        first, step = column[0], column[1] - column[0] if len(column) > 1 else 0
        if not 0 <= first < start or step <= 0 or self._loop_before(first) is not None:
            return 0
        count = min(_in_steps(column, step), (start - 1 - first) // step + 1)
        at = bisect_right(self.starts, first)
        if at < len(self.starts):
            count = min(count, (self.starts[at] - 1 - first) // step + 1)
        return count - 1

    def _loop_before(self, k: int) -> tuple[int, Loop] | None:
        """Return the loop found before that computes what stands at some place, and its start."""
        at = bisect_right(self.starts, k) - 1
        if at < 0 or k >= self.starts[at] + len(self.loops[at].registers):
            return None
        return self.starts[at], self.loops[at]

    def _regular(self, column: list[int], start: int, period: int) -> int:
        """Return how many of the first operands of a column are regular."""
        first, end = column[0], start + len(column) * period
        if first == column[1]:
            return 0 if start <= first < end else _equal(column)
        for distance, x in enumerate(column[: FARTHEST + 1]):
            if start <= x < start + period:
                if any(start <= y < end for y in column[:distance]):
                    return 0
                return distance + _in_steps(column[distance:], period)
        if first < 0:
            return next((i for i, x in enumerate(column) if x >= 0), len(column))
        return self._elements(column, start)

    def _elements(self, column: list[int], start: int) -> int:
        """Return how many of the first operands are equally far apart in memory."""
        first, step = column[0], column[1] - column[0]
        count = _in_steps(column, step)
        if first >= OUTSIDE:
            return count if first // OUTSIDE == column[count - 1] // OUTSIDE else 0
        home = self._loop_before(first)
        if home is None or step % home[1].period:
            return 0
        begin, loop = home
        left = begin + len(loop.registers) - 1 - first if step > 0 else first - begin
        return min(count, left // abs(step) + 1)

    def _operands(self, start: int, period: int, position: int, count: int) -> tuple[Operand, ...]:
        rows = self.rows[start + position : start + count * period : period]
        found = []
        for slot in range(len(rows[0].args)):
            column = self.places.columns[slot][start + position : start + count * period : period]
            found.append(_operand(column, [row.args[slot] for row in rows], start, period))
        return tuple(found)


def _operand(column: list[int], registers: list[int], start: int, period: int) -> Operand:
    """Return a regular operand, given where it is and its registers in all iterations."""
    if column[0] == column[1]:
        return Fixed(registers[0])
    for distance, x in enumerate(column[: FARTHEST + 1]):
        if start <= x < start + period:
            position = x - start
            return Carried(position, tuple(registers[:distance])) if distance else Local(position)
    return Table(tuple(registers)) if column[0] < 0 else Element(tuple(registers))


def _equal(column: list[int]) -> int:
    """Return how many of the first numbers are equal."""
    first = column[0]
    if column.count(first) == len(column):
        return len(column)
    return next(i for i, x in enumerate(column) if x != first)


def _in_steps(column: list[int], step: int) -> int:
    """Return how many of the first numbers are a step apart."""
    first = column[0]
    if not step:
        return 0
    expected = range(first, first + step * len(column), step)
    if column == list(expected):
        return len(column)
    return next(i for i, (x, y) in enumerate(zip(column, expected, strict=True)) if x != y)


def repeats(
    program: Program, members: Sequence[int | Loop], address: Callable[[int], int]
) -> list[int | Loop]:
    """Cut some instructions into single ones and loops, in the same order.

    Args:
        program: in primitives.
        members: the registers to be computed, and loops that stay as they are.
        address: where another register is in memory; less than `OUTSIDE` apart are only those
            that are read in the same way.
    """
    if len(members) <= SHORT:
        return list(members)
    return _Search(program, members, address).units()
