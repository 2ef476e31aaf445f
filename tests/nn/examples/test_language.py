"""The language model: what it is told, what it may look at, and how it is measured."""

import random
from math import log

import pytest

from nn import predict
from nn.examples import language


def plain(rows):
    return [[s.data for s in row] for row in rows]


def test_each_letter_sees_only_those_before():
    model = language.Transformer(seed=0)
    one, other = (plain(model(language.encoded(name)[0])) for name in ("anna", "anno"))
    assert one[:4] == other[:4]
    assert one[4] != other[4]


def test_knowing_nothing_is_a_surprise_of_log_27(monkeypatch):
    monkeypatch.setattr(language, "outputs", predict)  # two names: compiling takes longer
    model = language.Transformer(seed=0)
    for row in model.scores.weight:
        for weight in row:
            weight.data = 0.0
    assert language.nats(model, ["anna", "bo"]) == pytest.approx(log(27), rel=1e-12)


def test_what_fills_up_does_not_count():
    scores = [[1.0 * (i == 3) for i in range(27)]] * language.STEPS
    letters, targets = language.encoded("bo")
    found = language.loss([scores], [targets]) * language.TYPICAL
    row = log(26 + 2.718281828459045)
    assert sum(weight for _, weight in targets) == 3
    assert found == pytest.approx(3 * row, rel=1e-12)
    assert len(letters) == language.STEPS


def test_invented_names_end_and_a_seed_decides():
    model = language.Transformer(seed=1)
    names = [language.invented(model, random.Random(4)) for _ in range(2)]
    assert names[0] == names[1]
    assert len(names[0]) <= language.LONGEST
