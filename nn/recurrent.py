"""Recurrent cells, which carry a state from one step of a sequence to the next: RNN, GRU, LSTM.

A cell takes the input of a step and the state, and returns the new state; `run` takes it along a
sequence. Formulas and parameters are PyTorch's; each weighted sum of input and state is one node.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from math import sqrt
from typing import Any

from autograd import Value, matvec, sigmoid, tanh, where
from nn.checks import check_as_many, positive
from nn.initializers import generator
from nn.layers import drawn
from nn.mlp import Activation, activation_named
from nn.module import Module

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "run"]


class _Cell(Module):
    """A cell with a number of gates, each with weights for input and state, and two biases.

    Args:
        nin: the number of inputs; `nhidden` of numbers in the state.
        seed, rng: where the weights are drawn from, evenly between -1 and 1 by sqrt(nhidden).
    """

    gates = 1

    def __init__(
        self, nin: int, nhidden: int, *, seed: int | None = None, rng: random.Random | None = None
    ) -> None:
        source, bound = generator(seed, rng), 1.0 / sqrt(positive(nhidden, "nhidden"))
        rows = self.gates * nhidden
        self.nin, self.nhidden = positive(nin, "nin"), nhidden
        self.weight_ih = drawn(rows, nin, lambda: source.uniform(-bound, bound))
        self.weight_hh = drawn(rows, nhidden, lambda: source.uniform(-bound, bound))
        self.bias_ih = [Value(0.0) for _ in range(rows)]
        self.bias_hh = [Value(0.0) for _ in range(rows)]

    def start(self) -> Any:
        """Return the state before the first step: zeros."""
        return [0.0] * self.nhidden

    def _sums(self, gate: int, x: Sequence[Any], h: Sequence[Any]) -> list[Any]:
        """Return the weighted sums of one gate, over input and state together."""
        rows = range(gate * self.nhidden, (gate + 1) * self.nhidden)
        weights = [
            [self.bias_ih[i], self.bias_hh[i], *self.weight_ih[i], *self.weight_hh[i]] for i in rows
        ]
        return matvec(weights, [1.0, 1.0, *x, *h])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.nin}, {self.nhidden})"


class RNNCell(_Cell):
    """The state is tanh of weighted sums of input and state (Elman, 1990).

    Args: as for all cells, see `GRUCell`.
        activation: another function than tanh.

    >>> len(RNNCell(3, 2, seed=0)([1.0, 2.0, 3.0], [0.0, 0.0]))
    2
    """

    def __init__(
        self, nin: int, nhidden: int, *, activation: str | Activation = tanh,
        seed: int | None = None, rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        super().__init__(nin, nhidden, seed=seed, rng=rng)
        self.activation = activation_named(activation)

    def __call__(self, x: Sequence[Any], h: Any = None) -> list[Any]:
        """Return the new state."""
        h = self.start() if h is None else h
        return [self.activation(s) for s in self._sums(0, x, h)]


class GRUCell(_Cell):
    """Gates decide how much of the state to forget and to renew (Cho et al., 2014).

    Args:
        nin: the number of inputs; `nhidden` of numbers in the state.
        seed, rng: where the weights are drawn from.

    >>> len(GRUCell(3, 2, seed=0)([1.0, 2.0, 3.0], [0.0, 0.0]))
    2
    """

    gates = 3

    def __call__(self, x: Sequence[Any], h: Any = None) -> list[Any]:
        """Return the new state."""
        h = self.start() if h is None else h
        reset = [sigmoid(s) for s in self._sums(0, x, h)]
        update = [sigmoid(s) for s in self._sums(1, x, h)]
        rows = range(2 * self.nhidden, 3 * self.nhidden)
        of_x = matvec([[self.bias_ih[i], *self.weight_ih[i]] for i in rows], [1.0, *x])
        of_h = matvec([[self.bias_hh[i], *self.weight_hh[i]] for i in rows], [1.0, *h])
        new = [tanh(a + r * b) for a, r, b in zip(of_x, reset, of_h, strict=True)]
        return [(1.0 - z) * n + z * s for z, n, s in zip(update, new, h, strict=True)]


class LSTMCell(_Cell):
    """Gates guard a memory cell beside the state (Hochreiter and Schmidhuber, 1997).

    The state is a pair (hidden, memory). Args: as for `GRUCell`.

    >>> hidden, memory = LSTMCell(3, 2, seed=0)([1.0, 2.0, 3.0])
    >>> len(hidden), len(memory)
    (2, 2)
    """

    gates = 4

    def start(self) -> Any:
        """Return the pair before the first step: zeros."""
        return [0.0] * self.nhidden, [0.0] * self.nhidden

    def __call__(self, x: Sequence[Any], state: Any = None) -> tuple[list[Any], list[Any]]:
        """Return the new pair."""
        h, c = self.start() if state is None else state
        take, keep, new, show = (self._sums(gate, x, h) for gate in range(4))
        memory = [
            sigmoid(f) * m + sigmoid(i) * tanh(g)
            for f, m, i, g in zip(keep, c, take, new, strict=True)
        ]
        return [sigmoid(o) * tanh(m) for o, m in zip(show, memory, strict=True)], memory


def run(cell: Any, sequence: Sequence[Any], state: Any = None, mask: Any = None) -> list[Any]:
    """Return the states after each step of a sequence.

    Args:
        cell: a recurrent cell.
        sequence: the inputs, step by step.
        state: the one before the first step; zeros if not given.
        mask: for each step whether it counts; where not, the state stays as it was, so that
            shorter sequences can be filled up to the length of the longest.

    Raises ValueError where there are not as many mask entries as steps, TypeError for no cell.

    >>> states = run(RNNCell(1, 2, seed=0), [[1.0], [2.0], [9.0]], mask=[True, True, False])
    >>> [s.data for s in states[1]] == [s.data for s in states[2]]
    True
    """
    if not callable(cell) or (state is None and not hasattr(cell, "start")):
        raise TypeError(f"the cell is a recurrent one, such as nn.GRUCell(1, 8), not {cell!r}")
    steps = list(sequence)
    if mask is not None:
        check_as_many(mask, len(steps), f"mask entries for {len(steps)} steps")
    state = cell.start() if state is None else state
    states = []
    for i, x in enumerate(steps):
        following = cell(x, state)
        state = following if mask is None else _chosen(mask[i], following, state)
        states.append(state)
    return states


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    if isinstance(a, (list, tuple)):
        return type(a)(_chosen(condition, x, y) for x, y in zip(a, b, strict=True))
    return where(condition, a, b)
