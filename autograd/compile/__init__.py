"""Compile: the same scalar program at the speed of native code.

`compile(f)` returns a function that gives what f gives. At its first call f is recorded on Values
(`trace`), the recording becomes a straight-line program (`program`, `assemble`), passes make it
smaller (`passes`), and a back end makes it run: Python source (`python`), native code through LLVM
(`llvm`, `native`; needs llvmlite, the extra `compile`), or C99 source for elsewhere (`c`).
"""

from collections.abc import Callable
from typing import Any

from autograd.compile.compiled import Compiled, CompileWarning
from autograd.compile.program import Guard, Input, Instruction, Program
from autograd.compile.trace import TraceError

__all__ = [
    "CompileWarning",
    "Compiled",
    "Guard",
    "Input",
    "Instruction",
    "Program",
    "TraceError",
    "compile",
]


def compile(f: Callable[..., Any], *, backend: str | None = None, fast: bool = False) -> Compiled:
    """Return a function that gives the same results as f, natively.

    Args:
        f: a function of numbers or nested lists, tuples and dicts of numbers, made of operations on
            Values; also a transformed one, such as `autograd.value_and_grad(f)`.
        backend: "llvm" or "python"; by default LLVM where llvmlite is installed.
        fast: allow fused multiply-add and vector functions, within 4 ulp an operation.

    The function is recorded at the first call with each structure of arguments, and again where a
    branch on a number goes another way. Raises TraceError for what could not be followed.

    >>> import autograd
    >>> rosenbrock = lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
    >>> gradient = autograd.compile(autograd.grad(rosenbrock))
    >>> gradient([0.5, 0.5])
    [-51.0, 50.0]
    """
    return Compiled(f, backend, fast)
