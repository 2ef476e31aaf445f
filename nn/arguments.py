"""Checks of what `fit`, `predict` and `diagnose` are given, before anything is done with it.

`check_kinds` looks at all the arguments of a training; `check_model`, `check_optimizer` and
`check_loss` at one each; `listed` and `callbacks_of` make lists of what may be given otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autograd import Value
from nn.callbacks import Callback, Calling

__all__ = ["callbacks_of", "check_kinds", "check_loss", "check_model"]
__all__ += ["check_optimizer", "listed"]

_FUNCTIONS = {  # what each is of, and whether it is needed
    "loss": ("outputs and targets, such as nn.mean_squared_error", True),
    "penalty": ("the model, such as lambda m: 1e-4 * nn.l2(m.parameters())", False),
    "clip": ("the gradients, such as nn.clip_by_norm(1.0)", False),
}


def check_kinds(model: Any, options: Mapping[str, Any]) -> None:
    """Raise TypeError for what is not of the kind that `fit` works with."""
    check_model(model)
    schedule = options["schedule"]
    for name, (what, needed) in _FUNCTIONS.items():
        given = options[name]
        if not callable(given) and (needed or given is not None):
            raise TypeError(f"the {name} is a function of {what}, not {given!r}")
    check_optimizer(options["optimizer"])
    if schedule is not None and not (hasattr(schedule, "step") and hasattr(schedule, "optimizer")):
        raise TypeError("the schedule is one made with the optimizer, such as "
                        f"nn.StepLR(optimizer, 10), not {schedule!r}")  # fmt: skip
    _check_metrics(options["metrics"])


def check_model(model: Any) -> None:
    """Raise TypeError for what is no Module."""
    if not callable(model) or not hasattr(model, "named_modules"):
        raise TypeError(f"the model is a Module, such as nn.MLP(2, [16, 1]), not {model!r}")


def check_optimizer(optimizer: Any) -> None:
    """Raise TypeError for what is no optimizer."""
    if not hasattr(optimizer, "parameters") or not hasattr(optimizer, "step"):
        raise TypeError("the optimizer is one made with the model's parameters, such as "
                        f"nn.SGD(model.parameters(), lr=0.1), not {optimizer!r}")  # fmt: skip


def check_loss(loss: Any) -> Value:
    """Return what a loss gave; raise TypeError if it is no Value."""
    if not isinstance(loss, Value):
        raise TypeError("a loss is one Value that is made of the outputs, but this one returned"
                        f" {loss!r}")  # fmt: skip
    return loss


def _check_metrics(metrics: Any) -> None:
    """Raise TypeError for what are no named functions, ValueError for a name of fit's own."""
    if not isinstance(metrics, Mapping):
        raise TypeError("the metrics are names and functions, as {'accuracy': accuracy}, not "
                        f"{metrics!r}")  # fmt: skip
    for name, metric in metrics.items():
        if not isinstance(name, str) or not callable(metric):
            raise TypeError(f"the metric {name!r} is a function of outputs and targets with a name,"
                            f" not {metric!r}")  # fmt: skip
    own = {"loss", "lr", *(f"validation_{name}" for name in ("loss", *metrics))}
    if taken := own.intersection(metrics):
        raise ValueError(f"the history has a figure {min(taken)!r} of its own: give the metric "
                         "another name")  # fmt: skip


def callbacks_of(given: Any) -> list[Callback]:
    """Return functions and callbacks as callbacks; raise TypeError for what is none."""
    if not isinstance(given, Iterable):
        how = "leave it out for none" if given is None else f"write [c] for {given!r} alone"
        raise TypeError(f"the callbacks are a list: {how}")
    return [_callback(each) for each in given]


def _callback(given: Any) -> Callback:
    if isinstance(given, Callback):
        return given
    if not callable(given) or (isinstance(given, type) and issubclass(given, Callback)):
        raise TypeError("a callback is a function of the training, or made as nn.EarlyStopping() "
                        f"is, not {given!r}")  # fmt: skip
    return Calling(given)


def listed(samples: Any, name: str = "inputs") -> list[Any]:
    """Return samples as a list; an array as nested lists; raise TypeError for what is neither."""
    if isinstance(samples, (str, bytes, Mapping)) or not isinstance(samples, Iterable):
        raise TypeError(f"the {name} are a list, or an array, with one entry for each sample, not "
                        f"{samples!r}")  # fmt: skip
    return samples.tolist() if hasattr(samples, "tolist") else list(samples)
