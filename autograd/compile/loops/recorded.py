"""What was recorded as instructions, one for each node and none simplified, to be differentiated.

`Plain` has them in the order in which `backward()` goes through them, from the end: sums of floats
depend on it. `slope_of_row` is the derivative of one.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Any

from autograd import functions
from autograd.compile.loops.rolled import IrregularError
from autograd.compile.programs.builder import Builder
from autograd.compile.programs.program import Instruction, Program
from autograd.compile.programs.reading import UnreadableError, slope_of
from autograd.compile.recording.assembler import Assembler
from autograd.compile.recording.runs import Recording, record
from autograd.graph import inner_order
from autograd.higher import formulas
from autograd.rules import MANY, TABLE
from autograd.value import Value

__all__ = ["DETACHED", "SHORT_SUM", "SUMS", "Plain", "slope_of_row", "slopes_of_many"]

_new = tuple.__new__
SHORT_SUM = 32  # terms
SUMS = ("sum", "mean", "dot")  # the operations that add up
DETACHED = "detached"  # the operation that gives a number on, but no gradient back
_DEEPEST = 20  # detached numbers that depend on one another


class Plain:
    """The instructions of a recording, of which the gradient is still to be derived.

    Args:
        recording: of operations on Values only, without branches.
        root: what is to be differentiated; only what it depends on is written.
        names: of the arguments.
        inside: the leaves that are constants.
        inputs: what to differentiate by.

    Attributes:
        registers: of the nodes.
        code: the instructions; inputs are numbered in the order in which they are met.
        leaves: read after the arguments.
        constants: the registers of what takes no share of a tie.
    """

    def __init__(
        self, recording: Recording, root: Value, names: Sequence[str], inside: Container[Value],
        inputs: Sequence[Value],
    ) -> None:  # fmt: skip
        recorder = recording.recorder
        if recorder.guards:
            raise IrregularError("there are branches")
        self._sources = recorder.sources
        self._copies: dict[Value, int] = {}  # of nodes that stand further on
        self._depth = 0
        self.inside = inside
        self.builder = Builder()
        self.code = self.builder.code
        self.leaves: list[Value] = []
        self.arguments = len(names)
        first = self.builder.first_inputs(len(names))
        self.constants = set(first)
        self.registers = dict(zip(recording.arguments, first, strict=True))
        self._inputs = set(inputs)
        self._closed: set[Value] = set()  # arguments in whose place a variable has come
        nodes = inner_order(root, sides=True)
        self._most_copies = len(nodes) // 2
        self._write(nodes)

    def _write(self, nodes: Sequence[Value]) -> None:
        """Write nodes: quickly those of the table whose operands are known, as most are."""
        known, code = self.registers, self.code
        for node in nodes:
            op, a, b = node.op, node._a, node._b
            if a in known and op in TABLE and op != "identity":
                if b is None:
                    args: tuple[int, ...] = (known[a],)
                elif type(b) is Value and b in known:
                    args = known[a], known[b]
                else:
                    known[node] = self._written(node)
                    continue
                known[node] = len(code)
                code.append(_new(Instruction, (op, args, None)))
            elif op == "identity" and node in self._inputs and a in known:
                known[node] = k = known.pop(a)
                self.constants.discard(k)
                self._closed.add(a)
            else:
                known[node] = self._written(node)

    def _written(self, node: Value) -> int:
        """Write a node with operands that are numbers, or many."""
        op = node.op
        if op in TABLE:
            return self._append(op, tuple([self.register(x) for x in node.operands]))
        if op == "softmax":
            args = tuple([self.register(x) for x in node.operands[:-1]])
            return self._append(op, args, int(node.operands[-1]))
        if op not in MANY or op == "direction":
            raise IrregularError(f"there is {op}, which is no row of the table")
        args = tuple([self.register(x) for x in node.operands])
        varied = [x for x in args if x not in self.constants]
        is_short = len(args) <= 2 * SHORT_SUM and len(set(varied)) == len(varied)
        return self._sum(op, args) if op in SUMS and is_short else self._append(op, args)

    def _append(self, op: str, args: tuple[int, ...], extra: Any = None) -> int:
        self.code.append(_new(Instruction, (op, args, extra)))
        return len(self.code) - 1

    def _sum(self, op: str, args: tuple[int, ...]) -> int:
        """Write a short sum term by term, so that it may be part of a loop.

        Each term gets the same gradient so, once, as in one node; what occurs twice among the terms
        would get them in another order.
        """
        terms, total = args, self.builder.constant(0.0)
        if op == "dot":
            half = len(args) // 2
            pairs = zip(args[:half], args[half:], strict=True)
            terms = tuple([self._append("mul", pair) for pair in pairs])
        for term in terms:
            total = self._append("add", (total, term))
        if op == "mean":
            return self._append("div", (total, self.builder.constant(len(args))))
        return total

    def register(self, x: Any) -> int:
        """Return the register of an operand."""
        if type(x) is not Value:
            if isinstance(x, Value):
                raise IrregularError("a comparison is used as a number")
            k = self.builder.constant(x)
            self.constants.add(k)
            return k
        if x not in self.registers:
            if x in self._copies:
                return self._copies[x]
            if x in self._closed:
                raise IrregularError("an argument is used beside its variable")
            if x in self._sources:
                k = self._append(DETACHED, (self._written_before(self._sources[x]),))
            elif x in self.inside:
                k = self.builder.append("constant", (), x._data)  # may be a variable all the same
            else:
                k = self.builder.input(self.arguments + len(self.leaves))
                self.leaves.append(x)
            if x.op == "constant":
                self.constants.add(k)
            self.registers[x] = k
        return self.registers[x]

    def _written_before(self, source: Value) -> int:
        """Return the register of what a constant was made from.

        Nodes that it depends on and `backward()` goes through later, or not at all, are written
        twice: the order of these is that of the additions.
        """
        self._depth += 1
        for node in inner_order(source, sides=True):
            if node not in self.registers and node not in self._copies:
                if len(self._copies) >= self._most_copies or self._depth > _DEEPEST:
                    raise IrregularError("much of it is for numbers without a gradient")
                self._copies[node] = self._written(node)
        self._depth -= 1
        return self.register(source)

    def program(self) -> Program:
        """Return the instructions as a program, to look for what comes again."""
        return Program((), self.code, ())

    def given(self) -> list[int]:
        """Return the registers that hold inputs and constants."""
        return [k for k, x in enumerate(self.code) if not x[1] and x[0] in ("input", "constant")]


@lru_cache(256)
def slopes_of_many(op: str, count: int, index: int | None) -> Program:
    """Return the derivatives of an operation by its operands, as a program with so many outputs.

    Args:
        op: one of `MANY`.
        count: of its operands.
        index: of an indexed one.
    """

    def slopes(xs: Sequence[Value]) -> list[Any]:
        made = getattr(functions, op)(xs)
        return [slope for _, slope in formulas(made if index is None else made[index])]

    recording = record(slopes, [1.0] * count)
    if recording.recorder.guards:
        raise IrregularError(f"the derivative of {op} is no straight-line code")
    return Assembler(recording, [f"x{i}" for i in range(count)], ()).program().validate()


@cache
def slope_of_row(op: str, slot: int) -> tuple[Program, frozenset[int]]:
    """Return the derivative of a row, and which of its inputs it reads."""
    try:
        program = slope_of(op, slot)
    except UnreadableError as error:
        raise IrregularError(f"the derivative of {op} is no straight-line code") from error
    read = {*program.outputs, *chain.from_iterable(x.args for x in program.code)}
    return program, frozenset(
        x.extra for k, x in enumerate(program.code) if x.op == "input" and k in read
    )
