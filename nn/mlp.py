"""Neuron, Layer and MLP, as in micrograd: a neuron is one dot product and an activation.

>>> model = MLP(2, [16, 16, 1], seed=0)
>>> model
MLP of [Layer of 16 ReLUNeuron(2), Layer of 16 ReLUNeuron(16), Layer of 1 LinearNeuron(16)]
>>> len(model.parameters())
337
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import autograd
from autograd import Value, dot, matvec
from nn.checks import positive
from nn.initializers import Initializer, generator, initializer_named, uniform
from nn.module import Module

__all__ = ["MLP", "Activation", "Layer", "Neuron", "activation_named", "in_order"]

Activation = Callable[[Any], Any]

_SHOWN = {"relu": "ReLU", "identity": "Linear", "elu": "ELU", "gelu": "GELU", "silu": "SiLU"}


def identity(x: Any) -> Any:
    """Return the same: the activation of a linear neuron."""
    return x


def activation_named(activation: str | Activation) -> Activation:
    """Return an activation by the name it has in autograd; a function is one already.

    Raises ValueError for an unknown name, TypeError for what is neither.

    >>> activation_named("tanh")(0.0)
    0.0
    """
    if not isinstance(activation, str):
        if not callable(activation):
            raise TypeError("an activation is a function of one Value, or the name of one, such as "
                            f"'relu' or, for none, 'linear', not {activation!r}")  # fmt: skip
        return activation
    if activation in ("linear", "identity"):
        return identity
    if not (callable(getattr(autograd, activation, None)) and hasattr(Value, activation)):
        raise ValueError(f"there is no activation {activation!r}: try 'relu', 'tanh', 'sigmoid', "
                         "'gelu', 'linear' or any function of one Value")  # fmt: skip
    return getattr(autograd, activation)  # type: ignore[no-any-return] # one of its functions


def in_order(x: Any) -> Any:
    """Return the inputs of a layer; raise TypeError for a dict, a set or a text.

    >>> in_order([1.0, 2.0])
    [1.0, 2.0]
    """
    if isinstance(x, (dict, set, str, bytes)):
        raise TypeError(f"the inputs are a list of numbers or Values, not {x!r}")
    return x


class Neuron(Module):
    """A weighted sum of the inputs and a bias, through an activation: one dot node and one more.

    Args:
        nin: the number of inputs.
        nonlin: False for a linear neuron, without activation.
        activation: a function of one Value, or its name in autograd.
        initializer: draws the weights, see `nn.initializers`; the bias begins at 0.
        seed, rng: where to draw from; without either Python's global generator, as micrograd does.

    >>> Neuron(2, seed=1)([0.5, -1.0]).op
    'relu'
    """

    def __init__(
        self,
        nin: int,
        nonlin: bool = True,
        *,
        activation: str | Activation = "relu",
        initializer: str | Initializer = uniform,
        nout: int = 1,
        seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:
        source, draw = generator(seed, rng), initializer_named(initializer)
        self.w = [Value(draw(source, nin, nout)) for _ in range(positive(nin, "nin"))]
        self.b = Value(0.0)
        chosen = activation_named(activation)  # a wrong name is told where it is not used too
        self.activation = chosen if nonlin else identity

    @property
    def nonlin(self) -> bool:
        """Whether there is an activation; assign False for a linear neuron, True for a ReLU."""
        return getattr(self, "activation", identity) is not identity

    @nonlin.setter
    def nonlin(self, nonlin: bool) -> None:
        if nonlin != self.nonlin:
            self.activation = activation_named("relu") if nonlin else identity

    def __call__(self, x: Sequence[Any]) -> Value:
        """Return the output for nin numbers or Values; raise ValueError for another number."""
        x = [1.0, *in_order(x)]
        if len(x) != len(self.w) + 1:
            raise ValueError(f"{self!r} takes {len(self.w)} inputs, not {len(x) - 1}")
        return self.activation(dot([self.b, *self.w], x))  # type: ignore[no-any-return] # a Value

    def __repr__(self) -> str:
        name = getattr(self.activation, "__name__", type(self.activation).__name__)
        return f"{_SHOWN.get(name, name.capitalize())}Neuron({len(self.w)})"


def _is_called(neuron: Any) -> bool:
    """Return whether what a neuron computes is told by its `__call__` only."""
    return type(neuron).__call__ is not Neuron.__call__


class Layer(Module):
    """Neurons that all see the same inputs, computed together by their `w`, `b` and `activation`.

    Where the class of one has a `__call__` of its own, each is called.

    Args:
        nin, nout: the numbers of inputs and of neurons.
        options: those of `Neuron`.

    >>> len(Layer(2, 3, seed=1)([0.5, -1.0]))
    3
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        seed: int | None = None,
        rng: random.Random | None = None,
        **options: Any,
    ) -> None:
        source = generator(seed, rng)
        count = positive(nout, "nout")
        self.neurons = [Neuron(nin, nout=count, rng=source, **options) for _ in range(count)]

    def outputs(self, x: Any) -> list[Value]:
        """Return the list of outputs; raise ValueError for another number of inputs."""
        inputs = list(in_order(x)) if hasattr(x, "__iter__") else [x]
        if {*map(type, self.neurons)} != {Neuron} and any(map(_is_called, self.neurons)):
            return [neuron(inputs) for neuron in self.neurons]
        if len(inputs) != len(self.neurons[0].w):
            raise ValueError(f"{self!r} takes {len(self.neurons[0].w)} inputs, not {len(inputs)}")
        sums = matvec([(neuron.b, *neuron.w) for neuron in self.neurons], [1.0, *inputs])
        return [neuron.activation(z) for neuron, z in zip(self.neurons, sums, strict=True)]

    def __call__(self, x: Any) -> Any:
        """Return the outputs for nin numbers or Values: a list, or of one neuron a Value."""
        outputs = self.outputs(x)
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer of {len(self.neurons)} {self.neurons[0]!r}"


class MLP(Module):
    """A multi-layer perceptron: layers one after the other, the last one linear.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons in each layer.
        activation: that of all layers but the last.
        initializer: draws the weights; `seed` or `rng`: where to draw from, see `Neuron`.

    >>> model = MLP(2, [4, 1], activation="tanh", initializer="xavier", seed=0)
    >>> loss = (model([1.0, -1.0]) - 0.5) ** 2
    >>> loss.backward()
    >>> model.zero_grad()
    """

    def __init__(
        self,
        nin: int,
        nouts: Sequence[int],
        *,
        activation: str | Activation = "relu",
        initializer: str | Initializer = uniform,
        seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:
        if not isinstance(nouts, Iterable):
            raise TypeError(f"nouts is a list of sizes: write MLP({nin}, [{nouts!r}])")
        sizes = [nin, *nouts]
        if len(sizes) < 2:
            raise ValueError("nouts must name the size of at least one layer")
        source = generator(seed, rng)
        options: dict[str, Any] = {"activation": activation, "initializer": initializer}
        self.layers = [
            Layer(a, b, nonlin=i < len(sizes) - 2, rng=source, **options)
            for i, (a, b) in enumerate(pairwise(sizes))
        ]

    def __call__(self, x: Any) -> Any:
        """Return the output for nin numbers or Values: a list, or of one neuron a Value."""
        for layer in self.layers:
            x = layer.outputs(x) if type(layer).__call__ is Layer.__call__ else layer(x)
        return x[0] if isinstance(x, list) and len(x) == 1 else x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"
