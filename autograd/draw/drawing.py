"""Drawing a graph: `draw` for a notebook, `to_dot` and `to_svg` for text and files.

`draw` returns a `Drawing`, a `graphviz.Digraph` that renders also where no `dot` is installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import graphviz

from autograd.draw.dot import write
from autograd.draw.folding import folded
from autograd.draw.layout import laid_out, svg_of
from autograd.draw.look import SHOWN, Look
from autograd.draw.picture import picture
from autograd.draw.writing import write_whole
from autograd.value import Value

__all__ = ["Drawing", "checked_path", "draw", "to_dot", "to_svg"]


class Drawing(graphviz.Digraph):  # type: ignore[misc] # it comes without types
    """A graph in DOT: change it, save it, render it, or let a notebook show it."""

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.body)} boxes and arrows>"

    def to_svg(self) -> str:
        """Return the picture as SVG. Raises LayoutError where no layout engine does it."""
        return svg_of(self.source)

    def pipe(self, format: str | None = None, **named: Any) -> Any:
        """Return the picture as bytes, or as a str with `encoding`, as `graphviz.Digraph` does.

        Raises LayoutError where no layout engine does it.
        """
        if self._is_special(named):
            return super().pipe(format, **named)
        data = laid_out(self.source, format or self.format)
        encoding = named.get("encoding")
        return data.decode(encoding) if encoding else data

    def render(self, filename: Any = None, directory: Any = None, view: bool = False,
               cleanup: bool = False, format: str | None = None, outfile: Any = None,
               **named: Any) -> str:  # fmt: skip
        """Save the source and the picture and return the picture's path, as `graphviz.Digraph`.

        Raises LayoutError where no layout engine does it.
        """
        if self._is_special(named):
            named |= {"directory": directory, "view": view, "cleanup": cleanup, "format": format}
            return str(super().render(filename, outfile=outfile, **named))
        if outfile is not None:
            filename = Path(outfile).with_suffix(".gv")
            format = format or Path(outfile).suffix[1:]
        format = format or self.format
        source = Path(self.save(filename, directory=directory))
        target = f"{source}.{format}" if outfile is None else os.fspath(outfile)
        write_whole(Path(target), laid_out(self.source, format))
        if cleanup:
            source.unlink()
        if view or named.get("quiet_view"):
            self._view(target, format=format, quiet=bool(named.get("quiet_view")))
        return target

    def _is_special(self, named: dict[str, Any]) -> bool:
        """Return whether something is asked for that only the programs of Graphviz can do."""
        ours = ("encoding", "quiet", "quiet_view")
        return self.engine != "dot" or any(named[name] for name in named if name not in ours)


def draw(
    root: Value | Iterable[Value],
    *,
    rankdir: str = "LR",
    number_format: str = ".4g",
    show: Iterable[str] = SHOWN,
    limit: int = 300,
    fold: bool = True,
) -> Drawing:
    """Draw the graph below a Value, or several, as a `graphviz.Digraph` that notebooks show.

    Each node shows its label, its number and its gradient, each arrow the local derivative. Blue is
    a gradient below zero, orange one above it, black what is not finite. Leaves have square
    corners, outputs a double frame; a dashed frame repeats a node that is used in many places.

    Args:
        root: the output, or several.
        rankdir: the direction from leaves to outputs: "LR", "TB", "RL" or "BT".
        number_format: how numbers are written, as for `format`.
        show: some of "label", "data", "grad", "derivative"; without "grad", no colours either.
        limit: the largest number of nodes to draw, those nearest the output; the picture says how
            many it leaves out.
        fold: whether a graph beyond the limit is drawn by its neurons or, where these are many, by
            its layers: boxes that say what they stand for, and in which range their numbers lie.

    Raises TypeError for what is not a Value, ValueError for an unknown choice.

    >>> x = Value(3.0, label="x")
    >>> print(draw(x * x, show=["label"]).source)  # doctest: +ELLIPSIS
    digraph "computation graph" {
    ...
    """
    if limit < 1:
        raise ValueError(f"limit is the number of nodes to draw, at least 1, not {limit!r}")
    look = Look(rankdir, number_format, tuple([show] if isinstance(show, str) else show))
    drawing = Drawing("computation graph", format="svg")
    write((folded if fold else picture)(root, limit), look, drawing)
    return drawing


def to_dot(root: Value | Iterable[Value], **choices: Any) -> str:
    """Return the graph below a Value, or several, in the DOT language.

    Args:
        root: the output, or several.
        choices: those of `draw`.

    >>> to_dot(Value(3.0)).startswith("digraph")
    True
    """
    return str(draw(root, **choices).source)


def to_svg(
    root: Value | Iterable[Value], path: str | os.PathLike[str] | None = None, **choices: Any
) -> str:
    """Return the picture of the graph below a Value, or several, as SVG; write it to a file too.

    Args:
        root: the output, or several.
        path: where to write it; a file that is there is replaced when the new one is complete.
        choices: those of `draw`.

    Raises LayoutError where no layout engine is installed, FileNotFoundError for a folder that is
    not there, ValueError for a name such as "z.png", and the errors of `draw`.

    >>> to_svg(Value(3.0) * 2, "missing/product.svg")
    Traceback (most recent call last):
    FileNotFoundError: there is no folder 'missing' to write 'product.svg' into: make it first
    """
    target = None if path is None else checked_path(Path(path), ".svg")
    svg = draw(root, **choices).to_svg()
    if target is not None:
        write_whole(target, svg.encode())
    return svg


_KNOWN = {".svg", ".html", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".pdf", ".ps", ".dot", ".gv"}


def checked_path(path: Path, kind: str) -> Path:
    """Return where to write a file of some kind, such as ".svg".

    Raises an OSError, before anything is drawn, where that cannot be; ValueError for a name that
    promises another kind.
    """
    if path.suffix.lower() in _KNOWN - {kind}:
        raise ValueError(f"what is written is {kind}, not what {path.name!r} promises: write "
                         f"{path.with_suffix(kind).name!r}, or use draw(z).render(...) for other "
                         "pictures")  # fmt: skip
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} "
                                "into: make it first")  # fmt: skip
    if path.is_dir():
        raise IsADirectoryError(f"{str(path)!r} is a folder: give the name of a file in it")
    return path.absolute()  # the folder of the moment may be another when it is drawn
