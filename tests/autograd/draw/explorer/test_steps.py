"""The steps are those of backward(), to the bit, and nothing is stored."""

import math
import random
import struct
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.backward import gradients
from autograd.draw.explorer.steps import steps


def bits(x: float) -> bytes:
    return struct.pack("d", x)


def unused_side() -> Value:
    x, y = Value(1.0), Value(2.0)
    return ag.where(x > 0, x * y, y.log().exp()) * y


def dead_relu() -> Value:
    x = Value(-1.0)
    return x.relu() * -2.0


def many() -> Value:
    xs = [Value(0.1 * i) for i in range(20)]
    return ag.dot(xs, [*xs[:10], *([2.0] * 10)]) + ag.logsumexp(xs) * ag.softmax(xs)[3]


def square() -> Value:
    x = Value(3.0)
    return x * x


def not_finite() -> Value:
    x = Value(-1.0)
    return x.log() * x + Value(0.0).log() * 0.0


def own() -> Value:
    double = ag.custom_gradient(lambda x: 2 * x, lambda x: 2.0)
    return double(double(Value(1.0))) * Value(3.0).detach()


def at_random(seed: int) -> Value:
    generator = random.Random(seed)
    nodes = [Value(generator.uniform(-2.0, 2.0)) for _ in range(4)]
    for _ in range(60):
        x, y = generator.choices(nodes[-12:], k=2)
        nodes.append(generator.choice([x * y, x + y, x - y, x.tanh(), x.sin(), 0.5 * x]))
    return nodes[-1] + nodes[-2] * nodes[-3]


GRAPHS: list[Any] = [unused_side, dead_relu, many, square, not_finite, own, lambda: Value(2.0)]
GRAPHS += [lambda seed=seed: at_random(seed) for seed in range(20)]


@pytest.mark.parametrize("graph", GRAPHS)
def test_the_totals_are_those_of_backward_to_the_bit(graph: Any) -> None:
    root, totals = graph(), {}
    told = list(steps(root, totals))
    expected = gradients(root)
    assert {x: bits(g) for x, g in totals.items()} == {x: bits(g) for x, g in expected.items()}
    assert list(totals) == list(expected)
    for step in told:
        assert bits(step.gradient) == bits(totals[step.node])


def test_nothing_is_stored() -> None:
    root = at_random(0)
    for node in ag.topological_order(root):
        node.grad = 7.0
    list(steps(root, {}))
    assert {node.grad for node in ag.topological_order(root)} == {7.0}


def test_a_second_share_is_added_to_the_first() -> None:
    x = Value(3.0)
    (step,) = steps(x * x, {})
    assert [(s.before, s.amount, s.after) for s in step.shares] == [
        (None, 3.0, 3.0),
        (3.0, 3.0, 6.0),
    ]


def test_a_node_hands_out_when_all_its_users_have() -> None:
    root = at_random(1)
    place = {step.node: i for i, step in enumerate(steps(root, {}))}
    for node, i in place.items():
        for parent in node.parents:
            assert place.get(parent, math.inf) > i
