"""Compiled functions: recorded at the first call, checked and run natively at every other.

A `Compiled` finds the `Family` of its arguments, which knows the ways through the function for all
that have their structure, and founds one where there is none.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from array import array
from collections.abc import Callable
from typing import Any

from autograd.anomaly import detect_anomaly
from autograd.compile import python
from autograd.compile.arguments import (
    Mismatch,
    arrays_explained,
    has_values,
    numbers_of,
    plain,
    structure,
)
from autograd.compile.buffers import doubles, is_buffer
from autograd.compile.family import CompileWarning, Family, Path, keep
from autograd.compile.llvm import machine, native, scalar
from autograd.compile.llvm.quick import QuickCall
from autograd.compile.methods import Method, method_of
from autograd.compile.programs.program import Program
from autograd.compile.recording.trace import Recorder
from autograd.compile.travel import arrived, portable
from autograd.trees import flatten, rebuild
from autograd.value import Value
from autograd.watch import watchers, watching

__all__ = ["CompileWarning", "Compiled", "backend_for", "check_no_out"]


@functools.cache
def _say_how_to_be_fast() -> None:
    warnings.warn("compiled functions run as Python source, since llvmlite is not installed: "
                  "pip install scalar-autograd[compile] makes them native code",
                  CompileWarning, stacklevel=5)  # fmt: skip


def backend_for(wanted: str | None) -> str:
    """Return the back end to use; raise a ValueError for one that does not exist."""
    if wanted not in (None, "python", "llvm"):
        raise ValueError(f"backend is 'llvm' or 'python', not {wanted!r}")
    if wanted == "llvm" and not machine.available():
        raise ModuleNotFoundError(
            "backend='llvm' needs llvmlite: pip install scalar-autograd[compile]"
        )
    if wanted is None and not machine.available():
        _say_how_to_be_fast()
    return wanted or ("llvm" if machine.available() else "python")


def check_no_out(function: Callable[..., Any]) -> None:
    """Raise ValueError for a function that has an argument by the name of the result buffer."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function of C may not tell
        return
    if "out" in parameters:
        raise ValueError("the function has an argument `out`, but calls of a compiled function "
                         "take the buffer for the results by that name: rename it")  # fmt: skip


def check_no_out_for_values(out: Any) -> None:
    """Raise TypeError where a result that is made of Values is to be written to a buffer."""
    if out is not None:
        raise TypeError(
            "out= takes the numbers of a result, but with Values among the arguments, "
            "or inside a compiled function, it is made of Values: leave out= away"
        )


class Compiled(Method):
    """A function as native code; made by `autograd.compile`."""

    def __init__(self, function: Callable[..., Any], backend: str | None, fast: bool) -> None:
        check_no_out(function)
        functools.update_wrapper(self, function, updated=())
        self._function = function
        self._options = backend, fast
        self._fast = bool(fast)
        self._backend = backend_for(backend)
        self._families: dict[Any, Family] = {}
        self._last: Family | None = None
        self._quick: QuickCall | None = None  # along the path that ran last

    def __call__(self, *args: Any, out: Any = None, **options: Any) -> Any:
        """Return what the function returns for these arguments.

        Args:
            args, options: numbers, or nested lists, tuples, dicts and arrays of numbers.
            out: a writable buffer of float64 that takes the numbers of the result, in order.
        """
        quick = self._quick
        if quick is not None and not watching and not options:
            found = quick(args, out)
            if found is not None:
                return found
        if watching:
            if any(isinstance(watcher, Recorder) for watcher in watchers()):
                check_no_out_for_values(out)
                return self._function(*args, **options)  # becomes part of what is recorded
            self._look_for_anomalies(args, options)
        family = self._last
        if family is not None:
            try:
                if family.is_flat and len(args) == 1 and not options and type(args[0]) is not list:
                    numbers = self._buffer(family, args[0])
                else:
                    numbers = array("d", family.unpack(args, options))
            except (Mismatch, TypeError, OverflowError):
                pass
            else:
                found = family.run(numbers, out)
                self._quick = family.quick()
                return found
        return self._call_slowly(args, options, out)

    def _look_for_anomalies(self, args: Any, options: Any) -> None:
        """Run the function itself, on Values, where `detect_anomaly` is to name a line of it."""
        if any(isinstance(watcher, detect_anomaly) for watcher in watchers()):
            given = plain((args, options))
            values = [x if isinstance(x, Value) else Value(x).detach() for x in flatten(given)]
            args, options = rebuild(given, iter(values))  # constants: nobody asks for gradients
            self._function(*args, **options)

    def _buffer(self, family: Family, x: Any) -> Any:
        """Return the only argument of a family, if it is a buffer of the right length."""
        if type(x) is not array and not is_buffer(x):
            raise Mismatch
        if len(x) != len(family.names) or getattr(x, "ndim", 1) != 1:
            raise Mismatch
        return doubles(x)

    def _call_slowly(self, args: Any, options: Any, out: Any) -> Any:
        """Find the family of the arguments, or found one."""
        method = self._bound(args)
        if method is not None:
            return method(*args[1:], out=out, **options)
        tree = plain((args, options))
        if has_values(tree):
            check_no_out_for_values(out)
            return self._function(*args, **options)  # part of a graph, which needs its nodes
        numbers = numbers_of(tree[0], "args") + numbers_of(tree[1], "options")
        key = structure(tree)
        family = self._families.get(key)
        if family is None:
            family = Family(self._function, tree, self._backend, self._fast)
        with arrays_explained(args, options):
            result = family.run(numbers, out)
        self._last = family
        self._quick = family.quick()
        keep(self._families, key, family, self._function)
        return result

    def machine(self, numbers: array[float]) -> tuple[native.Native, list[Value]]:
        """Return the native code for one list of numbers, and the leaves it reads after them."""
        self(numbers)
        path = self._path()
        assert path.code is not None  # noqa: S101 - for the type checker: asked of LLVM's only
        return path.code, path.leaves

    def _path(self) -> Path:
        if self._last is None or not self._last.paths:
            raise RuntimeError("nothing is compiled yet: call the function once, since its program "
                               "depends on the structure of its arguments")  # fmt: skip
        return self._last.paths[0]

    @property
    def program(self) -> Program:
        """The program that ran last, with a row of the table in each instruction."""
        return self._path().program

    def source(
        self, language: str = "python", real: str = "double", *, gradient: bool = False
    ) -> str:
        """Return the program that ran last as source code.

        Args:
            language: "python", "llvm", or "c" for a C99 file that needs math.h only, in which the
                numbers of the leaves are constants.
            real: the type of numbers in C, "double" or "float".
            gradient: in C, beside the function another one, NAME_value_and_gradient, which gives
                the derivatives by its arguments too; for a function with one result.

        Raises ValueError for another language or type, RuntimeError before the first call.

        >>> import autograd
        >>> square = autograd.compile(lambda x: x * x)
        >>> square(3.0)
        9.0
        >>> print(square.source("python"))
        def program(x):
            v1 = x * x
            return (v1,)
        <BLANKLINE>
        """
        program = self._path().program
        if language == "python":
            return python.source(program)
        if language == "llvm":
            ready = self._path().assembled.in_primitives()
            return scalar.scalar_source(ready, fast=self._fast).text
        if language == "c":
            return self._c_source(real, gradient)
        raise ValueError(f"language is 'python', 'llvm' or 'c', not {language!r}")

    def _c_source(self, real: str, gradient: bool) -> str:
        from autograd.compile import c

        path, family = self._path(), self._last
        made = [c.exported(self._function, path.assembled.plain)]
        if gradient and family is not None:
            made = c.entries(family.call, path.numbers, family.names, made[0].name)
            if len(made) < 2:
                raise ValueError("gradient=True is for a function of numbers with one result: "
                                 "compile autograd.jacobian(f) for several")  # fmt: skip
        return c.source(*made, real=real)

    def __reduce__(self) -> tuple[Any, ...]:
        if self._of is not None:
            return method_of, self._of
        options = dict(zip(("backend", "fast"), self._options, strict=True))
        return _again, (portable(self._function, self), options)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self, '__qualname__', self._function)}>"


def _again(function: Any, options: dict[str, Any]) -> Compiled:
    """Make a compiled function anew, in another process."""
    return Compiled(arrived(function), **options)
