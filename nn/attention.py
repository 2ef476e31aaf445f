"""Dot-product attention: each query takes a mean of the values, by how it fits their keys.

`attention_weights` gives the shares, `attention` what is taken, `MultiHeadAttention` is a layer
that does it with several heads side by side (Vaswani et al., 2017). `causal_mask` lets each step
see itself and those before.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import reduce
from math import sqrt
from typing import Any

from autograd import Value, dot, softmax, where
from nn.checks import check_as_many, positive
from nn.initializers import Initializer, fan_in_uniform, generator
from nn.layers import Linear
from nn.module import Module

__all__ = ["MultiHeadAttention", "attention", "attention_weights", "causal_mask"]

Rows = Sequence[Sequence[Any]]

HIDDEN = -1e30  # the score of what a mask hides: its share is exactly 0


def causal_mask(length: int) -> list[list[bool]]:
    """Return for each step whether it sees each other: those up to itself.

    >>> causal_mask(2)
    [[True, False], [True, True]]
    """
    return [[j <= i for j in range(length)] for i in range(length)]


def attention_weights(queries: Rows, keys: Rows, mask: Any = None) -> list[list[Any]]:
    """Return for each query its share of each key: softmax of dot(query, key) / sqrt(width).

    Args:
        queries, keys: lists of vectors of one width.
        mask: for each query and key whether it is seen: True or not 0. What is hidden by a plain
            False or 0 is not computed at all. A query that sees nothing looks everywhere; if it is
            Values that hide all, then wherever they stand.

    Raises ValueError where there are no keys, and where a mask is of another size.

    >>> attention_weights([[1.0]], [[5.0], [5.0], [7.0]], mask=[[True, True, False]])
    [[0.5, 0.5, 0.0]]
    """
    if not len(keys) or not len(keys[0]):
        raise ValueError("attention needs at least one key, and vectors of at least one number")
    if mask is None:
        everything = [True] * len(keys)
        return [_shares(query, keys, everything) for query in queries]
    check_as_many(mask, len(queries), f"rows in the mask for {len(queries)} queries")
    for i, row in enumerate(mask):
        check_as_many(row, len(keys), f"entries in mask[{i}] for {len(keys)} keys")
    rows = zip(queries, mask, strict=True)
    return [_shares(query, keys, _seen(row)) for query, row in rows]


def _seen(mask: Sequence[Any]) -> list[Any]:
    """Return the mask of a query with True and False for plain numbers; it hides not all."""
    seen = [s if isinstance(s, Value) else bool(s) for s in mask]
    if any(s is True for s in seen):
        return seen
    values = [s for s in seen if isinstance(s, Value)]
    if not values:
        return [True] * len(seen)
    some = reduce(lambda found, s: where(s, 1.0, found), values, 0.0)
    return [where(some, s, 1.0) if isinstance(s, Value) else s for s in seen]


def _shares(query: Sequence[Any], keys: Rows, seen: Sequence[Any]) -> list[Any]:
    scale = 1.0 / sqrt(len(query))
    scores = [
        _masked(dot(query, key) * scale, s)
        for key, s in zip(keys, seen, strict=True)
        if s is not False
    ]
    shares = iter(softmax(scores))
    return [0.0 if s is False else next(shares) for s in seen]


def _masked(score: Any, seen: Any) -> Any:
    return score if seen is True else where(seen, score, HIDDEN)


def attention(queries: Rows, keys: Rows, values: Rows, mask: Any = None) -> list[list[Any]]:
    """Return for each query the mean of the values, weighted by `attention_weights`.

    Args:
        queries, keys: lists of vectors of one width; `values` as many vectors as keys.
        mask: see `attention_weights`.

    >>> attention([[0.0]], [[1.0], [2.0]], [[10.0], [20.0]])
    [[15.0]]
    """
    check_as_many(values, len(keys), f"values for {len(keys)} keys")
    columns = list(zip(*values, strict=True))
    return [_mixed(shares, columns) for shares in attention_weights(queries, keys, mask)]


def _mixed(shares: Sequence[Any], columns: Rows) -> list[Any]:
    """Return a weighted mean of vectors, without those of which the share is a plain 0."""
    seen = [i for i, share in enumerate(shares) if not isinstance(share, float) or share]
    weights = [shares[i] for i in seen]
    return [dot(weights, [column[i] for i in seen]) for column in columns]


class MultiHeadAttention(Module):
    """Attention with several heads, each on its part of the width, and linear layers around.

    Args:
        width: of the vectors that go in and come out; `heads` must divide it.
        initializer, seed, rng: as for `Linear`; there are no biases.

    >>> layer = MultiHeadAttention(4, 2, seed=0)
    >>> steps = [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0]]
    >>> [len(row) for row in layer(steps, mask=causal_mask(2))]
    [4, 4]
    """

    def __init__(
        self, width: int, heads: int, *, initializer: str | Initializer = fan_in_uniform,
        seed: int | None = None, rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        if positive(width, "width") % positive(heads, "heads"):
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        source = generator(seed, rng)
        self.heads = heads
        self.query, self.key, self.value, self.out = (
            Linear(width, width, bias=False, initializer=initializer, rng=source) for _ in range(4)
        )

    def __call__(self, x: Rows, memory: Rows | None = None, mask: Any = None) -> list[list[Any]]:
        """Return as many vectors as x has; keys and values come from x, or from a memory.

        Raises ValueError where there are none.
        """
        source = x if memory is None else memory
        if not len(x) or not len(source):
            raise ValueError(f"{self!r} takes at least one vector, and at least one to look at")
        queries = self._parts([self.query(row) for row in x])
        keys = self._parts([self.key(row) for row in source])
        values = self._parts([self.value(row) for row in source])
        parts = [attention(q, k, v, mask) for q, k, v in zip(queries, keys, values, strict=True)]
        return [self.out([y for part in parts for y in part[i]]) for i in range(len(x))]

    def _parts(self, rows: list[Any]) -> list[list[Any]]:
        """Return the part of the vectors that belongs to each head."""
        size = len(rows[0]) // self.heads
        return [[row[h * size : (h + 1) * size] for row in rows] for h in range(self.heads)]

    def __repr__(self) -> str:
        return f"MultiHeadAttention({self.query.nin}, {self.heads})"
