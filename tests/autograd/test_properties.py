"""Random expressions: gradients and their derivatives against 50 digits, laws that always hold."""

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf

import autograd as ag
from autograd import Value, grad, hessian, hvp, jvp, vjp

mp.dps = 50
NAMES = "abcd"
SHIFTS = [1, -2.1, 3.3, -5.7]
POINTS = st.lists(st.floats(-2, 2), min_size=4, max_size=4)


class Exact:
    """The functions of `autograd` that expressions below use, in 50 digits."""

    exp, log, tanh, sin, cos = mp.exp, mp.log, mp.tanh, mp.sin, mp.cos
    sqrt, atan, erf, log1p, sinh, hypot, atan2 = (
        mp.sqrt, mp.atan, mp.erf, mp.log1p, mp.sinh, mp.hypot, mp.atan2)  # fmt: skip
    maximum, minimum, prod, sum = max, min, mp.fprod, mp.fsum

    @staticmethod
    def sigmoid(x: Any) -> Any:
        return 1 / (1 + mp.exp(-x))

    @staticmethod
    def softplus(x: Any) -> Any:
        return mp.log1p(mp.exp(x))

    @staticmethod
    def relu(x: Any) -> Any:
        return max(x, mpf(0))

    @staticmethod
    def gelu(x: Any) -> Any:
        return x * mp.ncdf(x)

    @staticmethod
    def mean(xs: Any) -> Any:
        return mp.fsum(xs) / len(xs)

    @staticmethod
    def norm(xs: Any) -> Any:
        return mp.sqrt(mp.fsum(x * x for x in xs))

    @staticmethod
    def logsumexp(xs: Any) -> Any:
        return mp.log(mp.fsum(mp.exp(x) for x in xs))

    @staticmethod
    def dot(xs: Any, ys: Any) -> Any:
        return mp.fdot(xs, ys)


# fmt: off
UNARY = ["exp", "tanh", "sin", "cos", "atan", "erf", "sinh", "sigmoid", "softplus", "relu", "gelu"]
COMPOUND = [
    "{} + {}", "{} - {}", "{} * {}", "{} / (2.5 + m.sin({}))", "m.maximum({}, {})",
    "m.minimum({}, {})", "m.hypot({}, 0.5 + {} * {})", "m.atan2({}, 3.5 + m.tanh({}))",
    "(1.5 + m.cos({})) ** m.tanh({})", "m.sum([{}, {}, {}])", "m.mean([{}, {}, {}])",
    "m.logsumexp([{}, {}, {}])", "m.prod([{}, {}, {}])", "m.norm([{}, 1.5, {}, {}])",
    "m.dot([{}, 0.5], [{}, {}])", "m.log1p(1.25 + m.tanh({}))",
]
# fmt: on
LEAVES = st.sampled_from([*NAMES, "0.5", "3", "-1.25"])


def filled(children: Any) -> Any:
    return st.one_of(
        st.builds("m.{}({})".format, st.sampled_from(UNARY), children),
        st.builds(
            lambda t, *xs: t.format(*xs),
            st.sampled_from(COMPOUND),
            children,
            children,
            children,
        ),
        st.builds(lambda t, x: t.format(x, x, x), st.sampled_from(COMPOUND), children),
    ).map("({})".format)


EXPRESSIONS = st.recursive(LEAVES, filled, max_leaves=12)
modest = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


def function(text: str, module: Any) -> Callable[..., Any]:
    numbers = {"m": module}
    found: Callable[..., Any] = eval(f"lambda a, b, c, d: {text}", numbers)
    return found


def partial(f: Callable[..., Any], at: list[Any], i: int) -> Any:
    """Return a derivative in 50 digits by central differences."""
    with mp.workdps(150):
        h = mpf(10) ** -50
        above, below = ([x + s * h * (i == j) for j, x in enumerate(at)] for s in (1, -1))
        return (f(*above) - f(*below)) / (2 * h)


def scale_of(f: Callable[..., Any], at: list[Any], slopes: list[Any]) -> Any:
    return 1 + abs(f(*at)) + sum(map(abs, slopes))


@pytest.mark.unmeasured
@modest
@given(EXPRESSIONS, POINTS)
def test_gradients_of_random_expressions(text: str, point: list[float]) -> None:
    exact = function(text, Exact)
    at = [mpf(x) for x in point]
    slopes = [partial(exact, at, i) for i in range(4)]
    assume(all(abs(s) < 1e6 for s in slopes) and abs(exact(*at)) < 1e6)
    # Not near a kink, nor on a slight one: the slopes are the same a little further on.
    for step, most in ((1e-9, 1e-3), (-1e-9, 1e-3), (1e-30, 1e-12), (-1e-30, 1e-12)):
        beside = [x + mpf(step) * shift for x, shift in zip(at, SHIFTS, strict=True)]
        assume(all(abs(partial(exact, beside, i) - slopes[i]) < most for i in range(4)))
    leaves = [Value(x, name) for x, name in zip(point, NAMES, strict=True)]
    root = function(text, ag)(*leaves)
    if isinstance(root, Value):
        root.backward()
    for leaf, slope in zip(leaves, slopes, strict=True):
        assert abs(mpf(leaf.grad) - slope) < 1e-11 * scale_of(exact, at, slopes), (
            leaf,
            float(slope),
        )


@pytest.mark.unmeasured
@modest
@given(EXPRESSIONS, POINTS)
def test_every_way_to_a_gradient_gives_the_same(text: str, point: list[float]) -> None:
    """Eager and live to the bit; forward and the vector products to rounding."""
    f = function(text, ag)
    assume("m.m" not in text)  # at a tie of maximum, constants take no share
    gradient = grad(f, range(4))(*point)
    assume(all(map(math.isfinite, gradient)) and max(map(abs, gradient)) < 1e6)
    leaves = [Value(x) for x in point]
    root = f(*leaves)
    if isinstance(root, Value):
        root.backward(create_graph=True)
    assert [getattr(x.grad, "data", x.grad) for x in leaves] == list(gradient)
    assert vjp(f, *point)[1](1.0) == gradient
    direction = [1.0, -0.5, 2.0, 0.25]
    pushed = jvp(f, point, direction)[1]
    pulled = sum(g * t for g, t in zip(gradient, direction, strict=True))
    assert pushed == pytest.approx(pulled, rel=1e-9, abs=1e-9 * (1 + max(map(abs, gradient))))


@pytest.mark.unmeasured
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(EXPRESSIONS, POINTS)
def test_hessians_of_random_expressions(text: str, point: list[float]) -> None:
    assume("relu" not in text and "m.m" not in text)
    f, exact = function(text, ag), function(text, Exact)
    at = [mpf(x) for x in point]
    found = hessian(lambda v: f(*v))(point)
    assume(all(math.isfinite(x) and abs(x) < 1e6 for row in found for x in row))
    size = 1 + max(abs(x) for row in found for x in row) + abs(exact(*at))
    for i in range(4):
        slope = lambda *xs, i=i: partial(exact, list(xs), i)
        for j in range(i, 4):
            with mp.workdps(300):
                h = mpf(10) ** -20
                above, below = ([x + s * h * (k == j) for k, x in enumerate(at)] for s in (1, -1))
                second = (slope(*above) - slope(*below)) / (2 * h)
            assert abs(mpf(found[i][j]) - second) < 1e-9 * size
            assert found[i][j] == pytest.approx(found[j][i], rel=1e-9, abs=1e-9 * float(size))
    product = hvp(lambda v: f(*v), (point,), ([1.0, 0.0, 0.0, 0.0],))
    assert product == pytest.approx([row[0] for row in found], rel=1e-9, abs=1e-9 * float(size))


@given(st.floats(allow_nan=True), st.floats(allow_nan=True))
def test_values_compute_what_floats_compute(x: float, y: float) -> None:
    a, b = Value(x), Value(y)
    for f in (lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, ag.maximum, ag.hypot):
        plain = f(x, y)
        assert f(a, b).data == plain or math.isnan(plain)
        assert f(a, y).data == plain or math.isnan(plain)
        assert f(x, b).data == plain or math.isnan(plain)
    assert (a < b, a <= b, a > b, a >= b) == (x < y, x <= y, x > y, x >= y)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_gradients_are_linear_in_the_seed(x: float, y: float, seed: float) -> None:
    a, b = Value(x), Value(y)
    (a * b).backward(seed)
    assert (a.grad, b.grad) == (y * seed, x * seed)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9))
def test_softmax_sums_to_1_and_its_gradients_to_0(xs: list[float]) -> None:
    values = [Value(x) for x in xs]
    outputs = ag.softmax(values)
    assert sum(y.data for y in outputs) == pytest.approx(1.0, rel=1e-14)
    outputs[0].backward()
    assert sum(v.grad for v in values) == pytest.approx(0.0, abs=1e-15)
    assert ag.grad(ag.logsumexp)(xs) == pytest.approx([y.data for y in outputs], rel=1e-13)
