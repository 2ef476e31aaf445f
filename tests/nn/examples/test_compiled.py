"""Training compiled is training: the same losses and parameters as eager, and the same refusals."""

import pytest

import nn
from nn.clipping import clip_by_norm
from nn.examples.compiled import CompiledStep, Table, outputs, step
from nn.training import eager_step

XS = [[0.1 * i, 1.0 - 0.05 * i * i] for i in range(10)]
YS = [i % 3 for i in range(10)]


def trained(taken, optimizer, **options):
    model = nn.MLP(2, [5, 3], activation="tanh", seed=1)
    history = nn.fit(
        model, XS, YS, loss=nn.cross_entropy, optimizer=optimizer(model.parameters()), epochs=6,
        batch_size=4, seed=0, progress=False, step=taken, **options,
    )  # fmt: skip
    return history["loss"], [p.data for p in model.parameters()]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda p: nn.SGD(p, lr=0.1),
        lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        lambda p: nn.Adam(p, lr=0.05),
        lambda p: nn.AdamW(p, lr=0.05, weight_decay=0.1, maximize=True),
        lambda p: nn.RMSprop(p, lr=0.01, centered=True, momentum=0.5),
    ],
)
def test_compiled_steps_are_the_eager_ones(optimizer):
    losses, numbers = trained(CompiledStep(), optimizer)
    expected_losses, expected = trained(eager_step, optimizer)
    assert losses == pytest.approx(expected_losses, rel=1e-11)
    assert numbers == pytest.approx(expected, rel=1e-10, abs=1e-12)


def test_dropout_drops_the_same_as_in_eager_steps():
    def losses(taken):
        layers = nn.Linear(2, 6, seed=0), nn.Dropout(0.5, seed=3), nn.Each("tanh")
        model = nn.Sequential(*layers, nn.Dropout(0.25, seed=4), nn.Linear(6, 3, seed=1))
        return nn.fit(
            model, XS, YS, loss=nn.cross_entropy, optimizer=nn.SGD(model.parameters(), lr=0.1),
            epochs=5, batch_size=4, seed=0, progress=False, step=taken,
        )["loss"]  # fmt: skip

    expected = losses(eager_step)
    assert losses(CompiledStep()) == pytest.approx(expected, rel=1e-11)
    assert len(set(expected)) == 5


def test_clipping_and_penalty_count():
    options = {"clip": clip_by_norm(0.01), "penalty": lambda m: 0.1 * nn.l2(m.parameters())}

    def optimizer(parameters):
        return nn.SGD(parameters, lr=1.0)

    _, numbers = trained(CompiledStep(), optimizer, **options)
    assert numbers == pytest.approx(trained(eager_step, optimizer, **options)[1], rel=1e-11)


def test_a_loss_that_is_not_finite_ends_the_training():
    model = nn.MLP(1, [1], seed=0)
    with pytest.raises(nn.TrainingError, match="epoch"):
        nn.fit(model, [[1e200]], [0.0], loss=nn.mean_squared_error, epochs=3, progress=False,
               optimizer=nn.SGD(model.parameters(), lr=1.0), step=CompiledStep())  # fmt: skip


def test_outputs_are_those_of_predict():
    model = nn.MLP(2, [5, 3], activation="tanh", seed=1)
    for found, expected in zip(outputs(model, XS), nn.predict(model, XS), strict=True):
        assert found == pytest.approx(expected, rel=1e-13)


def test_outputs_leave_the_model_in_its_mode():
    model = nn.Sequential(nn.Dropout(0.5, seed=0))
    assert outputs(model.train(), [[1.0, 2.0]]) == [[1.0, 2.0]]
    assert model.training


def test_samples_of_different_length_are_refused():
    with pytest.raises(ValueError, match="fill the shorter ones up"):
        Table([[1.0, 2.0], [1.0]])


def test_without_llvmlite_steps_and_outputs_are_eager(monkeypatch):
    monkeypatch.setattr("nn.examples.compiled.find_spec", lambda name: None)
    assert step() is eager_step
    assert outputs(nn.MLP(1, [1], seed=0), [[0.0]]) == [0.0]
