"""The vanishing gradient: digits with sigmoid networks of 1 to 6 hidden layers, and two cures.

The slope of a sigmoid is at most 1/4, so every layer on the way back takes three quarters of the
gradient at least: six deep, the first layers stand still and the network guesses. ReLU with He's
initialisation passes the gradient on; so does a way around each layer (a residual connection).
"""

from __future__ import annotations

import random
from functools import partial
from math import hypot
from typing import Any

from nn import SGD, Each, Linear, Module, added, cross_entropy
from nn.examples.data.digits import digits, flat
from nn.examples.data.splits import Samples, Split
from nn.examples.recipe import Recipe, System, classifier, command

__all__ = ["KINDS", "SYSTEMS", "DeepNetwork", "gradient_sizes", "recipe"]

KINDS = ("sigmoid", "relu", "residual")
WIDTH = 16


class DeepNetwork(Module):
    """Hidden layers of one width, one after the other, and ten scores.

    Args:
        depth: the number of hidden layers.
        kind: "sigmoid"; "relu", with He's initialisation; or "residual", sigmoid layers whose
            input is added to their output.

    Raises ValueError for another kind.

    >>> len(DeepNetwork(2, "residual", seed=0)([0.0] * 64))
    10
    """

    def __init__(self, depth: int, kind: str, seed: int) -> None:
        if kind not in KINDS:
            raise ValueError(f"there is no kind {kind!r}: choose one of {', '.join(KINDS)}")
        rng = random.Random(seed)
        initializer = "he" if kind == "relu" else "xavier"
        sizes = [64, *[WIDTH] * depth]
        self.hidden = [Linear(n, WIDTH, initializer=initializer, rng=rng) for n in sizes[:-1]]
        self.activation = Each("relu" if kind == "relu" else "sigmoid")
        self.residual = kind == "residual"
        self.scores = Linear(WIDTH, 10, initializer=initializer, rng=rng)

    def __call__(self, x: Any) -> Any:
        """Return the scores of an image as 64 pixels."""
        for i, layer in enumerate(self.hidden):
            found = self.activation(layer(x))
            x = added(x, found) if self.residual and i else found
        return self.scores(x)


def gradient_sizes(model: DeepNetwork, samples: Samples) -> list[float]:
    """Return the length of the gradient of each layer's weights, from the first to the last.

    >>> sizes = gradient_sizes(DeepNetwork(6, "sigmoid", seed=0), Samples([[0.5] * 64], [3]))
    >>> sizes[0] < 1e-3 * sizes[-1]
    True
    """
    model.zero_grad()
    cross_entropy([model(x) for x in samples.inputs], samples.targets).backward()
    layers = [*model.hidden, model.scores]
    return [hypot(*(w.grad for row in layer.weight for w in row)) for layer in layers]


def recipe(kind: str, depth: int, seed: int) -> Recipe:
    """Return what to train: a network of one kind and depth."""
    model, split = DeepNetwork(depth, kind, seed), Split(*map(flat, digits(seed)))
    return classifier(model, split, epochs=40, optimizer=SGD(model.parameters(), lr=0.1))


def _system(kind: str, goal: float, *, most: bool = False) -> System:
    return System(f"6 deep, {kind}", "scikit-learn digits, stratified 75/25", "test accuracy",
                  goal, partial(recipe, kind, 6), most=most)  # fmt: skip


SYSTEMS = (
    _system("sigmoid", 0.2, most=True), _system("relu", 0.93), _system("residual", 0.93),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
