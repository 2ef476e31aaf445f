"""The functions outside that a program in LLVM's language calls, each declared once.

`Symbols` knows intrinsics of LLVM, functions of C's mathematics, functions of Python (for what is
no straight-line code), and versions of all of them for vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from struct import pack, unpack
from typing import Any

__all__ = ["LIBM", "Symbols", "double"]

_LIBM = (
    "pow atan2 fmod hypot exp expm1 log log1p log2 log10 sin cos tan asin acos atan sinh cosh tanh "
    "asinh acosh atanh erf erfc"
)
LIBM = frozenset(_LIBM.split())


def double(x: float) -> str:
    """Return a number as LLVM writes it, to the bit."""
    return f"0x{unpack('>Q', pack('>d', x))[0]:016X}"


class Symbols:
    """The functions outside that a source calls, each declared once."""

    def __init__(
        self, vector: Callable[[str, int, bool], str | None] = lambda name, width, fast: None
    ) -> None:
        self.declarations: dict[str, str] = {}
        self.callbacks: dict[str, tuple[Callable[..., float], int]] = {}
        self.vector = vector  # the vector version of a function, where there is one
        self._names: dict[Any, str] = {}
        self._tables = count()

    def intrinsic(self, name: str, width: int, arity: int) -> str:
        """Return a function that LLVM knows itself."""
        kind = "double" if width == 1 else f"<{width} x double>"
        full = f"llvm.{name}.f64" if width == 1 else f"llvm.{name}.v{width}f64"
        self.declarations[full] = f"declare {kind} @{full}({', '.join([kind] * arity)})"
        return full

    def function(self, op: str, arity: int, extra: Any) -> str:
        """Return the symbol of a function of doubles: from libm, or one of Python."""
        if op in LIBM:
            name = op
        else:
            name = self._names.setdefault(extra, f"python_{len(self._names)}")
            self.callbacks[name] = extra, arity
        given = ", ".join(["double"] * arity)
        self.declarations[name] = f"declare double @{name}({given}) nobuiltin"
        return name

    def in_lanes(self, name: str, arity: int, width: int, fast: bool) -> str:
        """Return a function that applies another to every lane."""
        kind = f"<{width} x double>"
        vector = self.vector(name, width, fast)
        if vector:
            self.declarations[vector] = f"declare {kind} @{vector}({', '.join([kind] * arity)})"
            return vector
        given = ", ".join(f"{kind} %a{j}" for j in range(arity))
        lines = [f"define internal {kind} @lanes_{name}({given}) {{"]
        result = "poison"
        for i in range(width):
            lines += [f"%x{j}_{i} = extractelement {kind} %a{j}, i64 {i}" for j in range(arity)]
            given = ", ".join(f"double %x{j}_{i}" for j in range(arity))
            lines.append(f"%y{i} = call double @{name}({given})")
            lines.append(f"%r{i} = insertelement {kind} {result}, double %y{i}, i64 {i}")
            result = f"%r{i}"
        self.declarations[f"lanes_{name}"] = "\n".join([*lines, f"ret {kind} {result}", "}"])
        return f"lanes_{name}"

    def table(self, numbers: Sequence[float]) -> str:
        """Return the name of a table of numbers."""
        kind = f"[{len(numbers)} x double]"
        name = f"table_{next(self._tables)}"
        given = ", ".join([f"double {double(x)}" for x in numbers])
        self.declarations[name] = f"@{name} = internal constant {kind} [{given}]"
        return f"@{name}"

    def text(self) -> str:
        """Return all declarations."""
        return "\n".join(self.declarations.values())
