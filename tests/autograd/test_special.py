"""Special functions at the edges of the floats."""

import math

import pytest

from autograd import Value
from autograd.special import polygamma


@pytest.mark.parametrize("x", [-1e-300, -1e-155, -5e-324])
def test_polygamma_beside_a_pole_is_infinite(x: float) -> None:
    assert polygamma(x, 1.0) == math.inf
    assert polygamma(x, 2.0) == math.inf
    assert polygamma(x, 3.0) == math.inf


def test_the_derivative_of_digamma_beside_a_pole() -> None:
    assert Value(-1e-300).digamma().local_derivatives == (math.inf,)
    assert Value(-1e-100).digamma().local_derivatives == pytest.approx((1e200,), rel=1e-15)
