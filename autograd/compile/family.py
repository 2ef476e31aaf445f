"""The ways through a function, for arguments of one structure.

A `Family` keeps a `Path` for each way through the branches of a function. A call tries the paths it
knows, the last one first; where the guards of all fail, the function is recorded again.
"""

from __future__ import annotations

import inspect
import threading
import warnings
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograd.compile import python
from autograd.compile.arguments import builder, names, unpacker
from autograd.compile.buffers import address_of, result_buffer, write
from autograd.compile.llvm import native, scalar
from autograd.compile.llvm.quick import QuickCall, quick_call
from autograd.compile.llvm.slots import Slots
from autograd.compile.programs.program import Program
from autograd.compile.recording.assemble import (
    Assembled,
    collector_paused,
    program_of,
    truths_of,
)
from autograd.compile.recording.ending import ending_in_gradient
from autograd.compile.recording.runs import constant
from autograd.trees import flatten
from autograd.value import Value

__all__ = ["MANY_PATHS", "MOST_PATHS", "CompileWarning", "Family", "Path", "keep"]
__all__ += ["say_it_branches"]

MANY_PATHS = 8  # from here on there is a warning
MOST_PATHS = 64  # from here on new paths run as plain Python
MOST_STRUCTURES = 64  # of arguments, each with a family of its own
OFTEN = 4  # calls of a path, after which there is a quick way


class CompileWarning(UserWarning):
    """A compiled function works, but slower than it could."""


class Path:
    """One way through a function: its program, ready to run."""

    def __init__(
        self, assembled: Assembled, backend: str, fast: bool, numbers: Sequence[float]
    ) -> None:
        self.assembled = assembled
        self.numbers = numbers  # that take this way
        self.leaves = assembled.leaves
        self.build = builder(assembled.result, assembled.truths)
        ready = assembled.program if backend == "python" else assembled.in_primitives()
        self.zeros = array("d", [0.0]) * len(ready.outputs)
        self.code: native.Native | None = None
        self.slots = Slots([] if backend == "python" else self.leaves)
        self._calls = 0
        self._quick: QuickCall | None = None
        self.run = self._python() if backend == "python" else self._native(ready, fast)

    @property
    def program(self) -> Program:
        """The program, with a row of the table in each instruction."""
        return self.assembled.plain.program

    def quick(self, arguments: Any) -> QuickCall | None:
        """Return the quick way for arguments of a structure, if the path was called often."""
        self._calls = calls = self._calls + 1  # one thread meets each number
        if calls == OFTEN:
            results = len(self.zeros)
            self._quick = quick_call(self.code, self.slots, arguments, results, self.build)
        return self._quick

    def _python(self) -> Callable[[array[float], Any], bool]:
        function = python.function(self.program)

        def run(numbers: array[float], out: Any) -> bool:
            try:
                found = function(*numbers.tolist(), *[leaf._data for leaf in self.leaves])
            except Exception:  # noqa: BLE001 - of a function not meant for these numbers, or again
                return False
            if type(found) is int:
                return False
            write(out, found)
            return True

        return run

    def _native(self, program: Program, fast: bool) -> Callable[[array[float], Any], bool]:
        source = partial(scalar.scalar_source, program, fast=fast)
        self.code = code = native.load(source, 3, meanwhile=self.assembled.waiting)
        function, leaves = code.function, self.slots
        before = 8 * (len(leaves.leaves) - len(program.inputs))  # the bytes of the arguments
        behind = 8 * len(program.outputs)

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
            code.done(space, failed)
            return not failed

        return run


class Family:
    """The paths of a function for arguments of one structure."""

    def __init__(self, function: Callable[..., Any], tree: Any, backend: str, fast: bool) -> None:
        self.function = function
        self._recorded = ending_in_gradient(function)
        self.backend = backend
        self.fast = fast
        self.unpack = unpacker(tree)
        self._tree = tree
        self.names = _argument_names(function, tree)
        self.paths: list[Path] = []
        self.is_flat = _is_flat(tree)  # one argument, a list of numbers
        self._arguments = builder(tree)
        self._lock = threading.RLock()

    def call(self, numbers: Sequence[Any]) -> Any:
        """Call the function itself with numbers or Values in the place of the arguments'."""
        args, options = self._arguments(list(numbers))
        return self.function(*args, **options)

    def _record(self, numbers: Sequence[Any]) -> Any:
        """Call the function to be recorded; a gradient that it ends with is left to be derived."""
        args, options = self._arguments(list(numbers))
        return self._recorded(*args, **options)

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

    def quick(self) -> QuickCall | None:
        """Return the quick way along the path that ran last, if there is one."""
        return self.paths[0].quick(self._tree) if self.paths else None

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
            address = None if self.backend == "python" else int
            assembled = program_of(self._record, start, self.names, address)
            path = Path(assembled, self.backend, self.fast, start)
            self.paths = [path, *known]
        if len(self.paths) == MANY_PATHS:
            say_it_branches(self.function, path.program)
        result = path.zeros[:] if out is None else result_buffer(out, len(path.zeros))
        if path.run(numbers, result):
            return path.build(result.tolist()) if out is None else out
        return self._run_eagerly(numbers, out)

    def _run_eagerly(self, numbers: Any, out: Any) -> Any:
        result = self.call(list(map(constant, numbers)))
        flat = [x._data if isinstance(x, Value) else x for x in flatten(result, "the result")]
        if out is None:
            return builder(result, truths_of(result))(flat)
        write(result_buffer(out, len(flat)), flat)
        return out


def keep(families: dict[Any, Any], key: Any, family: Any, function: Any) -> None:
    """Keep a family as the one used last; of too many, drop the one not used for longest.

    Other threads may do so meanwhile.
    """
    families.pop(key, None)
    families[key] = family
    if len(families) > MOST_STRUCTURES:
        families.pop(next(iter(list(families))), None)
        name = getattr(function, "__name__", "a function")
        warnings.warn(
            f"{name} has been compiled for more than {MOST_STRUCTURES} structures of arguments "
            "(lengths of lists, keys of dicts): each is a program of its own, and only those used "
            "last are kept. Fill lists up to a few lengths, or call the function itself",
            CompileWarning,
            stacklevel=4,
        )


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
