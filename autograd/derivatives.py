"""Functions on functions: derivatives as functions of the same arguments.

`grad` and `value_and_grad` of a function with one result, `derivative` of any order, `jacobian`
and `hessian`, the products `jvp`, `vjp` and `hvp` that need no whole matrix. Arguments are numbers
or nested lists, tuples, dicts and arrays of numbers; derivatives come back in the same structure.
They work under `no_grad()` too, and nest to any order: inside another derivative, or when an
argument is a Value, the result is made of Values that know their graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from operator import index
from typing import Any, SupportsIndex

from autograd.backward import gradients, live_gradients, local_slopes, product
from autograd.binding import LIVE
from autograd.graph import topological_order
from autograd.numbers.real import number
from autograd.trees import flatten, listed, matched, rebuild
from autograd.value import Value
from autograd.watch import recording, watchers

__all__ = ["derivative", "grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]

_depth: ContextVar[int] = ContextVar("depth", default=0)  # how many derivatives we are inside


@contextmanager
def always_live() -> Iterator[None]:
    """Let all derivatives be Values with a graph, also of plain numbers: as inside another one."""
    token = _depth.set(_depth.get() + 1)
    try:
        yield
    finally:
        _depth.reset(token)


class _Call:
    """One call of a function on fresh variables in the place of its arguments' numbers.

    A variable takes the place of an argument that is a Value itself by the operation `identity`,
    so that in `grad(lambda x: grad(lambda y: x * y)(x))` the inner derivative sees y only, and the
    outer one still reaches x.
    """

    def __init__(
        self, function: Function, args: Sequence[Any], argnums: int | Sequence[int]
    ) -> None:
        chosen = _positions(argnums, len(args))
        self.single = isinstance(argnums, SupportsIndex)
        self.trees = [args[i] for i in chosen]
        given = list(flatten(tuple(self.trees), "args"))
        self.live = _depth.get() > 0 or any(isinstance(x, Value) for x in given)
        arguments = list(args)
        with always_live(), recording():
            self.inputs = [_variable(x) for x in given]
            filled = iter(self.inputs)
            for i in chosen:
                arguments[i] = rebuild(args[i], filled)
            self.output = function(*arguments)

    def result(self, x: Any) -> Any:
        """Return a number of the result as the caller gets it: a float, inside another a Value."""
        return x if self.live or not isinstance(x, Value) else x._data

    @recording()
    def gradient(self, output: Any, seed: Any = 1.0) -> list[Any]:
        """Return the derivatives of one output with respect to every input."""
        if not isinstance(output, Value):
            return [0.0] * len(self.inputs)
        if self.live or isinstance(seed, Value):
            found = live_gradients(output, seed, self.inputs)
        else:
            found = gradients(output, number(seed))
        return [found.get(x, 0.0) for x in self.inputs]

    def structured(self, numbers: Sequence[Any]) -> Any:
        """Return numbers, one for each input, in the structure of the chosen arguments."""
        filled = iter(numbers)
        trees = tuple(rebuild(tree, filled) for tree in self.trees)
        return trees[0] if self.single else trees


def _positions(argnums: int | Sequence[int], count: int) -> list[int]:
    """Return argnums as a list of different positions from 0."""
    try:
        named = [argnums] if isinstance(argnums, SupportsIndex) else list(argnums)
        positions = [index(i) for i in named]
    except TypeError:
        raise TypeError(f"argnums is a whole number or several, not {argnums!r}") from None
    for i in positions:
        if not -count <= i < count:
            raise ValueError(f"argnums names argument {i}, but the function was given {count}")
    if len({i % count for i in positions}) < len(positions):
        raise ValueError(f"argnums names an argument twice: {argnums!r}")
    return positions


def _variable(x: Any) -> Value:
    return LIVE["identity"](x) if isinstance(x, Value) else Value(x)


def _scalar(output: Any, name: str) -> Any:
    """Return the one result of a function; raise a TypeError that says what it was instead."""
    output = listed(output)
    if isinstance(output, Value):
        return output
    try:
        return number(output)
    except TypeError:
        raise TypeError(f"{name} needs a function that returns one number, but it returned "
                        f"{output!r}; jacobian takes several") from None  # fmt: skip


def _derived(maker: Function, f: Function, option: Any) -> Callable[[Function], Function]:
    """Return a decorator that names a derivative as its function, and keeps how it is made."""

    def decorate(wrapped: Function) -> Function:
        named: Any = wraps(f)(wrapped)
        named.derived_by = named, maker, f, option  # itself first: `wraps` copies attributes on
        return named  # type: ignore[no-any-return] # the function that was given

    return decorate


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the value of f and its gradient.

    Args:
        f: takes numbers or nested lists, tuples and dicts of numbers, returns one number.
        argnums: the argument to differentiate by, or several: then the gradient is a tuple.

    Raises TypeError where f returns something else, ValueError where argnums names no argument or
    one twice.

    >>> value_and_grad(lambda v: v[0] * v[1])([2.0, 5.0])
    (10.0, [5.0, 2.0])
    """

    @_derived(value_and_grad, f, argnums)
    def wrapped(*args: Any, **options: Any) -> tuple[Any, Any]:
        call = _Call(lambda *a: f(*a, **options), args, argnums)
        output = _scalar(call.output, "a gradient")
        return call.result(output), call.structured(call.gradient(output))

    return wrapped


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the gradient of f, in the structure of the argument.

    Arguments and errors are those of `value_and_grad`.

    >>> grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0)
    1.0
    """
    both = value_and_grad(f, argnums)

    @_derived(grad, f, argnums)
    def wrapped(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return wrapped


@recording()
def _tangent(output: Any, tangents: dict[Value, Any], live: bool) -> Any:
    """Push tangents of the inputs forward through the graph to an output: as Values, or numbers."""
    if not isinstance(output, Value):
        return 0.0
    for watcher in watchers():
        found = watcher.pushed_forward(output, tangents)
        if found is not None:
            return found
    totals = dict(tangents)
    for node in topological_order(output):
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
    return totals.get(output, 0.0)


def derivative(f: Function, n: int = 1) -> Function:
    """Return the n-th derivative of a function of one number.

    Raises ValueError where n is not a whole number of at least 0, TypeError for several numbers.

    >>> derivative(lambda x: x**4, 3)(2.0)
    48.0
    """
    if not isinstance(n, int) or n < 0:
        raise ValueError(f"the order of a derivative is a whole number from 0, not {n!r}")

    @_derived(derivative, f, n)
    def wrapped(x: Any) -> Any:
        call = _Call(f, (x if isinstance(x, Value) else number(x),), 0)
        output = _scalar(call.output, "a derivative")
        for k in range(1, n + 1):
            output = _tangent(output, {call.inputs[0]: 1.0}, call.live or k < n)
        return call.result(output)

    return wrapped


def _outputs(call: _Call) -> list[Any]:
    return list(flatten(call.output, "the result"))


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Return f(*primals) and its derivative in the direction of the tangents.

    Args:
        f: any function of numbers or nested numbers, with any structure of results.
        primals: the arguments, a list or tuple.
        tangents: the direction, in the same structure.

    Raises ValueError where the structures differ.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
    (6.0, 3.0)
    """
    direction = matched(tuple(tangents), tuple(primals), "tangents")
    call = _Call(f, tuple(primals), range(len(primals)))
    pushed = dict(zip(call.inputs, direction, strict=True))
    call.live = call.live or any(isinstance(t, Value) for t in direction)
    outputs = _outputs(call)
    slopes = [call.result(_tangent(output, pushed, call.live)) for output in outputs]
    values = iter([call.result(output) for output in outputs])
    return rebuild(call.output, values), rebuild(call.output, iter(slopes))


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return f(*primals) and a function from a weight for each result to a tuple of gradients.

    >>> value, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pull([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    call = _Call(f, primals, range(len(primals)))
    outputs = _outputs(call)

    def pull(weights: Any) -> tuple[Any, ...]:
        found: list[Any] = [0.0] * len(call.inputs)
        for output, weight in zip(outputs, matched(weights, call.output, "weights"), strict=True):
            part = call.gradient(output, weight)
            found = [a + b for a, b in zip(found, part, strict=True)]
        return call.structured(found)  # type: ignore[no-any-return] # a tuple: argnums are a range

    return rebuild(call.output, iter([call.result(x) for x in outputs])), pull


def jacobian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives, in the place of each result of f, its gradient.

    Arguments are those of `value_and_grad`; f may return nested numbers.

    >>> jacobian(lambda v: [v[0] * v[1], v[0] + v[1]])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0]]
    """

    @_derived(jacobian, f, argnums)
    def wrapped(*args: Any, **options: Any) -> Any:
        call = _Call(lambda *a: f(*a, **options), args, argnums)
        rows = [call.structured(call.gradient(output)) for output in _outputs(call)]
        return rebuild(call.output, iter(rows))

    return wrapped


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the second derivatives: the Jacobian of the gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)


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
    argnums = 0 if len(primals) == 1 else range(len(primals))
    return jvp(grad(f, argnums), primals, tangents)[1]
