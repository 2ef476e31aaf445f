"""The C99 back end: a program as a C file that needs math.h and nothing else.

`source(Entry("f", program, leaves))` writes a function `f` on doubles, or floats, as one would by
hand: values have the names of their labels, sums and dot products are loops over static arrays,
numbers of Values from outside (a trained network's weights) are constants. Operations of the table
become small functions, made from their rows. For the digits of Python compile it without
contraction: `gcc -std=c99 -ffp-contract=off`. Being static, the arrays serve one thread at a time.
"""

from __future__ import annotations

from autograd.compile.c.body import Helpers
from autograd.compile.c.entry import Entry, Function
from autograd.compile.c.export import entries, exported, name_of

__all__ = ["Entry", "entries", "exported", "name_of", "source"]


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
