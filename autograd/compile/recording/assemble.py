"""From what was recorded to a program: one instruction for each node, in the order of recording.

`program_of` runs a function twice with the same numbers and compares (`same`). Leaves that both
runs read are inputs, read at each call; those made inside are constants. What folds or simplifies
does so while it is written. Where no leaf is read, the program needs only the first run, and the
second may wait until the program is being compiled (`Assembled.confirm`).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from autograd.compile.loops.recorded import Plain
from autograd.compile.loops.reverse import reversed_program
from autograd.compile.loops.rolled import IrregularError
from autograd.compile.programs.builder import Builder
from autograd.compile.programs.passes import optimize, pruned, tidying_builder
from autograd.compile.programs.program import LOGIC, Guard, Input, Program
from autograd.compile.recording.outside import collector_paused, kept_outside
from autograd.compile.recording.runs import Gradient, Recording, record
from autograd.compile.recording.same import check_same
from autograd.compile.recording.trace import Condition, TraceError
from autograd.rules import MANY, TABLE
from autograd.trees import entries, flatten
from autograd.value import Value

__all__ = ["Assembled", "collector_paused", "program_of", "truths_of"]


@dataclass
class Assembled:
    """A program, with a row of the table in each instruction, and what belongs to it.

    Attributes:
        program: tidy.
        leaves: what it reads after its arguments.
        result: the structure of its result.
        truths: the outputs that are True or False.
        variables: what a `Gradient` was derived by.
        unconfirmed: the second run, where it is still to be done.
    """

    program: Program
    leaves: list[Value]
    result: Any
    truths: frozenset[int] = frozenset()
    variables: Sequence[Value] = ()
    unconfirmed: Callable[[], object] | None = None

    @property
    def waiting(self) -> Callable[[], None] | None:
        """What is still to be done before the program may be used: `confirm`, or nothing."""
        return self.confirm if self.unconfirmed is not None else None

    def confirm(self) -> None:
        """Do what is still to be done before the program may be used; raise what it raises."""
        wait, self.unconfirmed = self.unconfirmed, None
        if wait is not None:
            wait()

    @property
    def plain(self) -> Assembled:
        """The same without loops, to be read."""
        return self

    def in_primitives(self) -> Program:
        """Return the program in primitives."""
        return optimize(self.program)


class WithLoops(Assembled):
    """A program in primitives, in which loops were differentiated as loops."""

    def __init__(self, unroll: Callable[[], Assembled], *given: Any) -> None:
        super().__init__(*given)
        self._unroll = unroll
        self._plain: Assembled | None = None

    @property
    def plain(self) -> Assembled:
        """The same without loops, with rows of the table, made at the first look."""
        if self._plain is None:
            self._plain = self._unroll()
        return self._plain

    def in_primitives(self) -> Program:
        """Return the program itself."""
        return self.program


def _leaf_input(leaf: Value, number: int) -> Input:
    """Return the input for a Value from outside."""
    return Input(str(leaf.label or f"leaf_{number}"))


class _Assembler:
    """Turns nodes into instructions; leaves `inside` into constants."""

    def __init__(
        self, recording: Recording, names: Sequence[str], inside: Container[Value]
    ) -> None:
        self.recording = recording
        self.inside = inside
        self.inputs = [Input(name, i) for i, name in enumerate(names)]
        self.builder: Builder = tidying_builder()
        self.leaves: list[Value] = []
        self.registers: dict[Value, int] = {}
        for i, argument in enumerate(recording.arguments):
            self.registers[argument] = self.builder.input(i)

    def program(self) -> Program:
        recorder = self.recording.recorder
        sources, known, emit = recorder.sources, self.registers, self.builder.emit
        for node in recorder.nodes:
            if node not in known:
                a, b = node._a, node._b
                if type(a) is not Value or a not in known or node.op not in TABLE:
                    source = sources.get(node)
                    register = self.instruction(node) if source is None else self.register(source)
                elif b is None:
                    register = emit(node.op, (known[a],))
                elif type(b) is Value and b in known:
                    register = emit(node.op, (known[a], known[b]))
                else:
                    register = self.instruction(node)
                known[node] = register
                if node.label:
                    self.builder.names.setdefault(register, str(node.label))
        outputs = tuple([self.number(x) for x in self.recording.ends])
        guards = [Guard(self.registers[c], outcome, line) for c, outcome, line in recorder.guards]
        self.builder.inputs = tuple(self.inputs)
        return Program(
            self.builder.inputs, self.builder.code, outputs, tuple(guards), self.builder.names
        )

    def instruction(self, node: Value) -> int:
        """Write the instruction of a node."""
        op = node.op
        if op in TABLE:
            return self.builder.emit(op, self._numbers(node.operands))
        operands = node.operands
        if op == "where":
            condition, a, b = operands
            if not isinstance(condition, Condition):  # decided by a plain truth value
                return self.number(a if condition else b)
            choice = self.registers[condition], self.number(a), self.number(b)
            return self.builder.emit("select", choice)
        if op in LOGIC:
            return self.builder.emit(op, tuple([self.registers[x] for x in operands]))
        if isinstance(node, Condition):
            return self.builder.emit(op, self._numbers(operands))
        if op == "softmax":
            return self.builder.emit(op, self._numbers(operands[:-1]), int(operands[-1]))
        if op == "direction":
            xs = self._numbers(operands[:-1])
            return self.builder.emit("ratio", (xs[operands[-1]], self.builder.emit("norm", xs)))
        if op in MANY:
            return self.builder.emit(op, self._numbers(operands))
        function = op.function  # type: ignore[attr-defined] # the op of a custom_gradient
        return self.builder.emit("call", self._numbers(operands), function)

    def _numbers(self, operands: Sequence[Any]) -> tuple[int, ...]:
        known = self.registers
        return tuple(
            [known[x] if type(x) is Value and x in known else self.number(x) for x in operands]
        )

    def number(self, x: Any) -> int:
        """Return the register of an operand as a number."""
        if not isinstance(x, Value):
            return self.builder.constant(x)
        register = self.register(x)
        return self.builder.emit("real", (register,)) if isinstance(x, Condition) else register

    def register(self, node: Value) -> int:
        """Return the register of a node; what nobody recorded comes from outside."""
        if node not in self.registers:
            self.registers[node] = self._leaf(node)
        return self.registers[node]

    def _leaf(self, node: Value) -> int:
        if node in self.inside:
            return self.builder.constant(node._data)
        register = self.builder.input(len(self.inputs))
        self.inputs.append(_leaf_input(node, len(self.leaves)))
        self.leaves.append(node)
        return register


def program_of(
    call: Callable[[Sequence[Value]], Any], numbers: Sequence[float], names: Sequence[str],
    address: Callable[[int], int] | None = None,
) -> Assembled:  # fmt: skip
    """Record a function and return its program; raise a TraceError for what cannot be followed.

    Args:
        call: takes a list of numbers or Values; may return a `Gradient`, which is derived once.
        numbers: where to record it.
        names: of the numbers.
        address: where an input will be in memory, by its number; without it no loops are looked
            for before the gradient is derived. Given by who will also call `confirm`.
    """
    first = record(call, numbers)

    def checked() -> tuple[Recording, set[Value]]:
        second = record(call, numbers, first)
        return second, _checked(call, [first, second])

    if address is not None and first.reads_nothing:
        found = _program_once(first, names, set(), address)
        if found is not None:
            found.unconfirmed = checked
            return found
        address = None  # there are no loops
    second, inside = checked()
    found = _program_once(first, names, inside, address)
    if found is not None:
        return found
    kept = _kept(first.result, inside)
    variables = first.complete(kept)
    if not first.is_plain:  # the derivatives are functions of Python too
        second.complete(kept)
        inside = _checked(call, [first, second])
    return _assembled(first, names, inside, variables)


def _kept(gradient: Gradient, inside: Container[Value]) -> list[int]:
    """Return by which of its inputs to derive a gradient: those not made inside."""
    return [i for i, x in enumerate(gradient.inputs) if x not in inside]


def _program_once(
    recording: Recording, names: Sequence[str], inside: Container[Value],
    address: Callable[[int], int] | None,
) -> Assembled | None:  # fmt: skip
    """Return the program where no gradient is left to be derived, or where loops can be found."""
    found = recording.result
    if not isinstance(found, Gradient):
        return _assembled(recording, names, inside, [])
    if recording.is_plain and address is not None and isinstance(found.root, Value):
        with suppress(IrregularError):
            return _with_loops(recording, names, inside, _kept(found, inside), address)
    return None


def _assembled(
    recording: Recording, names: Sequence[str], inside: Container[Value], variables: list[Value]
) -> Assembled:
    assembler = _Assembler(recording, names, inside)
    program = pruned(assembler.program().validate())
    truths = truths_of(recording.result)
    return Assembled(program, assembler.leaves, recording.result, truths, variables)


def truths_of(tree: Any) -> frozenset[int]:
    """Return which numbers of a result are truth values: comparisons, True and False."""
    return frozenset(
        i for i, (_, x) in enumerate(entries(tree)) if isinstance(x, (bool, Condition))
    )


def _with_loops(
    recording: Recording, names: Sequence[str], inside: Container[Value], kept: Sequence[int],
    address: Callable[[int], int],
) -> Assembled:  # fmt: skip
    """Differentiate a recording loop by loop; the plain program waits until somebody wants it."""
    assert isinstance(recording.result, Gradient)  # noqa: S101 - for the type checker
    root, inputs, finish = recording.result
    variables = [inputs[i] for i in kept]
    plain = Plain(recording, root, names, inside, variables)
    registers = [plain.registers.get(x) for x in variables]
    leaves = [_leaf_input(x, i) for i, x in enumerate(plain.leaves)]
    all_names = [*[Input(name, i) for i, name in enumerate(names)], *leaves]
    rolled = reversed_program(plain, plain.register(root), registers, all_names, address)
    slopes = [Value(0.0) for _ in variables]
    result = finish(slopes)
    where = dict(zip((root, *slopes), rolled.outputs, strict=True))
    rolled.outputs = tuple([where[x] for x in flatten(result)])

    def unrolled() -> Assembled:
        recording.complete(kept, late=True)
        return _assembled(recording, names, inside, variables)

    return WithLoops(unrolled, rolled, plain.leaves, result, frozenset(), variables)


def _checked(call: Callable[..., Any], recordings: Sequence[Recording]) -> set[Value]:
    """Return the Values made inside; raise a TraceError for what a program could not repeat."""
    place = kept_outside(call, ChainMap(*[each.recorder.nodes for each in recordings]))
    if place:
        raise TraceError(
            f"the compiled function leaves what it computes outside, in {place}: it could not do "
            "so again at each call; return it instead"
        )
    return check_same(*recordings)
