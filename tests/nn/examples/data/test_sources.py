"""The data: of the size, the range and the separation that the examples state."""

from datetime import date

import pytest

from nn.examples.data import dates, digits, given_names, places, tabular
from nn.examples.data.splits import Samples


@pytest.mark.parametrize(
    ("name", "rows", "columns", "classes"),
    [("iris", 150, 4, 3), ("wine", 178, 13, 3), ("breast_cancer", 569, 30, 2)],
)
def test_tables(name, rows, columns, classes):
    train, test = tabular.table(name, seed=0)
    assert len(train.inputs) + len(test.inputs) == rows
    assert len(test.inputs) == pytest.approx(0.2 * rows, abs=classes)
    assert {len(row) for row in train.inputs + test.inputs} == {columns}
    assert set(test.targets) == set(range(classes))


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="iris, wine, breast_cancer"):
        tabular.table("titanic", seed=0)


def test_digits_are_images_between_0_and_1_of_every_class():
    train, test = digits.digits(seed=1)
    assert len(train.inputs) + len(test.inputs) == 1797
    assert set(test.targets) == set(range(10))
    pixels = digits.flat(test).inputs
    assert {len(row) for row in pixels} == {64}
    assert min(map(min, pixels)) == 0.0
    assert max(map(max, pixels)) == 1.0


def test_labels_are_spoilt_in_the_share_asked_for():
    samples = Samples(list(range(200)), [i % 10 for i in range(200)])
    few = digits.mislabelled(samples, count=100, share=0.2, seed=5)
    assert sum(t != x % 10 for x, t in zip(*few, strict=True)) == 20
    assert set(few.targets) <= set(range(10))


def test_given_names_are_balanced_and_those_of_the_test_unseen():
    train, test = given_names.balanced(seed=2)
    assert sum(train.targets) * 2 == len(train.targets)
    assert sum(test.targets) * 2 == len(test.targets)
    assert not set(train.inputs) & set(test.inputs)
    both = set(given_names.lists()["female"]) & set(given_names.lists()["male"])
    assert not both & set(train.inputs + test.inputs)
    assert max(map(len, train.inputs + test.inputs)) <= given_names.LONGEST


def test_spellings_are_each_on_one_side():
    seen, unseen = given_names.spellings(seed=0)
    assert not set(seen) & set(unseen)
    assert len(set(seen)) == len(seen)


def test_places_belong_to_one_language_each():
    train, test = places.places(seed=0)
    names = train.inputs + test.inputs
    assert len(set(names)) == len(names)
    labels = dict(zip(names, train.targets + test.targets, strict=True))
    assert list(places.LANGUAGES)[labels["finnland"]] == "de"
    assert list(places.LANGUAGES)[labels["németország"]] == "hu"
    assert "paris" not in labels  # German, French, Spanish, ...


def test_dates_mean_what_is_written():
    train, test = dates.dates(seed=0, train=300, test=50, formats=dates.LONG_FORMATS)
    for text, iso in zip(*train, strict=True):
        day = date.fromisoformat(iso)
        assert text in [dates.written(day, pattern) for pattern in dates.LONG_FORMATS]
        assert str(day.year) in text
        assert str(day.day) in text
    assert not {x[:4] for x in train.targets} & {x[:4] for x in test.targets}
    assert len(set(train.inputs)) == 300


def test_letters_and_length_are_enough_for_every_date():
    for formats in (dates.FORMATS, dates.LONG_FORMATS):
        known, length = set(dates.letters(formats)), dates.longest(formats)
        found = dates.dates(seed=1, train=500, test=1, formats=formats).train.inputs
        assert set("".join(found)) <= known
        assert max(map(len, found)) <= length
