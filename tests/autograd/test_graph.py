"""Walks over graphs: parents before children, every node once, the same order in every process."""

import math
import random
from typing import Any

import pytest

import autograd as ag
from autograd import Value, depth, edges, leaves, size, topological_order
from autograd.graph import inner_order


def example() -> dict[str, Value]:
    x, y, z = Value(1.0, "x"), Value(2.0, "y"), Value(3.0, "z")
    product = x * y
    total = product + z
    return {"x": x, "y": y, "z": z, "product": product, "total": total, "root": total * product}


def test_topological_order_of_a_diamond() -> None:
    nodes = example()
    order = topological_order(nodes["root"])
    assert set(order) == set(nodes.values())
    assert order[-1] is nodes["root"]
    assert all(order.index(parent) < order.index(child) for parent, child in edges(nodes["root"]))


@pytest.mark.parametrize("seed", range(10))
def test_topological_order_of_random_graphs(seed: int) -> None:
    generator = random.Random(seed)
    nodes: list[Any] = [Value(1.0) for _ in range(4)]
    for _ in range(200):
        a, b = generator.choice(nodes[-9:]), generator.choice(nodes)
        nodes.append(generator.choice((a + b, a * b, a * 2, ag.sum([a, b, a]), ag.tanh(a))))
    order = topological_order(nodes[-1])
    place = {node: i for i, node in enumerate(order)}
    assert len(place) == len(order) == size(nodes[-1])
    assert all(place[p] < place[node] for node in order for p in node.parents)
    assert order == topological_order(nodes[-1])


def test_several_roots_one_of_them_inside_another_and_twice() -> None:
    nodes = example()
    order = topological_order([nodes["total"], nodes["root"], nodes["total"]])
    assert order[-1] is nodes["root"]
    assert len(order) == len(set(order)) == 6
    assert size([nodes["x"], nodes["y"]]) == 2
    assert topological_order([]) == []
    assert (size([]), depth([]), edges([]), leaves([])) == (0, 0, [], [])


def test_leaves_edges_size_and_depth() -> None:
    nodes = example()
    root = nodes["root"]
    assert set(leaves(root)) == {nodes["x"], nodes["y"], nodes["z"]}
    assert size(root) == 6
    assert depth(root) == 3
    assert len(edges(root)) == 6
    assert (nodes["product"], root) in edges(root)
    assert (depth(nodes["x"]), size(nodes["x"]), edges(nodes["x"])) == (0, 1, [])


def test_x_times_x_has_two_edges() -> None:
    x = Value(3.0)
    square = x * x
    assert edges(square) == [(x, square), (x, square)]
    assert square.parents == (x, x)
    assert size(square) == 2


def test_numbers_and_what_where_did_not_choose_are_operands_only() -> None:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = ag.where(x > 0, x, y)
    assert z.parents == (x,)
    assert z.operands == (1.0, x, y)
    assert y not in topological_order(z)
    assert y in topological_order(z, operands=True)
    assert inner_order([z, x, z], operands=True) == [z]


OPERANDS = [
    (lambda x: x * 2, lambda x: (x, 2.0), (2.0,)),
    (lambda x: 2 - x, lambda x: (2.0, x), (-1.0,)),
    (lambda x: x**2, lambda x: (x, 2.0), (6.0,)),
    (lambda x: x * x, lambda x: (x, x), (3.0, 3.0)),
    (ag.exp, lambda x: (x,), (math.exp(3.0),)),
    (lambda x: ag.clip(x, 0, 5), lambda x: (x, 0.0, 5.0), (1.0,)),
    (ag.leaky_relu, lambda x: (x, 0.01), (1.0,)),
    (lambda x: ag.sum([x, x]), lambda x: (x, x), (1.0, 1.0)),
    (lambda x: ag.sum([1, x]), lambda x: (1.0, x), (1.0,)),
    (lambda x: ag.dot([x], [5]), lambda x: (x, 5.0), (5.0,)),
    (lambda x: ag.dot([5], [x]), lambda x: (5.0, x), (5.0,)),
    (lambda x: ag.softmax([x])[0], lambda x: (x, 0), (0.0,)),
    (lambda x: ag.where(True, 1, x), lambda x: (1.0, 1.0, x), ()),
    (lambda x: +x, lambda x: (), ()),
]


@pytest.mark.parametrize(("make", "operands", "slopes"), OPERANDS)
def test_operands_and_local_derivatives(make: Any, operands: Any, slopes: Any) -> None:
    x = Value(3.0)
    node = make(x)
    assert node.operands == operands(x)
    assert node.local_derivatives == slopes
    assert all(parent is x for parent in node.parents)
    assert len(node.parents) == len(slopes)


def test_a_deep_graph_is_walked_without_recursion() -> None:
    x = y = Value(1.0)
    for _ in range(50_000):
        y = y + 1.0
    assert depth(y) == 50_000
    assert size(y) == 50_001
    assert leaves(y) == [x]
    assert len(edges(y)) == 50_000


@pytest.mark.parametrize("walk", [ag.size, ag.depth, ag.leaves, ag.edges, ag.topological_order])
@pytest.mark.parametrize("what", [[1.0], 1.0, None, "x", [Value(1.0), 2.0]])
def test_what_is_no_graph_is_told(walk: Any, what: Any) -> None:
    with pytest.raises(TypeError, match="a graph begins at a Value"):
        walk(what)
