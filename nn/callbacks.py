"""What may happen after each epoch of `fit`: early stopping, checkpoints, functions of your own.

A callback is a function of the `Training` (see `nn.training`), or a `Callback`, which can have a
state that a checkpoint keeps and something to do at the end. `EarlyStopping` stops when a figure
gets no better and restores the best; `Checkpoint` writes a file from which `fit` resumes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from math import inf, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.checks import limit, not_negative, positive
from nn.files import is_count, is_number, write_json
from nn.module import check_state

if TYPE_CHECKING:
    from nn.training import Training

__all__ = ["Callback", "Checkpoint", "EarlyStopping", "in_turn"]


class Callback:
    """Called by `fit` before the first epoch, after each and at the end."""

    def begin(self, training: Training) -> None:
        """Do something before the first epoch; `training.epoch` is 0 where it is a new training.

        One that is resumed has more epochs behind it, and the callback has its state again. Raise
        ValueError for a state that is not of this training.
        """

    def epoch_end(self, training: Training) -> None:
        """Do something after an epoch; set `training.stopped` to a reason to make it the last."""

    def end(self, training: Training) -> None:
        """Do something when the training is over, also after Ctrl-C."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep; one that keeps a state defines this."""
        return {}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take what `state_dict` gave."""


class Calling(Callback):
    """A plain function as a callback."""

    def __init__(self, function: Callable[[Training], Any]) -> None:
        self.function = function

    def epoch_end(self, training: Training) -> None:
        """Call the function."""
        self.function(training)


class EarlyStopping(Callback):
    """Stop when a figure of the history gets no better, and restore the best parameters.

    Args:
        patience: how many epochs without a better one to wait for.
        monitor: the name of the figure in the history.
        min_delta: how much smaller is better; the figure is a loss.

    Each training begins anew. One that is resumed after it has been stopped stays so, unless
    patience is greater now.

    >>> EarlyStopping(patience=3).best
    inf
    """

    def __init__(
        self, patience: int = 10, monitor: str = "validation_loss", min_delta: float = 0.0
    ) -> None:
        if not isinstance(monitor, str):
            raise TypeError(f"monitor is the name of a figure, as 'loss', not {monitor!r}")
        self.monitor = monitor
        self.patience = limit(patience, "patience")  # infinite: only restore the best at the end
        self.min_delta = not_negative(min_delta, "min_delta")
        self._forget()

    def _forget(self) -> None:
        self.best = inf
        self.epoch = 0
        self.parameters: dict[str, Any] | None = None

    def begin(self, training: Training) -> None:
        """Forget another training; of one that is resumed check the parameters, and its end."""
        if not training.epoch:
            self._forget()
        if self.parameters is not None:
            check_state(training.model, self.parameters)
        if training.epoch > self.epoch:
            self._stop_if_over(training)

    def _stop_if_over(self, training: Training) -> None:
        if training.epoch - self.epoch >= self.patience:
            training.stopped = f"{self.monitor} was best at epoch {self.epoch}"

    def epoch_end(self, training: Training) -> None:
        """Remember the parameters if they are the best, stop if they have not been for long."""
        if self.monitor not in training.history:
            raise ValueError(f"early stopping looks at {self.monitor!r}, but the history has only "
                             f"{', '.join(training.history)}: give fit validation=")  # fmt: skip
        now = training.history[self.monitor][-1]
        if not isnan(now) and now < self.best - self.min_delta:
            self.best, self.epoch = now, training.epoch
            self.parameters = training.model.state_dict()
        else:
            self._stop_if_over(training)

    def end(self, training: Training) -> None:
        """Restore the best parameters."""
        if self.parameters is not None:
            training.model.load_state_dict(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        state = {"best": self.best, "epoch": self.epoch, "parameters": self.parameters}
        return {"monitor": self.monitor} | state

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take what `state_dict` gave; raise ValueError, and change nothing, if it is broken."""
        best, epoch, parameters = map(content.get, ("best", "epoch", "parameters"))
        whole = parameters is None or isinstance(parameters, dict)
        if not is_number(best) or not is_count(epoch) or not whole:
            raise ValueError(f"with best {best!r}, epoch {epoch!r} or its parameters this is not "
                             "the state of an EarlyStopping")  # fmt: skip
        if (monitor := content.get("monitor")) != self.monitor:
            raise ValueError(f"this EarlyStopping looks at {self.monitor!r}, and the state is of "
                             f"one that looks at {monitor!r}: give the same")  # fmt: skip
        self.best, self.epoch, self.parameters = best, epoch, parameters


class Checkpoint(Callback):
    """Write all that a training needs to go on, bit for bit, to a JSON file.

    It is written after all other callbacks have seen the epoch, wherever it stands among them.

    Args:
        path: the file; it is replaced whole. Give it to `fit` as `resume=`.
        every: how many epochs from one to the next; the last one is written too, also where a
            callback has stopped the training. Ctrl-C in an epoch leaves the file of one before.
    """

    def __init__(self, path: str | Path, every: int = 1) -> None:
        self.path, self.every = path, positive(every, "every")

    def begin(self, training: Training) -> None:
        """Raise an OSError where the file could not be written, before anything is trained."""
        path = Path(self.path).absolute()
        if not path.parent.is_dir():
            raise FileNotFoundError(f"no folder {path.parent} for the checkpoint: make it first")
        if path.is_dir():
            raise IsADirectoryError(f"the checkpoint {path} is a folder: name a file in it")
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(f"nothing may be written into {path.parent}, where the "
                                  "checkpoint is to be")  # fmt: skip

    def epoch_end(self, training: Training) -> None:
        """Write the file, if it is time."""
        last = training.epoch == training.epochs or training.stopped
        if last or training.epoch % self.every == 0:
            write_json(self.path, training.state_dict())


def in_turn(callbacks: Iterable[Callback]) -> list[Callback]:
    """Return callbacks in the order of their calls: checkpoints last, as they keep the others."""
    return sorted(callbacks, key=lambda callback: isinstance(callback, Checkpoint))
