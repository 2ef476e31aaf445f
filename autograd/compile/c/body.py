"""Statements and expressions: a program's instructions as C, and the helpers that they call.

`Body` writes instructions as statements; what is short and read once stands where it is read.
`Helpers` holds the functions of a file: routines of the library, and rows of the table, each made
from its row. `Names` gives names that C allows, made from labels.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.compile.c.library import (
    BY_HAND,
    KEYWORDS,
    LIBM,
    ROUTINES,
    in_doubles,
    in_floats,
    literal,
    table,
)
from autograd.compile.programs.passes import fold, prune
from autograd.compile.programs.program import COMPARISONS, TRUTHS, Program
from autograd.compile.programs.reading import function_program, value_of
from autograd.numbers import exact, special

__all__ = ["Body", "Helpers", "Names", "block", "unused"]

_SHORT = 48  # letters of an expression that may stand in another one
_TEXTS = {
    "add": "{} + {}", "sub": "{} - {}", "mul": "{} * {}", "div": "{} / {}", "neg": "-{}",
    **{name: f"{{}} {sign} {{}}" for name, sign in COMPARISONS.items()},
    "and": "{} && {}", "or": "{} || {}", "not": "!{}", "select": "{} ? {} : {}",
}  # fmt: skip
_INSIDE = ("largest_of", "zeta", "zeta_term", "lgamma_at_1", "lgamma_at_2",
           "digamma_at_root")  # other names in routines  # fmt: skip
_SPECIAL = {"product_error": exact.product_error, "sum_error": exact.sum_error,
            "exp_difference": special.exp_difference}  # fmt: skip


class Names:
    """Names for C, made from labels, each once; a function has its own beside those of the file."""

    def __init__(self, taken: Iterable[str] = (), outer: Names | None = None) -> None:
        self.taken = set(taken)
        self.outer = outer
        self.inner: set[str] = set()  # of the function that is being written
        self._counts: dict[str, int] = {}
        if outer is not None:
            outer.inner = self.taken

    def fresh(self, wanted: str) -> str:
        """Return a name that is not taken."""
        base = re.sub(r"[^A-Za-z0-9]+", "_", wanted).strip("_") or "x"
        base = base if base[0].isalpha() else f"x_{base}"
        name, i = base, self._counts.get(base, 1)
        while self._has(name):
            i += 1
            name = f"{base}_{i}"
        self._counts[base] = i
        self.taken.add(name)
        return name

    def _has(self, name: str) -> bool:
        outer = self.outer is not None and name in self.outer.taken
        return name in self.taken or name in self.inner or outer


class Helpers:
    """The helper functions that a file needs, each written once, after those it calls."""

    def __init__(self, real: str) -> None:
        self.real = real
        self.parts: list[str] = []
        self.names = Names([*KEYWORDS, *ROUTINES, *_SPECIAL, *_INSIDE])
        self._written: dict[Any, str] = {}

    def libm(self, op: str) -> str:
        """Return the function of math.h for a primitive."""
        return LIBM[op] + ("f" if self.real == "float" else "")

    def routine(self, name: str) -> str:
        """Write a routine of the library, after what it calls."""
        if name in _SPECIAL:
            return self.helper(name, function_program(_SPECIAL[name]), name)
        if name not in self._written:
            self._written[name] = name
            routine = ROUTINES[name]
            for each in routine.calls:
                self.routine(each)
            tables = routine.tables.items()
            self.parts += [table(title, numbers(), self.real) for title, numbers in tables]
            text = routine.text.strip()
            self.parts += (
                [in_floats(text) if self.real == "float" else in_doubles(text)] if text else []
            )
        return name

    def helper(self, key: Any, program: Program, wanted: str) -> str:
        """Write a program with one output as a function of its inputs."""
        if key not in self._written:
            self._written[key] = name = wanted if wanted in _SPECIAL else self.names.fresh(wanted)
            self.parts.append(self._function(name, program))
        return self._written[key]

    def _function(self, name: str, program: Program) -> str:
        if self.real == "double":  # for floats C computes constants, since it rounds otherwise
            program = prune(fold(program))
        inner, body = self.names.inner, Body(program, self)
        body.inputs = [x.name for x in program.inputs]
        body.names.taken.update(body.inputs)
        lines = body.lines(range(len(program.code)))
        lines.append(f"return {body.plain(program.outputs[0])};")
        self.names.inner = inner
        head = ", ".join(f"{self.real} {x}" for x in body.inputs)
        return f"static {self.real} {name}({head})\n{block([*unused(body.inputs, lines), *lines])}"


def block(lines: Sequence[str]) -> str:
    """Return statements in braces."""
    return "\n".join(["{", *(f"    {line}" for line in lines), "}"])


def unused(names: Sequence[str], lines: Sequence[str]) -> list[str]:
    """Return statements that name the parameters which the others do not, against warnings."""
    words = set(re.findall(r"\w+", "\n".join(lines)))
    return [f"(void){name};" for name in names if name not in words]


class Body:
    """Writes instructions as statements; what is short and read once stands where it is read."""

    def __init__(self, program: Program, helpers: Helpers) -> None:
        self.program = program
        self.helpers = helpers
        self.real = helpers.real
        self.names = Names(outer=helpers.names)
        self.inputs: list[str] = []
        self.texts: dict[int, str] = {}
        self.uses = [0] * len(program.code)
        for instruction in program.code:
            for x in instruction.args:
                self.uses[x] += 1
        for x in (*program.outputs, *(guard.register for guard in program.guards)):
            self.uses[x] += 1

    def lines(self, registers: Sequence[int]) -> list[str]:
        """Return the statements for some instructions."""
        return [line for k in registers for line in self.statements(k)]

    def statements(self, k: int) -> list[str]:
        """Return the statements for an instruction."""
        op, args, extra = self.program.code[k]
        if op in ("input", "constant", "truth"):
            return []
        return self.stored(k, self.formula(op, args, extra))

    def stored(self, k: int, text: str) -> list[str]:
        """Return the statement that keeps a result; none if it can stand where it is read."""
        if self.uses[k] == 1 and len(text) < _SHORT and k not in self.program.names:
            self.texts[k] = text
            return []
        name = self.texts[k] = self.names.fresh(self.program.names.get(k, f"v{k}"))
        kind = "int" if self.program.code[k].op in TRUTHS else self.real
        return [f"const {kind} {name} = {text};"]

    def plain(self, k: int) -> str:
        """Return the text of a register."""
        op, _, extra = self.program.code[k]
        if op == "input":
            return self.inputs[int(extra)]
        if op == "constant":
            return literal(extra, self.real)
        return ("1" if extra else "0") if op == "truth" else self.texts[k]

    def operand(self, k: int) -> str:
        """Return the text of a register, in brackets where it is an expression."""
        text = self.plain(k)
        simple = re.fullmatch(r"[\w.\[\]]+|\w+\([^()]*\)|\([^()]*\)", text)
        return text if simple else f"({text})"

    def formula(self, op: str, args: tuple[int, ...], extra: Any) -> str:
        """Return the expression for an operation."""
        if op == "call":
            return self.called(extra, args)
        if op == "real":
            one, zero = literal(1.0, self.real), literal(0.0, self.real)
            return f"{self.operand(args[0])} ? {one} : {zero}"
        if op in _TEXTS:
            return str(_TEXTS[op].format(*map(self.operand, args)))
        if op in LIBM:
            return f"{self.helpers.libm(op)}({self.listed(args)})"
        return self.row(op, args)

    def listed(self, args: Sequence[int]) -> str:
        """Return the texts of some registers, as the arguments of a call."""
        return ", ".join(map(self.plain, args))

    def row(self, op: str, args: tuple[int, ...]) -> str:
        """Return a row of the table: its primitive, if it is one, or a call of a helper."""
        program = value_of(op)
        code = [x for x in program.code if x.op != "input"]
        if len(code) == 1 and len(set(code[0].args)) == len(code[0].args):
            inner = tuple([args[program.code[x].extra] for x in code[0].args])
            return self.formula(code[0].op, inner, code[0].extra)
        return f"{self.helpers.helper(op, program, op)}({self.listed(args)})"

    def called(self, function: Callable[..., Any], args: Sequence[int]) -> str:
        """Return a call of a function of `numbers.special` that is written in C by hand."""
        if function not in BY_HAND:
            name = getattr(function, "__name__", str(function))
            raise ValueError(f"{name!r} is a Python function, which C cannot call: write it with "
                             "autograd's functions, or as a rule")  # fmt: skip
        return f"{self.helpers.routine(BY_HAND[function])}({self.listed(args)})"
