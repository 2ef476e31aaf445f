"""Compiled training: `fit(..., compiled=True)` does whole epochs as one native loop.

Forward, backward, the optimizer's update, clipping and shuffling run on flat buffers; the numbers
come back into the model and the optimizer after every epoch that somebody looks at (a callback, a
schedule, a metric, a progress bar), at the end, on Ctrl-C and on an error. The loss must be the
mean of the samples' losses.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from math import isclose
from typing import Any

from autograd import no_grad
from autograd.compile.compiled import backend_for
from autograd.compile.descent import Descent
from nn.optimizers import Optimizer
from nn.training import Training

__all__ = ["CompiledEpochs", "compiled_epochs", "table"]


def table(samples: Sequence[Any], name: str) -> memoryview[Any]:
    """Return samples as rows of numbers in one buffer; raise ValueError where they differ in size.

    >>> table([[1, [2, 3]], [4, [5, 6]]], "inputs").tolist()
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    """
    rows = [array("d", _numbers(sample)) for sample in samples]
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"{name}[{i}] has {len(row)} numbers and {name}[0] has {len(rows[0])}: a compiled "
                "fit takes samples of one size; fill the shorter ones up, or train without it"
            )
    joined = array("d")
    for row in rows:
        joined.extend(row)
    view: memoryview[Any] = memoryview(joined).cast("B")
    return view.cast("d", (len(rows), len(rows[0])))


def _numbers(sample: Any) -> Iterator[float]:
    if isinstance(sample, (list, tuple)):
        for item in sample:
            yield from _numbers(item)
    else:
        yield sample


def _nested(like: Any, numbers: Iterator[Any]) -> Any:
    """Return numbers nested as a sample is."""
    if isinstance(like, (list, tuple)):
        return [_nested(item, numbers) for item in like]
    return next(numbers)


class CompiledEpochs:
    """The epochs of a training as native code.

    Args:
        training: with a loss that is the mean of the samples' losses.

    Raises TraceError for a model that a program cannot follow (one that draws random numbers, as
    Dropout does, or branches on a number), ValueError for a loss that is no mean over samples.
    """

    def __init__(self, training: Training) -> None:
        self.training = training
        self.done: list[list[float]] = []
        inputs, targets = training.inputs, training.targets
        training.model.train()
        self._descent = Descent(
            self._loss, _update(training.optimizer), training.optimizer.parameters,
            [table(inputs, "inputs"), table(targets, "targets")],
            states=len(training.optimizer.state), clip=training.clip,
        )  # fmt: skip
        self._check_mean()

    def _loss(self, x: Any, target: Any) -> Any:
        """Return the loss of one sample, from the numbers of its row."""
        training = self.training
        given = _nested(training.inputs[0], iter(x))
        wanted = _nested(training.targets[0], iter(target))
        found = training.loss([training.model(given)], [wanted])
        return found if training.penalty is None else found + training.penalty(training.model)

    def _check_mean(self) -> None:
        """Raise a ValueError if the loss of some samples together is not their mean."""
        some = self.training.order[:3]
        with no_grad():
            together = self.training.batch_loss(some).data
            apart = [self.training.batch_loss([i]).data for i in some]
        if not isclose(together, sum(apart) / len(some), rel_tol=1e-9, abs_tol=1e-12):
            raise ValueError(
                f"the loss of {len(some)} samples is {together}, and that of each {apart}: a "
                "compiled fit takes a loss that is the mean of the samples'; train without it"
            )

    def run(self, count: int) -> None:
        """Do some epochs; `done` then has the losses of the steps of each that was done whole.

        Raises TrainingError where a number is not finite, with the model as after the last good
        epoch. Ctrl-C comes between two epochs.
        """
        training, descent, losses = self.training, self._descent, array("d")
        optimizer, size = training.optimizer, training.batch_size
        steps = -(-len(training.order) // size)
        descent.load(list(optimizer.state.values()), optimizer.steps, optimizer.lr)
        fault = ""
        self.done = []
        try:
            fault = descent.epochs(count, training.order, size, training.rng, losses)
        finally:
            self._store()
            whole = len(losses) // steps * steps
            self.done = [losses[i : i + steps].tolist() for i in range(0, whole, steps)]
        if fault:
            raise self._error(fault, losses[-1])

    def _error(self, fault: str, loss: float) -> Exception:
        """Return the error that says where it began, and go back to the last good epoch."""
        training = self.training
        what = f"the loss became {loss}"
        if fault == "parameter":
            what = "a parameter became nan or infinite"
        training.epoch += len(self.done)
        try:
            states = [source.getstate() for source in training.generators]
            return training.explain(self._descent.batch(), what, states)
        finally:
            training.epoch -= len(self.done)
            self._descent.restore()
            self._store()

    def _store(self) -> None:
        """Put the numbers back into the parameters and the optimizer."""
        optimizer = self.training.optimizer
        numbers, states = self._descent.numbers()
        state = dict(zip(optimizer.state, states, strict=True))
        optimizer.commit(numbers, state, self._descent.steps)


def _update(optimizer: Optimizer) -> Callable[..., Any]:
    """Return the optimizer's formula, which climbs where it should."""
    if not optimizer.maximize:
        return optimizer.update

    def update(parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        return optimizer.update(parameter, -gradient, *state, step=step, lr=lr)

    return update


def compiled_epochs(training: Training) -> CompiledEpochs | None:
    """Return the epochs of a training as native code; None, and a warning, without llvmlite."""
    if backend_for(None) == "python":
        return None
    return CompiledEpochs(training)
