"""Whether two recordings of a function are the same, operation by operation.

`check_same(first, second)` raises a `TraceError` where they differ: then the function draws a
random number or depends on a state that it changes. It returns the Values that the function makes
itself, anew each time: constants of its program.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from math import isnan
from typing import Any

from autograd.compile.recording.runs import Recording
from autograd.compile.recording.trace import TraceError
from autograd.value import Value

__all__ = ["check_same"]


def check_same(first: Recording, second: Recording) -> set[Value]:
    """Return the Values that were made inside, those of the first recording.

    Raises TraceError where the recordings differ.
    """
    mine, theirs = _places(first), _places(second)
    if _summary(first, mine) != _summary(second, theirs):
        _check_each(first, second, mine, theirs)
    counts = len(first.recorder.nodes), len(second.recorder.nodes)
    if counts[0] != counts[1] or len(first.recorder.outside) != len(second.recorder.outside):
        raise _unstable(f"{counts[0]} and {counts[1]} operations")
    _check_alike(_sources(first), _sources(second), mine, theirs, "the source of a constant")
    _check_alike(first.ends, second.ends, mine, theirs, "the result")
    return _made_inside(first, second)


def _places(recording: Recording) -> dict[Any, int]:
    """Return a number for each node, in order, and one below 0 for each Value from outside."""
    recorder = recording.recorder
    places: dict[Any, int] = dict(zip(recorder.nodes, count()))
    places.update(zip(recorder.outside, count(-1, -1)))
    return places


def _summary(recording: Recording, places: dict[Any, int]) -> list[list[Any]]:
    """Return what tells the nodes of most recordings apart, without looking at each by itself."""
    nodes = list(recording.recorder.nodes)
    known, second = places.get, [node._b for node in nodes]
    many = [_named(_all_of(node), places) for node in nodes if type(node._a) is tuple]
    more = [_named(b, places) for b in second if type(b) is tuple]
    there = [None if type(b) is tuple else known(b, b) for b in second]
    return [[node.op for node in nodes], [known(node._a) for node in nodes],
            list(map(type, second)), there, many, more]  # fmt: skip


def _named(operands: Sequence[Any], places: dict[Any, int]) -> list[Any]:
    """Return operands with places for nodes; in a list, so that no number is one."""
    return [[places.get(x)] if isinstance(x, Value) else x for x in operands]


def _check_each(
    first: Recording, second: Recording, mine: dict[Any, int], theirs: dict[Any, int]
) -> None:
    """Raise a TraceError for the first nodes that are not the same; nan is the same as nan."""
    for x, y in zip(first.recorder.nodes, second.recorder.nodes, strict=False):
        if x.op != y.op:
            raise _unstable(f"{x.op} and {y.op} in the same place")
        _check_alike(_all_of(x), _all_of(y), mine, theirs, x.op)


def _all_of(node: Value) -> Sequence[Any]:
    """Return all that a node is made from, a Python function among it."""
    function = getattr(node.op, "function", None)
    return node.operands if function is None else (*node.operands, function)


def _sources(recording: Recording) -> list[Any]:
    return [x for pair in recording.recorder.sources.items() for x in pair]


def _check_alike(
    these: Sequence[Any], those: Sequence[Any], mine: dict[Any, int], theirs: dict[Any, int],
    what: str,
) -> None:  # fmt: skip
    """Raise a TraceError unless operands are the same numbers, or the same nodes."""
    if len(these) != len(those):
        raise _unstable(f"{what} of {len(these)} and of {len(those)} numbers in the same place")
    for x, y in zip(these, those, strict=True):
        if isinstance(x, Value) and isinstance(y, Value):
            if mine.get(x) != theirs.get(y):
                raise _unstable(f"{what} of other numbers in the same place")
        elif x != y and not (_is_nan(x) and _is_nan(y)):
            if callable(x) and callable(y):
                raise TraceError(f"a custom_gradient ({what}) is made anew in each run of the "
                                 "function: make it once, outside, and call it here")  # fmt: skip
            raise _unstable(f"{x} and {y} in the same place")


def _is_nan(x: Any) -> bool:
    return isinstance(x, float) and isnan(x)


def _made_inside(first: Recording, second: Recording) -> set[Value]:
    """Return the leaves that belong to one recording only; raise where their numbers differ."""
    found = set()
    pairs = zip(first.recorder.outside, second.recorder.outside, strict=True)
    ends = zip(first.ends, second.ends, strict=True)
    for a, b in (*pairs, *[pair for pair in ends if isinstance(pair[0], Value)]):
        if a is not b and a not in first.recorder.nodes:
            if a._a is not None:
                raise TraceError(
                    f"a number ({a.op}) is computed where the recording cannot see it, in another "
                    "thread or context: do its work in the function itself"
                )
            if a._data != b._data and not _is_nan(a._data):
                raise _unstable(f"{a._data} and {b._data} in a Value made inside")
            found.add(a)
    return found


def _unstable(what: str) -> TraceError:
    return TraceError(
        f"the function did two different things in two runs with the same arguments ({what}): it "
        "draws a random number, or depends on something that it changes. Draw the number outside "
        "and pass it as an argument"
    )
