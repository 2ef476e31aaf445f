"""What all optimizers share: parameters, the state of each, steps, and how to store and load them.

`Optimizer` does everything but the formula, which is a method of its subclasses.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from autograd import Value
from autograd.numbers.real import number
from nn.checks import not_negative, share
from nn.files import is_count

__all__ = ["Optimizer", "check_options", "listed_parameters"]


class Optimizer:
    """Holds parameters, the state of each, and the learning rate; subclasses give the formula.

    The contract of a subclass: `update(parameter, gradient, *state, step, lr)` returns the new
    parameter and the new state, `(parameter, *state)`. It is a pure function of scalars, written
    with operators and functions of autograd and without a branch on them, so that it takes
    floats and Values alike: a compiler may trace it. `step` counts from 1. Options such as
    momentum are plain attributes, constant during training; only `lr` may change. `initial` names
    the numbers of the state of one parameter and what they begin with. `state[name]` is the list
    for all parameters, `steps` the number of steps done, and `commit` stores new ones.

    Args:
        parameters: Values, as from `model.parameters()`.
        lr: the learning rate.
        maximize: climb instead of descend.

    Raises ValueError for no parameters, for one that is no leaf, and for options out of their
    range; TypeError for what is no list of Values, and for an option that is no number.

    >>> from nn import SGD
    >>> x = Value(1.0)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x * x).backward()
    >>> optimizer.step()
    >>> x.data
    0.8
    """

    scheduled: tuple[float, float] | None = None  # the lr that a schedule set, that before any

    def __init__(self, parameters: Iterable[Value], lr: float, *, maximize: bool = False) -> None:
        self.parameters = list(dict.fromkeys(listed_parameters(parameters)))
        if not self.parameters:
            raise ValueError("an optimizer needs at least one parameter")
        for parameter in self.parameters:
            _check_leaf(parameter)
        check_options(lr=lr)
        self.lr = lr
        self.maximize = maximize
        self.steps = 0
        self._begin()

    def _begin(self, **initial: float) -> None:
        """Name the numbers that are kept for each parameter, with what they begin at."""
        self.initial = initial
        self.state = {name: [x] * len(self.parameters) for name, x in initial.items()}

    def update(self, parameter: Any, gradient: Any, *state: Any, step: Any, lr: Any) -> Any:
        """Return (parameter, *state) after a step."""
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def proposal(self, gradients: Sequence[float]) -> tuple[list[float], dict[str, list[float]]]:
        """Return the parameters and the state that a step would give, and change nothing.

        Raises ValueError for another number of gradients than of parameters.
        """
        slopes = [-g for g in gradients] if self.maximize else list(gradients)
        if len(slopes) != len(self.parameters):
            raise ValueError(f"{len(slopes)} gradients for {len(self.parameters)} parameters")
        move = partial(self.update, step=self.steps + 1, lr=self.lr)
        found = map(move, [p.data for p in self.parameters], slopes, *self.state.values())
        numbers, *states = map(_numbers, zip(*found, strict=True))
        return numbers, dict(zip(self.state, states, strict=True))

    def commit(self, numbers: Sequence[float], state: dict[str, list[float]], steps: int) -> None:
        """Store parameters and state, all or none: Ctrl-C cannot come in between."""
        objects = [*self.parameters, self, self]
        names = [*["_data"] * len(numbers), "state", "steps"]
        deque(map(setattr, objects, names, [*numbers, state, steps]), maxlen=0)

    def step(self) -> None:
        """Move every parameter by its gradient; raise ValueError, moving none, if one has None."""
        gradients = [p.grad for p in self.parameters]
        if not _are_floats(gradients):  # after `backward(create_graph=True)` they are Values
            gradients = [_gradient(i, p) for i, p in enumerate(self.parameters)]
        self.commit(*self.proposal(gradients), self.steps + 1)

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to zero."""
        for parameter in self.parameters:
            parameter.grad = 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return what a training needs to go on: learning rate, steps done, state."""
        state = {name: list(numbers) for name, numbers in self.state.items()}
        return {"optimizer": type(self).__name__, "lr": self.lr, "steps": self.steps} | {
            "state": state
        }

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Take what `state_dict` gave; raise ValueError, and change nothing, if it does not fit."""
        lr, steps, state = self._taken(content)
        self.commit([p.data for p in self.parameters], state, steps)
        self.lr = lr

    def _taken(self, content: Any) -> tuple[float, int, dict[str, list[float]]]:
        """Return learning rate, steps and state from a `state_dict`."""
        state = content.get("state", {}) if isinstance(content, dict) else None
        if not isinstance(state, dict):
            told = f"the state is a dict as state_dict() gives, not {content!r}"
            raise ValueError(told)  # noqa: TRY004 - a file that is broken, not a wrong argument
        name = content.get("optimizer")
        sizes = {key: len(x) if isinstance(x, list) else repr(x) for key, x in state.items()}
        expected = {key: len(self.parameters) for key in self.state}
        if name != type(self).__name__ or sizes != expected:
            mine = f"{type(self).__name__} with {expected}"
            raise ValueError(f"the state is of {name} with {sizes}, this is {mine}")
        lr, steps = _kept("lr", content.get("lr")), content.get("steps")
        if not is_count(steps):
            raise ValueError(f"the state's steps must be a whole number from 0, not {steps!r}")
        return lr, steps, {key: [_kept(key, x) for x in state[key]] for key in self.state}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr}, {len(self.parameters)} parameters)"


def listed_parameters(parameters: Any) -> list[Value]:
    """Return parameters as a list; raise TypeError for a model, one Value or what is none."""
    if isinstance(parameters, Value):
        raise TypeError(f"the parameters are a list of Values: write [x] for {parameters!r} alone")
    if not isinstance(parameters, Iterable):
        told = "model.parameters()" if hasattr(parameters, "parameters") else "a list of Values"
        raise TypeError(f"the parameters are {told}, not {parameters!r}")
    found = list(parameters)
    for parameter in found:
        if not isinstance(parameter, Value):
            raise TypeError(f"a parameter must be a Value, not {parameter!r}")
    return found


def _check_leaf(parameter: Value) -> None:
    if parameter.op:
        made = "a constant" if parameter.op == "constant" else f"the result of {parameter.op!r}"
        raise ValueError(f"{parameter!r} is {made}: to move it has no effect on what made it; give "
                         "the optimizer leaves, such as Value(1.0)")  # fmt: skip


def _are_floats(numbers: Sequence[Any]) -> bool:
    """Return whether some are numbers that add up to a float: quicker than to ask each."""
    try:
        return type(sum(numbers)) is float
    except TypeError:
        return False


def _numbers(column: Sequence[Any]) -> list[float]:
    """Return what an update gave as numbers: with an option that is a Value all are Values."""
    if not isinstance(column[0], Value):
        return list(column)
    return [x.data if isinstance(x, Value) else x for x in column]


def _gradient(i: int, parameter: Value) -> float:
    """Return a parameter's gradient as a number."""
    gradient = parameter.grad
    if gradient is None:
        raise ValueError(f"parameters[{i}], {parameter!r}, has no gradient: call backward() before "
                         "step(), or zero_grad() for a gradient of 0")  # fmt: skip
    return gradient.data if isinstance(gradient, Value) else number(gradient)


def _kept(name: str, x: Any) -> float:
    """Return a number of a `state_dict`; raise ValueError for anything else."""
    try:
        if not isinstance(x, bool):
            return number(x)
    except (TypeError, OverflowError):
        pass
    raise ValueError(f"the state's {name} must be made of numbers, but has {x!r}")


def check_options(**options: Any) -> None:
    """Raise ValueError for an option below zero, or for a beta that is not below one."""
    for name, x in options.items():
        check = share if name in ("beta1", "beta2", "alpha") else not_negative
        check(x, name)
