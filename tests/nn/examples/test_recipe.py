"""Recipes and the command line of the examples."""

import json
from math import isnan

import pytest

import nn
from nn.examples.data.packages import MissingPackageError
from nn.examples.data.splits import Samples, Split
from nn.examples.recipe import Experiment, Recipe, Row, System, classifier, command, train


def recipe(seed, lr=0.1):
    model = nn.MLP(1, [1], seed=seed)
    return Recipe(
        model, Samples([[0.0], [1.0]], [1.0, 3.0]), nn.mean_squared_error,
        nn.SGD(model.parameters(), lr=lr), epochs=60,
        figure=lambda trained: abs(trained([2.0]).data - 5.0),
    )  # fmt: skip


LINE = System("a line", "two points", "error at 2", 0.5, recipe, most=True, percent=False)


def test_a_system_is_measured_by_training():
    assert LINE.reached(LINE.measure(0))
    assert not LINE.reached(0.6)
    assert LINE.wanted() == "at most 0.500"


def test_a_training_that_breaks_down_has_no_figure():
    assert isnan(System("a", "b", "c", 0.5, lambda seed: recipe(seed, lr=1e200)).measure(0))


def test_half_a_training_has_no_figure():
    def interrupted(seed):
        made = recipe(seed)

        def ctrl_c(training):
            raise KeyboardInterrupt

        made.options["callbacks"] = [ctrl_c]
        return made

    with pytest.raises(KeyboardInterrupt, match="epoch 2"):
        System("a", "b", "c", 0.5, interrupted).measure(0)


def test_an_experiment_needs_no_training(capsys):
    row = Experiment("a", "b", "c", 0.9, lambda seed: 0.5 + seed)
    assert row.measure(1) == 1.5
    command([row], ["--seed", "0"])
    assert "c: 50.0 % (at least 90.0 % is wanted)" in capsys.readouterr().out


def test_a_row_alone_measures_nothing():
    with pytest.raises(NotImplementedError, match="Row must define measure"):
        Row("a", "b", "c", 0.5, recipe).measure(0)


def test_the_command_writes_the_model_its_curve_its_figure_and_a_checkpoint(tmp_path, capsys):
    command([LINE], ["--out", str(tmp_path), "--seed", "1"])
    folder = tmp_path / "a_line"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["checkpoint.json", "figure.json", "loss.svg", "model.json"]
    kept = json.loads((folder / "figure.json").read_text())
    assert kept["value"] <= 0.5
    assert len(kept["history"]["loss"]) == 60
    assert nn.MLP(1, [1]).load(folder / "model.json")([2.0]).data == pytest.approx(5.0, abs=0.5)
    assert "error at 2" in capsys.readouterr().out


def test_the_same_command_goes_on_from_the_checkpoint(tmp_path):
    command([LINE], ["--out", str(tmp_path), "--epochs", "20"])
    command([LINE], ["--out", str(tmp_path / "whole"), "--epochs", "40"])
    command([LINE], ["--out", str(tmp_path), "--epochs", "40"])
    one, other = (json.loads((folder / "a_line" / "figure.json").read_text())
                  for folder in (tmp_path, tmp_path / "whole"))  # fmt: skip
    assert one == other


def test_a_checkpoint_of_another_seed_or_of_other_samples_is_refused(tmp_path, capsys):
    command([LINE], ["--out", str(tmp_path), "--epochs", "2"])
    kept = (tmp_path / "a_line" / "checkpoint.json").read_text()
    with pytest.raises(SystemExit, match="1"):
        command([LINE], ["--out", str(tmp_path), "--epochs", "4", "--seed", "1"])
    assert "checkpoint.json is of seed 0, not 1: give another --out" in capsys.readouterr().err

    def changed(seed):
        made = recipe(seed)
        made.samples = Samples([[0.0], [2.0]], [1.0, 3.0])
        return made

    row = System("a line", "two points", "error at 2", 0.5, changed)
    with pytest.raises(SystemExit, match="1"):
        command([row], ["--out", str(tmp_path), "--epochs", "4"])
    assert "checkpoint.json is of a training on other samples" in capsys.readouterr().err
    assert (tmp_path / "a_line" / "checkpoint.json").read_text() == kept


def test_the_figure_of_more_epochs_than_are_asked_for_is_told_as_such(tmp_path, capsys):
    command([LINE], ["--out", str(tmp_path), "--epochs", "6"])
    assert "epochs already" not in capsys.readouterr().out
    command([LINE], ["--out", str(tmp_path), "--epochs", "2"])
    told = "the checkpoint has 6 epochs already, and the figure is of them all\nerror at 2"
    assert told in capsys.readouterr().out


def test_an_interruption_says_how_to_go_on(tmp_path, capsys):
    def interrupted(seed):
        made = recipe(seed)

        def stop(training):
            training.stopped = "interrupted in epoch 1"

        made.options["callbacks"] = [stop]
        return made

    row = System("a line", "two points", "error at 2", 0.5, interrupted)
    command([row], ["--out", str(tmp_path)])
    assert "the same command goes on from there" in capsys.readouterr().out
    assert not (tmp_path / "a_line" / "figure.json").exists()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (MissingPackageError("scikit-learn is not installed"), "scikit-learn is not installed"),
        (nn.TrainingError("epoch 1: the loss became nan"), "epoch 1: the loss became nan"),
    ],
)
def test_what_stops_an_example_is_told_in_a_line(capsys, fault, told):
    def stopped(seed):
        raise fault

    with pytest.raises(SystemExit, match="1"):
        command([System("a", "b", "c", 0.5, stopped)], [])
    assert capsys.readouterr().err.endswith(f": {told}\n")


def test_a_broken_checkpoint_and_a_folder_that_is_a_file_are_named(tmp_path, capsys):
    folder = tmp_path / "a_line"
    folder.mkdir()
    (folder / "checkpoint.json").write_text("{")
    with pytest.raises(SystemExit, match="1"):
        command([LINE], ["--out", str(tmp_path)])
    with pytest.raises(SystemExit, match="1"):
        command([LINE], ["--out", str(folder / "checkpoint.json")])
    broken, not_a_folder = capsys.readouterr().err.splitlines()[-2:]
    assert "checkpoint.json is broken" in broken
    assert "checkpoint.json" in not_a_folder
    assert (folder / "checkpoint.json").read_text() == "{"


def test_epochs_are_a_positive_number(capsys):
    with pytest.raises(SystemExit, match="2"):
        command([LINE], ["--epochs", "-3"])
    assert "invalid positive number value: '-3'" in capsys.readouterr().err


@pytest.mark.parametrize("epochs", [2, 4])
def test_an_annealed_rate_falls_to_zero_however_many_the_epochs(epochs):
    made = recipe(0)
    made.annealed, made.epochs = True, epochs
    rates = train(made, 0, progress=False)["lr"]
    assert rates[0] == 0.1
    assert rates[epochs // 2] == pytest.approx(0.05)
    assert made.optimizer.lr == pytest.approx(0.0)


def test_a_classifier_learns_classes_and_is_judged_by_unseen_samples():
    seen = Samples([[x / 10] for x in range(-10, 10, 2)], [0] * 5 + [1] * 5)
    unseen = Samples([[-0.9], [0.9], [0.7], [0.8]], [0, 1, 1, 0])
    made = classifier(nn.MLP(1, [2], seed=0), Split(seen, unseen), epochs=30)
    assert made.annealed
    train(made, 0, progress=False)
    assert made.figure(made.model) == 0.75
    fixed = nn.SGD(made.model.parameters(), lr=0.3)
    assert not classifier(made.model, Split(seen, unseen), 3, optimizer=fixed).annealed
