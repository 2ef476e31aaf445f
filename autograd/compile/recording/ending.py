"""Functions that end with a gradient: recorded up to it, so that it is derived once, afterwards.

`ending_in_gradient` is for functions that `grad` has made, `gradient_by_leaves` for a loss.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.compile.recording.runs import Gradient
from autograd.compile.recording.trace import Recorder
from autograd.derivatives import Call, grad, recipe, scalar, value_and_grad
from autograd.value import Value
from autograd.watch import watchers

__all__ = ["ending_in_gradient", "gradient_by_leaves", "recorder"]


def ending_in_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what gives a `Gradient` in the place of the result, of a `value_and_grad` or `grad`.

    Any other function is returned as it is.
    """
    made = recipe(function)
    if made is None or made[0] not in (grad, value_and_grad):
        return function
    maker, f, argnums = made

    def recorded(*args: Any, **options: Any) -> Gradient:
        call = Call(lambda *a: f(*a, **options), args, argnums)
        output = scalar(call.output, "a gradient")

        def finish(slopes: list[Any]) -> Any:
            gradient = call.structured(slopes)
            return gradient if maker is grad else (call.result(output), gradient)

        return Gradient(output, call.inputs, finish)

    return recorded


def gradient_by_leaves(loss: Any) -> Gradient:
    """Return the gradient of what is being recorded by all Values from outside that it reads.

    Raises TypeError where the loss is no Value.
    """
    if not isinstance(loss, Value):
        raise TypeError("backward needs a function that returns one Value, but it returned a "
                        f"{type(loss).__name__}")  # fmt: skip
    leaves = [x for x in recorder().outside if x.op != "constant"]
    return Gradient(loss, leaves, lambda slopes: (loss, slopes))


def recorder() -> Recorder:
    """Return what makes the recording that goes on."""
    (found,) = [x for x in watchers() if isinstance(x, Recorder)]
    return found
