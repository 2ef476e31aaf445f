"""Pictures of computation graphs, and the backward pass step by step.

`draw` shows the graph below a Value in a notebook, `to_svg` writes it to a file and `to_dot` gives
it as text; Values show themselves. On the way a graph becomes a `Picture` of boxes and arrows
(`picture` and `arranging`; `folding` where it is large), DOT (`dot`, with `text` and `colours`),
and SVG (`layout`). `explore` walks through the backward pass (`explorer`).
"""

from autograd.draw.drawing import Drawing, draw, to_dot, to_svg
from autograd.draw.explorer import Exploration, explore
from autograd.draw.layout import LayoutError
from autograd.draw.notebook import attach
from autograd.value import Value

__all__ = ["Drawing", "Exploration", "LayoutError", "draw", "explore", "to_dot", "to_svg"]

attach(Drawing, Drawing.to_svg)
attach(Value, to_svg)
