"""From a picture to DOT: how boxes and arrows look.

`write` puts a `Picture` into a `graphviz.Digraph`. Leaves have square corners, inner nodes round
ones with the sign of the operation, outputs a double border, copies a dashed one; plain numbers and
what was left out have no border at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Any

import graphviz

from autograd.draw.colours import ALARM, ALARMING, CONSTANT, EDGE, NEUTRAL, QUIET, TEXT, fill
from autograd.draw.picture import Arrow, Box, Picture
from autograd.draw.text import SPACE, checked_format, hint, lines, markup, number, whole

__all__ = ["DIRECTIONS", "SHOWN", "Look", "write"]

SHOWN = ("label", "data", "grad", "derivative")
DIRECTIONS = ("LR", "TB", "RL", "BT")
FONT = "Helvetica,Arial,sans-serif"  # every Graphviz knows its widths, every browser has one


@dataclass(frozen=True)
class Look:
    """The choices: direction, format of numbers, what to show. Raises ValueError for others."""

    rankdir: str = "LR"
    number_format: str = ".4g"
    show: tuple[str, ...] = SHOWN

    def __post_init__(self) -> None:
        if self.rankdir not in DIRECTIONS:
            raise ValueError(f"rankdir is one of {', '.join(DIRECTIONS)}, not {self.rankdir!r}")
        checked_format(self.number_format)
        for what in self.show:
            if what not in SHOWN:
                raise ValueError(f"show names some of {', '.join(SHOWN)}, not {what!r}")


def write(picture: Picture, look: Look, graph: graphviz.Digraph) -> None:
    """Write the statements of a picture into an empty graph, in the picture's order."""
    graph.graph_attr.update(_graph(picture, look))
    graph.node_attr.update(shape="box", style="filled", fontname=FONT, fontsize="12",
                           color=QUIET, fontcolor=TEXT, margin="0.06,0.03", height="0.3",
                           width="0.3")  # fmt: skip
    graph.edge_attr.update(color=EDGE, fontname=FONT, fontsize="10", fontcolor="#333333",
                           arrowsize="0.7", weight="8")  # fmt: skip
    largest = max((abs(g) for g in map(_gradient, picture.boxes) if isfinite(g)), default=0.0)
    for box in picture.boxes:
        _plain(box, look, graph) if _is_plain(box) else _framed(box, look, largest, graph)
    for arrow in picture.arrows:
        graph.edge(arrow.tail, arrow.head, **_arrow(arrow, look))


def _graph(picture: Picture, look: Look) -> dict[str, str]:
    found = {"rankdir": look.rankdir, "bgcolor": "white", "nodesep": "0.2", "ranksep": "0.45",
             "fontname": FONT, "fontsize": "16", "nslimit": "2"}  # fmt: skip
    if picture.left_out:
        left_out = (f"The {whole(picture.drawn)} nodes nearest the output, of "
                    f"{whole(picture.total)}: {whole(picture.left_out)} are left out")  # fmt: skip
        found |= {"label": left_out, "labelloc": "t", "labeljust": "l"}
    return found


def _gradient(box: Box) -> float:
    return _float(box.gradient)


def _float(x: Any) -> float:
    """Return a number, also one that is a Value, and 0.0 for what is none."""
    x = getattr(x, "_data", x)
    return float(x) if hasattr(x, "__float__") else 0.0


def _is_plain(box: Box) -> bool:
    return box.kind in ("number", "rest")


def _plain(box: Box, look: Look, graph: graphviz.Digraph) -> None:
    """Write a box without a frame: a number, or the count of what was left out."""
    words = [] if box.data is None else [number(box.data, look.number_format)]
    label = markup(" = ".join([*lines(box.label), *words] if box.label else words))
    graph.node(box.name, f"<{label}>", shape="plaintext", style="", fontcolor=QUIET,
               margin="0.02,0", tooltip=_hint(box))  # fmt: skip


def _framed(box: Box, look: Look, largest: float, graph: graphviz.Digraph) -> None:
    colours = _colours(box, largest) if "grad" in look.show else {"fillcolor": NEUTRAL}
    style = {"leaf": "filled", "inner": "filled,rounded", "constant": "filled,dotted",
             "copy": "filled,dashed"}[box.kind]  # fmt: skip
    frame = {"peripheries": "2", "penwidth": "1.6", "color": TEXT} if box.output else {}
    label = f"<{_table(box, look)}>"
    graph.node(box.name, label, style=style, **frame, **colours, tooltip=_hint(box))


def _colours(box: Box, largest: float) -> dict[str, str]:
    if not (isfinite(_gradient(box)) and isfinite(box.data)):
        return {"fillcolor": ALARM, "fontcolor": NEUTRAL}
    return {"fillcolor": CONSTANT if box.kind == "constant" else fill(_gradient(box), largest)}


def _table(box: Box, look: Look) -> str:
    """Return the inside of a frame: the sign on the left; label, data and gradient on the right."""
    rows = []
    if box.label and "label" in look.show:
        rows.append(f'<TD COLSPAN="2">{_bold(box.label)}</TD>')
    if "data" in look.show:
        rows.append(_row("data", box.data, look))
    if "grad" in look.show and box.kind not in ("constant", "copy"):
        rows.append(_row("grad", _unsigned_zero(box.gradient), look))
    if box.sign or not rows:
        cell = f'<TD CELLPADDING="6" ROWSPAN="{max(len(rows), 1)}">{_sign(box.sign)}</TD>'
        rows[:1] = ["<VR/>".join([cell, *rows[:1]])]
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">'
    return table + "".join(f"<TR>{row}</TR>" for row in rows) + "</TABLE>"


def _unsigned_zero(x: Any) -> Any:
    """Return 0.0 for -0.0, the gradient of a relu that is off times a weight below zero."""
    return 0.0 if isinstance(x, float) and x == 0.0 else x


def _sign(sign: str) -> str:
    size = 20 if len(sign) < 3 else 14
    return f'<FONT POINT-SIZE="{size}"><B>{"<BR/>".join(map(markup, lines(sign)))}</B></FONT>'


def _bold(label: Any) -> str:
    return "<BR/>".join(f"<B>{markup(line)}</B>" for line in lines(label))


def _row(word: str, x: Any, look: Look) -> str:
    """Return the cells of a number; what is not finite stands out."""
    shown = markup(number(x, look.number_format))
    if not isfinite(_float(x)):
        shown = f'<FONT COLOR="{ALARMING}"><B>{shown}</B></FONT>' if "grad" in look.show else shown
    return (f'<TD ALIGN="LEFT"><FONT POINT-SIZE="10">{word}</FONT></TD>'
            f'<TD ALIGN="RIGHT">{shown}</TD>')  # fmt: skip


def _hint(box: Box) -> str:
    """Return the text for the mouse: everything, with all digits."""
    words = [str(box.label)] if box.label else []
    words += [box.sign] if box.sign else []
    words += [f"data {number(box.data, '')}"] if box.data is not None else []
    words += [f"grad {number(box.gradient, '')}"] if box.gradient is not None else []
    return hint("\n".join(words))


def _arrow(arrow: Arrow, look: Look) -> dict[str, str]:
    if arrow.count > 1:
        return {"label": f"{whole(arrow.count)} uses", "penwidth": "3", "tooltip": "many uses"}
    if arrow.derivative is None:
        return {"color": "#b5b5b5", "arrowhead": "none", "weight": "1", "tooltip": "no gradient"}
    alarm = {} if isfinite(arrow.derivative) else {"color": ALARM, "penwidth": "3"}
    tooltip = f"local derivative {arrow.derivative!r}"
    if "derivative" not in look.show:
        return {**alarm, "tooltip": tooltip}
    shown = markup(number(arrow.derivative, look.number_format))
    shown = f"<B>{shown}</B>" if alarm else shown
    beside = 2 * SPACE if look.rankdir in ("TB", "BT") else ""  # the line, which it would touch
    return {"label": f"<{beside}{shown}>", **alarm, "tooltip": tooltip}
