"""Schedules: how the learning rate changes from epoch to epoch, by PyTorch's formulas.

`StepLR`, `ExponentialLR`, `CosineAnnealingLR`, `LinearLR` (a warm-up), `LambdaLR` (any function)
and `SequentialLR` (one after the other). Each is one function `rate(epoch)`; `step()` is called
after an epoch and sets the learning rate of the optimizer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import cos, inf, pi
from numbers import Real
from typing import Any

from autograd import Value
from nn.checks import not_negative, positive
from nn.files import is_count, is_number
from nn.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "ExponentialLR", "LambdaLR", "LinearLR", "Schedule"]
__all__ += ["SequentialLR", "StepLR"]


class Schedule:
    """Sets the learning rate of an optimizer to `rate(epoch)`, which subclasses define.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> schedule = StepLR(optimizer, step_size=1, gamma=0.5)
    >>> schedule.step()
    >>> optimizer.lr
    0.5
    """

    def __init__(self, optimizer: Optimizer) -> None:
        if not hasattr(optimizer, "parameters") or not hasattr(optimizer, "lr"):
            raise TypeError("a schedule is made with an optimizer, such as "
                            f"nn.SGD(model.parameters(), lr=0.1), not {optimizer!r}")  # fmt: skip
        self.optimizer = optimizer
        self.base_lr = self._base()
        self.epoch = 0
        before, rate = _unscheduled(optimizer), not_negative(self._rate(0), "the rate in epoch 0")
        optimizer.lr, optimizer.scheduled = rate, (rate, before)

    def _base(self) -> float:
        """Return the rate that the schedule is to be multiplied with."""
        return self.optimizer.lr

    def rate(self, epoch: int) -> float:
        """Return the learning rate in an epoch, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} must define rate(epoch)")

    def _rate(self, epoch: int) -> float:
        """Return the rate in an epoch; raise TypeError or ValueError for what is no number.

        It may be below 0: after the last epoch nobody uses it, and `fit` looks before each.
        """
        rate, kind = self.rate(epoch), type(self).__name__
        if not _is_real(rate):
            raise TypeError(f"{kind} gives {rate!r} in epoch {epoch}, which is no number")
        if not -inf < rate < inf:
            raise ValueError(f"{kind} gives the rate {rate!r} in epoch {epoch}")
        return rate

    def step(self) -> None:
        """Go on to the next epoch."""
        rate = self._rate(self.epoch + 1)
        self.epoch += 1
        self.optimizer.lr, self.optimizer.scheduled = rate, (rate, _unscheduled(self.optimizer))

    def state_dict(self) -> dict[str, Any]:
        """Return what a training needs to go on."""
        return {"schedule": type(self).__name__, "base_lr": self.base_lr, "epoch": self.epoch}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take what `state_dict` gave; raise ValueError, and change nothing, if it does not fit."""
        given = content if isinstance(content, dict) else {}
        name, base_lr, epoch = map(given.get, ("schedule", "base_lr", "epoch"))
        if name != type(self).__name__ or not is_number(base_lr) or not is_count(epoch):
            raise ValueError(f"{content!r} is not the state of a {type(self).__name__}")
        self.base_lr, self.epoch = base_lr, epoch


def _is_real(rate: Any) -> bool:
    return isinstance(rate, (Real, Value))


def _unscheduled(optimizer: Optimizer) -> float:
    """Return the learning rate that an optimizer had before any schedule set it."""
    found, before = optimizer.scheduled or (None, None)
    return optimizer.lr if before is None or optimizer.lr != found else before


def _above_zero(epochs: int, what: str) -> int:
    """Return a number of epochs; raise ValueError or TypeError, which says what it is, for none."""
    real = isinstance(epochs, Real)
    if not real or not epochs > 0:
        kind = ValueError if real else TypeError
        raise kind(f"{what} must be a number of epochs above 0, not {epochs!r}")
    return epochs


class StepLR(Schedule):
    """Multiply the rate by gamma every step_size epochs."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        self.step_size = _above_zero(step_size, "step_size")
        self.gamma = not_negative(gamma, "gamma")
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """Return base_lr * gamma ** (epoch // step_size)."""
        return self.base_lr * self.gamma ** (epoch // self.step_size)


class ExponentialLR(Schedule):
    """Multiply the rate by gamma every epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        self.gamma = not_negative(gamma, "gamma")
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """Return base_lr * gamma ** epoch."""
        return self.base_lr * self.gamma**epoch


class CosineAnnealingLR(Schedule):
    """Let the rate fall to eta_min within T_max epochs along half a cosine."""

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max = _above_zero(T_max, "T_max")
        self.eta_min = not_negative(eta_min, "eta_min")
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """Return eta_min + (base_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2."""
        wave = (1.0 + cos(pi * epoch / self.T_max)) / 2.0
        return self.eta_min + (self.base_lr - self.eta_min) * wave


class LinearLR(Schedule):
    """Let the rate go from start_factor to end_factor of its base within total_iters epochs."""

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3.0, end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:  # fmt: skip
        self.start_factor = not_negative(start_factor, "start_factor")
        self.end_factor = not_negative(end_factor, "end_factor")
        self.total_iters = _above_zero(total_iters, "total_iters")
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """Return base_lr times the factor of the epoch."""
        part = min(epoch, self.total_iters) / self.total_iters
        return self.base_lr * (self.start_factor + (self.end_factor - self.start_factor) * part)


class LambdaLR(Schedule):
    """Multiply the rate by a function of the epoch."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]) -> None:
        if not callable(lr_lambda):
            raise TypeError("lr_lambda is a function of the epoch, such as lambda epoch: "
                            f"0.9 ** epoch, not {lr_lambda!r}")  # fmt: skip
        self.lr_lambda = lr_lambda
        super().__init__(optimizer)

    def rate(self, epoch: int) -> float:
        """Return base_lr * lr_lambda(epoch)."""
        return self.base_lr * self.lr_lambda(epoch)


class SequentialLR(Schedule):
    """Follow one schedule after the other: the next one begins, at its epoch 0, at each milestone.

    All begin from the rate that the optimizer had before any of them was made, as in PyTorch.

    >>> from autograd import Value
    >>> from nn import SGD
    >>> optimizer = SGD([Value(1.0)], lr=1.0)
    >>> parts = [LinearLR(optimizer, 0.5, total_iters=2), ExponentialLR(optimizer, 0.1)]
    >>> schedule = SequentialLR(optimizer, parts, milestones=[2])
    >>> [schedule.rate(epoch) for epoch in range(4)]
    [0.5, 0.75, 1.0, 0.1]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[Schedule], milestones: Sequence[int]
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError("give one milestone between each schedule and the next")
        self.schedulers = list(schedulers)
        self.milestones = [positive(epoch, "a milestone", 0) for epoch in milestones]
        if self.milestones != sorted(self.milestones):
            raise ValueError(f"the milestones follow each other, as [3, 5], not {milestones!r}")
        for part in self.schedulers:
            _check_part(part, optimizer)
        super().__init__(optimizer)

    def _base(self) -> float:
        return _unscheduled(self.optimizer)

    @property
    def base_lr(self) -> float:
        """The rate that all parts begin from; to set it sets that of each."""
        return self._base_lr

    @base_lr.setter
    def base_lr(self, base_lr: float) -> None:
        self._base_lr = base_lr
        for part in self.schedulers:
            part.base_lr = base_lr

    def rate(self, epoch: int) -> float:
        """Return the rate of the schedule whose turn it is."""
        i = bisect_right(self.milestones, epoch)
        return self.schedulers[i].rate(epoch - (self.milestones[i - 1] if i else 0))


def _check_part(part: Any, optimizer: Optimizer) -> None:
    if not isinstance(part, Schedule):
        raise TypeError(f"the parts are schedules, such as nn.StepLR(optimizer, 10), not {part!r}")
    if part.optimizer is not optimizer:
        raise ValueError(f"a part, {type(part).__name__}, is of another optimizer: make it with "
                         "this one")  # fmt: skip
