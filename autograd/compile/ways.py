"""One way through a function, the same for all rows of a batch: its program, ready to run.

`Path.run` writes the results for the rows of a call, natively (in threads, if wanted) or row by row
in Python.
"""

from __future__ import annotations

import functools
import os
from array import array
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from autograd.compile import python
from autograd.compile.arguments import builder
from autograd.compile.buffers import address_of, write
from autograd.compile.llvm import lanes, machine, native
from autograd.compile.llvm.direct import DirectCall, direct_call
from autograd.compile.llvm.layout import Source
from autograd.compile.llvm.pieces import HandOver
from autograd.compile.llvm.slots import Slots
from autograd.compile.llvm.symbols import Symbols
from autograd.compile.programs.passes import optimize
from autograd.compile.programs.program import Program
from autograd.compile.recording.assemble import Assembled
from autograd.compile.recording.trace import TraceError
from autograd.compile.rows import Given, listed
from autograd.value import Value

__all__ = ["Options", "Path"]

Numbers = Sequence[float]


@dataclass(frozen=True)
class Options:
    """How a batch is done: see `autograd.compile`."""

    reduce: str | None
    backend: str
    fast: bool
    threads: int


class Path:
    """One way through the function, the same for all rows: its program, ready to run."""

    def __init__(
        self, options: Options, columns: list[list[int]], assembled: Assembled,
        variables: Sequence[Value] = (),
    ) -> None:  # fmt: skip
        self.assembled = assembled
        self._native = None if options.backend == "python" else assembled.in_primitives()
        outputs = assembled.program.outputs
        self.leaves = assembled.leaves
        self.slots = Slots(self.leaves)
        self.variables = list(variables)  # the leaves that it is differentiated by
        self.gradients = Slots(variables)
        self.plain = all(leaf._a is None for leaf in variables)
        self.reduce = options.reduce
        self.results = len(outputs)
        self.zeros = array("d", bytes(8 * self.results))
        self.build = builder(assembled.result)
        self.tree = assembled.result
        if self.variables:
            self.tree = dict(zip(("value", "gradient"), self.tree, strict=True))
        self.threads = options.threads
        self.columns = columns
        self.lanes = 1
        self.code: native.Native | None = None
        self.direct: DirectCall | None = None  # the quick way, where there is one
        if options.backend == "python":
            self.function = python.function(self.program)
        else:
            self.lanes = machine.lanes()
            write = functools.partial(self.source, options.fast)
            self.code = native.load(write, 7, meanwhile=assembled.waiting)

    @property
    def program(self) -> Program:
        """The program for one row, with a row of the table in each instruction."""
        return self.assembled.plain.program

    def source(self, fast: bool, hand_over: HandOver | None = None) -> Source:
        """Return the source of the batch in LLVM's language; see `batch_source`."""
        symbols = Symbols(native.vector_function)
        program = self._native or optimize(self.program)
        return lanes.batch_source(program, self.columns, self.reduce, hand_over,
                                  width=machine.lanes(), symbols=symbols, fast=fast)  # fmt: skip

    def find_direct(self, given: Given) -> None:
        """Look for a quick way for arguments like these: worth its time where calls come again."""
        if self.direct is None:
            self.direct = direct_call(self, given)

    def machine(self) -> tuple[native.Native, Any]:
        """Return the native code, and a work area for it."""
        assert self.code is not None  # noqa: S101 - for the type checker: asked of LLVM's only
        return self.code, self.code.space()

    def parting(self, failed: int) -> TraceError:
        """Return the error for rows that part at a guard, by its number from 1."""
        line = self.program.guards[failed - 1].line.rstrip(":")
        return TraceError(
            f"the rows of the batch take different ways at {line}: "
            "all rows are computed together. Write autograd.where(condition, a, b) for the branch "
            "(maximum, minimum, relu, clip for common ones), or give the rows of one way only"
        )

    def room(self, rows: int) -> array[float]:
        """Return room for the results."""
        if self.reduce is not None:
            return self.zeros[:]
        return array("d", bytes(8 * self.results * rows))

    def run(self, given: Given, out: Any) -> int:
        """Write the results; return 0, or the number from 1 of a guard that failed in a row."""
        if self.code is None:
            return self._run_python(given, out)
        inputs = given.shared()
        if self.leaves and inputs:
            inputs = inputs + self.slots.numbers()
        elif self.leaves:
            inputs = self.slots.numbers()
        if self.threads == 1:
            return self._run_native(inputs, out, given, 0, given.count)
        return self._run_threads(inputs, out, given)

    def _run_native(self, inputs: Any, out: Any, given: Given, begin: int, end: int) -> int:
        code = self.code
        assert code is not None  # noqa: S101 - for the type checker: only called where there is one
        space = code.space()
        failed: int = code.function(
            address_of(inputs),
            address_of(out),
            space.address,
            given.address,
            begin,
            end,
            given.count,
        )
        code.done(space, failed)
        return failed

    def _run_threads(self, inputs: Any, out: Any, given: Given) -> int:
        """Split the rows among threads, and add up what each has found, in their order."""
        rows = given.count
        share = -(-rows // (self.threads * self.lanes)) * self.lanes
        parts = [(begin, min(begin + share, rows)) for begin in range(0, rows, share)]
        outs = [out if self.reduce is None else self.room(rows) for _ in parts]
        jobs = [
            _pool(self.threads).submit(self._run_native, inputs, o, given, *part)
            for o, part in zip(outs, parts, strict=True)
        ]
        failed = [job.result() for job in jobs]
        if self.reduce is not None:
            write(out, [functools.reduce(float.__add__, xs) for xs in zip(*outs, strict=True)])
        return next((number for number in failed if number), 0)

    def _run_python(self, given: Given, out: Any) -> int:
        """Do the rows one after the other; sums run from left to right."""
        shared_numbers = iter([*given.shared().tolist(), *[leaf._data for leaf in self.leaves]])
        inputs = [0.0] * len(self.program.inputs)
        for i in _others(len(inputs), self.columns):
            inputs[i] = next(shared_numbers)
        tables = [listed(x.buffer) for x in given.rows]
        found: list[tuple[float, ...]] = []
        for r in range(given.count):
            for table, columns in zip(tables, self.columns, strict=True):
                for c, i in enumerate(columns):
                    inputs[i] = table[r * len(columns) + c]
            result = self.function(*inputs)
            if type(result) is int:
                return result + 1
            found.append(result)
        write(out, self._reduced(found))
        return 0

    def _reduced(self, rows: list[tuple[float, ...]]) -> Numbers:
        if self.reduce is None:
            return [x for row in rows for x in row]
        sums = [functools.reduce(float.__add__, xs, 0.0) for xs in zip(*rows, strict=True)]
        return [x / len(rows) for x in sums] if self.reduce == "mean" else sums

    def result(self, out: Any, rows: int) -> Any:
        """Return the results in the structure of the function's."""
        if self.reduce is not None:
            return self.build(listed(out))
        view, count = memoryview(out), self.results
        columns: Any = [view] if count == 1 else [view[j::count] for j in range(count)]
        return self.build(columns)


def _others(count: int, columns: Sequence[Sequence[int]]) -> list[int]:
    """Return the inputs that are in no row."""
    rows = {i for each in columns for i in each}
    return [i for i in range(count) if i not in rows]


@functools.cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="autograd")


if hasattr(os, "register_at_fork"):  # a child has the pools of its parent, but none of the threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
