"""Limits for gradients that explode: by value, or all together by their norm.

`clip_by_norm` and `clip_by_value` make functions from gradients to limited gradients, which `fit`
takes; `clip_grad_norm_` and `clip_grad_value_` limit those of parameters in place, as PyTorch's do.
Raise ValueError for a limit below zero or nan; an infinite one is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd import Value, clip, minimum, norm
from nn.checks import limit
from nn.optimizer import listed_parameters

__all__ = ["Clip", "clip_by_norm", "clip_by_value", "clip_grad_norm_", "clip_grad_value_"]

Clip = Callable[[Sequence[Any]], list[Any]]


def clip_by_value(clip_value: float) -> Clip:
    """Return a function that limits every gradient to [-clip_value, clip_value].

    >>> clip_by_value(1.0)([0.5, -3.0])
    [0.5, -1.0]
    """
    limit(clip_value, "clip_value")
    return lambda gradients: [clip(g, -clip_value, clip_value) for g in gradients]


def clip_by_norm(max_norm: float) -> Clip:
    """Return a function that shrinks gradients together until their Euclidean length is max_norm.

    By PyTorch's formula: times max_norm / (length + 1e-6), where that is below 1.

    >>> [round(g, 5) for g in clip_by_norm(1.0)([3.0, 4.0])]
    [0.6, 0.8]
    """
    limit(max_norm, "max_norm")

    def clipped(gradients: Sequence[Any]) -> list[Any]:
        factor = minimum(max_norm / (norm(gradients) + 1e-6), 1.0)
        return [g * factor for g in gradients]

    return clipped


def clip_grad_value_(parameters: Iterable[Value], clip_value: float) -> None:
    """Limit the gradient of every parameter to [-clip_value, clip_value]."""
    limit(clip_value, "clip_value")
    for parameter in listed_parameters(parameters):
        parameter.grad = clip(parameter.grad, -clip_value, clip_value)


def clip_grad_norm_(parameters: Iterable[Value], max_norm: float) -> float:
    """Shrink the gradients to a length of at most max_norm; return the length they had."""
    listed = listed_parameters(parameters)
    gradients = [parameter.grad for parameter in listed]
    for parameter, gradient in zip(listed, clip_by_norm(max_norm)(gradients), strict=True):
        parameter.grad = gradient
    return norm(gradients)  # type: ignore[no-any-return] # a float for floats
