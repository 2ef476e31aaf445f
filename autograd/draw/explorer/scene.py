"""The drawn graph as SVG in which a page finds boxes, arrows and gradients again.

`scene` lays a picture out as `to_svg` does; `prepared` leaves room in it for every gradient. Every
box is an element with the id `box-NAME`, every arrow one with `arrow-NUMBER`, and the texts of the
gradients have the class `gradient`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from autograd.draw.boxes import Box, Picture
from autograd.draw.colours import QUIET, TEXT
from autograd.draw.dot import write
from autograd.draw.drawing import Drawing
from autograd.draw.explorer.frames import Frame
from autograd.draw.look import Look
from autograd.value import Value

__all__ = ["base", "prepared", "scene", "takes_gradient"]

SVG = "{http://www.w3.org/2000/svg}"
PIXELS = 4 / 3  # in a point
SMALLEST = 1.0  # pixels for a point: numbers are 12 pixels high then
TEXTS_OF_A_ROW = 6  # in a folded box: word, "data", range; nothing, "grad", range
NO_FRAMES = ("none", QUIET, TEXT)  # what fills the second line of an output, and lines inside boxes


class _Marked(Drawing):
    """A drawing whose arrows are numbered in the order in which they are written."""

    arrows = 0

    def edge(self, tail_name: str, head_name: str, *named: Any, **attributes: Any) -> None:
        attributes["id"] = f"arrow-{self.arrows}"
        self.arrows += 1
        super().edge(tail_name, head_name, *named, **attributes)


def base(name: str) -> str:
    """Return the name of the box that a box is a copy of, or its own.

    >>> base("n12c3"), base("n12"), base("n1k0")
    ('n12', 'n12', 'n1k0')
    """
    return name.partition("c")[0]


def prepared(picture: Picture, names: dict[Value, str], frames: Iterable[Frame]) -> Picture:
    """Return a picture with the names of nodes, and for gradients the longest texts of all frames.

    Args:
        picture: how the graph is drawn.
        names: a name for each node.
        frames: those that will be shown in it.
    """
    labels = {box: names[node] for node, box in picture.names.items()}
    longest: dict[str, list[str]] = {}
    for frame in frames:
        for box, change in frame.changes.items():
            held = longest.get(box, change.texts)
            longest[box] = [max(pair, key=len) for pair in zip(held, change.texts, strict=True)]
    return replace(picture, boxes=[_prepared(box, labels, longest) for box in picture.boxes])


def _prepared(box: Box, labels: dict[str, str], longest: dict[str, list[str]]) -> Box:
    """Return a box as it is laid out; one without texts is a number or a constant."""
    name = base(box.name)
    if box.rows:
        pairs = zip(box.rows, longest.get(name, [None] * len(box.rows)), strict=True)
        rows = tuple(replace(row, gradient=text) for row, text in pairs)
        return replace(box, gradient=0.0, rows=rows)
    texts = longest.get(name, [None])
    return replace(box, label=labels.get(name, box.label), gradient=texts[0])


def takes_gradient(box: Box) -> bool:
    """Return whether a prepared box shows a gradient, or is a copy of one that does."""
    return (box.rows[0] if box.rows else box).gradient is not None


def scene(picture: Picture) -> str:
    """Return a prepared picture as SVG.

    Raises LayoutError where no layout engine is installed.
    """
    drawing = _Marked("computation graph", format="svg")
    write(picture, Look(), drawing)
    return _marked(drawing.to_svg(), {box.name: box for box in picture.boxes})


def _marked(svg: str, boxes: dict[str, Box]) -> str:
    """Return the SVG with ids and classes, and without titles, which would show final numbers."""
    root = ET.fromstring(svg)  # noqa: S314 # Graphviz wrote it, and labels are escaped
    for group in root.iter(f"{SVG}g"):
        title = group.find(f"{SVG}title")
        if title is None:
            continue
        group.remove(title)
        if group.get("class") == "node":
            _mark(group, boxes[title.text or ""])
    for link in root.iter(f"{SVG}a"):
        link.attrib.clear()
        link.tag = f"{SVG}g"
    _scale(root)
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
    root.set("xmlns", SVG[1:-1])
    return ET.tostring(root, encoding="unicode")


def _scale(root: ET.Element) -> None:
    """Let a picture shrink to the width of a page, as long as it can be read."""
    width, height = (float(root.get(name, "").removesuffix("pt")) for name in ("width", "height"))
    root.set("width", f"{width * PIXELS:.0f}")
    root.set("height", f"{height * PIXELS:.0f}")
    root.set("style", f"max-width:{width * PIXELS:.0f}px;min-width:{width * SMALLEST:.0f}px")


def _mark(group: ET.Element, box: Box) -> None:
    group.set("id", f"box-{box.name}")
    group.set("class", f"node {box.kind}")
    for shape in list(group.iter()):
        if shape.get("fill", "none") not in NO_FRAMES and shape.tag != f"{SVG}text":
            shape.set("class", "frame")
            if box.rows:
                shape.set("fill", _two_colours(group, box.name))
    texts = list(group.iter(f"{SVG}text"))
    if takes_gradient(box) and "copy" not in box.kind:
        for i in range(max(len(box.rows), 1)):
            texts[-1 - i * TEXTS_OF_A_ROW].set("class", "gradient")


def _two_colours(group: ET.Element, name: str) -> str:
    """Add a fill of two halves, whose colours the page sets, and return how to use it."""
    definition = ET.SubElement(group, f"{SVG}linearGradient", id=f"fill-{name}")
    for _ in range(2):
        ET.SubElement(definition, f"{SVG}stop", {"offset": "0.5", "stop-color": "#ffffff"})
    return f"url(#fill-{name})"
