"""One page of HTML that shows the backward pass step by step, with nothing to be loaded.

Texts from outside, labels above all, are escaped in HTML; in the data for the script every `<`, `>`
and `&` is written as an escape of JSON, and the script puts texts in as texts. A content security
policy allows this one script and no connection to anywhere.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import sha256
from html import escape
from importlib.resources import files
from math import isfinite
from typing import Any

from autograd.draw.boxes import Box, Picture, as_float
from autograd.draw.colours import ALARM, NEUTRAL, fill
from autograd.draw.explorer.frames import Change, Frame, Story
from autograd.draw.explorer.scene import base, takes_gradient
from autograd.draw.text import visible, whole

__all__ = ["page", "table"]

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{summary}</p></header>
<div class="controls" role="group" aria-label="Steps">
<button id="first">First</button>
<button id="back">Back</button>
<button id="next">Next</button>
<button id="last">Last</button>
<button id="play">Play</button>
<input id="slider" type="range" min="0" max="0" value="0" aria-label="Step">
<output id="place"></output>
</div>
<div class="stage{side}">
{picture}
<section id="panel" class="panel" aria-live="polite" aria-label="What happens in this step">
<noscript>The steps are in the table below.</noscript></section>
</div>
{legend}
<details{open}><summary>All steps as a table</summary><div class="scroll">
{table}
</div></details>
<details><summary>The gradients at the end, with all digits</summary><div class="scroll">
{gradients}
</div></details>
<script type="application/json" id="steps">{data}</script>
<script>{script}</script>
</body>
</html>
"""
_LEGEND = """<ul class="legend" aria-label="Legend">
<li class="active"><i></i>hands out its gradient</li>
<li class="gets"><i></i>gets a share</li>
<li class="pending"><i></i>not reached</li>
<li class="reached"><i></i>has a gradient, more may come</li>
<li class="done"><i></i>done</li>
<li>blue: gradient below zero, orange: above</li>
</ul>"""
NARROW = 700  # a picture of this width leaves room for the text at its side


def page(story: Story, picture: Picture, title: str, svg: str | None, hint: str,
         gradients: Iterable[tuple[str, Any, float]]) -> str:  # fmt: skip
    """Return the page.

    Args:
        story: the frames.
        picture: how the graph is drawn.
        title: the name of the page.
        svg: the drawn picture, marked by `scene`; None where it could not be drawn.
        hint: why there is none.
        gradients: name, number and gradient of what is listed at the end.
    """
    script, style = (_data_file(name) for name in ("page.js", "page.css"))
    shown = f'<figure id="picture" class="picture" aria-label="Computation graph">{svg}</figure>'
    return _PAGE.format(
        digest=b64encode(sha256(script.encode()).digest()).decode(),
        title=escape(title),
        style=style,
        summary=_summary(story),
        side=" side" if svg is None or _width(svg) <= NARROW else "",
        picture=f'<p class="hint">{escape(hint)}</p>' if svg is None else shown,
        legend="" if svg is None else _LEGEND,
        open=" open" if svg is None else "",
        table=table(story.frames),
        gradients=_gradients(gradients),
        data=_json(_data(story, picture)),
        script=script,
    )


def _summary(story: Story) -> str:
    steps = "1 step" if story.count == 1 else f"{whole(story.count)} steps"
    some = f" {whole(story.told)} are shown one by one, the others together."
    return (f"{steps} of the chain rule, in the order in which backward() takes them."
            + (some if story.told < story.count else "")
            + " Arrow keys go from step to step; a click on a node goes to its own.")  # fmt: skip


def _data_file(name: str) -> str:
    return (files(__package__) / "data" / name).read_text(encoding="utf-8")


def _width(svg: str) -> int:
    return int(svg.partition('width="')[2].partition('"')[0] or 0)


def table(frames: Iterable[Frame]) -> str:
    """Return the steps as a table of plain HTML, which also notebooks show that trust nothing."""
    rows = ["<tr><th>step</th><th>what happens</th><th>what the parents get</th></tr>"]
    for i, frame in enumerate(frames):
        told = [frame.title, frame.equation, frame.row]
        parts = [f"{part.slope}\n{part.formula}\n{part.total}" for part in frame.parts]
        cells = (_cell(told), _cell([*parts, frame.more]))
        rows.append(f'<tr data-frame="{i}"><th>{i}</th><td>{cells[0]}</td><td>{cells[1]}</td></tr>')
    return (
        f"<table>\n<thead>{rows[0]}</thead>\n<tbody>\n" + "\n".join(rows[1:]) + "\n</tbody></table>"
    )


def _cell(texts: Iterable[str]) -> str:
    return escape("\n".join(text for text in texts if text)).replace("\n", "<br>")


def _gradients(found: Iterable[tuple[str, Any, float]]) -> str:
    rows = "\n".join(
        f"<tr><td>{escape(name)}</td><td>{escape(repr(data))}</td><td>{gradient!r}</td></tr>"
        for name, data, gradient in found
    )
    head = "<tr><th>node</th><th>data</th><th>gradient</th></tr>"
    return f"<table>\n<thead>{head}</thead>\n<tbody>\n{rows}\n</tbody></table>"


def _json(data: Any) -> str:
    r"""Write data so that it cannot end the element it stands in.

    >>> print(_json("</script>"))
    "\u003c/script\u003e"
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _data(story: Story, picture: Picture) -> dict[str, Any]:
    """Return what the script needs to know."""
    ends = [abs(end) for change in story.frames[-1].changes.values() for end in change.ends]
    largest = max((end for end in ends if isfinite(end)), default=0.0)
    boxes = {box.name: box for box in picture.boxes if takes_gradient(box)}
    alarming = {name for name, box in boxes.items() if _is_alarming(box)}
    frames = [
        asdict(frame) | {"changes": {name: _look(change, largest, name in alarming)
                                     for name, change in frame.changes.items()}}
        for frame in story.frames
    ]  # fmt: skip
    return {"frames": frames, "boxes": [_box(box, box.name in alarming) for box in boxes.values()],
            "arrows": [[base(arrow.tail), arrow.head] for arrow in picture.arrows]}  # fmt: skip


def _is_alarming(box: Box) -> bool:
    return any(row.data.odd for row in box.rows) or not isfinite(as_float(box.data))


def _look(change: Change, largest: float, alarming: bool) -> dict[str, Any]:
    """Return how a box looks: colours in the place of the ends of its gradients."""
    fills = [ALARM if alarming else fill(end, max(largest, abs(end))) for end in change.ends]
    return {"state": change.state, "texts": change.texts, "fills": fills}


def _box(box: Box, alarming: bool) -> dict[str, Any]:
    pending = ALARM if alarming else NEUTRAL
    title = " ".join(visible(str(part)[:80]) for part in (box.label, box.sign, box.note) if part)
    return {"name": box.name, "of": base(box.name), "kind": box.kind, "title": title,
            "pending": [pending, pending], "alarm": ALARM}  # fmt: skip
