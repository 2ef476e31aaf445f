"""The C99 back end: a program as a C file that needs math.h and nothing else.

`source(Entry("f", program, leaves))` writes a function `f` on doubles, or floats, as one would by
hand: values have the names of their labels, sums and dot products are loops over static arrays,
numbers of Values from outside (a trained network's weights) are constants. Operations of the table
become small functions, made from their rows. For the digits of Python compile it without
contraction: `gcc -std=c99 -ffp-contract=off`. Being static, the arrays serve one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.compile.assemble import program_of
from autograd.compile.c.body import Helpers
from autograd.compile.c.entry import Entry, Function
from autograd.compile.passes import tidy
from autograd.derivatives import value_and_grad

__all__ = ["Entry", "entries", "source"]


def entries(
    call: Callable[[Sequence[Any]], Any], numbers: Sequence[float], names: Sequence[str], name: str
) -> list[Entry]:
    """Record a function of a list of numbers; return an entry for it, and one for its gradient.

    Args:
        call: takes a list of numbers or Values.
        numbers: where to record it: along the branches that these take.
        names: of the numbers; v_0, v_1, v_2 become an array `v` of C.
        name: of the function in C; with the gradient it is called `name_value_and_gradient`, and
            there is none where the result is not one number, or nothing to differentiate by.
    """
    found = program_of(call, numbers, names)
    own = Entry(name, tidy(found.program), [leaf.data for leaf in found.leaves])
    if isinstance(found.result, (list, tuple, dict)) or not numbers or found.truths:
        return [own]
    both = program_of(
        lambda xs: value_and_grad(lambda *x: call(x), range(len(xs)))(*xs), numbers, names
    )
    leaves = [leaf.data for leaf in both.leaves]
    outputs = (("value", 1), ("gradient", len(numbers)))
    return [own, Entry(f"{name}_value_and_gradient", tidy(both.program), leaves, outputs)]


def source(*entries: Entry, real: str = "double") -> str:
    """Return a C99 file with a function for each entry: arguments first, then room for results.

    One result alone is returned. A program with branches returns 0, or the number of the first
    branch that goes another way than when it was recorded.

    Args:
        entries: what to write.
        real: "double" or "float", the type of all numbers.

    Raises ValueError for another type, and for a program that calls a Python function.
    """
    if real not in ("double", "float"):
        raise ValueError(f"real is 'double' or 'float', not {real!r}")
    helpers = Helpers(real)
    functions = [Function(entry, helpers).text() for entry in entries]
    return "\n\n".join(["#include <math.h>", *helpers.parts, *functions, ""])
