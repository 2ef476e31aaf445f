"""Train and use networks as native code: the same scalar programs, done for many samples at once.

`CompiledStep` is a step for `nn.fit`, hundreds of times as fast as the eager one; `outputs` is
`nn.predict`. Without llvmlite (the extra `compile`) `step` and `outputs` are the eager ones.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import repeat
from math import isfinite
from typing import Any

import autograd
from autograd import no_grad
from autograd.compile import Batch
from nn import Dropout, Module, Optimizer, predict
from nn.layers import flat
from nn.training import Step, Training, eager_step

__all__ = ["CompiledStep", "Masks", "Table", "outputs", "step"]


def _available() -> bool:
    return find_spec("llvmlite") is not None


def step() -> Step:
    """Return a fresh step for `nn.fit`: compiled where llvmlite is installed, else eager."""
    return CompiledStep() if _available() else eager_step


class CompiledStep:
    """A step of `nn.fit` whose loss, gradient and update are compiled at the first call.

    The loss must be the mean of the samples' losses, without a branch on a number. What `Dropout`
    drops is drawn afresh for each sample, in the same order as by the eager step.

    >>> import nn
    >>> model = nn.MLP(1, [1], seed=0)
    >>> history = nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=nn.mean_squared_error, epochs=99,
    ...                  optimizer=nn.Adam(model.parameters(), lr=0.2), seed=0, progress=False,
    ...                  step=CompiledStep())
    >>> history["loss"][-1] < 0.01
    True
    """

    def __init__(self) -> None:
        self._loss: Batch | None = None

    def __call__(self, training: Training, batch: list[int]) -> float:
        """Do one step on a batch of sample numbers and return the loss.

        Raises TrainingError, and moves nothing, where a number is not finite.
        """
        optimizer = training.optimizer
        if self._loss is None:
            self._inputs, self._targets = Table(training.inputs), Table(training.targets)
            self._masks = Masks(training.model, training.inputs[0])
            self._loss = self._compiled(training)
            self._update = compiled_update(optimizer)
        optimizer.zero_grad()
        states = [source.getstate() for source in training.generators]
        dropped = self._masks.rows(len(batch))
        loss = self._loss.backward(self._inputs.rows(batch), self._targets.rows(batch), dropped)
        if not isfinite(loss):
            raise training.explain(batch, f"the loss became {loss}", states)
        gradients = [parameter.grad for parameter in optimizer.parameters]
        if training.clip is not None:
            gradients = training.clip(gradients)
        numbers, state = _proposal(self._update, optimizer, gradients)
        if not all(map(isfinite, numbers)):
            raise training.explain(batch, "a parameter became nan or infinite", states)
        optimizer.commit(numbers, state, optimizer.steps + 1)
        return loss

    def _compiled(self, training: Training) -> Batch:
        """Return the mean loss of samples, as a compiled batch of inputs and targets."""
        shaped, wanted = self._inputs.shaped, self._targets.shaped

        def loss(x: Any, target: Any, dropped: Any) -> Any:
            with self._masks.given(dropped):
                found = training.loss([training.model(shaped(x))], [wanted(target)])
            return found if training.penalty is None else found + training.penalty(training.model)

        names = ("x", "target", "dropped")
        batch: Batch = autograd.compile(loss, batch=names, reduce="mean", fast=True)
        return batch


class Table:
    """Samples as rows of numbers, which a compiled batch takes without looking at each.

    Args:
        samples: numbers, or nested lists of them, all of one structure.

    Raises ValueError where the structures differ.

    >>> table = Table([[1, [2, 3]], [4, [5, 6]]])
    >>> table.rows([1]).tolist(), table.shaped([7, 8, 9])
    ([[4.0, 5.0, 6.0]], [7, [8, 9]])
    """

    def __init__(self, samples: Sequence[Any]) -> None:
        self._first = samples[0]
        self._rows = [array("d", flat(sample)) for sample in samples]
        self.width = len(self._rows[0])
        if any(len(row) != self.width for row in self._rows):
            raise ValueError("samples that train compiled must all have as many numbers: fill the "
                             "shorter ones up")  # fmt: skip

    def rows(self, numbers: Sequence[int]) -> memoryview[float]:
        """Return some of the samples, by their numbers, as the rows of a buffer."""
        joined = array("d")
        for i in numbers:
            joined.extend(self._rows[i])
        return memoryview(joined).cast("B").cast("d", (len(numbers), self.width))

    def shaped(self, row: Sequence[Any]) -> Any:
        """Return a row of numbers nested as the samples are."""
        return _nested(self._first, iter(row))


def _nested(tree: Any, numbers: Iterator[Any]) -> Any:
    if isinstance(tree, (list, tuple)):
        return [_nested(item, numbers) for item in tree]
    return next(numbers)


class Masks:
    """What the `Dropout` layers of a model drop, as numbers that a compiled batch is given.

    Args:
        model: a network; `sample` one of its inputs, to see how often each layer is called.

    >>> from nn import Sequential
    >>> Masks(Sequential(Dropout(0.5, seed=1)), [5.0, 6.0, 7.0, 8.0]).rows(1).tolist()
    [[0.0, 2.0, 2.0, 0.0, 0.0]]
    """

    def __init__(self, model: Module, sample: Any) -> None:
        self._layers = [part for _, part in model.named_modules() if isinstance(part, Dropout)]
        self._calls: list[tuple[Dropout, Any]] = []
        if self._layers:
            with self._answered(self._noted), no_grad():
                model(sample)

    def _noted(self, layer: Dropout, x: Any) -> Any:
        size = _nested(x, repeat(0.0))
        self._calls.append((layer, size))
        return size

    @contextmanager
    def _answered(self, answer: Callable[[Dropout, Any], Any]) -> Iterator[None]:
        """Let a function say what the layers drop."""
        modes = [layer.training for layer in self._layers]
        for layer in self._layers:
            layer.training = True
            vars(layer)["mask"] = partial(answer, layer)
        try:
            yield
        finally:
            for layer, mode in zip(self._layers, modes, strict=True):
                layer.training = mode
                del vars(layer)["mask"]

    def rows(self, count: int) -> memoryview[float]:
        """Return fresh masks for some samples: a row for each, with a 0 at its end."""
        joined = array("d")
        for _ in range(count):
            for layer, size in self._calls:
                joined.extend(flat(layer.mask(size)))
            joined.append(0.0)
        return memoryview(joined).cast("B").cast("d", (count, len(joined) // count))

    def given(self, row: Sequence[Any]) -> AbstractContextManager[None]:
        """Let the layers take the numbers of a row, in the order in which they are called."""
        numbers = iter(row)
        return self._answered(lambda layer, x: _nested(x, numbers))


def compiled_update(optimizer: Optimizer) -> Batch:
    """Return the formula of an optimizer, as a compiled batch of parameters."""

    def update(numbers: Any, step: Any, lr: Any) -> Any:
        parameter, gradient, *state = numbers
        gradient = -gradient if optimizer.maximize else gradient
        return optimizer.update(parameter, gradient, *state, step=step, lr=lr)

    batch: Batch = autograd.compile(update, batch="numbers")
    return batch


def _proposal(
    update: Batch, optimizer: Optimizer, gradients: Sequence[float]
) -> tuple[list[float], dict[str, list[float]]]:
    """Return the parameters and the state that a step would give."""
    columns = [[p.data for p in optimizer.parameters], gradients, *optimizer.state.values()]
    joined = array("d", bytes(8 * len(columns) * len(gradients)))
    for i, column in enumerate(columns):
        joined[i :: len(columns)] = array("d", column)
    rows = memoryview(joined).cast("B").cast("d", (len(gradients), len(columns)))
    found = update(rows, float(optimizer.steps + 1), float(optimizer.lr))
    numbers, *states = [column.tolist() for column in found]
    return numbers, dict(zip(optimizer.state, states, strict=True))


def outputs(model: Module, inputs: Sequence[Any]) -> list[Any]:
    """Return a model's outputs as numbers, nested as they are, one for each input.

    >>> import nn
    >>> outputs(nn.MLP(1, [1], seed=0), [[0.0], [0.0]])
    [0.0, 0.0]
    """
    if not _available():
        return predict(model, inputs)
    table = Table(inputs)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        forward = autograd.compile(lambda x: model(table.shaped(x)), batch="x", fast=True)
        found = forward(table.rows(range(len(inputs))))
        return [_row(found, i) for i in range(len(inputs))]
    finally:
        for module, mode in modes:
            module.training = mode


def _row(columns: Any, i: int) -> Any:
    """Return the numbers of one row, from columns nested as an output is."""
    if isinstance(columns, (list, tuple)):
        return [_row(column, i) for column in columns]
    return columns[i]
