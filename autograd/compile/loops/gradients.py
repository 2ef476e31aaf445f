"""A number that was recorded and its gradient, with as many loops as fit: `reversed_program`.

A loop that cannot be differentiated as a whole is opened: its instructions are differentiated one
by one, and the other loops stay.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import partial
from itertools import chain

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
    given = plain.given()
    known = set(given)
    members = [k for k in range(len(plain.code)) if k not in known]
    units = repeats(plain.program(), members, lambda k: address(plain.code[k].extra))
    units = _opened(units, _is_brief)
    reason = IrregularError("nothing comes again and again")
    for _ in range(_MOST_TRIALS):
        if not any(isinstance(unit, Loop) for unit in units):
            break
        try:
            forward = Forward(plain.code, units, given, plain.arguments, address)
            return _reversed(forward, plain.constants, root, inputs, names)
        except IrregularLoopError as error:
            reason, units = error, _opened(units, partial(_are_alike, error.loop))
    raise reason


def _opened(units: Sequence[int | Loop], is_meant: Callable[[Loop], bool]) -> list[int | Loop]:
    """Return units with the instructions of some loops in the place of these."""
    return list(
        chain.from_iterable(
            unit.registers if isinstance(unit, Loop) and is_meant(unit) else (unit,)
            for unit in units
        )
    )


def _are_alike(loop: Loop, other: Loop) -> bool:
    return (loop.period, loop.count) == (other.period, other.count)


def _is_brief(loop: Loop) -> bool:
    """Return whether a loop has few iterations, of which those at an end are often unlike others.

    A trial less, and little lost: such loops are found again when the gradient is derived.
    """
    carries = any(isinstance(x, Carried) for x in loop.all_operands())
    return carries and loop.count < LEAST + FARTHEST


def _reversed(
    forward: Forward, constants: Container[int], root: int, inputs: Sequence[int | None],
    names: Sequence[Input],
) -> Rolled:  # fmt: skip
    reverse = Reverse(forward, [k for k in inputs if k is not None], constants)
    reverse.run(root)
    zero = forward.builder.constant(0.0)
    slopes = [zero if k is None else reverse.totals.get(k, zero) for k in inputs]
    outputs = (forward.place(root), *slopes)
    code = settled(forward.builder)
    rolled = Rolled(tuple(names), code, outputs, units=forward.units)
    return pruned(rolled).validate()
