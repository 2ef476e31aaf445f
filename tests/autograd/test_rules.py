"""Every rule of the table against mpmath: value, first derivatives to 4 ulp, orders 2 to 6.

`CASES` has one line for each operation: its definition in 50 digits and the points to try. The
references are differentiated numerically, with a step of 1e-60, from the definition alone.
"""

import ast
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import mpmath
import pytest
from mpmath import mp, mpf

from autograd import Value, compile, derivative, functions, grad, hessian, jacobian
from autograd.binding import FUNCTIONS, LIVE
from autograd.functions import softmax
from autograd.graph import leaves
from autograd.own import expression
from autograd.rules import MANY, OPERANDS, TABLE, Rule

mp.dps = 50
TINY = 5e-324  # the smallest float: results below 1e-300 may be off by a few of these
RANDOM = random.Random(2)
Points = list[tuple[float, ...]]


def signed(magnitudes: Sequence[float]) -> list[float]:
    return [sign * x for x in magnitudes for sign in (1.0, -1.0)]


def log_uniform(low: float, high: float, count: int) -> list[float]:
    return [10 ** RANDOM.uniform(low, high) for _ in range(count)]


def near(*places: float) -> list[float]:
    return [p + s * 10.0**-k for p in places for k in (1, 2, 4, 7, 11, 15) for s in (1, -1)]


def within(low: float, high: float, *singular: float) -> Points:
    """Return points of all magnitudes inside an interval, many near its singular points."""
    some = [*log_uniform(-300, 300, 8), *log_uniform(-8, 3, 16), *log_uniform(-1, 1.5, 16)]
    return [(x,) for x in signed(some) + near(*singular) if low < x < high]


def pairs(*kinds: str) -> Points:
    """Return pairs: wide (any magnitude), middle (up to 500), close (nearly equal)."""
    found: Points = []
    for kind in kinds:
        for _ in range(24):
            x, y = RANDOM.choice((1, -1)), RANDOM.choice((1, -1))
            if kind == "wide":
                found.append(
                    (x * 10 ** RANDOM.uniform(-140, 140), y * 10 ** RANDOM.uniform(-140, 140))
                )
            elif kind == "middle":
                found.append((x * 10 ** RANDOM.uniform(-6, 2.7), y * 10 ** RANDOM.uniform(-6, 2.7)))
            else:
                first = x * 10 ** RANDOM.uniform(-3, 2)
                found.append((first, first * (1 + y * 10 ** RANDOM.uniform(-8, -1))))
    return found


def positive() -> Points:
    """Return pairs of numbers above 0."""
    return [(abs(x), abs(y)) for x, y in pairs("wide", "middle")]


def powers() -> Points:
    """Return a base above 0 and an exponent whose power is a float, some whole or near 1."""
    found = []
    while len(found) < 60:
        x = RANDOM.choice((10 ** RANDOM.uniform(-30, 30), 1 + RANDOM.uniform(-1e-6, 1e-6)))
        y = RANDOM.choice(
            (RANDOM.uniform(-9, 9), float(RANDOM.randint(1, 9)), 10 ** RANDOM.uniform(-9, 1))
        )
        if abs(y * math.log(x)) < 600:
            found.append((x, y))
    return found


def sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def normal_cdf(x: Any) -> Any:
    return mp.erfc(-x / mp.sqrt(2)) / 2


def normal_pdf(x: Any) -> Any:
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def trunc(x: Any) -> Any:
    return mp.sign(x) * mp.floor(abs(x))


REAL = within(-math.inf, math.inf)
MODERATE = within(-700, 700)
MIDDLE = within(-36, 36)
POSITIVE = within(0, math.inf, 1.0)
UNIT = within(-1, 1, 1.0, -1.0)
GELU = [*MIDDLE, *((x,) for x in near(-0.7517915246935645))]
SILU = [*MODERATE, *((x,) for x in near(-1.2784645427610738))]
GAMMA = within(1e-8, 1e5, 1.0, 1.4616321449683622, 2.0)
FRACTIONS = [(x,) for (x,) in within(-1e6, 1e6) if abs(x) > 1e-6 and x % 0.5]


@dataclass(frozen=True)
class Case:
    """A definition in mpmath, the points to try, the parameters, and mpmath's own derivatives."""

    reference: Callable[..., Any]
    points: Points
    parameters: tuple[float, ...] = ()
    derivatives: Callable[[int, Any], Any] | None = None


# fmt: off
CASES: dict[str, Case] = {
    "identity":    Case(lambda x: x, REAL),
    "add":         Case(lambda x, y: x + y, pairs("wide", "middle")),
    "sub":         Case(lambda x, y: x - y, pairs("wide", "middle")),
    "mul":         Case(lambda x, y: x * y, pairs("wide", "middle")),
    "div":         Case(lambda x, y: x / y, pairs("wide", "middle")),
    "mod":         Case(lambda x, y: x - y * mp.floor(x / y), pairs("middle")),
    "pow":         Case(lambda x, y: x**y, powers()),
    "neg":         Case(lambda x: -x, REAL),
    "abs":         Case(abs, REAL),
    "sign":        Case(mp.sign, REAL),
    "step":        Case(lambda x: mpf(x > 0), REAL),
    "floor":       Case(mp.floor, FRACTIONS),
    "ceil":        Case(mp.ceil, FRACTIONS),
    "round":       Case(mp.nint, FRACTIONS),
    "trunc":       Case(trunc, FRACTIONS),
    "square":      Case(lambda x: x * x, within(-1e150, 1e150)),
    "reciprocal":  Case(lambda x: 1 / x, [(x,) for (x,) in REAL if 1e-150 < abs(x) < 1e150]),
    "sqrt":        Case(mp.sqrt, POSITIVE),
    "cbrt":        Case(lambda x: mp.sign(x) * mp.cbrt(abs(x)), REAL),
    "exp":         Case(mp.exp, MODERATE),
    "expm1":       Case(mp.expm1, MODERATE),
    "log":         Case(mp.log, POSITIVE),
    "log1p":       Case(mp.log1p, within(-1, math.inf, -1.0)),
    "log2":        Case(lambda x: mp.log(x, 2), POSITIVE),
    "log10":       Case(lambda x: mp.log(x, 10), POSITIVE),
    "sin":         Case(mp.sin, within(-1e9, 1e9, math.pi)),
    "cos":         Case(mp.cos, within(-1e9, 1e9, math.pi / 2)),
    "tan":         Case(mp.tan, within(-1e9, 1e9, math.pi / 2, math.pi)),
    "asin":        Case(mp.asin, UNIT),
    "acos":        Case(mp.acos, UNIT),
    "atan":        Case(mp.atan, REAL),
    "atan2":       Case(mp.atan2, pairs("wide", "middle", "close")),
    "hypot":       Case(mp.hypot, pairs("wide", "middle", "close")),
    "unit":        Case(lambda x, y: x / mp.hypot(x, y), pairs("middle", "close")),
    "ratio":       Case(lambda x, y: x / y, pairs("middle")),
    "one_minus_square": Case(lambda x: 1 - x * x, within(-1e150, 1e150, 1.0, -1.0)),
    "sinh":        Case(mp.sinh, MODERATE),
    "cosh":        Case(mp.cosh, MODERATE),
    "tanh":        Case(mp.tanh, within(-350, 350)),
    "sech2":       Case(lambda x: mp.sech(x) ** 2, within(-350, 350)),
    "asinh":       Case(mp.asinh, REAL),
    "acosh":       Case(mp.acosh, within(1, math.inf, 1.0)),
    "atanh":       Case(mp.atanh, UNIT),
    "erf":         Case(mp.erf, within(-26, 26)),
    "erfc":        Case(mp.erfc, within(-26, 26)),
    "gaussian":    Case(lambda x: mp.exp(-x * x), within(-26, 26)),
    "normal_pdf":  Case(normal_pdf, MIDDLE),
    "normal_cdf":  Case(normal_cdf, MIDDLE),
    "lgamma":      Case(mp.loggamma, GAMMA, (), lambda n, x: mp.psi(n - 1, x)),
    "digamma":     Case(mp.digamma, GAMMA, (), mp.psi),
    "polygamma":   Case(lambda x, n: mp.psi(n, x), GAMMA, (2.0,), lambda n, x: mp.psi(2 + n, x)),
    "sigmoid":     Case(sigmoid, MODERATE),
    "logsigmoid":  Case(lambda x: -mp.log1p(mp.exp(-x)), MODERATE),
    "softplus":    Case(lambda x: mp.log1p(mp.exp(x)), MODERATE),
    "relu":        Case(lambda x: max(x, mpf(0)), REAL),
    "leaky_relu":  Case(lambda x, slope: x if x > 0 else slope * x, REAL, (0.01,)),
    "elu":         Case(lambda x, alpha: x if x > 0 else alpha * mp.expm1(x), MODERATE, (1.5,)),
    "gelu":        Case(lambda x: x * normal_cdf(x), GELU),
    "gelu_slope":  Case(lambda x: normal_cdf(x) + x * normal_pdf(x), GELU),
    "silu":        Case(lambda x: x * sigmoid(x), SILU),
    "silu_slope":  Case(lambda x: sigmoid(x) * (1 + x * sigmoid(-x)), SILU),
    "maximum":     Case(max, pairs("wide", "close")),
    "minimum":     Case(min, pairs("wide", "close")),
    "clip":        Case(lambda x, lo, hi: min(max(x, lo), hi), REAL, (-1.5, 20.0)),
    "fmod":        Case(lambda x, y: x - y * trunc(x / y), pairs("middle")),
    "logaddexp":   Case(lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), pairs("middle", "close")),
    "sigmoid_difference": Case(lambda x, y: sigmoid(x - y), pairs("middle", "close")),
    "logistic_difference": Case(lambda x, y: mp.sech((x - y) / 2) ** 2 / 4, pairs("middle")),
    "exp_difference": Case(lambda x, y: mp.exp(x - y), pairs("middle", "close")),
    "share":       Case(lambda x, y: x / (x + y), positive()),
    "shifted_pow": Case(lambda x, y, k: x ** (y - k), powers(), (2.0,)),
    "faded_pow":   Case(lambda x, y, k, m: (y - k) * x ** (y - k - m), powers(), (2.0, 1.0)),
}
MANY_CASES: dict[str, Callable[[list[Any]], Any]] = {
    "sum":         mp.fsum,
    "mean":        lambda xs: mp.fsum(xs) / len(xs),
    "prod":        mp.fprod,
    "dot":         lambda xs: mp.fdot(xs[: len(xs) // 2], xs[len(xs) // 2 :]),
    "norm":        lambda xs: mp.sqrt(mp.fsum(x * x for x in xs)),
    "direction":   lambda xs: xs[1] / mp.sqrt(mp.fsum(x * x for x in xs)),
    "logsumexp":   lambda xs: mp.log(mp.fsum(mp.exp(x) for x in xs)),
    "softmax":     lambda xs: mp.exp(xs[1]) / mp.fsum(mp.exp(x) for x in xs),
}
# fmt: on

# Values that cancel, so that only their derivatives keep all digits.
CANCELLING = {"mod", "fmod", "logaddexp", "one_minus_square", "shifted_pow"}
STEPPED = {
    "mod",
    "fmod",
    "floor",
    "ceil",
    "round",
    "trunc",
}  # the step must not cross a whole number


def partial(f: Callable[..., Any], at: Sequence[Any], i: int, n: int = 1) -> Any:
    """Return the n-th derivative of f with respect to its i-th argument, by central differences."""
    x = mpf(at[i])
    sizes = sum(abs(float(mp.log10(abs(a)))) for a in map(mpf, at) if a)
    with mp.workdps(int((60 + 2 * sizes) * n + 150 + (700 if any(abs(a) > 5 for a in at) else 0))):
        smallest = min([abs(mpf(a)) for a in at if a] + [mpf(1)])
        h = smallest * mpf(10) ** -60

        def along(t: Any) -> Any:
            return f(*at[:i], t, *at[i + 1 :])

        terms = (
            (-1) ** k * math.comb(n, k) * along(x + (mpf(n) / 2 - k) * h) for k in range(n + 1)
        )
        return mp.fsum(terms) / h**n


def exact_derivative(name: str, at: Sequence[Any], i: int, n: int = 1) -> Any:
    case = CASES[name]
    if case.derivatives is not None:
        return case.derivatives(n, at[i])
    return partial(lambda *xs: case.reference(*xs, *map(mpf, case.parameters)), at, i, n)


def ulps(found: float, exact: Any, allowed: float = 0.0) -> float:
    """Return the error in units of the last place of the exact result, less an allowance."""
    error = max(abs(mpf(found) - exact) - mpf(allowed), mpf(0))
    return float(error / mpf(math.ulp(float(exact))))


def allowance(at: Sequence[float], exact: Any) -> float:
    """Return what a result may be off when it, or something on the way, has fewer digits."""
    return TINY * (4 + 2 * sum(map(abs, at))) if abs(exact) < 1e-300 else 0.0


def evaluated(name: str, at: Sequence[float]) -> tuple[Value, list[Value]]:
    operands = [Value(x) for x in at]
    return FUNCTIONS[name](*operands, *CASES[name].parameters), operands


@pytest.mark.parametrize("name", CASES)
def test_value_within_4_ulp(name: str) -> None:
    case = CASES[name]
    for at in case.points if name not in CANCELLING else []:
        z, _ = evaluated(name, at)
        with mp.workdps(800 if any(abs(x) > 5 for x in at) and case.derivatives is None else 60):
            exact = case.reference(*map(mpf, [*at, *case.parameters]))
        off = ulps(z.data, exact, allowance(at, exact))
        assert off <= 4, f"{name} at {at}: {z.data}, exact {float(exact)}"


@pytest.mark.parametrize("name", CASES)
def test_first_derivatives_within_4_ulp(name: str) -> None:
    for at in CASES[name].points:
        z, operands = evaluated(name, at)
        for i, found in enumerate(z.local_derivatives):
            exact = exact_derivative(name, [mpf(x) for x in at], i)
            if abs(exact) < 1e308:
                off = ulps(found, exact, allowance(at, exact))
                what = f"d{name}/d{OPERANDS[i]} at {at}: {found}, exact {float(exact)}"
                assert off <= 4, what
        assert z.parents == tuple(operands)


OWN = [name for name in TABLE if not name.startswith("test_")]  # as collected: no examples' rules


def test_every_rule_has_a_case_and_every_case_a_rule() -> None:
    assert set(CASES) == set(OWN)
    assert set(MANY_CASES) == set(MANY)


@pytest.mark.parametrize("name", OWN)
def test_live_derivatives_have_the_bits_of_the_eager_ones(name: str) -> None:
    for at in CASES[name].points:
        eager, operands = evaluated(name, at)
        eager.backward()
        live, again = evaluated(name, at)
        live.backward(create_graph=True)
        assert [x.grad for x in operands] == [x.grad.data for x in again], (name, at)


@pytest.mark.parametrize("name", CASES)
def test_number_operands_give_the_same_bits_as_values(name: str) -> None:
    parameters = CASES[name].parameters
    for at in CASES[name].points[:20]:
        z, _ = evaluated(name, at)
        assert FUNCTIONS[name](*at, *parameters) == z.data
        for i, slope in enumerate(z.local_derivatives):
            x = Value(at[i])
            y = FUNCTIONS[name](*at[:i], x, *at[i + 1 :], *parameters)
            assert (y.data, y.local_derivatives, y.parents) == (z.data, (slope,), (x,)), (name, at)


def middling(name: str) -> Points:
    """Return the points of a case at which derivatives of high order are neither 0 nor infinite."""
    points = [at for at in CASES[name].points if all(1e-3 < abs(x) < 20 for x in at)]
    return points[:: max(1, len(points) // 5)][:6]


@pytest.mark.parametrize("count", [1, 2, 8, 9, 30])
@pytest.mark.parametrize("size", [1e-3, 3.0, 300.0])
def test_softmax_and_its_slopes_keep_their_digits(count: int, size: float) -> None:
    xs = [Value(size * RANDOM.uniform(-1, 1)) for _ in range(count)]
    exact_terms = [mp.exp(mpf(x.data)) for x in xs]
    whole = mp.fsum(exact_terms)
    for i, share in enumerate(softmax(xs)):
        exact = exact_terms[i] / whole
        if exact < 1e-290:
            continue
        for x in xs:
            x.grad = 0.0
        share.backward()
        assert abs(share.data / exact - 1) < 8 * 2**-52
        for j, x in enumerate(xs):
            rest = mp.fsum(t for k, t in enumerate(exact_terms) if k != i) / whole
            slope = exact * rest if i == j else -exact * exact_terms[j] / whole
            assert abs(mpf(x.grad) - slope) <= 12 * 2**-52 * abs(slope) + mpf(10) ** -300


@pytest.mark.parametrize("n", range(2, 7))
@pytest.mark.parametrize("name", CASES)
def test_higher_derivatives(name: str, n: int) -> None:
    """The error allowed is a few roundings of the result and of its argument: eps * |x * f'|."""
    parameters = CASES[name].parameters
    for at in middling(name):
        for i in range(len(at)):
            exact_at = [mpf(x) for x in at]

            def along(t: Any, at: Any = at, i: int = i) -> Any:
                return FUNCTIONS[name](*at[:i], t, *at[i + 1 :], *parameters)

            exact, slope = (exact_derivative(name, exact_at, i, k) for k in (n, n + 1))
            allowed = 16 * mpf(2) ** -52 * (abs(exact) + abs(exact_at[i] * slope)) + mpf(10) ** -100
            found = derivative(along, n)(at[i])
            assert abs(mpf(found) - exact) <= allowed, (name, n, i, at, found, float(exact))


@pytest.mark.parametrize("name", [name for name in CASES if len(TABLE[name].operands) > 1])
def test_mixed_second_derivatives(name: str) -> None:
    case = CASES[name]

    def slope(f: Callable[..., Any], x: Any, s: Any) -> Any:
        return partial(lambda t: f(t, s, *map(mpf, case.parameters)), [x], 0)

    for x, y in middling(name):
        found = grad(grad(FUNCTIONS[name]), 1)(x, y, *case.parameters)
        with mp.workdps(400):
            exact = partial(lambda s, x=x: slope(case.reference, mpf(x), s), [mpf(y)], 0)
        scale = max(abs(exact), abs(exact_derivative(name, [mpf(x), mpf(y)], 0, 2)))
        assert abs(mpf(found) - exact) <= 1e-14 * scale + 1e-30, (name, x, y, found, float(exact))


@pytest.mark.parametrize("count", [1, 2, 3, 8])
@pytest.mark.parametrize("name", MANY)
def test_operations_on_many(name: str, count: int) -> None:
    numbers = [RANDOM.uniform(-3, 3) for _ in range(2 * count if name == "dot" else count + 1)]
    values = [Value(x) for x in numbers]
    z = call_many(name, values)
    exact = [mpf(x) for x in numbers]
    reference = MANY_CASES[name]
    assert math.isclose(z.data, reference(exact), rel_tol=1e-14, abs_tol=1e-14)
    z.backward()
    for i, x in enumerate(values):
        slope = partial(lambda *at: reference(list(at)), exact, i)
        assert ulps(x.grad, slope) <= 6 + count, (name, numbers, i)


@pytest.mark.parametrize("x", [1e-60, 1e-110, 1e-200, 1e-309])
@pytest.mark.parametrize(("order", "y"), [(2, 0.0), (3, 1.0), (4, 2.0)])
def test_beyond_a_whole_power_there_is_nothing_left_at_a_tiny_base(
    order: int, y: float, x: float
) -> None:
    f: Callable[..., Any] = lambda x, y: x**y
    for _ in range(order):
        f = grad(f)
    found = [f(x, y), f(Value(x), Value(y)).data]
    found += [compile(f, backend=backend)(x, y) for backend in ("python", None)]
    assert [math.copysign(1.0, z) for z in found if z == 0.0] == [1.0] * 4, found


@pytest.mark.parametrize("xs", [(0.0, -20.0), (-40.0, 0.0), (0.0, 0.0, -36.0), (3.0, -2.0), (5.0,)])
def test_logsumexp_keeps_its_digits_where_the_largest_is_near_0(xs: tuple[float, ...]) -> None:
    exact = mp.log(mp.fsum(mp.exp(mpf(x)) for x in xs))
    compiled = [compile(functions.logsumexp, backend=b)(list(xs)) for b in ("python", None)]
    for found in (functions.logsumexp(xs), *compiled):
        assert abs(mpf(found) - exact) <= 2 * 2**-52 * abs(exact)


def call_many(name: str, xs: list[Any]) -> Any:
    if name == "dot":
        return functions.dot(xs[: len(xs) // 2], xs[len(xs) // 2 :])
    if name == "direction":  # what norm is differentiated by
        return LIVE["directions"](xs, functions.norm(xs))[1]
    found = getattr(functions, name)(xs)
    return found[1] if name == "softmax" else found


@pytest.mark.parametrize("n", range(2, 7))
@pytest.mark.parametrize("name", MANY)
def test_operations_on_many_at_higher_orders(name: str, n: int) -> None:
    numbers = [0.75, -1.25, 2.5, 0.5]
    for i in range(4):
        exact = partial(lambda *at: MANY_CASES[name](list(at)), [mpf(x) for x in numbers], i, n)
        found = derivative(lambda t, i=i: call_many(name, [*numbers[:i], t, *numbers[i + 1 :]]), n)
        assert abs(found(numbers[i]) - exact) <= 1e-13 * (1 + abs(exact)), (name, n, i)


DOMINATED = [
    [3.0],
    [-1e-5, 700.0],
    [1.0, 1e-9, -2e-9],
    [2.0, 0.0, 0.0],  # others whose length has a kink there, which the derivatives have not
    [1e-30, -4e-12, 5e8, 2e-7],
    [0.5, -1.5, 0.25, 2.0, 1e-3, -3e-6, 0.75, 1e4],
]


@pytest.mark.parametrize("xs", DOMINATED, ids=map(str, map(len, DOMINATED)))
def test_derivatives_of_norm_do_not_cancel_where_one_operand_dominates(xs: list[float]) -> None:
    third = jacobian(hessian(functions.norm))(xs)
    second = hessian(functions.norm)(xs)
    compiled = [compile(hessian(functions.norm), backend=b)(xs) for b in ("python", None)]
    assert all(repr(each) == repr(second) for each in compiled)
    with mp.workdps(120):
        length = mp.sqrt(mp.fsum(mpf(x) ** 2 for x in xs))
        units = [mpf(x) / length for x in xs]
        for i, j, k in itertools.product(range(len(xs)), repeat=3):
            same = units[i] * (j == k) + units[j] * (i == k) + units[k] * (i == j)
            exact = (3 * units[i] * units[j] * units[k] - same) / length**2
            assert abs(third[i][j][k] - exact) <= 12 * abs(mp.ldexp(exact, -52)), (i, j, k)
            exact = ((i == j) - units[i] * units[j]) / length
            assert abs(second[i][j] - exact) <= 6 * abs(mp.ldexp(exact, -52)), (i, j)


@pytest.mark.parametrize("name", MANY)
def test_live_derivatives_of_many_have_the_bits_of_the_eager_ones(name: str) -> None:
    numbers = [RANDOM.uniform(-3, 3) for _ in range(6)]
    eager, live = [Value(x) for x in numbers], [Value(x) for x in numbers]
    call_many(name, eager).backward()
    call_many(name, live).backward(create_graph=True)
    assert [x.grad for x in eager] == [getattr(x.grad, "data", x.grad) for x in live]


@pytest.mark.parametrize("name", MANY)
def test_operations_on_many_take_numbers_among_values(name: str) -> None:
    numbers = [0.5, -1.5, 2.0, 3.0]
    all_values = [Value(x) for x in numbers]
    call_many(name, all_values).backward()
    for i in range(4):
        x = Value(numbers[i])
        z = call_many(name, [*numbers[:i], x, *numbers[i + 1 :]])
        assert z.parents == (x,)
        z.backward()
        assert x.grad == all_values[i].grad
    assert call_many(name, numbers) == call_many(name, all_values).data


@pytest.mark.parametrize("row", [TABLE[name] for name in CASES], ids=CASES)
def test_a_row_is_text_of_the_table_and_short(row: Rule) -> None:
    for text in (row.value, *row.derivatives):
        assert isinstance(
            expression(text, {*row.operands, *row.parameters, "z", "tie"}), ast.Expression
        )
    assert row.operands == OPERANDS[: len(row.derivatives)]


def test_signs_are_those_of_python() -> None:
    assert [
        TABLE[name].sign for name in ("add", "sub", "mul", "div", "mod", "pow", "neg", "exp")
    ] == [*("+", "-", "*", "/", "%", "**", "-", "exp")]


def test_where_is_differentiated_where_it_was_chosen() -> None:
    x = Value(2.0)
    for n in range(1, 7):
        cubic = derivative(lambda t: functions.where(t > 0, t**6, functions.exp(t)), n)
        assert cubic(1.5) == pytest.approx(math.perm(6, n) * 1.5 ** (6 - n), rel=1e-14)
        assert cubic(-1.5) == pytest.approx(math.exp(-1.5), rel=1e-14)
    assert leaves(functions.where(x > 3, x, 1.0)) != [x]


def test_mpmath_works_in_50_digits() -> None:
    assert mpmath.mp.dps == 50


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 0.0, 2.0])
@pytest.mark.parametrize("x", [1e-300, -1e-80, 1e-40, 0.0, 0.5, 1e80])
def test_derivatives_beyond_a_whole_power_are_zero(exponent: float, x: float) -> None:
    def power(t: Any) -> Any:
        return 3.0 * t**exponent

    for n in range(int(exponent) + 1, 7):
        assert derivative(power, n)(x) == 0.0
    slope = derivative(power, 6)
    assert compile(slope)(x) == compile(slope, backend="python")(x) == 0.0


def test_mixed_derivatives_of_a_power_that_underflows() -> None:
    (_, by_x), (by_y, _) = hessian(lambda v: v[0] ** v[1])([1e-200, 2.0])
    exact = 1e-200 * (2.0 * math.log(1e-200) + 1.0)
    assert by_y == pytest.approx(exact, rel=1e-12)
    assert by_x == pytest.approx(exact, rel=2e-3)  # z / x is lost, where z is 0
    assert grad(lambda y: math.inf**y)(-1.0) == 0.0


def test_the_second_slope_of_acosh_at_its_end_is_the_same_in_every_mode() -> None:
    twice = grad(grad(functions.acosh))
    assert twice(1.0) == derivative(functions.acosh, 2)(1.0) == compile(twice)(1.0) == -math.inf
    assert grad(functions.acosh)(1.0) == compile(grad(functions.acosh))(1.0) == math.inf
    assert math.isnan(grad(functions.acosh)(-2.0))


def test_power_keeps_its_mixed_derivative_where_the_exponent_is_zero() -> None:
    def slope(y: Any) -> Any:
        return grad(lambda x, y: x**y)(3.0, y)

    assert grad(slope)(0.0) == pytest.approx(1 / 3, rel=1e-15)  # d/dy (y * 3 ** (y - 1)) at y = 0


def test_a_square_is_rounded_correctly() -> None:
    x = 1.0000000123456789
    assert (Value(x) ** 2).data == x * x
