"""What a compiled training holds as constants, and whether a callback has changed some of it.

Programs read the parameters and all other Values afresh, but a plain number in the model, the loss
or the optimizer, and these themselves, are as they were when the programs were made.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from autograd.compile.recording.outside import plain_outside
from nn.training import Training

__all__ = ["constants", "first_change"]

_MODE = "the attribute training of"  # of every module: set before each epoch


def constants(training: Training) -> list[tuple[str, Any]]:
    """Return what is constant in the programs of a training, each with its place."""
    optimizer = training.optimizer
    parts = training.loss, training.penalty, training.clip, training.model, optimizer
    found: list[tuple[str, Any]] = [
        (f"{name} of {type(optimizer).__name__}", x)
        for name, x in vars(optimizer).items()
        if isinstance(x, (int, float)) and name not in ("lr", "steps")
    ]
    found += [x for x in plain_outside(list(parts[:4])) if not x[0].startswith(_MODE)]
    found += [("the parts of the training", part) for part in parts]
    return found + [("a parameter", p) for p in training.model.parameters()]


def first_change(before: Sequence[tuple[str, Any]], now: Sequence[tuple[str, Any]]) -> str:
    """Return the place of the first constant that is another now, "" if none is.

    >>> first_change([("a", 1), ("b", 2.0)], [("a", 1), ("b", 3.0)])
    'b'
    """
    for old, new in zip_longest(before, now):
        if old is None or new is None or not _same(old[1], new[1]):
            return str((old or new)[0])
    return ""


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and isinstance(a, (int, float, str)) and a == b)
