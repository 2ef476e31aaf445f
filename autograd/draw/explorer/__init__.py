"""The backward pass step by step, as one page that needs nothing but a browser.

`explore` makes it. The way there: `steps` goes through the graph as `backward()` does, `naming`
gives every node a name, `formulas` writes what happens in a step, `frames` decides which steps are
shown and how the boxes look after each, `scene` draws the graph, `page` puts all into HTML.
"""

from autograd.draw.explorer.exploration import Exploration, explore

__all__ = ["Exploration", "explore"]
