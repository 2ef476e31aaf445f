"""Writing operations in LLVM's language, on doubles or on vectors of doubles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.compile.llvm.symbols import Symbols, double
from autograd.compile.programs.program import LOGIC

__all__ = ["Writer"]

_BINARY = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_PREDICATES = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_INTRINSICS = {"abs": "fabs", "sqrt": "sqrt", "floor": "floor", "ceil": "ceil", "trunc": "trunc",
               "round": "rint", "copysign": "copysign"}  # fmt: skip


class Writer:
    """Collects lines.

    Args:
        width: how many doubles a value holds; 1 for plain doubles.
        symbols: the functions outside that are called.
        fast: allow contraction and vector functions.
    """

    def __init__(self, width: int, symbols: Symbols, fast: bool) -> None:
        self.width = width
        self.symbols = symbols
        self.flags = " contract" if fast else ""
        self.fast = fast
        self.type = "double" if width == 1 else f"<{width} x double>"
        self.truth = "i1" if width == 1 else f"<{width} x i1>"
        self.lines: list[str] = []
        self.count = 0
        self.labels = 0
        self.numbered = False  # names are numbers, as LLVM itself gives: it reads them sooner

    def label(self) -> str:
        """Return a fresh name of a block."""
        self.labels += 1
        return f"loop{self.labels}"

    def add(self, text: str) -> str:
        """Write an instruction; return the name of its result."""
        self.count += 1
        name = f"%{self.count}" if self.numbered else f"%t{self.count}"
        self.lines.append(f"{name} = {text}")
        return name

    def pointer(self, base: str, offset: int) -> str:
        """Return the name of a pointer to some bytes after another."""
        return self.add(f"getelementptr i8, ptr {base}, i64 {offset}") if offset else base

    def number(self, x: float) -> str:
        """Return a constant, the same in all lanes."""
        if self.width == 1:
            return double(x)
        return f"splat (double {double(x)})"

    def truth_value(self, x: bool) -> str:
        """Return true or false, the same in all lanes."""
        word = "true" if x else "false"
        return word if self.width == 1 else f"splat (i1 {word})"

    def spread_load(self, at: str) -> str:
        """Return the text that loads a double into every lane."""
        load = f"load double, ptr {at}"
        return load if self.width == 1 else self.spread(self.add(load))

    def spread(self, scalar: str) -> str:
        """Return the text of a vector with a double in every lane."""
        one = self.add(f"insertelement {self.type} poison, double {scalar}, i64 0")
        return f"shufflevector {self.type} {one}, {self.type} poison, {self.zeros()}"

    def zeros(self) -> str:
        """Return the mask that puts the first lane into all."""
        return f"<{self.width} x i32> zeroinitializer"

    def real(self, truth: str) -> str:
        """Return the name of the number that a truth value is: 1 or 0."""
        one, zero = self.number(1.0), self.number(0.0)
        return self.add(f"select {self.truth} {truth}, {self.type} {one}, {self.type} {zero}")

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
        return f"call {self.type} @{symbol}({given})"
