"""Forward mode: derivatives carried along with the numbers, from the inputs to the outputs.

`derivative` of any order of a function of one number, `jvp` in one direction for all results, and
`hvp`, the product of the Hessian with a vector. They go through the same recorded graph as the
chain rule of `backward`, the other way round.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd.derivatives import Call, Function, derived, grad, scalar
from autograd.graph import topological_order
from autograd.higher import local_slopes, product
from autograd.numbers.real import number
from autograd.trees import matched, rebuild
from autograd.value import Value
from autograd.watch import recording, watchers

__all__ = ["derivative", "hvp", "jvp"]


@recording()
def _tangents(outputs: list[Any], tangents: dict[Value, Any], live: bool) -> list[Any]:
    """Push tangents of the inputs forward, once through the graph: as Values, or as numbers."""
    ends = [output for output in outputs if isinstance(output, Value)]
    for watcher in watchers():
        taken = watcher.pushed_forward(ends, tangents)
        if taken is not None:
            left = iter(taken)
            return [next(left) if isinstance(output, Value) else 0.0 for output in outputs]
    totals = dict(tangents)
    for node in topological_order(ends):
        if node in tangents:
            continue
        found = None
        if any(parent in totals for parent in node.parents):
            recorded = zip(node.parents, node._slopes(), strict=True)
            for parent, slope in local_slopes(node) if live else recorded:
                if parent in totals:
                    part = product(slope, totals[parent])
                    found = part if found is None else found + part
        if found is not None:
            totals[node] = found
    return [totals.get(x, 0.0) if isinstance(x, Value) else 0.0 for x in outputs]


def derivative(f: Function, n: int = 1) -> Function:
    """Return the n-th derivative of a function of one number.

    Raises ValueError where n is not a whole number of at least 0, TypeError for several numbers.

    >>> derivative(lambda x: x**4, 3)(2.0)
    48.0
    """
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"the order of a derivative is a whole number from 0, not {n!r}")

    @derived(derivative, f, n)
    def wrapped(x: Any) -> Any:
        call = Call(f, (x if isinstance(x, Value) else number(x),), 0)
        output = scalar(call.output, "a derivative")
        for k in range(1, n + 1):
            (output,) = _tangents([output], {call.inputs[0]: 1.0}, call.live or k < n)
        return call.result(output)

    return wrapped


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f(*primals) and its derivative in the direction of the tangents.

    Args:
        f: any function of numbers or nested numbers, with any structure of results.
        primals: the arguments, a list or tuple.
        tangents: the direction, in the same structure.

    Raises ValueError where the structures differ, TypeError for what is no list or tuple.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    arguments = _arguments(primals, "primals")
    direction = matched(_arguments(tangents, "tangents"), arguments, "tangents")
    call = Call(f, arguments, range(len(arguments)))
    pushed = dict(zip(call.inputs, direction, strict=True))
    call.live = call.live or any(isinstance(t, Value) for t in direction)
    outputs = call.outputs()
    slopes = [call.result(slope) for slope in _tangents(outputs, pushed, call.live)]
    values = iter([call.result(output) for output in outputs])
    return rebuild(call.output, values), rebuild(call.output, iter(slopes))


def _arguments(given: Any, name: str) -> tuple[Any, ...]:
    """Return what stands for the arguments of a function as a tuple; raise a TypeError for less."""
    if not isinstance(given, (list, tuple)):
        raise TypeError(f"the {name} are a list or tuple, with one entry for each argument of the "
                        f"function: write ({given!r},)")  # fmt: skip
    return tuple(given)


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of the Hessian of f with a vector, at the cost of a few gradients.

    Args:
        f: takes nested numbers, returns one number.
        primals: the arguments, a list or tuple.
        tangents: the vector, in the same structure.

    Returns the product in the structure of the arguments: for one argument its structure, for
    several a tuple.

    >>> hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],))
    [10.0, 6.0]
    """
    count = len(_arguments(primals, "primals"))
    argnums = 0 if count == 1 else range(count)
    return jvp(grad(f, argnums), primals, tangents)[1]
