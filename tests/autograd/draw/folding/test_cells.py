"""Neurons are found whichever way they are written."""

from collections import Counter
from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.draw.folding.cells import Cell, cells_of

W = (0.5, -1.5)
X = (2.0, 1.0)


def weights() -> list[Value]:
    return [Value(w) for w in W]


def with_dot() -> Value:
    return ag.dot(weights(), X) + Value(0.75)


def with_the_bias_inside() -> Value:
    return ag.dot([Value(0.75), *weights()], [1.0, *X])


def with_products() -> Value:
    return sum((w * x for w, x in zip(weights(), X, strict=True)), Value(0.75))


def with_sum() -> Value:
    return ag.sum([w * x for w, x in zip(weights(), X, strict=True)]) + Value(0.75)


def cells(root: Value) -> set[Cell]:
    return set(cells_of(ag.topological_order(root), [root]).values())


def ops(cell: Cell) -> list[str]:
    return [node.op for node in cell.nodes]


@pytest.mark.parametrize("weighted", [with_dot, with_the_bias_inside, with_products, with_sum])
@pytest.mark.parametrize("activation", [ag.relu, ag.tanh, ag.leaky_relu, lambda z: z])
def test_a_neuron_is_one_cell(weighted: Any, activation: Any) -> None:
    root = activation(weighted())
    (cell,) = cells(root)
    assert cell.head is root
    assert cell.weighs
    assert len(cell.leaves) == 3
    assert cell.size == ag.size(root)


def test_neurons_end_where_the_next_begins() -> None:
    hidden = [with_products().tanh() for _ in range(4)]
    out = (ag.dot([Value(1.0) for _ in hidden], hidden) - 1.0) ** 2
    assert Counter(cell.head.op for cell in cells(out)) == {"tanh": 4, "dot": 1, "sub": 1, "pow": 1}


def test_what_is_used_twice_is_a_head() -> None:
    z = with_dot()
    root = z.tanh() * z
    assert {cell.head.op for cell in cells(root)} == {"mul", "tanh", "add"}


def test_an_output_is_a_head_and_stays_a_box() -> None:
    z, w = ag.dot(weights(), X), Value(1.0)
    root = (z + w).tanh()
    found = cells_of(ag.topological_order([root, z, w]), [root, z, w])
    assert [found[x].head for x in (root, z, w)] == [root, z, w]


def test_shared_leaves_stay_outside() -> None:
    shared = weights()
    root = ag.dot(shared, X).tanh() - ag.dot(shared, X).tanh()
    assert Counter(len(cell.leaves) for cell in cells(root)) == {0: 5}


def test_a_sum_of_many_is_one_cell_but_no_neuron() -> None:
    root = sum(Value(float(i)).exp() for i in range(5))
    (cell,) = [cell for cell in cells(root) if cell.head is root]
    assert ops(cell) == ["add"] * 5
    assert not cell.weighs
    assert cell.leaves == []


def test_cells_are_trees_so_that_no_way_leads_back_into_one() -> None:
    x = Value(1.0)
    inner = x * 2.0
    root = inner + ag.sin(inner)
    found = cells_of(ag.topological_order(root), [root])
    assert found[inner] is not found[root]


def test_a_cell_is_looked_at_once_whatever_the_number_of_its_leaves(monkeypatch: Any) -> None:
    asked = Counter[int]()
    weighs = Cell.weighs.fget
    monkeypatch.setattr(Cell, "weighs", property(lambda c: asked.update([id(c)]) or weighs(c)))
    cells_of(ag.topological_order(root := sum(Value(float(i)) for i in range(50))), [root])
    assert set(asked.values()) == {1}
