"""The LLVM back end, as text: a program in LLVM's language, one number at a time or in lanes.

A program is cut into functions of a few thousand instructions, which hand values on through memory,
so that compiling stays linear. In a batch, what depends on no row is computed once, on plain
doubles; the rest acts on vectors, a row in each lane, in a loop over the batch. Strict by default:
every operation is the one that Python does; `fast` allows fused multiply-add and vector functions.

Memory: `%u` holds the inputs that are the same for all rows, `%o` the results, `%w` the rest, cut
up by a `Layout`: values passed between functions, the inputs of some rows, and sums over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from autograd.compile.program import LOGIC, TRUTHS, Program
from autograd.compile.repeats import OUTSIDE, Loop, repeats
from autograd.compile.rolling import alone, kept_columns, write_loop
from autograd.compile.symbols import Symbols, double

__all__ = ["CHUNK", "Emitter", "Layout", "scalar_source"]

CHUNK = 2000  # instructions in a function
SMALL = 250  # instructions of a program on single numbers that get LLVM's full effort
PARAMETERS = "ptr noalias %u, ptr noalias %w, ptr noalias %o, i64 %left"
ALIGNED = "alignstack(64) "  # of a function: so that no vector that it spills lies across two lines
_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_PREDICATES = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_INTRINSICS = {"abs": "fabs", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc",
               "round": "rint", "copysign": "copysign"}  # fmt: skip


class End(NamedTuple):
    """What happens to a register besides being read: a result, or a guard checked on it."""

    number: int  # of the result, from 0, or of the guard, from 1
    expected: bool | None = None  # what the guard expects; None for a result


Ends: TypeAlias = dict[int, list[End]]


@dataclass
class Layout:
    """Where things are in the work area, in bytes."""

    size: int = 0
    places: dict[int, int] = field(default_factory=dict)  # register -> offset
    free: dict[int, list[int]] = field(default_factory=dict)  # width -> offsets to use again

    def room(self, count: int, width: int) -> int:
        """Return the offset of room for some vectors of a width, aligned to 64 bytes."""
        start = (self.size + 63) // 64 * 64
        self.size = start + 8 * count * width
        return start

    def place(self, register: int, width: int) -> int:
        """Give a register a place; one that another has left, if there is one."""
        free = self.free.setdefault(width, [])
        if not free:
            start = self.room(64, width)
            free.extend(start + 8 * width * i for i in reversed(range(64)))
        self.places[register] = free.pop()
        return self.places[register]

    def column(self, registers: Sequence[int], width: int) -> int:
        """Give registers places one after the other; return that of the first."""
        start = self.room(len(registers), width)
        self.places.update(zip(registers, range(start, self.size, 8 * width), strict=True))
        return start

    def leave(self, register: int, width: int) -> None:
        """Let another register have the place."""
        self.free[width].append(self.places[register])


class Emitter:
    """Writes some instructions of a program as functions on vectors of a width (1: doubles).

    Args:
        program: lowered to primitives.
        members: the registers to compute, in order.
        varying: the registers that hold another number in each row.
        layout: places of what others computed, and of what others will read.
        exported: registers that others read, which keep their places.
        symbols: the functions outside that are called.
        fast: allow contraction and vector functions.
        inputs: where inputs of the program are among those in `%u`, if not in the same place.
        results: where the results go, in bytes from the start of `%w`; None for `%o`.
        deliver: writes what becomes of a result, given its name and a pointer to its place.
    """

    def __init__(
        self,
        program: Program,
        members: Sequence[int],
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
    ) -> None:
        self.program = program
        self.members = members
        self.width = width
        self.layout = layout
        self.varying = varying
        self.exported = exported
        self.symbols = symbols
        self.inputs = inputs or {}
        self.results = results
        self.deliver = deliver or store
        self.flags = " contract" if fast else ""
        self.fast = fast
        self.type = "double" if width == 1 else f"<{width} x double>"
        self.truth = "i1" if width == 1 else f"<{width} x i1>"
        self.lines: list[str] = []
        self.known: set[int] = set()
        self.spilled: dict[int, list[int]] = {}  # piece -> registers that it is the last to read
        self.count = 0
        self.block = "entry"
        self.kept: dict[int, set[int]] = {}
        self.size = 0  # instructions written, those of a loop once

    def chunks(self, prefix: str, ends: Ends) -> list[str]:
        """Write all functions; return their names. `ends` says what to do with some registers."""
        units = repeats(self.program, self.members, self._address)
        self.kept = kept_columns(self.program, units, ends, self.exported)
        pieces = _cut(units)
        self.size = sum(map(_weight, units))
        last = self._last_uses(pieces)
        names = []
        for i, piece in enumerate(pieces):
            names.append(f"{prefix}{i}")
            self._chunk(names[-1], i, piece, last, ends)
            for k in self.spilled.pop(i, ()):
                self.layout.leave(k, self.width)
        return names

    def _address(self, k: int) -> int:
        """Return where a register that others computed is; see `repeats`."""
        base, offset = self.place(k)
        return offset // 8 + OUTSIDE * (2 * (base == "%w") + (k in self.varying))

    def extra(self, name: str, ends: Sequence[tuple[int, End]]) -> list[str]:
        """Write one more function, which does something with registers from elsewhere."""
        if not ends:
            return []
        self.known = set()
        lines, self.lines = self.lines, []
        for k, end in ends:
            self.end(end, self.operand(k), str(end.number))
        lines.append(f"define internal void @{name}({PARAMETERS}) {ALIGNED}{{")
        self.lines = [*lines, *self._mask(), *self.lines, "ret void", "}"]
        return [name]

    def _last_uses(self, pieces: Sequence[Sequence[int | Loop]]) -> dict[int, int]:
        last: dict[int, int] = {}
        for i, piece in enumerate(pieces):
            for unit in piece:
                for x in alone(unit) if isinstance(unit, Loop) else self.program.code[unit].args:
                    last[x] = i
        return last

    def _chunk(
        self, name: str, i: int, piece: Sequence[int | Loop], last: dict[int, int], ends: Ends
    ) -> None:
        self.known = set()
        self.block = "entry"
        lines, self.lines = self.lines, []
        for unit in piece:
            if isinstance(unit, Loop):
                write_loop(self, unit, ends, self.kept[unit.registers[0]])
                written: Sequence[int] = unit.lasts
            else:
                self._single(unit, ends)
                written = (unit,)
            for k in written:
                until = last.get(k, i)
                if (until > i or k in self.exported) and k not in self.layout.places:
                    self._spill(k)
                    if k not in self.exported:
                        self.spilled.setdefault(until, []).append(k)
        lines.append(f"define internal void @{name}({PARAMETERS}) {ALIGNED}{{\nentry:")
        self.lines = [*lines, *self._mask(), *self.lines, "ret void", "}"]

    def _single(self, k: int, ends: Ends) -> None:
        """Write an instruction, and what else happens to its result."""
        self._instruction(k)
        for end in ends.get(k, ()):
            self.end(end, self.operand(k), str(end.number))

    def end(self, end: End, value: str, number: str) -> None:
        """Write what happens to a value as a result, or as what a guard checks, of some number."""
        if end.expected is not None:
            check_guard(self, value, number, end.expected)
            return
        base = "%o" if self.results is None else self.pointer("%w", self.results)
        at = self.add(f"getelementptr {self.type}, ptr {base}, i64 {number}")
        self.deliver(self, value, at)

    def _mask(self) -> list[str]:
        if self.width == 1:
            return []
        counts = ", ".join(f"i64 {i}" for i in range(self.width))
        kind = f"<{self.width} x i64>"
        return [
            f"%left1 = insertelement {kind} poison, i64 %left, i64 0",
            f"%lefts = shufflevector {kind} %left1, {kind} poison, {self._zeros()}",
            f"%mask = icmp slt {kind} <{counts}>, %lefts",
        ]

    def temporary(self) -> str:
        """Return a fresh name."""
        self.count += 1
        return f"%t{self.count}"

    def add(self, text: str) -> str:
        """Write an instruction; return the name of its result."""
        name = self.temporary()
        self.lines.append(f"{name} = {text}")
        return name

    def pointer(self, base: str, offset: int) -> str:
        """Return the name of a pointer to some bytes after another."""
        return self.add(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    def number(self, x: float) -> str:
        """Return a constant, the same in all lanes."""
        if self.width == 1:
            return double(x)
        return "<" + ", ".join([f"double {double(x)}"] * self.width) + ">"

    def truth_value(self, x: bool) -> str:
        """Return true or false, the same in all lanes."""
        word = "true" if x else "false"
        return word if self.width == 1 else f"splat (i1 {word})"

    def operand(self, k: int) -> str:
        """Return the name of a register, loading it where this function has not seen it yet."""
        if k in self.known:
            return f"%v{k}"
        op, _, extra = self.program.code[k]
        if op == "constant":
            return self.number(extra)
        if op == "truth":
            return self.truth_value(extra)
        loaded = self.loaded(k, self.pointer(*self.place(k)))
        if self.width == 1 or k in self.varying:
            self.known.add(k)
            self.lines.append(f"%v{k} = {loaded}")
            return f"%v{k}"
        return self.add(loaded)  # loaded again at each use, which costs less than to keep it

    def place(self, k: int) -> tuple[str, int]:
        """Return where a register is that another function has left: a base, and bytes from it."""
        op, _, extra = self.program.code[k]
        if op == "input" and k not in self.varying:
            return "%u", 8 * self.inputs.get(extra, extra)
        return "%w", self.layout.places[k]

    def loaded(self, k: int, at: str) -> str:
        """Return the text that loads a register from a pointer."""
        load = f"load {self.type}, ptr {at}"
        if k not in self.varying:
            load = self.spread_load(at)
        if self.program.code[k].op in TRUTHS:
            return f"fcmp une {self.type} {self.add(load)}, {self.number(0.0)}"
        return load

    def spread_load(self, at: str) -> str:
        """Return the text that loads a double into every lane."""
        load = f"load double, ptr {at}"
        return load if self.width == 1 else self._spread(self.add(load))

    def _spread(self, scalar: str) -> str:
        """Return the text of a vector with a double in every lane."""
        one = self.add(f"insertelement {self.type} poison, double {scalar}, i64 0")
        return f"shufflevector {self.type} {one}, {self.type} poison, {self._zeros()}"

    def _zeros(self) -> str:
        return f"<{self.width} x i32> zeroinitializer"

    def _spill(self, k: int) -> None:
        self.operand(k)
        self.store_register(k, self.pointer("%w", self.layout.place(k, self.width)))

    def store_register(self, k: int, at: str) -> None:
        """Store a register that has a name, a truth value as 1 or 0."""
        truth = self.program.code[k].op in TRUTHS
        value = self._real(f"%v{k}") if truth else f"%v{k}"
        self.lines.append(f"store {self.type} {value}, ptr {at}")

    def _real(self, truth: str) -> str:
        one, zero = self.number(1.0), self.number(0.0)
        return self.add(f"select {self.truth} {truth}, {self.type} {one}, {self.type} {zero}")

    def _instruction(self, k: int) -> None:
        op, args, extra = self.program.code[k]
        names = [self.operand(x) for x in args]
        self.known.add(k)
        self.lines.append(f"%v{k} = {self.text(op, names, extra)}")

    def text(self, op: str, names: Sequence[str], extra: Any) -> str:
        """Return the text of an operation on operands with names."""
        if op in _BINARY:
            return f"{_BINARY[op]}{self.flags} {self.type} {names[0]}, {names[1]}"
        if op == "neg":
            return f"fneg {self.type} {names[0]}"
        if op in _PREDICATES:
            return f"fcmp {_PREDICATES[op]} {self.type} {names[0]}, {names[1]}"
        if op == "select":
            return f"select {self.truth} {names[0]}, {self.type} {names[1]}, {self.type} {names[2]}"
        if op == "not":
            return f"xor {self.truth} {names[0]}, {self.truth_value(True)}"
        if op in LOGIC:
            return f"{op} {self.truth} {names[0]}, {names[1]}"
        if op == "real":
            return (f"select {self.truth} {names[0]}, {self.type} {self.number(1.0)}, "
                    f"{self.type} {self.number(0.0)}")  # fmt: skip
        return self._call(op, names, extra)

    def _call(self, op: str, names: Sequence[str], extra: Any) -> str:
        given = ", ".join(f"{self.type} {name}" for name in names)
        if op in _INTRINSICS:
            function = self.symbols.intrinsic(_INTRINSICS[op], self.width, len(names))
            return f"call {self.type} @{function}({given})"
        symbol = self.symbols.function(op, len(names), extra)
        if self.width > 1:
            symbol = self.symbols.in_lanes(symbol, len(names), self.width, self.fast)
        return f"call {self.type} @{symbol}({given}) nobuiltin"


def _weight(unit: int | Loop) -> int:
    return unit.period if isinstance(unit, Loop) else 1


def _cut(units: Sequence[int | Loop]) -> list[list[int | Loop]]:
    """Cut a program into pieces of about `CHUNK` instructions."""
    pieces: list[list[int | Loop]] = []
    room = 0
    for unit in units:
        room -= _weight(unit)
        if room < 0:
            pieces.append([])
            room = CHUNK - _weight(unit)
        pieces[-1].append(unit)
    return pieces


def computed(program: Program) -> list[int]:
    """Return the registers that an instruction computes."""
    return [k for k, x in enumerate(program.code) if x.op not in ("input", "constant", "truth")]


def by_register(pairs: Iterable[tuple[int, Any]]) -> dict[int, list[Any]]:
    """Collect the seconds of some pairs under the firsts."""
    found: dict[int, list[Any]] = {}
    for register, item in pairs:
        found.setdefault(register, []).append(item)
    return found


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
        counted = emitter.add(f"and {emitter.truth} {wrong}, %mask")
        name = f"llvm.vector.reduce.or.{kind}"
        emitter.symbols.declarations[name] = f"declare i1 @{name}({emitter.truth})"
        wrong = emitter.add(f"call i1 @{name}({emitter.truth} {counted})")
    before = emitter.add("load i64, ptr %w")
    none = emitter.add(f"icmp eq i64 {before}, 0")
    first = emitter.add(f"and i1 {none}, {wrong}")
    after = emitter.add(f"select i1 {first}, i64 {number}, i64 {before}")
    emitter.lines.append(f"store i64 {after}, ptr %w")


@dataclass
class Source:
    """A text in LLVM's language, the bytes of work area it needs, and the Python it calls."""

    text: str
    work: int
    symbols: Symbols
    level: int = 2  # of LLVM's effort, from 0
    helpers: tuple[tuple[str, int], ...] = ()  # called from `transpose`: names and widths


def scalar_source(program: Program, *, fast: bool = False) -> Source:
    """Return `i64 @program(ptr inputs, ptr outputs, ptr work)` for a program in primitives.

    It returns 0, or the number from 1 of the first guard that failed.
    """
    symbols, layout = Symbols(), Layout(size=64)
    emitter = Emitter(program, computed(program), width=1, layout=layout, varying=set(),
                      exported=set(), symbols=symbols, fast=fast)  # fmt: skip
    ends = by_register(
        [(g.register, End(i, g.expected)) for i, g in enumerate(program.guards, start=1)]
        + [(k, End(j)) for j, k in enumerate(program.outputs)]
    )
    names = emitter.chunks("part", ends)
    rest = _rest(program, emitter)
    calls = [f"call void @{name}(ptr %u, ptr %w, ptr %o, i64 1)" for name in names]
    driver = ["define i64 @program(ptr noalias %u, ptr noalias %o, ptr noalias %w) {",
              "store i64 0, ptr %w", *calls, *rest, "%failed = load i64, ptr %w",
              "ret i64 %failed", "}"]  # fmt: skip
    text = "\n".join([*emitter.lines, *driver, symbols.text(), ""])
    level = 2 if emitter.size <= SMALL else 0  # on single numbers, 1 and 2 gain a tenth
    return Source(text, layout.size, symbols, level)


def _rest(program: Program, emitter: Emitter) -> list[str]:
    """Write the outputs that are inputs or constants."""
    lines, emitter.lines = emitter.lines, []
    emitter.known = set()
    for j, k in enumerate(program.outputs):
        if program.code[k].op in ("input", "constant"):
            emitter.end(End(j), emitter.operand(k), str(j))
    lines, emitter.lines = emitter.lines, lines
    return lines
