"""The ways through a function that a batch knows, for arguments of one structure.

A `BatchFamily` records the function on the first row, with its gradient if that is wanted, and runs
the `Path` that all rows take.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd.compile.arguments import builder
from autograd.compile.arguments import names as names_of
from autograd.compile.assemble import Assembled, collector_paused, program_of
from autograd.compile.buffers import result_buffer
from autograd.compile.direct import direct_call
from autograd.compile.family import MANY_PATHS, MOST_PATHS, say_it_branches
from autograd.compile.outside import unwatched
from autograd.compile.passes import tidy
from autograd.compile.rows import Given, Rows
from autograd.compile.trace import Recorder
from autograd.compile.ways import Path
from autograd.value import Value
from autograd.watch import watchers

if TYPE_CHECKING:
    from autograd.compile.batch import Batch

__all__ = ["BatchFamily"]


class BatchFamily:
    """The paths for arguments of one structure."""

    def __init__(self, batch: Batch, given: Given, gradient: bool) -> None:
        self.batch = batch
        self.gradient = gradient
        trees = [x.tree for x in given.args], {k: x.tree for k, x in given.options.items()}
        self._arguments = builder(trees)
        self.names: list[str] = []
        self.columns: list[list[int]] = []
        for name, x in zip(batch.parameters_of(given), given.all, strict=True):
            start = len(self.names)
            self.names.extend(names_of(x.tree, name))
            if type(x) is Rows:
                self.columns.append(list(range(start, len(self.names))))
        self.paths: list[Path] = []
        self.lock = threading.RLock()
        self._read: list[list[Value]] = []  # for each recording, what it was differentiated by

    def call(self, numbers: Sequence[Any]) -> Any:
        """Call the function on one row; with `gradient`, differentiate by the leaves too."""
        args, options = self._arguments(list(numbers))
        result = self.batch.function(*args, **options)
        if not self.gradient:
            return result
        self._read.append(_variables())
        return result, _gradient(result, self._read[-1])

    def run(self, given: Given, out: Any) -> tuple[Path, Any]:
        """Run the path that all rows take; return it and the results."""
        for path in self.paths:
            room = self._room(path, given, out)
            if not path.run(given, room):
                return path, room
        path = self._recorded(given)
        room = self._room(path, given, out)
        failed = path.run(given, room)
        if failed:
            raise path.parting(failed)
        return path, room

    def _recorded(self, given: Given) -> Path:
        """Record the path of the first row."""
        with self.lock, collector_paused():
            self._read.clear()
            assembled = program_of(self.call, given.first(), self.names)
            variables = self._settled(assembled) if self.gradient else []
            assembled.program = tidy(assembled.program)
            for path in self.paths:
                if path.program == assembled.program:
                    return path
            path = Path(self.batch.options, self.columns, assembled, variables)
            path.direct = direct_call(path, given)
            self.paths = [path, *self.paths[: MOST_PATHS - 1]]
        if len(self.paths) == MANY_PATHS:
            say_it_branches(self.batch.function, path.program)
        return path

    def _settled(self, assembled: Assembled) -> list[Value]:
        """Keep the derivatives by leaves from outside, not by those made in a recording."""
        pairs = list(enumerate(zip(*self._read, strict=True), start=1))
        kept = [j for j, (a, b) in pairs if a is b]
        outputs = assembled.program.outputs
        assembled.program.outputs = (outputs[0], *[outputs[j] for j in kept])
        value, slopes = assembled.result
        assembled.result = value, [slopes[j - 1] for j in kept]
        return [a for _, (a, b) in pairs if a is b]

    def _room(self, path: Path, given: Given, out: Any) -> Any:
        if out is None:
            return path.room(given.count)
        return result_buffer(out, path.results * (given.count if path.reduce is None else 1))


def _recorder() -> Recorder:
    """Return what makes the recording that goes on."""
    recorder = watchers()[0]
    assert isinstance(recorder, Recorder)  # noqa: S101 - for the type checker: we are being recorded
    return recorder


def _variables() -> list[Value]:
    """Return the leaves that have been read in the recording that goes on."""
    return [x for x in _recorder().outside if x.op != "constant"]


def _gradient(result: Any, variables: list[Value]) -> list[Any]:
    """Return the derivatives of a result by the leaves that were read."""
    if not isinstance(result, Value):
        raise TypeError("backward needs a function that returns one Value, but it returned a "
                        f"{type(result).__name__}")  # fmt: skip
    with unwatched():
        found = _recorder().gradients(result, 1.0, variables)
    return [found.get(x, 0.0) for x in variables]
