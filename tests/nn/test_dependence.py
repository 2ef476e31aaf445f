"""A loss that is made of none of the optimizer's parameters is refused in the first step."""

import pytest

import nn
from autograd import Value, mean, no_grad, where
from nn import MLP, SGD, Dropout, Sequential, fit
from nn.dependence import is_made_of
from nn.training import eager_step

XS, YS = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [1.0, 2.0, 0.0]
MESSAGE = "the loss is made of none of the optimizer's parameters, .*: compute it from the outputs"
ways = pytest.mark.parametrize("compiled", [False, True, "python"])


def train(model, loss, optimizer=None, xs=XS, ys=YS, **options):
    options = {"epochs": 2, "seed": 0, "progress": False} | options
    optimizer = optimizer or SGD(model.parameters(), lr=0.1)
    return fit(model, xs, ys, loss=loss, optimizer=optimizer, **options)


def by_data(outputs, targets):
    return Value(sum((a.data - b) ** 2 for a, b in zip(outputs, targets, strict=True)))


def of_copies(outputs, targets):
    return nn.mean_squared_error([Value(x.data) for x in outputs], targets)


def detached(outputs, targets):
    return nn.mean_squared_error([x.detach() for x in outputs], targets)


def of_another_leaf(outputs, targets):
    return Value(1.0) * 2


@no_grad()
def without_a_graph(outputs, targets):
    return nn.mean_squared_error(outputs, targets)


SEVERED = [by_data, of_copies, detached, of_another_leaf, without_a_graph]


@ways
@pytest.mark.parametrize("loss", SEVERED)
@pytest.mark.parametrize("penalty", [None, lambda m: 0.1 * nn.l2(m.parameters())])
def test_a_loss_of_no_parameters_is_refused(loss, penalty, compiled):
    model = MLP(2, [2, 1], seed=0)
    optimizer, before = SGD(model.parameters(), lr=0.1), model.state_dict()
    with pytest.raises(ValueError, match=MESSAGE):
        train(model, loss, optimizer, penalty=penalty, compiled=compiled)
    assert (model.state_dict(), optimizer.steps) == (before, 0)


@ways
def test_a_number_with_a_penalty_is_no_loss(compiled):
    with pytest.raises(TypeError, match="a loss is one Value"):
        train(MLP(2, [1], seed=0), lambda outputs, targets: 1.0, compiled=compiled,
              penalty=lambda m: nn.l2(m.parameters()))  # fmt: skip


@ways
def test_an_optimizer_of_what_the_loss_does_not_reach(compiled):
    class Deaf(nn.Module):
        def __init__(self):
            self.used, self.unused = MLP(2, [1], seed=0), MLP(2, [1], seed=1)

        def __call__(self, x):
            return self.used(x)

    model = Deaf()
    for parameters in (model.used.parameters(), model.parameters()):
        train(model, nn.mean_squared_error, SGD(parameters), compiled=compiled)
    with pytest.raises(ValueError, match=MESSAGE):
        train(model, nn.mean_squared_error, SGD(model.unused.parameters()), compiled=compiled)


@ways
def test_some_layers_may_be_frozen(compiled):
    for layer in (0, 1):
        model = MLP(2, [3, 1], seed=0)
        frozen = model.layers[1 - layer].state_dict()
        optimizer = SGD(model.layers[layer].parameters(), lr=0.1)
        train(model, nn.mean_squared_error, optimizer, compiled=compiled)
        assert model.layers[1 - layer].state_dict() == frozen


@ways
def test_dead_units_are_made_of_the_parameters(compiled):
    model = MLP(2, [2, 1], activation="relu", seed=0)
    for neuron in model.layers[0].neurons:
        neuron.b.data = -100.0
    loss = train(
        model, lambda outputs, targets: mean(x.relu() * 0.0 for x in outputs), compiled=compiled
    )["loss"]
    assert loss == [0.0, 0.0]


def test_a_perceptron_that_has_nothing_wrong_is_trained_on():
    def loss(outputs, targets):
        wrong = [-x * y for x, y in zip(outputs, targets, strict=True) if x.data * y <= 0.0]
        return mean(wrong) if wrong else Value(0.0)

    model = MLP(2, [1], seed=0)
    signs = [1.0 if model(x).data > 0.0 else -1.0 for x in XS]
    assert train(model, loss, ys=signs)["loss"] == [0.0, 0.0]
    assert train(model, loss, ys=[-y for y in signs])["loss"][0] > 0.0


@ways
def test_a_loss_over_pairs_may_leave_out_what_it_meets_twice(compiled):
    def loss(outputs, targets):
        pairs = [(a, b) for a in outputs for b in outputs if a is not b]
        return sum([nn.mean_squared_error([a], [1.0]) * b for a, b in pairs], Value(0.0))

    assert len(train(MLP(2, [1], seed=0), loss, compiled=compiled)["loss"]) == 2


def test_a_step_of_the_users_sees_the_loss_that_it_replaced():
    calls = []

    def step(training, batch):
        original = training.batch_loss
        training.batch_loss = lambda batch: calls.append(len(batch)) or original(batch)
        try:
            return eager_step(training, batch)
        finally:
            training.batch_loss = original

    train(MLP(2, [1], seed=0), nn.mean_squared_error, step=step)
    assert calls == [3, 3]


@ways
def test_what_a_where_did_not_choose_counts(compiled):
    def loss(outputs, targets):
        return mean([where(x > 100.0, x * x, 0.5) for x in outputs])

    assert train(MLP(2, [1], seed=0), loss, compiled=compiled)["loss"] == [0.5, 0.5]


@ways
def test_a_comparison_of_values_may_come_out_otherwise_later(compiled):
    def hinge(outputs, targets):
        return mean([max(Value(0.0), 1.0 - x * t) for x, t in zip(outputs, targets, strict=True)])

    model = MLP(1, [1], seed=0)
    model.parameters()[0].data = 10.0
    xs, ys = [[1.0], [-1.0], [2.0]], [1.0, -1.0, 1.0]
    assert train(model, hinge, xs=xs, ys=ys, compiled=compiled)["loss"] == [0.0, 0.0]


def test_a_batch_without_a_sample_that_counts_is_passed_over():
    def of_the_known(outputs, targets):
        known = [(x - t) ** 2 for x, t in zip(outputs, targets, strict=True) if t is not None]
        return mean(known) if known else Value(0.0)

    def losses(ys):
        rng = {"batch_size": 1, "epochs": 3, "xs": [[1.0], [2.0], [3.0]], "ys": ys}
        model = Sequential(MLP(1, [2, 1], seed=0), Dropout(0.5, seed=1))
        return train(model, of_the_known, **rng)["loss"], model.state_dict()

    found = [losses([1.0 if i == known else None for i in range(3)]) for known in range(3)]
    assert all(any(history) for history, _ in found)
    with pytest.raises(ValueError, match=MESSAGE):
        losses([None] * 3)


def test_to_look_at_other_batches_draws_nothing():
    def train_with(first):
        calls = []

        def loss(outputs, targets):
            calls.append(outputs)
            return first(outputs) if len(calls) == 1 else nn.mean_squared_error(outputs, targets)

        model = Sequential(MLP(2, [3, 1], seed=0), Dropout(0.5, seed=1))
        train(model, loss, batch_size=1)
        return model.state_dict()

    assert train_with(lambda x: Value(0.0)) == train_with(lambda x: x[0] * 0.0)


def test_a_loss_is_checked_once():
    def loss(outputs, targets):
        return nn.mean_squared_error(outputs, targets) if next(turns) else Value(0.0)

    turns = iter([True, False, False, False])
    assert train(MLP(2, [1], seed=0), loss, epochs=4)["loss"][1:] == [0.0] * 3


def test_graphs_by_name():
    x, y, c = Value(1.0), Value(2.0), Value(3.0).detach()
    chain = y
    for _ in range(5000):
        chain = chain + 1.0
    for root, made in [
        (y, True), (x, False), (y * y, True), (x * c, False), (chain, True), (y.detach(), False),
        (where(False, y, x), True), (where(True, 1.0, y), True), (mean([x, 1.0, y]), True),
    ]:  # fmt: skip
        assert is_made_of([root], [y]) is made
    assert not is_made_of([1.0, None], [y])
