"""From a graph to boxes and arrows."""

import math
import random
from collections import Counter
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.draw.boxes import Box, Picture
from autograd.draw.picture import picture, roots_of


def kinds(drawn: Picture) -> Counter[str]:
    return Counter(box.kind for box in drawn.boxes)


def box_of(drawn: Picture, label: str, kind: str = "leaf") -> Box:
    (found,) = [box for box in drawn.boxes if box.label == label and box.kind == kind]
    return found


def chain(length: int, step: Any, start: Value | None = None) -> Value:
    node = start or Value(1.0)
    for _ in range(length):
        node = step(node)
    return node


def test_two_arrows_for_x_times_x() -> None:
    x = Value(3.0, "x")
    drawn = picture(x * x)
    assert kinds(drawn) == {"leaf": 1, "inner": 1}
    assert [(a.tail, a.head, a.derivative, a.count) for a in drawn.arrows] == [
        ("n1", "n0", 3.0, 1)
    ] * 2


def test_boxes_carry_signs_numbers_and_kinds() -> None:
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    c = a * b
    c.label = "c"
    d = (c - a).tanh()
    d.backward()
    drawn = picture(d)
    assert [box.sign for box in drawn.boxes] == ["", "", "*", "-", "tanh"]
    assert [box.output for box in drawn.boxes] == [False] * 4 + [True]
    assert box_of(drawn, "c", "inner").data == -6.0
    assert box_of(drawn, "a").gradient == a.grad


def test_boxes_come_before_their_users() -> None:
    generator = random.Random(0)
    nodes = [Value(1.0)]
    for _ in range(100):
        nodes.append(generator.choice(nodes) * generator.choice(nodes[-5:]))
    drawn = picture(nodes[-1])
    place = {box.name: i for i, box in enumerate(drawn.boxes)}
    assert len(place) == len(drawn.boxes)
    copies = {box.name for box in drawn.boxes if box.kind == "copy"}
    assert all(place[a.tail] < place[a.head] for a in drawn.arrows if a.tail not in copies)


def test_every_use_is_drawn() -> None:
    x, y = Value(2.0), Value(3.0)
    root = ag.dot([x, y, x], [y, y, 2.0]) + x * y
    drawn = picture(root)
    assert sum(a.derivative is not None for a in drawn.arrows) == len(ag.edges(root))
    assert drawn.total == drawn.drawn == ag.size(root)
    assert drawn.left_out == 0


def test_several_outputs() -> None:
    x = Value(2.0)
    y = x * 2
    drawn = picture([y + 1, y, y])
    assert [box.output for box in drawn.boxes if box.kind in ("leaf", "inner")] == [
        False,
        True,
        True,
    ]


def test_plain_numbers_have_boxes_of_their_own() -> None:
    x = Value(2.0)
    for root, number in ((x * 2, 2.0), (10.0 / x, 10.0), (x**3, 3.0), (1 - x, 1.0)):
        drawn = picture(root)
        (box,) = [box for box in drawn.boxes if box.kind == "number"]
        assert (box.data, box.label) == (number, "")
        assert [a.derivative for a in drawn.arrows if a.tail == box.name] == [None]


def test_parameters_are_named() -> None:
    x = Value(-2.0)
    drawn = picture([ag.leaky_relu(x, slope=0.2), ag.clip(x, lo=-1.0, hi=1.0)])
    numbers = [(box.label, box.data) for box in drawn.boxes if box.kind == "number"]
    assert numbers == [("slope", 0.2), ("lo", -1.0), ("hi", 1.0)]


def test_many_numbers_are_one_box() -> None:
    few = picture(ag.dot([Value(1.0)] * 3, [1.0, 2.0, 3.0]))
    many = picture(ag.dot([Value(1.0) for _ in range(50)], [1.0] * 50))
    assert kinds(few)["number"] == 3
    assert [box.label for box in many.boxes if box.kind == "number"] == ["50 numbers"]


def test_many_uses_by_one_node_are_one_arrow() -> None:
    x = Value(1.0)
    (arrow,) = picture(ag.sum([x] * 1000)).arrows
    assert (arrow.derivative, arrow.count) == (None, 1000)


def test_constants_take_no_gradient() -> None:
    x = Value(2.0, "x")
    drawn = picture(x * x.detach())
    constant = box_of(drawn, "x", "constant")
    assert (constant.data, constant.gradient, constant.sign) == (2.0, None, "")


def test_softmax_shows_which_one() -> None:
    drawn = picture(ag.softmax([Value(1.0), 2.0])[1])
    assert [box.sign for box in drawn.boxes if box.kind == "inner"] == ["softmax[1]"]
    assert [box.data for box in drawn.boxes if box.kind == "number"] == [2.0]


def test_where_shows_what_was_chosen() -> None:
    x, y = Value(1.0, "x"), Value(5.0, "y")
    drawn = picture(ag.where(x > 0, x, y))
    assert [(box.label, box.data) for box in drawn.boxes if box.kind == "number"] == [
        ("if true", None),
        ("not chosen", 5.0),
    ]
    assert [a.derivative for a in drawn.arrows] == [None, 1.0, None]
    drawn = picture(ag.where(Value(0.0), x, 7.0))
    assert [(box.label, box.data) for box in drawn.boxes if box.kind == "number"] == [
        ("if false", None),
        ("not chosen", 1.0),
        ("", 7.0),
    ]


def test_own_operations_are_shown_by_their_names() -> None:
    gamma = ag.custom_gradient(math.gamma, lambda x: math.nan)
    twice = ag.rule("test_twice_of_a_picture", "2 * x", "2")
    drawn = picture(gamma(twice(Value(1.0))))
    assert [box.sign for box in drawn.boxes] == ["", "test_twice_of_a_picture", "gamma"]


def test_a_leaf_used_in_many_places_is_copied_at_each_use() -> None:
    w = Value(0.9, "w")
    drawn = picture(chain(40, lambda node: node * w))
    assert kinds(drawn) == {"leaf": 2, "inner": 40, "copy": 39}
    tails = Counter(a.tail for a in drawn.arrows)
    assert {tails[box.name] for box in drawn.boxes if box.kind == "copy" or box.label == "w"} == {1}


def test_a_leaf_used_in_a_few_places_is_not_copied() -> None:
    w = Value(0.9, "w")
    assert kinds(picture(chain(4, lambda node: node * w)))["copy"] == 0
    assert kinds(picture(chain(5, lambda node: node * w)))["copy"] == 4


def test_a_node_used_far_away_is_copied() -> None:
    inner = Value(0.9).exp()
    inner.label = "inner"
    drawn = picture(chain(30, ag.sin, inner) * inner)
    copy = box_of(drawn, "inner", "copy")
    assert (copy.sign, copy.data) == ("exp", inner.data)
    assert kinds(picture(chain(10, ag.sin, inner) * inner))["copy"] == 0


def test_300_nodes_are_all_drawn_and_no_more() -> None:
    assert picture(chain(299, ag.sin)).left_out == 0
    drawn = picture(chain(300, ag.sin))
    assert (drawn.drawn, drawn.total, drawn.left_out) == (300, 301, 1)
    assert [box.label for box in drawn.boxes if box.kind == "rest"] == ["… 1 more"]


def test_what_is_drawn_is_nearest_the_output() -> None:
    near = chain(5, ag.sin, ag.sum([chain(50, ag.cos) for _ in range(20)]))
    drawn = picture(near, limit=26)
    assert Counter(box.sign for box in drawn.boxes) == {"sin": 5, "sum": 1, "cos": 20, "": 20}
    assert drawn.total == 5 + 1 + 20 * 51
    assert kinds(drawn)["rest"] == 20


def test_operands_left_out_are_counted_at_their_use() -> None:
    drawn = picture(ag.sum([Value(float(i)) for i in range(5000)]))
    assert drawn.left_out == 4701
    assert [box.label for box in drawn.boxes if box.kind == "rest"] == ["… 4701 more"]
    assert [box.data for box in drawn.boxes if box.kind == "leaf"] == [float(i) for i in range(299)]


@pytest.mark.parametrize(
    "roots",
    [
        lambda xs: [ag.sum(xs) for _ in range(150)],
        ag.softmax,
        lambda xs: ag.sum([ag.sum(xs) for _ in range(100)]),
    ],
)
def test_the_number_of_arrows_is_bounded(roots: Any) -> None:
    drawn = picture(roots([Value(1.0).exp() for _ in range(150)]))
    assert 1 <= drawn.drawn < drawn.total
    assert len(drawn.arrows) <= 4 * 300 + 2 * drawn.drawn


def test_a_picture_of_a_picture_does_not_disturb_a_watcher() -> None:
    class Reads(ag.Watcher):
        count = 0

        def read(self, node: Value) -> None:
            self.count += 1

    x = Value(2.0)
    with Reads() as reads:
        picture(x * x + ag.where(x, x, 1.0))
    assert reads.count == 0


@pytest.mark.parametrize("roots", [3.0, "text", [Value(1.0), 2.0], None])
def test_what_is_no_value(roots: Any) -> None:
    with pytest.raises(TypeError, match="a picture is drawn of"):
        picture(roots)


def test_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        picture([])


def test_roots_may_come_from_anything() -> None:
    x, y = Value(1.0), Value(2.0)
    assert roots_of(v for v in (x, y, x)) == [x, y]
    assert roots_of(x) == [x]
