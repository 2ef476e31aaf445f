"""The chain rule on a program with loops: a loop backwards for every loop.

`reversed_program` differentiates what was recorded, `Plain`, without unrolling it: going backwards
through an iteration, an instruction gives its operands its own gradient times the local derivative.
What goes to the same iteration stays there; what goes to one before is carried on; what goes to a
number that all iterations read is added up from iteration to iteration; and what goes to another
loop waits there as a column. Iterations at the ends, where something else comes in, are written one
by one. Whatever does not fit raises `IrregularError`: then nodes are differentiated one by one.

All additions are done in the order of `autograd.backward`, so the sums have the same bits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cache
from itertools import chain, groupby
from typing import NamedTuple

from autograd.compile.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.lowered import Forward, column_of
from autograd.compile.program import Input, Program
from autograd.compile.reading import UnreadableError, slope_of
from autograd.compile.recorded import Plain
from autograd.compile.repeats import LEAST, repeats
from autograd.compile.rolled import Body, IrregularError, Rolled, pruned, settled
from autograd.rules import TABLE

__all__ = ["reversed_program"]

_MOST_SINGLE = 16  # iterations at an end that are written one by one


class _Given(NamedTuple):
    """What a loop gets from outside for a position in each iteration: a gradient, and a factor."""

    gradient: Operand
    factor: Operand | None = None


class _Use(NamedTuple):
    """A use in a loop: so many iterations later, by a position, as one of its operands."""

    later: int
    position: int
    slot: int


@cache
def _slope(op: str, slot: int) -> tuple[Program, frozenset[int]]:
    """Return the derivative of a row, and which of its inputs it reads."""
    try:
        program = slope_of(op, slot)
    except UnreadableError as error:
        raise IrregularError(f"the derivative of {op} is no straight-line code") from error
    read = {*program.outputs, *chain.from_iterable(x.args for x in program.code)}
    return program, frozenset(
        x.extra for k, x in enumerate(program.code) if x.op == "input" and k in read
    )


class _Reverse:
    """Goes backwards through a program; see the module."""

    def __init__(self, forward: Forward, inputs: Sequence[int]) -> None:
        self.forward = forward
        self.builder = forward.builder
        self.code = forward.code
        self.inputs = set(inputs)
        self.totals: dict[int, int] = {}  # recorded register -> its gradient so far
        self.given: dict[tuple[int, int], list[_Given]] = defaultdict(list)  # loop, position
        self.uses = Counter(chain.from_iterable(x.args for x in forward.code))
        self.wanted: set[int] = set(inputs)
        self.positions: list[list[bool]] = []
        self._want()

    def _want(self) -> None:
        """Find out what depends on the inputs."""
        loops = iter(range(len(self.forward.loops)))
        for unit in self.forward.raw:
            if isinstance(unit, Loop):
                self._want_in_loop(next(loops), unit)
            elif unit not in self.wanted and any(map(self.is_wanted, self.code[unit].args)):
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
                marks[j] = marks[j] or any(map(depends, operands))
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
                _LoopBackwards(self, index).write()
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
        for gradient, factor in self.given.get((index, position), ()):
            part = _register(gradient, i)
            if factor is not None:
                part = self.builder.emit("mul", (part, _register(factor, i)))
            found = part if found is None else self.builder.emit("add", (found, part))
        return found

    def _single(self, k: int) -> None:
        gradient = self.totals.get(k)
        if gradient is None or k in self.inputs:
            return
        op, args, _ = self.code[k]
        if op in TABLE:
            del self.totals[k]
            self.pull(op, args, k, gradient)
        elif op in ("sum", "mean", "dot"):
            self._pull_sum(op, args, gradient)
        elif any(map(self.is_wanted, args)):
            raise IrregularError(f"there is {op}")

    def pull(self, op: str, args: Sequence[int], k: int, gradient: int) -> None:
        """Give the operands of an instruction their parts."""
        count = len(TABLE[op].operands)
        for slot, x in enumerate(args[:count]):
            if self.is_wanted(x):
                self.give(x, self.part(op, slot, args, k, gradient))

    def part(self, op: str, slot: int, args: Sequence[int], k: int, gradient: int) -> int:
        """Return what an operand gets of the gradient of an instruction."""
        program, _ = _slope(op, slot)
        slope = self.builder.inline(program, [self.forward.place(y) for y in (*args, k)])
        return self.builder.emit("mul", (gradient, slope))

    def _pull_sum(self, op: str, args: Sequence[int], gradient: int) -> None:
        """Give the operands of a sum, mean or dot product theirs; columns of loops at once."""
        half = len(args) // 2
        factors: Sequence[int | None] = [None] * len(args)
        if op == "dot":
            factors = [*args[half:], *args[:half]]
        elif op == "mean":
            share = self.builder.constant(1.0 / len(args))
            gradient = self.builder.emit("mul", (gradient, share))
        i = 0
        while i < len(args):
            place = self._column_at(args, i)
            if place is not None:
                count = self.forward.loops[place[0]].count
                others = factors[i : i + count]
                factor = None if others[0] is None else self.forward.operand(others)  # type: ignore[arg-type] # all or none
                if self.positions[place[0]][place[1]]:
                    self.given[place].append(_Given(Fixed(gradient), factor))
                i += count
                continue
            if self.is_wanted(args[i]):
                factor_here = factors[i]
                part = gradient
                if factor_here is not None:
                    other = self.forward.place(factor_here)
                    part = self.builder.emit("mul", (gradient, other))
                self.give(args[i], part)
            i += 1

    def _column_at(self, args: Sequence[int], i: int) -> tuple[int, int] | None:
        """Return the loop and the position whose column stands among some operands, from one on."""
        home = self.forward.home.get(args[i])
        if home is None:
            return None
        index, position = home
        loop = self.forward.loops[index]
        column = loop.column(position) if position < loop.period else ()
        return home if column and tuple(args[i : i + len(column)]) == tuple(column) else None

    def give_column(self, registers: Sequence[int], operand: Operand, fresh: bool) -> None:
        """Give each of many registers its part.

        Args:
            registers: a whole column of a loop, or inputs.
            operand: the parts, in the same order.
            fresh: whether these must be the first that the inputs get.
        """
        home = self.forward.home.get(registers[0])
        if home is not None:
            loop = self.forward.loops[home[0]]
            if self._column_at(registers, 0) is None or len(registers) != loop.count:
                raise IrregularError("part of a column is read in another loop")
            self.given[home].append(_Given(operand))
            return
        begin = 0
        for is_known, group in groupby(registers, self.totals.__contains__):
            end = begin + len(list(group))
            run, parts = registers[begin:end], [_register(operand, i) for i in range(begin, end)]
            if not is_known:
                self.totals.update(zip(run, parts, strict=True))
            elif fresh or any(self.uses[k] > 2 for k in run):
                raise IrregularError("numbers in steps are used more than twice")
            else:
                self._add_column(run, parts)
            begin = end

    def _add_column(self, registers: Sequence[int], parts: Sequence[int]) -> None:
        """Add to the gradients of some inputs, in a loop where there are many."""
        if len(registers) < LEAST:
            for k, part in zip(registers, parts, strict=True):
                self.give(k, part)
            return
        body = Body(self.builder)
        before = body.operand(self.forward.column([self.totals[k] for k in registers]))
        total = body.emit("add", (before, body.operand(self.forward.column(parts))))
        loop, meaning = body.loop(len(registers))
        self.forward.flush(loop)
        column = column_of(meaning[total], loop)
        self.totals.update((k, _register(column, i)) for i, k in enumerate(registers))


def _register(operand: Operand, i: int) -> int:
    if isinstance(operand, Fixed):
        return operand.register
    if isinstance(operand, (Element, Table)):
        return operand.registers[i]
    raise IrregularError("a gradient is that of another iteration")


class _LoopBackwards:
    """Writes one loop backwards."""

    def __init__(self, reverse: _Reverse, index: int) -> None:
        self.reverse = reverse
        self.index = index
        self.loop = loop = reverse.forward.loops[index]
        self.columns = reverse.forward.columns[index]
        self.wanted = reverse.positions[index]
        self.uses: list[list[_Use]] = [[] for _ in range(loop.period)]
        self.reach = [0] * loop.period
        for j, slot, x in self._wanted_operands():
            if isinstance(x, (Local, Carried)):
                later = len(x.firsts) if isinstance(x, Carried) else 0
                self.uses[x.position].append(_Use(later, j, slot))
                self.reach[x.position] = max(self.reach[x.position], later)
        for uses in self.uses:
            uses.sort(key=lambda use: (-use.later, -use.position, use.slot))
        self.parts: dict[tuple[int, int], int] = {}  # of a position and slot, what it gives
        self.firsts: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
        self.handles: list[tuple[int, _Use]] = []
        self.sums: dict[int, tuple[int, int]] = {}  # of a register that all read: handle, total
        self.several: set[Element] = set()  # of inputs that get several parts, already added up
        self.outward: dict[Element, list[int]] = {}  # parts that go to numbers in steps

    def _wanted_operands(self) -> list[tuple[int, int, Operand]]:
        """Return the operands that get a part of a gradient: position, slot, operand."""
        found = []
        for j, operands in enumerate(self.loop.operands):
            op = self.reverse.code[self.loop.registers[j]].op
            for slot, x in enumerate(operands[: len(TABLE[op].operands)]) if self.wanted[j] else ():
                if self._gets(x):
                    found.append((j, slot, x))
        return found

    def _gets(self, x: Operand) -> bool:
        if isinstance(x, Fixed):
            return self.reverse.is_wanted(x.register)
        if isinstance(x, Local):
            return self.wanted[x.position]
        if isinstance(x, Carried):
            return self.wanted[x.position] or any(map(self.reverse.is_wanted, x.firsts))
        return self.reverse.is_wanted(x.registers[0])

    def write(self) -> None:
        """Write everything."""
        if not any(self.wanted):
            return
        first, end = self._ends()
        if end - first < LEAST:
            raise IrregularError("a loop with few iterations that are alike")
        for i in range(self.loop.count - 1, end - 1, -1):
            self._alone(i, end)
        self._loop(first, end)
        for i in range(first - 1, -1, -1):
            self._alone(i, 0)

    def _ends(self) -> tuple[int, int]:
        """Return which iterations, from one to before another, are written as a loop."""
        first, shared = 0, {x.register for x in self.loop.all_operands() if isinstance(x, Fixed)}
        for j, slot, x in self._wanted_operands():
            if isinstance(x, Carried) and any(
                self.reverse.uses[k] > 2 for k in shared & {*x.firsts}
            ):
                first = max(first, len(x.firsts))  # what all read is also where it begins
            operands = self.loop.operands[j]
            _, read = _slope(self.reverse.code[self.loop.registers[j]].op, slot)
            read_here = [operands[i] for i in read if i < len(operands)]
            first = max([first, *(len(y.firsts) for y in read_here if isinstance(y, Carried))])
        count, period = self.loop.count, self.loop.period
        met = [home for k in self.reverse.totals if (home := self.reverse.forward.home.get(k))]
        places = sorted((at for index, at in met if index == self.index), reverse=True)
        end = count
        for i, j in [divmod(at, period) for at in places]:
            if self.reverse.given.get((self.index, j)):
                raise IrregularError("a number of a column is read alone too")
            if i < end - self.reach[j] and i < end:
                end = i
        if count - end > _MOST_SINGLE or first > _MOST_SINGLE:
            raise IrregularError("numbers far from the end are read alone")
        return first, end

    def _alone(self, i: int, end: int) -> None:
        """Write one iteration by itself; those before `end` are, or will be, a loop."""
        reverse, loop = self.reverse, self.loop
        for j in reversed(range(loop.period)):
            k = loop.registers[i * loop.period + j]
            gradient = reverse.totals.pop(k, None)
            if gradient is None:
                gradient = reverse.given_alone(k)
            if gradient is None or not self.wanted[j]:
                continue
            op, args = reverse.code[k].op, [loop.read(x, i) for x in loop.operands[j]]
            for slot, x in enumerate(loop.operands[j][: len(TABLE[op].operands)]):
                if not reverse.is_wanted(args[slot]):
                    continue
                part = reverse.part(op, slot, args, k, gradient)
                later = len(x.firsts) if isinstance(x, Carried) else 0
                if i >= end > i - later >= 0:
                    self.firsts[j, slot][end - 1 - (i - later)] = part
                else:
                    reverse.give(args[slot], part)

    def _loop(self, first: int, end: int) -> None:
        """Write some iterations as a loop, and give on what leaves it."""
        body = Body(self.reverse.builder)
        carried: list[tuple[int, int, Carried]] = []
        for j in reversed(range(self.loop.period)):
            gradient = self._gradient(body, j, first, end) if self.wanted[j] else None
            if gradient is not None:
                carried += self._pull(body, j, gradient, first, end)
        for handle, use in self.handles:
            body.close(handle, self._part(use))
        for handle, total in self.sums.values():
            body.close(handle, total)
        loop, meaning = body.loop(end - first)
        self.reverse.forward.flush(loop)
        self._leave(loop, meaning, carried, first, end)

    def _part(self, use: _Use) -> int:
        if (use.position, use.slot) not in self.parts:
            raise IrregularError("a use has no gradient")
        return self.parts[use.position, use.slot]

    def _gradient(self, body: Body, j: int, first: int, end: int) -> int | None:
        """Add up what an instruction gets: from outside, from later iterations, from this one."""
        parts = [
            self._given_in_loop(body, given, first, end)
            for given in self.reverse.given.get((self.index, j), ())
        ]
        is_first = True
        for use in self.uses[j]:
            if not use.later:
                parts.append(self._part(use))
                continue
            handle = body.carried(self._firsts(j, use, end, is_first))
            self.handles.append((handle, use))
            parts.append(handle)
            is_first = False
        gradient = parts[0] if parts else None
        for part in parts[1:]:
            gradient = body.emit("add", (gradient, part))  # type: ignore[arg-type] # there are parts
        return gradient

    def _firsts(self, j: int, use: _Use, end: int, is_first: bool) -> list[int]:
        """Return what the first iterations, going backwards, get in the place of a later use.

        It is what iterations written alone have found; the first use also brings what the numbers
        got outside of the loop; and -0.0, which changes no sum, where there is nothing.
        """
        reverse, found = self.reverse, []
        for t in range(use.later):
            k = self.loop.registers[(end - 1 - t) * self.loop.period + j]
            parts = [reverse.totals.pop(k, None)] if is_first else []
            parts.append(self.firsts[use.position, use.slot].get(t))
            known = [x for x in parts if x is not None]
            if len(known) == 2:
                known = [reverse.builder.emit("add", (known[0], known[1]))]
            found.append(known[0] if known else reverse.builder.constant(-0.0))
        return found

    def _given_in_loop(self, body: Body, given: _Given, first: int, end: int) -> int:
        gradient = body.operand(_backwards(given.gradient, first, end))
        if given.factor is None:
            return gradient
        return body.emit("mul", (gradient, body.operand(_backwards(given.factor, first, end))))

    def _pull(
        self, body: Body, j: int, gradient: int, first: int, end: int
    ) -> list[tuple[int, int, Carried]]:
        """Give the operands of a position their parts; return those of earlier iterations."""
        operands, carried = self.loop.operands[j], []
        op = self.reverse.code[self.loop.registers[j]].op
        for slot, x in enumerate(operands[: len(TABLE[op].operands)]):
            if not self._gets(x):
                continue
            program, read = _slope(op, slot)
            values = [
                self._value(body, y, first, end) if i in read else -1
                for i, y in enumerate((*operands, Local(j)))
            ]
            part = body.emit("mul", (gradient, body.inline(program, values)))
            if isinstance(x, Fixed):
                self._add_up(body, x.register, part)
            elif isinstance(x, (Local, Carried)):
                self.parts[j, slot] = part
                if isinstance(x, Carried):
                    carried.append((j, slot, x))
            else:
                assert isinstance(x, Element)  # noqa: S101 - for the type checker: no constants
                self._send(body, x, part)
        return carried

    def _send(self, body: Body, x: Element, part: int) -> None:
        """Keep what goes to numbers in steps; to inputs, added up where it is several."""
        parts = self.outward.setdefault(x, [])
        if x.registers[0] in self.reverse.forward.home or not parts:
            parts.append(part)
        else:
            self.several.add(x)
            parts[0] = body.emit("add", (parts[0], part))

    def _add_up(self, body: Body, register: int, part: int) -> None:
        """Add to the gradient of what all iterations read."""
        if register not in self.sums:
            zero = self.reverse.builder.constant(-0.0)
            handle = body.carried([self.reverse.totals.pop(register, zero)])
            self.sums[register] = handle, handle
        handle, total = self.sums[register]
        self.sums[register] = handle, body.emit("add", (total, part))

    def _value(self, body: Body, x: Operand, first: int, end: int) -> int:
        """Return the register of a body for a number of the loop, in the same iteration."""
        forward = self.reverse.forward
        if isinstance(x, Fixed):
            return body.operand(Fixed(forward.place(x.register)))
        if isinstance(x, Local):
            return body.operand(_backwards(self.columns[x.position], first, end))
        if isinstance(x, Table):
            registers = x.registers[first:end][::-1]
            return body.operand(Table(tuple([forward.place(k) for k in registers])))
        rows = range(end - 1, first - 1, -1)
        return body.operand(forward.operand([self.loop.read(x, i) for i in rows]))

    def _leave(
        self, loop: Loop, meaning: list[Operand], carried: list[tuple[int, int, Carried]],
        first: int, end: int,
    ) -> None:  # fmt: skip
        """Give on what the loop has computed for others."""
        reverse, count = self.reverse, end - first

        def made(k: int, i: int) -> int:
            operand, t = meaning[k], end - 1 - i
            if isinstance(operand, Local):
                return loop.registers[t * loop.period + operand.position]
            return _register(operand, t)

        for register, (_, total) in self.sums.items():
            reverse.totals[register] = made(total, first)
        for i in range(min(end, first + max([0, *self.reach])) - 1, first - 1, -1):
            for j, slot, x in carried:
                if i - len(x.firsts) < first:
                    k = self.loop.read(x, i)
                    if reverse.is_wanted(k):
                        reverse.give(k, made(self.parts[j, slot], i))
        for element, parts in self.outward.items():
            registers = element.registers[first:end]
            if reverse.forward.home.get(registers[0]) and count < self.loop.count:
                raise IrregularError("a column is not read in all iterations alike")
            for part in parts:
                found = reverse.forward.column([made(part, first + i) for i in range(count)])
                reverse.give_column(registers, found, element in self.several)


def _backwards(operand: Operand, first: int, end: int) -> Operand:
    """Return an operand from outside of a loop for some iterations, the last one first."""
    if isinstance(operand, Fixed):
        return operand
    if isinstance(operand, Element):
        return Element(operand.registers[first:end][::-1])
    if isinstance(operand, Table):
        return Table(tuple(operand.registers[first:end][::-1]))
    raise IrregularError("a number is that of another iteration")


def reversed_program(
    plain: Plain, root: int, inputs: Sequence[int | None], names: Sequence[Input],
    address: Callable[[int], int],
) -> Rolled:  # fmt: skip
    """Return a program for a recorded number, and its derivatives by some inputs.

    Args:
        plain: what was recorded.
        root: the register of the number.
        inputs: the registers to differentiate by; None for what it does not depend on.
        names: the inputs of the program.
        address: where an input is in memory, by its number; see `repeats`.

    Raises IrregularError where there is no loop, or one that does not fit.
    """
    units = repeats(plain.program(), plain.members(), lambda k: address(plain.code[k].extra))
    if not any(isinstance(unit, Loop) for unit in units):
        raise IrregularError("nothing comes again and again")
    forward = Forward(plain.code, units, address)
    reverse = _Reverse(forward, [k for k in inputs if k is not None])
    reverse.run(root)
    zero = forward.builder.constant(0.0)
    slopes = [zero if k is None else reverse.totals.get(k, zero) for k in inputs]
    outputs = (forward.place(root), *slopes)
    code = settled(forward.builder)
    rolled = Rolled(tuple(names), code, outputs, units=forward.units)
    return pruned(rolled.validate()).validate()
