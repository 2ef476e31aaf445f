"""A line chart as SVG, drawn without a plotting library: the curve of a training.

`line_chart` takes named curves over the epochs and returns the text of a picture with axes, ticks
and each curve named at its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from math import ceil, floor, log10

from autograd.draw.text import visible

__all__ = ["line_chart", "ticks"]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 72, 110, 48, 56
SMALLEST, LARGEST = 1e-300, 1e300  # steps between ticks, and numbers, that leave room for them
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito's, safe for colour-blind


def ticks(low: float, high: float, count: int = 5) -> list[float]:
    """Return about `count` round numbers that enclose low and high.

    >>> ticks(0.0, 0.93)
    [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    raw = max((high - low) / count or abs(high) or 1.0, SMALLEST)
    unit = 10.0 ** floor(log10(raw))
    step = min((1.0, 2.0, 5.0, 10.0), key=lambda m: abs(m * unit - raw)) * unit
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, max(last, first + 1) + 1)]


def line_chart(curves: Mapping[str, Sequence[float]], title: str, x: str, y: str) -> str:
    """Return an SVG of curves over 1, 2, 3, ...; what is not finite, or above 1e300, leaves a gap.

    Args:
        curves: a name and its numbers, one for each epoch.
        title, x, y: the text above, and those at the axes.

    >>> "<svg" in line_chart({"training": [1.0, 0.5]}, "Loss", "epoch", "loss")
    True
    """
    finite = [number for numbers in curves.values() for number in numbers if _fits(number)]
    longest = max((len(numbers) for numbers in curves.values()), default=1)
    heights = ticks(min([0.0, *finite]), max(finite, default=1.0))
    epochs = [t for t in ticks(0.0, float(max(longest, 2))) if t <= longest and t == int(t)]

    def place(epoch: float, height: float) -> tuple[float, float]:
        across = (epoch - 1) / max(longest - 1, 1) if longest > 1 else 0.5
        up = (height - heights[0]) / (heights[-1] - heights[0])
        return (round(LEFT + across * (WIDTH - LEFT - RIGHT), 2),
                round(HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM), 2))  # fmt: skip

    parts = [_text(LEFT, 26, title, size=16, weight="600")]
    parts += [_grid(place(1, height)[1], f"{height:g}") for height in heights]
    parts += [_mark(place(max(epoch, 1), 0)[0], f"{max(epoch, 1):g}") for epoch in epochs]
    parts += [_axis(x, y)]
    ends = _apart([place(1, _last(numbers))[1] for numbers in curves.values()])
    for i, (name, numbers) in enumerate(curves.items()):
        points = [place(j, n) if _fits(n) else None for j, n in enumerate(numbers, start=1)]
        parts += _curve(points, COLOURS[i % len(COLOURS)])
        parts.append(_text(WIDTH - RIGHT + 8, ends[i] + 4, name, fill=COLOURS[i % len(COLOURS)]))
    return _svg(title, parts)


def _svg(title: str, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" \
width="{WIDTH}" height="{HEIGHT}" role="img" font-family="Helvetica, Arial, sans-serif">
<title>{escape(visible(title))}</title>
<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>
{body}
</svg>
"""


def _fits(number: float) -> bool:
    return abs(number) <= LARGEST


def _last(numbers: Sequence[float]) -> float:
    return next((number for number in reversed(numbers) if _fits(number)), 0.0)


def _apart(heights: Sequence[float], distance: float = 16.0) -> list[float]:
    """Move labels apart that would cover each other."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + distance)
    return placed


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, fill: str = "#222",
    weight: str = "400", turned: bool = False,
) -> str:  # fmt: skip
    turn = f' transform="rotate(-90 {x} {y})"' if turned else ""
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="{fill}" '
            f'font-weight="{weight}"{turn}>{escape(visible(text))}</text>')  # fmt: skip


def _grid(y: float, text: str) -> str:
    line = f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#e3e3e3"/>'
    return line + _text(LEFT - 8, y + 4, text, anchor="end", size=12, fill="#555")


def _mark(x: float, text: str) -> str:
    low = HEIGHT - BOTTOM
    line = f'<line x1="{x}" x2="{x}" y1="{low}" y2="{low + 5}" stroke="#777"/>'
    return line + _text(x, low + 19, text, anchor="middle", size=12, fill="#555")


def _axis(x: str, y: str) -> str:
    low, right, middle = HEIGHT - BOTTOM, WIDTH - RIGHT, (TOP + HEIGHT - BOTTOM) / 2
    line = f'<line x1="{LEFT}" x2="{right}" y1="{low}" y2="{low}" stroke="#777"/>'
    across = _text((LEFT + right) / 2, HEIGHT - 14, x, anchor="middle")
    return line + across + _text(20, middle, y, anchor="middle", turned=True)


def _curve(points: Sequence[tuple[float, float] | None], colour: str) -> list[str]:
    """Return a line for each unbroken stretch of points, a dot for one that stands alone."""
    stretches: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            stretches.append([])
        else:
            stretches[-1].append(point)
    parts = []
    for stretch in filter(None, stretches):
        if len(stretch) == 1:
            parts.append(
                f'<circle cx="{stretch[0][0]}" cy="{stretch[0][1]}" r="3" fill="{colour}"/>'
            )
        else:
            path = " ".join(f"{a},{b}" for a, b in stretch)
            parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" '
                         'stroke-width="2" stroke-linejoin="round"/>')  # fmt: skip
    return parts
