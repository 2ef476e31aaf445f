"""A compiled function as a C file: with names for its results, and its gradient if wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from autograd.compile.c.entry import Entry
from autograd.compile.recording.assemble import Assembled, program_of
from autograd.derivatives import recipe, value_and_grad
from autograd.trees import flatten

__all__ = ["entries", "exported", "name_of"]


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a function, or of an object's class, as C allows it."""
    name = getattr(function, "__name__", type(function).__name__)
    name = re.sub(r"\W+", "_", name).strip("_")
    return name if name and name != "lambda" else "program"


def exported(function: Callable[..., Any], assembled: Assembled, result: Any = None) -> Entry:
    """Return a compiled program as an entry of a C file.

    Args:
        function: what was compiled.
        assembled: its program.
        result: the structure of the result, if not that of the program.

    The results of a dict have the names of its keys; a value with its gradient, `value` and
    `gradient`; all others stand in `result`.
    """
    program = assembled.program
    result = assembled.result if result is None else result
    made = recipe(function)
    outputs: list[tuple[str, int]] = []
    if isinstance(result, dict) and all(isinstance(key, str) for key in result):
        outputs = [(key, len(list(flatten(x)))) for key, x in result.items()]
    elif made is not None and made[0] is value_and_grad:
        outputs = [("value", 1), ("gradient", len(program.outputs) - 1)]
    numbers = [leaf._data for leaf in assembled.leaves]
    return Entry(name_of(function), program, numbers, [each for each in outputs if each[1]])


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
    own = Entry(name, found.program, [leaf.data for leaf in found.leaves])
    if isinstance(found.result, (list, tuple, dict)) or not numbers or found.truths:
        return [own]
    both = program_of(
        lambda xs: value_and_grad(lambda *x: call(x), range(len(xs)))(*xs), numbers, names
    )
    leaves = [leaf.data for leaf in both.leaves]
    outputs = (("value", 1), ("gradient", len(numbers)))
    return [own, Entry(f"{name}_value_and_gradient", both.program, leaves, outputs)]
