"""The drawn graph, marked so that a page finds its parts."""

from xml.etree import ElementTree as ET

import pytest

import autograd as ag
from autograd import Value
from autograd.draw import layout
from autograd.draw.boxes import Picture
from autograd.draw.explorer.frames import frames_of
from autograd.draw.explorer.naming import names_of
from autograd.draw.explorer.scene import base, prepared, scene, takes_gradient
from autograd.draw.folding import folded

needs_layout = pytest.mark.skipif(not layout.engines("svg"), reason="there is no layout engine")


def drawn(root: Value) -> Picture:
    names = names_of(ag.topological_order(root))
    picture = folded(root)
    return prepared(picture, names, frames_of(root, picture, names).frames)


def elements(picture: Picture) -> dict[str, ET.Element]:
    found = {e.get("id", ""): e for e in ET.fromstring(scene(picture)).iter()}
    return {name: e for name, e in found.items() if name.startswith(("box-", "arrow-"))}


def gradients(element: ET.Element) -> list[str | None]:
    return [text.text for text in element.iter() if text.get("class") == "gradient"]


def mixed() -> Value:
    w, x = Value(0.5, "w"), Value(-1.0)
    for _ in range(6):
        x = x * w + 1.0
    return x.sqrt() * Value(2.0, "c").detach()


def layers() -> Value:
    rows = [[Value(0.1 * i), Value(0.2)] for i in range(150)]
    return ag.sum([z.tanh() for z in ag.matvec(rows, [1.0, 2.0])])


@needs_layout
@pytest.mark.parametrize("graph", [mixed, layers, lambda: Value(1.0)])
def test_every_box_and_arrow_is_found_and_every_gradient(graph: object) -> None:
    picture = drawn(graph())  # type: ignore[operator] # one of the functions above
    found = elements(picture)
    assert {f"box-{box.name}" for box in picture.boxes} <= set(found)
    assert {f"arrow-{i}" for i in range(len(picture.arrows))} <= set(found)
    for box in picture.boxes:
        shown = gradients(found[f"box-{box.name}"])
        if not takes_gradient(box) or "copy" in box.kind:
            assert shown == []
        else:
            assert shown == [row.gradient for row in box.rows] if box.rows else [box.gradient]


@needs_layout
def test_final_numbers_are_not_given_away() -> None:
    svg = scene(drawn(mixed()))
    assert "<title" not in svg
    assert "xlink" not in svg


@needs_layout
def test_a_frame_is_what_is_coloured() -> None:
    for name, element in elements(drawn(mixed())).items():
        frames = [e for e in element.iter() if e.get("class") == "frame"]
        assert len(frames) <= 1
        assert not frames or name.startswith("box-")


@needs_layout
def test_other_users_of_elementtree_see_no_difference() -> None:
    element = ET.Element("{http://www.w3.org/2000/svg}svg")
    before = ET.tostring(element)
    scene(drawn(mixed()))
    assert ET.tostring(element) == before


def test_there_is_room_for_the_longest_gradient() -> None:
    x = Value(1.0, "x")
    root = x * 0.123456 + x * 0.876544
    (box,) = [box for box in drawn(root).boxes if box.label == "x"]
    assert box.gradient in ("0.8765", "0.1235")


def test_names_stand_in_the_picture_and_gradients_may_be_missing() -> None:
    x = Value(1.0)
    x.grad = None
    root = x.exp()
    assert [(box.label, box.gradient) for box in drawn(root).boxes] == [
        ("p1", "2.718"),
        ("v1", "1"),
    ]


def test_copies_belong_to_a_box() -> None:
    assert [base(name) for name in ("n1", "n1c20", "n3k0", "n3k", "n3r")] == [
        "n1", "n1", "n3k0", "n3k", "n3r",
    ]  # fmt: skip
