"""Functions on functions: gradients as functions of the same arguments.

`grad` and `value_and_grad` of a function with one result, `jacobian` and `hessian` of one with
several, and `vjp`, the product that needs no whole matrix. Arguments are numbers or nested lists,
tuples, dicts and arrays of numbers; derivatives come back in the same structure. They work under
`no_grad()` too, and nest to any order: inside another derivative, or when an argument is a Value,
the result is made of Values that know their graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from operator import index
from types import MethodType
from typing import Any, SupportsIndex

from autograd.backward import gradients
from autograd.binding import LIVE
from autograd.higher import live_gradients
from autograd.numbers.real import number
from autograd.trees import flatten, listed, matched, rebuild
from autograd.value import Value
from autograd.watch import recording

__all__ = ["always_live", "grad", "hessian", "jacobian", "value_and_grad", "vjp"]

Function = Callable[..., Any]

_inside: ContextVar[bool] = ContextVar("inside", default=False)  # another derivative


@contextmanager
def always_live() -> Iterator[None]:
    """Let all derivatives be Values with a graph, also of plain numbers: as inside another one."""
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)


class Call:
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
        self.live = _inside.get() or any(isinstance(x, Value) for x in given)
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

    def outputs(self) -> list[Any]:
        """Return the numbers of the result."""
        return list(flatten(self.output, "the result"))

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


def scalar(output: Any, name: str) -> Any:
    """Return the one result of a function; raise a TypeError that says what it was instead."""
    output = listed(output)
    if isinstance(output, Value):
        return output
    try:
        return number(output)
    except TypeError:
        hint = "is a return missing?" if output is None else "jacobian takes several"
        raise TypeError(f"{name} needs a function that returns one number, but it returned "
                        f"{output!r}; {hint}") from None  # fmt: skip


def derived(maker: Function, f: Function, option: Any) -> Callable[[Function], Function]:
    """Return a decorator that names a derivative as its function, and keeps how it is made."""

    def decorate(wrapped: Function) -> Function:
        named: Any = wraps(f)(wrapped)
        named.derived_by = wrapped.__code__, maker, f, option
        return named  # type: ignore[no-any-return] # the function that was given

    return decorate


def recipe(function: Any) -> Any:
    """Return the maker, the function and the option a derivative was made from, None of others.

    `functools.wraps` copies attributes on, so its code tells whose they are. The function itself
    would too, but hold itself and all that it closes over until the garbage collector comes. A
    method shows the attributes of its function, which was not made for its object.
    """
    code, *made = getattr(function, "derived_by", (None,))
    if isinstance(function, MethodType):
        return None
    return made if code is not None and code is getattr(function, "__code__", None) else None


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

    @derived(value_and_grad, f, argnums)
    def wrapped(*args: Any, **options: Any) -> tuple[Any, Any]:
        call = Call(lambda *a: f(*a, **options), args, argnums)
        output = scalar(call.output, "a gradient")
        return call.result(output), call.structured(call.gradient(output))

    return wrapped


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the gradient of f, in the structure of the argument.

    Arguments and errors are those of `value_and_grad`.

    >>> grad(lambda x: x * grad(lambda y: x + y)(1.0))(3.0)
    1.0
    """
    both = value_and_grad(f, argnums)

    @derived(grad, f, argnums)
    def wrapped(*args: Any, **options: Any) -> Any:
        return both(*args, **options)[1]

    return wrapped


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    """Return f(*primals) and a function from a weight for each result to a tuple of gradients.

    >>> value, pull = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> value, pull([1.0, 10.0])
    ([6.0, 5.0], (13.0, 12.0))
    """
    call = Call(f, primals, range(len(primals)))
    outputs = call.outputs()

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

    @derived(jacobian, f, argnums)
    def wrapped(*args: Any, **options: Any) -> Any:
        call = Call(lambda *a: f(*a, **options), args, argnums)
        rows = [call.structured(call.gradient(output)) for output in call.outputs()]
        return rebuild(call.output, iter(rows))

    return wrapped


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """Return a function that gives the second derivatives: the Jacobian of the gradient.

    >>> hessian(lambda v: v[0] ** 2 * v[1])([3.0, 5.0])
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums)
