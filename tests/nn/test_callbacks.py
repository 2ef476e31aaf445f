import math

import pytest

from nn import MLP, EarlyStopping


def test_early_stopping_restores_the_best(trained):
    model = MLP(2, [4, 1], seed=0)
    states = []
    history = trained(model, epochs=200, lr=0.5, validation=0.3, callbacks=[
        EarlyStopping(patience=3), lambda t: states.append(t.model.state_dict()),
    ])  # fmt: skip
    best = min(history["validation_loss"])
    assert len(history["loss"]) < 200
    assert history.stopped.startswith("validation_loss was best at epoch")
    assert model.state_dict() == states[history["validation_loss"].index(best)]


def test_early_stopping_needs_its_figure(trained):
    with pytest.raises(ValueError, match=r"history has only loss, lr: give fit validation="):
        trained(MLP(2, [1], seed=0), callbacks=[EarlyStopping()])


def test_early_stopping_passes_over_nan(trained):
    model = MLP(2, [1], seed=0)
    history = trained(model, epochs=9, metrics={"odd": lambda outputs, targets: math.nan},
                      callbacks=[EarlyStopping(2, monitor="odd")])  # fmt: skip
    assert len(history["loss"]) == 2


@pytest.mark.parametrize("change", [{"best": None}, {"epoch": -1}, {"parameters": 3}])
def test_a_broken_state_changes_nothing(change):
    stopping = EarlyStopping()
    before = stopping.state_dict()
    with pytest.raises(ValueError, match="not the state of an EarlyStopping"):
        stopping.load_state_dict({"best": 0.5, "epoch": 3, "parameters": None} | change)
    assert stopping.state_dict() == before


def test_a_callback_may_stop(trained):
    def stop(training):
        training.stopped = "enough"

    history = trained(MLP(2, [1], seed=0), callbacks=[stop])
    assert (len(history["loss"]), history.stopped) == (1, "enough")
