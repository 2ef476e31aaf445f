"""The fast path of dot products: many rows of Values against one input, as a layer has them.

`dots` records each in one node; `autograd.dot` and `matvec` come here first. Half the time of
training a network is spent here, so nothing is looked at twice.
"""

from __future__ import annotations

from typing import Any

from autograd.numbers import floats
from autograd.value import Value, record

__all__ = ["dots"]


def dots(rows: list[tuple[Any, ...]], ys: tuple[Any, ...]) -> list[Value] | None:
    """Record dot products of Values with inputs, floats first and then Values; None for others.

    >>> dots([(Value(1.0), Value(2.0))], (3.0, 4.0))
    [Value(data=11.0, grad=0.0)]
    """
    lead = next((i for i, y in enumerate(ys) if type(y) is not float), len(ys))
    live = ys[lead:]
    try:
        others = (*ys[:lead], *[y._data for y in live])
        weights = [[x._data for x in row] for row in rows]
    except AttributeError:  # a number among the Values
        return None
    if not ys or any(len(row) != len(ys) for row in rows):
        return None
    nodes = []
    for row, numbers in zip(rows, weights, strict=True):
        z = floats.dot(numbers, others)
        slopes = (*others, *numbers[lead:]) if live else others  # tuples: the collector skips them
        nodes.append(record("dot", z, row + live, slopes, lead or None))
    return nodes
