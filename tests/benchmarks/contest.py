"""A contest: the same work done by several packages, checked to give the same numbers and timed.

A contender is a function that imports what it needs, prepares, and returns the work: a function
that returns its numbers. `compete` leaves out contenders that are not installed, compares the
numbers, and times the works in turns. `Row` is a line of the table that `markdown` prints: what was
asked, what was measured.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import isclose
from typing import Any

from side_by_side import shown

clock = time.perf_counter  # or time.process_time, where others keep the machine busy
Work = Callable[[], Any]
Contender = Callable[[], Work]


@dataclass
class Row:
    """A line of the table: the work, the limit, the seconds of ours and then those of its peers."""

    work: str
    limit: str
    medians: dict[str, float]
    met: bool
    note: str = ""

    def cells(self) -> list[str]:
        """Return the texts of the line."""
        (_, ours), *peers = self.medians.items()
        others = ", ".join(f"{name} {shown(s)} ({s / ours:,.1f})" for name, s in peers)
        verdict = "yes" if self.met else "**no**"
        return [self.work, self.limit, shown(ours) + self.note, verdict, others]


def markdown(rows: Iterable[Row]) -> str:
    """Return the table, as Markdown; in brackets how many times our time a peer takes."""
    lines = [["work", "at most", "measured", "met", "peers (times ours)"], ["---"] * 5]
    lines += [row.cells() for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def prepared(contenders: dict[str, Contender]) -> dict[str, Work]:
    """Return the works of those that are installed; say which are left out."""
    works = {}
    for name, contender in contenders.items():
        try:
            works[name] = contender()
        except ImportError as error:
            print(f"{name} is left out: {error}", flush=True)
    return works


def numbers(result: Any) -> list[float]:
    """Return the numbers in nested sequences and arrays, in order."""
    if hasattr(result, "full"):  # casadi's matrices
        result = result.full()
    if hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, (list, tuple)):
        return [x for part in result for x in numbers(part)]
    return [float(result)]


def agree(works: dict[str, Work], tolerance: float) -> None:
    """Raise an ArithmeticError unless every work gives the numbers of the first."""
    (first, work), *others = works.items()
    expected = numbers(work())
    for name, other in others:
        found = numbers(other())
        pairs = list(zip(found, expected, strict=True))
        apart = [p for p in pairs if not isclose(*p, rel_tol=tolerance, abs_tol=tolerance)]
        for x, y in apart[:1]:
            raise ArithmeticError(f"{name} gives {x!r} where {first} gives {y!r}")


def clocked(work: Work) -> float:
    """Return the seconds that a work takes once."""
    return _repeated(work, 1)


def enough(work: Work, seconds: float = 0.02) -> int:
    """Return how often to do a work to fill some time."""
    times = 1
    while min(_repeated(work, times) for _ in range(3)) < seconds / 2.0:
        times *= 2
    return times


def _repeated(work: Work, times: int) -> float:
    start = clock()
    for _ in range(times):
        work()
    return clock() - start


def in_turns(works: dict[str, Work], repeats: int, *, once: bool = False) -> dict[str, float]:
    """Return the median seconds of each work, done in turns: once each, or often if it is short."""
    times = {name: 1 if once else enough(work) for name, work in works.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            gc.collect()
            seconds[name].append(_repeated(work, times[name]) / times[name])
    return {name: statistics.median(found) for name, found in seconds.items()}


def compete(
    contenders: dict[str, Contender], repeats: int, *, tolerance: float = 1e-9
) -> dict[str, float]:
    """Return the median seconds of every contender that is installed, ours being the first."""
    works = prepared(contenders)
    agree(works, tolerance)
    return in_turns(works, repeats)


def times_ours(medians: dict[str, float], name: str) -> float:
    """Return how many times our time another takes, inf if it is not installed."""
    return medians[name] / next(iter(medians.values())) if name in medians else float("inf")
