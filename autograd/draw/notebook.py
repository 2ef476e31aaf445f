"""Showing pictures in notebooks: as an image where the notebook is trusted or not, never an error.

`attach` teaches a class to show itself. A notebook that is not trusted strips inline SVG, so the
picture comes as an `<img>` with its data inside; beside it the SVG, for what shows no HTML.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from autograd.draw.layout import LayoutError

__all__ = ["attach", "bundle", "safely"]


def attach(kind: type, svg_of: Callable[[Any], str]) -> None:
    """Let the instances of a class show themselves in notebooks.

    Args:
        kind: the class.
        svg_of: returns the picture of an instance; where it raises, the notebook shows why.
    """

    def mimebundle(self: Any, include: Any = None, exclude: Any = None, **_: Any) -> dict[str, str]:
        return bundle(self, svg_of, include, exclude)

    def svg(self: Any) -> str | None:
        return bundle(self, svg_of).get("image/svg+xml")

    for name, method in (("_repr_mimebundle_", mimebundle), ("_repr_svg_", svg)):
        setattr(kind, name, method)


def bundle(
    shown: Any,
    svg_of: Callable[[Any], str],
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
) -> dict[str, str]:
    """Return what a notebook may show, by MIME type: a picture, or why there is none."""
    return safely(shown, lambda: _picture(svg_of(shown), repr(shown)), include, exclude)


def safely(
    shown: Any,
    contents: Callable[[], dict[str, str]],
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
) -> dict[str, str]:
    """Return contents by MIME type, of them those asked for, or why there are none."""
    try:
        found = contents()
    except Exception as error:  # noqa: BLE001 # whatever it is, it must not end the cell
        found = _excuse(shown, error)
    wanted = set(found if include is None else include) - set(exclude or ())
    return {kind: content for kind, content in found.items() if kind in wanted}


def _picture(svg: str, text: str) -> dict[str, str]:
    data = b64encode(svg.encode()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    image = f'<img alt="computation graph" style="max-width:none" src="{source}">'
    return {"text/html": image, "image/svg+xml": svg, "text/plain": text}


def _excuse(shown: Any, error: Exception) -> dict[str, str]:
    said = str(error) if isinstance(error, LayoutError) else f"{type(error).__name__}: {error}"
    text = f"{_repr(shown)}\n{said}".encode(errors="replace").decode()
    return {"text/html": f"<pre>{escape(text)}</pre>", "text/plain": text}


def _repr(shown: Any) -> str:
    try:
        return repr(shown)
    except Exception:  # noqa: BLE001 # a label may be anything, also something without a repr
        return object.__repr__(shown)
