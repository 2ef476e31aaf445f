"""The frames: what is told, what is left out, and how the boxes look."""

import pytest

import autograd as ag
from autograd import Value
from autograd.draw.explorer.frames import MOST_STEPS, Story, frames_of
from autograd.draw.explorer.naming import names_of
from autograd.draw.folding import folded


def story(root: Value) -> Story:
    return frames_of(root, folded(root), names_of(ag.topological_order(root)))


def small() -> Value:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    return x * y + x


def layer(count: int) -> Value:
    rows = [[Value(0.1), Value(0.2)] for _ in range(count)]
    return ag.sum([z.tanh() for z in ag.matvec(rows, [1.0, 2.0])])


def test_a_frame_for_each_step_between_the_first_and_the_end() -> None:
    told = story(small())
    assert [frame.title for frame in told.frames] == [
        "v2 is the output: dv2/dv2 = 1",
        "v2 hands out its gradient",
        "v1 hands out its gradient",
        "The end",
    ]
    assert (told.count, told.told) == (2, 2)


def test_the_addition_of_a_second_share_is_marked() -> None:
    parts = [part for frame in story(small()).frames for part in frame.parts]
    assert [(part.parent, part.again) for part in parts] == [
        ("v1", False), ("x", False), ("x", True), ("y", False),
    ]  # fmt: skip
    assert parts[2].total == "x.grad = 1.0 + 3.0 = 4.0"


def test_boxes_are_reached_and_then_done() -> None:
    root = small()
    picture = folded(root)
    names = {box.label or box.sign: box.name for box in picture.boxes}
    frames = story(root).frames
    assert [
        [(frame.changes[names[x]].state, frame.changes[names[x]].texts) for frame in frames
         if names[x] in frame.changes]
        for x in ("x", "y", "*", "+")
    ] == [
        [("reached", ["1"]), ("done", ["4"]), ("done", ["4"])],
        [("done", ["2"]), ("done", ["2"])],
        [("reached", ["1"]), ("done", ["1"]), ("done", ["1"])],
        [("reached", ["1"]), ("done", ["1"]), ("done", ["1"])],
    ]  # fmt: skip


def test_who_acts() -> None:
    root = small()
    picture = folded(root)
    names = {box.label or box.sign: box.name for box in picture.boxes}
    frames = story(root).frames
    assert [frame.active for frame in frames] == ["", names["+"], names["*"], ""]
    assert frames[1].gets == [names["*"], names["x"]]


def test_a_leaf_alone_has_no_steps() -> None:
    told = story(Value(2.0, "x"))
    assert [frame.title for frame in told.frames] == ["x is the output: dx/dx = 1", "The end"]


def test_a_constant_gets_nothing() -> None:
    x, c = Value(2.0, "x"), Value(3.0, "c").detach()
    told = story(x * c)
    assert [part.parent for frame in told.frames for part in frame.parts] == ["x"]
    assert all(len(frame.changes) <= 2 for frame in told.frames)


def test_of_a_folded_box_a_few_steps_are_told_and_the_others_counted() -> None:
    told = story(layer(200))
    assert told.count == 401
    assert len(told.frames) == 8
    (skipped,) = [frame for frame in told.frames if "not shown" in frame.title]
    assert skipped.title == "396 steps more, not shown one by one"
    assert skipped.equation == "198 × tanh, 198 × dot"
    assert told.frames[2].title.endswith("(in “layer of 200 neurons: tanh”)")


def test_a_folded_box_is_done_when_all_its_nodes_are() -> None:
    told = story(layer(200))
    name = told.frames[2].active
    states = [frame.changes[name].state for frame in told.frames if name in frame.changes]
    assert states[0] == "reached"
    assert states[-2:] == ["done", "done"]
    assert states.count("done") == 2


def test_the_gradients_at_the_end_are_complete_though_steps_are_left_out() -> None:
    root = layer(200)
    told = story(root)
    root.backward()
    assert {node: node.grad for node in told.totals} == told.totals


def test_a_gradient_that_is_not_finite_is_an_alarm_in_a_folded_box_too() -> None:
    xs = [Value(float(i)) for i in range(200)]
    told = story(ag.sum([x.sqrt() * 2.0 for x in xs]))
    ends = [end for change in told.frames[-1].changes.values() for end in change.ends]
    assert any(end != end for end in ends)
    texts = [text for change in told.frames[-1].changes.values() for text in change.texts]
    assert any("1 not finite" in text for text in texts)


def test_the_name_of_an_operation_is_only_text() -> None:
    def own(x: float) -> float:
        return x

    own.__name__ = "nul \0"
    operation = ag.custom_gradient(own, lambda x: 1.0)
    told = story(ag.sum([operation(Value(float(i)).exp()) for i in range(200)]))
    assert not any("\0" in frame.title + frame.equation + frame.row for frame in told.frames)
    assert any(frame.title.endswith("(in “200 × nul ␀”)") for frame in told.frames)


@pytest.mark.unmeasured
def test_a_deep_graph_has_a_bounded_number_of_frames() -> None:
    node = Value(0.5)
    for _ in range(20_000):
        node = node.sin()
    told = story(node)
    assert told.count == 20_000
    assert told.told == MOST_STEPS
    assert len(told.frames) == MOST_STEPS + 3


def test_of_many_parents_some_are_shown() -> None:
    told = story(ag.sum([Value(float(i)) for i in range(50)]))
    assert len(told.frames[1].parts) == 6
    assert told.frames[1].more == "… and 44 more in the same way"
