"""What an attribute holds as nested numbers, and back."""

import pytest

from autograd import Value
from nn.state import matched, numbers_of, parameters_in, places, set_numbers

A, B = Value(1.0), Value(2.0)
TREE = {"a": [A, A * 2.0], 1: (B, "text")}


def test_parameters_are_leaves_and_have_places():
    assert list(parameters_in(TREE)) == [A, B]
    assert list(places(TREE, "w")) == [("w[a][0]", A), ("w[1][0]", B)]


def test_numbers_go_out_and_come_back():
    numbers = numbers_of(TREE)
    assert numbers == {"a": [1.0, None], "1": [2.0, None]}
    pairs = matched({"w": TREE}, {"w": {"a": [3.0, None], "1": [4.0, None]}})
    assert pairs == [(A, 3.0), (B, 4.0)]
    set_numbers([A, B], [5.0, 6.0])
    assert numbers_of([A, B]) == [5.0, 6.0]
    set_numbers([A, B], [1.0, 2.0])


def test_what_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"'w' has the shape \[2\], the model's has \[1\]"):
        matched({"w": [A]}, {"w": [1.0, 2.0]})
    with pytest.raises(ValueError, match="both written as '1'"):
        numbers_of({1: A, "1": B})
