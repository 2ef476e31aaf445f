"""In a notebook: a picture whether it is trusted or not, and never an exception."""

import re
from base64 import b64decode
from typing import Any

import pytest

from autograd import Value
from autograd.draw import LayoutError, draw, layout, notebook, to_svg
from autograd.draw.layout import HINT

SVG = "<svg>é</svg>"


@pytest.fixture
def fake_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    def laid_out(*_: Any) -> bytes:
        return f"<?xml?>{SVG}".encode()

    monkeypatch.setattr(layout, "laid_out", laid_out)


@pytest.fixture
def no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda _: [])


def shown() -> list[Any]:
    y = Value(3.0, "<x>") * 2
    return [y, draw(y)]


@pytest.mark.usefixtures("fake_layout")
@pytest.mark.parametrize("thing", shown())
def test_a_picture_for_every_notebook(thing: Any) -> None:
    found = thing._repr_mimebundle_()
    assert list(found) == ["text/html", "image/svg+xml", "text/plain"]
    data = re.fullmatch(
        '<img alt="computation graph" style="[^"]*" src="data:image/svg\\+xml;base64,([^"]*)">',
        found["text/html"],
    )
    assert data
    assert b64decode(data[1]).decode() == found["image/svg+xml"] == thing._repr_svg_() == SVG
    assert found["text/plain"] == repr(thing)


@pytest.mark.usefixtures("fake_layout")
def test_only_what_is_asked_for() -> None:
    value = Value(1.0)
    assert value._repr_mimebundle_(include=["image/svg+xml", "image/png"]) == {"image/svg+xml": SVG}
    assert list(value._repr_mimebundle_(exclude=["image/svg+xml"])) == ["text/html", "text/plain"]
    assert value._repr_mimebundle_(include=["text/plain"], exclude=["text/plain"]) == {}


@pytest.mark.usefixtures("no_layout")
@pytest.mark.parametrize("thing", shown())
def test_a_hint_where_nothing_can_lay_it_out(thing: Any) -> None:
    found = thing._repr_mimebundle_()
    assert list(found) == ["text/html", "text/plain"]
    assert found["text/plain"] == f"{thing!r}\n{HINT}"
    assert "<x>" not in found["text/html"]
    assert "pip install &quot;scalar-autograd[draw]&quot;" in found["text/html"]
    assert thing._repr_svg_() is None


@pytest.mark.parametrize(
    "error", [LayoutError("too long"), RecursionError("deep"), OSError("disk")]
)
def test_no_error_ends_the_cell(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: Any) -> bytes:
        raise error

    monkeypatch.setattr(layout, "laid_out", fail)
    for thing in shown():
        assert str(error) in thing._repr_mimebundle_()["text/plain"]
        assert thing._repr_svg_() is None


def test_no_label_ends_the_cell() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ValueError("no text")

    value = Value(1.0)
    value.label = Broken()  # type: ignore[assignment] # that is what is tried
    found = value._repr_mimebundle_()
    assert "ValueError: no text" in found["text/plain"]
    assert "autograd.value.Value object" in found["text/plain"]


@pytest.mark.usefixtures("no_layout")
def test_what_a_notebook_shows_can_be_encoded() -> None:
    for text in Value(1.0, "\ud800")._repr_mimebundle_().values():
        assert text.encode().decode() == text


def test_any_class_can_show_itself() -> None:
    class Squared:
        def __init__(self, x: float) -> None:
            self.value = Value(x) * 2

    notebook.attach(Squared, lambda squared: to_svg(squared.value))
    assert "text/plain" in Squared(2.0)._repr_mimebundle_()  # type: ignore[attr-defined] # attached
