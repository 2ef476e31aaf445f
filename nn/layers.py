"""Layers to put together: Linear, Embedding, Flatten, Each, Dropout, Sequential.

A layer takes one sample: a list of numbers or Values, nested where it has positions and channels.
Names and shapes of parameters are PyTorch's, so that weights can be taken over; weights begin as
its do for linear layers, biases at zero.

>>> import random
>>> rng = random.Random(0)
>>> model = Sequential(Linear(4, 8, rng=rng), Each("relu"), Linear(8, 3, rng=rng))
>>> len(model([5.1, 3.5, 1.4, 0.2]))
3
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from math import nan
from typing import Any

from autograd import Value, equal, matvec, where
from nn.checks import is_place, positive, share
from nn.initializers import Initializer, fan_in_uniform, generator, initializer_named, normal
from nn.mlp import Activation, activation_named, in_order
from nn.module import Module

__all__ = ["Dropout", "Each", "Embedding", "Flatten", "Linear", "Sequential", "added", "drawn"]
__all__ += ["flat"]


def flat(tree: Any) -> list[Any]:
    """Return the numbers and Values of nested lists, in order.

    >>> flat([[1, 2], [[3]]])
    [1, 2, 3]
    """
    if not isinstance(tree, (list, tuple)):
        return [tree]
    return [x for item in tree for x in flat(item)]


def drawn(rows: int, columns: int, draw: Callable[[], float]) -> list[list[Value]]:
    """Return a matrix of parameters, drawn row by row."""
    return [[Value(draw()) for _ in range(columns)] for _ in range(rows)]


class Linear(Module):
    """Weighted sums of the inputs with a bias: each output is one dot node.

    Args:
        nin, nout: the numbers of inputs and outputs.
        bias: False for none.
        initializer: draws the weights, see `nn.initializers`; `seed` or `rng`: where from.

    >>> layer = Linear(2, 1).load_state_dict({"weight": [[2.0, 3.0]], "bias": [1.0]})
    >>> layer([1.0, 10.0])
    [Value(data=33.0, grad=0.0)]
    """

    def __init__(
        self,
        nin: int,
        nout: int,
        *,
        bias: bool = True,
        initializer: str | Initializer = fan_in_uniform,
        seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:
        source, draw = generator(seed, rng), initializer_named(initializer)
        self.nin, self.nout = positive(nin, "nin"), positive(nout, "nout")
        self.weight = drawn(nout, nin, lambda: draw(source, nin, nout))
        self.bias = [Value(0.0) for _ in range(nout)] if bias else None

    def __call__(self, x: Any) -> list[Value]:
        """Return nout Values for nin numbers or Values; raise ValueError for another number."""
        x = list(in_order(x))
        if len(x) != self.nin:
            raise ValueError(f"{self!r} takes {self.nin} inputs, not {len(x)}")
        if self.bias is None:
            return matvec(self.weight, x)
        rows = [(b, *row) for b, row in zip(self.bias, self.weight, strict=True)]
        return matvec(rows, [1.0, *x])

    def __repr__(self) -> str:
        return f"Linear({self.nin}, {self.nout}{'' if self.bias else ', bias=False'})"


class Embedding(Module):
    """A vector of parameters for each of some symbols.

    Args:
        count: the number of symbols; `width` of parameters for each.
        initializer, seed, rng: as for `Linear`; normal with variance 1 by default.

    >>> Embedding(3, 2).load_state_dict({"weight": [[1, 2], [3, 4], [5, 6]]})(1)
    [Value(data=3.0, grad=0.0), Value(data=4.0, grad=0.0)]
    """

    def __init__(
        self,
        count: int,
        width: int,
        *,
        initializer: str | Initializer = normal,
        seed: int | None = None,
        rng: random.Random | None = None,
    ) -> None:
        source, draw = generator(seed, rng), initializer_named(initializer)
        positive(count, "count")
        self.weight = drawn(count, positive(width, "width"), lambda: draw(source, count, width))

    def __call__(self, symbol: Any) -> list[Value]:
        """Return the vector of a symbol, 0 to count - 1; a Value picks it without a branch.

        Raises IndexError for a number that is no symbol; a Value that is none gives nan.
        """
        if isinstance(symbol, Value):
            picked = [where(equal(symbol, float(i)), 1.0, 0.0) for i in range(len(self.weight))]
            picked[0] = where(equal(sum(picked), 1.0), picked[0], nan)  # seen as a loss of nan
            return matvec(zip(*self.weight, strict=True), picked)
        if not is_place(symbol, len(self.weight)):
            raise IndexError(f"{symbol!r} is no symbol: there are {len(self.weight)}, from 0")
        # A node for each use, as above: gradients are added up in the same order, to the same bits.
        return [w * 1.0 for w in self.weight[int(symbol)]]

    def __repr__(self) -> str:
        return f"Embedding({len(self.weight)}, {len(self.weight[0])})"


class Flatten(Module):
    """Nested lists made into one.

    >>> Flatten()([[1, 2], [3, 4]])
    [1, 2, 3, 4]
    """

    def __call__(self, x: Any) -> list[Any]:
        """Return the numbers and Values of nested lists, in order."""
        return flat(x)

    def __repr__(self) -> str:
        return "Flatten()"


class Each(Module):
    """An activation on each of the inputs, however they are nested.

    Args:
        activation: a function of one Value, or its name in autograd.

    >>> Each("relu")([[1.0, -1.0]])
    [[1.0, 0.0]]
    """

    def __init__(self, activation: str | Activation) -> None:
        self.activation = activation_named(activation)

    def __call__(self, x: Any) -> Any:
        """Return the same nesting with the activation of each."""
        return [self(item) for item in x] if isinstance(x, (list, tuple)) else self.activation(x)

    def __repr__(self) -> str:
        return f"Each({getattr(self.activation, '__name__', self.activation)})"


class Dropout(Module):
    """In training, zero a share of the inputs at random and scale up the rest; else do nothing.

    Args:
        p: the share to zero, in [0, 1).
        seed, rng: where the choice is drawn from; without either a generator of its own, seeded
            by Python's global one.

    >>> layer = Dropout(0.5, seed=1)
    >>> layer([1.0, 1.0, 1.0, 1.0]), layer.eval()([1.0, 1.0])
    ([0.0, 2.0, 2.0, 0.0], [1.0, 1.0])
    """

    def __init__(
        self, p: float = 0.5, *, seed: int | None = None, rng: random.Random | None = None
    ) -> None:
        share(p, "p")
        if seed is None and rng is None:
            seed = random.getrandbits(64)
        self.p, self.rng = p, generator(seed, rng)

    def mask(self, x: Any) -> Any:
        """Return factors for inputs, nested as they are: 0, or 1 / (1 - p)."""
        if isinstance(x, (list, tuple)):
            return [self.mask(item) for item in x]
        return 0.0 if self.rng.random() < self.p else 1.0 / (1.0 - self.p)

    def __call__(self, x: Any, mask: Any = None) -> Any:
        """Return the inputs times a mask, a fresh one unless one is given.

        Give it where a function is compiled: what is drawn while tracing would stay for ever. An
        array is taken as nested lists.
        """
        if not self.training:
            return x
        x = x.tolist() if hasattr(x, "tolist") else x
        return _times(x, self.mask(x) if mask is None else mask)

    def __repr__(self) -> str:
        return f"Dropout({self.p})"


def _times(x: Any, mask: Any) -> Any:
    if isinstance(x, (list, tuple)):
        return [_times(item, factor) for item, factor in zip(x, mask, strict=True)]
    return x * mask


class Sequential(Module):
    """Layers, or any functions, one after the other.

    >>> Sequential(Flatten(), sum)([[1, 2], [3, 4]])
    10
    """

    def __init__(self, *parts: Callable[[Any], Any]) -> None:
        for part in parts:
            if not callable(part):
                raise TypeError("the parts are layers or functions, as in Sequential(Flatten(), "
                                f"sum), a list as Sequential(*parts), not {part!r}")  # fmt: skip
        self.parts = list(parts)

    def __call__(self, x: Any) -> Any:
        """Return what the last part makes of what the one before makes of ... x."""
        for part in self.parts:
            x = part(x)
        return x

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(_shown, self.parts))})"


def _shown(part: Any) -> str:
    return repr(part) if isinstance(part, Module) else getattr(part, "__name__", repr(part))


def added(x: Iterable[Any], y: Sequence[Any]) -> list[Any]:
    """Return the sums of two lists, item by item: a residual connection.

    >>> added([1.0, 2.0], [10.0, 20.0])
    [11.0, 22.0]
    """
    return [a + b for a, b in zip(x, y, strict=True)]
