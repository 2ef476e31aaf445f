"""Checking a gradient: `check_gradients` and `assert_gradients`."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import frexp, fsum, inf, isfinite, nan
from typing import Any

from autograd.check.claims import Claims, claimed, engine_claims, partials
from autograd.check.confirm import doubted
from autograd.check.finding import Finding, lost
from autograd.check.judge import Verdict, judge
from autograd.check.line import Curve, Line, Target
from autograd.check.mistakes import guess_all
from autograd.check.refine import by_complex_step, by_graph
from autograd.check.report import Entry, Report
from autograd.check.scatter import may_be_rounding, spread
from autograd.check.search import examine
from autograd.check.symmetry import doubt_asymmetric
from autograd.check.teeth import past_teeth
from autograd.check.tree import numbers

__all__ = ["assert_gradients", "check_gradients"]

DIRECTIONS = 8  # random directions for a function of many inputs
LOOSE = 1e-6  # of a claim: what it scatters by where it can no longer be called right


@dataclass(frozen=True)
class Options:
    """How to check: see `check_gradients`."""

    seed: int = 0
    most: int = 100
    digits: int | None = None
    progress: bool = True


def check_gradients(
    f: Callable[..., Any],
    args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    *,
    seed: int = 0,
    most: int = 100,
    digits: int | None = None,
    progress: bool = True,
) -> Report:
    """Check a gradient against differences of the function that adapt to it.

    Args:
        f: takes the args, numbers or nested lists, tuples, dicts and arrays of numbers; returns a
            number, or several (then the Jacobian is checked).
        args: the arguments, a tuple or list; anything else is taken as the one argument.
        gradient: your own function for the gradient; it gets the args and returns numbers in
            their structure (for several results, that structure for each of them). Without it the
            derivative by autograd is checked.
        order: check the derivatives by autograd up to this order.
        seed: of the random directions; the same seed gives the same verdicts.
        most: above this many inputs, random directions and a sample of inputs are checked.
        digits: do the differences in mpmath with so many digits, on the graph of f; for functions
            written with autograd's operations.
        progress: show a bar when it takes longer than a second.

    Returns a `Report`. Whatever f and gradient do, no exception of theirs comes out.

    Raises TypeError where f or gradient is no function or takes another number of arguments,
    ValueError where the order is not a whole number from 1, or most one from 0.

    >>> check_gradients(lambda x, y: x * x * y, (3.0, 2.0), lambda x, y: (2 * x * y, x * x)).verdict
    'right'
    """
    _refuse_what_cannot_be_checked(f, gradient, order, most)
    plain = isinstance(args, (tuple, list)) and not hasattr(args, "_fields")
    args = tuple(args) if plain else (args,)
    for function, name in ((f, "f"), (gradient, "gradient")):
        _refuse_other_arguments(function, name, args)
    options = Options(seed, most, digits, progress)
    report = Report([], name=str(getattr(f, "__name__", type(f).__name__)))
    named = list(numbers(args, "args"))
    if gradient is not None:
        own = partial(_own_claims, gradient, args)
        _Check(report, Target(f, args), named, 1, options).run(own)
    else:
        for k in range(1, order + 1):
            below, flat = partials(f, args, k - 1), [value for _, value in named]
            target = Target(f, args) if k == 1 else Target(below, (flat,))
            _Check(report, target, named, k, options).run(partial(_engine_claims, below))
        doubt_asymmetric([e for e in report.entries if e.order == 2], [path for path, _ in named])
    guess_all(report.entries)
    return report


def _refuse_what_cannot_be_checked(f: Any, gradient: Any, order: Any, most: Any) -> None:
    """Raise for arguments that are not what `check_gradients` takes, saying what to pass."""
    if not callable(f):
        raise TypeError(f"f is the function to check, not {f!r}: pass the function itself")
    if gradient is not None and not callable(gradient):
        raise TypeError(
            f"gradient is a function that takes the args as f does, not {gradient!r}: pass "
            f"gradient=lambda *args: {gradient!r} for a known number, or leave it out to check "
            "the derivative by autograd"
        )
    for name, number, least in (("order", order, 1), ("most", most, 0)):
        if not isinstance(number, int) or number < least:
            raise ValueError(f"{name} is a whole number from {least}, not {number!r}")


def _refuse_other_arguments(function: Any, name: str, args: tuple[Any, ...]) -> None:
    """Raise TypeError where a function takes another number of arguments."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a function of C may not tell
        return
    try:
        signature.bind(*args)
    except TypeError as error:
        whole = f"; for one argument that is a list, args=({list(args)!r},)" if args else ""
        raise TypeError(
            f"args are the arguments of {name}, and it does not take these {len(args)}: {error}. "
            f"Give a tuple of as many as it takes{whole}"
        ) from None


def assert_gradients(
    f: Callable[..., Any],
    args: Any,
    gradient: Callable[..., Any] | None = None,
    order: int = 1,
    *,
    allow: Sequence[str] = (),
    **options: Any,
) -> Report:
    """Raise an AssertionError with the table unless a gradient is right.

    Arguments are those of `check_gradients`, and allow: verdicts to let pass beside "right", as in
    `allow=("kink",)`. Returns the report.

    >>> assert_gradients(abs, (0.0,), allow=("kink",)).verdict
    'kink'
    """
    allowed = (allow,) if isinstance(allow, str) else allow
    report = check_gradients(f, args, gradient, order, **options)
    if any(entry.verdict not in ("right", *allowed) for entry in report.entries):
        raise AssertionError(str(report))
    return report


def _own_claims(
    gradient: Callable[..., Any], args: Sequence[Any], target: Target, point: list[float]
) -> Claims:
    return claimed(gradient, args, point, target.paths or [])


def _engine_claims(function: Callable[..., Any], target: Target, point: list[float]) -> Claims:
    return engine_claims(target, function, point)


class _Check:
    """The check of all first derivatives of one target; its entries go into a report."""

    def __init__(
        self, report: Report, target: Target, named: list[tuple[str, float]], order: int,
        options: Options,
    ) -> None:  # fmt: skip
        self.report = report
        self.target = target
        self.paths = [path for path, _ in named]
        self.point = [value for _, value in named]
        self.order = order
        self.options = options
        self.random = random.Random(options.seed)
        self.claims = Claims([])
        self.claims_of: Callable[[Target, list[float]], Claims] = lambda *_: Claims([])
        self.centre: list[float] = []
        self.floors: list[float] = []

    def run(self, claims_of: Callable[[Target, list[float]], Claims]) -> None:
        """Call the gradient and check what it claims."""
        centre = self.target(self.point)
        self.claims = claims_of(self.target, self.point)
        self.claims_of = claims_of
        self.report.notes += self.claims.notes
        if not self.point:
            self.report.notes.append("the args hold no numbers: nothing was checked")
        if centre is None:
            self._nothing()
        elif self.point:
            self.centre, self.floors = centre, self._spread(centre)
            few = len(self.point) <= self.options.most
            self._singly(range(len(self.point))) if few else self._by_sample()
        self.report.calls += self.target.calls

    def _nothing(self) -> None:
        """Say of every input that f has no value at the point."""
        rows = self.claims.rows or [[nan] * len(self.point)]
        for path, x, claim in zip(self.paths, self.point, rows[0], strict=True):
            entry = Entry(
                path, "", self.order, x, claim, nan, inf, "unsure", self.target.fault, inf
            )
            self.report.entries.append(entry)

    def _spread(self, centre: list[float]) -> list[float]:
        """Return for each result by how much calls at the same point differ."""
        again = [self.target(self.point)]
        if list(map(repr, again[0] or ())) == list(map(repr, centre)):  # so that nan is like nan
            return [0.0] * len(centre)
        again += [self.target(self.point) for _ in range(4)]
        columns = zip(centre, *(values for values in again if values is not None), strict=True)
        floors = [2.0 * (max(column) - min(column)) for column in columns]
        self.report.notes.append(
            f"f is not deterministic: two calls at the point differ by up to {max(floors) / 2:.2g}"
        )
        return floors

    def _singly(self, inputs: Iterable[int]) -> None:
        for i in self._shown(list(inputs)):
            direction = [0.0] * len(self.point)
            direction[i] = 1.0
            self._along(self.paths[i], self.point[i], direction, abs(self.point[i]))

    def _shown(self, items: list[int]) -> Iterable[int]:
        """Show a bar while items are gone through, when that takes long."""
        if not self.options.progress or len(items) < 10:
            return items
        from tqdm import tqdm

        return tqdm(items, desc="check_gradients", unit="input", delay=1.0, leave=False)  # type: ignore[no-any-return] # an iterable of the items

    def _along(self, path: str, x: float, direction: list[float], size: float) -> list[Entry]:
        """Check the derivatives of all results along a direction."""
        line = Line(self.target, self.point, direction, size, self.centre)
        moved = [i for i, d in enumerate(direction) if d]
        found = []
        for k, row in enumerate(self.claims.rows):
            claim = _claim_along(row, direction)
            grain = (
                fsum(abs(row[i] * self.point[i]) for i in moved) * 2.0**-52
                if len(moved) > 1
                else 0.0
            )
            floor = self.floors[k] + (grain if isfinite(grain) else 0.0)
            found.append(self._entry(Curve(line, k, floor), path, x, claim))
        self.report.entries += found
        return found

    def _entry(self, curve: Curve, path: str, x: float, claim: float) -> Entry:
        """Check one derivative."""
        output = (self.target.paths or [""])[curve.output]
        if not isfinite(curve.centre):
            reason = f"f is {curve.centre} at the point"
            return Entry(path, output, self.order, x, claim, nan, inf, "unsure", reason, inf)
        finding = _found(curve, claim, self.options.digits)
        verdict, reason, margin = judge(finding, claim, self.claims.resolution)
        if verdict != "right" and may_be_rounding(curve, finding, claim):
            verdict, reason, margin = self._judged_as_rounded(curve, finding, claim)
        if self.claims.fault:
            verdict, reason = "wrong", self.claims.fault
        mistake = self.claims.mistake if verdict == "wrong" else ""
        slopes = [(h, curve.slope(h)) for h in sorted(curve.pairs) if curve.finite(h)]
        return Entry(path, output, self.order, x, claim, finding.value, finding.bound, verdict,
                     reason, margin, mistake, finding, slopes)  # fmt: skip

    def _judged_as_rounded(self, curve: Curve, finding: Finding, claim: float) -> Verdict:
        """Judge a claim once more, with what it scatters by added to the bound."""

        def claim_at(t: float) -> float:
            rows = self.claims_of(self.target, curve.line.shifted(t)).rows
            return _claim_along(rows[curve.output], curve.line.direction)

        off = spread(curve, finding, claim, claim_at)
        rounded = replace(finding, bound=finding.bound + off)
        verdict, reason, margin = judge(rounded, claim, self.claims.resolution)
        if verdict == "right" and off > LOOSE * abs(claim):
            return "unsure", f"the claim scatters by {off:.1g} near the point", margin
        return verdict, reason, margin

    def _by_sample(self) -> None:
        """Check random directions, a sample of single inputs, and the input behind a mistake."""
        count = len(self.point)
        chosen = sorted(self.random.sample(range(count), max(self.options.most // 2, 1)))
        self.report.notes.append(
            f"{count} inputs: {DIRECTIONS} random directions through all of them and {len(chosen)} "
            f"single inputs were checked (most={self.options.most})"
        )
        self._singly(chosen)
        for number in range(DIRECTIONS):
            direction = [self.random.choice((-1.0, 1.0)) * _power_of_two(x) for x in self.point]
            found = self._along(f"direction {number}", nan, direction, 1.0)
            if any(entry.verdict == "wrong" for entry in found):
                self._locate(direction)
                break

    def _locate(self, direction: list[float]) -> None:
        """Halve a direction that is wrong until the one input behind it is found."""
        moved = list(range(len(direction)))
        while len(moved) > 1:
            half = moved[: len(moved) // 2]
            part = [d if i in set(half) else 0.0 for i, d in enumerate(direction)]
            before = len(self.report.entries)
            found = self._along("part of a direction", nan, part, 1.0)
            del self.report.entries[before:]
            moved = half if any(e.verdict == "wrong" for e in found) else moved[len(moved) // 2 :]
        if self.paths[moved[0]] not in {entry.path for entry in self.report.entries}:
            self._singly(moved)


def _found(curve: Curve, claim: float, digits: int | None) -> Finding:
    """Find a derivative; say so where its numbers are beyond what floats can be computed with."""
    try:
        finding = past_teeth(curve, examine(curve, claim), claim)
        finding = doubted(curve, by_complex_step(curve, finding, claim), claim)
        return finding if digits is None else by_graph(curve, finding, digits)
    except (ArithmeticError, ValueError) as error:
        return lost(f"the numbers are too large or too small to compute with: {error}")


def _claim_along(row: Sequence[float], direction: Sequence[float]) -> float:
    """Return the slope along a direction that the derivatives of one result make."""
    moved = [i for i, d in enumerate(direction) if d]
    if all(isfinite(row[i]) for i in moved):
        return fsum(row[i] * direction[i] for i in moved)
    return row[moved[0]] if len(moved) == 1 else nan


def _power_of_two(x: float) -> float:
    """Return the power of two next below |x|, or 1 at zero."""
    return 2.0 ** max(frexp(x)[1] - 1, -1000) if x else 1.0
