"""The parts of a picture."""

import math

from autograd import Value
from autograd.draw.boxes import Extent, Picture, as_float, extent


def test_any_number_as_a_float() -> None:
    assert [as_float(x) for x in (1, 2.5, Value(3.0), None, "4")] == [1.0, 2.5, 3.0, 0.0, 0.0]


def test_what_is_not_finite_is_left_out_of_a_range() -> None:
    assert extent([math.inf, 2, Value(-1.0)]) == Extent(-1.0, 2.0, 1)
    assert extent([math.nan, math.nan]) == Extent(0.0, 0.0, 2)


def test_what_is_not_drawn_is_left_out() -> None:
    assert Picture(drawn=3, total=10).left_out == 7
