"""How weights begin: a number drawn for each, of a size that keeps signals alive.

An initializer takes a random number generator and the number of inputs and outputs of the layer:
`uniform` (micrograd's), `fan_in_uniform` (PyTorch's for linear layers), `xavier_uniform` and
`xavier_normal` (for tanh and sigmoid), `he_uniform` and `he_normal` (for ReLU), `normal` and
`zeros`.
`generator` turns a seed, a generator or nothing into the generator to draw from.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from math import sqrt
from typing import Any

__all__ = ["INITIALIZERS", "Initializer", "fan_in_uniform", "generator", "he_normal", "he_uniform"]
__all__ += ["initializer_named", "normal", "uniform", "xavier_normal", "xavier_uniform", "zeros"]

Initializer = Callable[[random.Random, int, int], float]


def uniform(rng: random.Random, nin: int, nout: int) -> float:
    """Draw between -1 and 1, whatever the size of the layer.

    >>> uniform(random.Random(0), 2, 2)
    0.6888437030500962
    """
    return rng.uniform(-1.0, 1.0)


def fan_in_uniform(rng: random.Random, nin: int, nout: int) -> float:
    """Draw between -1/sqrt(nin) and 1/sqrt(nin)."""
    bound = 1.0 / sqrt(nin)
    return rng.uniform(-bound, bound)


def xavier_uniform(rng: random.Random, nin: int, nout: int) -> float:
    """Draw evenly with variance 2 / (nin + nout) (Glorot and Bengio, 2010)."""
    bound = sqrt(6.0 / (nin + nout))
    return rng.uniform(-bound, bound)


def xavier_normal(rng: random.Random, nin: int, nout: int) -> float:
    """Draw from the normal distribution with variance 2 / (nin + nout)."""
    return rng.gauss(0.0, sqrt(2.0 / (nin + nout)))


def he_uniform(rng: random.Random, nin: int, nout: int) -> float:
    """Draw evenly with variance 2 / nin (He et al., 2015)."""
    bound = sqrt(6.0 / nin)
    return rng.uniform(-bound, bound)


def he_normal(rng: random.Random, nin: int, nout: int) -> float:
    """Draw from the normal distribution with variance 2 / nin."""
    return rng.gauss(0.0, sqrt(2.0 / nin))


def normal(rng: random.Random, nin: int, nout: int) -> float:
    """Draw from the normal distribution with variance 1: for embeddings."""
    return rng.gauss(0.0, 1.0)


def zeros(rng: random.Random, nin: int, nout: int) -> float:
    """Begin at zero: right for biases, while weights that are all the same learn the same."""
    return 0.0


INITIALIZERS: dict[str, Initializer] = {
    "uniform": uniform,
    "fan_in_uniform": fan_in_uniform,
    "xavier": xavier_uniform,
    "xavier_uniform": xavier_uniform,
    "xavier_normal": xavier_normal,
    "he": he_normal,
    "he_uniform": he_uniform,
    "he_normal": he_normal,
    "normal": normal,
    "zeros": zeros,
}


def initializer_named(initializer: str | Initializer) -> Initializer:
    """Return an initializer by its name; any function of (rng, nin, nout) is one already.

    Raises ValueError for an unknown name, TypeError for what is neither.

    >>> initializer_named("he") is he_normal
    True
    """
    if not isinstance(initializer, str):
        if not callable(initializer):
            raise TypeError("an initializer is a function of (rng, nin, nout), or the name of one, "
                            f"such as 'he', not {initializer!r}")  # fmt: skip
        return initializer
    if initializer not in INITIALIZERS:
        names = ", ".join(INITIALIZERS)
        raise ValueError(f"there is no initializer {initializer!r}: choose one of {names}")
    return INITIALIZERS[initializer]


def generator(seed: int | None = None, rng: random.Random | None = None) -> random.Random:
    """Return the generator given, or a fresh one from a seed, or else Python's global one.

    Raises TypeError where both are given or neither kind is right.

    >>> generator(seed=1).random() == random.Random(1).random()
    True
    """
    if seed is not None and rng is not None:
        raise TypeError("give a seed or a generator, not both")
    if rng is not None:
        if not hasattr(rng, "getstate"):
            raise TypeError(f"rng must be a random.Random, not {rng!r}; a number goes to seed=")
        return rng
    everybodys: Any = random  # the module has the methods of a Random
    return everybodys if seed is None else random.Random(seed)
