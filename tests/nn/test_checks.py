import math

import pytest

from autograd import Value
from nn.checks import above_zero, limit, not_negative, positive, share


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (not_negative, [0, 0.5, 1e308], [-1, math.nan, math.inf, 10**400]),
        (above_zero, [1e-300, 3], [0.0, -1, math.nan, math.inf]),
        (share, [0.0, 0.999], [1.0, -0.1, math.nan]),
        (limit, [0.0, math.inf], [-1.0, math.nan]),
    ],
)
def test_numbers_in_their_range(check, right, wrong):
    for number in right:
        assert check(number, "x") is number
    for number in wrong:
        with pytest.raises(ValueError, match=r"^x (must be|is too large for a float)"):
            check(number, "x")
    for other in ("a", None, True, [1.0]):
        with pytest.raises(TypeError, match="x must be a number, not"):
            check(other, "x")


def test_a_value_is_a_number():
    value = Value(0.5)
    assert share(value, "x") is value
    with pytest.raises(ValueError, match=r"x must be in \[0, 1\), not Value"):
        share(Value(2.0), "x")


@pytest.mark.parametrize(("given", "kind"), [(0, ValueError), (1.0, TypeError), (True, ValueError)])
def test_counts(given, kind):
    assert positive(3, "n") == 3
    with pytest.raises(kind, match="n must be a whole number from 1, not"):
        positive(given, "n")
