"""The report: every example has its rows, and what is measured once is kept."""

import pytest

from nn.examples import report
from nn.examples.recipe import Experiment


def test_every_row_has_a_name_of_its_own():
    names = [row.name for example in report.EXAMPLES for row in report.rows(example)]
    assert len(set(names)) == len(names) > 20


@pytest.fixture
def calls(monkeypatch):
    seeds = []

    def make(seed):
        seeds.append(seed)
        return [0.9, 0.8, float("nan")][seed]

    row = Experiment("guess", "coins", "share", 0.85, make)
    monkeypatch.setattr(report, "rows", lambda example: (row,) if example == "tabular" else ())
    return seeds


def test_the_mean_over_the_seeds_decides(calls, tmp_path, capsys):
    out = tmp_path / "report.md"
    report.main(["--seeds", "2", "--out", str(out)])
    lines = out.read_text().splitlines()
    assert len(lines) == 3
    cells = [cell.strip() for cell in lines[2].strip("|").split("|")]
    assert cells[:7] == ["guess", "coins", "share", "at least 85.0 %", "85.0 %", "80.0 % - 90.0 %",
                         "2"]  # fmt: skip
    assert cells[-1] == "reached"
    assert "seed 1: 80.0 %" in capsys.readouterr().out


def test_measuring_goes_on_where_it_ended(calls, tmp_path):
    arguments = ["--out", str(tmp_path / "report.md"), "--only", "tabular", "--seeds"]
    report.main([*arguments, "1"])
    report.main([*arguments, "2"])
    assert calls == [0, 1]


def test_what_broke_down_is_not_reached(calls):
    (row,) = report.rows("tabular")
    assert report.line(row, [0.9, float("nan")], 1.0).endswith("| not reached |")
