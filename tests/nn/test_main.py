import json
import os
import runpy
import subprocess
import sys
import xml.etree.ElementTree as ET
from functools import partial

import pytest

from autograd.draw import LayoutError
from nn import MLP
from nn import __main__ as program
from nn.__main__ import IRIS, main
from nn.training import eager_step

GOOD = "a,b,kind\n" + "".join(f"{i},{i * i},{'x' if i < 6 else 'y'}\n" for i in range(12))


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        status = main(list(arguments))
        return status, *capsys.readouterr()

    return run


@pytest.mark.unmeasured
def test_iris_in_full(run, tmp_path):
    status, out, err = run("--seed", "1", "--epochs", "40")
    assert status == 0
    assert "iris.csv: 150 rows, 4 columns, predicting species (3 classes)" in out
    assert "403 parameters" in out
    assert "loss=" in err
    percent = float(out.split("test      36 rows  accuracy")[1].split("%")[0])
    assert percent >= 93.0
    counts = [line.split()[1:] for line in out.splitlines() if line.startswith(("setosa", "v"))]
    assert sum(int(n) for row in counts for n in row) == 36
    for name in ("model.json", "graph.svg", "loss.svg"):
        assert f"out/{name}" in out
        assert (tmp_path / "out" / name).exists()


def test_what_is_written_can_be_used(run, tmp_path):
    run("--epochs", "2", "--hidden", "3", "--out", "here")
    content = json.loads((tmp_path / "here/model.json").read_text())
    assert content["classes"] == ["setosa", "versicolor", "virginica"]
    assert next(iter(content["scales"])) == "sepal_length"
    MLP(4, [3, 3]).load(tmp_path / "here/model.json")
    graph = (tmp_path / "here/graph.svg").read_text()
    assert "petal_width" in graph
    assert "virginica" in graph
    ET.fromstring((tmp_path / "here/loss.svg").read_text())


def test_the_same_seed_writes_the_same(run, tmp_path):
    for name in ("one", "two"):
        run("--epochs", "2", "--hidden", "4", "--seed", "5", "--out", name)
    for file in ("model.json", "loss.svg"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_numeric_target_makes_a_regressor(run, tmp_path):
    status, out, _ = run(str(IRIS), "--target", "species", "--epochs", "1", "--hidden", "")
    assert (status, "15 parameters" in out) == (0, True)
    lines = "".join(f"{i},{i % 3},{2 * i + 5 * (i % 3)}\n" for i in range(24))
    (tmp_path / "line.csv").write_text("a,b,y\n" + lines)
    status, out, _ = run("line.csv", "--hidden", "", "--learning-rate", "0.1", "--epochs", "150")
    assert (status, "predicting y (a number)" in out) == (0, True)
    assert float(out.split("R squared")[2].split()[0]) > 0.999
    assert "true class" not in out
    content = json.loads((tmp_path / "out/model.json").read_text())
    assert list(content["scales"]) == ["a", "b", "y"]


def test_numbers_that_may_be_classes_get_a_hint_and_are_classes_on_demand(run, tmp_path):
    rows = "".join(f"{i},{i % 7},{[2, 10][i > 11]}\n" for i in range(24))
    (tmp_path / "y.csv").write_text("a,b,y\n" + rows)
    short = "y.csv", "--hidden", "3", "--epochs", "1"
    _, out, _ = run(*short)
    assert "predicting y (a number)" in out
    assert "y has only the numbers 2, 10: if they are classes, add --classes" in out
    _, out, _ = run("y.csv", "--hidden", "", "--learning-rate", "0.1", "--classes")
    assert "predicting y (2 classes)" in out
    assert "add --classes" not in out
    assert float(out.split("test")[1].split("accuracy")[1].split("%")[0]) >= 80.0
    content = json.loads((tmp_path / "out/model.json").read_text())
    assert content["classes"] == ["2", "10"]


@pytest.mark.parametrize("targets", [range(24), [i / 2 for i in range(3)] * 8])
def test_other_numbers_get_no_hint(run, tmp_path, targets):
    rows = "".join(f"{i},{y}\n" for i, y in enumerate(targets))
    (tmp_path / "y.csv").write_text("a,y\n" + rows)
    _, out, _ = run("y.csv", "--hidden", "2", "--epochs", "1")
    assert "--classes" not in out


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adagrad", "adam", "adamw"])
def test_every_optimizer(run, optimizer):
    status, out, _ = run("--optimizer", optimizer, "--epochs", "1", "--hidden", "2")
    assert (status, "written:" in out) == (0, True)


@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        ("", [], "the file is empty"),
        (GOOD.replace("3,9", "3,nine"), [], "row 5, column 'b': 'nine' is not a number"),
        (GOOD.replace("3,9", "3,nan"), [], "row 5, column 'b': 'nan' is not a finite number"),
        (GOOD.replace("3,9", "3"), [], "row 5 has 2 cells"),
        (GOOD.replace("y", "x"), [], "only one class"),
        (GOOD, ["--target", "kin"], "no column 'kin'"),
    ],
)
def test_a_bad_file_gets_one_line_and_overwrites_nothing(
    run, tmp_path, content, arguments, message
):
    (tmp_path / "table.csv").write_text(content)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/model.json").write_text("precious")
    status, out, err = run("table.csv", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("python -m nn: table.csv: ")
    assert message in err
    assert err.count("\n") == 1
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["model.json"]
    assert (tmp_path / "out/model.json").read_text() == "precious"


def test_places_that_cannot_be_written_to(run, tmp_path):
    (tmp_path / "file").write_text("precious")
    for place in ("file", "file/below"):
        status, out, err = run("--out", place)
        assert (status, out, err.count("\n")) == (2, "", 1)
        assert err.startswith(f"python -m nn: cannot write to {place}: ")
    (tmp_path / "out/graph.svg").mkdir(parents=True)
    assert "graph.svg in it is a directory" in run()[2]


def test_a_place_without_permission(run, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert run()[2] == "python -m nn: cannot write to out: permission denied\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--hidden", "16,x"],
        ["--hidden", "0"],
        ["--epochs", "0"],
        ["--learning-rate", "nan"],
        ["--learning-rate", "-1"],
        ["--optimizer", "newton"],
    ],
)
def test_bad_options(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "error: argument" in capsys.readouterr().err


def test_a_training_that_explodes_is_told(run):
    status, _, err = run("--optimizer", "sgd", "--learning-rate", "1e300", "--epochs", "3")
    assert status == 1
    last = err.splitlines()[-1]
    assert last.startswith("python -m nn: epoch 1: ")
    assert last.endswith("; try a --learning-rate smaller than 1e+300")
    assert len(last) < 200


def test_without_a_layout_engine_the_graph_is_dot(run, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise LayoutError("install one")

    monkeypatch.setattr(program, "to_svg", fail)
    status, out, _ = run("--epochs", "1", "--hidden", "2")
    assert (status, "(install one)" in out) == (0, True)
    assert (tmp_path / "out/graph.dot").read_text().startswith("digraph")
    assert not (tmp_path / "out/graph.svg").exists()


@pytest.mark.parametrize("epochs", [0, 2])
def test_ctrl_c_writes_what_has_been_reached(run, tmp_path, monkeypatch, epochs):
    done = []

    def interrupt(training, batch):
        if training.epoch == epochs:
            raise KeyboardInterrupt
        done.append(batch)
        return eager_step(training, batch)

    monkeypatch.setattr(program, "fit", partial(program.fit, step=interrupt))
    status, out, _ = run("--hidden", "2")
    assert (status, f"; interrupted in epoch {epochs + 1}\n" in out) == (130, True)
    assert len(done) == 8 * epochs
    assert (tmp_path / "out/model.json").exists()
    ET.fromstring((tmp_path / "out/loss.svg").read_text())


def test_as_a_module_on_a_terminal_that_knows_ascii_only(tmp_path):
    (tmp_path / "t.csv").write_text(GOOD.replace("x", "größe"), encoding="utf-8")
    command = [sys.executable, "-m", "nn", "t.csv", "--epochs", "1", "--hidden", "2"]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, check=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert "gr\\xf6\\xdfe" in done.stdout
    assert "written:" in done.stdout
    assert "größe" in str(json.loads((tmp_path / "out/model.json").read_text()))


def test_the_report_is_shown_also_where_the_disk_is_full(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "write_text", full)
    with pytest.raises(OSError, match="No space"):
        main(["--epochs", "1", "--hidden", "2"])
    assert "test rows" in capsys.readouterr().out


def test_the_files_are_there_also_where_nobody_reads(tmp_path, monkeypatch):
    def closed(*_):
        raise BrokenPipeError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(program, "report", closed)
    with pytest.raises(BrokenPipeError):
        main(["--epochs", "1", "--hidden", "2"])
    assert (tmp_path / "out/model.json").exists()


def test_the_entry(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["nn", "none.csv"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(program.__file__, run_name="__main__")
    assert caught.value.code == 2


def test_the_iris_are_fishers():
    lines = IRIS.read_text().splitlines()
    assert len(lines) == 151
    assert lines[35] == "4.9,3.1,1.5,0.2,setosa"
    assert lines[38] == "4.9,3.6,1.4,0.1,setosa"
    columns = list(zip(*(line.split(",") for line in lines[1:]), strict=True))
    sums = [round(sum(map(float, column)), 1) for column in columns[:4]]
    assert sums == [876.5, 458.6, 563.7, 179.9]
    assert [columns[4].count(name) for name in sorted(set(columns[4]))] == [50, 50, 50]
