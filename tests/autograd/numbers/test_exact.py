"""What rounding took off is found exactly, and series are summed from their smallest term."""

from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from autograd.numbers.exact import product_error, sum_error, taylor

FINITE = st.floats(-1e100, 1e100)


@given(FINITE, FINITE)
def test_the_errors_of_sums_and_products_are_exact(x: float, y: float) -> None:
    assert mp.fadd(x, y, exact=True) == mp.fadd(x + y, sum_error(x, y, x + y), exact=True)
    product = x * y
    if abs(product) > 1e-200:
        error = product_error(x, y, product)
        assert mp.fmul(x, y, exact=True) == mp.fadd(product, error, exact=True)


def test_a_series_begins_with_its_highest_coefficient() -> None:
    assert taylor([4.0, 3.0, 2.0], 0.5) == 2.0 * 0.5 + 3.0 * 0.25 + 4.0 * 0.125
    assert taylor([], 0.5) == 0.0
