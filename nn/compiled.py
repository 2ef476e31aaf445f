"""Compiled training: `fit(..., compiled=True)` does whole epochs as one native loop.

Forward, backward, the optimizer's update, clipping and shuffling run on flat buffers; the numbers
come back into the model and the optimizer after every epoch that somebody looks at (a callback, a
schedule, a metric), at the end, on Ctrl-C and on an error.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Callable, Sequence
from math import inf, isnan
from typing import Any

from autograd import Value, no_grad
from autograd.compile import Batch, TraceError
from autograd.compile.compiled import CompileWarning, backend_for
from autograd.compile.training.descent import Descent
from autograd.compile.training.whole import WholeDescent
from autograd.graph import topological_order
from nn.constants import constants, first_change
from nn.dependence import check_one
from nn.masks import Masks
from nn.module import Module
from nn.optimizer import Optimizer
from nn.samples import nested, numbers, plain_numbers, row, table
from nn.separable import is_mean, loss_of_numbers
from nn.training import NOT_FINITE, Training

__all__ = ["CompiledEpochs", "compiled_epochs", "outputs_of"]

MOST_NODES = 100_000  # in the graph of a batch that is compiled whole: about 20 s


class TooLargeError(ValueError):
    """A program for a whole batch would be too large."""


class CompiledEpochs:
    """The epochs of a training as native code.

    Where the loss is the mean of the samples' losses, samples are computed in the lanes of SIMD,
    and an epoch is one native loop. Any other loss, and every loss with the Python back end, is
    compiled for a whole batch together.

    Args:
        training: what to do.
        backend: "llvm" or "python".
        fast: as in `autograd.compile`.

    What `Dropout` drops is drawn in the order of the eager training, and handed to the program with
    each sample. Raises TraceError for a model that a program cannot follow (one that draws random
    numbers otherwise, or reads `.data`).
    """

    def __init__(self, training: Training, backend: str, fast: bool = False) -> None:
        self.training = training
        self.backend, self.fast = backend, fast
        self.done: list[list[float]] = []
        self.renewals = 0
        self._constants = constants(training)
        self._inputs = table(training.inputs, "inputs")
        self._targets = table(training.targets, "targets")
        self._forward = forward(training.model, training.inputs[0], backend, fast)
        training.model.train()
        states = self._states()
        try:
            self._check_targets()
            check_one(training)
            self._masks = Masks(training.model, training.inputs[0])
            self._drawn: tuple[list[Any], Sequence[int], int] = states, [], 0
            self._descent = self._made()
        finally:
            training.set_generators(states)

    def renewed(self) -> CompiledEpochs:
        """Return itself, or what to go on with if a callback has changed a constant.

        Warns where that happens again and again.
        """
        place = first_change(self._constants, constants(self.training))
        if not place:
            return self
        fresh = CompiledEpochs(self.training, self.backend, self.fast)
        fresh.renewals = self.renewals + 1
        if fresh.renewals == 3:
            warnings.warn(
                f"a compiled fit is compiled anew in every epoch in which a callback changes "
                f"{place}: keep what changes in a Value, `Value(x).detach()`, whose "
                "`.data` is read in every epoch", CompileWarning, stacklevel=4,
            )  # fmt: skip
        return fresh

    def _states(self) -> list[Any]:
        return [source.getstate() for source in self.training.generators]

    def _made(self) -> Descent | WholeDescent:
        training = self.training
        optimizer, clip = training.optimizer, training.clip
        given = _update(optimizer), optimizer.parameters
        options: dict[str, Any] = {"states": len(optimizer.state), "clip": clip, "fast": self.fast}
        tables, width = [self._inputs, self._targets], self._masks.width
        if width:
            options["draw"] = self._draw
            tables.append(table([[0.0] * width] * len(training.inputs), "masks"))
        if self.backend == "llvm" and is_mean(training, self._example):
            self._written = tables[-1]
            return Descent(self._loss, *given, tables, **options)
        self._check_size()
        rows = [*zip(*[each.tolist() for each in tables], strict=True)]
        self._written = table(rows, "samples")
        return WholeDescent(
            self._loss_of_all, *given, self._written, backend=self.backend, **options
        )

    def _draw(self, order: Sequence[int]) -> None:
        """Draw what is dropped in an epoch, in the order of its rows."""
        self._drawn = self._states(), order, self._descent.steps
        cells = self._written.cast("B").cast("d")
        width = len(cells) // len(self.training.inputs)
        for i in order:
            end = (i + 1) * width
            cells[end - self._masks.width : end] = array("d", self._masks.drawn())

    def _draw_again(self) -> None:
        """Leave the generators as after the steps that were done of the epoch that was drawn."""
        if self._masks.width:
            states, order, steps = self._drawn
            done = (self._descent.steps - steps) * self.training.batch_size
            self.training.set_generators(states)
            for _ in order[:done]:
                self._masks.drawn()

    def _check_size(self) -> None:
        """Raise TooLargeError for a batch that would take longer to compile than to train."""
        training = self.training
        size = min(training.batch_size, len(training.order))
        output = numbers(training.model(training.inputs[0]))
        nodes = size * len(topological_order([x for x in output if isinstance(x, Value)]))
        if nodes > MOST_NODES:
            why = "the Python back end" if self.backend == "python" else "a loss that is no mean"
            raise TooLargeError(
                f"fit trains eagerly, since {why} needs a program for a whole batch, and that of "
                f"{size} samples would have {nodes:,} operations (the most is {MOST_NODES:,}): "
                "a smaller batch_size can be compiled"
            )

    def _loss(self, x: Any, target: Any, dropped: Any = ()) -> Any:
        """Return the loss of one sample, from the numbers of its row."""
        return self._loss_of_all([[*x, *target, *dropped]])

    def _loss_of_all(self, rows: Sequence[Sequence[Any]]) -> Any:
        """Return the loss of a batch, from the numbers of its rows."""
        training, outputs, targets = self.training, [], []
        for each in rows:
            source = iter(each)
            x, target = nested(training.inputs[0], source), nested(training.targets[0], source)
            with self._masks.given(source):
                outputs.append(training.model(x))
            targets.append(target)
        return training.loss_of(outputs, targets)

    def _check_targets(self) -> None:
        """Let the loss look at every target, as plain numbers; it raises where one is wrong."""
        training = self.training
        with no_grad():
            self._example = plain_numbers(training.model(training.inputs[0]))
            targets = [training.targets[i] for i in training.order]
            loss_of_numbers(training, [self._example] * len(targets), targets)

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
        fault, states = "interrupted", self._states()
        self.done = []
        try:
            fault = descent.epochs(count, training.order, size, training.rng, losses, seconds)
        except TraceError:  # a program that is made now, with chance in it
            training.set_generators(states)
            raise
        finally:
            self._store()
            if fault:
                self._draw_again()
            good = len(losses) - (fault == "loss")  # that of a step whose update fails is not there
            whole = good // steps * steps
            self.done = [losses[i : i + steps].tolist() for i in range(0, whole, steps)]
        if fault:
            raise self._error(f"the loss became {losses[-1]}" if fault == "loss" else NOT_FINITE)

    def _error(self, what: str) -> Exception:
        """Return the error that says where it began, and go back to the last good epoch."""
        training = self.training
        training.epoch += len(self.done)
        try:
            return training.explain(self._descent.batch(), what, self._states())
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
        outputs = [row(found, i) for i in range(len(samples))]
        return None if any(isnan(x) for x in numbers(outputs)) else outputs

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


def forward(model: Module, sample: Any, backend: str, fast: bool) -> Batch:
    """Return the outputs of a model as a compiled batch of rows; `sample` is one of its inputs."""
    return Batch(lambda x: model(nested(sample, iter(x))), "x", None, backend, fast, 1)


def outputs_of(model: Module, inputs: Sequence[Any], compiled: bool | str) -> list[Any]:
    """Return what a model gives for some inputs, as compiled code; True: native where llvmlite is.

    Raises ValueError where the inputs differ in size, TraceError where the model branches.
    """
    if not inputs:
        return []
    columns = forward(model, inputs[0], *_chosen(compiled))(table(inputs, "inputs"))
    return [row(columns, i) for i in range(len(inputs))]


def _chosen(compiled: bool | str) -> tuple[str, bool]:
    """Return the back end, and whether it is to be fast."""
    fast = compiled == "fast"
    return backend_for(None if compiled is True or fast else str(compiled)), fast


def compiled_epochs(training: Training, compiled: bool | str) -> CompiledEpochs | None:
    """Return the epochs of a training as compiled code; True: native where llvmlite is.

    None, with a CompileWarning that says why, where eager training is better.
    """
    chosen = _chosen(compiled)
    try:
        return CompiledEpochs(training, *chosen)
    except TooLargeError as error:
        warnings.warn(str(error), CompileWarning, stacklevel=3)
        return None
    except BaseException:
        training.model.eval()
        raise
