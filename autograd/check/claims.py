"""The gradient that is claimed: from the user's own function or from the engine.

`claimed` calls the user's function on copies of the arguments and brings what it returns into one
list for each result of f, whatever structure it came in; what is wrong with it is said in words.
`engine_claims` takes the derivatives that autograd computes, to any order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import isclose, isnan, nan
from typing import Any

from autograd.check.line import Target
from autograd.check.tree import numbers, resolution, shortened
from autograd.derivatives import jacobian
from autograd.trees import entries, is_number, rebuild
from autograd.value import Value
from autograd.watch import Watcher

__all__ = ["Claims", "claimed", "engine_claims", "partials"]


@dataclass
class Claims:
    """Claimed derivatives: for each result of f a list with one for each input.

    Attributes:
        rows: the numbers; nan where there is none.
        fault: why there is none, in words.
        notes: what else is worth knowing.
        resolution: the relative rounding of the numbers.
        mistake: what the mistake is likely to be where one of them is wrong.
    """

    rows: list[list[float]]
    fault: str = ""
    notes: list[str] = field(default_factory=list)
    resolution: float = 2.0**-53
    mistake: str = ""


class _Cuts(Watcher):
    """Takes note of where a number leaves the graph."""

    def __init__(self) -> None:
        super().__init__()
        self.ways: set[str] = set()

    def read(self, node: Value) -> None:
        self.ways.add("reads .data")

    def detached(self, node: Value, constant: Value) -> None:
        self.ways.add("detaches a Value")

    def words(self) -> str:
        """Return what f does, in words; empty where no number left."""
        what = " and ".join(sorted(self.ways))
        return f"f {what}: what goes that way has no gradient" if what else ""


def _none(outputs: int, inputs: int, fault: str) -> Claims:
    return Claims([[nan] * inputs for _ in range(outputs)], fault)


def claimed(
    gradient: Callable[..., Any], args: Sequence[Any], point: Sequence[float], outputs: list[str]
) -> Claims:
    """Call a user's gradient, twice, and return its claims."""
    paths = [path for path, _ in numbers(tuple(args))]
    given = rebuild(tuple(args), iter(point))
    claims = _called(gradient, given, paths, outputs)
    if not _unchanged(given, point):
        claims.notes.append("the gradient function changes its arguments")
    if claims.fault:
        return claims
    again = _called(gradient, rebuild(tuple(args), iter(point)), paths, outputs)
    if again.fault or not _are_same(claims, again):
        fault = "the gradient gives other numbers when it is called again: does it add them up?"
        return _none(len(outputs), len(paths), again.fault or fault)
    return claims


def _called(
    gradient: Callable[..., Any], given: tuple[Any, ...], paths: list[str], outputs: list[str]
) -> Claims:
    """Return what a gradient claims in one call."""
    try:
        return _ordered(gradient(*given), paths, outputs, single=len(given) == 1)
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is a finding
        fault = shortened(f"the gradient raised {type(error).__name__}: {error}")
        return _none(len(outputs), len(paths), fault)


def _are_same(claims: Claims, others: Claims) -> bool:
    """Return whether two claims are the same but for rounding."""
    pairs = zip(chain.from_iterable(claims.rows), chain.from_iterable(others.rows), strict=True)
    return all(isclose(x, y, rel_tol=1e-9) or (isnan(x) and isnan(y)) for x, y in pairs)


def _unchanged(given: Any, point: Sequence[float]) -> bool:
    try:
        now = [value for _, value in numbers(given)]
    except Exception:  # noqa: BLE001 - whatever a user's function left behind is a finding
        return False
    return list(map(repr, now)) == list(map(repr, point))


def _ordered(result: Any, paths: list[str], outputs: list[str], single: bool) -> Claims:
    """Sort the numbers of a gradient by result and input."""
    if result is None:
        return _none(len(outputs), len(paths), "the gradient returned None")
    found = dict(numbers(result))
    for layout in _layouts(paths, outputs, single):
        if found.keys() == {path for row in layout for path in row}:
            return Claims(
                [[found[p] for p in row] for row in layout], resolution=resolution(result)
            )
    expected = len(paths) * len(outputs)
    what = f"{len(found)} numbers for {expected}" if len(found) != expected else "another structure"
    return _none(len(outputs), len(paths), f"the gradient returned {what}: {_short(result)}")


def _short(result: Any) -> str:
    text = repr(result)
    return text if len(text) < 60 else text[:56] + " ..."


def _layouts(paths: list[str], outputs: list[str], single: bool) -> list[list[list[str]]]:
    """Return the paths that a gradient may have, for each of the structures that are taken."""
    layouts = []
    if single:
        bare = [path[3:] for path in paths]  # without the [0] of the one argument
        layouts += [[[output + path for path in bare] for output in outputs]]
        layouts += [[bare]] if len(outputs) == 1 else []
    layouts += [[[output + path for path in paths] for output in outputs]]
    layouts += [[paths]] if len(outputs) == 1 else []
    heads = [path.partition("]") for path in paths]
    layouts += [[[head + end + output + rest for head, end, rest in heads] for output in outputs]]
    return layouts


def _values(tree: Any) -> list[Any]:
    """Return the numbers and Values in a structure, as they are."""
    return [leaf for _, leaf in entries(tree) if is_number(leaf)]


def partials(f: Callable[..., Any], args: Sequence[Any], order: int) -> Callable[..., list[Any]]:
    """Return all derivatives of an order as a function of flat numbers, by the engine."""

    def results(flat: list[Any]) -> list[Any]:
        return _values(f(*rebuild(tuple(args), iter(flat))))

    def step(inner: Callable[..., Any]) -> Callable[..., Any]:
        return lambda flat: _values(jacobian(inner)(flat))

    function: Callable[..., Any] = results
    for _ in range(order):
        function = step(function)
    return function


def engine_claims(target: Target, function: Callable[..., Any], point: Sequence[float]) -> Claims:
    """Return the engine's derivatives of a function of flat numbers."""
    target.calls += 1
    outputs = len(target.paths or [])
    try:
        with _Cuts() as cuts:
            rows = jacobian(function)(list(point))
        found = [[x._data if isinstance(x, Value) else float(x) for x in row] for row in rows]
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is a finding
        return _none(
            outputs,
            len(point),
            shortened(f"autograd's derivative raised {type(error).__name__}: {error}"),
        )
    if len(found) != outputs:
        return _none(outputs, len(point), "f returned another number of results on Values")
    return Claims(found, mistake=cuts.words())
