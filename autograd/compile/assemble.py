"""From what was recorded to a program: one instruction for each node, in the order of recording.

`program_of` runs a function twice with the same numbers. Leaves that both runs read are inputs,
read at each call; those made inside are constants; and where the two programs differ, the function
drew a random number or depends on a state that it changes, which is a `TraceError`.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd.compile.builder import Builder
from autograd.compile.outside import collector_paused, kept_outside
from autograd.compile.program import LOGIC, Guard, Input, Instruction, Program
from autograd.compile.trace import Condition, Recording, TraceError, record
from autograd.rules import MANY, TABLE
from autograd.value import Value

__all__ = ["Assembled", "collector_paused", "program_of"]


@dataclass
class Assembled:
    """A program, the leaves it reads after its arguments, and the structure of its result."""

    program: Program
    leaves: list[Value]
    result: Any
    truths: frozenset[int]  # the outputs that are True or False


class _Assembler:
    """Turns nodes into instructions."""

    def __init__(self, recording: Recording, names: Sequence[str]) -> None:
        self.recording = recording
        self.inputs = [Input(name, i) for i, name in enumerate(names)]
        self.builder = Builder()
        self.leaves: list[Value] = []
        self.registers: dict[Value, int] = {}
        for i, argument in enumerate(recording.arguments):
            self.registers[argument] = self.builder.input(i)

    def program(self) -> Program:
        recorder = self.recording.recorder
        for node in recorder.nodes:
            if node not in self.registers:
                source = recorder.sources.get(node) if recorder.sources else None
                register = self.register(source) if source is not None else self.instruction(node)
                self.registers[node] = register
                if node.label:
                    self.builder.names.setdefault(register, str(node.label))
        outputs = tuple([self.number(x) for x in self.recording.outputs])
        guards = [Guard(self.registers[c], outcome, line) for c, outcome, line in recorder.guards]
        self.builder.inputs = tuple(self.inputs)
        return Program(
            self.builder.inputs, self.builder.code, outputs, tuple(guards), self.builder.names
        )

    def instruction(self, node: Value) -> int:
        """Write the instruction of a node."""
        op = node.op
        if op in TABLE:
            return self.builder.append(op, self._pair(node) or self._numbers(node.operands))
        operands = node.operands
        if op == "where":
            condition, a, b = operands
            if not isinstance(condition, Condition):  # decided by a plain truth value
                return self.number(a if condition else b)
            choice = self.registers[condition], self.number(a), self.number(b)
            return self.builder.append("select", choice)
        if op in LOGIC:
            return self.builder.append(op, tuple([self.registers[x] for x in operands]))
        if isinstance(node, Condition):
            return self.builder.append(op, self._numbers(operands))
        if op == "softmax":
            return self.builder.append(op, self._numbers(operands[:-1]), int(operands[-1]))
        if op in MANY:
            return self.builder.append(op, self._numbers(operands))
        function = op.function  # type: ignore[attr-defined] # the op of a custom_gradient
        return self.builder.append("call", self._numbers(operands), function)

    def _pair(self, node: Value) -> tuple[int, ...]:
        """Return the registers of two recorded operands, of most nodes; () of others."""
        a, b, known = node._a, node._b, self.registers
        if type(a) is Value and type(b) is Value and a in known and b in known:
            return known[a], known[b]
        return ()

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
            self.registers[node] = self.builder.input(len(self.inputs))
            self.inputs.append(Input(str(node.label or f"leaf_{len(self.leaves)}")))
            self.leaves.append(node)
        return self.registers[node]


def program_of(
    call: Callable[[Sequence[Value]], Any], numbers: Sequence[float], names: Sequence[str]
) -> Assembled:
    """Record a function and return its program; raise a TraceError for what cannot be followed."""
    recording = record(call, numbers)
    recordings = [recording, record(call, numbers, recording)]
    _check_kept(call, recordings)
    runs = [_Assembler(each, names) for each in recordings]
    first, second = [run.program() for run in runs]
    _compare(first, second)
    program = _settled(first, runs[0].leaves, runs[1].leaves)
    outputs = runs[0].recording.outputs
    truths = frozenset(i for i, x in enumerate(outputs) if isinstance(x, Condition))
    kept = [a for a, b in zip(runs[0].leaves, runs[1].leaves, strict=True) if a is b]
    return Assembled(program.validate(), kept, runs[0].recording.result, truths)


def _check_kept(call: Callable[..., Any], recordings: Sequence[Recording]) -> None:
    """Raise a TraceError if the function has left numbers of a recording outside."""
    place = kept_outside(call, ChainMap(*[each.recorder.nodes for each in recordings]))
    if place:
        raise TraceError(
            f"the compiled function leaves what it computes outside, in {place}: it could not do "
            "so again at each call; return it instead"
        )


def _compare(first: Program, second: Program) -> None:
    for a, b in zip(first.code, second.code, strict=False):
        if a != b and not (a.op == b.op and a.extra != a.extra and b.extra != b.extra):
            what = (
                f"{a.extra} and {b.extra}" if a.op == b.op == "constant" else f"{a.op} and {b.op}"
            )
            raise _unstable(f"{what} in the same place")
    if len(first.code) != len(second.code) or first.outputs != second.outputs:
        raise _unstable(f"{len(first.code)} and {len(second.code)} operations")


def _unstable(what: str) -> TraceError:
    return TraceError(
        f"the function did two different things in two runs with the same arguments ({what}): it "
        "draws a random number, or depends on something that it changes. Draw the number outside "
        "and pass it as an argument"
    )


def _settled(program: Program, first: list[Value], second: list[Value]) -> Program:
    """Make constants of the leaves that belong to one run only, and number the inputs anew."""
    arguments = len(program.inputs) - len(first)
    numbers: dict[int, int] = {i: i for i in range(arguments)}
    constants: dict[int, float] = {}
    for i, (a, b) in enumerate(zip(first, second, strict=True), start=arguments):
        if a is b:
            numbers[i] = len(numbers)
        elif a._data == b._data or a._data != a._data:
            constants[i] = a._data
        else:
            raise _unstable(f"{a._data} and {b._data} in a Value made inside")
    code = [_renumbered(x, numbers, constants) if x.op == "input" else x for x in program.code]
    inputs = tuple([program.inputs[i] for i in numbers])
    return Program(inputs, code, program.outputs, program.guards, program.names)


def _renumbered(
    x: Instruction, numbers: dict[int, int], constants: dict[int, float]
) -> Instruction:
    if x.extra in constants:
        return Instruction("constant", (), constants[x.extra])
    return Instruction("input", (), numbers[x.extra])
