"""The operations on any number of operands, in primitive instructions.

They follow `numbers.floats` and `numbers.special` step by step: sums run from left to right from
0.0, a softmax subtracts the maximum. `hypot` is among them because C's is not Python's, which
rounds all but always as the exact length would (before 3.12, not where that is subnormal).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, nan
from typing import Any

from autograd.compile.programs.builder import Builder, Rule
from autograd.compile.programs.reading import function_program
from autograd.numbers import exact, special
from autograd.numbers.floats import QUIET

__all__ = ["MANY_RULES"]


def _total(builder: Builder, xs: Sequence[int]) -> int:
    found = builder.constant(0.0)
    for x in xs:
        found = builder.emit("add", (found, x))
    return found


def _sum(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    return _total(builder, xs)


def _mean(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    return builder.emit("div", (_total(builder, xs), builder.constant(len(xs))))


def _prod(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    found = builder.constant(1.0)
    for x in xs:
        found = builder.emit("mul", (found, x))
    return found


def _dot(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    half = len(xs) // 2
    pairs = zip(xs[:half], xs[half:], strict=True)
    return _total(builder, [builder.emit("mul", pair) for pair in pairs])


def _largest(builder: Builder, xs: Sequence[int]) -> int:
    """Return the maximum, nan where one of them is nan."""
    top = xs[0]
    for x in xs[1:]:
        top = builder.emit("select", (builder.emit("gt", (x, top)), x, top))
    undefined = [builder.emit("ne", (x, x)) for x in xs]
    either = undefined[0]
    for truth in undefined[1:]:
        either = builder.emit("or", (either, truth))
    return builder.emit("select", (either, builder.constant(nan), top))


def _weights(builder: Builder, xs: Sequence[int]) -> tuple[int, list[int], list[int]]:
    """Return the maximum, which x it is, and exp(x - maximum); see `numbers.special.weights`."""
    top, difference = _largest(builder, xs), function_program(special.exp_difference)
    are_top, terms = [], []
    for x in xs:
        is_top = builder.emit("eq", (x, top))
        term = builder.inline(difference, (x, top))
        are_top.append(is_top)
        terms.append(builder.emit("select", (is_top, builder.constant(1.0), term)))
    return top, are_top, terms


def _logsumexp(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    if not xs:
        return builder.constant(-inf)
    top, are_top, terms = _weights(builder, xs)
    zero, one = builder.constant(0.0), builder.constant(1.0)
    pairs = zip(are_top, terms, strict=True)
    rest = _total(builder, [builder.emit("select", (t, zero, term)) for t, term in pairs])
    ties = builder.constant(-1.0)
    for is_top in are_top:
        ties = builder.emit("add", (ties, builder.emit("select", (is_top, one, zero))))
    rest = builder.emit("add", (rest, ties))
    return builder.emit("add", (top, builder.emit("log1p", (rest,))))


def _softmax(builder: Builder, xs: tuple[int, ...], i: int) -> int:
    if xs not in builder.remembered:  # looked up by all the others of the same softmax
        _, _, terms = _weights(builder, xs)
        builder.remembered[xs] = terms, _total(builder, terms)
    terms, total = builder.remembered[xs]
    return builder.emit("div", (terms[i], total))


def _norm(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    """Scale by a power of two, sum the squares with their rounding errors, and take the root.

    So does Python's `hypot`, and like it this one corrects the root by what its square is off.
    """
    emit, constant = builder.emit, builder.constant
    if not xs:
        return constant(0.0)
    sizes = [emit("abs", (x,)) for x in xs]
    largest = _largest(builder, sizes)
    scale, back = _scales(builder, largest)
    total = errors = constant(0.0)
    for size in sizes:
        x = emit("mul", (size, scale))
        total, errors = _add_product(builder, (total, errors), x, x)
    root = emit("sqrt", (emit("add", (total, errors)),))
    rest, errors = _add_product(builder, (total, errors), emit("neg", (root,)), root)
    off = emit("div", (emit("add", (rest, errors)), emit("add", (root, root))))
    corrected = emit("add", (root, off))
    is_zero = emit("eq", (root, constant(0.0)))
    length = emit("mul", (emit("select", (is_zero, root, corrected)), back))
    return emit("select", (_any(builder, sizes, inf), constant(inf), length))


def _hypot(builder: Builder, xs: tuple[int, ...], _: Any) -> int:
    x, y = map(builder.number, xs)
    if x is None or y is None:
        return _norm(builder, xs, None)
    return builder.constant(QUIET["hypot"](x, y))


def _scales(builder: Builder, largest: int) -> tuple[int, int]:
    """Return a power of two that brings numbers into range, and its inverse."""
    scale = back = builder.constant(1.0)
    for op, limit, power in (("gt", 2.0**500, 2.0**-600), ("lt", 2.0**-400, 2.0**600)):
        beyond = builder.emit(op, (largest, builder.constant(limit)))
        scale = builder.emit("select", (beyond, builder.constant(power), scale))
        back = builder.emit("select", (beyond, builder.constant(1.0 / power), back))
    return scale, back


def _add_product(builder: Builder, so_far: tuple[int, int], x: int, y: int) -> tuple[int, int]:
    """Return total + x * y, rounded, and the errors so far with what rounding took off."""
    total, errors = so_far
    product = builder.emit("mul", (x, y))
    after = builder.emit("add", (total, product))
    of_product = builder.inline(function_program(exact.product_error), (x, y, product))
    of_sum = builder.inline(function_program(exact.sum_error), (total, product, after))
    both = builder.emit("add", (of_product, of_sum))
    return after, builder.emit("add", (errors, both))


def _any(builder: Builder, xs: Sequence[int], number: float) -> int:
    """Return the truth value that one of some registers holds a number."""
    either = builder.emit("eq", (xs[0], builder.constant(number)))
    for x in xs[1:]:
        truth = builder.emit("eq", (x, builder.constant(number)))
        either = builder.emit("or", (either, truth))
    return either


_WRITERS: dict[str, Callable[[Builder, tuple[int, ...], Any], int]] = {
    "sum": _sum,
    "mean": _mean,
    "prod": _prod,
    "dot": _dot,
    "norm": _norm,
    "hypot": _hypot,
    "logsumexp": _logsumexp,
    "softmax": _softmax,
}


def _written(builder: Builder, op: str, args: tuple[int, ...], extra: Any) -> int:
    return _WRITERS[op](builder, args, extra)


MANY_RULES: dict[str, Rule] = dict.fromkeys(_WRITERS, _written)
