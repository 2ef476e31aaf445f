"""Feed-forward networks on tables: iris, wine, breast cancer.

One hidden layer of 16 tanh neurons is enough for all three. What it takes is that every column is
standardized: the figures of wine range from 0.1 to 1,680.
"""

from __future__ import annotations

from functools import partial

from nn import MLP, AdamW
from nn.examples.data.tabular import TABLES, table
from nn.examples.recipe import Recipe, System, classifier, command

__all__ = ["SYSTEMS", "recipe"]

GOALS = {"iris": 0.95, "wine": 0.95, "breast_cancer": 0.96}


def recipe(name: str, seed: int) -> Recipe:
    """Return what to train for one of the tables.

    >>> recipe("wine", seed=0).model
    MLP of [Layer of 16 TanhNeuron(13), Layer of 3 LinearNeuron(16)]
    """
    split = table(name, seed)
    sizes = [16, max(split.train.targets) + 1]
    model = MLP(len(split.train.inputs[0]), sizes, activation="tanh", initializer="xavier",
                seed=seed)  # fmt: skip
    optimizer = AdamW(model.parameters(), lr=0.01)
    return classifier(model, split, epochs=60, optimizer=optimizer, batch_size=16)


SYSTEMS = tuple(
    System(f"feed-forward, {name.replace('_', ' ')}", f"scikit-learn {name}, stratified 80/20",
           "test accuracy", GOALS[name], partial(recipe, name))
    for name in TABLES
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
