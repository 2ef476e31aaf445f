"""fit: train a model on data, epoch by epoch, and keep what has been reached.

`fit` shuffles, cuts into batches, steps, and returns the `History`; it can hold samples back for
validation, follow a schedule, clip, stop early, write checkpoints and resume from them bit for bit.
Ctrl-C ends it after the last whole step; a loss that is not finite ends it with a `TrainingError`
that names the operation it began in, and the model as it was after the last good epoch. `predict`
gives a trained model's outputs as numbers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import fsum, inf
from pathlib import Path
from typing import Any

from tqdm import tqdm

from autograd import AnomalyError, detect_anomaly, no_grad
from autograd.watch import watchers
from nn.arguments import check_model, listed
from nn.callbacks import Callback, in_turn
from nn.checks import not_negative
from nn.clipping import Clip
from nn.compiled import CompiledEpochs, compiled_epochs, outputs_of
from nn.files import read_json
from nn.module import Module
from nn.optimizer import Optimizer
from nn.samples import plain_numbers
from nn.schedules import Schedule
from nn.training import (
    FORMAT,
    History,
    Loss,
    Metric,
    Step,
    Training,
    TrainingAnomalyError,
    TrainingError,
    eager_step,
)

__all__ = ["batches", "fit", "predict"]


def batches(order: Sequence[int], size: int, rng: random.Random) -> list[list[int]]:
    """Return the samples of one epoch: shuffled, cut into batches, the last one may be smaller.

    >>> batches([0, 1, 2], 2, random.Random(0))
    [[0, 2], [1]]
    """
    shuffled = list(order)
    rng.shuffle(shuffled)
    return [shuffled[i : i + size] for i in range(0, len(shuffled), size)]


def _epoch(training: Training, step: Step) -> None:
    """Do one epoch and add its figures to the history."""
    training.model.train()
    lr = training.optimizer.lr
    cut = batches(training.order, training.batch_size, training.rng)
    _note(training, [step(training, batch) for batch in cut], lr)


def _native_epochs(training: Training, native: CompiledEpochs, progress: bool) -> None:
    """Do an epoch as native code; more, if nobody looks at each; all, without a progress bar."""
    watched = training.callbacks, training.schedule, training.metrics, training.held_back
    lr = training.optimizer.lr
    training.model.train()
    try:
        count = 1 if any(watched) else training.epochs - training.epoch
        native.run(count, seconds=0.2 if progress else inf)
    finally:
        for losses in native.done:
            _note(training, losses, lr, native)


def _note(
    training: Training, losses: Sequence[float], lr: float, native: CompiledEpochs | None = None
) -> None:
    """Add the figures of an epoch to the history, from the losses of its steps."""
    count, size = len(training.order), training.batch_size
    sizes = [min(size, count - start) for start in range(0, count, size)]
    total = fsum(loss * n for loss, n in zip(losses, sizes, strict=True))
    figures = {"loss": total / count, "lr": lr}
    if training.metrics:
        figures |= _measured(training, training.order, "", native)
    if training.held_back:
        figures |= _measured(training, training.held_back, "validation_", native, training.loss)
    if training.schedule is not None:
        training.schedule.step()
    for name, figure in figures.items():
        training.history.setdefault(name, []).append(figure)
    training.epoch += 1


def _measured(
    training: Training, samples: list[int], prefix: str, native: CompiledEpochs | None,
    loss: Loss | None = None,
) -> dict[str, float]:  # fmt: skip
    outputs = None if native is None else native.outputs(samples)
    if outputs is None:
        outputs = predict(training.model, [training.inputs[i] for i in samples])
    targets = [training.targets[i] for i in samples]
    functions = ({"loss": loss} if loss else {}) | dict(training.metrics)
    found = {prefix + name: f(outputs, targets) for name, f in functions.items()}
    return {name: _figure(name, figure) for name, figure in found.items()}


def _figure(name: str, found: Any) -> float:
    """Return what a metric or the loss gave; raise TypeError for what is no number."""
    try:
        return float(found)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"the figure {name!r} is one number, not {found!r}") from None


def fit(
    model: Module,
    inputs: Any,
    targets: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int = 100,
    batch_size: int | None = 32,
    seed: int | None = None,
    rng: random.Random | None = None,
    validation: float | tuple[Any, Any] | None = None,
    metrics: Mapping[str, Metric] | None = None,
    penalty: Callable[[Module], Any] | None = None,
    clip: Clip | None = None,
    schedule: Schedule | None = None,
    callbacks: Sequence[Callback | Callable[[Training], Any]] = (),
    resume: str | Path | None = None,
    progress: bool = True,
    step: Step = eager_step,
    compiled: bool | str = False,
) -> History:
    """Train a model and return the history: `history["loss"]` has one number for each epoch.

    Afterwards the model is as for use, `model.eval()`; `history.stopped` says why it ended early.

    Args:
        model: takes one of the inputs, returns a Value or nested lists of them.
        inputs, targets: a list, or an array, with one entry for each sample.
        loss: takes a list of outputs and one of targets, as those in `nn.losses` do.
        optimizer: made with the model's parameters.
        epochs: how often to go through all samples, those before a checkpoint included.
        batch_size: how many samples to a step; None for all.
        seed, rng: where the shuffling draws from; else Python's global generator.
        validation: a share of the samples to hold back, as 0.2, or (inputs, targets) of their own.
        metrics: names and functions of outputs and targets, as {"accuracy": accuracy}.
        penalty: a function of the model, added to the loss: `lambda m: 1e-4 * l2(m.parameters())`.
        clip: limits the gradients, see `nn.clipping`.
        schedule: sets the learning rate after each epoch.
        callbacks: what to do after each epoch, see `nn.callbacks`.
        resume: a checkpoint's file to go on from. Give the same validation, metrics, kind of
            schedule, and callbacks that keep a state, which they have again; others may differ.
        progress: show a progress bar.
        step: does one step on a batch of sample numbers and returns the loss.
        compiled: do whole epochs as native code, hundreds of times as fast: True, the name of a
            back end, "llvm" or "python", or "fast" (see `autograd.compile`). Follows the eager
            training: same shuffles, same masks of `Dropout`, same losses. The samples must be of
            one size, and the model draw no other random numbers. Fastest where the loss is the mean
            of the samples' losses; any other is compiled for a whole batch. Plain numbers of the
            model and the loss are constants of the program, which is made anew where a callback
            has changed one. Under `detect_anomaly()` the training is eager, to name the line.

    Raises TrainingError when a number is not finite; under `detect_anomaly()` it is an AnomalyError
    too. After this or any other error in an epoch the model is as after the last good one, and the
    error's `history` has the figures until then. Raises ValueError where the arguments do not fit
    each other, or the checkpoint, and where the loss is made of none of the optimizer's parameters.

    >>> from nn import MLP, SGD, mean_squared_error
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0]], [1.0, 3.0], loss=mean_squared_error, epochs=200,
    ...               optimizer=SGD(model.parameters(), lr=0.3), seed=0, progress=False)
    >>> round(history["loss"][-1], 6)
    0.0
    """
    training = Training(
        model, inputs, targets, loss=loss, optimizer=optimizer, epochs=epochs, seed=seed, rng=rng,
        batch_size=batch_size, validation=validation, metrics=metrics or {}, penalty=penalty,
        clip=clip, schedule=schedule, callbacks=callbacks,
    )  # fmt: skip
    if compiled and step is not eager_step:
        raise ValueError("give either compiled=True or a step of your own")
    if resume is None:
        training.begin()
    else:
        training.load_state_dict(read_json(resume, FORMAT))
    natively = compiled and not any(isinstance(w, detect_anomaly) for w in watchers())
    _run(training, step, progress, compiled_epochs(training, compiled) if natively else None)
    return training.history


def _run(training: Training, step: Step, progress: bool, native: CompiledEpochs | None) -> None:
    bar = tqdm(total=training.epochs, initial=training.epoch, unit="epoch", disable=not progress)
    good = training.reached()
    try:
        while training.epoch < training.epochs and not training.stopped:
            not_negative(training.optimizer.lr, f"the learning rate in epoch {training.epoch + 1}")
            if native is None:
                _epoch(training, step)
            else:
                _native_epochs(training, native, progress)
            for callback in in_turn(training.callbacks):
                callback.epoch_end(training)
            if native is not None and training.callbacks:
                native = native.renewed()
            good = training.reached()
            bar.set_postfix({k: f"{v[-1]:.4g}" for k, v in training.history.items()}, refresh=False)
            bar.update(training.epoch - bar.n)
    except KeyboardInterrupt:
        training.stopped = f"interrupted in epoch {training.epoch + 1}"
    except Exception as error:
        if training.epoch == good.epoch:  # what a callback raises comes after its epoch
            training.go_back(good)
        if isinstance(error, AnomalyError) and not isinstance(error, TrainingError):
            message = f"epoch {training.epoch + 1}: {error}"
            anomaly = TrainingAnomalyError(message, error.node, error.line, error.reproducer)
            anomaly.history = training.history
            raise anomaly from error
        with suppress(AttributeError):  # of an error that has no room for it
            error.history = training.history  # type: ignore[attr-defined]
        raise
    finally:
        bar.close()
        training.model.eval()
        training.history.stopped = training.stopped
    for callback in training.callbacks:
        callback.end(training)


def predict(model: Module, inputs: Any, *, compiled: bool | str = False) -> list[Any]:
    """Return a model's outputs as numbers, nested as they are, without recording a graph.

    Layers that differ in training are as in use meanwhile.

    Args:
        model: takes one of the inputs.
        inputs: a list, or an array, with one entry for each sample.
        compiled: compute many samples at once, as native code; values as for `fit`. The samples
            must be of one size, and the model the same program for all.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3], seed=0), [[1.0, 2.0]])[0])
    3
    """
    check_model(model)
    samples = listed(inputs)
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        if compiled:
            return outputs_of(model, samples, compiled)
        with no_grad():
            return [plain_numbers(model(x)) for x in samples]
    finally:
        for module, mode in modes:
            module.training = mode
