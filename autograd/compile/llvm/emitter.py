"""The LLVM back end, as text: a program in LLVM's language, for `scalar` and for `lanes`.

A program is cut into functions (`pieces`), which hand values on through memory. In a batch, what
depends on no row is computed once, on plain doubles; the rest acts on vectors, a row in each lane,
in a loop over the batch. Strict by default: every operation is the one that Python does; `fast`
allows fused multiply-add and vector functions.

Memory: `%u` holds the inputs that are the same for all rows, `%o` the results, `%w` the rest, cut
up by a `Layout`: values passed between functions, the inputs of some rows, and sums over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from autograd.compile.llvm import pieces
from autograd.compile.llvm.layout import End, Ends, Layout
from autograd.compile.llvm.pieces import HandOver, Piece, Text, cut, mostly_in_loops, weight
from autograd.compile.llvm.rolling import alone, kept_columns, write_loop
from autograd.compile.llvm.symbols import Symbols
from autograd.compile.llvm.writer import Writer
from autograd.compile.loops.loop import Loop
from autograd.compile.loops.places import OUTSIDE
from autograd.compile.loops.repeats import repeats
from autograd.compile.loops.rolled import Rolled
from autograd.compile.programs.program import TRUTHS, Program

__all__ = ["Emitter", "computed", "store"]

PARAMETERS = "ptr noalias %u, ptr noalias %w, ptr noalias %o"
ONCE = "noinline optnone "  # of a function that takes longer to compile well than to run
LOOPS = 1  # LLVM's level of effort for loops in a program that gets none
ALIGNED = "alignstack(64) "  # of a function: so that no vector that it spills lies across two lines


class Emitter(Writer):
    """Writes some instructions of a program as functions on vectors of a width (1: doubles).

    Args:
        program: lowered to primitives.
        units: the registers to compute, in order; where loops are among them, all there are.
        varying: the registers that hold another number in each row.
        layout: places of what others computed, and of what others will read.
        exported: registers that others read, which keep their places.
        symbols: the functions outside that are called.
        fast: allow contraction and vector functions.
        inputs: where inputs of the program are among those in `%u`, if not in the same place.
        results: where the results go, in bytes from the start of `%w`; None for `%o`.
        deliver: writes what becomes of a result, given its name and a pointer to its place.
        hand_over: takes the text of functions as soon as it is written, where there is a lot.
        effort: gives LLVM's level for so many instructions; where it is 0, loops that are handed
            over get more.
    """

    def __init__(
        self,
        program: Program,
        units: Sequence[int | Loop],
        *,
        width: int,
        layout: Layout,
        varying: set[int],
        exported: set[int],
        symbols: Symbols,
        fast: bool = False,
        inputs: dict[int, int] | None = None,
        results: int | None = None,
        deliver: Callable[[Emitter, str, str], None] | None = None,
        hand_over: HandOver | None = None,
        effort: Callable[[int], int],
    ) -> None:
        self.program = program
        self.units = units
        super().__init__(width, symbols, fast)
        self.layout = layout
        self.varying = varying
        self.exported = exported
        self.inputs = inputs or {}
        self.results = results
        self.deliver = deliver or store
        self.known: dict[int, str] = {}  # the names of the registers that this function has
        self.spilled: dict[int, list[int]] = {}  # piece -> registers that it is the last to read
        self.block = "entry"
        self.kept: dict[int, set[int]] = {}
        self.size = 0  # instructions written, those of a loop once
        self.level = 0  # of the effort that the lines are worth
        self.attributes = ALIGNED if width > 1 else ""
        self.hand_over = hand_over
        self.effort = effort
        self.linkage = "internal "
        self.elsewhere: list[str] = []  # declarations of functions that were handed over

    def chunks(self, prefix: str, ends: Ends) -> list[str]:
        """Write all functions; return their names. `ends` says what to do with some registers."""
        units = repeats(self.program, self.units, self._address)
        self.kept = kept_columns(self.program, units, ends, self.exported)
        self.size = sum(map(weight, units))
        is_taken = self.hand_over is not None
        self.level = 0 if is_taken and mostly_in_loops(units) else self.effort(self.size)
        parts = cut(units, is_taken and self.level == 0)
        most = inf  # nothing is handed over but loops
        if is_taken and self.size >= 2 * pieces.PART:
            most = pieces.PART
        elif is_taken and self.width > 1 and self.level > 0 and len(parts) > 1:
            most = 1  # each function: vectors take LLVM five times as long as numbers
        if most < inf or any(part.is_apart for part in parts):
            self.linkage = ""
        names = [f"{prefix}{i}" for i in range(len(parts))]
        self._write(dict(zip(names, parts, strict=True)), ends, Text(self.level, most))
        return names

    def _write(self, parts: dict[str, Piece], ends: Ends, usual: Text) -> None:
        """Write functions with names into a text; hand it over whenever it has enough of them.

        Loops that are apart go into a text of their own.
        """
        last = self._last_uses([part.units for part in parts.values()])
        loops = Text(LOOPS, pieces.PART)
        before, self.symbols.declarations = self.symbols.declarations, {}
        for i, (name, part) in enumerate(parts.items()):
            text = loops if part.is_apart else usual
            lines = self._chunk(name, i, part.units, last, ends)
            text.add(name, lines, self.symbols.declarations, part.size)
            self.symbols.declarations = {}
            for k in self.spilled.pop(i, ()):
                self.layout.leave(k, self.width)
            if text.size >= text.most:
                self._hand_over(text)
        if loops.names:
            self._hand_over(loops)
        if loops.names:  # nobody took them, as they call Python
            self.level = self.effort(self.size)
        for text in (usual, loops):
            self.lines += text.lines
            before |= text.declarations
        self.symbols.declarations = before

    def _hand_over(self, text: Text) -> None:
        """Hand over some functions, and empty the text, if somebody takes them.

        What calls Python has to wait until it is known where that is.
        """
        if self.hand_over is not None and not self.symbols.callbacks:
            self.hand_over(str(text), text.level)
            self.elsewhere += [f"declare void @{name}(ptr, ptr, ptr)" for name in text.names]
            text.clear()

    def inside(self, ends: Ends) -> list[str]:
        """Write single instructions for the inside of another function; return their lines."""
        for k in self.units:
            assert isinstance(k, int)  # noqa: S101 - for the type checker: no loops are asked for
            self._single(k, ends)
            if k in self.exported:
                self._spill(k)
        lines, self.lines = self.lines, []
        return lines

    def _address(self, k: int) -> int:
        """Return where a register that others computed is; see `repeats`."""
        base, offset = self.place(k)
        return offset // 8 + OUTSIDE * (2 * (base == "%w") + (k in self.varying))

    def extra(self, name: str, ends: Sequence[tuple[int, End]]) -> list[str]:
        """Write one more function, which does something with registers from elsewhere."""
        if not ends:
            return []
        self.known = {}
        lines, self.lines = self.lines, []
        for k, end in ends:
            self.end(end, self.operand(k), str(end.number))
        lines.append(f"define internal void @{name}({PARAMETERS}) {self.attributes}{{")
        self._close(lines)
        return [name]

    def _last_uses(self, parts: Sequence[Sequence[int | Loop]]) -> dict[int, int]:
        last: dict[int, int] = {}
        for i, part in enumerate(parts):
            for unit in part:
                for x in alone(unit) if isinstance(unit, Loop) else self.program.code[unit].args:
                    last[x] = i
        return last

    def _chunk(
        self, name: str, i: int, piece: Sequence[int | Loop], last: dict[int, int], ends: Ends
    ) -> list[str]:
        """Return the lines of a function."""
        self.known = {}
        self.block = "0"  # as LLVM numbers it
        before, self.lines = self.lines, []
        count, self.count, self.numbered = self.count, 0, True
        for unit in piece:
            if isinstance(unit, Loop):
                write_loop(self, unit, ends, self.kept[unit.registers[0]])
                for k in unit.lasts:
                    self._leave(k, i, last.get(k, i))
            else:
                self._single(unit, ends)
                self._leave(unit, i, last.get(unit, i))
        self.count, self.numbered = count, False
        body, self.lines = self.lines, before
        head = f"define {self.linkage}void @{name}({PARAMETERS}) {self.attributes}{{"
        return [head, *body, "ret void", "}"]

    def _leave(self, k: int, i: int, until: int) -> None:
        """Store what a function later than the i-th reads, the last one being given."""
        if (until > i or k in self.exported) and k not in self.layout.places:
            self._spill(k)
            if k not in self.exported:
                self.spilled.setdefault(until, []).append(k)

    def _close(self, lines: list[str]) -> None:
        """Put the body of a function, written since, behind the lines before it, and end it."""
        lines += [*self.lines, "ret void", "}"]
        self.lines = lines

    def _single(self, k: int, ends: Ends) -> None:
        """Write an instruction, and what else happens to its result."""
        op, args, extra = self.program.code[k]
        known = self.known
        names = [known[x] if x in known else self.operand(x) for x in args]
        name = known[k] = self.add(self.text(op, names, extra))
        for end in ends.get(k, ()):
            self.end(end, name, str(end.number))

    def end(self, end: End, value: str, number: str) -> None:
        """Write what happens to a value as a result, or as what a guard checks, of some number."""
        if end.expected is not None:
            check_guard(self, value, number, end.expected)
            return
        base = "%o" if self.results is None else self.pointer("%w", self.results)
        at = self.add(f"getelementptr {self.type}, ptr {base}, i64 {number}")
        self.deliver(self, value, at)

    def operand(self, k: int) -> str:
        """Return the name of a register, loading it where this function has not seen it yet."""
        if k in self.known:
            return self.known[k]
        op, _, extra = self.program.code[k]
        if op == "constant":
            return self.number(extra)
        if op == "truth":
            return self.truth_value(extra)
        name = self.add(self.loaded(k, self.pointer(*self.place(k))))
        if self.width == 1 or k in self.varying:
            self.known[k] = name  # others are loaded again at each use: cheaper than to keep them
        return name

    def place(self, k: int) -> tuple[str, int]:
        """Return where a register is that another function has left: a base, and bytes from it."""
        op, _, extra = self.program.code[k]
        if op == "input" and k not in self.varying:
            return "%u", 8 * self.inputs.get(extra, extra)
        return "%w", self.layout.places[k]

    def places(self, registers: Sequence[int]) -> list[int | None]:
        """Return where registers are that belong together, in bytes from the same base."""
        known = self.layout.places
        if registers[0] in known:
            return list(map(known.get, registers))
        return [self.place(k)[1] for k in registers]

    def loaded(self, k: int, at: str) -> str:
        """Return the text that loads a register from a pointer."""
        load = f"load {self.type}, ptr {at}"
        if k not in self.varying:
            load = self.spread_load(at)
        if self.program.code[k].op in TRUTHS:
            return f"fcmp une {self.type} {self.add(load)}, {self.number(0.0)}"
        return load

    def _spill(self, k: int) -> None:
        name = self.operand(k)
        self.store_register(k, name, self.pointer("%w", self.layout.place(k, self.width)))

    def store_register(self, k: int, name: str, at: str) -> None:
        """Store a register that has a name, a truth value as 1 or 0."""
        value = self.real(name) if self.program.code[k].op in TRUTHS else name
        self.lines.append(f"store {self.type} {value}, ptr {at}")


def computed(program: Program) -> Sequence[int | Loop]:
    """Return the registers that an instruction computes, or the units of a rolled program."""
    if isinstance(program, Rolled):
        return program.units
    return [k for k, x in enumerate(program.code) if x.op not in ("input", "constant", "truth")]


def store(emitter: Emitter, value: str, at: str) -> None:
    """Store a result in its place."""
    emitter.lines.append(f"store {emitter.type} {value}, ptr {at}")


def check_guard(emitter: Emitter, truth: str, number: str, expected: bool) -> None:
    """Write down that a guard has failed: its number from 1, at the start of `%w`."""
    wrong = truth
    if expected:
        wrong = emitter.add(f"xor {emitter.truth} {truth}, {emitter.truth_value(True)}")
    if emitter.width > 1:
        kind = f"v{emitter.width}i1"
        name = f"llvm.vector.reduce.or.{kind}"
        emitter.symbols.declarations[name] = f"declare i1 @{name}({emitter.truth})"
        wrong = emitter.add(f"call i1 @{name}({emitter.truth} {wrong})")
    before = emitter.add("load i64, ptr %w")
    none = emitter.add(f"icmp eq i64 {before}, 0")
    first = emitter.add(f"and i1 {none}, {wrong}")
    after = emitter.add(f"select i1 {first}, i64 {number}, i64 {before}")
    emitter.lines.append(f"store i64 {after}, ptr %w")
