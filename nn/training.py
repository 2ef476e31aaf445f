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
from math import fsum, isfinite
from pathlib import Path
from typing import Any

from tqdm import tqdm

from autograd import AnomalyError, Value, detect_anomaly, no_grad
from nn.callbacks import Callback, Calling
from nn.files import read_json
from nn.initializers import generator
from nn.module import Module
from nn.optimizers import Clip, Optimizer
from nn.schedules import Schedule

__all__ = ["History", "Training", "TrainingError", "batches", "eager_step", "fit", "predict"]

FORMAT = "scalar-autograd checkpoint, version 1"

Loss = Callable[[list[Any], list[Any]], Any]
Metric = Callable[[list[Any], list[Any]], float]
Step = Callable[["Training", list[int]], float]


class TrainingError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or infinite."""


class History(dict[str, list[float]]):
    """The figures of a training: a name, as "loss", and its list with one number for each epoch.

    Attributes:
        stopped: why the training ended before its last epoch, "" if it did not.
    """

    stopped = ""


class Training:
    """All that `fit` works on: what a callback sees and a checkpoint keeps.

    Attributes:
        model, optimizer, loss, penalty, clip, schedule: as given to `fit`.
        inputs, targets: the samples; `order` are the indices of those it trains on and `held_back`
            of those it validates on.
        rng: shuffles; `epoch` is the number of epochs done, `epochs` of those wanted.
        history: the figures so far.
        stopped: set it to a reason, and the training ends after this epoch.
    """

    def __init__(self, model: Module, inputs: Any, targets: Any, **options: Any) -> None:
        self.model = model
        self.inputs, self.targets = _listed(inputs), _listed(targets)
        self.loss: Loss = options["loss"]
        self.optimizer: Optimizer = options["optimizer"]
        self.penalty: Callable[[Module], Any] | None = options["penalty"]
        self.clip: Clip | None = options["clip"]
        self.schedule: Schedule | None = options["schedule"]
        self.metrics: Mapping[str, Metric] = options["metrics"]
        self.callbacks = [
            c if isinstance(c, Callback) else Calling(c) for c in options["callbacks"]
        ]
        self.batch_size: int = options["batch_size"] or len(self.inputs)
        self.epochs: int = options["epochs"]
        self.rng = generator(options["seed"], options["rng"])
        self.epoch = 0
        self.stopped = ""
        self.history = History()
        if len(self.inputs) != len(self.targets) or not self.inputs:
            raise ValueError(f"{len(self.inputs)} inputs and {len(self.targets)} targets: give as "
                             "many of each, and at least one")  # fmt: skip
        self._hold_back(options["validation"])

    def _hold_back(self, validation: Any) -> None:
        """Split the samples: a share chosen by chance, or samples of their own."""
        self.order, self.held_back = list(range(len(self.inputs))), []
        if isinstance(validation, float):
            if not 0.0 < validation < 1.0:
                raise ValueError(f"validation must be a share between 0 and 1, not {validation!r}")
            self.rng.shuffle(self.order)
            count = max(1, round(validation * len(self.order)))
            self.held_back, self.order = sorted(self.order[:count]), sorted(self.order[count:])
            if not self.order:
                raise ValueError("validation leaves no sample to train on")
        elif validation is not None:
            inputs, targets = map(_listed, validation)
            self.held_back = list(range(len(self.inputs), len(self.inputs) + len(inputs)))
            self.inputs, self.targets = self.inputs + inputs, self.targets + targets

    def batch_loss(self, batch: Sequence[int]) -> Any:
        """Return the loss of a batch of samples, with the penalty: what is differentiated."""
        outputs = [self.model(self.inputs[i]) for i in batch]
        total = self.loss(outputs, [self.targets[i] for i in batch])
        return total if self.penalty is None else total + self.penalty(self.model)

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on from here, bit for bit."""
        return {
            "format": FORMAT,
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            "generators": [source.getstate() for source in self._generators()],
            "order": self.order,
            "held_back": self.held_back,
            "history": self.history,
        }

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave; raise ValueError for that of another training."""
        samples, states = len(self.order) + len(self.held_back), content["generators"]
        if len(content["order"]) + len(content["held_back"]) != samples:
            raise ValueError(f"the checkpoint is not of a training on these {samples} samples")
        if len(content["callbacks"]) != len(self.callbacks) or len(states) != len(
            self._generators()
        ):
            raise ValueError("the checkpoint is of a training with other callbacks or layers")
        self.model.load_state_dict(content["model"])
        self.optimizer.load_state_dict(content["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(content["schedule"] or {})
        for callback, state in zip(self.callbacks, content["callbacks"], strict=True):
            callback.load_state_dict(state)
        self._set_generators(states)
        self.order, self.held_back = content["order"], content["held_back"]
        self.epoch, self.history = content["epoch"], History(content["history"])

    def _generators(self) -> list[random.Random]:
        """Return every source of chance: that of the shuffling, and those of layers (Dropout)."""
        modules = [module for _, module in self.model.named_modules()]
        return [self.rng, *(module.rng for module in modules if hasattr(module, "rng"))]

    def _set_generators(self, states: Sequence[Any]) -> None:
        for source, (version, numbers, rest) in zip(self._generators(), states, strict=True):
            source.setstate((version, tuple(numbers), rest))

    def explain(self, batch: Sequence[int], what: str, states: Sequence[Any]) -> TrainingError:
        """Return the error that says where it began: by doing a step again and checking each."""
        self._set_generators(states)
        where = f"epoch {self.epoch + 1}: {what}"
        try:
            with detect_anomaly():
                self.batch_loss(batch).backward()
        except AnomalyError as error:
            return TrainingError(f"{where}. It began here: {error}")
        return TrainingError(f"{where} in the step of {self.optimizer!r}: try a smaller lr")


def _listed(samples: Any) -> list[Any]:
    return samples.tolist() if hasattr(samples, "tolist") else list(samples)


def batches(order: Sequence[int], size: int, rng: random.Random) -> list[list[int]]:
    """Return the samples of one epoch: shuffled, cut into batches, the last one may be smaller.

    >>> batches([0, 1, 2], 2, random.Random(0))
    [[0, 2], [1]]
    """
    shuffled = list(order)
    rng.shuffle(shuffled)
    return [shuffled[i : i + size] for i in range(0, len(shuffled), size)]


def eager_step(training: Training, batch: list[int]) -> float:
    """Do one step: forward, backward, and move the parameters; return the loss.

    Raises TrainingError, and moves nothing, where a number is not finite.
    """
    optimizer = training.optimizer
    states = [source.getstate() for source in training._generators()]
    loss = training.batch_loss(batch)
    if not isfinite(loss.data):
        raise training.explain(batch, f"the loss became {loss.data}", states)
    optimizer.zero_grad()
    loss.backward()
    gradients = [parameter.grad for parameter in optimizer.parameters]
    if training.clip is not None:
        gradients = training.clip(gradients)
    numbers, state = optimizer.proposal(gradients)
    if not all(map(isfinite, numbers)):
        raise training.explain(batch, "a parameter became nan or infinite", states)
    optimizer.commit(numbers, state, optimizer.steps + 1)
    return float(loss.data)


def _epoch(training: Training, step: Step) -> None:
    """Do one epoch and add its figures to the history."""
    training.model.train()
    lr = training.optimizer.lr
    cut = batches(training.order, training.batch_size, training.rng)
    losses = [step(training, batch) * len(batch) for batch in cut]
    figures = {"loss": fsum(losses) / len(training.order), "lr": lr}
    if training.metrics:
        figures |= _measured(training, training.order, "")
    if training.held_back:
        figures |= _measured(training, training.held_back, "validation_", training.loss)
    if training.schedule is not None:
        training.schedule.step()
    for name, figure in figures.items():
        training.history.setdefault(name, []).append(figure)
    training.epoch += 1


def _measured(
    training: Training, samples: list[int], prefix: str, loss: Loss | None = None
) -> dict[str, float]:
    outputs = predict(training.model, [training.inputs[i] for i in samples])
    targets = [training.targets[i] for i in samples]
    functions = ({"loss": loss} if loss else {}) | dict(training.metrics)
    return {prefix + name: float(f(outputs, targets)) for name, f in functions.items()}


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
) -> History:
    """Train a model and return the history: `history["loss"]` has one number for each epoch.

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
        clip: limits the gradients, see `nn.optimizers.clip_by_norm`.
        schedule: sets the learning rate after each epoch.
        callbacks: what to do after each epoch, see `nn.callbacks`.
        resume: a checkpoint's file to go on from.
        progress: show a progress bar.
        step: does one step on a batch of sample numbers and returns the loss.

    Raises TrainingError when a number is not finite; the model is then as after the last good
    epoch. Raises ValueError where the arguments do not fit each other.

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
    if resume is not None:
        training.load_state_dict(read_json(resume, FORMAT))
    _run(training, step, progress)
    return training.history


def _run(training: Training, step: Step, progress: bool) -> None:
    bar = tqdm(total=training.epochs, initial=training.epoch, unit="epoch", disable=not progress)
    good = (training.model.state_dict(), training.optimizer.state_dict())
    try:
        while training.epoch < training.epochs and not training.stopped:
            _epoch(training, step)
            for callback in training.callbacks:
                callback.epoch_end(training)
            good = (training.model.state_dict(), training.optimizer.state_dict())
            bar.set_postfix({k: f"{v[-1]:.4g}" for k, v in training.history.items()}, refresh=False)
            bar.update()
    except KeyboardInterrupt:
        training.stopped = f"interrupted in epoch {training.epoch + 1}"
    except TrainingError:
        training.model.load_state_dict(good[0])
        training.optimizer.load_state_dict(good[1])
        raise
    finally:
        bar.close()
        training.model.eval()
        training.history.stopped = training.stopped
    for callback in training.callbacks:
        callback.end(training)


def predict(model: Module, inputs: Any) -> list[Any]:
    """Return a model's outputs as numbers, nested as they are, without recording a graph.

    Layers that differ in training are as in use meanwhile.

    >>> from nn import MLP
    >>> len(predict(MLP(2, [3], seed=0), [[1.0, 2.0]])[0])
    3
    """
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        with no_grad():
            return [_plain(model(x)) for x in _listed(inputs)]
    finally:
        for module, mode in modes:
            module.training = mode


def _plain(outputs: Any) -> Any:
    if isinstance(outputs, (list, tuple)):
        return [_plain(x) for x in outputs]
    return outputs.data if isinstance(outputs, Value) else outputs
