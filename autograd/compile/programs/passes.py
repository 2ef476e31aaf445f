"""Passes: from a program to one that does the same with less, or with simpler instructions.

`lower` writes rows of the table in primitive instructions, `fold` computes what depends on
constants only, `simplify` applies algebra that keeps every bit of IEEE 754, `share` computes what
is the same once, `prune` leaves out what nobody reads. `optimize` does all, checking after each.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate, compress
from math import copysign, frexp
from typing import Any

from autograd.compile.programs.builder import Builder, Rule, rewritten
from autograd.compile.programs.many import MANY_RULES
from autograd.compile.programs.program import LOGIC, PRIMITIVES, Instruction, Program
from autograd.compile.programs.reading import value_of
from autograd.numbers import floats
from autograd.rules import TABLE

__all__ = ["fold", "lower", "lowering_builder", "optimize", "prune", "pruned", "share", "simplify"]
__all__ += ["tidying_builder"]


def _row(builder: Builder, op: str, args: tuple[int, ...], _: Any) -> int:
    return builder.inline(value_of(op), args)


def _power_row(builder: Builder, op: str, args: tuple[int, ...], _: Any) -> int | None:
    """Write the row of pow, whose squares are exact, around C's pow, which has the same name."""
    x, y = args
    if builder.number(y) is not None:
        return _both(builder, op, args, None)
    square, power = builder.emit("mul", (x, x)), builder.append(op, args)
    is_square = builder.emit("eq", (y, builder.constant(2.0)))
    return builder.emit("select", (is_square, square, power))


def _lowering() -> dict[str, Rule]:
    """Return the rules that write operations in primitives; rows may have been added."""
    rows = dict.fromkeys(TABLE.keys() - PRIMITIVES.keys(), _row)
    return {**rows, **MANY_RULES, "pow": _power_row}


def lower(program: Program) -> Program:
    """Write every row of the table and every operation on many operands in primitives."""
    return rewritten(program, _lowering())


_FOLDED: dict[str, Callable[..., float]] = {
    **{name: f for name, f in floats.QUIET.items() if name in PRIMITIVES},
    "add": float.__add__,
    "sub": float.__sub__,
    "mul": float.__mul__,
    "div": floats.divide,
    "neg": float.__neg__,
}
_TRUTHS: dict[str, Callable[[float, float], bool]] = {
    "lt": float.__lt__,
    "le": float.__le__,
    "gt": float.__gt__,
    "ge": float.__ge__,
    "eq": float.__eq__,
    "ne": float.__ne__,
}


def _folded(builder: Builder, op: str, args: tuple[int, ...], _: Any) -> int | None:
    numbers = []
    for x in args:
        number = builder.number(x)
        if number is None:
            return None
        numbers.append(number)
    if op in _TRUTHS:
        return builder.emit("truth", (), _TRUTHS[op](*numbers))
    return builder.constant(_FOLDED[op](*numbers))


def _decided(builder: Builder, op: str, args: tuple[int, ...], _: Any) -> int | None:
    """Decide a select, and, or, not of which an operand is known to be true or false."""
    first = builder.truth(args[0])
    if op == "select":
        return None if first is None else args[1] if first else args[2]
    if op == "not":
        return None if first is None else builder.emit("truth", (), not first)
    for known, other in ((first, args[1]), (builder.truth(args[1]), args[0])):
        if known is not None:
            stays = known == (op == "and")  # true and x, false or x
            return other if stays else builder.emit("truth", (), known)
    return None


def fold(program: Program) -> Program:
    """Compute what depends on constants only."""
    return rewritten(program, _FOLDING)


_FOLDING: dict[str, Rule] = {
    **dict.fromkeys([*_FOLDED, *_TRUTHS], _folded),
    **dict.fromkeys(["select", *LOGIC], _decided),
}


def _times(builder: Builder, x: int, number: float | None) -> int | None:
    """Return x * number in a simpler form."""
    if number == 1.0:
        return x
    return builder.emit("neg", (x,)) if number == -1.0 else None


def _product(builder: Builder, x: int, y: int) -> int | None:
    found = _times(builder, x, builder.number(y))
    return found if found is not None else _times(builder, y, builder.number(x))


def _zero_is(number: float | None, sign: float) -> bool:
    return number == 0.0 and copysign(1.0, number) == sign


def _sum(builder: Builder, x: int, y: int) -> int | None:
    if _zero_is(builder.number(y), -1.0):  # x + -0.0 is x; x + 0.0 is not, where x is -0.0
        return x
    if _zero_is(builder.number(x), -1.0):
        return y
    op, args, _ = builder.code[y]
    return builder.emit("sub", (x, args[0])) if op == "neg" else None


def _difference(builder: Builder, x: int, y: int) -> int | None:
    if _zero_is(builder.number(y), 1.0):
        return x
    op, args, _ = builder.code[y]
    return builder.emit("add", (x, args[0])) if op == "neg" else None


def _quotient(builder: Builder, x: int, y: int) -> int | None:
    number = builder.number(y)
    if number is None or abs(frexp(number)[0]) != 0.5 or not 1e-300 < abs(number) < 1e300:
        return None  # only powers of two have a reciprocal without rounding
    found = _times(builder, x, 1.0 / number)
    return found if found is not None else builder.emit("mul", (x, builder.constant(1.0 / number)))


def _negative(builder: Builder, x: int) -> int | None:
    op, args, _ = builder.code[x]
    return args[0] if op == "neg" else None


def _power(builder: Builder, x: int, y: int) -> int | None:
    number = builder.number(y)
    return x if number == 1.0 else builder.emit("mul", (x, x)) if number == 2.0 else None


def _shifted_power(builder: Builder, x: int, y: int, k: int) -> int | None:
    """Return x for x ** (y - k) where y - k is 1, as in the derivative of a square."""
    exponent, shift = builder.number(y), builder.number(k)
    return x if exponent == 2.0 and shift == 1.0 else None


def _choice(builder: Builder, condition: int, x: int, y: int) -> int | None:
    if x == y:
        return x
    op, args, _ = builder.code[condition]
    return builder.emit("select", (args[0], y, x)) if op == "not" else None


_ALGEBRA: dict[str, Callable[..., int | None]] = {
    "mul": _product,
    "add": _sum,
    "sub": _difference,
    "div": _quotient,
    "neg": _negative,
    "pow": _power,
    "shifted_pow": _shifted_power,
    "select": _choice,
    "identity": lambda _, x: x,
}


def _simplified(builder: Builder, op: str, args: tuple[int, ...], _: Any) -> int | None:
    return _ALGEBRA[op](builder, *args)


_SIMPLIFYING: dict[str, Rule] = dict.fromkeys(_ALGEBRA, _simplified)


def simplify(program: Program) -> Program:
    """Apply algebra that keeps every bit: x * 1, x * -1, x + -0.0, x - 0.0, x / 2, -(-x)."""
    return rewritten(program, _SIMPLIFYING)


def share(program: Program) -> Program:
    """Compute equal things once; what a builder does by itself."""
    return rewritten(program, {})


_new = tuple.__new__  # a third of the time of Instruction(...)


def prune(program: Program) -> Program:
    """Leave out the instructions that no output and no guard depends on."""
    old, needed = program.code, bytearray(len(program.code))
    for register in (*program.outputs, *(guard.register for guard in program.guards)):
        needed[register] = 1
    for k in range(len(old) - 1, -1, -1):
        if needed[k]:
            for x in old[k][1]:
                needed[x] = 1
    if all(needed):
        return program
    registers = [count - 1 for count in accumulate(needed)]  # of what is needed
    code = [
        _new(Instruction, (op, tuple([registers[x] for x in args]), extra))
        for op, args, extra in compress(old, needed)
    ]
    outputs = tuple([registers[x] for x in program.outputs])
    guards = tuple([g._replace(register=registers[g.register]) for g in program.guards])
    names = {registers[k]: name for k, name in program.names.items() if needed[k]}
    return Program(program.inputs, code, outputs, guards, names)


def _both(builder: Builder, op: str, args: tuple[int, ...], extra: Any) -> int | None:
    found = _FOLDING[op](builder, op, args, extra)
    return found if found is not None else _ALGEBRA[op](builder, *args)


_TIDYING: dict[str, Rule] = {
    **_FOLDING,
    **_SIMPLIFYING,
    **dict.fromkeys(_FOLDING.keys() & _ALGEBRA.keys(), _both),
}

# What folding and algebra look for is in an operand; only these look elsewhere.
_TELLING = frozenset(_TIDYING.keys() - {"select", "identity"})


def tidying_builder() -> Builder:
    """Return a builder that folds, simplifies and shares what is written; rows stay rows."""
    return Builder((), _TIDYING, _TELLING)


def optimize(program: Program) -> Program:
    """Do all passes in two sweeps; what comes out is in primitives."""
    return pruned(rewritten(program, *_all_rules()).validate())


def lowering_builder() -> Builder:
    """Return a builder that does all passes with what is written with it."""
    return Builder((), *_all_rules())


def _all_rules() -> tuple[dict[str, Rule], frozenset[str]]:
    """Return the rules of all passes together, and which are asked where an operand tells."""
    rows = _lowering()
    return {**_TIDYING, **rows}, _TELLING - rows.keys()


def pruned(program: Program) -> Program:
    """Prune a valid program, and validate what is left if that is less."""
    less = prune(program)
    return less if less is program else less.validate()
