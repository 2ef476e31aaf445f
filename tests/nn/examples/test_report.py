"""The report: every example has its rows, and what is measured once is kept."""

import json
import subprocess
import sys

import pytest

from nn.examples import report
from nn.examples.recipe import Experiment


def test_every_row_has_a_name_of_its_own():
    names = [row.name for example in report.EXAMPLES for row in report.rows(example)]
    assert len(set(names)) == len(names) > 20


FIGURES = [0.9, 0.8, float("nan")]


@pytest.fixture
def calls(monkeypatch):
    seeds = []

    def make(seed):
        seeds.append(seed)
        return FIGURES[seed]

    guess = Experiment("guess", "coins", "share", 0.85, make)
    broken = Experiment("broken", "coins", "share", 0.85, lambda seed: 1 / 0)
    found = {"tabular": (guess,), "digits": (broken,)}
    monkeypatch.setattr(report, "rows", lambda example: found.get(example, ()))
    return seeds


def test_the_mean_over_the_seeds_decides(calls, tmp_path, capsys):
    out = tmp_path / "report.md"
    assert report.main(["--only", "tabular", "--seeds", "2", "--out", str(out)]) == 0
    lines = out.read_text().splitlines()
    assert len(lines) == 3
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells == ["guess", "coins", "share", "at least 85.0 %", "85.0 %", "90.0, 80.0", "0",
                     "reached"]  # fmt: skip
    assert "guess, seed 1: 80.0 % in 0 s (2 of 2)" in capsys.readouterr().out


def test_measuring_goes_on_where_it_ended(calls, tmp_path):
    arguments = ["--out", str(tmp_path / "report.md"), "--only", "tabular", "--seeds"]
    report.main([*arguments, "1"])
    report.main([*arguments, "2"])
    assert calls == [0, 1]


def test_what_broke_down_is_not_reached(calls, tmp_path):
    out = tmp_path / "report.md"
    report.main(["--only", "tabular", "--seeds", "3", "--out", str(out)])
    assert out.read_text().endswith("| 90.0, 80.0, nan | 0 | not reached |\n")


def test_what_fails_is_told_and_the_others_are_measured(calls, tmp_path, capsys):
    out = tmp_path / "report.md"
    arguments = ["--only", "digits", "tabular", "--seeds", "1", "--out", str(out)]
    assert report.main(arguments) == 1
    assert out.read_text().endswith("| 90.0 % | 90.0 | 0 | reached |\n")
    told = "not measured: broken, seed 0 failed: ZeroDivisionError: division by zero"
    assert told in capsys.readouterr().out
    report.main(arguments)
    assert calls == [0]


def test_ctrl_c_keeps_what_has_been_measured(calls, tmp_path, monkeypatch, capsys):
    def interrupted(task):
        if task.seed:
            raise KeyboardInterrupt
        return 0.9, 1.0

    monkeypatch.setattr(report, "attempt", interrupted)
    out = tmp_path / "report.md"
    assert report.main(["--only", "tabular", "--out", str(out)]) == 130
    assert "interrupted; the same command goes on from there" in capsys.readouterr().out
    assert json.loads(out.with_suffix(".json").read_text())["measured"] == {
        "guess": {"0": [0.9, 1.0]}
    }


def test_two_at_a_time_measure_the_same(capfd):
    tasks = [report.Task("learning_rate", report.rows("learning_rate")[0].name, i) for i in (0, 1)]
    one, two = (dict(report.attempts(tasks, jobs)) for jobs in (1, 2))
    assert {task: found[0] for task, found in one.items()} == {
        task: found[0] for task, found in two.items()
    }


@pytest.mark.parametrize("words", [["--seeds", "0"], ["--jobs", "-1"], ["--only", "nothing"]])
def test_bad_arguments_are_refused(words, capsys):
    with pytest.raises(SystemExit):
        report.main(words)
    assert words[0] in capsys.readouterr().err


def test_the_folder_of_the_table_is_made(calls, tmp_path):
    out = tmp_path / "new" / "er" / "report.md"
    assert report.main(["--only", "tabular", "--seeds", "1", "--out", str(out)]) == 0
    assert out.exists()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("report.json", None, "name the table"),
        ("folder", None, "folder cannot be written"),
        ("report.md", "{", "report.json is broken"),
        ("report.md", json.dumps({"format": report.FORMAT}), "report.json is broken: it has no"),
        ("report.md", json.dumps({"format": report.FORMAT, "measured": {"guess": {"0": [1]}}}),
         "report.json is broken: it has no"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_told_in_a_line_before_anything_is_measured(
    calls, tmp_path, capsys, name, content, told
):
    (tmp_path / "folder").mkdir()
    if content:
        (tmp_path / "report.json").write_text(content)
    assert report.main(["--only", "tabular", "--out", str(tmp_path / name)]) == 2
    shown = capsys.readouterr()
    assert told in shown.err
    assert shown.err.count("\n") == 1
    assert calls == []
    assert not content or (tmp_path / "report.json").read_text() == content


def test_help_says_what_is_typed():
    command = [sys.executable, "-m", "nn.examples.report", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.startswith("usage: python -m nn.examples.report ")
