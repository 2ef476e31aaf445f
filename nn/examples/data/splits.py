"""Samples to train on and samples to test on.

`stratified` parts samples so that each class has its share on both sides; `standardized` shifts and
scales the columns of both by what it measures on the first.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import ceil, fsum, sqrt
from typing import Any, NamedTuple

__all__ = ["Samples", "Split", "sampled", "standardized", "stratified"]


class Samples(NamedTuple):
    """Inputs and the targets that belong to them, one for each."""

    inputs: list[Any]
    targets: list[Any]


class Split(NamedTuple):
    """Samples to train on, and samples that training never sees."""

    train: Samples
    test: Samples


def sampled(pairs: Sequence[tuple[Any, Any]]) -> Samples:
    """Return (input, target) pairs as samples.

    >>> sampled([("a", 0), ("b", 1)])
    Samples(inputs=['a', 'b'], targets=[0, 1])
    """
    return Samples([x for x, _ in pairs], [t for _, t in pairs])


def stratified(samples: Samples, share: float, seed: int) -> Split:
    """Part samples by chance, with the same share of every class for the test.

    Args:
        samples: targets are classes.
        share: how much of each class to test on, between 0 and 1; rounded up.
        seed: of the chance.

    >>> split = stratified(Samples([1, 2, 3, 4], [0, 0, 1, 1]), 0.5, seed=0)
    >>> split.train.targets, split.test.targets
    ([0, 1], [0, 1])
    """
    rng = random.Random(seed)
    train: list[tuple[Any, Any]] = []
    test: list[tuple[Any, Any]] = []
    for label in sorted(set(samples.targets)):
        members = [(x, t) for x, t in zip(*samples, strict=True) if t == label]
        rng.shuffle(members)
        count = ceil(share * len(members) - 1e-9)
        test += members[:count]
        train += members[count:]
    return Split(sampled(train), sampled(test))


def standardized(split: Split) -> Split:
    """Shift and scale each column to mean 0 and deviation 1 over the samples to train on.

    >>> standardized(Split(Samples([[1.0], [3.0]], [0, 1]), Samples([[5.0]], [1]))).test.inputs
    [[3.0]]
    """
    columns = list(zip(*split.train.inputs, strict=True))
    means = [fsum(column) / len(column) for column in columns]
    scales = [
        sqrt(fsum((x - mean) ** 2 for x in column) / len(column)) or 1.0
        for column, mean in zip(columns, means, strict=True)
    ]

    def scaled(samples: Samples) -> Samples:
        rows = [
            [(x - m) / s for x, m, s in zip(row, means, scales, strict=True)]
            for row in samples.inputs
        ]
        return Samples(rows, samples.targets)

    return Split(scaled(split.train), scaled(split.test))
