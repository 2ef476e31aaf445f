"""Copies and pickles of Values: the same graph, in linear time and without recursion."""

import copy
import io
import pickle
from typing import Any

import pytest

import autograd as ag
from autograd import Value


def graph() -> Value:
    x, y = Value(2.0, "x"), Value(3.0, "y")
    x.grad = 0.5
    z = ag.sum([x * y, 2 - x, ag.clip(y, 0, 5), ag.where(x > 0, x, y), ag.softmax([x, y, 1])[1]])
    return ag.dot([z, x], [1.5, y]) ** 2


COPIERS = [copy.deepcopy, *(lambda v, p=p: pickle.loads(pickle.dumps(v, p)) for p in range(6))]


@pytest.mark.parametrize("copier", COPIERS)
def test_copies_have_the_same_graph(copier: Any) -> None:
    old = graph()
    new = copier(old)
    pairs = list(zip(ag.topological_order(old), ag.topological_order(new), strict=True))
    assert all(a is not b and repr(a) == repr(b) and a.op == b.op for a, b in pairs)
    assert all(a.local_derivatives == b.local_derivatives for a, b in pairs)
    assert [len(a.operands) for a, _ in pairs] == [len(b.operands) for _, b in pairs]
    for root in (old, new):
        root.backward()
    assert [a.grad for a, _ in pairs] == [b.grad for _, b in pairs]
    new.backward(create_graph=True)


@pytest.mark.parametrize("copier", COPIERS)
def test_copies_of_structures_share_what_the_originals_share(copier: Any) -> None:
    x = Value(2.0, "x")
    y = x * x
    new = copier({"x": x, "y": y, "z": [y + x, x]})
    assert new["y"].parents == (new["x"], new["x"])
    assert new["z"][0].parents == (new["y"], new["x"])
    assert new["z"][1] is new["x"]
    constant = copier((x * 2).detach())
    assert (constant.op, constant.data) == ("constant", 4.0)


@pytest.mark.parametrize("copier", COPIERS)
def test_copies_keep_gradients_that_are_values_as_numbers(copier: Any) -> None:
    x = Value(2.0)
    y = ag.exp(x) * x**3
    y.backward(create_graph=True)
    new = copier([x, y])
    assert (new[0].grad, new[1].grad) == (x.grad.data, 1.0)
    new[1].backward()
    assert new[0].grad == 2 * x.grad.data


class Named(Value):
    """A subclass that takes any attribute."""


@pytest.mark.parametrize("copier", [*COPIERS, copy.copy])
def test_copies_of_subclasses_keep_their_class_and_attributes(copier: Any) -> None:
    weight = Named(2.0, label="w")
    weight.history = [1.0]
    new = copier(weight)
    assert (type(new), new.history, new.label) == (Named, [1.0], "w")
    assert (copier(weight * weight)).data == 4.0


@pytest.mark.parametrize("copier", COPIERS)
def test_an_attribute_may_hold_a_node_made_from_its_own(copier: Any) -> None:
    weight = Named(2.0, label="w")
    loss = (weight * weight + 1.0) * weight
    weight.history = [loss]
    new = copier(loss)
    again = ag.leaves(new)[0]
    assert type(again) is Named
    assert again.history[0] is new
    new.backward()
    assert again.grad == 13.0


def test_shallow_copies_have_the_same_parents() -> None:
    x = Value(2.0)
    y = x * x
    y.grad = 3.0
    z = copy.copy(y)
    assert z is not y
    assert z.parents == (x, x)
    assert repr(z) == repr(y)


def test_a_pickle_that_fails_does_not_spoil_the_next() -> None:
    x = Value(2.0)
    bad = ag.custom_gradient(lambda t: t, lambda t: 1.0)(x) * x  # a lambda cannot be pickled
    for _ in range(2):
        with pytest.raises((pickle.PicklingError, AttributeError)):
            pickle.dumps(bad)
        assert pickle.loads(pickle.dumps(x * x)).data == 4.0


@pytest.mark.unmeasured
@pytest.mark.parametrize("copier", [copy.deepcopy, lambda v: pickle.loads(pickle.dumps(v, 5))])
def test_copies_of_long_chains_and_sums_need_no_deep_stack(
    copier: Any, in_a_small_stack: Any
) -> None:
    """Of 200,000 operations; a child that knew its parent's copy by recursion fails at 1,000."""

    def work() -> None:
        y: Any = ag.sum([Value(1.0) for _ in range(100_000)])
        for _ in range(100_000):
            y = y + Value(1.0)
        again.append(copier(y).data)

    again: list[float] = []
    in_a_small_stack(work)
    assert again == [200_000.0]


def test_every_inner_node_of_a_chain_is_copied_once() -> None:
    chain = [Value(1.0) * 2.0]
    for _ in range(2000):
        chain.append(chain[-1] * 1.0)
    for nodes in (chain, chain[::-1]):
        assert len(pickle.dumps(nodes)) < 120 * len(nodes)  # quadratic: 8,000 a node
        for copier in COPIERS:
            new = copier(nodes)
            first, last = (new[0], new[-1]) if nodes is chain else (new[-1], new[0])
            assert ag.size(last) == len(chain) + 1
            assert first in ag.topological_order(last)


def test_pickles_made_at_the_same_time_hold_all_they_need() -> None:
    chain = [Value(1.0) * 2.0]
    for _ in range(2000):
        chain.append(chain[-1] * 1.0)
    files = [io.BytesIO(), io.BytesIO()]
    picklers = [pickle.Pickler(file) for file in files]
    for i in (500, 2000, 1000):
        for pickler in picklers:
            pickler.dump(chain[i])
        assert ag.size(pickle.loads(pickle.dumps(chain[i]))) == i + 2
    for file in files:
        file.seek(0)
        unpickler = pickle.Unpickler(file)
        sizes = [ag.size(unpickler.load()) for _ in range(3)]
        assert sizes == [502, 2002, 1002]
