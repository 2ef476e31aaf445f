"""What a folded box says."""

from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.draw.folding import folded


def titles(outputs: list[Value]) -> list[tuple[str, str]]:
    return [(box.label, box.note) for box in folded(outputs, 5).boxes if box.rows]


def several(make: Any, count: int = 100) -> list[Value]:
    return [make(Value(0.5).exp(), Value(0.5).exp()) for _ in range(count)]


@pytest.mark.parametrize(
    ("make", "title"),
    [
        (lambda x, y: x * y, "100 × *"),
        (lambda x, y: x.tanh(), "100 × tanh"),
        (lambda x, y: x + y + y + 1.0, "+ of 4, 100 times"),
        (lambda x, y: x - y - y - 1.0, "- of 4, 100 times"),
        (lambda x, y: x - (y - x), "100 × -"),
        (lambda x, y: ag.sum([x, y, y]), "100 × sum"),
        (lambda x, y: ag.log(x + y), "log of +, 100 times"),
        (lambda x, y: ag.dot([x, y], [y, x]).tanh(), "tanh of dot, 100 times"),
        (lambda x, y: ag.softmax([x, y])[0], "100 × softmax"),
        (lambda x, y: x * Value(1.0) + y * Value(2.0), "layer of 100 neurons: linear"),
        (lambda x, y: (x * Value(1.0) + 3.0).relu(), "layer of 100 neurons: relu"),
    ],
)
def test_titles(make: Any, title: str) -> None:
    assert title in dict(titles(several(make)))


def test_squares_are_no_weighted_sum() -> None:
    weights = [Value(float(i)) for i in range(100)]
    assert titles([ag.sum([w * w for w in weights])]) == [("100 leaves", ""), ("100 × *", "")]


def test_neurons_say_their_inputs_and_nodes() -> None:
    found = titles(several(lambda x, y: ag.dot([Value(0.1), Value(1.0), Value(2.0)], [1.0, x, y])))
    assert ("layer of 100 neurons: linear", "2 inputs each, 400 nodes") in found
    (one,) = titles([ag.dot([Value(0.1)] + [Value(1.0) for _ in range(9)], [1.0] * 10).tanh()])
    assert one == ("neuron: tanh", "9 inputs, 12 nodes")
    (small,) = [box for box in folded(ag.tanh(Value(1.0) * 2.0 + Value(3.0)), 3).boxes if box.rows]
    assert small.note == "1 input, 5 nodes"
