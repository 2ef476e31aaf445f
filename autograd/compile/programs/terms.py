"""What a program adds up: the terms of its result and the weight of each.

`same_sum` tells whether two functions of the same numbers are the same weighted sum, whatever these
numbers are: by comparing their programs, not their values.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from math import isclose
from typing import Any

from autograd.compile.programs.builder import Builder
from autograd.compile.recording.assemble import Assembled, program_of

__all__ = ["same_sum"]

Function = Callable[[Sequence[Any]], Any]


def same_sum(first: Function, second: Function, numbers: Sequence[float]) -> bool:
    """Return whether two functions of a list of numbers are the same weighted sum of terms.

    >>> from autograd import mean
    >>> same_sum(lambda x: mean([x[0] * x[1], x[2]]),
    ...          lambda x: x[0] * x[1] / 2 + 0.5 * x[2], [1.0] * 3)
    True
    >>> same_sum(lambda x: x[0] + x[1], lambda x: x[0] + 2 * x[1], [0.0, 0.0])
    False
    """
    names = [f"x_{i}" for i in range(len(numbers))]
    builder, leaves = Builder(), dict[Any, int]()
    one, two = [
        _terms(builder, _copied(builder, leaves, program_of(f, numbers, names)))
        for f in (first, second)
    ]
    return one.keys() == two.keys() and all(
        isclose(weight, two[k], rel_tol=1e-12) for k, weight in one.items()
    )


def _copied(builder: Builder, leaves: dict[Any, int], assembled: Assembled) -> int:
    """Write a program, in which equal instructions share a register; return its result."""
    program, registers = assembled.program, list[int]()
    arguments = len(program.inputs) - len(assembled.leaves)
    for op, args, extra in program.code:
        if op == "input" and extra >= arguments:
            leaf = assembled.leaves[extra - arguments]
            extra = arguments + leaves.setdefault(leaf, len(leaves))  # noqa: PLW2901 - another number for the same input
        registers.append(builder.emit(op, tuple([registers[x] for x in args]), extra))
    return registers[program.outputs[0]]


def _terms(builder: Builder, root: int) -> dict[int, float]:
    """Return the weights of the registers that a register is a sum of."""
    weights: dict[int, float] = defaultdict(float, {root: 1.0})
    for k in range(root, -1, -1):
        if k in weights:
            parts = _parts(builder, k)
            weight = weights[k] if parts is None else weights.pop(k)
            for x, share in parts or ():
                weights[x] += weight * share
    return weights


def _parts(builder: Builder, k: int) -> list[tuple[int, float]] | None:
    """Return what a register adds up, with weights; None for one that is a term."""
    op, args, _ = builder.code[k]
    if op in ("sum", "mean"):
        share = 1.0 / len(args) if op == "mean" else 1.0
        return [(x, share) for x in args]
    if op in ("add", "sub"):
        return [(args[0], 1.0), (args[1], 1.0 if op == "add" else -1.0)]
    if op == "neg":
        return [(args[0], -1.0)]
    factors = [builder.number(x) for x in args] if op in ("mul", "div") else []
    if len(factors) == 2 and factors[1]:
        return [(args[0], factors[1] if op == "mul" else 1.0 / factors[1])]
    return [(args[1], factors[0])] if op == "mul" and factors[0] else None
