"""Compiled functions: recorded at the first call, checked and run natively at every other.

A `Compiled` keeps a `Family` for each structure of arguments, and a family a `Path` for each way
through the branches of the function. A call tries the paths it knows, the last one first; where the
guards of all fail, the function is recorded again.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from autograd.anomaly import detect_anomaly
from autograd.compile import llvm, native, python
from autograd.compile.arguments import (
    Mismatch,
    builder,
    has_values,
    names,
    plain,
    structure,
    unpacker,
)
from autograd.compile.assemble import Assembled, collector_paused, program_of
from autograd.compile.buffers import address_of, doubles, is_buffer, result_buffer
from autograd.compile.passes import optimize, tidy
from autograd.compile.program import Program
from autograd.compile.slots import Slots
from autograd.compile.trace import Recorder
from autograd.compile.travel import arrived, portable
from autograd.derivatives import flatten, rebuild
from autograd.value import Value
from autograd.watch import watchers, watching

__all__ = ["CompileWarning", "Compiled", "backend_for", "check_no_out", "say_it_branches"]

MANY_PATHS = 8  # from here on there is a warning
MOST_PATHS = 64  # from here on new paths run as plain Python


class CompileWarning(UserWarning):
    """A compiled function works, but slower than it could."""


@functools.cache
def _say_how_to_be_fast() -> None:
    warnings.warn("compiled functions run as Python source, since llvmlite is not installed: "
                  "pip install scalar-autograd[compile] makes them native code",
                  CompileWarning, stacklevel=5)  # fmt: skip


def backend_for(wanted: str | None) -> str:
    """Return the back end to use; raise a ValueError for one that does not exist."""
    if wanted not in (None, "python", "llvm"):
        raise ValueError(f"backend is 'llvm' or 'python', not {wanted!r}")
    if wanted == "llvm" and not native.available():
        raise ModuleNotFoundError(
            "backend='llvm' needs llvmlite: pip install scalar-autograd[compile]"
        )
    if wanted is None and not native.available():
        _say_how_to_be_fast()
    return wanted or ("llvm" if native.available() else "python")


def write(out: Any, numbers: Sequence[float]) -> None:
    """Write numbers into a buffer of doubles."""
    memoryview(out).cast("B").cast("d")[:] = array("d", numbers)


class Path:
    """One way through a function: its program, ready to run."""

    def __init__(
        self, assembled: Assembled, backend: str, fast: bool, numbers: Sequence[float]
    ) -> None:
        self.assembled = assembled
        self.numbers = numbers  # that take this way
        self.program = tidy(assembled.program)
        self.leaves = assembled.leaves
        self.build = builder(assembled.result, assembled.truths)
        self.zeros = array("d", [0.0]) * len(self.program.outputs)
        self.code: native.Native | None = None
        self.run = self._python() if backend == "python" else self._native(fast)

    def _python(self) -> Callable[[array[float], Any], bool]:
        function = python.function(self.program)

        def run(numbers: array[float], out: Any) -> bool:
            found = function(*numbers.tolist(), *[leaf._data for leaf in self.leaves])
            if type(found) is int:
                return False
            write(out, found)
            return True

        return run

    def _native(self, fast: bool) -> Callable[[array[float], Any], bool]:
        self.code = code = native.load(llvm.scalar_source(optimize(self.program), fast=fast), 3)
        function, leaves = code.function, Slots(self.leaves)
        before = 8 * (len(leaves.leaves) - len(self.program.inputs))  # the bytes of the arguments
        behind = 8 * len(self.program.outputs)

        def run(numbers: Any, out: Any) -> bool:
            given, there = address_of(numbers), address_of(out)
            if before < given - there < behind:  # arguments stand where results are written
                fresh = self.zeros[:]
                done = run(numbers, fresh)
                if done:
                    write(out, fresh)
                return done
            if leaves.leaves:
                numbers = array("d", numbers)
                numbers.extend(leaves.numbers())
                given = address_of(numbers)
            space = code.space()
            failed = function(given, there, space.address)
            code.done(space)
            return not failed

        return run


class Family:
    """The paths of a function for arguments of one structure."""

    def __init__(self, function: Callable[..., Any], tree: Any, backend: str, fast: bool) -> None:
        self.function = function
        self.backend = backend
        self.fast = fast
        self.unpack = unpacker(tree)
        self.names = _argument_names(function, tree)
        self.paths: list[Path] = []
        self.is_flat = _is_flat(tree)  # one argument, a list of numbers
        self._arguments = builder(tree)
        self._lock = threading.RLock()

    def call(self, numbers: Sequence[Any]) -> Any:
        """Call the function itself with numbers or Values in the place of the arguments'."""
        args, options = self._arguments(list(numbers))
        return self.function(*args, **options)

    def run(self, numbers: Any, out: Any) -> Any:
        """Run the path that these numbers take; return the result, or `out` where it is given."""
        paths = self.paths
        for path in paths:
            result = path.zeros[:] if out is None else result_buffer(out, len(path.zeros))
            if path.run(numbers, result):
                if path is not paths[0]:
                    self._prefer(path)
                return path.build(result.tolist()) if out is None else out
        return self._run_anew(numbers, out)

    def _prefer(self, path: Path) -> None:
        """Try a path first from now on; others may go through the list meanwhile."""
        with self._lock:
            self.paths = sorted(self.paths, key=lambda x: x is not path)

    def _run_anew(self, numbers: Any, out: Any) -> Any:
        """Record the path that these numbers take, and run it."""
        known = self.paths
        with self._lock, collector_paused():
            if self.paths is not known:  # another thread was first, perhaps with the same path
                return self.run(numbers, out)
            if len(known) >= MOST_PATHS:
                return self._run_eagerly(numbers, out)
            start = numbers.tolist()
            path = Path(program_of(self.call, start, self.names), self.backend, self.fast, start)
            self.paths = [path, *known]
        if len(self.paths) == MANY_PATHS:
            say_it_branches(self.function, path.program)
        result = path.zeros[:] if out is None else result_buffer(out, len(path.zeros))
        if path.run(numbers, result):
            return path.build(result.tolist()) if out is None else out
        return self._run_eagerly(numbers, out)

    def _run_eagerly(self, numbers: Any, out: Any) -> Any:
        result = self.call(numbers.tolist())
        flat = [x._data if isinstance(x, Value) else x for x in flatten(result, "the result")]
        if out is None:
            return builder(result)(flat)
        write(result_buffer(out, len(flat)), flat)
        return out


def say_it_branches(function: Callable[..., Any], program: Program) -> None:
    """Warn that a function is recorded again and again, and name the lines where it branches."""
    name = getattr(function, "__name__", "a function")
    lines = "\n  ".join(sorted({guard.line for guard in program.guards})[:5])
    warnings.warn(
        f"{name} has been recorded along {MANY_PATHS} paths, and is again at every new one (at "
        f"most {MOST_PATHS} are kept): it branches on a number. Use autograd.where(condition, a, "
        f"b) instead of `if`, maximum instead of max. It branches here:\n  {lines}",
        CompileWarning,
        stacklevel=6,
    )


def _is_flat(tree: Any) -> bool:
    args, options = tree
    flat = len(args) == 1 and not options and isinstance(args[0], list)
    return flat and not any(isinstance(x, (list, tuple, dict)) for x in args[0])


def _argument_names(function: Callable[..., Any], tree: Any) -> list[str]:
    """Return a name for every number among the arguments: v_0, v_1 for a list v."""
    args, options = tree
    try:
        known = list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        known = []
    found: list[str] = []
    for i, arg in enumerate(args):
        found.extend(names(arg, known[i] if i < len(known) else f"x_{i}"))
    for name, option in options.items():
        found.extend(names(option, name))
    return found


def check_no_out(function: Callable[..., Any]) -> None:
    """Raise ValueError for a function that has an argument by the name of the result buffer."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # a function of C may not tell
        return
    if "out" in parameters:
        raise ValueError("the function has an argument `out`, but calls of a compiled function "
                         "take the buffer for the results by that name: rename it")  # fmt: skip


class Compiled:
    """A function as native code; made by `autograd.compile`."""

    def __init__(self, function: Callable[..., Any], backend: str | None, fast: bool) -> None:
        check_no_out(function)
        functools.update_wrapper(self, function)
        self._function = function
        self._options = {"backend": backend, "fast": fast}
        self._backend = backend_for(backend)
        self._families: dict[Any, Family] = {}
        self._last: Family | None = None

    def __call__(self, *args: Any, out: Any = None, **options: Any) -> Any:
        """Return what the function returns for these arguments.

        Args:
            args, options: numbers, or nested lists, tuples, dicts and arrays of numbers.
            out: a writable buffer of float64 that takes the numbers of the result, in order.
        """
        if watching:
            if any(isinstance(watcher, Recorder) for watcher in watchers()):
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
                return family.run(numbers, out)
        return self._call_slowly(args, options, out)

    def _look_for_anomalies(self, args: Any, options: Any) -> None:
        """Run the function itself, on Values, where `detect_anomaly` is to name a line of it."""
        if any(isinstance(watcher, detect_anomaly) for watcher in watchers()):
            given = plain((args, options))
            variables = iter([x if isinstance(x, Value) else Value(x) for x in flatten(given)])
            args, options = rebuild(given, variables)
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
        tree = plain((args, options))
        if has_values(tree):
            return self._function(*args, **options)  # part of a graph, which needs its nodes
        numbers = array("d", flatten(tree[0], "args"))
        numbers.extend(array("d", flatten(tree[1], "options")))
        key = structure(tree)
        family = self._families.get(key)
        if family is None:
            family = Family(self._function, tree, self._backend, bool(self._options["fast"]))
        result = family.run(numbers, out)
        self._families[key] = self._last = family
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
            return llvm.scalar_source(optimize(program), fast=bool(self._options["fast"])).text
        if language == "c":
            return self._c_source(real, gradient)
        raise ValueError(f"language is 'python', 'llvm' or 'c', not {language!r}")

    def _c_source(self, real: str, gradient: bool) -> str:
        from autograd.compile import c

        path, family = self._path(), self._last
        made = [c.exported(self._function, path.program, path.leaves, path.assembled.result)]
        if gradient and family is not None:
            made = c.entries(family.call, path.numbers, family.names, made[0].name)
            if len(made) < 2:
                raise ValueError("gradient=True is for a function of numbers with one result: "
                                 "compile autograd.jacobian(f) for several")  # fmt: skip
        return c.source(*made, real=real)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (portable(self._function, self), self._options)

    def __repr__(self) -> str:
        return f"<compiled {getattr(self, '__qualname__', self._function)}>"


def _again(function: Any, options: dict[str, Any]) -> Compiled:
    """Make a compiled function anew, in another process."""
    return Compiled(arrived(function), **options)
