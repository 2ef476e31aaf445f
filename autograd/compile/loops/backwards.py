"""Going backwards through one loop: `LoopBackwards` writes it; see `reverse`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from autograd.compile.loops.loop import Carried, Element, Fixed, Local, Loop, Operand, Table
from autograd.compile.loops.lowered import register_at
from autograd.compile.loops.places import LEAST
from autograd.compile.loops.recorded import DETACHED, slope_of_row
from autograd.compile.loops.rolled import Body, IrregularError
from autograd.rules import TABLE

if TYPE_CHECKING:
    from autograd.compile.loops.reverse import Reverse

__all__ = ["Given", "LoopBackwards", "backwards"]

_MOST_SINGLE = 16  # iterations at an end that are written one by one


class Given(NamedTuple):
    """What some iterations of a loop get from outside for a position: a gradient, and a factor."""

    gradient: Operand
    factor: Operand | None
    begin: int  # the first of these iterations
    end: int


class _Use(NamedTuple):
    """A use in a loop: so many iterations later, by a position, as one of its operands."""

    later: int
    position: int
    slot: int


class LoopBackwards:
    """Writes one loop backwards."""

    def __init__(self, reverse: Reverse, index: int) -> None:
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
        self.added: set[Element] = set()  # of inputs whose parts are added to what they had

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
            _, read = slope_of_row(self.reverse.code[self.loop.registers[j]].op, slot)
            read_here = [operands[i] for i in read if i < len(operands)]
            if len(operands) + 1 in read:  # what begins with a constant ties otherwise there
                read_here += [y for y in operands if isinstance(y, Carried)]
            first = max([first, *(len(y.firsts) for y in read_here if isinstance(y, Carried))])
        end, period = self.loop.count, self.loop.period
        places = self._places_alone()
        if len(places) >= LEAST:
            self._as_columns({at % period for at in places})
            places = self._places_alone()
        given = [self.reverse.given.get((self.index, j), ()) for j in range(period)]
        first = max([first, *(x.begin for each in given for x in each)])
        end = min([end, *(x.end for each in given for x in each)])
        for i, j in [divmod(at, period) for at in places]:
            if any(x.begin <= i < x.end for x in given[j]):
                raise IrregularError("a number of a column is read alone too")
            if first <= i < end - self.reach[j]:
                end = i
        if max(self.loop.count - end, first) > _MOST_SINGLE:
            raise IrregularError("numbers far from the end are read alone")
        return first, end

    def _places_alone(self) -> list[int]:
        """Return the places in the loop of what was given a gradient by itself, the last first."""
        home = self.reverse.forward.home
        met = [home[k] for k in self.reverse.totals if k in home]
        return sorted((at for index, at in met if index == self.index), reverse=True)

    def _as_columns(self, positions: Iterable[int]) -> None:
        """Make a column of what many iterations were given one by one, where it is one.

        So the terms of a sum that is too short for a loop of its own.
        """
        reverse = self.reverse
        for j in positions:
            column = self.loop.column(j)
            known = [k in reverse.totals for k in column]
            begin = known.index(True)
            end = known.index(False, begin) if False in known[begin:] else len(known)
            if end - begin < LEAST or reverse.given.get((self.index, j)):
                continue
            with suppress(IrregularError):
                gradient = reverse.forward.column([reverse.totals[k] for k in column[begin:end]])
                reverse.given[self.index, j].append(Given(gradient, None, begin, end))
                for k in column[begin:end]:
                    del reverse.totals[k]

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

    def _given_in_loop(self, body: Body, given: Given, first: int, end: int) -> int:
        first, end = first - given.begin, end - given.begin
        gradient = body.operand(backwards(given.gradient, first, end))
        if given.factor is None:
            return gradient
        return body.emit("mul", (gradient, body.operand(backwards(given.factor, first, end))))

    def _pull(
        self, body: Body, j: int, gradient: int, first: int, end: int
    ) -> list[tuple[int, int, Carried]]:
        """Give the operands of a position their parts; return those of earlier iterations."""
        operands, carried = self.loop.operands[j], []
        op = self.reverse.code[self.loop.registers[j]].op
        for slot, x in enumerate(operands[: len(TABLE[op].operands)]):
            if not self._gets(x):
                continue
            program, read = slope_of_row(op, slot)
            values = [
                self._value(body, y, first, end) if i in read else -1
                for i, y in enumerate((*operands, Local(j)))
            ]
            values.append(body.operand(Fixed(self._tie(j))))
            part = body.emit("mul", (gradient, body.inline(program, values)))
            if isinstance(x, Fixed):
                self._add_up(body, x.register, part)
            elif isinstance(x, (Local, Carried)):
                self.parts[j, slot] = part
                if isinstance(x, Carried):
                    carried.append((j, slot, x))
            else:
                assert isinstance(x, Element)  # noqa: S101 - for the type checker: no constants
                self._send(body, x, part, (first, end))
        return carried

    def _tie(self, j: int) -> int:
        """Return what an operand of a position gets of a tie."""
        operands = self.loop.operands[j]
        count = len(TABLE[self.reverse.code[self.loop.registers[j]].op].operands)
        return self.reverse.tie([self._is_constant(x) for x in operands[:count]])

    def _is_constant(self, x: Operand) -> bool:
        """Return whether an operand takes no share of a tie, but for what is carried on first."""
        if isinstance(x, (Local, Carried)):
            return self.reverse.code[self.loop.registers[x.position]].op == DETACHED
        registers = (x.register,) if isinstance(x, Fixed) else x.registers
        found = {k in self.reverse.constants for k in registers}
        if len(found) > 1:
            raise IrregularError("some numbers in steps are constants, others are not")
        return True in found

    def _send(self, body: Body, x: Element, part: int, ends: tuple[int, int]) -> None:
        """Keep what goes to numbers in steps; to inputs, added up where there are others."""
        parts = self.outward.setdefault(x, [])
        if x.registers[0] in self.reverse.forward.home:
            parts.append(part)
        elif not parts:
            before = self.reverse.column_of_totals(x.registers[slice(*ends)])
            if before is not None:
                before = backwards(before, 0, ends[1] - ends[0])
                part = body.emit("add", (body.operand(before), part))
                self.added.add(x)
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
            return body.operand(backwards(self.columns[x.position], first, end))
        if isinstance(x, Table):
            registers = x.registers[first:end][::-1]
            return body.operand(Table(tuple([forward.place(k) for k in registers])))
        if isinstance(x, Carried):  # from iterations that are all inside the loop: see `_ends`
            before = len(x.firsts)
            column = self.loop.column(x.position)[first - before : end - before]
        else:
            column = x.registers[first:end]
        return body.operand(forward.operand(column[::-1]))

    def _leave(
        self, loop: Loop, meaning: list[Operand], carried: list[tuple[int, int, Carried]],
        first: int, end: int,
    ) -> None:  # fmt: skip
        """Give on what the loop has computed for others."""
        reverse, count = self.reverse, end - first

        def made(k: int, i: int) -> int:
            operand, t = meaning[k], end - 1 - i
            if isinstance(operand, (Local, Carried)):
                return loop.read(operand, t)
            return register_at(operand, t)

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
            self._check_order(element, registers)
            for part in parts:
                found = [made(part, first + i) for i in range(count)]
                if element in self.added:
                    reverse.totals.update(zip(registers, found, strict=True))
                    continue
                what = meaning[part]
                inside = count - len(what.firsts) if isinstance(what, Carried) else count
                for k, slope in zip(registers[inside:], found[inside:], strict=True):
                    reverse.give(k, slope)
                column = reverse.forward.column(found[:inside])
                reverse.give_column(registers[:inside], column)

    def _check_order(self, element: Element, registers: Sequence[int]) -> None:
        """Raise IrregularError where numbers in steps would get their parts in another order.

        All parts of an element are given at once: those of another iteration belong between them
        where that reads the same numbers. Of two parts the order does not matter.
        """
        reverse = self.reverse
        known = [k for k in registers if k in reverse.totals]
        if known and element in self.several and element not in self.added:
            raise IrregularError("numbers in steps have got another part")
        if any(reverse.uses[k] > 2 for k in known) and not self._read_once.issuperset(registers):
            raise IrregularError("numbers in steps are used more than twice")

    @cached_property
    def _read_once(self) -> set[int]:
        """The registers that are read in steps, each in one iteration only."""
        counts = Counter(chain.from_iterable(x.registers for x in self.outward))
        firsts = [x.firsts for x in self.loop.all_operands() if isinstance(x, Carried)]
        return {k for k, n in counts.items() if n == 1}.difference(self.sums, *firsts)


def backwards(operand: Operand, first: int, end: int) -> Operand:
    """Return an operand from outside of a loop for some iterations, the last one first."""
    if isinstance(operand, Fixed):
        return operand
    if isinstance(operand, Element):
        return Element(operand.registers[first:end][::-1])
    if isinstance(operand, Table):
        return Table(tuple(operand.registers[first:end][::-1]))
    raise IrregularError("a number is that of another iteration")
