"""Writing what was recorded as a program: one instruction for each node, in their order."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from autograd.compile.programs.builder import Builder
from autograd.compile.programs.passes import tidying_builder
from autograd.compile.programs.program import LOGIC, Guard, Input, Program
from autograd.compile.recording.runs import Recording
from autograd.compile.recording.trace import Condition
from autograd.rules import MANY, TABLE
from autograd.value import Value

__all__ = ["Assembler", "leaf_input"]


def leaf_input(leaf: Value, number: int) -> Input:
    """Return the input for a Value from outside."""
    return Input(str(leaf.label or f"leaf_{number}"))


class Assembler:
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
        """Return all of it."""
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
        self.inputs.append(leaf_input(node, len(self.leaves)))
        self.leaves.append(node)
        return register
