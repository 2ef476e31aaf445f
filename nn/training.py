"""The state of a training, and one step of it.

A `Training` has the model, the samples, the optimizer and all that `fit` was given; it makes the
loss of a batch, and a checkpoint of itself from which it goes on bit for bit. `eager_step` moves
the parameters once, or says in a `TrainingError` where a number became infinite or nan.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any, NamedTuple

from autograd import AnomalyError, Value, detect_anomaly, no_grad
from nn.arguments import callbacks_of, check_kinds, check_loss, listed
from nn.checks import check_pairs, positive
from nn.clipping import Clip
from nn.dependence import check_first
from nn.initializers import generator
from nn.module import Module
from nn.optimizer import Optimizer
from nn.resuming import check_content, keepers
from nn.samples import not_finite
from nn.schedules import Schedule

__all__ = ["FORMAT", "NOT_FINITE", "History", "Loss", "Metric", "Step", "Training"]
__all__ += ["TrainingAnomalyError", "TrainingError", "eager_step"]

FORMAT = "scalar-autograd checkpoint, version 2"
NOT_FINITE = "a parameter became nan or infinite"
# What a broken checkpoint raises:
_OF_CONTENT = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)

Loss = Callable[[list[Any], list[Any]], Any]
Metric = Callable[[list[Any], list[Any]], float]
Step = Callable[["Training", list[int]], float]


class TrainingError(ArithmeticError):
    """A loss, a gradient or a parameter became nan or infinite.

    The `history` of one that ends a `fit`, as of any other error, has the figures until then.
    """

    history: History


class TrainingAnomalyError(TrainingError, AnomalyError):
    """The same, found by `detect_anomaly`: it has its node, line and reproducer."""


class History(dict[str, list[float]]):
    """The figures of a training: a name, as "loss", and its list with one number for each epoch.

    All names are there from the beginning, with empty lists.

    Attributes:
        stopped: why the training ended before its last epoch, "" if it did not.

    >>> history = History(loss=[0.5, 0.25])
    >>> history["loss"][-1], history.stopped
    (0.25, '')
    """

    stopped = ""


class Reached(NamedTuple):
    """What a training has come to after an epoch: the states of its model and optimizer."""

    epoch: int
    model: dict[str, Any]
    optimizer: dict[str, Any]


class Training:
    """All that `fit` works on: what a callback sees and a checkpoint keeps.

    Attributes:
        model, optimizer, loss, penalty, clip, schedule: as given to `fit`.
        inputs, targets: the samples; `order` are the indices of those it trains on and `held_back`
            of those it validates on.
        validation: as given, or "(inputs, targets)" for samples of their own.
        rng: shuffles; `generators` are all sources of chance, those of layers too.
        epoch: the number of epochs done; `epochs` of those wanted.
        history: the figures so far.
        stopped: set it to a reason, and the training ends after this epoch.
    """

    def __init__(self, model: Module, inputs: Any, targets: Any, **options: Any) -> None:
        check_kinds(model, options)
        self.model = model
        self.inputs, self.targets = listed(inputs, "inputs"), listed(targets, "targets")
        self.loss: Loss = options["loss"]
        self.optimizer: Optimizer = options["optimizer"]
        self.penalty: Callable[[Module], Any] | None = options["penalty"]
        self.clip: Clip | None = options["clip"]
        self.schedule: Schedule | None = options["schedule"]
        self.metrics: Mapping[str, Metric] = options["metrics"]
        self.callbacks = callbacks_of(options["callbacks"])
        size = options["batch_size"]
        self.batch_size = len(self.inputs) if size is None else positive(size, "batch_size")
        self.epochs = positive(options["epochs"], "epochs", 0)
        self.rng = generator(options["seed"], options["rng"])
        self.epoch = 0
        self.stopped = ""
        self.loss_checked = False  # that it is made of the parameters: once, see nn.dependence
        check_pairs(self.inputs, self.targets, "inputs")
        self._hold_back(options["validation"])
        names = ["loss", "lr", *self.metrics]
        names += [f"validation_{x}" for x in ("loss", *self.metrics) if self.held_back]
        self.history = History({name: [] for name in names})
        modules = [module for _, module in model.named_modules()]
        layers = [module.rng for module in modules if hasattr(module, "rng")]
        self.generators: list[random.Random] = [self.rng, *layers]  # every source of chance
        self._check_optimizer()

    def _check_optimizer(self) -> None:
        """Raise ValueError for an optimizer, or a schedule, that would train nothing here."""
        if set(self.model.parameters()).isdisjoint(self.optimizer.parameters):
            raise ValueError("the optimizer has none of the model's parameters: make it with "
                             "model.parameters() of this model")  # fmt: skip
        if self.schedule is not None and self.schedule.optimizer is not self.optimizer:
            raise ValueError("the schedule is of another optimizer: make it with this one")

    def _hold_back(self, validation: Any) -> None:
        """Split the samples: a share chosen by chance, or samples of their own."""
        self.order, self.held_back = list(range(len(self.inputs))), []
        self.validation = validation  # as a checkpoint has it
        if isinstance(validation, float):
            if not 0.0 < validation < 1.0:
                raise ValueError(f"validation must be a share between 0 and 1, not {validation!r}")
            self.rng.shuffle(self.order)
            count = max(1, round(validation * len(self.order)))
            self.held_back, self.order = sorted(self.order[:count]), sorted(self.order[count:])
            if not self.order:
                raise ValueError("validation leaves no sample to train on")
        elif validation is not None:
            if not isinstance(validation, (list, tuple)) or len(validation) != 2:
                raise TypeError("validation is a share, as 0.2, or (inputs, targets), not "
                                f"{validation!r}")  # fmt: skip
            inputs, targets = listed(validation[0], "inputs"), listed(validation[1], "targets")
            check_pairs(inputs, targets, "inputs")
            self.validation = "(inputs, targets)"
            self.held_back = list(range(len(self.inputs), len(self.inputs) + len(inputs)))
            self.inputs, self.targets = self.inputs + inputs, self.targets + targets

    def batch_loss(self, batch: Sequence[int]) -> Value:
        """Return the loss of a batch of samples, with the penalty: what is differentiated.

        Raises ValueError, the first time, where it is made of none of the optimizer's parameters.
        """
        loss = self.data_loss(batch)
        check_first(self, loss)
        return self.penalized(loss)

    def data_loss(self, batch: Sequence[int]) -> Value:
        """Return the loss of a batch of samples, without the penalty."""
        outputs = [self._output(i) for i in batch]
        return self.loss_alone(outputs, [self.targets[i] for i in batch])

    def _output(self, i: int) -> Any:
        """Return the model's output for a sample; name that in the error where there is none."""
        try:
            return self.model(self.inputs[i])
        except (TypeError, ValueError) as error:
            if type(error) not in (TypeError, ValueError) or not self._takes_others_than(i):
                raise
            raise type(error)(f"inputs[{i}]: {error}") from error

    def _takes_others_than(self, i: int) -> bool:
        """Return whether the model takes one of two other samples."""
        for other in [k for k in self.order if k != i][:2]:
            with suppress(Exception), no_grad():
                self.model(self.inputs[other])
                return True
        return False

    def loss_alone(self, outputs: list[Any], targets: list[Any]) -> Value:
        """Return the loss of some outputs, without the penalty; raise TypeError if no Value."""
        return check_loss(self.loss(outputs, targets))

    def penalized(self, loss: Value) -> Value:
        """Return a loss with the penalty."""
        return loss if self.penalty is None else check_loss(loss + self.penalty(self.model))

    def loss_of(self, outputs: list[Any], targets: list[Any]) -> Value:
        """Return the loss of some outputs, with the penalty; raise TypeError if it is no Value."""
        return self.penalized(self.loss_alone(outputs, targets))

    def reached(self) -> Reached:
        """Return where the training is, to be put back there."""
        return Reached(self.epoch, self.model.state_dict(), self.optimizer.state_dict())

    def go_back(self, reached: Reached) -> None:
        """Put the model and the optimizer back to where they were after an epoch."""
        self.model.load_state_dict(reached.model)
        self.optimizer.load_state_dict(reached.optimizer)

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on from here, bit for bit."""
        return {
            "format": FORMAT,
            "epoch": self.epoch,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule and self.schedule.state_dict(),
            "schedule_name": "" if self.schedule is None else type(self.schedule).__name__,
            "callbacks": [
                {"callback": type(each).__name__, "state": each.state_dict()}
                for each in keepers(self.callbacks)
            ],
            "generators": [source.getstate() for source in self.generators],
            "order": self.order,
            "held_back": self.held_back,
            "validation": self.validation,
            "metrics": list(self.metrics),
            "history": self.history,
        }

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave.

        Raises ValueError for what is broken or of another training; then nothing has been changed.
        """
        before = self.state_dict()
        try:
            check_content(content, before)
            self._take(content)
            self.begin()
        except Exception as error:
            self._take(before)
            if not isinstance(error, _OF_CONTENT):
                raise
            told = isinstance(error, ValueError)
            message = str(error) if told else f"the checkpoint is broken: {error!r}"
            raise ValueError(message) from None

    def begin(self) -> None:
        """Let the callbacks begin, anew or where `load_state_dict` has put them."""
        for callback in self.callbacks:
            callback.begin(self)

    def _take(self, content: dict[str, Any]) -> None:
        self.model.load_state_dict(content["model"])
        self.optimizer.load_state_dict(content["optimizer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(content["schedule"])
        for callback, kept in zip(keepers(self.callbacks), content["callbacks"], strict=True):
            callback.load_state_dict(kept["state"])
        self.set_generators(content["generators"])
        self.order, self.held_back = content["order"], content["held_back"]
        self.epoch, self.history = content["epoch"], History(content["history"])

    def set_generators(self, states: Sequence[Any]) -> None:
        """Let every source of chance go on from a state it was in."""
        for source, (version, numbers, rest) in zip(self.generators, states, strict=True):
            source.setstate((version, tuple(numbers), rest))

    def explain(self, batch: Sequence[int], what: str, states: Sequence[Any]) -> TrainingError:
        """Return the error that says where it began: by doing a step again and checking each."""
        where = f"epoch {self.epoch + 1}: {what}{self._odd_number(batch)}"
        self.set_generators(states)
        for name, parameter in self.model.named_parameters():
            parameter.label = parameter.label or name
        try:
            with detect_anomaly():
                self.batch_loss(batch).backward()
        except AnomalyError as error:
            return TrainingError(f"{where}. It began here: {error}")
        return TrainingError(f"{where} in the step of {self.optimizer!r}: try a smaller lr")

    def _odd_number(self, batch: Sequence[int]) -> str:
        """Return words for the first number in the samples of a batch that is not finite."""
        for i in batch:
            for name, sample in (("inputs", self.inputs[i]), ("targets", self.targets[i])):
                odd = not_finite(sample)
                if odd is not None:
                    return f"; there is {odd} in {name}[{i}]"
        return ""


def eager_step(training: Training, batch: list[int]) -> float:
    """Do one step: forward, backward, and move the parameters; return the loss.

    Raises TrainingError, and moves nothing, where a number is not finite; ValueError in the first
    step of a training where its loss is made of none of the optimizer's parameters.
    """
    optimizer = training.optimizer
    states = [source.getstate() for source in training.generators]
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
        raise training.explain(batch, NOT_FINITE, states)
    optimizer.commit(numbers, state, optimizer.steps + 1)
    return float(loss.data)
