"""The numbers of many Values are read natively once that is worth it, with the same outcome."""

from array import array

import pytest

from autograd import Value
from autograd.compile.llvm import machine, slots

pytestmark = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")

NUMBERS, SLOPES = [1.5, -2.0, float("inf")], [0.5, 0.25, -1.0]


@pytest.fixture(params=[False, True], ids=["python", "native"])
def leaves(request, monkeypatch):
    """Return leaves, and what knows them in Python or natively from the first call on."""
    monkeypatch.setattr(slots, "PATIENCE", 1 if request.param else 1_000)
    found = [Value(x) for x in NUMBERS]
    return found, slots.Slots(found)


def test_numbers_are_read_and_gradients_added(leaves):
    values, known = leaves
    kept = values[0].grad = float("4.0")  # a float that others hold too
    for times in (1, 2):
        assert known.numbers().tolist() == [x.data for x in values]
        known.add_to_gradients(array("d", [9.0, *SLOPES]), 1)
        assert [x.grad for x in values] == [4.0 + times * 0.5, times * 0.25, -times * 1.0]
    assert kept == 4.0
    values[1].data = 3.0
    assert known.numbers().tolist() == [1.5, 3.0, float("inf")]


def test_what_is_no_float_is_left_to_python(leaves):
    values, known = leaves
    values[0].grad = 7
    known.add_to_gradients(array("d", SLOPES), 0)
    assert [x.grad for x in values] == [7.5, 0.25, -1.0]


def test_native_functions_are_made_when_they_are_worth_it(monkeypatch):
    made = []
    monkeypatch.setattr(slots, "_made", lambda: made.append(1))
    monkeypatch.setattr(slots, "PATIENCE", 3)
    known, none = slots.Slots([Value(1.0)]), slots.Slots([])
    for expected in (0, 0, 1, 1):
        assert known.numbers().tolist() == [1.0]
        assert none.numbers().tolist() == []
        assert len(made) == expected
