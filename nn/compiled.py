"""Compiled training: `fit(..., compiled=True)` does whole epochs as one native loop.

Forward, backward, the optimizer's update, clipping and shuffling run on flat buffers; the numbers
come back into the model and the optimizer after every epoch that somebody looks at (a callback, a
schedule, a metric), at the end, on Ctrl-C and on an error.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Callable, Iterator, Sequence
from math import inf, isnan
from typing import Any

from autograd import Value, mean, no_grad
from autograd.compile import Batch, TraceError
from autograd.compile.compiled import CompileWarning, backend_for
from autograd.compile.descent import Descent
from autograd.compile.terms import same_sum
from autograd.compile.whole import WholeDescent
from autograd.graph import topological_order
from nn.optimizers import Optimizer
from nn.training import Training

__all__ = ["CompiledEpochs", "compiled_epochs", "table"]

MOST_NODES = 100_000  # in the graph of a batch that is compiled whole: about 20 s
_CHANCE = (
    "the model draws random numbers, as Dropout does: a compiled fit would draw them once and keep "
    "them for ever. Train it without compiled=True"
)


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


def _numbers(sample: Any) -> Iterator[Any]:
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


def _row(columns: Any, i: int) -> Any:
    """Return the numbers of one row, from columns nested as an output is."""
    if isinstance(columns, (list, tuple)):
        return [_row(column, i) for column in columns]
    return columns[i]


class TooLargeError(ValueError):
    """A program for a whole batch would be too large."""


def plain_numbers(tree: Any) -> Any:
    """Return an output as numbers, nested as it is."""
    if isinstance(tree, (list, tuple)):
        return [plain_numbers(x) for x in tree]
    return tree.data if isinstance(tree, Value) else tree


class CompiledEpochs:
    """The epochs of a training as native code.

    Where the loss is the mean of the samples' losses, samples are computed in the lanes of SIMD,
    and an epoch is one native loop. Any other loss, and every loss with the Python back end, is
    compiled for a whole batch together.

    Args:
        training: what to do.
        backend: "llvm" or "python".

    Raises TraceError for a model that a program cannot follow (one that draws random numbers, as
    Dropout does, or reads `.data`).
    """

    def __init__(self, training: Training, backend: str) -> None:
        self.training = training
        self.backend = backend
        self.done: list[list[float]] = []
        self._inputs = table(training.inputs, "inputs")
        self._targets = table(training.targets, "targets")
        self._forward = Batch(self._output, "x", None, backend, False, 1)
        training.model.train()
        states = [source.getstate() for source in training.generators]
        try:
            self._check_targets()
            self._descent = self._made()
            if states != [source.getstate() for source in training.generators]:
                raise TraceError(_CHANCE)
        finally:
            for source, state in zip(training.generators, states, strict=True):
                source.setstate(state)

    def _made(self) -> Descent | WholeDescent:
        optimizer, clip = self.training.optimizer, self.training.clip
        given = _update(optimizer), optimizer.parameters
        if self.backend == "llvm" and self._is_mean():
            return Descent(
                self._loss, *given, [self._inputs, self._targets], states=len(optimizer.state),
                clip=clip,
            )  # fmt: skip
        self._check_size()
        joined = table(
            [*zip(self._inputs.tolist(), self._targets.tolist(), strict=True)], "samples"
        )
        return WholeDescent(
            self._loss_of_all, *given, joined, states=len(optimizer.state), clip=clip,
            backend=self.backend,
        )  # fmt: skip

    def _check_size(self) -> None:
        """Raise TooLargeError for a batch that would take longer to compile than to train."""
        training = self.training
        size = min(training.batch_size, len(training.order))
        output = _numbers(training.model(training.inputs[0]))
        nodes = size * len(topological_order([x for x in output if isinstance(x, Value)]))
        if nodes > MOST_NODES:
            why = "the Python back end" if self.backend == "python" else "a loss that is no mean"
            raise TooLargeError(
                f"fit trains eagerly, since {why} needs a program for a whole batch, and that of "
                f"{size} samples would have {nodes:,} operations (the most is {MOST_NODES:,}): "
                "a smaller batch_size can be compiled"
            )

    def _loss(self, x: Any, target: Any) -> Any:
        """Return the loss of one sample, from the numbers of its row."""
        return self._loss_of_all([[*x, *target]])

    def _loss_of_all(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Return the loss of a batch, from the numbers of its rows."""
        training, outputs, targets = self.training, [], []
        for row in rows:
            numbers = iter(row)
            outputs.append(training.model(_nested(training.inputs[0], numbers)))
            targets.append(_nested(training.targets[0], numbers))
        found = training.loss(outputs, targets)
        return found if training.penalty is None else found + training.penalty(training.model)

    def _check_targets(self) -> None:
        """Let the loss look at every target, as plain numbers; it raises where one is wrong."""
        training = self.training
        with no_grad():
            output = training.model(training.inputs[0])
            self._example = plain_numbers(output)
            targets = [training.targets[i] for i in training.order]
            training.loss([output] * len(targets), targets)

    def _is_mean(self) -> bool:
        """Return whether the loss of some samples is the mean of theirs, whatever the numbers."""
        training, count = self.training, min(3, self.training.batch_size)
        target = training.targets[0]
        sample = [*_numbers(self._example), *_numbers(target)]

        def each(numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
            source = iter(numbers)
            pairs = [
                (_nested(self._example, source), _nested(target, source)) for _ in range(count)
            ]
            return [x for x, _ in pairs], [t for _, t in pairs]

        def together(numbers: Sequence[Any]) -> Any:
            return training.loss(*each(numbers))

        def apart(numbers: Sequence[Any]) -> Any:
            losses = [training.loss([x], [t]) for x, t in zip(*each(numbers), strict=True)]
            return mean(losses)

        try:
            return same_sum(together, apart, sample * count)
        except TraceError:
            raise
        except Exception:  # noqa: BLE001 - a loss may refuse one sample alone, in a way of its own
            return False

    def run(self, count: int, seconds: float = inf) -> None:
        """Do some epochs; `done` then has the losses of the steps of each that was done whole.

        Args:
            count: how many at most.
            seconds: after how long not to begin another.

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
            fault = descent.epochs(count, training.order, size, training.rng, losses, seconds)
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

    def outputs(self, samples: Sequence[int]) -> list[Any] | None:
        """Return what the model gives for some samples, as numbers, nested as they are.

        None where only the eager model can tell: if it branches in use, or gives nan, which may
        stand for an error.
        """
        training = self.training
        width = self._inputs.nbytes // (8 * len(training.inputs))
        table, rows = self._inputs.cast("B").cast("d"), array("d")
        for i in samples:
            rows.extend(table[i * width : (i + 1) * width])
        training.model.eval()
        try:
            found = self._forward(memoryview(rows).cast("B").cast("d", (len(samples), width)))
        except TraceError:
            return None
        finally:
            training.model.train()
        outputs = [_row(found, i) for i in range(len(samples))]
        return None if any(isnan(x) for x in _numbers(outputs)) else outputs

    def _output(self, x: Any) -> Any:
        """Return the output for one sample, from the numbers of its row."""
        return self.training.model(_nested(self.training.inputs[0], iter(x)))

    def _store(self) -> None:
        """Put the numbers back into the parameters and the optimizer."""
        optimizer = self.training.optimizer
        numbers, states = self._descent.numbers()
        state = dict(zip(optimizer.state, states, strict=True))
        optimizer.commit(numbers, state, self._descent.steps)
        for parameter, slope in zip(optimizer.parameters, self._descent.gradients(), strict=True):
            parameter.grad = slope


def _update(optimizer: Optimizer) -> Callable[..., Any]:
    """Return the optimizer's formula, which climbs where it should."""
    if not optimizer.maximize:
        return optimizer.update

    def update(parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        return optimizer.update(parameter, -gradient, *state, step=step, lr=lr)

    return update


def compiled_epochs(training: Training, backend: str | bool) -> CompiledEpochs | None:
    """Return the epochs of a training as compiled code; True: native where llvmlite is.

    None, with a CompileWarning that says why, where eager training is better.
    """
    chosen = backend_for(None if backend is True else str(backend))
    try:
        return CompiledEpochs(training, chosen)
    except TooLargeError as error:
        warnings.warn(str(error), CompileWarning, stacklevel=3)
        return None
    except BaseException:
        training.model.eval()
        raise
