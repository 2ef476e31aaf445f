"""Values and derivatives where mathematics leaves a choice: at kinks, poles, ties and infinities.

Arithmetic is IEEE 754 and raises nothing; at a kink the derivative is the subgradient of smallest
norm. Each line of `TABLE` is checked with floats, with Values, and with gradients that are Values.
"""

import math
from collections.abc import Callable
from math import inf, nan, pi
from typing import Any

import pytest

import autograd as ag
from autograd import Value, derivative, grad, jvp

LOG2 = math.log(2.0)

# fmt: off
# What, the function, where, its value, its derivatives.
TABLE: list[tuple[str, Callable[..., Any], tuple[float, ...], float, tuple[float, ...]]] = [
    ("abs at 0",         ag.abs,                       (0.0,),     0.0,   (0.0,)),
    ("abs at -0.0",      ag.abs,                       (-0.0,),    0.0,   (0.0,)),
    ("relu at 0",        ag.relu,                      (0.0,),     0.0,   (0.0,)),
    ("relu at -0.0",     ag.relu,                      (-0.0,),    0.0,   (0.0,)),
    ("leaky_relu at 0",  ag.leaky_relu,                (0.0,),     0.0,   (0.01,)),
    ("leaky_relu, slope 0.3", lambda x: ag.leaky_relu(x, 0.3), (0.0,),     0.0,   (0.3,)),
    ("leaky_relu, slope 3", lambda x: ag.leaky_relu(x, 3.0), (0.0,),     0.0,   (1.0,)),
    ("elu at 0",         ag.elu,                       (0.0,),     0.0,   (1.0,)),
    ("elu at 0, alpha 0.5", lambda x: ag.elu(x, 0.5),     (0.0,),     0.0,   (0.5,)),
    ("elu at 0, alpha 2", lambda x: ag.elu(x, 2.0),     (0.0,),     0.0,   (1.0,)),
    ("gelu at 0",        ag.gelu,                      (0.0,),     0.0,   (0.5,)),
    ("silu at 0",        ag.silu,                      (0.0,),     0.0,   (0.5,)),
    ("softplus at 0",    ag.softplus,                  (0.0,),     math.log(2), (0.5,)),
    ("maximum, tie",     ag.maximum,                   (2.0, 2.0), 2.0,   (0.5, 0.5)),
    ("minimum, tie",     ag.minimum,                   (2.0, 2.0), 2.0,   (0.5, 0.5)),
    ("maximum(x, x)",    lambda x: ag.maximum(x, x),   (2.0,),     2.0,   (1.0,)),
    ("minimum(x, x)",    lambda x: ag.minimum(x, x),   (2.0,),     2.0,   (1.0,)),
    ("maximum(x, c)",    lambda x: ag.maximum(x, 2.0), (2.0,),     2.0,   (0.0,)),
    ("minimum(x, c)",    lambda x: ag.minimum(x, 2.0), (2.0,),     2.0,   (0.0,)),
    ("maximum(c, x)",    lambda x: ag.maximum(2.0, x), (2.0,),     2.0,   (0.0,)),
    ("minimum(c, x)",    lambda x: ag.minimum(2.0, x), (2.0,),     2.0,   (0.0,)),
    ("maximum, no tie",  ag.maximum,                   (2.0, 3.0), 3.0,   (0.0, 1.0)),
    ("minimum, no tie",  ag.minimum,                   (2.0, 3.0), 2.0,   (1.0, 0.0)),
    ("clip at lo",       lambda x: ag.clip(x, -1.0, 1.0), (-1.0,),    -1.0,  (0.0,)),
    ("clip at hi",       lambda x: ag.clip(x, -1.0, 1.0), (1.0,),     1.0,   (0.0,)),
    ("clip inside",      lambda x: ag.clip(x, -1.0, 1.0), (0.5,),     0.5,   (1.0,)),
    ("clip outside",     lambda x: ag.clip(x, -1.0, 1.0), (5.0,),     1.0,   (0.0,)),
    ("x**0 at 0",        lambda x: x**0,               (0.0,),     1.0,   (0.0,)),
    ("x**0.0 at 0",      lambda x: x**0.0,             (0.0,),     1.0,   (0.0,)),
    ("x**1 at 0",        lambda x: x**1,               (0.0,),     0.0,   (1.0,)),
    ("x**2 at 0",        lambda x: x**2,               (0.0,),     0.0,   (0.0,)),
    ("x**3 at 0",        lambda x: x**3,               (0.0,),     0.0,   (0.0,)),
    ("x**0.5 at 0",      lambda x: x**0.5,             (0.0,),     0.0,   (inf,)),
    ("sqrt at 0",        ag.sqrt,                      (0.0,),     0.0,   (inf,)),
    ("sqrt at -0.0",     ag.sqrt,                      (-0.0,),    -0.0,  (inf,)),
    ("x**-1 at 0",       lambda x: x**-1,              (0.0,),     inf,   (-inf,)),
    ("1/x at 0",         lambda x: 1 / x,              (0.0,),     inf,   (-inf,)),
    ("reciprocal at 0",  ag.reciprocal,                (0.0,),     inf,   (-inf,)),
    ("x**y at (0, 0)",   lambda x, y: x**y,            (0.0, 0.0), 1.0,   (0.0, 0.0)),
    ("x**y at (0, 2)",   lambda x, y: x**y,            (0.0, 2.0), 0.0,   (0.0, 0.0)),
    ("x**y at (0, 1)",   lambda x, y: x**y,            (0.0, 1.0), 0.0,   (1.0, 0.0)),
    ("x**y at (0, 0.5)", lambda x, y: x**y,            (0.0, 0.5), 0.0,   (inf, 0.0)),
    ("x**y at (0, -1)",  lambda x, y: x**y,            (0.0, -1.0), inf,   (-inf, -inf)),
    ("x**y at (-2, 3)",  lambda x, y: x**y,            (-2.0, 3.0), -8.0,  (12.0, nan)),
    ("0**y at 0",        lambda y: 0**y,               (0.0,),     1.0,   (0.0,)),
    ("0**y at 2",        lambda y: 0**y,               (2.0,),     0.0,   (0.0,)),
    ("log at 0",         ag.log,                       (0.0,),     -inf,  (inf,)),
    ("log at -0.0",      ag.log,                       (-0.0,),    -inf,  (inf,)),
    ("log at -1",        ag.log,                       (-1.0,),    nan,   (nan,)),
    ("log2 at 0",        ag.log2,                      (0.0,),     -inf,  (inf,)),
    ("log2 at -1",       ag.log2,                      (-1.0,),    nan,   (nan,)),
    ("log10 at 0",       ag.log10,                     (0.0,),     -inf,  (inf,)),
    ("log10 at -1",      ag.log10,                     (-1.0,),    nan,   (nan,)),
    ("log1p at -1",      ag.log1p,                     (-1.0,),    -inf,  (inf,)),
    ("log1p at -2",      ag.log1p,                     (-2.0,),    nan,   (nan,)),
    ("asin at 1",        ag.asin,                      (1.0,),     pi / 2, (inf,)),
    ("asin at -1",       ag.asin,                      (-1.0,),    -pi / 2, (inf,)),
    ("acos at 1",        ag.acos,                      (1.0,),     0.0,   (-inf,)),
    ("asin at 2",        ag.asin,                      (2.0,),     nan,   (nan,)),
    ("acos at 2",        ag.acos,                      (2.0,),     nan,   (nan,)),
    ("atanh at 1",       ag.atanh,                     (1.0,),     inf,   (inf,)),
    ("atanh at -1",      ag.atanh,                     (-1.0,),    -inf,  (inf,)),
    ("atanh at 2",       ag.atanh,                     (2.0,),     nan,   (nan,)),
    ("acosh at 1",       ag.acosh,                     (1.0,),     0.0,   (inf,)),
    ("acosh at 0",       ag.acosh,                     (0.0,),     nan,   (nan,)),
    ("atan2 at (0, 0)",  ag.atan2,                     (0.0, 0.0), 0.0,   (0.0, 0.0)),
    ("hypot at (0, 0)",  ag.hypot,                     (0.0, 0.0), 0.0,   (0.0, 0.0)),
    ("norm of zeros",    lambda x, y: ag.norm([x, y]), (0.0, 0.0), 0.0,   (0.0, 0.0)),
    ("hypot of large numbers", ag.hypot,                     (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("hypot of small numbers", ag.hypot,                     (3e-200, 4e-200), 5e-200, (0.6, 0.8)),
    ("norm of large numbers", lambda x, y: ag.norm([x, y]), (3e200, 4e200), 5e200, (0.6, 0.8)),
    ("sign at 3",        ag.sign,                      (3.0,),     1.0,   (0.0,)),
    ("sign at 0",        ag.sign,                      (0.0,),     0.0,   (0.0,)),
    ("floor",            ag.floor,                     (-2.5,),    -3.0,  (0.0,)),
    ("ceil",             ag.ceil,                      (-2.5,),    -2.0,  (0.0,)),
    ("round to even",    ag.round,                     (2.5,),     2.0,   (0.0,)),
    ("trunc",            ag.trunc,                     (-2.5,),    -2.0,  (0.0,)),
    ("floor at 3",       ag.floor,                     (3.0,),     3.0,   (0.0,)),
    ("fmod",             ag.fmod,                      (-7.5, 2.0), -1.5,  (1.0, 3.0)),
    ("fmod at 0",        ag.fmod,                      (7.5, 0.0), nan,   (1.0, nan)),
    ("%",                lambda x, y: x % y,           (-7.5, 2.0), 0.5,   (1.0, 4.0)),
    ("% of zero",        lambda x: x % 0,              (7.5,),     nan,   (1.0,)),
    ("sigmoid at 1000",  ag.sigmoid,                   (1000.0,),  1.0,   (0.0,)),
    ("sigmoid at -1000", ag.sigmoid,                   (-1000.0,), 0.0,   (0.0,)),
    ("tanh at 1000",     ag.tanh,                      (1000.0,),  1.0,   (0.0,)),
    ("tanh at -1000",    ag.tanh,                      (-1000.0,), -1.0,  (0.0,)),
    ("softplus at 1000", ag.softplus,                  (1000.0,),  1000.0, (1.0,)),
    ("softplus at -1000", ag.softplus,                  (-1000.0,), 0.0,   (0.0,)),
    ("logsigmoid at 1000", ag.logsigmoid,                (1000.0,),  -0.0,  (0.0,)),
    ("logsigmoid at -1000", ag.logsigmoid,                (-1000.0,), -1000.0, (1.0,)),
    ("silu at -1000",    ag.silu,                      (-1000.0,), -0.0,  (0.0,)),
    ("gelu at 1000",     ag.gelu,                      (1000.0,),  1000.0, (1.0,)),
    ("gelu at -1000",    ag.gelu,                      (-1000.0,), -0.0,  (0.0,)),
    ("logsumexp", lambda x, y: ag.logsumexp([x, y]), (1000.0, 1000.0), LOG2 + 1000, (0.5, 0.5)),
    ("logsumexp, below", lambda x, y: ag.logsumexp((x, y)), (-1e4, -1e4), LOG2 - 1e4, (0.5, 0.5)),
    ("logaddexp",        ag.logaddexp,                 (1000.0, 1000.0), LOG2 + 1000, (0.5, 0.5)),
    ("logaddexp, -inf",  ag.logaddexp,                 (-inf, 0.0), 0.0,   (0.0, 1.0)),
    ("logaddexp, inf",   ag.logaddexp,                 (inf, 0.0), inf,   (1.0, 0.0)),
    ("x * 0 at inf",     lambda x: x * 0,              (inf,),     nan,   (0.0,)),
    ("0 * x at inf",     lambda x: 0 * x,              (inf,),     nan,   (0.0,)),
    ("0 / 0",            lambda x: x / 0,              (0.0,),     nan,   (inf,)),
    ("exp at 1000",      ag.exp,                       (1000.0,),  inf,   (inf,)),
    ("exp at -1000",     ag.exp,                       (-1000.0,), 0.0,   (0.0,)),
    ("exp at -inf",      ag.exp,                       (-inf,),    0.0,   (0.0,)),
    ("expm1 at 1000",    ag.expm1,                     (1000.0,),  inf,   (inf,)),
    ("sinh at -1000",    ag.sinh,                      (-1000.0,), -inf,  (inf,)),
    ("cosh at -1000",    ag.cosh,                      (-1000.0,), inf,   (-inf,)),
    ("1e200 squared",    lambda x: x**2,               (1e200,),   inf,   (2e200,)),
    ("(-1e200) cubed",   lambda x: x**3,               (-1e200,),  -inf,  (inf,)),
    ("sqrt at -1",       ag.sqrt,                      (-1.0,),    nan,   (nan,)),
    ("(-2)**0.5",        lambda x: x**0.5,             (-2.0,),    nan,   (nan,)),
    ("sin at inf",       ag.sin,                       (inf,),     nan,   (nan,)),
    ("lgamma at 0",      ag.lgamma,                    (0.0,),     inf,   (-inf,)),
    ("lgamma at -1",     ag.lgamma,                    (-1.0,),    inf,   (nan,)),
    ("cbrt at 0",        ag.cbrt,                      (0.0,),     0.0,   (inf,)),
    ("cbrt at -8",       ag.cbrt,                      (-8.0,),    -2.0,  (1 / 12,)),
    ("atan at 1e300",    ag.atan,                      (1e300,),   pi / 2, (0.0,)),
    ("atan at 1e154",    ag.atan,                      (1e154,),   pi / 2, (1e-308,)),
    ("asinh at 1e300",   ag.asinh,                     (1e300,),   691.4686750787736, (1e-300,)),
    ("acosh at 1e300",   ag.acosh,                     (1e300,),   691.4686750787736, (1e-300,)),
    ("prod with a zero", lambda x, y: ag.prod([x, y, 5]), (0.0, 2.0), 0.0,   (10.0, 0.0)),
    ("prod with two zeros", lambda x, y: ag.prod([x, y, 5]), (0.0, 0.0), 0.0,   (0.0, 0.0)),
]
NAN_STAYS: list[Callable[[Any], Any]] = [
    ag.relu, ag.abs, ag.sign, ag.exp, ag.sqrt, ag.tanh, ag.sigmoid, ag.softplus, ag.gelu, ag.silu,
    ag.leaky_relu, ag.floor, ag.ceil, ag.round, ag.trunc, ag.erf, ag.lgamma, ag.digamma, ag.cbrt,
    ag.elu, ag.clip, ag.normal_cdf, ag.normal_pdf, ag.logsigmoid, ag.log, ag.atan, ag.asinh,
    lambda x: ag.maximum(x, 1), lambda x: ag.maximum(1, x), lambda x: ag.minimum(x, 1),
    lambda x: ag.minimum(1, x), lambda x: ag.sum([x, 1]), lambda x: ag.mean([1, x]),
    lambda x: ag.logsumexp([x, 1]), lambda x: ag.logsumexp([1, x]), lambda x: ag.softmax([1, x])[0],
    lambda x: ag.norm([1, x]), lambda x: ag.prod([x, 0]), lambda x: ag.logaddexp(x, 1),
    lambda x: ag.logaddexp(1, x), lambda x: ag.hypot(x, 1), lambda x: ag.fmod(x, 1),
    lambda x: x * 0,
    lambda x: ag.clip(x, -1, 1), lambda x: ag.dot([x], [0]), lambda x: ag.atan2(x, 1),
    lambda x: x % 2,
]
# fmt: on


def same(x: Any, y: float) -> bool:
    """Return whether two floats are equal or both nan; a value of the table may be an ulp off."""
    return math.isclose(x, y, rel_tol=3e-16) or (x != x and y != y)


by_name = pytest.mark.parametrize(("function", "at", "value", "slopes"), [row[1:] for row in TABLE],
                                  ids=[row[0] for row in TABLE])  # fmt: skip


OURS = [row for row in TABLE if row[1] in vars(ag).values()]


@pytest.mark.parametrize("row", OURS, ids=[row[0] for row in OURS])
def test_numbers_give_the_same_float(row: Any) -> None:
    _, function, at, value, _ = row
    found = function(*at)
    assert isinstance(found, float)
    assert same(found, value)


@by_name
def test_eager(function: Any, at: Any, value: float, slopes: Any) -> None:
    operands = [Value(x) for x in at]
    z = function(*operands)
    z.backward()
    assert same(z.data, value)
    assert all(map(same, [x.grad for x in operands], slopes)), [x.grad for x in operands]


@by_name
def test_gradients_as_values(function: Any, at: Any, value: float, slopes: Any) -> None:
    operands = [Value(x) for x in at]
    function(*operands).backward(create_graph=True)
    assert all(map(same, [x.grad.data for x in operands], slopes)), [x.grad for x in operands]


@by_name
def test_inside_another_derivative(function: Any, at: Any, value: float, slopes: Any) -> None:
    """The outer derivative makes the inner ones live; it multiplies them by 1 only."""
    inner = grad(function, range(len(at)))
    for i, slope in enumerate(slopes):
        assert same(grad(lambda s, i=i: s * inner(*at)[i], 0)(1.0), slope)


@by_name
def test_forward(function: Any, at: Any, value: float, slopes: Any) -> None:
    for i, slope in enumerate(slopes):
        direction = [float(i == j) for j in range(len(at))]
        found = jvp(function, at, direction)
        assert same(found[0], value)
        assert same(found[1], slope) or not all(map(math.isfinite, slopes))  # inf * 0 is nan


@pytest.mark.parametrize("function", NAN_STAYS)
def test_nan_stays_visible(function: Any) -> None:
    assert math.isnan(function(nan))
    assert math.isnan(function(Value(nan)).data)


@pytest.mark.parametrize("operation", [
    lambda x: 1 / x, lambda x: x / 0, lambda x: x / 0.0, lambda x: x**-1, lambda x: x**-1.5,
    lambda x: x % 0, lambda x: ag.exp(x + 1e4), ag.log, lambda x: ag.log(x - 1),
    lambda x: ag.sqrt(x - 1), lambda x: (x - 2) ** 0.5, lambda x: (x + 1e300) * 1e300,
    lambda x: (x + 1e300) ** 2, lambda x: ag.asin(x + 2), ag.acosh, lambda x: ag.fmod(1, x),
    ag.lgamma, ag.digamma, lambda x: ag.tan(x + inf),
    lambda x: ag.floor(x + inf),
    lambda x: ag.round(x + nan), lambda x: ag.cosh(x - 1e4), lambda x: ag.atanh(x + 1),
    lambda x: ag.polygamma(x, n=2), lambda x: 2.0 ** (x + 1e5), lambda x: (-2.0) ** (x + 0.5),
    lambda x: ag.hypot(x + inf, 1), lambda x: ag.logsumexp([x - inf, -inf]),
    lambda x: ag.norm([x, inf]),
    lambda x: ag.prod([x + 1e300, 1e300]), lambda x: ag.softmax([x + inf, 1])[0],
    lambda x: ag.erfc(x + 1e9),
])  # fmt: skip
def test_no_arithmetic_exception_leaves_an_operation(operation: Any) -> None:
    """Nor one of its derivatives, up to the third, and never is a result complex."""
    x = Value(0.0)
    operation(x).backward()
    assert isinstance(x.grad, float)
    for n in range(4):
        assert isinstance(derivative(operation, n)(0.0), float)


def test_second_derivatives_at_a_kink_are_those_of_the_formula_in_force() -> None:
    assert derivative(ag.abs, 2)(0.0) == derivative(ag.relu, 2)(0.0) == 0.0
    assert [derivative(lambda x: x**2, n)(0.0) for n in range(5)] == [0.0, 0.0, 2.0, 0.0, 0.0]
    assert [derivative(lambda x: x**3, n)(0.0) for n in range(5)] == [0.0, 0.0, 0.0, 6.0, 0.0]
    assert derivative(lambda x: x**1, 2)(0.0) == derivative(lambda x: x**0, 1)(0.0) == 0.0
    assert derivative(ag.elu, 2)(0.0) == 1.0


@pytest.mark.parametrize("condition", [True, False])
def test_where_flows_to_the_one_chosen_and_gives_the_other_exactly_0(condition: bool) -> None:
    x = Value(0.0)
    bad = 1 / x + ag.log(x) + ag.sqrt(x - 1)
    chosen = ag.where(condition, x * 3, bad) if condition else ag.where(condition, bad, x * 3)
    chosen.backward()
    assert x.grad == 3.0
    assert grad(lambda t: ag.where(t > -1, t * 3, ag.log(t)))(0.0) == 3.0
    assert derivative(lambda t: ag.where(t > -1, t**3, ag.log(t)), 3)(0.0) == 6.0


def test_constants_take_no_share_of_a_tie() -> None:
    for constant in (Value(2.0).detach(), 2.0, 2):
        for function in (ag.maximum, ag.minimum):
            for swap in (False, True):
                x = Value(2.0)
                function(*((constant, x) if swap else (x, constant))).backward()
                assert x.grad == 0.0
                x.zero_grad()
                function(*((constant, x) if swap else (x, constant))).backward(create_graph=True)
                assert x.grad.data == 0.0


def test_an_int_too_large_is_an_error_at_the_leaf() -> None:
    for make in (
        Value,
        Value(1.0).__mul__,
        Value(1.0).__rpow__,
        ag.exp,
        lambda n: ag.sum([1.0, n]),
    ):
        with pytest.raises(OverflowError, match="too large"):
            make(10**400)
    assert Value(2**1000).data == 2.0**1000
