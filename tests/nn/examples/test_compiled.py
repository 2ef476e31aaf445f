"""The examples train and compute as native code where that is to be had, as eager elsewhere."""

import importlib.util

import pytest

import nn
from nn.examples import compiled as subject
from nn.examples.compiled import compiled, outputs

XS = [[0.1 * i, 1.0 - 0.05 * i * i] for i in range(10)]
YS = [i % 3 for i in range(10)]


def trained(how):
    layers = nn.Linear(2, 6, seed=0), nn.Dropout(0.5, seed=3), nn.Each("tanh")
    model = nn.Sequential(*layers, nn.Linear(6, 3, seed=1))
    return nn.fit(
        model, XS, YS, loss=nn.cross_entropy, optimizer=nn.Adam(model.parameters(), lr=0.05),
        epochs=6, batch_size=4, seed=0, progress=False, compiled=how,
    )["loss"]  # fmt: skip


def test_examples_train_as_eager_does():
    assert compiled() == ("fast" if importlib.util.find_spec("llvmlite") else False)
    assert trained(compiled()) == pytest.approx(trained(False), rel=1e-11)


def test_outputs_are_those_of_predict():
    model = nn.MLP(2, [5, 3], activation="tanh", seed=1)
    for found, expected in zip(outputs(model, XS), nn.predict(model, XS), strict=True):
        assert found == pytest.approx(expected, rel=1e-13)


def test_without_llvmlite_all_is_eager(monkeypatch):
    monkeypatch.setattr(subject, "find_spec", lambda name: None)
    assert compiled() is False
    assert outputs(nn.MLP(1, [1], seed=0), [[0.0]]) == [0.0]
