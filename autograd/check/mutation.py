"""Would your gradient tests notice a mistake? `mutants` plants some and counts.

A mutant is one mistake in the derivative of one operation: its sign flipped, a factor 2, zero, the
operands' derivatives swapped, a term too much, a thousandth off. The mistakes are planted in the
local derivatives as they are recorded, so nothing in the table of rules changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import isnan
from typing import Any

from autograd.value import Value
from autograd.watch import Watcher

__all__ = ["Mutant", "Mutants", "mutants"]

Slopes = list[float]
MISTAKES: dict[str, Callable[[Slopes, int], Slopes]] = {
    "sign flipped": lambda slopes, i: _put(slopes, i, -slopes[i]),
    "factor 2": lambda slopes, i: _put(slopes, i, 2.0 * slopes[i]),
    "zero": lambda slopes, i: _put(slopes, i, 0.0),
    "a thousandth off": lambda slopes, i: _put(slopes, i, 1.001 * slopes[i]),
    "a term too much": lambda slopes, i: _put(slopes, i, slopes[i] + 1.0),
    "swapped with the next": lambda slopes, i: _put(slopes, i, slopes[(i + 1) % len(slopes)]),
}


def _put(slopes: Slopes, i: int, slope: float) -> Slopes:
    return [*slopes[:i], slope, *slopes[i + 1 :]]


class Mutant(Watcher):
    """A context in which the derivative of one operation is wrong.

    Attributes:
        op: the operation.
        argument: which of its local derivatives.
        mistake: what is done to it.
        changed: whether any derivative became another number.
    """

    def __init__(self, op: str, argument: int, mistake: str) -> None:
        super().__init__()
        self.op = op
        self.argument = argument
        self.mistake = mistake
        self.changed = False

    def operation(self, node: Value) -> Value:
        """Plant the mistake in a node of the operation."""
        slopes = list(node.local_derivatives)
        if str(node.op) == self.op and self.argument < len(slopes):
            wrong = MISTAKES[self.mistake](slopes, self.argument)
            self.changed = self.changed or any(map(_differ, wrong, slopes))
            _plant(node, wrong)
        return node

    def __str__(self) -> str:
        return f"{self.op}, derivative {self.argument}: {self.mistake}"


def _differ(x: float, y: float) -> bool:
    return x != y and not (isnan(x) and isnan(y))


def _plant(node: Value, slopes: Slopes) -> None:
    """Replace the local derivatives of a node."""
    if type(node._a) is tuple:
        node._da = tuple(slopes)
    elif node._db is None:
        node._da = slopes[0]
    else:
        node._da, node._db = slopes


class _Operations(Watcher):
    """Lists the operations used, each with the number of its local derivatives."""

    def __init__(self) -> None:
        super().__init__()
        self.used: dict[str, int] = {}

    def operation(self, node: Value) -> Value:
        count = min(len(node.local_derivatives), 3)
        if count:
            self.used[str(node.op)] = max(count, self.used.get(str(node.op), 0))
        return node


@dataclass
class Mutants:
    """What became of the mutants.

    Attributes:
        killed: those that the test noticed.
        survived: those that it did not.
        same: those that changed no number, and do not count.
    """

    killed: list[Mutant] = field(default_factory=list)
    survived: list[Mutant] = field(default_factory=list)
    same: list[Mutant] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The share that was killed; 1.0 where there was none."""
        counted = len(self.killed) + len(self.survived)
        return len(self.killed) / counted if counted else 1.0

    def __str__(self) -> str:
        counted = len(self.killed) + len(self.survived)
        head = f"{len(self.killed)} of {counted} mutants killed ({self.score:.1%})"
        return "\n".join([head, *(f"  survived: {mutant}" for mutant in self.survived)])

    __repr__ = __str__


def mutants(f: Callable[..., Any], *args: Any) -> Mutants:
    """Plant mistakes in the derivatives of the operations f uses, one at a time, and run f again.

    Args:
        f: a test of gradients: it raises an exception (or returns False, or a report that is not
            right) where it notices a mistake.
        args: handed to f.

    Raises AssertionError where f fails without a mistake planted.

    >>> from autograd import assert_gradients, sin
    >>> print(mutants(assert_gradients, lambda x: 3 * sin(x), (1.0,)))
    10 of 10 mutants killed (100.0%)
    """
    with _Operations() as operations:
        if _notices(f, args):
            raise AssertionError("f fails as it is, without a mistake planted: mend that first")
    outcome = Mutants()
    for mutant in _all(operations.used):
        with mutant:
            noticed = _notices(f, args)
        kept = outcome.killed if noticed else outcome.survived
        (kept if mutant.changed else outcome.same).append(mutant)
    return outcome


def _all(used: dict[str, int]) -> Iterator[Mutant]:
    for op, count in used.items():
        for argument in range(count):
            for mistake in MISTAKES:
                if count > 1 or mistake != "swapped with the next":
                    yield Mutant(op, argument, mistake)


def _notices(f: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    """Return whether a test fails."""
    try:
        result = f(*args)
    except Exception:  # noqa: BLE001 - whatever a test raises, it has noticed
        return True
    return result is False or getattr(result, "verdict", "right") not in ("right", "kink")
