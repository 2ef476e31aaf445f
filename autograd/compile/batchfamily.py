"""The ways through a function that a batch knows, for arguments of one structure.

A `BatchFamily` records the function on the first row, with its gradient if that is wanted, and runs
the `Path` that all rows take.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Any

from autograd.compile.arguments import builder
from autograd.compile.arguments import names as names_of
from autograd.compile.buffers import result_buffer
from autograd.compile.family import MANY_PATHS, MOST_PATHS, say_it_branches
from autograd.compile.loops.places import OUTSIDE
from autograd.compile.recording.assemble import collector_paused, program_of
from autograd.compile.recording.ending import ending_in_gradient, gradient_by_leaves
from autograd.compile.rows import Given, Rows
from autograd.compile.ways import Path

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
        self._addresses: dict[int, int] = {}
        for b, columns in enumerate(self.columns, start=1):
            self._addresses.update(zip(columns, count(OUTSIDE * b), strict=False))
        shared = [k for k in range(len(self.names)) if k not in self._addresses]
        self._addresses.update((k, i) for i, k in enumerate(shared))
        self.paths: list[Path] = []
        self.lock = threading.RLock()
        self._recorded = ending_in_gradient(batch.function)

    def call(self, numbers: Sequence[Any]) -> Any:
        """Call the function on one row."""
        args, options = self._arguments(list(numbers))
        return self.batch.function(*args, **options)

    def _record(self, numbers: Sequence[Any]) -> Any:
        """Call the function to be recorded; its gradient is left to be derived."""
        args, options = self._arguments(list(numbers))
        result = self._recorded(*args, **options)
        return gradient_by_leaves(result) if self.gradient else result

    def run(self, given: Given, out: Any) -> tuple[Path, Any]:
        """Run the path that all rows take; return it and the results."""
        for path in self.paths:
            room = self._room(path, given, out)
            if not path.run(given, room):
                path.find_direct(given)
                return path, room
        path = self._found(given)
        room = self._room(path, given, out)
        failed = path.run(given, room)
        if failed:
            raise path.parting(failed)
        return path, room

    def _address(self, number: int) -> int:
        """Return where an input will be in memory: one place for each argument with rows."""
        return self._addresses.get(number, len(self._addresses) + number)

    def _found(self, given: Given) -> Path:
        """Record the path of the first row."""
        with self.lock, collector_paused():
            address = None if self.batch.options.backend == "python" else self._address
            assembled = program_of(self._record, given.first(), self.names, address)
            if self.paths:
                assembled.confirm()
            for path in self.paths:
                if path.program == assembled.program:
                    return path
            variables = assembled.variables if self.gradient else []
            path = Path(self.batch.options, self.columns, assembled, variables)
            self.paths = [path, *self.paths[: MOST_PATHS - 1]]
        if len(self.paths) == MANY_PATHS:
            say_it_branches(self.batch.function, path.program)
        return path

    def _room(self, path: Path, given: Given, out: Any) -> Any:
        if out is None:
            return path.room(given.count)
        return result_buffer(out, path.results * (given.count if path.reduce is None else 1))
