"""Handwritten digits, from scikit-learn (BSD licence): 1,797 images of 8 x 8 pixels, 0 to 9.

A quarter of each class is for the test. `mislabelled` spoils some labels, as real data are.
"""

from __future__ import annotations

import random
from typing import Any

from nn.examples.data.packages import needed
from nn.examples.data.splits import Samples, Split, stratified

__all__ = ["digits", "flat", "mislabelled"]

TEST_SHARE = 0.25


def digits(seed: int) -> Split:
    """Return images as 8 rows of 8 numbers from 0 to 1, 75 % to train on and 25 % to test on.

    Args:
        seed: of the split, which keeps the share of each class.

    Raises MissingPackageError without scikit-learn.

    >>> split = digits(seed=0)
    >>> len(split.train.inputs), len(split.test.inputs)
    (1343, 454)
    """
    bunch = needed("sklearn.datasets").load_digits()
    return stratified(
        Samples((bunch.images / 16.0).tolist(), bunch.target.tolist()), TEST_SHARE, seed
    )


def flat(samples: Samples) -> Samples:
    """Return images as one list of pixels each.

    >>> flat(Samples([[[0.0, 1.0], [0.5, 0.0]]], [3])).inputs
    [[0.0, 1.0, 0.5, 0.0]]
    """
    return Samples([[x for row in image for x in row] for image in samples.inputs], samples.targets)


def mislabelled(samples: Samples, count: int, share: float, seed: int) -> Samples:
    """Return `count` of the samples by chance, a share of them with a wrong label out of 0 to 9.

    >>> few = mislabelled(Samples([0.0] * 10, [1] * 10), count=5, share=0.4, seed=0)
    >>> sum(target != 1 for target in few.targets)
    2
    """
    rng = random.Random(seed)
    chosen = rng.sample(range(len(samples.inputs)), count)
    targets: list[Any] = [samples.targets[i] for i in chosen]
    for i in rng.sample(range(count), round(share * count)):
        targets[i] = rng.choice([label for label in range(10) if label != targets[i]])
    return Samples([samples.inputs[i] for i in chosen], targets)
