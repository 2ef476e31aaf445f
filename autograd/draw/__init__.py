"""Pictures of computation graphs.

`draw` shows the graph below a Value in a notebook, `to_svg` writes it to a file and `to_dot` gives
it as text; Values show themselves. On the way a graph becomes a `Picture` of boxes and arrows
(`picture`), DOT (`dot`, with `text` and `colours`), and SVG (`layout`).
"""

from autograd.draw.drawing import Drawing, draw, to_dot, to_svg
from autograd.draw.layout import LayoutError
from autograd.draw.notebook import attach
from autograd.value import Value

__all__ = ["Drawing", "LayoutError", "draw", "to_dot", "to_svg"]

attach(Drawing, Drawing.to_svg)
attach(Value, to_svg)
