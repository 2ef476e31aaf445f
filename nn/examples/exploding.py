"""The exploding gradient: a recurrent network on the adding problem, with clipping and without.

Ten numbers, two of them marked; the sum of these two is wanted (Hochreiter and Schmidhuber, 1997).
Guessing 1 gives a mean squared error of 1/6. The state goes through the same weights ten times, so
where these make it a little larger, the gradient grows tenfold and one step throws the weights far
away. Clipped to a length of 1 it still points the right way, and the problem is solved.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

from nn import (
    SGD,
    Linear,
    Module,
    RNNCell,
    clip_by_norm,
    mean_squared_error,
    run,
)
from nn.examples.compiled import outputs
from nn.examples.data.splits import Samples
from nn.examples.recipe import Recipe, System, command
from nn.state import set_numbers

__all__ = ["GUESSING", "STEPS", "SYSTEMS", "Adder", "adding_problem", "recipe"]

STEPS = 10
GUESSING = 1.0 / 6.0  # the variance of the sum of two numbers, each even between 0 and 1


def adding_problem(count: int, rng: random.Random) -> Samples:
    """Return sequences of (number, mark) and the sums of the numbers that are marked.

    One of the first half is marked and one of the second.

    >>> inputs, targets = adding_problem(1, random.Random(0))
    >>> sum(x * mark for x, mark in inputs[0]) == targets[0]
    True
    """
    inputs, targets = [], []
    for _ in range(count):
        marked = {rng.randrange(STEPS // 2), rng.randrange(STEPS // 2, STEPS)}
        inputs.append([[rng.random(), float(i in marked)] for i in range(STEPS)])
        targets.append(sum(x * mark for x, mark in inputs[-1]))
    return Samples(inputs, targets)


class Adder(Module):
    """A recurrent network of ReLU that begins by keeping its state (Le et al., 2015).

    >>> Adder(seed=0)([[0.5, 1.0]] * STEPS).op
    'dot'
    """

    def __init__(self, seed: int, width: int = 12) -> None:
        rng = random.Random(seed)
        self.cell = RNNCell(2, width, activation="relu", rng=rng)
        self.sum = Linear(width, 1, rng=rng)
        for i, row in enumerate(self.cell.weight_hh):
            set_numbers(row, [float(i == j) for j in range(width)])

    def __call__(self, steps: Sequence[Any]) -> Any:
        """Return the sum for a sequence of (number, mark)."""
        return self.sum(run(self.cell, steps)[-1])[0]


def recipe(clipped: bool, seed: int) -> Recipe:
    """Return what to train, with the gradient clipped to a length of 1 or as it is."""
    rng = random.Random(seed)
    train, test = adding_problem(1000, rng), adding_problem(500, rng)
    model = Adder(seed)
    optimizer = SGD(model.parameters(), lr=0.1)
    return Recipe(
        model, train, mean_squared_error, optimizer, epochs=60, batch_size=20, annealed=True,
        figure=lambda trained: mean_squared_error(outputs(trained, test.inputs), test.targets),
        clip=clip_by_norm(1.0) if clipped else None,
    )  # fmt: skip


DATA = "1,000 sequences of 10 numbers, 500 others to test on"
SYSTEMS = (
    System("recurrent, clipped", DATA, "mean squared error", 0.02, partial(recipe, True),
           most=True, percent=False),
    System("recurrent, not clipped", DATA, "mean squared error", 0.9 * GUESSING,
           partial(recipe, False), percent=False),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
