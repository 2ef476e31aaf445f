"""A program: straight-line code that can be read aloud, checked and turned into another.

Register k is the result of instruction k. An `Instruction` names its operation and the registers
it reads; a constant, the number of an input, a Python function or the index of a softmax stands in
`extra`. A `Guard` is the outcome of a branch that the program was recorded on. `Program.validate`
finds what is wrong with a program, `str(program)` prints it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from autograd.numbers.floats import QUIET
from autograd.rules import MANY, SIGNS, TABLE

__all__ = [
    "COMPARISONS",
    "LOGIC",
    "PRIMITIVES",
    "TRUTHS",
    "Guard",
    "Input",
    "Instruction",
    "Program",
]

COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
LOGIC = {"and": 2, "or": 2, "not": 1}
TRUTHS = {*COMPARISONS, *LOGIC, "truth"}  # the operations whose result is true or false
_ARITHMETIC = {"add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1}
_TWO = {"pow", "atan2", "fmod", "hypot", "copysign"}
PRIMITIVES = {
    **_ARITHMETIC,
    **{name: 2 if name in _TWO else 1 for name in QUIET if name not in ("sum", "lgamma")},
    **dict.fromkeys(COMPARISONS, 2),
    **LOGIC,
    "real": 1,
    "select": 3,
}
_ON_NUMBERS = {op: n for op, n in PRIMITIVES.items() if n < 3 and op not in (*LOGIC, "real")}
_KINDS = {"constant": float, "truth": bool}
_SYMBOLS = {**SIGNS, **COMPARISONS, "and": "and", "or": "or"}


class Instruction(NamedTuple):
    """One operation: its name, the registers it reads, and what is no register."""

    op: str
    args: tuple[int, ...] = ()
    extra: Any = None


class Guard(NamedTuple):
    """A register that must be true (or false) for the program to be the right one."""

    register: int
    expected: bool
    line: str


class Input(NamedTuple):
    """An input: its name, and the argument it comes from: a number, or None for a leaf."""

    name: str
    argument: int | None = None


@dataclass
class Program:
    """Inputs, instructions, outputs and guards.

    >>> code = [Instruction("input", extra=0), Instruction("mul", (0, 0))]
    >>> print(Program((Input("x", 0),), code, (1,)))
    program(x):
        %1 = x * x
        return %1
    """

    inputs: tuple[Input, ...]
    code: list[Instruction]
    outputs: tuple[int, ...]
    guards: tuple[Guard, ...] = ()
    names: dict[int, str] = field(default_factory=dict)

    def validate(self) -> Program:
        """Return the program itself; raise a ValueError that names the first bad instruction."""
        truths: set[int] = set()
        for k, (op, args, extra) in enumerate(self.code):
            count = len(args)
            if _ON_NUMBERS.get(op) == count:  # one operand or two
                x, y = args if count == 2 else (args[0], args[0])
                sound = 0 <= x < k and 0 <= y < k and x not in truths and y not in truths
            else:
                sound = False
            fault = "" if sound else self._fault(k, op, args, extra) or _mixed_up(op, args, truths)
            if fault:
                raise ValueError(f"instruction %{k} = {op}{args}: {fault}")
            if op in TRUTHS:
                truths.add(k)
        self._validate_ends(truths)
        return self

    def _fault(self, k: int, op: str, args: tuple[int, ...], extra: Any) -> str:
        if op == "input":
            return "" if not args and 0 <= extra < len(self.inputs) else "no such input"
        if op in _KINDS:
            return "" if not args and type(extra) is _KINDS[op] else f"not a {_KINDS[op].__name__}"
        arity = PRIMITIVES.get(op)
        if op in MANY or op == "call":
            arity = len(args)
        elif arity is None:
            if op not in TABLE:
                return "unknown operation"
            arity = len(TABLE[op].operands) + len(TABLE[op].parameters)
        if len(args) != arity:
            return f"takes {arity} operands"
        return "" if _are_earlier(args, k) else "reads a register that is not yet written"

    def _validate_ends(self, truths: set[int]) -> None:
        for register in self.outputs:
            if not 0 <= register < len(self.code) or register in truths:
                raise ValueError(f"output %{register} is not the number of a register")
        for guard in self.guards:
            if guard.register not in truths:
                raise ValueError(f"guard %{guard.register} is not a truth value")

    def constant(self, register: int) -> float | None:
        """Return the number in a register that holds a constant, else None."""
        op, _, extra = self.code[register]
        return extra if op == "constant" else None

    def name(self, register: int) -> str:
        """Return how a register is called in print."""
        op, _, extra = self.code[register]
        if op == "input":
            return str(self.inputs[extra].name)
        if op in ("constant", "truth"):
            return repr(extra)
        label = self.names.get(register)
        return f"%{register}:{label}" if label else f"%{register}"

    def __str__(self) -> str:
        lines = [f"program({', '.join(x.name for x in self.inputs)}):"]
        for k, (op, args, extra) in enumerate(self.code):
            if op not in ("input", "constant", "truth"):
                lines.append(f"    {self.name(k)} = {self._formula(op, args, extra)}")
        for register, expected, line in self.guards:
            lines.append(f"    guard {self.name(register)} is {expected}  # {line}")
        returned = ", ".join(map(self.name, self.outputs))
        return "\n".join([*lines, f"    return {returned}"])

    def _formula(self, op: str, args: Sequence[int], extra: Any) -> str:
        names = list(map(self.name, args))
        if op in _SYMBOLS and len(names) == 2:
            return f"{names[0]} {_SYMBOLS[op]} {names[1]}"
        if op == "call":
            op = getattr(extra, "__name__", "call")
        elif extra is not None:
            names.append(f"index {extra}")
        return f"{op}({', '.join(names)})"


def _are_earlier(args: tuple[int, ...], k: int) -> bool:
    return not args or (min(args) >= 0 and max(args) < k)


def _mixed_up(op: str, args: tuple[int, ...], truths: set[int]) -> str:
    """Return what is wrong with the kinds of operands: numbers where truths belong, or not."""
    if op in LOGIC or op == "real":
        wrong = [x for x in args if x not in truths]
        return f"%{wrong[0]} is not a truth value" if wrong else ""
    if op == "select":
        if args[0] not in truths:
            return f"%{args[0]} is not a truth value"
        args = args[1:]
    return "" if truths.isdisjoint(args) else "computes with a truth value: use real"
