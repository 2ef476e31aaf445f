"""A convolutional network on images: handwritten digits of 8 x 8 pixels.

A convolution with ReLU, the largest of each 2 x 2 pixels, and a linear layer: the same few weights
look at every place of the image, so that a stroke is known wherever it is.
"""

from __future__ import annotations

import random

from nn import Conv2d, Each, Flatten, Linear, MaxPool2d, Sequential
from nn.examples.data.digits import digits
from nn.examples.data.splits import Samples, Split
from nn.examples.recipe import Recipe, System, classifier, command

__all__ = ["SYSTEMS", "network", "recipe"]


def network(seed: int) -> Sequential:
    """Return the network, from an image as one channel to ten scores.

    >>> len(network(seed=0)([[[0.0] * 8] * 8]))
    10
    """
    rng = random.Random(seed)
    return Sequential(
        Conv2d(1, 16, 3, padding=1, rng=rng), Each("relu"), MaxPool2d(2), Flatten(),
        Linear(256, 10, rng=rng),
    )  # fmt: skip


def recipe(seed: int) -> Recipe:
    """Return what to train."""
    parts = (Samples([[image] for image in part.inputs], part.targets) for part in digits(seed))
    return classifier(network(seed), Split(*parts), epochs=25)


SYSTEMS = (
    System("CNN for images", "scikit-learn digits, stratified 75/25", "test accuracy", 0.98,
           recipe),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
