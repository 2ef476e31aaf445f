"""Overfitting: digits, 100 images, 20 of them with a wrong label, and what helps.

A network of 32 hidden neurons learns all hundred by heart, the wrong ones too, and pays for it on
images it has not seen. Weight decay (L2), dropout and early stopping keep it from that; the last
needs a hundred others, as badly labelled, to tell when to stop. With two hidden neurons it cannot
even learn the hundred: underfitting.
"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from nn import AdamW, Dropout, Each, EarlyStopping, Linear, Sequential
from nn.examples.compiled import outputs
from nn.examples.data.digits import digits, flat, mislabelled
from nn.examples.data.splits import Samples, Split, stratified
from nn.examples.recipe import Experiment, Recipe, classifier, command, train_whole
from nn.metrics import accuracy

__all__ = ["CURES", "KINDS", "SYSTEMS", "gain", "learnt", "measured", "recipe"]

CURES = ("weight decay", "dropout", "early stopping")
KINDS = ("nothing", *CURES, "two neurons")
COUNT, WRONG = 100, 0.2


def network(seed: int, hidden: int = 32, p: float = 0.0) -> Sequential:
    """Return a network with one hidden layer, of which a share p is dropped in training."""
    rng = random.Random(seed)
    layers: list[Any] = [Linear(64, hidden, initializer="he", rng=rng), Each("relu")]
    layers += [Dropout(p, seed=rng.getrandbits(32))] if p else []
    return Sequential(*layers, Linear(hidden, 10, rng=rng))


def recipe(kind: str, seed: int) -> Recipe:
    """Return what to train, with one of the cures.

    Raises ValueError for a kind that is none of `KINDS`.

    >>> len(recipe("nothing", seed=0).samples.inputs)
    100
    """
    if kind not in KINDS:
        raise ValueError(f"there is no kind {kind!r}: choose one of {', '.join(KINDS)}")
    everything, test = map(flat, digits(seed))
    ours, others = (
        mislabelled(part, COUNT, WRONG, seed) for part in stratified(everything, 0.5, seed)
    )
    model = network(
        seed, hidden=2 if kind == "two neurons" else 32, p=0.5 if kind == "dropout" else 0.0
    )
    decay = 1.0 if kind == "weight decay" else 0.0
    options: dict[str, Any] = {}
    if kind == "early stopping":
        options = {"validation": others, "callbacks": [EarlyStopping(patience=10)]}
    optimizer = AdamW(model.parameters(), lr=0.01, weight_decay=decay)
    return classifier(
        model, Split(ours, test), epochs=80, optimizer=optimizer, batch_size=20, options=options
    )


def measured(model: Any, samples: Samples) -> float:
    """Return the share of samples that a model knows."""
    return accuracy(outputs(model, samples.inputs), samples.targets)


def gain(kind: str, seed: int) -> float:
    """Return how much test accuracy one of the cures gains over none."""
    with_it, without = (recipe(each, seed) for each in (kind, "nothing"))
    for todo in (with_it, without):
        train_whole(todo, seed)
    return with_it.figure(with_it.model) - without.figure(without.model)


def learnt(kind: str, seed: int) -> float:
    """Return the share of the hundred labels, wrong ones included, that a network has learnt."""
    todo = recipe(kind, seed)
    train_whole(todo, seed)
    return measured(todo.model, todo.samples)


DATA = "scikit-learn digits, 100 images, 20 wrong labels"
SYSTEMS = (
    Experiment("overfitting", DATA, "training accuracy, wrong labels included", 0.99,
               partial(learnt, "nothing")),
    *(Experiment(f"overfitting, {kind}", DATA, "gain of test accuracy", 0.05, partial(gain, kind))
      for kind in CURES),
    Experiment("underfitting, two neurons", DATA, "training accuracy", 0.6,
               partial(learnt, "two neurons"), most=True),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
