"""Every row at the ends of the floats: at infinity what it tends to, no nan at huge and tiny x."""

import math
from math import inf, nan, pi

import pytest

import autograd as ag
from autograd import Value, derivative, grad
from autograd.binding import FUNCTIONS
from autograd.rules import TABLE

UNARY = [name for name, row in TABLE.items() if len(row.operands) == 1]
NONE = (nan, nan, nan)  # outside the domain, or no limit
FLAT = (0.0, 0.0, 0.0)

# The limits of the value and of the first and second derivative, at inf and at -inf.
# fmt: off
ENDS = {
    "identity": ((inf, 1.0, 0.0), (-inf, 1.0, 0.0)),
    "neg": ((-inf, -1.0, 0.0), (inf, -1.0, 0.0)),
    "abs": ((inf, 1.0, 0.0), (inf, -1.0, 0.0)),
    "sign": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "step": ((1.0, 0.0, 0.0), FLAT),
    "floor": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "ceil": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "round": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "trunc": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "square": ((inf, inf, 2.0), (inf, -inf, 2.0)),
    "reciprocal": (FLAT, FLAT),
    "sqrt": ((inf, 0.0, 0.0), NONE),
    "cbrt": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "exp": ((inf, inf, inf), FLAT),
    "expm1": ((inf, inf, inf), (-1.0, 0.0, 0.0)),
    "log": ((inf, 0.0, 0.0), NONE),
    "log1p": ((inf, 0.0, 0.0), NONE),
    "log2": ((inf, 0.0, 0.0), NONE),
    "log10": ((inf, 0.0, 0.0), NONE),
    "sin": (NONE, NONE),
    "cos": (NONE, NONE),
    "tan": (NONE, NONE),
    "asin": (NONE, NONE),
    "acos": (NONE, NONE),
    "atan": ((pi / 2, 0.0, 0.0), (-pi / 2, 0.0, 0.0)),
    "one_minus_square": ((-inf, -inf, -2.0), (-inf, inf, -2.0)),
    "sinh": ((inf, inf, inf), (-inf, inf, -inf)),
    "cosh": ((inf, inf, inf), (inf, -inf, inf)),
    "tanh": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "sech2": (FLAT, FLAT),
    "asinh": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),
    "acosh": ((inf, 0.0, 0.0), NONE),
    "atanh": (NONE, NONE),
    "erf": ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)),
    "erfc": (FLAT, (2.0, 0.0, 0.0)),
    "gaussian": (FLAT, FLAT),
    "normal_pdf": (FLAT, FLAT),
    "normal_cdf": ((1.0, 0.0, 0.0), FLAT),
    "lgamma": ((inf, inf, 0.0), (inf, nan, nan)),
    "digamma": ((inf, 0.0, 0.0), NONE),
    "polygamma": (FLAT, NONE),
    "sigmoid": ((1.0, 0.0, 0.0), FLAT),
    "logsigmoid": (FLAT, (-inf, 1.0, 0.0)),
    "softplus": ((inf, 1.0, 0.0), FLAT),
    "relu": ((inf, 1.0, 0.0), FLAT),
    "leaky_relu": ((inf, 1.0, 0.0), (-inf, 0.01, 0.0)),
    "elu": ((inf, 1.0, 0.0), (-1.0, 0.0, 0.0)),
    "gelu": ((inf, 1.0, 0.0), FLAT),
    "gelu_slope": ((1.0, 0.0, 0.0), FLAT),
    "silu": ((inf, 1.0, 0.0), FLAT),
    "silu_slope": ((1.0, 0.0, 0.0), FLAT),
    "clip": ((inf, 0.0, 0.0), (-inf, 0.0, 0.0)),  # without bounds: these are its bounds
}
# fmt: on


def orders(name: str, x: float, most: int = 2) -> list[float]:
    function = FUNCTIONS[name]
    return [float(derivative(function, n)(x)) for n in range(most + 1)]


def test_every_row_of_one_operand_has_its_ends() -> None:
    assert list(ENDS) == [name for name in UNARY if name in ENDS]
    assert set(UNARY) - set(ENDS) <= {name for name in UNARY if not hasattr(ag, name)}


@pytest.mark.parametrize("name", ENDS)
def test_the_ends(name: str) -> None:
    for x, expected in zip((inf, -inf), ENDS[name], strict=True):
        assert orders(name, x) == pytest.approx(expected, rel=1e-15, abs=0.0, nan_ok=True)


def test_the_end_of_gelu_and_silu_has_the_sign_of_what_tends_to_it() -> None:
    for function in (ag.gelu, ag.silu):
        assert math.copysign(1.0, function(-inf)) == -1.0
        assert Value(-inf).gelu().data == 0.0


@pytest.mark.parametrize("name", ENDS)
def test_nan_stays_nan_at_every_order(name: str) -> None:
    found = orders(name, nan)
    assert math.isnan(found[0])


@pytest.mark.parametrize("name", ENDS)
@pytest.mark.parametrize("size", [1.7e308, 1e155, 1e30, 5e-324, 2.2e-308, 0.0])
def test_no_nan_where_there_is_a_value(name: str, size: float) -> None:
    for x in (size, -size):
        found = orders(name, x)
        if math.isfinite(found[0]) and (name, x) != ("cbrt", 0.0):  # there cbrt'' is -inf and inf
            assert not any(map(math.isnan, found)), (x, found)


PAIRS = [
    (ag.hypot, (inf, 1.0), (1.0, 0.0)),
    (ag.hypot, (2.0, -inf), (0.0, -1.0)),
    (ag.atan2, (inf, 1.0), (0.0, 0.0)),
    (ag.atan2, (1.0, -inf), (0.0, 0.0)),
    (ag.logaddexp, (inf, 1.0), (1.0, 0.0)),
    (ag.logaddexp, (-inf, 1.0), (0.0, 1.0)),
    (ag.logaddexp, (inf, inf), (0.5, 0.5)),
    (ag.maximum, (inf, 1.0), (1.0, 0.0)),
    (ag.minimum, (inf, 1.0), (0.0, 1.0)),
    (lambda x, y: x**y, (inf, -1.0), (0.0, 0.0)),
    (lambda x, y: x**y, (inf, 2.0), (inf, inf)),
    (lambda x, y: x / y, (1.0, inf), (0.0, 0.0)),
    (ag.fmod, (1.0, inf), (1.0, 0.0)),
]


@pytest.mark.parametrize(("function", "point", "slopes"), PAIRS)
def test_two_operands_one_of_them_infinite(function, point, slopes) -> None:
    assert grad(function, (0, 1))(*point) == slopes
    x, y = map(Value, point)
    function(x, y).backward()
    assert (x.grad, y.grad) == slopes


def test_no_order_vanishes_far_out_where_it_is_a_float() -> None:
    """At 1e100 atan'' was 0, and digamma' at 1e200: a part on the way is too small for a float."""
    for x in (-1e100, 1e9, 3e18, 1e100):
        assert orders("atan", x)[1:] == pytest.approx([x**-2.0, -2 * x**-3.0], rel=1e-15, abs=0.0)
    assert orders("atan", 1e60, 4)[3:] == pytest.approx([6e-240, -24e-300], rel=1e-14, abs=0.0)
    assert orders("digamma", 1e200)[1] == pytest.approx(1e-200, rel=1e-15, abs=0.0)
    assert orders("lgamma", 1e300)[2] == pytest.approx(1e-300, rel=1e-15, abs=0.0)
    assert orders("lgamma", 1e60, 6)[6] == pytest.approx(24e-300, rel=1e-14, abs=0.0)
