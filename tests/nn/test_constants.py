"""Constants of a training: what is the same, what has changed, and where."""

import warnings

import pytest

import nn
from autograd.compile import CompileWarning
from nn.constants import constants, first_change
from nn.training import Training


def test_each_change_is_found_with_its_place():
    kept = {"weight": 0.1}
    model = nn.MLP(1, [1], seed=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.5)
    training = Training(
        model, [[1.0]], [1.0], loss=nn.mean_squared_error, optimizer=optimizer, clip=None,
        penalty=lambda m: kept["weight"] * nn.l2(m.parameters()), metrics={}, callbacks=[], seed=0,
        rng=None, batch_size=1, epochs=1, validation=None, schedule=None,
    )  # fmt: skip
    before = constants(training)
    model.train()
    optimizer.lr, model.parameters()[0].data = 0.2, 7.0  # read afresh
    assert first_change(before, constants(training)) == ""
    kept["weight"] = 0.1 + 0.0  # another object, the same number
    assert first_change(before, constants(training)) == ""
    kept["weight"] = 0.2
    assert first_change(before, constants(training)) == "kept['weight']"
    optimizer.momentum = 0.9
    assert first_change(before, constants(training)) == "momentum of SGD"


class Cooling(nn.Module):
    temperature = 1.0

    def __init__(self):
        self.layer = nn.Linear(1, 1, seed=0)

    def __call__(self, x):
        return self.layer(x)[0] * self.temperature * SCALE[0]


SCALE = [1.0]


def cool(training):
    Cooling.temperature *= 0.5


def shrink(training):
    SCALE[0] *= 0.5


@pytest.mark.parametrize("callback", [cool, shrink])
def test_changes_of_a_class_and_of_what_its_methods_read(callback):
    losses = []
    for compiled in (False, True):
        Cooling.temperature, SCALE[0] = 1.0, 1.0
        model = Cooling()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CompileWarning)
            losses.append(nn.fit(
                model, [[0.5], [1.0]], [1.0, -1.0], loss=nn.mean_squared_error, seed=0, epochs=3,
                optimizer=nn.SGD(model.parameters(), lr=0.05), callbacks=[callback],
                progress=False, compiled=compiled,
            )["loss"])  # fmt: skip
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
