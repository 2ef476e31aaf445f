"""Operations of your own: in every mode as those of the table, and refused with the reason."""

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
from autograd.rules import TABLE

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


TAKEN = (
    "exp add sum where mean grad data backward pi constant total Value label node x shifted_pow "
    "live_exp tie self"
)


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


BAD_ROWS = [
    (("1x", "x", "1"), "must be an identifier"),
    (("lambda", "x", "1"), "must be an identifier"),
    (("test_bad", "x"), "give the derivative for each operand"),
    (("test_bad", "x", "1", "1", "1", "1"), "give the derivative for each operand"),
    (("test_bad", "x +", "1"), "is not an expression"),
    (("test_bad", "", "1"), "is not an expression"),
    (("test_bad", "x", "q"), "unknown name 'q'"),
    (("test_bad", "z", "1"), "unknown name 'z'"),
    (("test_bad", "x + y", "1"), "unknown name 'y'"),
    (("test_bad", "foo(x)", "1"), "unknown operation 'foo'"),
    (("test_bad", "__import__(x)", "1"), "unknown operation '__import__'"),
    (("test_bad", "x.real", "1"), "may not contain"),
    (("test_bad", "x[0]", "1"), "may not contain"),
    (("test_bad", "(lambda: x)()", "1"), "may not contain"),
    (("test_bad", "exp(x, y=1)", "1"), "may not contain"),
    (("test_bad", "[x]", "1"), "may not contain"),
    (("test_bad", "x // 2", "1"), "may not contain"),
    (("test_bad", "x if not x else 1", "1"), "may not contain"),
    (("test_bad", "'a'", "1"), "is not a number"),
    (("test_bad", "1j * x", "1"), "is not a number"),
    (("test_bad", "True", "1"), "is not a number"),
]


@pytest.mark.parametrize(("row", "message"), BAD_ROWS, ids=[str(row) for row, _ in BAD_ROWS])
def test_a_bad_row_is_refused_with_the_reason(row: tuple[str, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule(*row)
    assert "test_bad" not in TABLE


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
