"""What `Dropout` drops, drawn ahead: a compiled program takes it as numbers beside each sample.

`Masks` knows in which order a model's layers draw for a sample, draws for them from their own
generators, and lets them take numbers that are given instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import repeat
from typing import Any

from autograd import no_grad
from nn.layers import Dropout, flat
from nn.module import Module
from nn.samples import nested

__all__ = ["Masks"]


class Masks:
    """The masks of a model's `Dropout` layers for one sample.

    Args:
        model: a network; `sample` one of its inputs, to see how often each layer is called.

    Attributes:
        width: how many numbers there are to a sample.

    >>> from nn import Sequential
    >>> masks = Masks(Sequential(Dropout(0.5, seed=1)), [5.0, 6.0, 7.0, 8.0])
    >>> masks.width, masks.drawn()
    (4, [0.0, 2.0, 2.0, 0.0])
    """

    def __init__(self, model: Module, sample: Any) -> None:
        self._layers = [part for _, part in model.named_modules() if isinstance(part, Dropout)]
        self._calls: list[tuple[Dropout, Any]] = []
        if self._layers:
            with self._answered(self._noted), no_grad():
                model(sample)
        self.width = sum(len(flat(size)) for _, size in self._calls)

    def _noted(self, layer: Dropout, x: Any) -> Any:
        size = nested(x, repeat(0.0))
        self._calls.append((layer, size))
        return size

    @contextmanager
    def _answered(self, answer: Callable[[Dropout, Any], Any]) -> Iterator[None]:
        """Let a function say what the layers drop."""
        modes = [layer.training for layer in self._layers]
        for layer in self._layers:
            layer.training = True
            vars(layer)["mask"] = partial(answer, layer)
        try:
            yield
        finally:
            for layer, mode in zip(self._layers, modes, strict=True):
                layer.training = mode
                del vars(layer)["mask"]

    def drawn(self) -> list[float]:
        """Return fresh masks for a sample, in the order in which its layers are called."""
        return [x for layer, size in self._calls for x in flat(layer.mask(size))]

    def given(self, numbers: Sequence[Any] | Iterator[Any]) -> AbstractContextManager[None]:
        """Let the layers take some numbers, in the order in which they are called."""
        source = iter(numbers)
        return self._answered(lambda layer, x: nested(x, source))
