"""Forward mode: any order against mpmath, and products that agree with those of reverse mode."""

import math
import operator
from functools import reduce
from itertools import accumulate
from typing import Any

import pytest
from mpmath import mp, mpf

import autograd as ag
from autograd import derivative, grad, hessian, hvp, jacobian, jvp, vjp


def nested_once(f: Any, _: int) -> Any:
    return grad(f)


COMPOSITIONS: list[tuple[Any, Any, float]] = [
    (lambda x: ag.tanh(ag.exp(ag.sin(x)) * x) ** 2,
     lambda x: mp.tanh(mp.exp(mp.sin(x)) * x) ** 2, 0.7),
    (lambda x: x**x, lambda x: x**x, 0.7),
    (lambda x: ag.exp(ag.exp(x) - 1), lambda x: mp.exp(mp.exp(x) - 1), 0.1),
    (lambda x: 1 / (1 + 25 * x * x), lambda x: 1 / (1 + 25 * x * x), 0.3),
    (lambda x: ag.logsumexp([x, x * x, 2.0]),
     lambda x: mp.log(mp.exp(x) + mp.exp(x * x) + mp.e**2), 0.5),
    (lambda x: ag.softmax([x, x * x, 1.0])[1],
     lambda x: mp.exp(x * x) / (mp.exp(x) + mp.exp(x * x) + mp.e), 0.5),
    (lambda x: ag.norm([x, ag.sin(x), 1.0]), lambda x: mp.sqrt(x * x + mp.sin(x) ** 2 + 1), 0.5),
    (lambda x: ag.prod([x, ag.cos(x), x + 1]), lambda x: x * mp.cos(x) * (x + 1), 0.5),
    (lambda x: ag.dot([x, x * x], [ag.exp(x), x]), lambda x: x * mp.exp(x) + x**3, 0.5),
    (lambda x: ag.mean([ag.lgamma(x), ag.erf(x)]), lambda x: (mp.loggamma(x) + mp.erf(x)) / 2, 1.5),
    (lambda x: ag.atan2(ag.sin(x), x + 2), lambda x: mp.atan2(mp.sin(x), x + 2), 0.5),
    (lambda x: ag.sigmoid(ag.softplus(x) * ag.gelu(x)),
     lambda x: 1 / (1 + mp.exp(-mp.log1p(mp.exp(x)) * x * mp.ncdf(x))), 0.5),
]  # fmt: skip


@pytest.mark.parametrize(("f", "exact", "at"), COMPOSITIONS)
def test_orders_1_to_6_of_compositions(f: Any, exact: Any, at: float) -> None:
    """By `derivative` and, to order 3, by grad of grad; against mpmath's Taylor series."""
    with mp.workdps(50):
        taylor = mp.taylor(exact, mpf(at), 6)
        scale = max(abs(c) for c in taylor)
    for n in range(1, 7):
        expected = taylor[n] * math.factorial(n)
        tolerance = 1e-13 * float(max(abs(expected), scale * math.factorial(n) / 100))
        assert derivative(f, n)(at) == pytest.approx(float(expected), rel=0, abs=tolerance)
        if n <= 3:
            nested = reduce(nested_once, range(n), f)
            assert nested(at) == pytest.approx(float(expected), rel=0, abs=tolerance)


def test_derivatives_of_many_operations_at_order_6_do_not_explode() -> None:
    f = lambda x: reduce(lambda y, _: ag.tanh(y) + 0.1 * y, range(12), x)
    found = derivative(f, 6)(0.3)
    with mp.workdps(60):
        exact = mp.diff(
            lambda x: reduce(lambda y, _: mp.tanh(y) + y / 10, range(12), x), mpf(0.3), 6
        )
    assert found == pytest.approx(float(exact), rel=1e-3)


@pytest.mark.parametrize("n", [-1, 1.5, "1", None])
def test_an_order_that_is_no_whole_number_is_refused(n: Any) -> None:
    with pytest.raises(ValueError, match="a whole number from 0"):
        derivative(lambda x: x, n)


def test_order_0_is_the_function_itself() -> None:
    assert derivative(lambda x: x * x, 0)(3) == 9.0


def system(v: Any, s: Any) -> dict[str, Any]:
    x, y = v
    return {"p": x * ag.exp(y) * s, "q": [ag.sin(x * y), 2 * y]}


def test_jvp_vjp_and_jacobian_agree() -> None:
    v, s = [0.5, -1.5], 2.0
    rows = jacobian(system, (0, 1))(v, s)
    flat = [rows["p"], *rows["q"]]
    matrix = [[*by_v, by_s] for by_v, by_s in flat]
    for i in range(3):
        tangent = [float(i == j) for j in range(3)]
        value, pushed = jvp(system, (v, s), (tangent[:2], tangent[2]))
        assert [pushed["p"], *pushed["q"]] == pytest.approx([row[i] for row in matrix], rel=1e-15)
    same, pull = vjp(system, v, s)
    assert same == value == system(v, s)
    weights = {"p": 1.0, "q": [-2.0, 0.5]}
    by_v, by_s = pull(weights)
    expected = [
        sum(w * row[i] for w, row in zip((1.0, -2.0, 0.5), matrix, strict=True)) for i in range(3)
    ]
    assert [*by_v, by_s] == pytest.approx(expected, rel=1e-14)
    assert pull(weights) == (by_v, by_s)


def test_hessian_is_symmetric_and_agrees_with_hvp() -> None:
    f = lambda v: ag.tanh(v[0] * v[1]) * ag.exp(v[2]) + v[0] ** 3
    at = [0.5, -1.0, 0.25]
    matrix = hessian(f)(at)
    for i in range(3):
        unit = [float(i == j) for j in range(3)]
        assert hvp(f, (at,), (unit,)) == pytest.approx(matrix[i], rel=1e-14)
        assert matrix[i] == pytest.approx([row[i] for row in matrix], rel=1e-14)
    step = 1e-6
    for i in range(3):
        above, below = ([x + s * step * (i == j) for j, x in enumerate(at)] for s in (1, -1))
        slope = [(a - b) / (2 * step) for a, b in zip(grad(f)(above), grad(f)(below), strict=True)]
        assert matrix[i] == pytest.approx(slope, rel=1e-7, abs=1e-8)


def test_hvp_has_the_structure_of_the_arguments() -> None:
    assert hvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0, 0.0)) == (6.0, 4.0)
    assert hvp(lambda d: d["a"] ** 2, ({"a": 2.0},), ({"a": 3.0},)) == {"a": 6.0}


@pytest.mark.parametrize("call", [
    lambda: jvp(lambda x, y: x * x * y, (2.0, 3.0), (1.0,)),
    lambda: jvp(lambda v: v[0], ([2.0, 3.0],), ((1.0, [1.0]),)),
    lambda: vjp(lambda x: [x, x], 1.0)[1](1.0),
    lambda: vjp(lambda x: {"a": x}, 1.0)[1]({"b": 1.0}),
    lambda: hvp(lambda v: v[0] ** 2, ([2.0],), ([1.0, 2.0],)),
])  # fmt: skip
def test_a_direction_of_another_structure_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="must have the structure of what they belong to"):
        call()


@pytest.mark.parametrize("call", [
    lambda: jvp(ag.sin, 2.0, 1.0), lambda: hvp(ag.sin, 2.0, 1.0),
    lambda: jvp(ag.sin, (2.0,), {"x": 1.0}), lambda: hvp(ag.sin, ag.Value(2.0), (1.0,)),
])  # fmt: skip
def test_arguments_that_are_not_listed_are_refused_with_what_to_write(call: Any) -> None:
    with pytest.raises(TypeError, match=r"one entry for each argument .*: write \(.*,\)"):
        call()


def test_all_results_are_pushed_forward_in_one_pass() -> None:
    """hvp by 337 parameters took as long as 450 gradients: a pass for each of its results."""

    class Counts(ag.Watcher):
        count = 0

        def operation(self, node: ag.Value) -> ag.Value:
            self.count += 1
            return node

    def slope(s: Any, n: int) -> Any:
        products = lambda xs: list(accumulate(xs, operator.mul))
        return ag.sum(jvp(products, ([s] * n,), ([1.0] * n,))[1])

    counts = []
    for n in (20, 40):
        with Counts() as watcher:
            assert slope(ag.Value(1.0), n).data == n * (n + 1) / 2
        counts.append(watcher.count)
    assert counts[1] < 2.2 * counts[0]
