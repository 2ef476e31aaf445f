"""Functions of many operands, where, and operations that users add."""

import copy
import math
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, custom_gradient, derivative, detect_anomaly, grad, jvp, rule
from autograd.rules import MANY, TABLE

# Many operands


@pytest.mark.parametrize("name", MANY)
def test_one_node_whatever_the_sequence_is(name: str) -> None:
    function = getattr(ag, name)
    if name == "dot":
        function = partial(ag.dot, [1.0, 2.0])
    x, y = Value(3.0), Value(2.0)
    for xs in ([x, y], (x, y), iter([x, y]), np.array([x, y]), {x: 1, y: 2}, (v for v in (x, y))):
        z = function(xs)
        z = z[0] if name == "softmax" else z
        assert z.parents == (x, y)
        assert z.op == name


def test_numbers_in_a_float_out() -> None:
    assert ag.sum([1, 2.5, True, np.float32(1)]) == 5.5
    assert ag.mean(range(5)) == 2.0
    assert ag.prod([2, 3]) == 6.0
    assert ag.dot([1, 2], np.array([3.0, 4.0])) == 11.0
    assert ag.norm([3, 4]) == 5.0
    assert ag.logsumexp([0, 0]) == math.log(2)
    assert ag.softmax([0, 0]) == [0.5, 0.5]
    results = [ag.sum([1]), ag.mean([1]), ag.prod([1]), ag.dot([1], [1]), ag.norm([1])]
    assert [type(x) for x in results] == [float] * 5


def test_no_operands() -> None:
    assert (ag.sum([]), ag.prod([]), ag.dot([], []), ag.norm([])) == (0.0, 1.0, 0.0, 0.0)
    assert (ag.logsumexp([]), ag.softmax([])) == (-math.inf, [])
    with pytest.raises(ValueError, match="mean of no numbers: give at least one"):
        ag.mean([])


def test_what_is_no_sequence_is_refused() -> None:
    for call in (ag.sum, ag.mean, ag.prod, ag.norm, ag.logsumexp, ag.softmax):
        for bad in (3.0, Value(1.0), None):
            with pytest.raises(TypeError, match="takes a sequence of numbers or Values, not"):
                call(bad)
    with pytest.raises(TypeError, match="dot takes a sequence"):
        ag.dot(1.0, [1.0])
    with pytest.raises(ValueError, match="dot of 1 and 2 numbers: give as many of each"):
        ag.dot([1.0], [1.0, 2.0])


def test_an_error_inside_a_generator_is_not_hidden() -> None:
    with pytest.raises(TypeError, match=r"v\.data for the number"):
        ag.sum(math.exp(v) for v in [Value(1.0)])


DOTS = [
    ([Value(1.0), Value(2.0)], [3.0, 4.0]),
    ([Value(1.0), Value(2.0)], [3, 4]),
    ([3.0, 4.0], [Value(1.0), Value(2.0)]),
    ([Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]),
    ([Value(1.0), 2.0], [3.0, Value(4.0)]),
    ([Value(1.0), Value(2.0)], [3.0, Value(4.0)]),
    ([Value(1.0), Value(2.0)], [Value(3.0), 4.0]),
    ([1.0, Value(2.0)], [Value(3.0), Value(4.0)]),
    ([Value(1.0), Value(2.0)], np.array([3.0, 4.0])),
]


@pytest.mark.parametrize(("xs", "ys"), DOTS)
def test_dot_of_numbers_and_values_in_any_mixture(xs: Any, ys: Any) -> None:
    z = ag.dot(xs, ys)
    z.backward()
    assert z.data == 11.0
    assert z.parents == tuple(v for v in [*xs, *ys] if isinstance(v, Value))
    assert [getattr(v, "data", v) for v in z.operands] == [1.0, 2.0, 3.0, 4.0] or xs[0] == 3.0
    for values, others in ((xs, ys), (ys, xs)):
        for v, other in zip(values, others, strict=True):
            if isinstance(v, Value):
                assert v.grad == (other.data if isinstance(other, Value) else other)
                v.zero_grad()
    z.backward(create_graph=True)
    for v in z.parents:
        v.zero_grad()


@pytest.mark.parametrize(("xs", "ys"), DOTS)
def test_matvec_is_a_dot_for_each_row(xs: Any, ys: Any) -> None:
    for node in ag.matvec([xs, iter(xs)], iter(ys)):
        expected = ag.dot(xs, ys)
        assert (node.data, node.op) == (11.0, "dot")
        assert node.parents == expected.parents
        assert node.local_derivatives == expected.local_derivatives
        assert node.operands == expected.operands


def test_matvec_of_numbers_and_of_other_lengths() -> None:
    assert ag.matvec([[1, 2], np.array([3.0, 4.0])], [10, 1]) == [12.0, 34.0]
    assert ag.matvec([], [1.0]) == []
    assert ag.matvec([[]], []) == [0.0]
    with pytest.raises(ValueError, match="dot of 1 and 2 numbers"):
        ag.matvec([[Value(1.0)]], [1.0, 2.0])
    with pytest.raises(TypeError, match="matvec takes a sequence"):
        ag.matvec([[1.0]], 1.0)


def test_softmax_of_large_numbers_and_its_derivatives() -> None:
    xs = [Value(1000.0), Value(999.0), Value(-1e6)]
    a, b, c = ag.softmax(xs)
    assert (a.data + b.data, c.data) == (1.0, 0.0)
    a.backward()
    assert xs[0].grad == -xs[1].grad == pytest.approx(a.data * b.data)
    assert xs[2].grad == 0.0


# where


def test_where_takes_every_kind_of_condition() -> None:
    a, b = Value(1.0), Value(2.0)
    for truth in (True, 1, 2.5, np.bool_(True), Value(3.0), a < b):
        assert ag.where(truth, a, b).parents == (a,)
    for falsehood in (False, 0, 0.0, np.bool_(False), Value(0.0), a > b):
        assert ag.where(falsehood, a, b).parents == (b,)
    assert ag.where(True, 1, 2) == 1.0
    assert ag.where(False, a, 2).data == 2.0
    constant = ag.where(True, 1.0, a)
    assert (constant.data, constant.parents, constant.operands[2]) == (1.0, (), a)
    constant.backward()
    assert a.grad == 0.0


# Rules of one's own


@pytest.fixture
def own_rules() -> Iterator[Callable[..., Any]]:
    """Give `rule`, and take away afterwards what was added."""
    before = set(TABLE)
    yield rule
    for name in set(TABLE) - before:
        del TABLE[name]
        if hasattr(Value, name):
            delattr(Value, name)


def test_a_rule_in_one_line_works_in_every_mode(own_rules: Any) -> None:
    softsign = own_rules("softsign_", "x / (1 + abs(x))", "1 / (1 + abs(x))**2")
    x = Value(1.0)
    assert (softsign(1.0), softsign(x).data, x.softsign_().data) == (0.5, 0.5, 0.5)
    softsign(x).backward()
    assert x.grad == 0.25
    x.zero_grad()
    softsign(x).backward(create_graph=True)
    assert x.grad.data == 0.25
    exact = [math.factorial(n) * (-1.0) ** (n + 1) / 2.0 ** (n + 1) for n in range(1, 6)]
    assert [derivative(softsign, n)(1.0) for n in range(1, 6)] == pytest.approx(exact)
    assert softsign.__name__ == "softsign_"
    assert "x / (1 + abs(x))" in softsign.__doc__
    node = softsign(Value(2.0))
    assert pickle.loads(pickle.dumps(node)).op == copy.deepcopy(node).op == "softsign_"


def test_rules_of_two_and_three_operands_and_with_parameters(own_rules: Any) -> None:
    area = own_rules("area_", "x * y / 2", "y / 2", "x / 2")
    volume = own_rules("volume_", "x * y * w * scale", "y * w * scale", "x * w * scale",
                       "x * y * scale", scale=2)  # fmt: skip
    swish = own_rules("swish_", "x * sigmoid(beta * x)",
                      "sigmoid(beta * x) + beta * z * sigmoid(-beta * x)", beta=1.0)  # fmt: skip
    x, y = Value(3.0), Value(4.0)
    assert area(x, 4).data == area(3, y).data == area(x, y).data == area(3, 4) == 6.0
    assert grad(area, (0, 1))(3.0, 4.0) == (2.0, 1.5)
    assert volume(1.0, 2.0, 3.0) == 12.0
    assert volume(x, 2.0, y, scale=10).local_derivatives == (80.0, 60.0)
    assert grad(volume, (0, 1, 2))(1.0, 2.0, 3.0) == (12.0, 6.0, 4.0)
    assert derivative(lambda t: volume(t, t, t), 3)(1.0) == 12.0
    assert swish(x, beta=2.0).data == swish(x, 2.0).data == x.swish_(2).data
    slope = derivative(lambda t: t * ag.sigmoid(2.0 * t), 2)(0.5)
    assert derivative(lambda t: swish(t, 2.0), 2)(0.5) == pytest.approx(slope)


def test_a_rule_may_use_rules_conditions_and_comparisons(own_rules: Any) -> None:
    own_rules("cube_", "x**3", "3 * x**2")
    used = own_rules("used_", "cube_(x) + 1", "3 * square(x)")
    assert derivative(used, 2)(2.0) == 12.0
    step = own_rules("above_", "x > y", "0.0", "0.0")
    assert (step(2, 1), type(step(Value(2.0), 1).data)) == (1.0, float)
    inside = "(0.0 < x < 1.0)"
    band = own_rules(
        "band_", f"x * ({inside} and x != 0.5)", f"1.0 * {inside} if x != 0.5 else 0.0"
    )
    assert [band(x) for x in (-1.0, 0.25, 0.5, 2.0)] == [0.0, 0.25, 0.0, 0.0]
    assert [derivative(band)(x) for x in (-1.0, 0.25, 0.5, 2.0)] == [0.0, 1.0, 0.0, 0.0]
    assert [grad(grad(band))(x) for x in (0.25, 0.5)] == [0.0, 0.0]
    same = own_rules("same_", "1.0 if x == y else 0.0", "0.0", "0.0")
    assert (same(2.0, 2.0), same(Value(2.0), 3.0).data) == (1.0, 0.0)


def test_a_rule_follows_ieee_754(own_rules: Any) -> None:
    inverse = own_rules("inverse_", "1 / x", "-z * z")
    assert inverse(0.0) == math.inf
    assert inverse(Value(0.0)).local_derivatives == (-math.inf,)
    with detect_anomaly(), pytest.raises(ag.AnomalyError, match="inverse_ gave the value inf"):
        inverse(Value(0.0))


def test_a_rule_may_be_defined_again_as_in_a_notebook(own_rules: Any) -> None:
    first = own_rules("again_", "2 * x", "2")
    second = own_rules("again_", "3 * x", "3")
    assert (second(1.0), Value(1.0).again_().data) == (3.0, 3.0)
    assert second(Value(1.0)).local_derivatives == (3.0,)
    assert first(Value(1.0)).data == 3.0  # the name is what counts
    with pytest.raises(ValueError, match="unknown name 'q'"):
        own_rules("again_", "3 * x", "q")
    assert second(Value(1.0)).local_derivatives == (3.0,)
    assert TABLE["again_"].derivatives == ("3",)


TAKEN = "exp add sum where mean grad data backward pi constant total Value label node x shifted_pow"


@pytest.mark.parametrize("name", TAKEN.split())
def test_a_name_with_a_meaning_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="has a meaning in autograd already: choose another name"):
        rule(name, "x", "1")
    with pytest.raises(ValueError, match="has a meaning in autograd already"):
        rule("mine_", "x", "1", **{name: 1.0})
    assert "mine_" not in TABLE


@pytest.mark.parametrize(("texts", "message"), [
    (("mine_(x)", "1"), "is defined by itself"),
    (("exp(x, x)", "1"), "exp takes 1 operands, not 2"),
    (("where(x, x)", "1"), "where takes 3 operands, not 2"),
    (("copysign(x, x)", "1"), "unknown operation 'copysign'"),
    (("sum(x)", "1"), "unknown operation 'sum'"),
    (("x * y", "y"), "unknown name 'y'; it may use LOG10E"),
    (("x; y", "1"), "is not an expression"),
    ((3, "1"), "is not an expression"),
    (("1" + "0" * 400, "1"), "is not a number"),
])  # fmt: skip
def test_a_bad_text_is_refused_with_the_reason(texts: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule("mine_", *texts)
    assert "mine_" not in TABLE


def test_a_parameter_is_a_number() -> None:
    with pytest.raises(TypeError, match="is not a real number"):
        rule("mine_", "x * k", "k", k="a")
    with pytest.raises(TypeError, match="a plain number is needed"):
        rule("mine_", "x * k", "k", k=Value(1.0))


def test_a_graph_of_a_rule_that_is_gone(own_rules: Any) -> None:
    y = own_rules("gone_", "2 * x", "2")(Value(1.0))
    del TABLE["gone_"]
    y.backward()
    assert y.parents[0].grad == 2.0
    with pytest.raises(
        RuntimeError, match=r"no rule 'gone_' in this process: define it with rule\(\)"
    ):
        y.backward(create_graph=True)


def test_unknown_functions_are_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no function 'foo'"):
        _ = ag.functions.foo  # type: ignore[attr-defined]


# Functions of one's own


def slope_of_cosine(x: Any) -> Any:
    return -ag.sin(x)


cosine = custom_gradient(math.cos, slope_of_cosine)


def test_an_opaque_function_with_its_derivative() -> None:
    x = Value(0.5)
    y = cosine(x)
    y.backward()
    assert (y.data, x.grad, y.op) == (math.cos(0.5), -math.sin(0.5), "custom cos")
    assert cosine(0.5) == math.cos(0.5)
    assert cosine(np.float32(0.5)) == math.cos(0.5)
    assert cosine.__name__ == "cos"
    assert "cosine" in cosine.__doc__
    exact = [-math.sin(0.5), -math.cos(0.5), math.sin(0.5), math.cos(0.5)]
    assert [derivative(cosine, n)(0.5) for n in range(1, 5)] == pytest.approx(exact)


def test_several_operands_some_of_them_numbers() -> None:
    product = custom_gradient(lambda a, b: a * b, lambda a, b: (b, a))
    x = Value(3.0)
    y = product(x, 5)
    y.backward()
    assert (y.data, x.grad, y.operands) == (15.0, 5.0, (x, 5.0))
    assert product(x, x).parents == (x, x)
    assert grad(grad(product), 1)(2.0, 3.0) == 1.0
    assert product(2, 3) == 6.0


def test_copies_and_pickles_of_custom_operations() -> None:
    x = Value(0.5)
    y = cosine(x) * 2
    for z in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        z.backward(create_graph=True)
        slope = ag.leaves(z)[0].grad
        assert slope.data == -2 * math.sin(0.5)


def test_derivatives_that_are_custom_themselves_and_end_in_plain_ones() -> None:
    third = custom_gradient(math.cosh, math.sinh)
    second = custom_gradient(math.sinh, third)
    first = custom_gradient(math.cosh, second)
    assert [derivative(first, n)(0.5) for n in range(4)] == [
        math.cosh(0.5), math.sinh(0.5), math.cosh(0.5), math.sinh(0.5)]  # fmt: skip
    assert grad(grad(grad(first)))(0.5) == math.sinh(0.5)
    assert jvp(third, (0.5,), (2.0,))[1] == 2 * math.sinh(0.5)
    with pytest.raises(TypeError, match="use a function of autograd"):
        derivative(first, 4)(0.5)


def exp(x: float) -> float:
    return x * x


def constant(x: float) -> float:
    return x * x


def test_a_function_named_like_an_operation_is_not_taken_for_it() -> None:
    for function in (exp, constant):
        square = custom_gradient(function, lambda x: 2 * x)
        assert [derivative(square, n)(3.0) for n in range(4)] == [9.0, 6.0, 2.0, 0.0]
        x = Value(3.0)
        square(x).backward()
        assert x.grad == 6.0
        assert square(x).op == f"custom {function.__name__}"


def test_functions_without_a_name_and_results_of_other_kinds() -> None:
    power = custom_gradient(partial(math.pow, 2.0), lambda x: ag.log(2.0) * 2**x)
    assert grad(power)(3.0) == 8 * math.log(2.0)
    integer = custom_gradient(lambda x: 3, lambda x: np.float32(0.5))
    y = integer(Value(1.0))
    assert (type(y.data), y.local_derivatives) == (float, (0.5,))


@pytest.mark.parametrize(("function", "slope", "error", "message"), [
    (lambda x: "a", lambda x: 1.0, TypeError, "str 'a' is not a real number"),
    (Value, lambda x: 1.0, TypeError, "a plain number is needed here"),
    (lambda x: x, lambda x: None, TypeError, "did a function forget to return"),
    (lambda x: x, lambda x: (1.0, 2.0), ValueError, "'<lambda>' gave 2 numbers for 1 operands"),
    (lambda x: x, lambda x: [], ValueError, "gave 0 numbers for 1 operands"),
])  # fmt: skip
def test_bad_custom_functions(function: Any, slope: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        custom_gradient(function, slope)(Value(1.0))


def test_documentation_of_functions_shows_the_rule_and_runs() -> None:
    assert "z = exp(x)" in ag.exp.__doc__
    assert "d/dx = z" in ag.exp.__doc__
    assert Value.exp.__doc__ == ag.exp.__doc__
    assert "(default 0.01)" in ag.leaky_relu.__doc__
