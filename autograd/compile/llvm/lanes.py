"""A batch in LLVM's language: what is done once, and what in each round, with a row in each lane.

What depends on no row is computed once, first. Then each of the `rounds` takes as many rows as a
vector has lanes: it gathers their numbers into vectors, computes on these, and adds the results up
(or scatters them to their rows).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count

from autograd.compile.llvm.emitter import ONCE, PARAMETERS, Emitter, computed, store
from autograd.compile.llvm.helpers import Helpers
from autograd.compile.llvm.layout import End, Layout, Source, by_register
from autograd.compile.llvm.pieces import HandOver
from autograd.compile.llvm.rounds import Turn, plan
from autograd.compile.llvm.symbols import Symbols, double
from autograd.compile.loops.loop import Loop
from autograd.compile.loops.rolled import Rolled, pruned
from autograd.compile.programs.program import Program

__all__ = ["batch_source"]

_FEW = 32  # instructions before the loop: more are worth a function, and LLVM's effort
_SMALL, _LARGE = 1_000, 8_000  # instructions: above, LLVM's own level of effort is 1, and 0

_PARAMETERS = (
    "ptr noalias %u, ptr noalias %o, ptr noalias %w, ptr %x, i64 %begin, i64 %end, i64 %rows"
)


class _Batch:
    """Writes the source for a batch; see `batch_source`."""

    def __init__(
        self, program: Program, columns: Sequence[Sequence[int]], reduce: str | None,
        width: int, symbols: Symbols, fast: bool, hand_over: HandOver | None,
    ) -> None:  # fmt: skip
        self.program = program
        self.columns = columns
        self.reduce = reduce
        self.divisor = "%total" if reduce == "mean" else double(1.0)
        self.width = width
        self.symbols = symbols
        self.helpers = Helpers(width)
        self.fast = fast
        self.hand_over = hand_over
        self.layout = Layout(size=64)
        self.given = [(k, x[2]) for k, x in enumerate(program.code) if x[0] == "input"]
        self.varying = self._varying()
        rows = {c for each in columns for c in each}
        others = [k for k in range(len(program.inputs)) if k not in rows]
        self.inputs = {argument: i for i, argument in enumerate(others)}
        self.sums = self.layout.room(_padded(len(program.outputs), width), width)
        self.outputs, self.offsets = self._split()

    def _split(self) -> tuple[list[int], dict[int, list[int]]]:
        """Take apart results that are a sum of what is in the rows and what is not.

        The sum over rows of (a + u) is that of a, and u as often as there are rows.
        """
        outputs = list(self.program.outputs)
        offsets: dict[int, list[int]] = {}
        for j, k in enumerate(outputs) if self.reduce is not None else ():
            found = self._uniform_term(k)
            while found is not None:
                outputs[j], term = found
                offsets.setdefault(j, []).append(term)
                found = self._uniform_term(outputs[j])
        return outputs, offsets

    def _uniform_term(self, k: int) -> tuple[int, int] | None:
        """Return the other term and the uniform one of a register that adds two such."""
        op, args, _ = self.program.code[k]
        uniform = [x for x in args if x not in self.varying]
        if op != "add" or len(uniform) != 1:
            return None
        return args[0] if uniform[0] == args[1] else args[1], uniform[0]

    def _units(self) -> Sequence[int | Loop]:
        """Return what to compute for the results as they are split."""
        needed = {*self.outputs, *(x for terms in self.offsets.values() for x in terms)}
        if isinstance(self.program, Rolled) and not self.offsets:
            return self.program.units
        if isinstance(self.program, Rolled):
            return pruned(replace(self.program, outputs=tuple(needed))).units
        needed.update(guard.register for guard in self.program.guards)
        for k in range(len(self.program.code) - 1, -1, -1):
            if k in needed:
                needed.update(self.program.code[k].args)
        return [k for k in computed(self.program) if k in needed]

    def _varying(self) -> set[int]:
        """Return the registers that hold another number in each row."""
        rows = {c for columns in self.columns for c in columns}
        code = self.program.code
        found = {k for k, argument in self.given if argument in rows}
        for unit in computed(self.program):
            if isinstance(unit, Loop):
                if not found.isdisjoint(unit.reads()):
                    found.update(unit.registers)
            elif not found.isdisjoint(code[unit][1]):
                found.add(unit)
        return found

    def _is_varying(self, unit: int | Loop) -> bool:
        return (unit.registers[0] if isinstance(unit, Loop) else unit) in self.varying

    def _read_by(self, unit: int | Loop) -> Iterable[int]:
        return unit.reads() if isinstance(unit, Loop) else self.program.code[unit].args

    def _emitter(self, units: Sequence[int | Loop], width: int, exported: set[int]) -> Emitter:
        return Emitter(
            self.program, units, width=width, layout=self.layout, varying=self.varying,
            exported=exported, symbols=self.symbols, fast=self.fast, inputs=self.inputs,
            results=self.sums, deliver=self._deliver,
            hand_over=self.hand_over, effort=_level,
        )  # fmt: skip

    def source(self) -> Source:
        """Write everything."""
        units = self._units()
        once = [unit for unit in units if not self._is_varying(unit)]
        each = [unit for unit in units if self._is_varying(unit)]
        read = {x for unit in each for x in self._read_by(unit)} | set(self.outputs)
        read.update(x for terms in self.offsets.values() for x in terms)
        guards = list(enumerate(self.program.guards, start=1))
        checks = by_register([(g.register, End(i, g.expected)) for i, g in guards])
        scalar = self._emitter(once, 1, read - self.varying)
        uniform = {k: v for k, v in checks.items() if k not in self.varying}
        if len(once) <= _FEW and not any(isinstance(unit, Loop) for unit in once):
            first = scalar.inside(uniform)
        else:
            names = scalar.chunks("once", uniform)
            first = [f"call void @{name}(ptr %u, ptr %w, ptr %o)" for name in names]
            scalar.known = {}
        places = self._place_inputs()
        outputs = [(k, End(j)) for j, k in enumerate(self.outputs)]
        ends = by_register([pair for pair in outputs if pair[0] in self.varying])
        vector = self._emitter(each, self.width, set())
        late = [k for k in ends if self.program.code[k].op == "input"]
        for k in checks.keys() & self.varying:
            ends[k] = [*checks[k], *ends.get(k, ())]
        then = vector.chunks("each", ends)
        then += vector.extra("inputs", [(k, end) for k in late for end in ends[k]])
        driver = self._driver(first, then, places, self._uniform_results(scalar))
        driver += self.helpers.declarations()
        written = [*scalar.lines, *scalar.elsewhere, *vector.lines, *vector.elsewhere]
        text = "\n".join([*written, *driver, self.symbols.text(), ""])
        left = [emitter for emitter in (scalar, vector) if emitter.lines]
        is_worth_it = any(emitter.level for emitter in left)
        level = _level(sum(emitter.size for emitter in left)) if is_worth_it else 0
        return Source(text, self.layout.size, self.symbols, level, self.helpers.used())

    def _place_inputs(self) -> list[int]:
        """Give the columns of each batched argument a place for their vectors."""
        counts = [_padded(len(columns), self.width) for columns in self.columns]
        starts = [self.layout.room(count, self.width) for count in counts]
        place: dict[int, int] = {}
        for start, columns in zip(starts, self.columns, strict=True):
            place.update(zip(columns, count(start, 8 * self.width), strict=False))
        self.layout.places.update((k, place[x]) for k, x in self.given if x in place)
        return starts

    def _deliver(self, emitter: Emitter, value: str, at: str) -> None:
        """Add a vector to a sum, or keep it for its rows."""
        if self.reduce is not None:
            before = emitter.add(f"load {emitter.type}, ptr {at}")
            value = emitter.add(f"fadd {emitter.type} {before}, {value}")
        store(emitter, value, at)

    def _uniform_results(self, emitter: Emitter) -> list[str]:
        """Write the results that are the same for all rows."""
        lines, emitter.lines = emitter.lines, []
        for j, terms in self._shifts(emitter):
            if len(terms) < self.width:
                for i, term in enumerate(terms):
                    self._add_term(emitter, j + i, term)
            else:
                at, first = emitter.pointer("%o", 8 * j), emitter.pointer(*emitter.place(terms[0]))
                given = f"ptr {at}, ptr {first}, i64 {len(terms)}, double %weight"
                emitter.lines.append(f"call void {self.helpers['shift']}({given})")
        for j, k in enumerate(self.outputs):
            if k in self.varying:
                continue
            value = emitter.operand(k)
            if self.reduce is None:
                for lane in range(self.width):
                    at = emitter.pointer("%w", self.sums + 8 * (self.width * j + lane))
                    emitter.lines.append(f"store double {value}, ptr {at}")
            else:
                share = emitter.add(f"fmul double {value}, %weight")
                emitter.lines.append(f"store double {share}, ptr {emitter.pointer('%o', 8 * j)}")
        lines, emitter.lines = emitter.lines, lines
        return lines

    def _shifts(self, emitter: Emitter) -> list[tuple[int, list[int]]]:
        """Return what to add to results from a first one on, one after the other in memory."""
        shifts: list[tuple[int, list[int]]] = []
        for level in range(max(map(len, self.offsets.values()), default=0)):
            expected = None
            for j, terms in self.offsets.items():
                if len(terms) <= level:
                    continue
                is_constant = self.program.code[terms[level]].op == "constant"
                here = ("", 0) if is_constant else emitter.place(terms[level])
                if (j, here) != expected:
                    shifts.append((j, []))
                shifts[-1][1].append(terms[level])
                expected = None if is_constant else (j + 1, (here[0], here[1] + 8))
        return shifts

    def _add_term(self, emitter: Emitter, j: int, term: int) -> None:
        """Add to a sum over rows what each row would add."""
        at = emitter.pointer("%o", 8 * j)
        before = emitter.add(f"load double, ptr {at}")
        share = emitter.add(f"fmul double {emitter.operand(term)}, %weight")
        after = emitter.add(f"fadd double {before}, {share}")
        emitter.lines.append(f"store double {after}, ptr {at}")

    def _driver(
        self, first: list[str], then: list[str], places: list[int], uniform: list[str]
    ) -> list[str]:
        """Write the function that is called: what is the same for all rows, then the rounds."""
        each = "@each"
        lines = []
        if len(then) == 1:
            each = f"@{then[0]}"
        else:
            calls = [f"call void @{name}(ptr %u, ptr %w, ptr %o)" for name in then]
            lines = [f"define internal void @each({PARAMETERS}) {ONCE}{{", *calls, "ret void", "}"]
        rounds = f"ptr @plan, ptr {each}, ptr %u, ptr %w, ptr %o, ptr %x, i64 %begin, i64 %end"
        results = f"ptr %sums, ptr %o, i64 {len(self.program.outputs)}, double {self.divisor}"
        return [
            self._plan(places),
            *lines,
            f"define i64 @program({_PARAMETERS}) {ONCE}{{",
            "store i64 0, ptr %w",
            "%rows_here = sub i64 %end, %begin",
            "%count = sitofp i64 %rows_here to double",
            "%total = sitofp i64 %rows to double",
            f"%weight = fdiv double %count, {self.divisor}",
            f"%sums = getelementptr i8, ptr %w, i64 {self.sums}",
            *first,
            *([] if self.reduce else uniform),
            f"call void {self.helpers['rounds']}({rounds})",
            *([f"call void {self.helpers['collect']}({results})"] if self.reduce else []),
            *(uniform if self.reduce else []),
            "%failed = load i64, ptr %w",
            "ret i64 %failed",
            "}",
        ]

    def _plan(self, places: list[int]) -> str:
        """Write what the rounds of this program are."""
        turns = []
        for b, (start, columns) in enumerate(zip(places, self.columns, strict=True)):
            if columns:
                gather = self.helpers["gather_one" if len(columns) == 1 else "gather"]
                turns.append(Turn(gather, b, len(columns), start))
        count = len(self.program.outputs)
        if self.reduce is None:
            scatter = self.helpers["scatter_one" if count == 1 else "scatter"]
            return plan(count, self.sums, scatter, turns)
        count = _padded(count, self.width)
        return plan(count, self.sums, "", turns)


def _padded(count: int, width: int) -> int:
    """Return a number of vectors that can be turned in squares."""
    return -(-count // width) * width


def _level(size: int) -> int:
    """Return LLVM's level of effort: what it takes grows faster than the program."""
    return 2 if size <= _SMALL else 1 if size <= _LARGE else 0


def batch_source(
    program: Program,
    columns: Sequence[Sequence[int]],
    reduce: str | None,
    hand_over: HandOver | None = None,
    *,
    width: int,
    symbols: Symbols,
    fast: bool = False,
) -> Source:
    """Return a program over a batch as a function in LLVM's language.

    It is `i64 @program(inputs, results, work, rows, begin, end, total)`: `rows` points to the
    addresses of the batched arguments, and rows from begin to end are done, of a total of all. It
    returns 0, or the number from 1 of a guard that failed in a row.

    Args:
        program: in primitives.
        columns: for each batched argument, the inputs of the program that are in a row of it.
        reduce: "mean", "sum", or None for the results of each row.
        hand_over: as in `scalar_source`.
        width: the lanes of a vector.
        symbols: the functions outside.
        fast: allow contraction and vector functions.
    """
    return _Batch(program, columns, reduce, width, symbols, fast, hand_over).source()
