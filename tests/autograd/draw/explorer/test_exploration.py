"""explore: in a notebook, trusted or not, and as a file."""

import re
import struct
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import autograd as ag
from autograd import Value, explore
from autograd.draw import Exploration, LayoutError, layout


def graph() -> Value:
    x, y = Value(3.0, "x"), Value(-2.0, "y")
    z = x * y + x.tanh()
    z.label = "z"
    return z


@pytest.fixture
def no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda _: [])


def test_nothing_is_stored_and_the_gradients_are_those_of_backward() -> None:
    z = graph()
    before = {node: (node.grad, node.label) for node in ag.topological_order(z)}
    found = explore(z)
    found._repr_mimebundle_()
    assert {node: (node.grad, node.label) for node in ag.topological_order(z)} == before
    z.backward()
    for node, gradient in found.gradients.items():
        assert struct.pack("d", node.grad) == struct.pack("d", gradient)
    assert set(found.gradients) == set(before)


@pytest.mark.usefixtures("no_layout")
def test_a_page_is_written_whole_also_without_a_layout(tmp_path: Path) -> None:
    path = tmp_path / "backward.html"
    path.write_text("old")
    found = explore(graph(), path)
    assert path.read_text("utf-8") == found.html
    assert found.html.startswith("<!doctype html>")
    assert [file.name for file in tmp_path.iterdir()] == ["backward.html"]


def test_it_is_drawn_where_something_can_lay_it_out() -> None:
    if not layout.engines("svg"):
        pytest.skip("there is no layout engine")
    assert '<g id="box-n0"' in explore(graph()).html


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="make it first"):
        explore(graph(), tmp_path / "nowhere" / "a.html")


def test_a_name_that_promises_another_kind(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"write 'a\.html'"):
        explore(graph(), tmp_path / "a.svg")
    assert not list(tmp_path.iterdir())


def test_a_label_that_cannot_be_encoded_is_written_too(tmp_path: Path) -> None:
    explore(Value(1.0, "lone \ud800") * 2.0, str(tmp_path / "a.html"))
    assert "lone " in (tmp_path / "a.html").read_text(encoding="utf-8")


@pytest.mark.usefixtures("no_layout")
def test_a_notebook_shows_a_page_that_cannot_reach_it() -> None:
    shown = explore(graph())._repr_mimebundle_()
    assert list(shown) == ["text/html", "text/plain"]
    (frame,) = re.findall(r"<iframe ([^>]*)>", shown["text/html"])
    assert 'sandbox="allow-scripts"' in frame
    page = re.search('srcdoc="([^"]*)"', frame)
    assert page
    assert unescape(page[1]) == explore(graph()).html
    assert shown["text/plain"] == str(explore(graph()))


@pytest.mark.usefixtures("no_layout")
def test_what_an_untrusted_notebook_keeps_is_a_plain_table() -> None:
    shown = explore(graph())._repr_mimebundle_()["text/html"]
    rest = re.sub(r"<iframe.*?</iframe>", "", shown, flags=re.DOTALL)
    assert set(re.findall(r"<(\w+)", rest)) <= {
        "details", "summary", "table", "thead", "tbody", "tr", "th", "td", "br",
    }  # fmt: skip
    assert "x.grad += v1.grad * dv1/dx = 1.0 * -2.0 = -2.0" in rest


def test_only_what_is_asked_for() -> None:
    found = explore(graph())
    assert list(found._repr_mimebundle_(include=["text/plain"])) == ["text/plain"]
    assert list(found._repr_mimebundle_(exclude=["text/plain"])) == ["text/html"]


@pytest.mark.parametrize("error", [LayoutError("too long"), RecursionError("deep")])
def test_no_error_of_a_layout_ends_a_cell(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> bytes:
        raise error

    monkeypatch.setattr(layout, "laid_out", fail)
    assert str(error) in explore(graph())._repr_mimebundle_()["text/html"]


def test_as_text() -> None:
    found = explore(graph())
    assert repr(found) == "<Exploration of 3 steps>"
    assert str(found).splitlines()[:3] == [
        "The backward pass from z",
        "0. z is the output: dz/dz = 1",
        "1. z hands out its gradient",
    ]
    assert isinstance(found, Exploration)


def test_what_has_no_backward_pass() -> None:
    with pytest.raises(TypeError, match=r"begins at one Value, not at 3\.0"):
        explore(3.0)  # type: ignore[arg-type] # that is what is tried
    with pytest.raises(RuntimeError, match="a constant has no graph"):
        explore(Value(1.0).detach())


@pytest.mark.unmeasured
@pytest.mark.usefixtures("no_layout")
def test_deep_and_wide_graphs_stay_small_pages() -> None:
    node = Value(0.5, "x")
    for _ in range(30_000):
        node = node * 0.999 + 0.0001
    wide = ag.sum([Value(float(i)) for i in range(30_000)])
    for root in (node, wide):
        assert len(explore(root).html) < 1_000_000
