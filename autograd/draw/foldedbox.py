"""The inside of a folded box: what it stands for, and between which numbers its nodes lie."""

from __future__ import annotations

from math import isfinite

from autograd.draw.boxes import Box, Extent, Row
from autograd.draw.colours import ALARM, ALARMING, NEUTRAL, fill
from autograd.draw.look import Look
from autograd.draw.text import lines, markup, number, whole

__all__ = ["extent_text", "folded_fill", "folded_table"]


def extent_text(extent: Extent, number_format: str) -> str:
    """Write the range of some numbers, and how many of them are not finite.

    >>> extent_text(Extent(-0.5, 2.0, 1), ".4g")
    '-0.5 … 2, 1 not finite'
    """
    ends = [number(x + 0.0, number_format) for x in (extent.low, extent.high)]  # no -0
    odd = f", {whole(extent.odd)} not finite" if extent.odd else ""
    return (ends[0] if ends[0] == ends[1] else " … ".join(ends)) + odd


def folded_fill(box: Box, largest: float) -> dict[str, str]:
    """Return the colours of a folded box: half that of its lowest gradient, half its highest's."""
    gradients = [row.gradient for row in box.rows if isinstance(row.gradient, Extent)]
    if any(row.data.odd for row in box.rows) or any(g.odd for g in gradients):
        return {"fillcolor": ALARM, "fontcolor": NEUTRAL}
    if not gradients or not isfinite(largest):
        return {"fillcolor": NEUTRAL}
    low, high = (fill(g, largest) for g in (gradients[0].low, gradients[0].high))
    return {"fillcolor": low if low == high else f"{low};0.5:{high}"}


def folded_table(box: Box, look: Look) -> str:
    """Return the label of a folded box as an HTML-like table of Graphviz."""
    heads: list[str] = [word for word in ("data", "grad") if word in look.show]
    rows = [f'<TD COLSPAN="3"><B>{_lines(box.label)}</B></TD>']
    rows += [f'<TD COLSPAN="3">{_small(_lines(box.note))}</TD>'] if box.note else []
    for row in box.rows:
        rows += _numbers(row, heads, look)
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">'
    return table + "".join(f"<TR>{row}</TR>" for row in rows) + "</TABLE>"


def _lines(text: str) -> str:
    return "<BR/>".join(map(markup, lines(text)))


def _small(text: str) -> str:
    return f'<FONT POINT-SIZE="10">{text}</FONT>'


def _numbers(row: Row, heads: list[str], look: Look) -> list[str]:
    """Return the lines of some nodes: their number in front of the first, data and gradient."""
    extents = {"data": row.data, "grad": row.gradient}
    words = [row.word] + [""] * len(heads)
    return [
        f'<TD ALIGN="LEFT">{_small(markup(word))}</TD><TD ALIGN="LEFT">{_small(head)}</TD>'
        f'<TD ALIGN="RIGHT">{_extent(extent, look)}</TD>'
        for word, head in zip(words, heads, strict=False)
        if (extent := extents[head]) is not None
    ]


def _extent(extent: Extent | str, look: Look) -> str:
    if isinstance(extent, str):
        return markup(extent)
    text = markup(extent_text(extent, look.number_format))
    return f'<FONT COLOR="{ALARMING}"><B>{text}</B></FONT>' if extent.odd else text
