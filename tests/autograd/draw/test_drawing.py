"""draw, to_dot and to_svg: what they return and what they write."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import graphviz
import pytest

import autograd
from autograd import Value
from autograd.draw import Drawing, LayoutError, draw, drawing, layout, to_dot, to_svg

SVG = "{http://www.w3.org/2000/svg}"
HARMLESS = {"svg", "g", "a", "title", "polygon", "polyline", "path", "text", "ellipse"}
HOSTILE = [
    '"quoted" \\', "<b>bold</b>", "<<b>x</b>>", r"\N \G \L \l \n \\", "\U0001f600",
    "]]> <!-- --> ?>", "&lt;&amp;#60;&#92;N",
    "</text><script>alert(1)</script>", '"]; evil [label="', "{a|b}:c;,->",
]  # fmt: skip


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def graph() -> Value:
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    return y


@pytest.fixture
def fake_layout(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put a layout in the place of the engines that writes what it was asked for."""
    asked: list[str] = []

    def laid_out(dot: str, file_format: str = "svg", seconds: float | None = None) -> bytes:
        asked.append(file_format)
        return f"<?xml?>\n<svg>{file_format} é</svg>".encode()

    for module in (layout, drawing):
        monkeypatch.setattr(module, "laid_out", laid_out)
    return asked


@pytest.fixture
def no_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "engines", lambda _: [])


@pytest.fixture(params=["dot", "pygraphviz"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave one of the real engines; skip where it is not installed."""
    if request.param == "dot":
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    if not layout.engines("svg"):
        pytest.skip(f"{request.param} is not installed")


def test_draw_is_a_digraph() -> None:
    drawn = draw(graph())
    assert isinstance(drawn, graphviz.Digraph)
    assert drawn.source == to_dot(graph())
    assert repr(drawn) == "<Drawing of 4 boxes and arrows>"


def test_the_function_and_the_package_have_one_name() -> None:
    program = """
import autograd, inspect, autograd.draw
from autograd.draw import layout, to_svg
assert inspect.isfunction(autograd.draw) and "draw" in autograd.__all__
assert autograd.to_svg is to_svg and inspect.ismodule(layout)
print(type(autograd.draw(autograd.Value(1.0))).__name__)
"""
    # In a process of its own: pytest may put the package in the function's place.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "Drawing\n"


def test_a_drawing_can_be_changed_and_copied() -> None:
    drawn = draw(graph())
    drawn.attr(label="a title")
    assert 'label="a title"' in drawn.copy().source
    assert isinstance(drawn.copy(), Drawing)


@pytest.mark.usefixtures("engine")
def test_svg_shows_the_graph() -> None:
    root = ET.fromstring(to_svg(graph()))
    assert root.tag == f"{SVG}svg"
    classes = Counter(element.get("class") for element in root.iter(f"{SVG}g"))
    assert (classes["node"], classes["edge"]) == (2, 2)
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert sorted(map(str, texts)) == sorted(
        ["x", "data", "3", "grad", "6", "*", "data", "9", "grad", "1", "3", "3"]
    )


@pytest.mark.usefixtures("engine")
def test_labels_arrive_in_the_svg_as_they_are() -> None:
    svg = to_svg(autograd.sum([Value(1.0, label) for label in HOSTILE]))
    root = ET.fromstring(svg)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= HARMLESS
    texts = {text.text for text in root.iter(f"{SVG}text")}
    hints = {(link.get("{http://www.w3.org/1999/xlink}title") or "").split("\n")[0]
             for link in root.iter(f"{SVG}a")}  # fmt: skip
    assert texts >= set(HOSTILE)
    assert hints >= set(HOSTILE)


@pytest.mark.usefixtures("engine")
def test_every_character_is_a_label() -> None:
    characters = [chr(code) for code in range(0x21, 0x7F)] + ["é", "\u200b", "\U0001f600"]
    svg = to_svg(autograd.sum([Value(1.0, character) for character in characters]))
    texts = {text.text for text in ET.fromstring(svg).iter(f"{SVG}text")}
    assert texts >= set(characters)


@pytest.mark.usefixtures("engine")
def test_labels_of_what_cannot_be_shown() -> None:
    labels = ["nul \x00", "lone \ud800", "two\nlines", "   ", "long " * 1000, "\\", ""]
    svg = to_svg(autograd.sum([Value(1.0, label) for label in labels]))
    texts = {text.text for text in ET.fromstring(svg).iter(f"{SVG}text")}
    assert texts >= {"nul ␀", "lone \ufffd", "two", "lines", "long " * 7 + "long…", "\\"}


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "show", [[], ["label"], ["data"], ["grad"], ["derivative"], ["label", "derivative"]]
)
def test_every_choice_can_be_laid_out(show: list[str]) -> None:
    x = Value(-1.0, "x")
    roots = [x.sqrt() * 2, x.detach() + x, autograd.where(x > 0, x, 1.0), Value(1.0)]
    for rankdir in ("LR", "BT"):
        assert ET.fromstring(to_svg(roots, show=show, rankdir=rankdir)).tag.endswith("svg")


@pytest.mark.usefixtures("engine")
def test_large_graphs_are_laid_out_in_time() -> None:
    shared, chain = Value(0.5).sin(), Value(1.0)
    past = [chain]
    for i in range(400):
        chain = chain * shared + past[max(0, i - 30)]
        past.append(chain)
    svg = to_svg(chain)
    assert "are left out" in svg


@pytest.mark.usefixtures("engine")
def test_render_and_pipe(tmp_path: Path) -> None:
    drawn = draw(graph())
    assert drawn.pipe(encoding="utf-8").count("<svg") == 1
    path = drawn.render(tmp_path / "picture", format="png", cleanup=True)
    assert Path(path).read_bytes().startswith(b"\x89PNG")
    assert names(tmp_path) == ["picture.png"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_is_written_whole(fake_layout: list[str], tmp_path: Path, kind: Any) -> None:
    path = tmp_path / "picture.svg"
    path.write_text("old")
    svg = to_svg(graph(), kind(path))
    assert svg == "<svg>svg é</svg>"
    assert path.read_text("utf-8") == svg
    assert names(tmp_path) == ["picture.svg"]


@pytest.mark.usefixtures("fake_layout")
def test_a_path_in_the_folder_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    to_svg(graph(), "picture.svg")
    assert names(tmp_path) == ["picture.svg"]


@pytest.mark.usefixtures("fake_layout")
def test_a_link_goes_on_pointing_to_its_file(tmp_path: Path) -> None:
    (tmp_path / "target.svg").write_text("old")
    (tmp_path / "link.svg").symlink_to(tmp_path / "target.svg")
    svg = to_svg(graph(), tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "target.svg").read_text("utf-8") == svg


@pytest.mark.usefixtures("fake_layout")
def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"no folder .*nowhere' to write 'a\.svg' into: make it"
    ):
        to_svg(graph(), tmp_path / "nowhere" / "a.svg")
    with pytest.raises(IsADirectoryError, match="is a folder: give the name of a file in it"):
        to_svg(graph(), tmp_path)


@pytest.mark.usefixtures("no_layout")
def test_without_an_engine_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "picture.svg"
    path.write_text("old")
    with pytest.raises(LayoutError, match="Graphviz is needed"):
        to_svg(graph(), path)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["picture.svg"]


def test_a_failed_write_leaves_nothing_behind(
    fake_layout: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise PermissionError("read only")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        to_svg(graph(), tmp_path / "picture.svg")
    assert names(tmp_path) == []


def test_render_without_dot(
    fake_layout: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(Drawing, "_view", lambda self, path, **_: seen.append(path))
    svg, pdf = str(tmp_path / "picture.svg"), str(tmp_path / "picture.pdf")
    drawn = draw(graph())
    assert drawn.render("picture", tmp_path) == svg
    assert (tmp_path / "picture").read_text("utf-8") == drawn.source
    assert drawn.render("picture", tmp_path, format="pdf", view=True) == pdf
    assert drawn.view("picture", directory=tmp_path, quiet_view=True) == svg
    assert seen == [pdf, svg]
    assert fake_layout == ["svg", "pdf", "svg"]


def test_render_into_a_file_of_a_given_name(fake_layout: list[str], tmp_path: Path) -> None:
    path = tmp_path / "picture.png"
    assert draw(graph()).render(outfile=path, cleanup=True) == str(path)
    assert fake_layout == ["png"]
    assert names(tmp_path) == ["picture.png"]


def test_pipe_without_dot(fake_layout: list[str]) -> None:
    drawn = draw(graph())
    assert drawn.pipe() == "<?xml?>\n<svg>svg é</svg>".encode()
    assert drawn.pipe("json", encoding="utf-8").endswith("<svg>json é</svg>")
    assert fake_layout == ["svg", "json"]


def test_other_engines_are_left_to_graphviz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_layout: list[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    drawn = draw(graph())
    with pytest.raises(graphviz.ExecutableNotFound):
        drawn.pipe(engine="neato")
    with pytest.raises(graphviz.ExecutableNotFound):
        drawn.render(tmp_path / "picture", engine="neato")
    assert fake_layout == []


@pytest.mark.parametrize("name", ["a.png", "a.PDF", "a.html", "a.dot"])
def test_a_name_that_promises_another_kind(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"write 'a\.svg'"):
        to_svg(Value(1.0) * 2.0, tmp_path / name)
    assert not list(tmp_path.iterdir())
