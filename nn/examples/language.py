"""A language model: a small transformer that learns how given names are spelt, letter by letter.

One block of microgpt: embeddings of letters and places, attention with 4 heads that looks back
only, a layer of 64 ReLU neurons, each with RMSNorm before and a way around, 16 numbers wide. It is
measured in nats a letter on names it has never seen: how surprised it is, the end included. Counted
pairs of letters reach 2.34 to 2.38, counted triples 2.09 to 2.14.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import exp
from typing import Any

from autograd import relu, sum
from nn import (
    Adam,
    Embedding,
    Linear,
    Module,
    MultiHeadAttention,
    RMSNorm,
    added,
    causal_mask,
    cross_entropy,
    predict,
)
from nn.examples.compiled import outputs
from nn.examples.data.given_names import LONGEST, spellings
from nn.examples.data.splits import Samples
from nn.examples.recipe import Recipe, System, command

__all__ = ["LETTERS", "SYSTEMS", "Transformer", "encoded", "invented", "loss", "nats", "recipe"]

LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # the dot begins and ends a name
STEPS = LONGEST + 1
TYPICAL = 7.0  # letters in a name and its end: only the scale of the loss


def small(rng: random.Random, nin: int, nout: int) -> float:
    """Draw from the normal distribution with deviation 0.1."""
    return rng.gauss(0.0, 0.1)


class Transformer(Module):
    """Scores of the next letter, after each letter of a name.

    >>> model = Transformer(seed=0)
    >>> len(model.parameters())
    4176
    """

    def __init__(self, seed: int, width: int = 16, heads: int = 4) -> None:
        rng = random.Random(seed)
        options: dict[str, Any] = {"initializer": small, "rng": rng}
        self.letters = Embedding(len(LETTERS), width, **options)
        self.places = Embedding(STEPS, width, **options)
        self.attention = MultiHeadAttention(width, heads, **options)
        self.widen = Linear(width, 4 * width, bias=False, **options)
        self.narrow = Linear(4 * width, width, bias=False, **options)
        self.scores = Linear(width, len(LETTERS), bias=False, **options)
        self.norms = [RMSNorm(width) for _ in range(3)]

    def __call__(self, numbers: Sequence[Any]) -> list[list[Any]]:
        """Return len(LETTERS) scores for each letter, given as its number."""
        first, second, last = self.norms
        rows = [added(self.letters(n), self.places(i)) for i, n in enumerate(numbers)]
        mask = causal_mask(len(rows))
        mixed = self.attention([first(row) for row in rows], mask=mask)
        rows = [added(row, more) for row, more in zip(rows, mixed, strict=True)]
        rows = [added(row, self._thought(second(row))) for row in rows]
        return [self.scores(last(row)) for row in rows]

    def _thought(self, row: list[Any]) -> list[Any]:
        return self.narrow([relu(x) for x in self.widen(row)])


def encoded(name: str) -> tuple[list[int], list[list[int]]]:
    """Return a name as the numbers of its letters, and (next letter, whether it counts) for each.

    >>> encoded("bo")[0][:4], encoded("bo")[1][:4]
    ([0, 2, 15, 0], [[2, 1], [15, 1], [0, 1], [0, 0]])
    """
    numbers = [LETTERS.index(letter) for letter in f".{name}."]
    numbers += [0] * (STEPS + 1 - len(numbers))
    return numbers[:-1], [[n, int(i <= len(name))] for i, n in enumerate(numbers[1:])]


def loss(scores: Sequence[Any], targets: Sequence[Any]) -> Any:
    """Return the mean over names of their surprise, on the scale of a letter."""
    found = [
        weight * cross_entropy(row, letter)
        for rows, target in zip(scores, targets, strict=True)
        for row, (letter, weight) in zip(rows, target, strict=True)
    ]
    return sum(found) * (1.0 / (TYPICAL * len(targets)))


def nats(model: Transformer, names: Sequence[str]) -> float:
    """Return how surprised a model is by names, in nats a letter."""
    inputs, targets = map(list, zip(*map(encoded, names), strict=True))
    total = loss(outputs(model, inputs), targets) * TYPICAL * len(names)
    return float(total) / sum([len(name) + 1 for name in names])  # type: ignore[no-any-return] # a float


def invented(model: Transformer, rng: random.Random) -> str:
    """Return a name that the model makes up, letter by letter."""
    name = ""
    while len(name) < LONGEST:
        scores = predict(model, [encoded(name)[0]])[0][len(name)]
        (letter,) = rng.choices(LETTERS, [exp(s) for s in scores])
        if letter == ".":
            break
        name += letter
    return name


def recipe(seed: int) -> Recipe:
    """Return what to train."""
    seen, unseen = spellings(seed)
    inputs, targets = map(list, zip(*map(encoded, seen), strict=True))
    model = Transformer(seed)
    return Recipe(
        model, Samples(inputs, targets), loss, Adam(model.parameters(), lr=0.01), epochs=40,
        batch_size=64, annealed=True, figure=lambda trained: nats(trained, unseen),
    )  # fmt: skip


SYSTEMS = (
    System("language model", "names, 4,647 to train on, 516 others to test on",
           "nats a letter", 2.25, recipe, most=True, percent=False),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
