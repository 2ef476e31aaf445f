"""The pytest plugin: the marker and the fixture `gradients`, which draw points with hypothesis.

    @pytest.mark.gradients(loss, (-3.0, 3.0), (0.1, 10.0), gradient=loss_gradient)
    def test_loss(): ...

    def test_many(gradients):
        gradients(loss, (-3.0, 3.0), (0.1, 10.0), gradient=loss_gradient)

For each argument give a range (low, high), a fixed number or structure, or any strategy of
hypothesis. Points at kinks are avoided and named in the summary; a failure is shrunk to the
simplest point and shown with the table. `--gradients-order` and `--gradients-seed` are taken from
the command line. The checker and hypothesis are imported when a test asks for a check.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from autograd.check.report import Report

__all__ = ["Gradients"]


@dataclass
class Totals:
    """What was checked in this run of pytest."""

    functions: int = 0
    points: int = 0
    inputs: int = 0
    margin: float = 0.0
    kinks: list[str] = field(default_factory=list)
    unsure: int = 0

    def add(self, other: Totals) -> None:
        """Add what another process checked."""
        self.functions += other.functions
        self.points += other.points
        self.inputs += other.inputs
        self.margin = max(self.margin, other.margin)
        self.kinks += other.kinks
        self.unsure += other.unsure

    def line(self) -> str:
        """Return the line of the summary."""
        text = (f"gradients: {self.functions} functions, {self.inputs} inputs at {self.points} "
                f"points checked, worst margin {self.margin:.2g} bounds")  # fmt: skip
        if self.kinks:
            first = ", ".join(dict.fromkeys(self.kinks[:3]))
            text += f"; {len(self.kinks)} points at kinks avoided ({first})"
        return text + (f"; {self.unsure} points undecided" if self.unsure else "")


KINKS = ("avoid", "fail")  # what to do at them
_TOTALS = pytest.StashKey[Totals]()


class _FailedError(Exception):
    """A point at which a gradient is wrong; its text is the table."""


class Gradients:
    """Checks the gradient of a function at points that are drawn; the fixture `gradients`.

    Args:
        order, seed: from the command line.
        totals: for the summary.
    """

    def __init__(self, order: int, seed: int, totals: Totals) -> None:
        self.order = order
        self.seed = seed
        self.totals = totals

    def __call__(
        self,
        f: Callable[..., Any],
        *arguments: Any,
        gradient: Callable[..., Any] | None = None,
        order: int | None = None,
        examples: int = 25,
        kinks: str = "avoid",
    ) -> None:
        """Check a gradient at many points.

        Args:
            f, gradient, order: as for `check_gradients`; the order is that of the command line
                where it is not given.
            arguments: for each argument of f a range (low, high), a fixed number or structure, or a
                strategy of hypothesis.
            examples: how many points.
            kinks: "avoid" them, or "fail" at them.

        Raises AssertionError with the table at the simplest point where the gradient is wrong, and
        where no point could be decided, with the reason; ValueError for other words for kinks.
        """
        __tracebackhide__ = True
        from autograd.check.checking import check_gradients

        if kinks not in KINKS:
            raise ValueError(f'kinks is "avoid" or "fail", not {kinks!r}')
        self.totals.functions += 1
        wanted = order or (self.order if gradient is None else 1)
        decided, reason = False, ""

        def check(point: tuple[Any, ...]) -> bool:
            nonlocal decided, reason
            report = check_gradients(f, point, gradient, wanted, seed=self.seed, progress=False)
            known = self._counted(report, kinks)
            decided = decided or known
            reason = reason if known else f"; at {point!r}: {report.ranked()[0].reason}"
            return known

        try:
            _at_points(check, arguments, examples, self.seed)
        except _FailedError as error:
            raise AssertionError(str(error)) from None
        if not decided:
            name = getattr(f, "__name__", "f")
            raise AssertionError(f"{name}: no point drawn could be decided{reason}")

    def _counted(self, report: Report, kinks: str) -> bool:
        """Count a report; raise where it is wrong, return whether it was decided."""
        verdict = report.verdict
        if verdict == "wrong" or (verdict == "kink" and kinks == "fail"):
            raise _FailedError(str(report))
        self.totals.points += 1
        if verdict == "kink":
            named = next(entry for entry in report.ranked() if entry.verdict == "kink")
            self.totals.kinks.append(f"{report.name} at {named.path} = {named.point:g}")
        elif verdict == "unsure":
            self.totals.unsure += 1
        else:
            self.totals.inputs += len(report.entries)
            margins = [entry.margin for entry in report.entries]
            self.totals.margin = max([self.totals.margin, *margins])
        return verdict == "right"


def _at_points(
    check: Callable[[tuple[Any, ...]], bool], arguments: tuple[Any, ...], examples: int, seed: int
) -> None:
    """Call a check with points drawn by hypothesis, or once where every argument is fixed."""
    if all(map(_is_fixed, arguments)):
        check(arguments)
        return
    try:
        import hypothesis
        from hypothesis import strategies
    except ImportError:
        raise pytest.UsageError(
            "drawing points for a check of gradients needs hypothesis: pip install hypothesis"
        ) from None

    def strategy(argument: Any) -> Any:
        if isinstance(argument, strategies.SearchStrategy):
            return argument
        if _is_fixed(argument):
            return strategies.just(argument)
        return strategies.floats(*map(float, argument), allow_nan=False, allow_infinity=False)

    quiet = hypothesis.settings(
        max_examples=examples, deadline=None, database=None, report_multiple_bugs=False,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
    )  # fmt: skip

    def one(point: tuple[Any, ...]) -> None:
        hypothesis.assume(check(point))

    drawn = hypothesis.given(strategies.tuples(*map(strategy, arguments)))(one)
    try:
        hypothesis.seed(seed)(quiet(drawn))()
    except hypothesis.errors.Unsatisfiable:
        return  # no point was decided: the caller says so


def _is_fixed(argument: Any) -> bool:
    """Return whether an argument is a number or structure, and not something to draw from."""
    if hasattr(argument, "example") and hasattr(argument, "filter"):
        return False
    pair = isinstance(argument, tuple) and len(argument) == 2
    return not (pair and all(isinstance(end, (int, float)) for end in argument))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options `--gradients-order` and `--gradients-seed`."""
    group = parser.getgroup("gradients", "checking gradients")
    group.addoption("--gradients-order", type=int, default=1, metavar="N",
                    help="check derivatives by autograd up to this order (default 1)")  # fmt: skip
    group.addoption("--gradients-seed", type=int, default=0, metavar="N",
                    help="seed of the points that are drawn (default 0)")  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "gradients(f, *arguments, gradient=None, order=None, examples=25, kinks='avoid'): check "
        "the gradient of f at points drawn for the arguments: ranges, numbers, strategies",
    )
    config.stash[_TOTALS] = Totals()


def _checker(config: pytest.Config) -> Gradients:
    order, seed = config.getoption("--gradients-order"), config.getoption("--gradients-seed")
    return Gradients(order, seed, config.stash[_TOTALS])


@pytest.fixture
def gradients(request: pytest.FixtureRequest) -> Gradients:
    """Check the gradient of a function at points that are drawn: see `Gradients`."""
    return _checker(request.config)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Do the checks of the marker, then run the body of the test."""
    __tracebackhide__ = True
    for marker in pyfuncitem.iter_markers("gradients"):
        _checker(pyfuncitem.config)(*marker.args, **marker.kwargs)
    return (yield)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what was checked from a worker of pytest-xdist to the process that prints."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["gradients"] = asdict(session.config.stash[_TOTALS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker of pytest-xdist checked."""
    found = getattr(node, "workeroutput", {}).get("gradients")
    if found is not None:
        node.config.stash[_TOTALS].add(Totals(**found))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what was checked, if anything was."""
    totals = config.stash[_TOTALS]
    if totals.functions:
        terminalreporter.write_line(totals.line())
