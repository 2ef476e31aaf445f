"""Figures that people read: accuracy, the confusion matrix, the error of a regression.

All take outputs as numbers, as `predict` gives them, and targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, nan, sqrt
from typing import Any

__all__ = ["accuracy", "confusion_matrix", "predicted_class", "r_squared"]
__all__ += ["root_mean_squared_error"]


def predicted_class(output: Any) -> int:
    """Return the class of the largest score; for one score, whether it is positive.

    >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.5)
    (1, 0)
    """
    if isinstance(output, (list, tuple)):
        return max(range(len(output)), key=output.__getitem__)
    return int(output > 0)


def accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the share of outputs whose class is the target; -1 counts as the class 0.

    >>> accuracy([[1.0, 0.0], [1.0, 0.0]], [0, 1])
    0.5
    """
    pairs = zip(outputs, targets, strict=True)
    right: list[bool] = [predicted_class(x) == max(t, 0) for x, t in pairs]
    return sum(right) / len(right)


def confusion_matrix(
    outputs: Sequence[Any], targets: Sequence[int], classes: int
) -> list[list[int]]:
    """Return how often each class (rows) was taken for each (columns).

    >>> confusion_matrix([[1.0, 0.0], [1.0, 0.0]], [0, 1], 2)
    [[1, 0], [1, 0]]
    """
    counts = [[0] * classes for _ in range(classes)]
    for output, target in zip(outputs, targets, strict=True):
        counts[target][predicted_class(output)] += 1
    return counts


def root_mean_squared_error(outputs: Sequence[float], targets: Sequence[float]) -> float:
    """Return the root of the mean of (output - target)**2, in the unit of the targets.

    >>> root_mean_squared_error([1.0, 3.0], [1.0, 1.0])
    1.4142135623730951
    """
    pairs = zip(outputs, targets, strict=True)
    return sqrt(fsum((x - t) ** 2 for x, t in pairs) / len(targets))


def r_squared(outputs: Sequence[float], targets: Sequence[float]) -> float:
    """Return the share of the targets' variance that is explained; nan for equal targets.

    >>> r_squared([1.0, 2.0], [1.0, 2.0])
    1.0
    """
    centre = fsum(targets) / len(targets)
    spread: float = fsum((t - centre) ** 2 for t in targets)
    error = fsum((x - t) ** 2 for x, t in zip(outputs, targets, strict=True))
    return 1.0 - error / spread if spread else nan
