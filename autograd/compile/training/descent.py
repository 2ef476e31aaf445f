"""A training whose epochs run natively: loss, gradients, update, shuffling in one loop.

`Descent` holds parameters, gradients and the state of an optimizer in flat buffers. `epochs` does
some epochs on the rows of tables and returns the loss of every step; `store` puts the numbers back
into the parameters. The loss is that of a row, the mean over a batch is what is descended.
"""

from __future__ import annotations

import ctypes
import random
import time
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from math import inf
from types import ModuleType
from typing import Any, NamedTuple

from autograd.compile.batch import Batch
from autograd.compile.compiled import Compiled
from autograd.compile.llvm import machine, native
from autograd.compile.llvm.slots import Slots
from autograd.compile.recording.trace import TraceError
from autograd.compile.training.epochs import FIELDS, LOOPS
from autograd.compile.training.pieces import check_leaves, listed, on_rows
from autograd.compile.ways import Path
from autograd.value import Value

__all__ = ["Descent", "Outcome"]

_PARTINGS = (1, 4, 5)  # where a guard of the loss, of the update or of the clip fails
PATIENCE = 0.05  # seconds after which Python may look at Ctrl-C
_FIELD = {name: i for i, name in enumerate(FIELDS)}


class Outcome(NamedTuple):
    """The losses of the steps done, and what stopped them: "", "loss" or "parameter"."""

    losses: array[float]
    fault: str


@cache
def _train() -> Callable[[int], int]:
    """Return the native loop."""
    (address,) = machine.functions(LOOPS, ["train"], {})
    return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p)(address)


def _address(numbers: array[Any]) -> int:
    return numbers.buffer_info()[0]


class Descent:
    """Parameters on their way down.

    Args:
        loss: a function of one row of each table, which closes over the parameters.
        update: a function (parameter, gradient, *state, step=, lr=) of numbers, which returns the
            new parameter and state.
        parameters: the Values to move.
        tables: for each argument of the loss, a buffer of rows, of shape (rows, width).
        states: how many numbers of state the update keeps for each parameter.
        clip: a function from the list of gradients to limited ones, or None.
        draw: called before each epoch with the order of its rows, to put fresh numbers into tables.
        fast: as in `autograd.compile`.

    A branch that all rows take the other way from some step on is recorded again.

    Raises TraceError for what a program cannot follow.
    """

    def __init__(
        self, loss: Callable[..., Any], update: Callable[..., Any], parameters: Sequence[Value],
        tables: Sequence[Any], *, states: int, clip: Callable[..., Any] | None = None,
        draw: Callable[[Sequence[int]], None] | None = None, fast: bool = False,
    ) -> None:  # fmt: skip
        self.parameters = list(parameters)
        self._draw = draw
        self.columns = 1 + states
        self.tables = list(tables)
        names = [f"row_{i}" for i in range(len(tables))]
        self._loss = Batch(_named(loss, names), names, "mean", "llvm", fast, 1)
        self._clip = None if clip is None else Compiled(listed(clip), "llvm", fast)
        self._update = Batch(on_rows(update), ("kept", "gradient"), None, "llvm", fast, 1)
        self._fields = array("q", bytes(8 * len(FIELDS)))
        self._keep: dict[str, Any] = {}
        self._codes: dict[str, native.Native] = {}
        self._begun = 0  # steps done of an epoch that is not done whole
        self._update_leaves = self._clip_leaves = Slots(())
        self._allocate()

    def _allocate(self) -> None:
        """Make the buffers that stay the same."""
        count = len(self.parameters)
        empty = array("d", bytes(8 * count * self.columns))
        self.kept, self._fresh, self._good = empty[:], empty[:], empty[:]
        self._slopes = array("d", bytes(8 * count))
        self._unlimited = self._slopes[:]  # what is given to clip: slopes, and leaves of its own
        self._shared = array("d", [1.0, 0.1])  # step, learning rate, leaves that the update reads
        self._arranged = [array("d", bytes(t.nbytes)) for t in self.tables]
        self._prepare_loss()
        self._prepare_update()
        self._prepare_clip()
        self._set(
            kept=self.kept, fresh=self._fresh, good=self._good, parameters=count,
            columns=self.columns, tables=len(self.tables),
            sources=array("q", map(_view_address, self.tables)),
            targets=array("q", map(_address, self._arranged)),
            widths=array("q", [x.shape[1] for x in self.tables]),
        )  # fmt: skip

    def _set(self, **fields: Any) -> None:
        """Give the loop numbers, or the addresses of arrays, which are kept alive."""
        for name, x in fields.items():
            self._keep[name] = x
            self._fields[_FIELD[name]] = x if isinstance(x, int) else _address(x)

    def _prepare_loss(self) -> None:
        """Compile the loss, on the rows as they stand in the tables."""
        self._use(self._loss.gradient_path({f"row_{i}": x for i, x in enumerate(self.tables)}))

    def _prepare_clip(self) -> None:
        """Compile the limit of the gradients."""
        if self._clip is not None:
            code, leaves = self._clip.machine(self._unlimited[: len(self.parameters)])
            check_leaves(leaves, self.parameters, "clip")
            self._clip_leaves = Slots(leaves)
            space = code.space()
            self._codes["clip"], self._keep["clip_space"] = code, space
            self._unlimited[len(self.parameters) :] = self._clip_leaves.numbers()
            self._set(clip=code.address, unlimited=self._unlimited, clip_room=space.address)

    def _use(self, path: Path) -> None:
        """Let the loop call a path of the loss."""
        check_leaves(path.leaves, self.parameters, "loss")
        where = {leaf: j for j, leaf in enumerate(path.leaves)}
        slopes = {leaf: j for j, leaf in enumerate(path.variables, start=1)}
        known = len(path.leaves)
        self._path = path
        self._inputs = path.slots.numbers()
        self._inputs.append(0.0)  # where parameters go that the loss does not read
        results = array("d", bytes(8 * (path.results + 1)))  # the last one stays zero
        code, space = path.machine()
        self._codes["loss"], self._keep["space"] = code, space
        self._set(
            loss=code.address, inputs=self._inputs, results=results, work=space.address,
            rows=array("q", map(_address, self._arranged)),
            slopes_at=array("q", [slopes.get(p, path.results) for p in self.parameters]),
            numbers_at=array("q", [where.get(p, known) for p in self.parameters]),
        )  # fmt: skip

    def _prepare_update(self) -> None:
        """Compile the update, on the buffers it will work on."""
        shape = (len(self.parameters), self.columns)
        kept = memoryview(self.kept).cast("B").cast("d", shape)
        step, lr = self._shared[:2]
        options = {"kept": kept, "gradient": memoryview(self._slopes), "step": step, "lr": lr}
        path = self._update.value_path(options)
        check_leaves(path.leaves, self.parameters, "update")
        self._update_leaves = path.slots
        self._shared[2:] = path.slots.numbers()
        code, space = path.machine()
        self._codes["update"], self._keep["room_space"] = code, space
        columns = array("q", [_address(self.kept), _address(self._slopes)])
        self._set(
            update=code.address, room=space.address, columns_of_update=columns, shared=self._shared
        )

    def load(self, states: Sequence[Sequence[float]], step: int, lr: float) -> None:
        """Take the parameters' numbers, the optimizer's state, the steps done and the rate."""
        self._inputs[:-1] = self._path.slots.numbers()
        self.kept[0 :: self.columns] = array("d", [p._data for p in self.parameters])
        for i, state in enumerate(states, start=1):
            self.kept[i :: self.columns] = array("d", state)
        self._shared[:] = array("d", [step + 1.0, lr]) + self._update_leaves.numbers()
        self._unlimited[len(self.parameters) :] = self._clip_leaves.numbers()

    def numbers(self) -> tuple[list[float], list[list[float]]]:
        """Return the parameters and the state as they are now."""
        columns = [self.kept[i :: self.columns].tolist() for i in range(self.columns)]
        return columns[0], columns[1:]

    def gradients(self) -> list[float]:
        """Return the gradients of the last step, before they were limited."""
        results = self._keep["results"]
        return [results[j] for j in self._keep["slopes_at"]]

    @property
    def steps(self) -> int:
        """The steps done."""
        return int(self._shared[0]) - 1

    def restore(self) -> None:
        """Go back to the parameters and the state of the last epoch that was done whole."""
        self.kept[:] = self._good
        self._shared[0] -= self._begun

    def epochs(
        self, count: int, order: Sequence[int], size: int, rng: random.Random,
        losses: array[float], seconds: float = inf,
    ) -> str:  # fmt: skip
        """Do some epochs; return what stopped them: "loss", "parameter", or "" if nothing did.

        Args:
            count: of epochs.
            order: the rows to go through, shuffled anew for every epoch.
            size: of a batch.
            rng: shuffles; left as it would be if Python had shuffled.
            losses: gets the loss of every step, also when Ctrl-C comes.
            seconds: after how long to be content with fewer epochs.

        Raises TraceError where rows part at a branch.
        """
        end = time.perf_counter() + seconds
        if self._draw is not None or type(rng) not in (random.Random, ModuleType):
            return self._shuffled_by(rng, count, order, size, losses, end)
        twister = array("I", rng.getstate()[1])
        self._set_order(order, size, twister=twister)
        try:
            return self._calls(count, losses, end)
        finally:
            version, _, gauss = rng.getstate()
            rng.setstate((version, tuple(twister), gauss))

    def _calls(self, count: int, losses: array[float], end: float) -> str:
        """Do some epochs in calls of about the time in which Python should look at Ctrl-C."""
        rows, size = self._fields[_FIELD["count"]], self._fields[_FIELD["size"]]
        steps, at_once, place, left = -(-rows // size), 1, 0, count
        while left > 0 and (place or left == count or time.perf_counter() < end):
            started = time.perf_counter()
            epochs = max(1, min(at_once // steps, left))
            last = min(place + at_once * size, rows) if epochs == 1 else rows
            fault = self._run(epochs, losses, place, last)
            if fault:
                return fault
            place = last % rows
            left -= 0 if place else epochs
            at_once *= 2 if time.perf_counter() - started < PATIENCE else 1
        return ""

    def _shuffled_by(
        self, rng: random.Random, count: int, order: Sequence[int], size: int,
        losses: array[float], end: float,
    ) -> str:  # fmt: skip
        """Do some epochs, each shuffled by Python: by another generator, or before others draw."""
        for _ in range(count):
            shuffled = list(order)
            rng.shuffle(shuffled)
            if self._draw is not None:
                self._draw(shuffled)
            self._set_order(shuffled, size, twister=0)
            fault = self._calls(1, losses, inf)
            if fault or time.perf_counter() > end:
                return fault
        return ""

    def _set_order(self, order: Sequence[int], size: int, twister: Any) -> None:
        numbers = [int(i) for i in order]
        both = array("q", numbers + numbers)  # shuffled, and as it is
        self._set(order=both, twister=twister, count=len(numbers), size=size)

    def batch(self) -> list[int]:
        """Return the rows of the batch that was done last."""
        begin, size = self._fields[_FIELD["begin"]], self._fields[_FIELD["size"]]
        count = self._fields[_FIELD["count"]]
        return self._keep["order"][begin : min(begin + size, count)].tolist()  # type: ignore[no-any-return] # ints

    def _run(self, epochs: int, losses: array[float], first: int, last: int) -> str:
        """Call the native loop for some epochs, or for one from a place in its order to another.

        Where a branch goes another way, the piece is compiled for it and the step done again.
        """
        size = self._fields[_FIELD["size"]]
        steps, tried = -(-self._fields[_FIELD["count"]] // size), set[int]()
        while True:
            status, guard, done = self._call(epochs, losses, first, last)
            if status not in _PARTINGS:
                return ("", "", "loss", "parameter")[status]
            if done == 0 and status in tried:  # a second time, with a program for just this
                raise self._parting(status, guard)
            tried = {status} if done else {*tried, status}
            epochs -= (max(first, 0) // size + done) // steps
            first = self._fields[_FIELD["begin"]] or -1
            self._follow(status)

    def _call(
        self, epochs: int, losses: array[float], first: int, last: int
    ) -> tuple[int, int, int]:
        """Call the native loop; return why it ended, the guard that failed, and the steps done."""
        steps = -(-self._fields[_FIELD["count"]] // self._fields[_FIELD["size"]])
        found = array("d", bytes(8 * (epochs * steps + 1)))
        self._set(losses=found, epochs=epochs, first=first, last=last)
        self._fields[_FIELD["done"]] = 0
        answer = _train()(_address(self._fields))
        status, done = self._fields[_FIELD["status"]], self._fields[_FIELD["done"]]
        losses.extend(found[:done])
        self._begun = ((self._begun if first else 0) + done) % steps
        for code in self._codes.values():
            code.raise_error()
        if status == 2:
            losses.append(found[done])
        return status, answer, done

    def _follow(self, status: int) -> None:
        """Compile a piece for the numbers of now; raise a TraceError where rows part."""
        if status == 4:
            self._prepare_update()
        elif status == 5:
            self._prepare_clip()
        else:
            for parameter, number in zip(self.parameters, self.numbers()[0], strict=True):
                parameter._data = number
            begin, size = self._fields[_FIELD["begin"]], self._fields[_FIELD["size"]]
            tables = zip(self._arranged, self.tables, strict=True)
            count = min(size, self._fields[_FIELD["count"]] - begin)
            rows = [_slice(x, begin, count, table.shape[1]) for x, table in tables]
            self._use(self._loss.gradient_path({f"row_{i}": x for i, x in enumerate(rows)}))

    def _parting(self, status: int, guard: int) -> TraceError:
        if status == 5:
            return TraceError("clip branches on a number: use autograd.where, minimum or maximum")
        return (self._path if status == 1 else self._update.last_path()).parting(guard)


def _slice(numbers: array[float], begin: int, count: int, width: int) -> memoryview[Any]:
    """Return some rows of a table."""
    rows = memoryview(numbers)[begin * width : (begin + count) * width]
    return rows.cast("B").cast("d", (count, width))


def _view_address(view: Any) -> int:
    return ctypes.addressof(ctypes.c_double.from_buffer(view))


def _named(loss: Callable[..., Any], names: Sequence[str]) -> Callable[..., Any]:
    """Return a function of the same arguments under other names."""
    space = {"loss": loss}
    return eval(f"lambda {', '.join(names)}: loss({', '.join(names)})", space)  # type: ignore[no-any-return] # noqa: S307 - names made by `Descent`
