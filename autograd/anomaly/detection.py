"""Finding where a nan or an infinity began.

`with detect_anomaly():` checks every operation as it is recorded and every backward pass, and
raises `AnomalyError` at the first value, local derivative or gradient that is not finite: with the
operation, its operands and their labels, the line of the program that made it, a program of a few
lines that repeats it, and what usually mends it.
"""

from __future__ import annotations

import os
import sys
import traceback
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.anomaly.reproducer import advice, reproducer
from autograd.backward import gradients
from autograd.graph import topological_order
from autograd.watch import Watcher, is_recording, watchers, without

if TYPE_CHECKING:
    from types import CodeType, FrameType

    from autograd.value import Value

    Place = tuple[CodeType | None, int]  # and the number of the line

__all__ = ["AnomalyError", "detect_anomaly", "source", "users_place"]

_NOT_THE_USERS = ("<autograd", "<frozen", str(Path(__file__).parents[1]) + os.sep)
MOST_LINES = 16  # of a program in a message
LONG_LINE = 120  # characters, in a message that is shortened
_LIBRARY = str(Path(os.__file__).parent) + os.sep  # of Python; installed packages may be in it


class AnomalyError(ArithmeticError):
    """A value, a local derivative or a gradient became nan or infinite.

    Attributes:
        node: the Value of the operation it began in.
        line: the place in the user's program that made it, as "file:line: source".
        reproducer: a program that runs, and repeats the operation on its numbers.
    """

    def __init__(self, message: str, node: Value, line: str, program: str = "") -> None:
        super().__init__(message)
        self.node = node
        self.line = line
        self.reproducer = program

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes and be copied, with the node as a constant, without a graph."""
        return type(self), (*self.args, self.node.detach(), self.line, self.reproducer)


class detect_anomaly(Watcher):  # noqa: N801 - used as `with detect_anomaly():`, like a function
    """Raise AnomalyError at the first value, local derivative or gradient that is not finite.

    A context, or a decorator as `@detect_anomaly()`, for the thread it is used in.

    >>> from autograd import Value, log
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     log(Value(0.0, label="rate"))
    Traceback (most recent call last):
    autograd.anomaly.detection.AnomalyError: log gave the value -inf...
    """

    def __init__(self) -> None:
        super().__init__()
        # By `id`, so that no graph is kept alive: a node that is freed leaves its id to the next.
        self._places: dict[int, Place] = {}

    def operation(self, node: Value) -> Value:
        """Check the value and the local derivatives of a new node, and keep its line."""
        self._places[id(node)] = users_place()
        if not isfinite(node._data):
            raise _error(f"{node.op} gave the value {node._data}", node, self._line(node))
        if is_recording():
            for parent, slope in zip(node.parents, node._slopes(), strict=True):
                if not isfinite(slope) and parent.op != "constant":
                    what = f"{node.op} has the local derivative {slope} with respect to "
                    raise _error(what + _name(parent), node, self._line(node))
        return node

    def chain_rule(self, root: Value, totals: dict[Value, Any]) -> None:
        """Check the gradients in the order in which they came about; constants get none."""
        order = topological_order(root)[::-1]
        for node in order:
            gradient = totals[node]
            if node.op == "constant":
                continue
            if not isfinite(gradient):
                raise self._overflow(node, order, totals)
            for parent, slope in zip(node.parents, node._slopes(), strict=False):
                share = gradient * slope
                if not isfinite(share) and parent.op != "constant":
                    product = f"{share} = {gradient} * {slope}"
                    what = f"{node.op} passed the gradient {product} on to {_name(parent)}"
                    raise _error(what, node, self._line(node), gradient)

    def pulled_back(self, root: Value, seed: Any, inputs: list[Value] | None) -> None:
        """Check the gradients of a backward pass on Values, on their numbers before it is done."""
        with without(Watcher):
            totals = gradients(root, getattr(seed, "_data", seed))
        self.chain_rule(root, totals)

    def pushed_forward(self, outputs: list[Value], tangents: dict[Value, Any]) -> None:
        """Check the tangents of a forward pass, on their numbers before it is done."""
        found = {x: getattr(t, "_data", t) for x, t in tangents.items()}
        for node in topological_order(outputs):
            pairs = zip(node.parents, node._slopes(), strict=True)
            shares = [(found[x] * slope, found[x]) for x, slope in pairs if x in found]
            if shares and node not in found:
                found[node] = sum(share for share, _ in shares)
                if not isfinite(found[node]):
                    what = f"{node.op} got the tangent {found[node]} from those of its operands"
                    worst = max(shares, key=lambda pair: abs(pair[0]))
                    raise _error(what, node, self._line(node), worst[1])

    def _line(self, node: Value) -> str:
        place = self._places.get(id(node)) if node._a is not None else users_place()
        return source(*place) if place else "made before detect_anomaly() was entered"

    def _overflow(self, node: Value, order: list[Value], totals: dict[Value, Any]) -> AnomalyError:
        """Return the error of a gradient that is the sum of too large shares, or was given so."""
        what = f"the gradient of {_name(node)} became {totals[node]}"
        if node is order[0]:
            what += ": backward() was given it so"
            return _error(what, node, self._line(node), totals[node])
        before, uses = 0.0, [user for user in order if node in user.parents]
        for user in uses:
            pairs = zip(user.parents, user._slopes(), strict=False)
            share = sum(totals[user] * slope for parent, slope in pairs if parent is node)
            if not isfinite(before + share) or user is uses[-1]:
                break
            before += share
        return _error(what, user, self._line(user), totals[user], {node: before})

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)
        if self not in watchers():  # it may have been entered twice
            self._places.clear()


def _name(x: Any) -> str:
    """Return how a message names an operand: its label and number."""
    if not hasattr(x, "_data"):
        return repr(x)
    return f"{x.label!r} = {x._data}" if x.label else f"{x.op or 'a leaf'} = {x._data}"


def _error(
    what: str, node: Value, line: str, gradient: float = 1.0, added: Any = None
) -> AnomalyError:
    operands = node.operands
    shown = ", ".join(map(_name, operands[:8])) + (", ..." if len(operands) > 8 else "")
    program = reproducer(node, gradient, added)
    mends = _blamed(operands) or advice(str(node.op))
    lines = [what, f"  operands: {shown}", f"  at: {line}", "  to see it again:"]
    lines += [f"    {text}" for text in _shortened(program.splitlines())]
    lines += [f"  what usually mends it: {mends}"] if mends else []
    return AnomalyError("\n".join(lines), node, line, program)


def _shortened(lines: list[str]) -> list[str]:
    """Return the lines of a program, those of one with many operands with a gap."""
    if len(lines) <= MOST_LINES:
        return lines
    half = MOST_LINES // 2
    gap = f"# ... {len(lines) - 2 * half} more lines: the attribute `reproducer` has them all"
    cut = [x if len(x) < LONG_LINE else x[:LONG_LINE] + " ..." for x in lines]
    return [*cut[:half], gap, *cut[-half:]]


def _blamed(operands: tuple[Any, ...]) -> str:
    """Return what to say where an operand was not finite before, so that it began elsewhere."""
    given = (x for x in operands if not isfinite(x._data if hasattr(x, "_data") else x))
    found = next(given, None)
    return "" if found is None else f"look at where {_name(found)} comes from: it was given so"


def users_place() -> Place:
    """Return the innermost place on the stack that is the user's.

    Not one of this package, of Python's library or of numpy: in `array.sum()` it is that call.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not _is_the_users(frame):
        frame = frame.f_back
    return (None, 0) if frame is None else (frame.f_code, frame.f_lineno)


def source(code: CodeType | None, number: int) -> str:
    """Return a place as "file:line: source"."""
    if code is None:
        return "unknown"
    summary = traceback.FrameSummary(code.co_filename, number, code.co_name)
    return f"{summary.filename}:{summary.lineno}: {summary.line}"


def _is_the_users(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    if file.startswith(_NOT_THE_USERS):
        return False
    if file.startswith(_LIBRARY) and "-packages" not in file:
        return False
    return not str(frame.f_globals.get("__name__")).startswith("numpy.")
