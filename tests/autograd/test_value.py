"""Value: what it takes, what it refuses and why, numpy's numbers, copies and pickles."""

import copy
import math
import operator
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import Value, no_grad
from autograd.binding import FUNCTIONS
from autograd.rules import TABLE

NUMBERS = [2.0, 2, True, Fraction(3, 2), np.float64(2.5), np.float32(1.1), np.float16(1.5),
           np.longdouble(2), np.int64(3), np.int8(-3), np.uint32(7), np.bool_(True), np.array(2.0),
           np.array([2.0]), np.array([[2.0]]), np.array(3), np.array([True])]  # fmt: skip
by_number = pytest.mark.parametrize("number", NUMBERS, ids=repr)
ARITHMETIC = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.pow,
    operator.mod,
]
COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]
NOT_NUMBERS: list[tuple[Any, str]] = [
    ("3", r"write float\('3'\)"),
    (b"3", r"write float\(b'3'\)"),
    (None, "did a function forget to return its result"),
    (1j, "no complex Values"),
    (np.complex128(1), "no complex Values"),
    (Decimal("1.5"), r"write float\(Decimal\('1.5'\)\)"),
    ([1, 2], r"write \[Value\(x\) for x in \.\.\.\]"),
    ((1, 2), r"write \[Value\(x\) for x in \.\.\.\]"),
    ({"a": 1}, r"write \[Value\(x\) for x in \.\.\.\]"),
    ({1}, "is not a real number"),
    (np.array([1.0, 2.0]), r"write \[Value\(x\) for x in \.\.\.\]"),
    (np.array([]), "is not a real number"),
    (np.array(["a"]), "is not a real number"),
]
not_numbers = pytest.mark.parametrize(
    ("bad", "advice"), NOT_NUMBERS, ids=[repr(b) for b, _ in NOT_NUMBERS]
)


def plain(number: Any) -> float:
    return float(number.item() if hasattr(number, "item") else number)


# What it takes


@by_number
def test_a_value_takes_every_kind_of_number(number: Any) -> None:
    v = Value(number, label="v")
    assert type(v.data) is float
    assert v.data == plain(number)
    v.data = number
    assert type(v.data) is float
    assert (v.grad, v.op, v.label, v.parents, v.local_derivatives) == (0.0, "", "v", (), ())


@by_number
@pytest.mark.parametrize("operation", ARITHMETIC)
def test_every_kind_of_number_on_both_sides_of_an_operator(operation: Any, number: Any) -> None:
    for v, other in ((Value(3.0), number), (Value(0.5), number)):
        forth, back = operation(v, other), operation(other, v)
        assert type(forth) is type(back) is Value
        assert repr(forth) == repr(operation(Value(v.data), Value(other)))
        assert repr(back) == repr(operation(Value(other), Value(v.data)))
        assert forth.parents == back.parents == (v,)


@by_number
@pytest.mark.parametrize("comparison", COMPARISONS)
def test_every_kind_of_number_on_both_sides_of_a_comparison(comparison: Any, number: Any) -> None:
    v = Value(2.0)
    assert comparison(v, number) is comparison(2.0, plain(number))
    assert comparison(number, v) is comparison(plain(number), 2.0)
    assert comparison(v, Value(number)) is comparison(2.0, plain(number))


@by_number
def test_every_function_takes_every_kind_of_number(number: Any) -> None:
    x = plain(number)
    assert ag.exp(number) == ag.exp(x)
    assert ag.maximum(number, Value(100)).data == 100.0
    assert ag.hypot(Value(1.0), number).data == math.hypot(1.0, x)
    assert ag.hypot(number, 1) == math.hypot(1.0, x)
    assert ag.sum([number, Value(1.0)]).data == x + 1.0
    assert ag.dot([Value(2.0)], [number]).data == 2.0 * x
    assert ag.where(True, number, Value(1.0)).data == x
    assert ag.clip(Value(1e3), 0, number).data == min(1e3, max(x, 0)) or x < 0


def test_arithmetic_and_its_gradients() -> None:
    x, y = Value(3.0), Value(2.0)
    cases: list[tuple[Any, float, float, float]] = [
        (lambda: x + y, 5.0, 1.0, 1.0),
        (lambda: x - y, 1.0, 1.0, -1.0),
        (lambda: x * y, 6.0, 2.0, 3.0),
        (lambda: x / y, 1.5, 0.5, -0.75),
        (lambda: x**y, 9.0, 6.0, 9.0 * math.log(3.0)),
        (lambda: x % y, 1.0, 1.0, -1.0),
        (lambda: -x, -3.0, -1.0, 0.0),
        (lambda: abs(-x), 3.0, 1.0, 0.0),
        (lambda: +x, 3.0, 1.0, 0.0),
        (lambda: 2 - x, -1.0, -1.0, 0.0),
        (lambda: 6 / x, 2.0, -2 / 3, 0.0),
        (lambda: 2**x, 8.0, 8.0 * math.log(2.0), 0.0),
        (lambda: 7 % x, 1.0, -2.0, 0.0),
    ]
    for make, value, by_x, by_y in cases:
        x.zero_grad()
        y.zero_grad()
        z = make()
        z.backward()
        assert (z.data, x.grad, y.grad) == pytest.approx((value, by_x, by_y), rel=1e-15)


def test_in_place_operators_make_a_new_node() -> None:
    x = y = Value(3.0)
    y += 1
    y *= 2
    y -= 1
    y /= 2
    y **= 2
    assert (x.data, y.data) == (3.0, 12.25)
    y.backward()
    assert x.grad == 7.0


def test_unary_operations_are_methods_too() -> None:
    x = Value(0.5)
    for name in [row.name for row in TABLE.values() if len(row.operands) == 1]:
        found = getattr(x, name)()
        assert found.parents == (x,)
        assert repr(found) == repr(Value(FUNCTIONS[name](0.5)))
    assert {"exp", "log", "tanh", "relu", "sigmoid", "sqrt", "sin", "abs", "clip"} <= set(
        dir(Value)
    )


# What it refuses


@not_numbers
def test_a_value_of_something_else_is_refused_with_advice(bad: Any, advice: str) -> None:
    with pytest.raises(TypeError, match=advice):
        Value(bad)
    v = Value(1.0)
    with pytest.raises(TypeError, match=advice):
        v.data = bad
    assert v.data == 1.0


@not_numbers
@pytest.mark.parametrize("operation", ARITHMETIC + COMPARISONS)
def test_an_operand_that_is_no_number_is_refused(operation: Any, bad: Any, advice: str) -> None:
    v = Value(3.0)
    with pytest.raises(TypeError, match=advice):
        operation(v, bad)
    with pytest.raises(TypeError) as raised:
        operation(bad, v)
    if not (operation is operator.mod and isinstance(bad, (str, bytes))):  # these format a text
        assert raised.match(advice)


@not_numbers
def test_functions_refuse_what_is_no_number(bad: Any, advice: str) -> None:
    v = Value(1.0)
    calls: list[Any] = [
        lambda: ag.exp(bad), lambda: ag.maximum(v, bad), lambda: ag.maximum(bad, v),
        lambda: ag.hypot(1.0, bad), lambda: ag.sum([v, bad]), lambda: ag.dot([v], [bad]),
        lambda: ag.dot([bad], [v]), lambda: ag.where(True, v, bad), lambda: ag.where(False, bad, v),
        lambda: ag.clip(v, bad, 1.0), lambda: ag.clip(bad, 0.0, 1.0),
        lambda: v.leaky_relu(slope=bad),
        lambda: ag.mean([bad]), lambda: ag.norm([1.0, bad]), lambda: ag.softmax([bad, v]),
        lambda: ag.leaky_relu(bad), lambda: ag.equal(v, bad), lambda: v.backward(bad),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=advice):
            call()


def test_a_node_made_by_hand_from_its_children_would_lose_their_gradient() -> None:
    x = Value(2.0)
    with pytest.raises(TypeError, match=r"operations of your own are made with autograd\.rule"):
        Value(x.data**2, (x,))


@pytest.mark.parametrize("misuse", [
    lambda v: ~v, lambda v: v @ v, lambda v: v << 1, lambda v: v & v, len, iter, lambda v: v[0],
    lambda v: v(), lambda v: v + object(), lambda v: object() * v, lambda v: v < object(), Value,
    lambda v: Value(Value), lambda v: Value(object()), lambda v: Value(float),
    lambda v: Value(iter([1])), lambda v: Value(np.array([v])),
    lambda v: ag.clip(v, v, 1.0), lambda v: v.leaky_relu(slope=v),
    lambda v: setattr(v, "data", v),
])  # fmt: skip
def test_other_misuse_is_a_type_error(misuse: Any) -> None:
    with pytest.raises(TypeError):
        misuse(Value(3.0))


def test_a_value_has_no_other_attributes() -> None:
    v = Value(3.0)
    with pytest.raises(AttributeError, match="foo"):
        v.foo = 1
    with pytest.raises(AttributeError, match="foo"):
        _ = v.foo
    with pytest.raises(AttributeError):
        v.parents = ()  # type: ignore[misc] # it is read-only, which is tested


# Comparison, identity, text


def test_comparisons_are_by_value_and_equality_by_identity() -> None:
    a, b, c = Value(1.0), Value(2.0), Value(1.0)
    assert a < b
    assert a <= c
    assert b > 1
    assert not a < c
    assert a != c
    assert a != 1.0
    assert a == [a][0]
    assert a in [c, a]
    assert a not in [b, c, 1.0]
    assert len({a, c, a}) == 2
    assert hash(a) != hash(c)
    assert ag.equal(a, c)
    assert ag.equal(a, 1)
    assert not ag.equal(Value(math.nan), math.nan)
    assert max([a, b, c]) is b
    assert min(b, a) is a
    assert sorted([b, a]) == [a, b]
    assert not Value(math.nan) < 1


def test_truth_is_that_of_the_number() -> None:
    assert Value(0.1)
    assert not Value(0.0)
    assert not Value(-0.0)
    assert Value(math.nan)
    assert (Value(0.0) or 5) == 5


def test_repr() -> None:
    assert repr(Value(-6.0, label="c")) == "Value(data=-6.0, grad=0.0, label='c')"
    assert repr(Value(2)) == str(Value(2)) == f"{Value(2)}" == "Value(data=2.0, grad=0.0)"
    assert repr(Value(1, 'it\'s "x"\n')) == "Value(data=1.0, grad=0.0, label='it\\'s \"x\"\\n')"


def test_detach_keeps_the_number_and_the_label() -> None:
    x = Value(2.0, "x")
    y = (x * 3).detach()
    assert (y.data, y.op, y.parents) == (6.0, "constant", ())
    assert x.detach().label == "x"


# Subclasses and other people's classes


class Weight(Value):
    __slots__ = ("name",)


class Friendly:
    """An operand that knows how to deal with a Value."""

    def __radd__(self, other: Any) -> str:
        return "friendly"

    def __gt__(self, other: Any) -> bool:
        return True


def test_subclasses_and_foreign_operands() -> None:
    w = Weight(2.0)
    w.name = "w"
    z = w * w + 1
    z.backward()
    assert (w.grad, type(z)) == (4.0, Value)
    assert (Value(1.0) + w).parents[1] is w
    assert copy.deepcopy(w).data == 2.0
    assert Value(1.0) + Friendly() == "friendly"
    assert Value(1.0) < Friendly()


# no_grad


def test_no_grad_as_context_and_decorators() -> None:
    x = Value(3.0)

    @no_grad
    def bare(v: Value) -> Value:
        return v * 2

    @no_grad()
    def called(v: Value, depth: int = 2) -> Value:
        return called(v, depth - 1) if depth else v * 2

    for z in (bare(x), called(x)):
        assert (z.parents, z.op, z.data) == ((), "constant", 6.0)
    with no_grad(), no_grad():
        inner = ag.dot([x, x], [1.0, 2.0]) + ag.exp(x) + ag.where(x > 1, x, 0)
    assert inner.parents == ()
    assert (x * 2).parents == (x,)
    (inner * x).backward()
    assert x.grad == inner.data
    assert bare.__name__ == "bare"


def test_no_grad_ends_with_an_exception_and_nests() -> None:
    x = Value(1.0)
    with no_grad():
        with pytest.raises(ZeroDivisionError), no_grad():
            _ = 1 / 0
        assert (x * 2).parents == ()
    assert (x * 2).parents == (x,)


def test_one_no_grad_may_be_entered_twice() -> None:
    context = no_grad()
    x = Value(1.0)
    with context:
        with context:
            pass
        assert (x * 2).op == "constant"
    assert (x * 2).parents == (x,)


def test_operations_made_from_children_as_in_micrograd_are_told_how_to_be_made() -> None:
    a = Value(2.0)
    for given in ((a,), "tanh"), ((a, a),), ("", (a,)):
        with pytest.raises(TypeError, match="rule or custom_gradient"):
            Value(1.0, *given)
    for named in ({"_children": (a,), "_op": "exp"}, {"_op": "+"}, {"_children": (a,)}):
        for given in ((), ((),)):
            with pytest.raises(TypeError, match="rule or custom_gradient"):
                Value(1.0, *given, **named)
    with pytest.raises(TypeError, match="requires_grad"):
        Value(1.0, requires_grad=True)  # type: ignore[call-arg] # which is tested
    with pytest.raises(TypeError, match="a label is text, not None"):
        Value(1.0, label=None)  # type: ignore[arg-type] # which is tested


def test_leaves_are_made_as_in_micrograd_too() -> None:
    given: list[Any] = [((),), ((), ""), ((), "", "a"), ((), (), "a")]
    leaves = [Value(1.0, *x) for x in given] + [Value(1.0, _children=(), _op="", label="a")]
    assert [x.label for x in leaves] == ["", "", "a", "a", "a"]
    assert not any(x.op or x.parents for x in leaves)


def test_equality_is_identity_and_leaves_the_other_operand_its_say() -> None:
    a, b = Value(2.0), Value(2.0)
    assert a == a
    assert a != b
    assert a != 2.0
    assert len({a, b}) == 2
    assert [b, a].index(a) == 1

    class Anything:
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment] # not needed

    assert a == Anything()
