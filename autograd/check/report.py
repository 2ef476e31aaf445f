"""What a check found: a verdict for every input, and a table that a person reads at a glance."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil, inf, isfinite, isnan, log10

from autograd.check.finding import Finding

__all__ = ["VERDICTS", "Entry", "Report"]

VERDICTS = ("wrong", "kink", "unsure", "right")  # the first that occurs is the report's


@dataclass
class Entry:
    """The verdict on one derivative.

    Attributes:
        path: the input, as `args[0][2]`.
        output: the result, as `[1]`; empty where f returns one number.
        order: of the derivative.
        point: the number of the input.
        claimed, estimate, error_bound: the two numbers compared, and how sure the second is.
        verdict: "right", "wrong", "kink" or "unsure".
        reason: why, in words.
        mistake: what the mistake might be, in words; empty where none fits.
        margin: the disagreement in units of the bound.
        slopes: the central differences sampled, as (step, slope).
    """

    path: str
    output: str
    order: int
    point: float
    claimed: float
    estimate: float
    error_bound: float
    verdict: str
    reason: str
    margin: float = 0.0
    mistake: str = ""
    finding: Finding | None = None
    slopes: list[tuple[float, float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The derivative in words: `d f[1] / d args[0]`, or only the input for one result."""
        return f"d f{self.output} / d {self.path}" if self.output else self.path


@dataclass
class Report:
    """The outcome of a check.

    Attributes:
        entries: one for every input (and result).
        calls: how often f was called.
        notes: what is worth knowing beside the entries.
        name: of the function.
    """

    entries: list[Entry]
    calls: int = 0
    notes: list[str] = field(default_factory=list)
    name: str = "f"

    @property
    def verdict(self) -> str:
        """The worst verdict: wrong outranks kink, kink unsure, unsure right; unsure of nothing."""
        found = {entry.verdict for entry in self.entries}
        return next((verdict for verdict in VERDICTS if verdict in found), "unsure")

    def ranked(self) -> list[Entry]:
        """Return the entries, worst first."""
        return sorted(self.entries, key=lambda e: (VERDICTS.index(e.verdict), -_finite(e.margin)))

    def __str__(self) -> str:
        return "\n".join([self.summary(), *_table(self.ranked()), *self.notes])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        from autograd.check.page import html

        return html(self)

    def summary(self) -> str:
        """Return one line: the verdict, how many inputs, how many calls."""
        counts = [(v, sum(e.verdict == v for e in self.entries)) for v in VERDICTS]
        found = ", ".join(f"{n} {verdict}" for verdict, n in counts if n)
        return f"{self.name}: {self.verdict} ({found or 'no inputs'}; {self.calls} calls of f)"

    def __bool__(self) -> bool:
        return self.verdict == "right"


def _finite(margin: float) -> float:
    return inf if isnan(margin) else margin


def text(x: float, digits: int = 10) -> str:
    """Return a number for a table."""
    return f"{x:.{digits}g}"


HEAD = ("verdict", "input", "at", "claimed", "estimate", "error bound", "off by")
MOST = 40


def row(entry: Entry) -> tuple[str, ...]:
    """Return the cells of an entry."""
    off = f"{entry.margin:.2g} bounds" if isfinite(entry.margin) else "-"
    digits = _digits(entry.claimed, entry.estimate) if entry.verdict == "wrong" else 10
    name = entry.name if entry.order == 1 else f"{entry.name}, order {entry.order}"
    return (entry.verdict, name, text(entry.point, 6), text(entry.claimed, digits),
            text(entry.estimate, digits), text(entry.error_bound, 2), off)  # fmt: skip


def _digits(claimed: float, estimate: float) -> int:
    """Return how many digits show where two numbers differ: 6 to 17."""
    size, off = max(abs(claimed), abs(estimate)), abs(claimed - estimate)
    if not (isfinite(off) and off):
        return 10
    return min(max(6, ceil(log10(size) - log10(off)) + 2), 17)


def _table(entries: list[Entry]) -> list[str]:
    """Lay out the entries as lines of text, with the reasons below the rows they belong to."""
    shown = _those_shown(entries)
    cells = [HEAD, *map(row, shown)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    lines = []
    for line, entry in zip(cells, [None, *shown], strict=True):
        lines.append(
            "  " + "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
        )
        if entry is not None and entry.verdict != "right":
            lines.append(f"      {entry.reason}" + (f": {entry.mistake}" if entry.mistake else ""))
    if len(entries) > len(shown):
        lines.append(f"  ... and {len(entries) - len(shown)} more")
    return lines


def _those_shown(entries: list[Entry]) -> list[Entry]:
    """Return the first rows, and of those that are right a few."""
    bad = [entry for entry in entries if entry.verdict != "right"][:MOST]
    return entries[: max(len(bad), 10)]
