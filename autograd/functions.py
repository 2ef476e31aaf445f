"""Mathematics for floats and Values alike: numbers in, a float out; a Value among them, a Value.

The functions of the table (`exp`, `tanh`, `maximum`, `hypot`, ...) are made from its rows; here
are those of many operands, each one node (`sum`, `mean`, `prod`, `dot`, `norm`, `logsumexp`,
`softmax`), and the choice `where`.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import Any, Protocol, overload

from autograd.binding import FLOATS, FUNCTIONS, LIVE
from autograd.dots import dots
from autograd.numbers import floats, special
from autograd.numbers.real import number
from autograd.rules import INDEXED, MANY
from autograd.value import Scalar, Value, compare, record

__all__ = ["dot", "equal", "logsumexp", "matvec", "mean", "norm", "prod", "softmax", "sum", "where"]


class Function(Protocol):
    """A function of numbers and Values; parameters are numbers."""

    __name__: str

    @overload
    def __call__(self, x: Value, /, *others: Scalar, **parameters: float) -> Value: ...
    @overload
    def __call__(self, x: Scalar, y: Value, /, *others: Scalar, **parameters: float) -> Value: ...
    @overload
    def __call__(self, x: float, /, *others: float, **parameters: float) -> float: ...


def _function_named(name: str) -> Function:
    if name in FUNCTIONS:
        return FUNCTIONS[name]
    raise AttributeError(f"autograd has no function {name!r}")


# As a variable with a type: mypy loses the type of a function `__getattr__` in circular imports.
__getattr__: Callable[[str], Function] = _function_named


def _slopes_of_softmax(softmax: Sequence[Any], i: int) -> list[Any]:
    """Return d softmax[i] / d xs; 1 - softmax[i] as the sum of the others keeps its digits."""
    total = floats.total if type(softmax[i]) is float else LIVE["sum"]
    share, rest = softmax[i], total([*softmax[:i], *softmax[i + 1 :]])
    slopes = [-(share * other) for other in softmax]
    slopes[i] = share * rest
    return slopes


def _directions(xs: Sequence[Any], length: Any) -> list[Any]:
    """Return d norm / d xs; of few Values as nodes whose own derivatives do not cancel."""
    if type(length) is float or len(xs) > special.FEW:
        ratio = FLOATS["ratio"] if type(length) is float else FUNCTIONS["ratio"]
        return [ratio(x, length) for x in xs]
    taken, number = _taken(xs), length._data
    units = _directions(taken[1], number)
    return _each("direction", taken, units, lambda i: _slopes_of_direction(taken[1], number, i))


def _slopes_of_direction(xs: Sequence[Any], length: Any, i: int) -> list[Any]:
    """Return d xs[i]/norm(xs) / d xs; 1 - its square as the sum of the others' keeps its digits."""
    ratio, total = FUNCTIONS["ratio"], floats.total if type(length) is float else LIVE["sum"]
    units = _directions(xs, length)
    slopes = [-ratio(units[i] * unit, length) for unit in units]
    slopes[i] = ratio(total([x * x for x in (*units[:i], *units[i + 1 :])]), length)
    return slopes


_ON_FLOATS: dict[str, Any] = {
    "total": floats.total,
    "dot": floats.dot,
    "product": math.prod,
    "norm": lambda xs: math.hypot(*xs),
    "others": floats.others,
    "ratio": FLOATS["ratio"],
    "logsumexp": special.logsumexp,
    "softmax": special.softmax,
    "slopes_of_softmax": _slopes_of_softmax,
    "directions": _directions,
    "slopes_of_direction": _slopes_of_direction,
}


def _compiled(text: str, space: dict[str, Any]) -> Callable[..., Any]:
    source = f"lambda xs, ys, z, i: {text}"
    return eval(source, space)  # type: ignore[no-any-return] # noqa: S307 - a lambda of MANY's text


def _halves(name: str, xs: Sequence[Any]) -> tuple[Any, Any]:
    half = len(xs) // 2
    return (xs[:half], xs[half:]) if name == "dot" else (xs, ())


_VALUES = {name: _compiled(texts[0], _ON_FLOATS) for name, texts in MANY.items()}
_SLOPES = {name: _compiled(texts[1], _ON_FLOATS) for name, texts in MANY.items()}


def _taken(operands: Sequence[Any]) -> tuple[Sequence[Any], Sequence[float], tuple[Value, ...]]:
    """Return operands, plain numbers as floats, the numbers of all, and those that are Values."""
    kinds = set(map(type, operands))
    if kinds == {float}:
        return operands, operands, ()
    if kinds == {Value}:
        return operands, [x._data for x in operands], tuple(operands)
    operands = [x if isinstance(x, Value) else number(x) for x in operands]
    numbers = [x._data if isinstance(x, Value) else x for x in operands]
    return operands, numbers, tuple(x for x in operands if isinstance(x, Value))


def _of_values(slopes: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
    return [d for d, x in zip(slopes, operands, strict=False) if isinstance(x, Value)]


def _many(name: str, operands: Sequence[Any]) -> Any:
    """Do an operation on any number of operands and record it in one node."""
    operands, numbers, parents = _taken(operands)
    xs, ys = _halves(name, numbers)
    z = float(_VALUES[name](xs, ys, None, 0))
    if not parents:
        return z
    slopes = _SLOPES[name](xs, ys, z, 0)
    if len(parents) == len(numbers):
        return record(name, z, parents, slopes, None)
    return record(name, z, parents, _of_values(slopes, operands), tuple(operands))


def _each(name: str, taken: Any, results: list[float], slopes: Callable[..., Any]) -> list[Value]:
    """Record a node for each result of an operation that has as many as operands."""
    operands, _, parents = taken
    return [
        record(name, z, parents, _of_values(slopes(i), operands), (*operands, i))
        for i, z in enumerate(results)
    ]


def _listed(xs: Any, name: str) -> tuple[Any, ...]:
    try:
        iter(xs)
    except TypeError:
        raise TypeError(f"{name} takes a sequence of numbers or Values, not {xs!r}") from None
    return tuple(xs)


def sum(xs: Iterable[Scalar]) -> Any:
    """Return the sum, added from left to right, in one node; 0.0 for no numbers.

    >>> sum([Value(1.0), 2, 3])
    Value(data=6.0, grad=0.0)
    """
    return _many("sum", _listed(xs, "sum"))


def mean(xs: Iterable[Scalar]) -> Any:
    """Return the arithmetic mean in one node. Raises ValueError for no numbers.

    >>> mean([1.0, 4.0])
    2.5
    """
    xs = _listed(xs, "mean")
    if not xs:
        raise ValueError("mean of no numbers: give at least one")
    return _many("mean", xs)


def prod(xs: Iterable[Scalar]) -> Any:
    """Return the product in one node, with derivatives that are right at zeros; 1.0 for no numbers.

    >>> prod([Value(2.0), Value(0.0)])
    Value(data=0.0, grad=0.0)
    """
    return _many("prod", _listed(xs, "prod"))


def dot(xs: Iterable[Scalar], ys: Iterable[Scalar]) -> Any:
    """Return the sum of products in one node. Raises ValueError where the lengths differ.

    >>> dot([Value(1.0), Value(2.0)], [3.0, 4.0])
    Value(data=11.0, grad=0.0)
    """
    xs, ys = _listed(xs, "dot"), _listed(ys, "dot")
    if len(xs) != len(ys):
        raise ValueError(f"dot of {len(xs)} and {len(ys)} numbers: give as many of each")
    return (dots([xs], ys) or [_many("dot", xs + ys)])[0]


def matvec(rows: Iterable[Iterable[Scalar]], xs: Iterable[Scalar]) -> list[Any]:
    """Return the dot product of each row with xs, each one node: what a layer of neurons does.

    As a `dot` for each, but xs is looked at once. Raises ValueError where a length differs.

    >>> matvec([[Value(1.0), Value(2.0)], [3.0, 0.0]], [10.0, 1.0])
    [Value(data=12.0, grad=0.0), 30.0]
    """
    xs = _listed(xs, "matvec")
    listed = [_listed(row, "matvec") for row in rows]
    return dots(listed, xs) or [dot(row, xs) for row in listed]


def norm(xs: Iterable[Scalar]) -> Any:
    """Return the Euclidean length in one node, without overflow on the way; derivative 0 at zero.

    Of more than 8 numbers the second derivatives cancel where one dominates.

    >>> norm([3.0, 4.0])
    5.0
    """
    return _many("norm", _listed(xs, "norm"))


def logsumexp(xs: Iterable[Scalar]) -> Any:
    """Return log(sum(exp(x))) in one node, without overflow; -inf for no numbers.

    >>> logsumexp([1000.0, 1000.0])
    1000.6931471805599
    """
    return _many("logsumexp", _listed(xs, "logsumexp"))


def softmax(xs: Iterable[Scalar]) -> list[Any]:
    """Return exp(x) / sum(exp(xs)) for each x: a list, each a node; of many, each in a few nodes.

    >>> softmax([0.0, 0.0])
    [0.5, 0.5]
    """
    xs = _listed(xs, "softmax")
    if len(xs) > special.FEW:
        return _softmax_of_many(xs)
    taken = _taken(xs)
    shares = special.softmax(taken[1])
    if not taken[2]:
        return shares
    return _each("softmax", taken, shares, lambda i: _slopes_of_softmax(shares, i))


def _softmax_of_many(xs: Sequence[Any]) -> list[Any]:
    """Weigh each of many numbers against the sum of the others: in nodes as many as numbers.

    As one node for each, with all numbers as parents, it would take the square of that.
    """
    top = reduce(FUNCTIONS["maximum"], xs)
    constant = top.detach() if isinstance(top, Value) else top
    terms = [FUNCTIONS["exp_difference"](x, constant) for x in xs]
    return list(map(FUNCTIONS["share"], terms, special.rests(terms)))


def where(condition: Any, a: Scalar, b: Scalar) -> Any:
    """Return a where the condition holds, else b; the other contributes nothing to the gradient.

    Args:
        condition: a bool, as in `x > 0`, or a number or Value that is not zero.
        a, b: numbers or Values.

    >>> x = Value(0.0)
    >>> where(x > 0, x.log(), 0.0)
    Value(data=0.0, grad=0.0)
    """
    if not isinstance(condition, Value):
        condition = float(bool(condition))
    a, b = (x if isinstance(x, Value) else number(x) for x in (a, b))
    if not any(isinstance(x, Value) for x in (condition, a, b)):
        return a if condition else b
    chosen = a if (condition._data if isinstance(condition, Value) else condition) else b
    if isinstance(chosen, Value):
        return record("where", chosen._data, (chosen,), (1.0,), (condition, a, b))
    return record("where", chosen, (), (), (condition, a, b))


def equal(x: Scalar, y: Scalar) -> Any:
    """Return whether two numbers are equal by value; `==` compares Values by identity."""
    return compare("==", x, y)


def _live_many(name: str) -> Callable[..., Any]:
    slopes = _compiled(MANY[name][1], LIVE)

    def live(operands: tuple[Any, ...], z: Value) -> list[Any]:
        xs, i = (operands[:-1], operands[-1]) if name in INDEXED else (operands, 0)
        return slopes(*_halves(name, xs), z, i)  # type: ignore[no-any-return] # a list

    return live


def _choose(condition: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """Do `a if condition else b` in a formula: no node where the condition is decided."""
    if isinstance(condition, Value):
        return where(condition, a(), b())
    return a() if condition else b()


def _settled(x: Any) -> Any:
    """Return an operand that is a plain number; nan, which equals nothing, in the place of a Value.

    A formula may be simpler where nobody can differentiate by it.
    """
    return math.nan if isinstance(x, Value) else x


def _live_where(operands: tuple[Any, ...], _: Value) -> list[Any]:
    condition = operands[0]._data if isinstance(operands[0], Value) else operands[0]
    return [None, 1.0, None] if condition else [None, None, 1.0]


LIVE.update(
    {"Value": Value, "where": where, "choose": _choose, "settled": _settled},
    compare=compare, equal=equal, unequal=lambda x, y: compare("!=", x, y),
    others=floats.others, len=builtins.len,
    total=sum, sum=sum, dot=dot, norm=norm, softmax=softmax, slopes_of_softmax=_slopes_of_softmax,
    directions=_directions, slopes_of_direction=_slopes_of_direction,
    many={name: _live_many(name) for name in MANY} | {"where": _live_where},
)  # fmt: skip
