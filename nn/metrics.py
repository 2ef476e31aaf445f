"""Figures that people read: accuracy, the confusion matrix, the error of a regression.

All take outputs as numbers, as `predict` gives them, or arrays of them, and targets. They raise
ValueError for no outputs, and where there are not as many of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum, isnan, nan, sqrt
from typing import Any

from nn.checks import check_pairs, positive
from nn.samples import plain_numbers

__all__ = ["accuracy", "confusion_matrix", "predicted_class", "r_squared"]
__all__ += ["root_mean_squared_error"]


def predicted_class(output: Any) -> int:
    """Return the class of the largest score; for one score, alone or in a list, if it is positive.

    It is -1, which is no class, where a score is nan.

    >>> predicted_class([0.1, 2.0, -1.0]), predicted_class(-0.5), predicted_class([0.5])
    (1, 0, 1)
    """
    numbers = _numbers(output)
    scores = numbers if isinstance(numbers, list) else [numbers]
    if not scores or any(isinstance(score, list) for score in scores):
        raise ValueError(f"an output is a score for each class, or one score, not {output!r}")
    if any(map(isnan, scores)):
        return -1
    return max(range(len(scores)), key=scores.__getitem__) if scores[1:] else int(scores[0] > 0)


def accuracy(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the share of outputs whose class is the target; -1 counts as the class 0.

    >>> accuracy([[1.0, 0.0], [1.0, 0.0]], [0, 1])
    0.5
    """
    right: list[bool] = [predicted_class(x) == _class(t) for x, t in _pairs(outputs, targets)]
    return sum(right) / len(right)


def confusion_matrix(
    outputs: Sequence[Any], targets: Sequence[int], classes: int
) -> list[list[int]]:
    """Return how often each class (rows) was taken for each (columns); -1 is the class 0.

    Raises ValueError for a target or an output of no such class; nan has none.

    >>> confusion_matrix([[1.0, 0.0], [1.0, 0.0]], [0, 1], 2)
    [[1, 0], [1, 0]]
    """
    size = positive(classes, "classes")
    counts = [[0] * size for _ in range(size)]
    for i, (output, target) in enumerate(_pairs(outputs, targets)):
        row, column = _class(target), predicted_class(output)
        if row not in range(classes):
            raise ValueError(f"targets[{i}] is {target!r}: there are {classes} classes, from 0")
        if column not in range(classes):
            raise ValueError(f"outputs[{i}], {output!r}, is of none of {classes} classes")
        counts[int(row)][column] += 1
    return counts


def root_mean_squared_error(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the root of the mean of (output - target)**2, in the unit of the targets.

    >>> root_mean_squared_error([1.0, 3.0], [1.0, 1.0])
    1.4142135623730951
    """
    pairs = _regressed(outputs, targets)
    return sqrt(fsum((x - t) ** 2 for x, t in pairs) / len(pairs))


def r_squared(outputs: Sequence[Any], targets: Sequence[Any]) -> float:
    """Return the share of the targets' variance that is explained; nan for equal targets.

    >>> r_squared([1.0, 2.0], [1.0, 2.0])
    1.0
    """
    pairs = _regressed(outputs, targets)
    centre = fsum(t for _, t in pairs) / len(pairs)
    spread = fsum((t - centre) ** 2 for _, t in pairs)
    return 1.0 - fsum((x - t) ** 2 for x, t in pairs) / spread if spread else nan


def _regressed(outputs: Any, targets: Any) -> list[tuple[float, float]]:
    return [(_number(x), _number(t)) for x, t in _pairs(outputs, targets)]


def _pairs(outputs: Any, targets: Any) -> list[tuple[Any, Any]]:
    """Return each output with its target; raise ValueError for none or where one is missing."""
    given, wanted = list(outputs), list(targets)
    check_pairs(given, wanted, "outputs")
    return list(zip(given, wanted, strict=True))


def _numbers(tree: Any) -> Any:
    """Return numbers, Values and arrays of them as plain numbers, in nested lists."""
    return plain_numbers(tree.tolist() if hasattr(tree, "tolist") else tree)


def _number(x: Any) -> Any:
    """Return a number, alone or in a list of one; raise ValueError for several."""
    found = _numbers(x)
    while isinstance(found, list):
        if len(found) != 1:
            raise ValueError(f"there must be one number for each sample, not {x!r}")
        found = found[0]
    return found


def _class(target: Any) -> Any:
    """Return the class of a target; 0 for -1, as hinge has it."""
    found = _number(target)
    return 0 if found == -1 else found
