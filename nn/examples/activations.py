"""Activation functions: the same network on digits, trained with each.

Two hidden layers of 16 neurons. What differs is how the slope behaves: sigmoid's is at most 1/4, so
it learns the slowest; tanh's is 1 at zero; ReLU and its kin pass the whole slope for half of the
numbers at least. `nn.plots.plot_function` draws each with its derivative.
"""

from __future__ import annotations

from functools import partial

from nn import MLP, SGD
from nn.examples.data.digits import digits, flat
from nn.examples.data.splits import Split
from nn.examples.recipe import Recipe, System, classifier, command

__all__ = ["ACTIVATIONS", "SYSTEMS", "recipe"]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus")


def recipe(activation: str, seed: int) -> Recipe:
    """Return what to train with one of the activations.

    >>> recipe("tanh", seed=0).model
    MLP of [Layer of 16 TanhNeuron(64), Layer of 16 TanhNeuron(16), Layer of 10 LinearNeuron(16)]
    """
    model = MLP(64, [16, 16, 10], activation=activation, initializer="xavier", seed=seed)
    optimizer = SGD(model.parameters(), lr=0.1)
    return classifier(model, Split(*map(flat, digits(seed))), epochs=20, optimizer=optimizer)


SYSTEMS = tuple(
    System(f"activation, {name}", "scikit-learn digits, stratified 75/25", "test accuracy",
           0.5 if name == "sigmoid" else 0.9, partial(recipe, name))
    for name in ACTIVATIONS
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
