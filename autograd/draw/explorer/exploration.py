"""`explore`: the backward pass from a Value, step by step, for a notebook or as a file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from html import escape
from pathlib import Path

from autograd.draw.drawing import checked_path
from autograd.draw.explorer.frames import frames_of
from autograd.draw.explorer.naming import names_of
from autograd.draw.explorer.page import page, table
from autograd.draw.explorer.scene import prepared, scene
from autograd.draw.folding import folded
from autograd.draw.layout import LayoutError
from autograd.draw.notebook import safely
from autograd.draw.writing import write_whole
from autograd.graph import topological_order
from autograd.value import Value

__all__ = ["Exploration", "explore"]

MOST_LISTED = 500
HEIGHT = 680  # of the page in a notebook
_NOTEBOOK = """<iframe title="{title}" sandbox="allow-scripts" width="100%" height="{height}"
 style="border:0" srcdoc="{page}"></iframe>
<details><summary>The steps as a table (the page above needs a trusted notebook)</summary>
{table}
</details>"""


class Exploration:
    """The steps of a backward pass, which a notebook shows as a page to be walked through.

    Attributes:
        gradients: what `backward()` would give each node, or add where it is a leaf.
    """

    def __init__(self, root: Value) -> None:
        order = topological_order(root)
        self._names = names_of(topological_order(root, operands=True))
        drawn = folded(root)
        self._story = frames_of(root, drawn, self._names)
        self._picture = prepared(drawn, self._names, self._story.frames)
        self._title = f"The backward pass from {self._names[root]}"
        self.gradients = {x: g for x, g in self._story.totals.items() if x.op != "constant"}
        self._listed = [(self._names[x], x._data, self.gradients[x])
                        for x in order if x in self.gradients][:MOST_LISTED]  # fmt: skip

    @cached_property
    def html(self) -> str:
        """The page, as the text of a file that needs nothing else."""
        try:
            svg, hint = scene(self._picture), ""
        except LayoutError as error:
            svg, hint = None, f"There is no picture here. {error}"
        return page(self._story, self._picture, self._title, svg, hint, self._listed)

    def __repr__(self) -> str:
        return f"<Exploration of {self._story.count} steps>"

    def __str__(self) -> str:
        """Return the steps as text."""
        lines = [self._title]
        for i, frame in enumerate(self._story.frames):
            lines.append(f"{i}. {frame.title}")
            for part in frame.parts:
                lines += [f"   {part.formula}"] + [f"   {part.total}"] * part.again
        return "\n".join(lines)

    def _repr_mimebundle_(
        self, include: Iterable[str] | None = None, exclude: Iterable[str] | None = None
    ) -> dict[str, str]:
        return safely(self, self._contents, include, exclude)

    def _contents(self) -> dict[str, str]:
        shown = _NOTEBOOK.format(title=escape(self._title), height=HEIGHT, page=escape(self.html),
                                 table=table(self._story.frames))  # fmt: skip
        return {"text/html": shown, "text/plain": str(self)}


def explore(root: Value, path: str | os.PathLike[str] | None = None) -> Exploration:
    """Walk through the backward pass from a Value step by step, in a notebook or as a page of HTML.

    Each step shows which node hands its gradient to which operands, the row of the table of
    derivatives with the numbers in it, and in the drawn graph all gradients so far. Nothing is
    stored: `.grad` stays as it is. A large graph is folded as in `draw`, and of many steps that are
    alike a few are shown. The page needs nothing but a browser.

    Args:
        root: the output.
        path: where to write the page; a file that is there is replaced when the new one is
            complete. Without a layout engine the page has a table in the place of the picture.

    Raises TypeError for what is not a Value, RuntimeError for a constant, which has no graph,
    FileNotFoundError for a folder that is not there, and ValueError for a name such as "z.svg".

    >>> x, y = Value(3.0, "x"), Value(-2.0, "y")
    >>> print(explore(x * y))
    The backward pass from v1
    0. v1 is the output: dv1/dv1 = 1
    1. v1 hands out its gradient
       x.grad += v1.grad * dv1/dx = 1.0 * -2.0 = -2.0
       y.grad += v1.grad * dv1/dy = 1.0 * 3.0 = 3.0
    2. The end
    """
    if not isinstance(root, Value):
        raise TypeError(f"a backward pass begins at one Value, not at {root!r}")
    if root.op == "constant":
        raise RuntimeError("a constant has no graph: it was made by detach() or under no_grad()")
    target = None if path is None else checked_path(Path(path), ".html")
    found = Exploration(root)
    if target is not None:
        write_whole(target, found.html.encode(errors="replace"))
    return found
