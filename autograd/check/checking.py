"""Checking a gradient: `check_gradients` and `assert_gradients`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any

from autograd.check.claims import Claims, claimed, engine_claims, partials
from autograd.check.judge import judge
from autograd.check.line import Curve, Line, Target
from autograd.check.report import Entry, Report
from autograd.check.search import examine
from autograd.check.tree import numbers

__all__ = ["assert_gradients", "check_gradients"]


def check_gradients(
    f: Callable[..., Any],
    args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
) -> Report:
    """Check a gradient against differences of the function that adapt to it.

    Args:
        f: takes the args, numbers or nested lists, tuples, dicts and arrays of numbers; returns a
            number, or several (then the Jacobian is checked).
        args: the arguments, a tuple or list; anything else is taken as the one argument.
        gradient: your own function for the gradient; it gets the args and returns numbers in
            their structure. Without it the derivative by autograd is checked.
        order: check the derivatives by autograd up to this order.

    Returns a `Report`. Whatever f and gradient do, no exception comes out.

    >>> check_gradients(lambda x, y: x * x * y, (3.0, 2.0), lambda x, y: (2 * x * y, x * x)).verdict
    'right'
    """
    args = (
        tuple(args) if isinstance(args, (tuple, list)) and not hasattr(args, "_fields") else (args,)
    )
    report = Report([], name=getattr(f, "__name__", type(f).__name__))
    named = list(numbers(args, "args"))
    if gradient is not None:
        own = partial(_own_claims, gradient, args)
        _check(report, Target(f, args), named, 1, own)
        return report
    for k in range(1, order + 1):
        below, flat = partials(f, args, k - 1), [value for _, value in named]
        target = Target(f, args) if k == 1 else Target(below, (flat,))
        _check(report, target, named, k, partial(_engine_claims, below))
    return report


def _own_claims(
    gradient: Callable[..., Any], args: Sequence[Any], target: Target, point: list[float]
) -> Claims:
    return claimed(gradient, args, point, target.paths or [])


def _engine_claims(function: Callable[..., Any], target: Target, point: list[float]) -> Claims:
    return engine_claims(target, function, point)


def _check(
    report: Report, target: Target, named: list[tuple[str, float]], order: int,
    claims_of: Callable[[Target, list[float]], Claims],
) -> None:  # fmt: skip
    """Check all first derivatives of one target and add them to the report."""
    point = [value for _, value in named]
    centre = target(point)
    claims = claims_of(target, point)
    report.notes += claims.notes
    if claims.fault:
        report.notes.append(claims.fault)
    if centre is None or not named:
        report.calls += target.calls
        report.entries += [
            Entry(path, "", order, x, row, float("nan"), float("inf"), "unsure", target.fault)
            for (path, x), row in zip(
                named, (claims.rows or [[float("nan")] * len(named)])[0], strict=True
            )
        ]
        return
    floors = _floors(target, point, centre)
    if any(floors):
        report.notes.append(f"f is not deterministic: two calls differ by {max(floors):.2g}")
    for i, (path, x) in enumerate(named):
        direction = [0.0] * len(point)
        direction[i] = 1.0
        line = Line(target, point, direction, abs(x), centre)
        for k in range(len(centre)):
            curve = Curve(line, k, floors[k])
            report.entries.append(_entry(curve, path, order, x, claims, claims.rows[k][i]))
    report.calls += target.calls


def _floors(target: Target, point: Sequence[float], centre: list[float]) -> list[float]:
    """Return for each result by how much calls at the same point differ."""
    again = [target(point)]
    if list(map(repr, again[0] or ())) == list(map(repr, centre)):  # so that nan is like nan
        return [0.0] * len(centre)
    again += [target(point) for _ in range(4)]
    columns = zip(centre, *(values for values in again if values is not None), strict=True)
    return [2.0 * (max(column) - min(column)) for column in columns]


def _entry(  # noqa: PLR0917 - the fields of one row
    curve: Curve, path: str, order: int, x: float, claims: Claims, claim: float
) -> Entry:
    output = (curve.line.target.paths or [""])[curve.output]
    if not isfinite(curve.centre):
        return Entry(
            path,
            output,
            order,
            x,
            claim,
            float("nan"),
            float("inf"),
            "unsure",
            f"f is {curve.centre} at the point",
        )
    finding = examine(curve, claim)
    verdict, reason, margin = judge(finding, claim, claims.resolution)
    if claims.fault:
        verdict, reason = "wrong", claims.fault
    slopes = [(h, curve.slope(h)) for h in sorted(curve.pairs) if curve.finite(h)]
    return Entry(path, output, order, x, claim, finding.value, finding.bound, verdict, reason,
                 margin, "", finding, slopes)  # fmt: skip


def assert_gradients(
    f: Callable[..., Any],
    args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    allow: Sequence[str] = (),
) -> Report:
    """Raise an AssertionError with the table unless a gradient is right.

    Arguments are those of `check_gradients`, and allow: verdicts to let pass beside "right", as in
    `allow=("kink",)`. Returns the report.

    >>> assert_gradients(abs, (0.0,), allow=("kink",)).verdict
    'kink'
    """
    report = check_gradients(f, args, gradient, order)
    if any(entry.verdict not in ("right", *allow) for entry in report.entries):
        raise AssertionError(str(report))
    return report
