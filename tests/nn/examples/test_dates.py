"""Reading and writing dates: what the models see, and that they learn what is short."""

import pytest

import nn
from nn.clipping import clip_by_norm
from nn.examples import dates
from nn.examples.compiled import compiled
from nn.examples.data import dates as data
from nn.examples.data.dates import ISO_LETTERS, LONG_FORMATS
from nn.examples.data.splits import Samples

KINDS = [dates.Remembering, dates.Attending]


def small(kind):
    return kind(4, hidden=6, width=3, seed=0)


@pytest.mark.parametrize("kind", KINDS)
def test_symbols_that_fill_up_do_not_count(kind):
    model, before = small(kind), [dates.BEGIN, 2]
    short, long = ([[s.data for s in row] for row in model([x, before])]
                   for x in ([1, 3, 2], [1, 3, 2, 0, 0]))  # fmt: skip
    assert short == [pytest.approx(row, rel=1e-12) for row in long]


def test_attention_is_shared_among_the_symbols_read():
    shares = [[float(getattr(s, "data", s)) for s in row]
              for row in small(dates.Attending).alignment([1, 3, 0], [dates.BEGIN, 2])]  # fmt: skip
    assert [sum(row) for row in shares] == pytest.approx([1.0, 1.0])
    assert [row[2] for row in shares] == [0.0, 0.0]


@pytest.mark.parametrize("scores", [[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 2.0, 1.0], [0.0]])
def test_the_highest_score(scores):
    assert dates.highest(scores) == scores.index(max(scores))


def test_dates_as_numbers():
    symbols = dates.Symbols(LONG_FORMATS)
    encoded = symbols.encoded(Samples(["may 3, 2026"], ["2026-05-03"]))
    (read, before), wanted = encoded.inputs[0], encoded.targets[0]
    assert "".join(symbols.letters[i - 1] for i in read if i) == "may 3, 2026"
    assert "".join(ISO_LETTERS[i] for i in wanted) == "2026-05-03"
    assert before == [dates.BEGIN, *wanted[:-1]]
    assert len(read) == symbols.length


@pytest.mark.unmeasured
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_learns_to_copy_and_is_measured_writing_by_itself(kind, monkeypatch):
    monkeypatch.setattr(dates, "LENGTH", 2)
    model = small(kind)
    wanted = [[a, b] for a in range(3) for b in range(3)]
    samples = Samples([[[a + 1, b + 1, 0], [dates.BEGIN, a]] for a, b in wanted], wanted)
    assert dates.exact(model, samples) < 0.5
    nn.fit(model, *samples, loss=nn.cross_entropy, optimizer=nn.Adam(model.parameters(), lr=0.03),
           epochs=200, batch_size=9, clip=clip_by_norm(1.0), seed=0, progress=False,
           compiled=compiled())  # fmt: skip
    assert dates.exact(model, samples) == 1.0


def test_the_recipes_differ_in_model_and_formats():
    plain, attending = (dates.recipe(kind, seed=0) for kind in (False, True))
    assert type(plain.model) is dates.Remembering
    assert type(attending.model) is dates.Attending
    assert len(attending.samples.inputs[0][0]) > len(plain.samples.inputs[0][0])
    few = dates.recipe(True, seed=0, hidden=5, formats=["M/d/y"])
    assert (few.model.encoder.nhidden, len(few.samples.inputs[0][0])) == (5, len("12/31/2026"))


def test_no_year_of_the_test_is_in_the_training():
    train, test = (
        {text[-4:] for text in part.inputs} for part in data.dates(1, 2000, 500, ["M/d/y"])
    )
    assert not train & test
    assert len(train) > 3 * len(test) > 300
