"""A number that was recorded and its gradient, with as many loops as fit: `reversed_program`.

A loop that cannot be differentiated as a whole is opened: its instructions are differentiated one
by one, and the other loops stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, count
from typing import TypeGuard

from autograd.compile.loops.loop import Carried, Loop
from autograd.compile.loops.lowered import Forward
from autograd.compile.loops.places import FARTHEST, LEAST
from autograd.compile.loops.recorded import Plain
from autograd.compile.loops.repeats import repeats
from autograd.compile.loops.reverse import Reverse
from autograd.compile.loops.rolled import (
    IrregularError,
    IrregularLoopError,
    Rolled,
    pruned,
    settled,
)
from autograd.compile.programs.program import Input

__all__ = ["reversed_program"]

_MOST_TRIALS = 4  # each time without some loops


def reversed_program(
    plain: Plain, root: int, inputs: Sequence[int | None], names: Sequence[Input],
    address: Callable[[int], int],
) -> Rolled:  # fmt: skip
    """Return a program for a recorded number, and its derivatives by some inputs.

    Args:
        plain: what was recorded.
        root: the register of the number.
        inputs: the registers to differentiate by; None for what it does not depend on.
        names: the inputs of the program.
        address: where an input is in memory, by its number; see `repeats`.

    Loops that do not fit are treated as the instructions that they are. Raises IrregularError where
    no loop is left.
    """
    known = set(plain.given())
    members = [k for k in range(len(plain.code)) if k not in known]
    units = repeats(plain.program(), members, lambda k: address(plain.code[k].extra))
    units = list(
        chain.from_iterable(unit.registers if _is_brief(unit) else (unit,) for unit in units)
    )
    if not any(isinstance(unit, Loop) for unit in units):
        raise IrregularError("nothing comes again and again")
    for trial in count(1):
        try:
            return _reversed(plain, units, root, inputs, names, address)
        except IrregularLoopError as error:
            units = list(chain.from_iterable(_opened(unit, error.loop) for unit in units))
            if trial == _MOST_TRIALS or not any(isinstance(unit, Loop) for unit in units):
                raise
    raise AssertionError  # for the type checker: it ends above


def _is_brief(unit: int | Loop) -> TypeGuard[Loop]:
    """Return whether a loop has few iterations, of which those at an end are often unlike others.

    A trial less, and little lost: such loops are found again when the gradient is derived.
    """
    if not isinstance(unit, Loop) or unit.count >= LEAST + FARTHEST:
        return False
    return any(isinstance(x, Carried) for x in unit.all_operands())


def _opened(unit: int | Loop, irregular: Loop) -> Sequence[int | Loop]:
    """Return the instructions of a loop that is as long as one that does not fit."""
    if not isinstance(unit, Loop):
        return (unit,)
    shapes = [(loop.period, loop.count) for loop in (unit, irregular)]
    return unit.registers if shapes[0] == shapes[1] else (unit,)


def _reversed(
    plain: Plain, units: Sequence[int | Loop], root: int, inputs: Sequence[int | None],
    names: Sequence[Input], address: Callable[[int], int],
) -> Rolled:  # fmt: skip
    given = plain.given()
    forward = Forward(plain.code, units, given, plain.arguments, address)
    reverse = Reverse(forward, [k for k in inputs if k is not None], plain.constants)
    reverse.run(root)
    zero = forward.builder.constant(0.0)
    slopes = [zero if k is None else reverse.totals.get(k, zero) for k in inputs]
    outputs = (forward.place(root), *slopes)
    code = settled(forward.builder)
    rolled = Rolled(tuple(names), code, outputs, units=forward.units)
    return pruned(rolled).validate()
