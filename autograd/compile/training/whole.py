"""A training by whole batches: one program for the loss of all samples of a batch together.

`WholeDescent` does what `Descent` does for a loss that is no mean over samples (a weighted mean, a
comparison of samples with each other), and for the Python back end, where it gives the bits of an
eager training: its program is the recorded batch itself. The steps are called from Python.
"""

from __future__ import annotations

import random
import time
from array import array
from collections.abc import Callable, Sequence
from math import inf, isfinite
from typing import Any

from autograd.compile.batch import Batch
from autograd.compile.compiled import Compiled
from autograd.compile.recording.ending import recorder
from autograd.compile.recording.runs import Gradient
from autograd.compile.training.pieces import check_leaves, listed, on_rows
from autograd.value import Value

__all__ = ["WholeDescent"]


class WholeDescent:
    """Parameters on their way down, a whole batch in each program.

    Args:
        loss: a function of a list of rows, which closes over the parameters.
        update, parameters, states, clip, draw, fast: as for `Descent`.
        table: a buffer of rows, of shape (rows, width).
        backend: "llvm" or "python".
    """

    def __init__(
        self, loss: Callable[..., Any], update: Callable[..., Any], parameters: Sequence[Value],
        table: memoryview[Any], *, states: int, clip: Callable[..., Any] | None, backend: str,
        draw: Callable[[Sequence[int]], None] | None = None, fast: bool = False,
    ) -> None:  # fmt: skip
        self.parameters = list(parameters)
        self._draw = draw
        self.columns = 1 + states
        self.width: int = table.shape[1] if table.shape else 1
        self._rows = table.cast("B").cast("d")
        self._loss = Compiled(self._with_gradient(loss), backend, fast)
        self._clip = None if clip is None else Compiled(listed(clip), backend, fast)
        self._update = Batch(on_rows(update), ("kept", "gradient"), None, backend, fast, 1)
        self._slopes = array("d", bytes(8 * len(self.parameters)))
        kept = array("d", bytes(8 * len(self.parameters) * self.columns))
        self._now = self._good = kept, 0  # numbers and steps, replaced together
        self._lr = 0.0
        self._batch: list[int] = []

    def _with_gradient(self, loss: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function from rows, one after the other, to the loss and its gradient."""
        width, parameters = self.width, self.parameters

        def both(numbers: Any) -> Gradient:
            rows = [numbers[i : i + width] for i in range(0, len(numbers), width)]
            value = loss(rows)
            if not isinstance(value, Value):
                raise TypeError(f"the loss is {value!r}: it does not depend on the parameters")
            check_leaves(recorder().outside, parameters, "loss")
            return Gradient(value, parameters, lambda slopes: [value, *slopes])

        return both

    def load(self, states: Sequence[Sequence[float]], step: int, lr: float) -> None:
        """Take the parameters' numbers, the optimizer's state, the steps done and the rate."""
        columns = [[p.data for p in self.parameters], *states]
        kept = self._now[0][:]
        for i, column in enumerate(columns):
            kept[i :: self.columns] = array("d", column)
        self._now, self._lr = (kept, step), lr

    def numbers(self) -> tuple[list[float], list[list[float]]]:
        """Return the parameters and the state as they are now."""
        columns = [self._now[0][i :: self.columns].tolist() for i in range(self.columns)]
        return columns[0], columns[1:]

    @property
    def steps(self) -> int:
        """The steps done."""
        return self._now[1]

    def gradients(self) -> list[float]:
        """Return the gradients of the last step, before they were limited."""
        return self._slopes.tolist()

    def restore(self) -> None:
        """Go back to the parameters and the state of the last epoch that was done whole."""
        self._now = self._good

    def batch(self) -> list[int]:
        """Return the rows of the batch that was done last."""
        return self._batch

    def epochs(
        self, count: int, order: Sequence[int], size: int, rng: random.Random,
        losses: array[float], seconds: float = inf,
    ) -> str:  # fmt: skip
        """Do some epochs; arguments and result are those of `Descent.epochs`."""
        started = time.perf_counter()
        for _ in range(count):
            shuffled = list(order)
            rng.shuffle(shuffled)
            if self._draw is not None:
                self._draw(shuffled)
            self._good = self._now
            for start in range(0, len(shuffled), size):
                self._batch = shuffled[start : start + size]
                fault = self._step(losses)
                if fault:
                    return fault
            if time.perf_counter() - started > seconds:
                break
        return ""

    def _step(self, losses: array[float]) -> str:
        """Do one step; nothing is kept of one that gives a number that is not finite."""
        width = self.width
        rows = array("d")
        for i in self._batch:
            rows.extend(self._rows[i * width : (i + 1) * width])
        found = array("d", self._loss(rows))
        if not isfinite(found[0]):
            losses.append(found[0])
            return "loss"
        fresh = self._moved(found[1:])
        if not all(map(isfinite, fresh[:: self.columns])):
            return "parameter"
        for parameter, number in zip(self.parameters, fresh[:: self.columns], strict=True):
            parameter._data = number  # where the program reads it at the next call
        self._now = fresh, self.steps + 1
        losses.append(found[0])
        return ""

    def _moved(self, slopes: array[float]) -> array[float]:
        """Return the parameters and their state after a step along a gradient."""
        self._slopes = slopes
        if self._clip is not None:
            slopes = array("d", self._clip(slopes))
        kept = memoryview(self._now[0]).cast("B").cast("d", (len(slopes), self.columns))
        fresh = array("d", bytes(kept.nbytes))
        self._update(kept, slopes, step=self.steps + 1.0, lr=self._lr, out=fresh)
        return fresh
