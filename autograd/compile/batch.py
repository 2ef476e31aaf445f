"""Compiled batches: some arguments get a leading axis, and rows are worked on in the lanes of SIMD.

`Batch` is what `autograd.compile(f, batch=...)` returns. Called, it gives the mean, the sum or all
of the results of f for each row; `backward` adds the gradients of the leaves that f closes over to
their `.grad`. A branch of f on a number must go the same way in every row.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from autograd.backward import gradients, store
from autograd.compile import python
from autograd.compile.arguments import arrays_explained
from autograd.compile.batchfamily import BatchFamily
from autograd.compile.buffers import result_buffer
from autograd.compile.compiled import backend_for, check_no_out
from autograd.compile.family import keep
from autograd.compile.llvm.direct import DirectCall
from autograd.compile.methods import Method, method_of
from autograd.compile.programs.program import Program
from autograd.compile.recording.trace import Recorder, TraceError
from autograd.compile.rows import Given, Rows, Shared, rows_of, shared
from autograd.compile.rowwise import anomalies_wanted, find_anomaly
from autograd.compile.travel import arrived, portable
from autograd.compile.ways import Options, Path
from autograd.value import Value
from autograd.watch import watchers, watching

__all__ = ["Batch"]


class Batch(Method):
    """A function over the rows of some of its arguments; made by `autograd.compile`."""

    def __init__(
        self, function: Callable[..., Any], batch: str | Sequence[str], reduce: str | None,
        backend: str | None, fast: bool, threads: int,
    ) -> None:  # fmt: skip
        self.function = function
        self.names = (batch,) if isinstance(batch, str) else tuple(batch)
        self.reduce = reduce
        self.fast = fast
        self.threads = threads
        self.backend = backend_for(backend)
        self.options = Options(reduce, self.backend, fast, threads)
        self._options = (self.names, reduce, backend, fast, threads)
        self._parameters = self._checked()
        self._families: dict[Any, BatchFamily] = {}
        self._last: Path | None = None
        self._differentiated: Path | None = None
        self._direct: dict[bool, DirectCall | None] = {}  # with and without the gradient
        functools.update_wrapper(self, function, updated=())

    def _checked(self) -> list[str]:
        """Check the options; return the names of the function's parameters."""
        if self.reduce not in ("mean", "sum", None):
            raise ValueError(f"reduce is 'mean', 'sum' or None, not {self.reduce!r}")
        if not isinstance(self.threads, int) or self.threads < 1:
            raise ValueError(f"threads is a number of threads from 1, not {self.threads!r}")
        check_no_out(self.function)
        parameters = list(inspect.signature(self.function).parameters)
        wrong = [name for name in self.names if name not in parameters]
        if wrong or not self.names:
            raise ValueError(f"batch names {', '.join(map(repr, wrong)) or 'no argument'}, but the "
                             f"function's arguments are {', '.join(parameters)}")  # fmt: skip
        return parameters

    def parameters_of(self, given: Given) -> list[str]:
        """Return the names of the arguments of a call, in their order."""
        return [*self._parameters[: len(given.args)], *given.options]

    def _given(self, args: Sequence[Any], options: dict[str, Any]) -> Given:
        """Take the arguments of a call."""
        if watching and any(isinstance(watcher, Recorder) for watcher in watchers()):
            raise TraceError("a compiled batch is called inside a compiled function: what it reads "
                             "would be frozen; call its function on the row")  # fmt: skip
        return self._taken_apart(args, options)

    def _taken_apart(self, args: Sequence[Any], options: dict[str, Any]) -> Given:
        """Take the arguments of a call; raise an error that says what is wrong with them."""
        if len(args) > len(self._parameters):
            raise TypeError(
                f"the function takes {len(self._parameters)} arguments, not {len(args)}"
            )
        named = set(self._parameters[: len(args)])
        missing = [name for name in self.names if name not in named and name not in options]
        if missing:
            raise TypeError(f"missing the argument {', '.join(missing)}, which has a leading axis")
        self._check_names(named, options)
        positional = [self._taken(x, n) for x, n in zip(args, self._parameters, strict=False)]
        given = Given(positional, {name: self._taken(x, name) for name, x in options.items()})
        if any(x.count != given.count for x in given.rows):
            pairs = zip(self.parameters_of(given), given.all, strict=True)
            counts = ", ".join(f"{name} {x.count}" for name, x in pairs if type(x) is Rows)
            raise ValueError(f"the batch has different numbers of rows: {counts}")
        return given

    def _check_names(self, named: set[str], options: dict[str, Any]) -> None:
        for name in options:
            if name in named:
                raise TypeError(f"the argument {name!r} is given twice")
            if name not in self._parameters:
                raise TypeError(f"the function has no argument {name!r}, only "
                                f"{', '.join(self._parameters)}")  # fmt: skip

    def _taken(self, x: Any, name: str) -> Rows | Shared:
        return rows_of(x, name) if name in self.names else shared(x, name)

    def _run(self, given: Given, out: Any, gradient: bool) -> tuple[Path, Any]:
        key = gradient, given.key
        family = self._families.get(key)
        if family is None:
            family = BatchFamily(self, given, gradient)
        with arrays_explained([x.buffer for x in given.rows]):
            path, room = family.run(given, out)
        self._last = path
        self._direct[gradient] = path.direct
        keep(self._families, key, family, self.function)
        return path, room

    def __call__(self, *args: Any, out: Any = None, **options: Any) -> Any:
        """Return the mean or sum of the results for all rows, or, without `reduce`, all of them.

        Args:
            args, options: the function's arguments; those named in `batch` with a leading axis.
            out: a writable buffer of float64 for the numbers of the result; without `reduce` those
                of a row stand together.

        Without `reduce`, each number of the result is a memoryview of one for each row, which numpy
        takes without a copy. Raises TraceError where rows take different branches.
        """
        direct = None if watching or out is not None else self._direct.get(False)
        found = None if direct is None else direct.value(args, options)
        if direct is not None and found is not None:
            self._last = direct.path
            return found
        given = self._given(args, options)
        if watching:
            self._look_for_anomalies(given, gradient=False)
        aside = out is None or given.overlaps(out)  # a row may stand where results of others go
        path, room = self._run(given, None if aside else out, gradient=False)
        if out is None:
            return path.result(room, given.count)
        if aside:
            memoryview(result_buffer(out, len(room))).cast("B")[:] = memoryview(room).cast("B")
        return out

    def backward(self, *args: Any, **options: Any) -> float:
        """Return the loss, and add its gradient to `.grad` of the leaves that the function reads.

        The arguments are those of a call. Raises TypeError where the function returns several
        numbers, ValueError where the batch has no `reduce`.

        >>> import autograd
        >>> w = autograd.Value(3.0)
        >>> step = autograd.compile(lambda x: w * x, batch="x", reduce="mean")
        >>> step.backward(x=[1.0, 3.0])
        6.0
        >>> w.grad
        2.0
        """
        self._check_reduce("backward")
        direct = None if watching else self._direct.get(True)
        loss = None if direct is None else direct.backward(args, options)
        if direct is not None and loss is not None:
            self._last = direct.path
            return loss
        path, room = self._with_gradient(args, options)
        if path.plain:
            path.gradients.add_to_gradients(room, 1)
            return room[0]  # type: ignore[no-any-return] # a float
        value, *slopes = room
        totals: dict[Value, Any] = {}
        for leaf, slope in zip(path.variables, slopes, strict=True):
            for node, part in (
                {leaf: slope} if leaf._a is None else gradients(leaf, slope)
            ).items():
                totals[node] = totals[node] + part if node in totals else part
        store(totals)
        return float(value)

    def value_and_grad(self, *args: Any, **options: Any) -> tuple[float, list[float]]:
        """Return the loss, and its gradient by the Values that the function reads; store nothing.

        The arguments and errors are those of `backward`. The derivatives are in the order of
        `leaves`, the same in every process.

        >>> import autograd
        >>> w, b = autograd.Value(3.0, label="w"), autograd.Value(1.0, label="b")
        >>> step = autograd.compile(lambda x: w * x + b, batch="x", reduce="sum")
        >>> step.value_and_grad([1.0, 3.0])
        (14.0, [4.0, 2.0])
        >>> [leaf.label for leaf in step.leaves], w.grad
        (['w', 'b'], 0.0)
        """
        self._check_reduce("value_and_grad")
        path, room = self._with_gradient(args, options)
        self._differentiated = path
        value, *slopes = room.tolist()
        return value, slopes

    @property
    def leaves(self) -> list[Value]:
        """The Values from outside by which `value_and_grad` has differentiated, in its order."""
        if self._differentiated is None:
            raise RuntimeError("which Values are read is known after a call of value_and_grad")
        return list(self._differentiated.variables)

    def _check_reduce(self, name: str) -> None:
        if self.reduce is None:
            raise ValueError(f"{name} needs one loss: compile with reduce='mean' or 'sum'")

    def _with_gradient(self, args: Sequence[Any], options: dict[str, Any]) -> tuple[Path, Any]:
        """Run the path of `backward`; return it, and the loss and its derivatives."""
        given = self._given(args, options)
        if watching:
            self._look_for_anomalies(given, gradient=True)
        return self._run(given, None, gradient=True)

    def _look_for_anomalies(self, given: Given, gradient: bool) -> None:
        """Name the line and the row where `detect_anomaly` is to."""
        if anomalies_wanted():
            find_anomaly(BatchFamily(self, given, gradient=False).call, given, gradient)

    def gradient_path(self, options: dict[str, Any]) -> Path:
        """Return the path of `backward` for some arguments, ready to be run by another loop."""
        return self._run(self._taken_apart((), options), None, gradient=True)[0]

    def value_path(self, options: dict[str, Any]) -> Path:
        """Return the path of a call with some arguments."""
        return self._run(self._taken_apart((), options), None, gradient=False)[0]

    def last_path(self) -> Path:
        """Return the path that ran last."""
        return self._path()

    @property
    def program(self) -> Program:
        """The program for one row that ran last."""
        return self._path().program

    def _path(self) -> Path:
        if self._last is None:
            raise RuntimeError("nothing is compiled yet: call the function once")
        return self._last

    def source(self, language: str = "python", real: str = "double") -> str:
        """Return the program that ran last as source: "python" and "c" for a row, "llvm" for all.

        The arguments are those of the `source` of a compiled function.
        """
        if language == "python":
            return python.source(self._path().program)
        if language == "llvm":
            return self._path().source(self.fast).text
        if language == "c":
            from autograd.compile import c

            path = self._path()
            made = c.exported(self.function, path.assembled.plain, path.tree)
            return c.source(made, real=real)
        raise ValueError(f"language is 'python', 'llvm' or 'c', not {language!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        if self._of is not None:
            return method_of, self._of
        return _again, (portable(self.function, self), *self._options)

    def __repr__(self) -> str:
        return f"<compiled batch {getattr(self, '__qualname__', self.function)}>"


def _again(function: Any, *options: Any) -> Batch:
    """Make a batch anew, in another process."""
    return Batch(arrived(function), *options)
