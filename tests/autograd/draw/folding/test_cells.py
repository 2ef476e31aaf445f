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


def with_the_bias_first() -> Value:
    return Value(0.75) + ag.dot(weights(), X)


def with_products_and_the_bias_last() -> Value:
    return sum(w * x for w, x in zip(weights(), X, strict=True)) + Value(0.75)


WAYS = [with_dot, with_the_bias_inside, with_products, with_sum]
WAYS += [with_the_bias_first, with_products_and_the_bias_last]


def cells(root: Value) -> set[Cell]:
    return set(cells_of(ag.topological_order(root), [root]).values())


def ops(cell: Cell) -> list[str]:
    return [node.op for node in cell.nodes]


@pytest.mark.parametrize("weighted", WAYS)
@pytest.mark.parametrize("activation", [ag.relu, ag.tanh, ag.leaky_relu, lambda z: z])
def test_a_neuron_is_one_cell(weighted: Any, activation: Any) -> None:
    root = activation(weighted())
    (cell,) = cells(root)
    assert cell.head is root
    assert cell.weighs
    assert len(cell.leaves) == 3
    assert cell.size == ag.size(root)


@pytest.mark.parametrize("weighted", WAYS)
@pytest.mark.parametrize("add", [
    lambda z, x: z + x, lambda z, x: x + z, lambda z, x: -x + z, lambda z, x: (x + 1.0) + z,
    lambda z, x: z - x, lambda z, x: ag.sum([z, x, 2.0]), lambda z, x: ag.sum([x, z]),
])  # fmt: skip
def test_what_is_added_to_a_linear_neuron_is_no_part_of_it(weighted: Any, add: Any) -> None:
    z, x = weighted(), Value(0.5).exp()
    found = cells_of(ag.topological_order(root := add(z, x)), [root])
    assert found[z].head is z
    assert found[z].weighs
    assert len(found[z].leaves) == 3
    assert not found[root].weighs


def test_a_neuron_has_several_weighted_sums() -> None:
    h = [Value(0.1).exp(), Value(0.2).exp()]
    for root in (
        with_dot() + ag.dot(weights(), h),
        ag.dot(weights(), h) + (ag.dot(weights(), X) + 1.0),
        ag.dot(weights(), h) + with_products(),
        ag.dot(weights(), h) + (Value(0.5) + Value(0.25)),
    ):
        found = cells_of(ag.topological_order(out := root.tanh()), [out])
        assert {cell.head.op for cell in found.values() if cell.weighs} == {"tanh"}
        assert sum(cell.weighs for cell in set(found.values())) == 1
        assert not any(cell.head.op in ("add", "dot", "mul") for cell in found.values())


def test_a_product_that_others_use_is_no_part() -> None:
    product = Value(2.0) * Value(1.0).exp()
    root = (product + Value(1.0)).tanh() - product
    found = cells_of(ag.topological_order(root), [root])
    assert found[product].head is product
    assert [ops(cell) for cell in set(found.values()) if cell.head.op == "tanh"] == [
        ["tanh", "add"]
    ]


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


def test_what_a_loop_takes_away_is_one_cell() -> None:
    loss = Value(0.0)
    for i in range(5):
        loss = loss - Value(float(i)).exp()
    (cell,) = [cell for cell in cells(loss) if cell.head is loss]
    assert ops(cell) == ["sub"] * 5
    assert len(cell.sources) == 6
    assert not cell.weighs


def test_a_difference_is_no_part_where_it_is_taken_away() -> None:
    x, y = Value(1.0).exp(), Value(2.0).exp()
    d = x - y
    for root in (y - d, 2.0 - d, d - d, (d - y) + x, (d - y).tanh()):
        (cell,) = [cell for cell in cells(root) if cell.head is root]
        assert ops(cell) == [root.op]


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
