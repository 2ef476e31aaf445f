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

from autograd.compile.loops.gradients import reversed_program
from autograd.compile.loops.recorded import Plain
from autograd.compile.loops.rolled import IrregularError
from autograd.compile.programs.passes import optimize, pruned
from autograd.compile.programs.program import Input, Program
from autograd.compile.recording.assembler import Assembler, leaf_input
from autograd.compile.recording.outside import collector_paused, kept_outside
from autograd.compile.recording.runs import Gradient, Recording, record
from autograd.compile.recording.same import check_same
from autograd.compile.recording.trace import Condition, TraceError
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
    assembler = Assembler(recording, names, inside)
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
    leaves = [leaf_input(x, i) for i, x in enumerate(plain.leaves)]
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
