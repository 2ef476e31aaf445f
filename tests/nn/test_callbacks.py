import json
import math
import random

import pytest

import nn
from nn import MLP, SGD, Checkpoint, EarlyStopping, fit, mean_squared_error


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


def test_the_state_of_another_figure_is_refused():
    of_loss = EarlyStopping(monitor="loss").state_dict()
    with pytest.raises(ValueError, match=r"looks at 'validation_loss', .* looks at 'loss'"):
        EarlyStopping().load_state_dict(of_loss)


def test_a_callback_may_stop(trained):
    def stop(training):
        training.stopped = "enough"

    history = trained(MLP(2, [1], seed=0), callbacks=[stop])
    assert (len(history["loss"]), history.stopped) == (1, "enough")


NOISE = random.Random(3)
XS = [[NOISE.uniform(-1, 1) for _ in range(3)] for _ in range(40)]
YS = [x[0] * x[1] - x[2] + NOISE.gauss(0, 1.5) for x in XS]


def noisy(*callbacks, seed=0, epochs=30, resume=None):
    """Train on noise, which soon is learnt by heart; return the model and the history."""
    model = MLP(3, [12, 1], activation="tanh", seed=seed)
    history = nn.fit(
        model, XS, YS, loss=nn.mean_squared_error, optimizer=nn.Adam(model.parameters(), lr=0.3),
        epochs=epochs, seed=1, batch_size=8, validation=0.25, callbacks=callbacks, resume=resume,
        progress=False,
    )  # fmt: skip
    return model, history


def test_early_stopping_begins_anew_with_each_training():
    used = EarlyStopping(3)
    noisy(used)
    model, history = noisy(used, seed=1)
    fresh = EarlyStopping(3)
    expected = noisy(fresh, seed=1)
    assert (model.state_dict(), history) == (expected[0].state_dict(), expected[1])
    assert used.state_dict() == fresh.state_dict()


@pytest.mark.parametrize("place", [0, 1])
def test_a_checkpoint_has_what_the_others_made_of_the_epoch(tmp_path, place):
    def callbacks(path):
        both = [EarlyStopping(100), lambda training: None]
        return [*both[:place], Checkpoint(path), *both[place:]]

    path = tmp_path / "run.json"
    whole, part = callbacks(tmp_path / "whole.json"), callbacks(path)
    expected = noisy(*whole, epochs=12)
    noisy(*callbacks(path), epochs=2)
    found = noisy(*part, epochs=12, resume=path)
    assert found[0].state_dict() == expected[0].state_dict()
    stoppings = [next(c for c in each if isinstance(c, EarlyStopping)) for each in (part, whole)]
    assert stoppings[0].state_dict() == stoppings[1].state_dict()


def test_a_training_that_was_stopped_stays_so_when_it_is_resumed(tmp_path):
    path = tmp_path / "run.json"
    model, history = noisy(EarlyStopping(3), Checkpoint(path))
    before = path.read_text()
    again, found = noisy(EarlyStopping(3), Checkpoint(path), resume=path)
    assert (found, found.stopped) == (history, history.stopped)
    assert again.state_dict() == model.state_dict()
    assert path.read_text() == before
    _, longer = noisy(EarlyStopping(5), Checkpoint(path), resume=path)
    assert len(longer["loss"]) == len(history["loss"]) + 2


def test_the_last_epoch_is_written_where_a_training_is_stopped(tmp_path):
    path = tmp_path / "run.json"
    _, history = noisy(Checkpoint(path, every=100), EarlyStopping(3))
    assert json.loads(path.read_text())["history"] == history
    assert len(history["loss"]) < 30


def test_parameters_of_another_model_are_refused_before_anything_changes(tmp_path):
    path = tmp_path / "run.json"
    noisy(EarlyStopping(3), Checkpoint(path), epochs=2)
    content = json.loads(path.read_text())
    content["callbacks"][0]["state"]["parameters"] = {"w": [1.0]}
    path.write_text(json.dumps(content))
    model, stopping = MLP(3, [12, 1], activation="tanh", seed=5), EarlyStopping(3)
    before = model.state_dict()
    with pytest.raises(ValueError, match="the state does not fit this model"):
        nn.fit(
            model, XS, YS, loss=nn.mean_squared_error, optimizer=nn.Adam(model.parameters()),
            validation=0.25, callbacks=[stopping, Checkpoint(path)], resume=path,
        )  # fmt: skip
    assert model.state_dict() == before
    assert stopping.parameters is None


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda: EarlyStopping("a"), TypeError, "patience must be a number, not 'a'"),
        (lambda: EarlyStopping(math.nan), ValueError, "patience must be at least 0, not nan"),
        (lambda: EarlyStopping(-1), ValueError, "patience must be at least 0, not -1"),
        (lambda: EarlyStopping(min_delta=math.nan), ValueError, "min_delta must be at least 0"),
        (lambda: EarlyStopping(3, 5), TypeError, "monitor is the name of a figure"),
        (lambda: Checkpoint("run.json", 0), ValueError, "every must be a whole number from 1"),
        (lambda: Checkpoint("run.json", "a"), TypeError, "every must be a whole number from 1"),
    ],
)
def test_options_are_checked(make, kind, message):
    with pytest.raises(kind, match=message):
        make()


def test_infinite_patience_only_restores_the_best():
    _, history = noisy(EarlyStopping(math.inf))
    assert (len(history["loss"]), history.stopped) == (30, "")


def test_a_checkpoint_that_could_not_be_written_is_noticed_before_the_first_epoch(tmp_path):
    model, epochs = MLP(1, [1], seed=0), []
    with pytest.raises(FileNotFoundError, match=r"no folder .*for the checkpoint: make it first"):
        fit(
            model,
            [[0.0], [1.0]],
            [1.0, 3.0],
            loss=mean_squared_error,
            progress=False,
            optimizer=SGD(model.parameters(), lr=0.1),
            epochs=5,
            callbacks=[lambda t: epochs.append(t.epoch), Checkpoint(tmp_path / "no" / "x.json")],
        )
    assert epochs == []


def test_a_checkpoint_is_a_file_in_a_folder_that_may_be_written(tmp_path, monkeypatch):
    def begun(path):
        model = MLP(1, [1], seed=0)
        fit(
            model,
            [[0.0]],
            [1.0],
            loss=mean_squared_error,
            progress=False,
            epochs=1,
            optimizer=SGD(model.parameters(), lr=0.1),
            callbacks=[Checkpoint(path)],
        )

    with pytest.raises(IsADirectoryError, match="name a file in it"):
        begun(tmp_path)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(PermissionError, match="nothing may be written into"):
        begun(tmp_path / "x.json")
