"""The Python back end: a program as the source of a function on floats, always there.

`source(program)` is backpropagation as one would write it by hand, bit for bit what Values give.
The functions of `math` are used as they are; where one of them raises, the numbers go through a
second version, which has the answers of IEEE 754 (see `numbers.floats`).
"""

from __future__ import annotations

import keyword
import linecache
import math
import re
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from unicodedata import normalize

from autograd.binding import float_names, float_source
from autograd.compile.programs.program import COMPARISONS, Program
from autograd.numbers import floats, special
from autograd.numbers.real import number
from autograd.rules import MANY, TABLE

__all__ = ["function", "source"]

_WORD = re.compile(r"[A-Za-z_]\w*")
_TEXTS = {
    **{name: f"x {sign} y" for name, sign in COMPARISONS.items()},
    "and": "x and y",
    "or": "x or y",
    "not": "not x",
    "real": "1.0 if x else 0.0",
    "select": "y if x else w",
}
_MANY: dict[str, Any] = {
    "total": floats.total,
    "dot": floats.dot,
    "product": math.prod,
    "norm": lambda xs: math.hypot(*xs),
    "logsumexp": special.logsumexp,
    "softmax": special.softmax,
}
_numbers = count(1)


def source(program: Program, *, quiet: bool = False, name: str = "program") -> str:
    """Return the Python source of a program: a function from its inputs to a tuple of outputs.

    Where a guard fails, the function returns the number of that guard instead.
    """
    return _Writer(program, quiet).source(name)


def function(program: Program) -> Callable[..., Any]:
    """Return a program as a Python function."""
    writer = _Writer(program, quiet=False)
    quick = _defined(writer.source("program"), writer.space)
    quiet: list[Callable[..., Any]] = []

    def run(*inputs: float) -> Any:
        try:
            return quick(*inputs)
        except floats.FAULTS:
            if not quiet:
                second = _Writer(program, quiet=True)
                quiet.append(_defined(second.source("program"), second.space))
            return quiet[0](*inputs)

    return run


def _defined(text: str, space: dict[str, Any]) -> Callable[..., Any]:
    file = f"<autograd program {next(_numbers)}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), space)  # noqa: S102 - written by this module
    return space["program"]  # type: ignore[no-any-return] # the function just defined


class _Writer:
    """Writes the instructions of a program as assignments."""

    def __init__(self, program: Program, quiet: bool) -> None:
        self.program = program
        self.quiet = quiet
        self.space = float_names() | _MANY
        self.taken = {*self.space, *keyword.kwlist, "program"}
        self.names = [""] * len(program.code)
        self.softmaxes: dict[tuple[int, ...], str] = {}
        self.texts: dict[str, list[str]] = {}

    def source(self, name: str) -> str:
        inputs = [self._fresh(x.name) for x in self.program.inputs]
        lines = [f"def {name}({', '.join(inputs)}):"]
        for k, (op, args, extra) in enumerate(self.program.code):
            if op == "input":
                self.names[k] = inputs[extra]
            elif op == "constant":
                self.names[k] = _literal(extra)
            elif op == "truth":
                self.names[k] = repr(extra)
            else:
                lines.extend(self._assignment(k, op, args, extra))
        for i, (register, expected, line) in enumerate(self.program.guards):
            wrong = f"not {self.names[register]}" if expected else self.names[register]
            lines += [f"    if {wrong}:  # {_comment(line)}", f"        return {i}"]
        outputs = "".join(f"{self.names[x]}, " for x in self.program.outputs)
        return "\n".join([*lines, f"    return ({outputs.rstrip()})", ""])

    def _fresh(self, wanted: str) -> str:
        """Return a name that is not taken yet, made from a label."""
        base = normalize("NFKC", wanted)  # as Python does with names
        base = re.sub(r"\W+", "_", base).strip("_") or "x"
        base = base if base.isidentifier() else f"x_{base}"
        base = base if base.isidentifier() else "x"  # there are digits that no name may have
        name, i = base, 2
        while name in self.taken:
            name, i = f"{base}_{i}", i + 1
        self.taken.add(name)
        return name

    def _assignment(self, k: int, op: str, args: tuple[int, ...], extra: Any) -> list[str]:
        names = [self.names[x] for x in args]
        lines = []
        if op == "softmax" and args not in self.softmaxes:
            self.softmaxes[args] = self._fresh("softmax_of")
            lines.append(f"    {self.softmaxes[args]} = softmax([{', '.join(names)}])")
        text = self._text(op, args, names, extra)
        self.names[k] = self._fresh(self.program.names.get(k, f"v{k}"))
        return [*lines, f"    {self.names[k]} = {text}"]

    def _text(self, op: str, args: tuple[int, ...], names: list[str], extra: Any) -> str:
        if op == "softmax":
            return f"{self.softmaxes[args]}[{extra}]"
        if op == "call":
            return f"{self._called(extra)}({', '.join(names)})"
        if op in MANY:
            return _many(MANY[op][0], names)
        parts = self.texts.get(op) or self._parsed(op)
        named = dict(zip(_operands(op), names, strict=False))
        return "".join([named.get(part, part) for part in parts])

    def _parsed(self, op: str) -> list[str]:
        """Split the text of an operation at its words."""
        text = _TEXTS.get(op) or float_source(TABLE[op], quiet=self.quiet)["z"]
        parts = self.texts[op] = re.split(r"([A-Za-z_]\w*)", text)
        return parts

    def _called(self, function: Callable[..., Any]) -> str:
        name = self._fresh(getattr(function, "__name__", "call"))
        self.space[name] = lambda *xs: number(function(*xs))
        return name


def _operands(op: str) -> Sequence[str]:
    row = TABLE.get(op)
    return ("x", "y", "w") if op in _TEXTS or row is None else (*row.operands, *row.parameters)


def _many(text: str, names: list[str]) -> str:
    """Write the value of an operation on many operands."""
    if text == "dot(xs, ys)":
        half = len(names) // 2
        return f"dot([{', '.join(names[:half])}], [{', '.join(names[half:])}])"
    return text.replace("len(xs)", str(len(names))).replace("xs", f"[{', '.join(names)}]")


def _literal(x: float) -> str:
    return f"({x!r})" if x < 0.0 or math.copysign(1.0, x) < 0.0 else repr(x)


def _comment(line: str) -> str:
    return line.replace("\n", " ")
