"""Layers are cells with one shape and one past."""

from collections import Counter

import autograd as ag
from autograd import Value
from autograd.draw.folding.cells import cells_of
from autograd.draw.folding.groups import READABLE, Group, groups_of


def weights(nin: int, nout: int) -> list[list[Value]]:
    return [[Value(0.1 * i - 0.2 * j) for i in range(nin)] for j in range(nout)]


def layer(rows: list[list[Value]], xs: list[Value]) -> list[Value]:
    return [z.tanh() for z in ag.matvec(rows, xs)]


def groups(*roots: Value) -> set[Group]:
    return set(groups_of(cells_of(ag.topological_order(roots), roots)).values())


def network(samples: int) -> Value:
    first, second, last = weights(3, 20), weights(20, 10), weights(10, 1)
    xs = [[Value(float(s)), Value(1.0), Value(2.0)] for s in range(samples)]
    outs = [layer(last, layer(second, layer(first, x)))[0] for x in xs]
    return ag.sum([(out - 1.0) ** 2 for out in outs])


def shapes(found: set[Group]) -> Counter[tuple[str, int, int]]:
    return Counter((g.cells[0].head.op, len(g.cells), g.width) for g in found)


def test_a_small_network_has_a_box_for_each_neuron() -> None:
    root = layer(weights(20, 1), layer(weights(2, 20), [Value(1.0), Value(2.0)]))[0]
    found = shapes(groups(root))
    assert found == {("tanh", 1, 1): 21, ("", 1, 1): 2}


def test_a_large_one_a_box_for_each_layer() -> None:
    found = groups(network(1))
    assert len(found) <= READABLE
    assert shapes(found)["tanh", 20, 20] == shapes(found)["tanh", 10, 10] == 1


def test_samples_share_their_layers() -> None:
    assert shapes(groups(network(7))) == {
        ("", 60, 60): 1, ("", 21, 21): 1, ("", 200, 200): 1, ("", 10, 10): 1,
        ("tanh", 140, 20): 1, ("tanh", 70, 10): 1, ("tanh", 7, 1): 1,
        ("sub", 7, 7): 1, ("pow", 7, 7): 1, ("sum", 1, 1): 1,
    }  # fmt: skip


def test_a_group_says_what_it_holds() -> None:
    (neurons,) = [g for g in groups(network(1)) if g.width == 20]
    assert (neurons.size, len(neurons.leaves), len(neurons.heads)) == (20 * 5, 60, 20)
    assert neurons.only is None
    assert {g.only.op for g in groups(Value(1.0).exp()) if g.only is not None} == {"", "exp"}


def test_another_past_is_another_group() -> None:
    x = [Value(float(i)) for i in range(100)]
    root = ag.sum([v.sin() for v in x[:50]]) * ag.sum([v.sin().sin() for v in x[50:]])
    found = Counter((g.cells[0].head.op, len(g.cells)) for g in groups(root))
    assert found["sin", 100] == 1
    assert found["sin", 50] == 1


def test_groups_have_no_circle_however_the_graph_looks() -> None:
    import random
    from graphlib import TopologicalSorter

    generator = random.Random(0)
    for _ in range(30):
        nodes = [Value(1.0) for _ in range(3)]
        for _ in range(200):
            x, y = generator.choices(nodes[-20:], k=2)
            make = generator.choice([lambda x, y: x * y, lambda x, y: x + y, lambda x, _: x.tanh(),
                                     lambda x, y: ag.dot([x, y], [y, 1.0])])  # fmt: skip
            nodes.append(make(x, y))
        parents = {g: set(g.uses) for g in groups(*nodes[-3:])}
        assert len(list(TopologicalSorter(parents).static_order())) == len(parents)
