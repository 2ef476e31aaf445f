"""A report as HTML for notebooks: a table with colours, and a plot of the error against the step.

The plot shows, for the worst input, how far the central differences at each step are from the
claim and from the estimate, on logarithmic axes: the V of truncation and rounding. Where the claim
is right both are the same V; where it is wrong, the claim's line stops falling at its error.
"""

from __future__ import annotations

from html import escape
from math import floor, isfinite, log10

from autograd.check.report import HEAD, MOST, Entry, Report, row

__all__ = ["html"]

COLOURS = {"right": "#1a7f37", "wrong": "#c62828", "kink": "#b26a00", "unsure": "#5f6b7a"}
WIDTH, HEIGHT, LEFT, BOTTOM = 420, 220, 52, 30


def html(report: Report) -> str:
    """Return a report as a fragment of HTML without scripts."""
    entries = report.ranked()
    body = "".join(map(_row, entries[:MOST]))
    head = "".join(f"<th style='text-align:left;padding:2px 10px'>{name}</th>" for name in HEAD)
    more = f"<p>... and {len(entries) - MOST} more</p>" if len(entries) > MOST else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    page = (
        f"<div><p><b style='color:{COLOURS[report.verdict]}'>{report.verdict}</b> "
        f"{escape(report.summary())}</p><table style='border-collapse:collapse'>"
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}{notes}"
        f"{plot(entries[0]) if entries else ''}</div>"
    )
    return page.encode(errors="replace").decode()  # a notebook refuses half of a surrogate pair


def _row(entry: Entry) -> str:
    colour = COLOURS[entry.verdict]
    first, *cells = row(entry)
    style = "padding:2px 10px;text-align:left;font-variant-numeric:tabular-nums"
    line = f"<td style='{style};color:{colour};font-weight:bold'>{first}</td>"
    line += "".join(f"<td style='{style}'>{escape(cell)}</td>" for cell in cells)
    if entry.verdict == "right":
        return f"<tr>{line}</tr>"
    why = escape(entry.reason + (f": {entry.mistake}" if entry.mistake else ""))
    style = "padding:0 10px 6px;text-align:left"  # a notebook would put it to the right
    return f"<tr>{line}</tr><tr><td></td><td colspan='6' style='{style}'>{why}</td></tr>"


def _points(entry: Entry, centre: float) -> list[tuple[float, float]]:
    """Return (log10 of the step, log10 of the distance of its slope from a number)."""
    scale = max([abs(slope) for _, slope in entry.slopes if isfinite(slope)], default=0.0)
    least = max(scale * 1e-17, 1e-320)
    return [
        (log10(h), log10(max(abs(slope - centre), least)))
        for h, slope in entry.slopes
        if isfinite(slope) and isfinite(centre)
    ]


def plot(entry: Entry) -> str:
    """Return the plot of error against step as an inline SVG; empty where there is too little."""
    series = [
        ("claim", COLOURS["wrong"], _points(entry, entry.claimed)),
        ("estimate", COLOURS["right"], _points(entry, entry.estimate)),
    ]
    every = [point for _, _, points in series for point in points]
    if len({x for x, _ in every}) < 2:
        return ""
    xs, ys = _range([x for x, _ in every]), _range([y for _, y in every])
    lines = "".join(_line(name, colour, points, xs, ys) for name, colour, points in series)
    title = f"distance of the slope from the claim and from the estimate, {escape(entry.name)}"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' "
        f"viewBox='0 0 {WIDTH} {HEIGHT}' font-family='sans-serif' font-size='11'>"
        f"<title>{title}</title><rect width='{WIDTH}' height='{HEIGHT}' fill='#ffffff'/>"
        f"{_axes(xs, ys)}{lines}{_legend()}</svg>"
    )


def _range(values: list[float]) -> tuple[float, float]:
    low, high = floor(min(values)), floor(max(values)) + 1
    return float(low), float(high)


def _place(
    x: float, y: float, xs: tuple[float, float], ys: tuple[float, float]
) -> tuple[float, float]:
    right, top = WIDTH - 12, 24
    across = LEFT + (x - xs[0]) / (xs[1] - xs[0]) * (right - LEFT)
    down = HEIGHT - BOTTOM - (y - ys[0]) / (ys[1] - ys[0]) * (HEIGHT - BOTTOM - top)
    return round(across, 1), round(down, 1)


def _line(
    name: str, colour: str, points: list[tuple[float, float]],
    xs: tuple[float, float], ys: tuple[float, float],
) -> str:  # fmt: skip
    placed = [_place(x, y, xs, ys) for x, y in points]
    path = " ".join(f"{x},{y}" for x, y in placed)
    dots = "".join(f"<circle cx='{x}' cy='{y}' r='3' fill='{colour}'/>" for x, y in placed)
    dash = " stroke-dasharray='4 3'" if name == "estimate" else ""
    return f"<polyline points='{path}' fill='none' stroke='{colour}'{dash}/>{dots}"


def _axes(xs: tuple[float, float], ys: tuple[float, float]) -> str:
    """Return the frame with labels at powers of ten."""
    (x0, y0), (x1, y1) = _place(xs[0], ys[0], xs, ys), _place(xs[1], ys[1], xs, ys)
    parts = [f"<path d='M{x0},{y1}V{y0}H{x1}' fill='none' stroke='#8a94a0'/>"]
    for x in _ticks(xs):
        across, _ = _place(x, ys[0], xs, ys)
        parts.append(f"<text x='{across}' y='{y0 + 14}' text-anchor='middle'>1e{x:.0f}</text>")
    for y in _ticks(ys):
        _, down = _place(xs[0], y, xs, ys)
        parts.append(f"<text x='{x0 - 5}' y='{down + 4}' text-anchor='end'>1e{y:.0f}</text>")
    parts.append(f"<text x='{x1}' y='{y0 + 26}' text-anchor='end'>step h</text>")
    return "".join(parts)


def _ticks(ends: tuple[float, float]) -> list[float]:
    step = max(1, round((ends[1] - ends[0]) / 5))
    return [float(t) for t in range(int(ends[0]), int(ends[1]) + 1, step)]


def _legend() -> str:
    return (
        f"<text x='{LEFT + 6}' y='14' fill='{COLOURS['wrong']}'>|slope - claim|</text>"
        f"<text x='{LEFT + 110}' y='14' fill='{COLOURS['right']}'>|slope - estimate|</text>"
    )
