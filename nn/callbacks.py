"""What may happen after each epoch of `fit`: early stopping, checkpoints, functions of your own.

A callback is a function of the `Training` (see `nn.training`), or a `Callback`, which can have a
state that a checkpoint keeps and something to do at the end. `EarlyStopping` stops when a figure
gets no better and restores the best; `Checkpoint` writes a file from which `fit` resumes.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nn.files import is_count, is_number, write_json

if TYPE_CHECKING:
    from nn.training import Training

__all__ = ["Callback", "Checkpoint", "EarlyStopping"]


class Callback:
    """Called by `fit` after each epoch and at the end."""

    def epoch_end(self, training: Training) -> None:
        """Do something after an epoch; set `training.stopped` to a reason to make it the last."""

    def end(self, training: Training) -> None:
        """Do something when the training is over, also after Ctrl-C."""

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
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

    >>> EarlyStopping(patience=3).best
    inf
    """

    def __init__(
        self, patience: int = 10, monitor: str = "validation_loss", min_delta: float = 0.0
    ) -> None:
        self.patience, self.monitor, self.min_delta = patience, monitor, min_delta
        self.best = inf
        self.epoch = 0
        self.parameters: dict[str, Any] | None = None

    def epoch_end(self, training: Training) -> None:
        """Remember the parameters if they are the best, stop if they have not been for long."""
        if self.monitor not in training.history:
            raise ValueError(f"early stopping looks at {self.monitor!r}, but the history has only "
                             f"{', '.join(training.history)}: give fit validation=")  # fmt: skip
        now = training.history[self.monitor][-1]
        if not isnan(now) and now < self.best - self.min_delta:
            self.best, self.epoch = now, training.epoch
            self.parameters = training.model.state_dict()
        elif training.epoch - self.epoch >= self.patience:
            training.stopped = f"{self.monitor} was best at epoch {self.epoch}"

    def end(self, training: Training) -> None:
        """Restore the best parameters."""
        if self.parameters is not None:
            training.model.load_state_dict(self.parameters)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint must keep."""
        return {"best": self.best, "epoch": self.epoch, "parameters": self.parameters}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take what `state_dict` gave; raise ValueError, and change nothing, if it is broken."""
        best, epoch, parameters = map(content.get, ("best", "epoch", "parameters"))
        whole = parameters is None or isinstance(parameters, dict)
        if not is_number(best) or not is_count(epoch) or not whole:
            raise ValueError(f"with best {best!r}, epoch {epoch!r} or its parameters this is not "
                             "the state of an EarlyStopping")  # fmt: skip
        self.best, self.epoch, self.parameters = best, epoch, parameters


class Checkpoint(Callback):
    """Write all that a training needs to go on, bit for bit, to a JSON file.

    Args:
        path: the file; it is replaced whole. Give it to `fit` as `resume=`.
        every: how many epochs from one to the next; the last epoch is written too.
    """

    def __init__(self, path: str | Path, every: int = 1) -> None:
        self.path, self.every = path, every

    def epoch_end(self, training: Training) -> None:
        """Write the file, if it is time."""
        if training.epoch % self.every == 0 or training.epoch == training.epochs:
            write_json(self.path, training.state_dict())
