"""From a picture to DOT: how boxes and arrows look.

`write` puts a `Picture` into a `graphviz.Digraph`. Leaves have square corners, inner nodes round
ones with the sign of the operation, outputs a double border, copies a dashed one; plain numbers and
what was left out have no border at all.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any

import graphviz

from autograd.draw.boxes import Arrow, Box, Picture, as_float
from autograd.draw.colours import ALARM, ALARMING, CONSTANT, EDGE, NEUTRAL, QUIET, TEXT, fill
from autograd.draw.foldedbox import folded_fill, folded_table
from autograd.draw.look import Look
from autograd.draw.text import SPACE, hint, lines, markup, number, whole

__all__ = ["write"]

FONT = "Helvetica,Arial,sans-serif"  # every Graphviz knows its widths, every browser has one


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
        _writer(box)(box, look, largest, graph)
    for arrow in picture.arrows:
        graph.edge(arrow.tail, arrow.head, **_arrow(arrow, look))


def _graph(picture: Picture, look: Look) -> dict[str, str]:
    found = {"rankdir": look.rankdir, "bgcolor": "white", "nodesep": "0.2", "ranksep": "0.45",
             "fontname": FONT, "fontsize": "16", "nslimit": "2"}  # fmt: skip
    told = _folded_away(picture) + _left_out(picture)
    return found | {"label": told, "labelloc": "t", "labeljust": "l"} if told else found


def _folded_away(picture: Picture) -> str:
    if not picture.folded:
        return ""
    return f"{whole(picture.folded)} nodes, folded into {whole(picture.total)} boxes. "


def _left_out(picture: Picture) -> str:
    if not picture.left_out:
        return ""
    things = "boxes" if picture.folded else "nodes"
    return (f"The {whole(picture.drawn)} {things} nearest the output, of {whole(picture.total)}: "
            f"{whole(picture.left_out)} are left out")  # fmt: skip


def _gradient(box: Box) -> float:
    return as_float(box.gradient)


def _writer(box: Box) -> Callable[[Box, Look, float, graphviz.Digraph], None]:
    if box.kind in ("number", "rest"):
        return _plain
    return _folded if box.rows else _framed


def _plain(box: Box, look: Look, _: float, graph: graphviz.Digraph) -> None:
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


def _folded(box: Box, look: Look, largest: float, graph: graphviz.Digraph) -> None:
    style = "filled,dashed" if "copy" in box.kind else "filled"
    shown = folded_fill(box, largest) if "grad" in look.show else {"fillcolor": NEUTRAL}
    frame = {"penwidth": "2.4" if box.output else "1.4", "color": TEXT if box.output else QUIET}
    graph.node(box.name, f"<{folded_table(box, look)}>", shape="box3d", style=style, **shown,
               **frame, tooltip=_hint(box))  # fmt: skip


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
    if not isfinite(as_float(x)):
        shown = f'<FONT COLOR="{ALARMING}"><B>{shown}</B></FONT>' if "grad" in look.show else shown
    return (f'<TD ALIGN="LEFT"><FONT POINT-SIZE="10">{word}</FONT></TD>'
            f'<TD ALIGN="RIGHT">{shown}</TD>')  # fmt: skip


def _hint(box: Box) -> str:
    """Return the text for the mouse: everything, with all digits."""
    words = [str(box.label)] if box.label else []
    words += [box.sign] if box.sign else []
    words += [box.note] if box.note else []
    words += [f"data {number(box.data, '')}"] if box.data is not None else []
    words += [f"grad {number(box.gradient, '')}"] if _has_one_gradient(box) else []
    return hint("\n".join(words))


def _has_one_gradient(box: Box) -> bool:
    return box.gradient is not None and not box.rows


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
