"""Normalization of a vector, so that its size does not depend on that of the weights before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Value, dot, mean, sqrt
from nn.checks import above_zero, positive
from nn.mlp import in_order
from nn.module import Module

__all__ = ["LayerNorm", "RMSNorm"]


def _checked(layer: LayerNorm | RMSNorm, x: Sequence[Any]) -> list[Any]:
    """Return the vector as a list; raise ValueError for another size than the layer's."""
    x = list(in_order(x))
    if len(x) != len(layer.weight):
        raise ValueError(f"{layer!r} takes {len(layer.weight)} numbers, not {len(x)}")
    return x


class LayerNorm(Module):
    """Shift and scale a vector to mean 0 and variance 1, then by parameters (Ba et al., 2016).

    Args:
        width: the size of the vector; `eps`, above 0, is added to the variance.

    >>> [round(value.data, 3) for value in LayerNorm(2)([1.0, 3.0])]
    [-1.0, 1.0]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        self.weight = [Value(1.0) for _ in range(positive(width, "width"))]
        self.bias = [Value(0.0) for _ in range(width)]
        self.eps = above_zero(eps, "eps")

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the vector normalized."""
        x = _checked(self, x)
        centre = mean(x)
        shifted = [v - centre for v in x]
        scale = 1.0 / sqrt(dot(shifted, shifted) * (1.0 / len(shifted)) + self.eps)
        rows = zip(shifted, self.weight, self.bias, strict=True)
        return [v * scale * w + b for v, w, b in rows]

    def __repr__(self) -> str:
        return f"LayerNorm({len(self.weight)})"


class RMSNorm(Module):
    """Scale a vector to a mean square of 1, then by parameters (Zhang and Sennrich, 2019).

    Args:
        width: the size of the vector; `eps`, above 0, is added to the mean square.

    >>> [round(value.data, 3) for value in RMSNorm(2)([3.0, 4.0])]
    [0.849, 1.131]
    """

    def __init__(self, width: int, eps: float = 1e-5) -> None:
        self.weight = [Value(1.0) for _ in range(positive(width, "width"))]
        self.eps = above_zero(eps, "eps")

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """Return the vector normalized."""
        x = _checked(self, x)
        scale = 1.0 / sqrt(dot(x, x) * (1.0 / len(x)) + self.eps)
        return [v * scale * w for v, w in zip(x, self.weight, strict=True)]

    def __repr__(self) -> str:
        return f"RMSNorm({len(self.weight)})"
