"""detect_anomaly names the first operation that goes wrong, its operands and the user's line."""

import copy
import gc
import inspect
import math
import pickle
import statistics
import threading
from typing import Any

import numpy as np
import pytest

import autograd as ag
from autograd import AnomalyError, Value, detect_anomaly, no_grad
from autograd.watch import watchers, watching


def line_of(text: str) -> str:
    """Return "file:line: source" of the line of this file that ends with a marker."""
    for number, line in enumerate(inspect.getsource(inspect.getmodule(line_of)).splitlines(), 1):
        if line.endswith(f"# {text}"):
            return f"{__file__}:{number}: {line.strip()}"
    raise LookupError(text)


def test_a_value() -> None:
    rate, other = Value(0.0, label="rate"), Value(2.0)
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        _ = other * ag.log(rate) + 1  # the value
    assert raised.match("log gave the value -inf")
    assert raised.match("operands: 'rate' = 0.0")
    assert raised.value.line == line_of("the value")
    assert raised.match(r"at: .*test_detection\.py:\d+: _ = other")
    assert raised.value.node.op == "log"


@pytest.mark.parametrize(("make", "message"), [
    (lambda x: x / 0, "div gave the value nan"),
    (lambda x: 1 / x, "div gave the value inf"),
    (lambda x: ag.exp(x + 1000), "exp gave the value inf"),
    (lambda x: ag.sqrt(x - 1), "sqrt gave the value nan"),
    (lambda x: (x - 2) ** 0.5, "pow gave the value nan"),
    (ag.sqrt, "sqrt has the local derivative inf with respect to 'x' = 0.0"),
    (lambda x: x**0.5, "pow has the local derivative inf"),
    (lambda x: ag.sum([x, math.inf]), "sum gave the value inf"),
    (lambda x: ag.dot([x], [math.inf]), "dot gave the value nan"),
    (lambda x: ag.acos(x + 1), "acos has the local derivative -inf"),
    (ag.custom_gradient(lambda t: t, lambda t: math.nan), "local derivative nan"),
    (lambda x: ag.where(x > 1, x, 1 / x), "div gave the value inf"),
    (Value.log, "log gave the value -inf"),
])  # fmt: skip
def test_values_and_local_derivatives(make: Any, message: str) -> None:
    x = Value(0.0, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError, match=message):
        make(x)
    make(x)


@pytest.mark.parametrize("make", [
    lambda bad: bad * 2.0,
    lambda bad: ag.maximum(1.0, bad),
    lambda bad: ag.sum([Value(float(i)) for i in range(20)] + [bad]),
])  # fmt: skip
def test_what_was_not_finite_before_is_named_instead_of_the_operation_blamed(make: Any) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match="look at where 'bad' = nan comes"):
        make(Value(math.nan, label="bad"))


def test_a_gradient_on_its_way() -> None:
    x = Value(1e-200, label="x")
    with detect_anomaly():
        small = x * 1e-100
        y = ag.log(small)  # the gradient
        with pytest.raises(AnomalyError) as raised:
            y.backward(1e300)
    assert raised.match(r"log passed the gradient inf = 1e\+300 \* \S+ on to mul = ")
    assert raised.value.line == line_of("the gradient")
    assert x.grad == 0.0


def test_a_gradient_that_overflows_as_a_sum() -> None:
    x = Value(1e-9, label="x")
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"the gradient of 'x' = 1e-09 became inf"),
    ):
        (x * 1e308 + x * 1e308).backward()
    assert x.grad == 0.0


def test_a_gradient_given() -> None:
    y = Value(1.0) * 2
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match=r"the gradient of mul = 2\.0 became nan"),
    ):
        y.backward(math.nan)


def test_a_graph_made_before() -> None:
    x = Value(0.0, label="x")
    y = ag.sqrt(x)
    with detect_anomaly(), pytest.raises(AnomalyError, match="made before detect_anomaly"):
        y.backward()


def inner(x: Value) -> Value:
    return ag.mean([x, ag.log(x)])  # in a function


def test_the_line_is_that_of_the_innermost_function_of_the_user() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        inner(Value(-1.0))
    assert raised.value.line == line_of("in a function")


def test_derivatives_of_functions() -> None:
    with detect_anomaly():
        with pytest.raises(AnomalyError, match="log gave the value -inf"):
            ag.grad(ag.log)(0.0)
        with pytest.raises(AnomalyError, match="inf"):
            ag.derivative(lambda x: ag.cbrt(x - 1), 2)(1.0)
        assert ag.grad(lambda x: x * x)(3.0) == 6.0
        assert ag.hessian(lambda x: x**3)(2.0) == 12.0


def test_a_derivative_of_a_derivative_names_a_line_of_the_user() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        ag.hessian(lambda x: x**1.5)(0.0)  # where it is asked for
    assert raised.value.line == line_of("where it is asked for")


def test_long_operations_show_some_operands() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        ag.sum([math.inf] + [Value(float(i)) for i in range(20)])
    assert raised.match("operands: inf, a leaf = 0.0, a leaf = 1.0, .*, \\.\\.\\.")


def test_nothing_is_checked_or_kept_afterwards() -> None:
    context = detect_anomaly()
    with context:
        assert (Value(1.0) * 2).data == 2.0
    assert watching == []
    assert watchers() == ()
    assert context._places == {}
    assert ag.log(Value(0.0)).data == -math.inf


def test_as_a_decorator_and_nested() -> None:
    @detect_anomaly()
    def risky(x: Value) -> Value:
        return risky(x - 1) if x > 1 else ag.log(x)

    assert risky(Value(3.0)).data == 0.0
    with pytest.raises(AnomalyError):
        risky(Value(0.0))
    with detect_anomaly():
        with detect_anomaly(), pytest.raises(AnomalyError):
            ag.log(Value(0.0))
        with pytest.raises(AnomalyError):
            ag.log(Value(0.0))
    assert watching == []


def test_only_this_thread_is_watched() -> None:
    found: list[float] = []
    with detect_anomaly():
        thread = threading.Thread(target=lambda: found.append(ag.log(Value(0.0)).data))
        thread.start()
        thread.join()
    assert found == [-math.inf]


def test_with_no_grad() -> None:
    with detect_anomaly(), no_grad(), pytest.raises(AnomalyError, match="-inf"):
        ag.log(Value(0.0))
    with no_grad(), detect_anomaly(), pytest.raises(AnomalyError, match="log gave the value -inf"):
        ag.log(Value(0.0))


def test_it_is_an_arithmetic_error_and_plain_numbers_are_left_alone() -> None:
    assert issubclass(AnomalyError, ArithmeticError)
    with detect_anomaly():
        assert ag.log(0.0) == -math.inf


def test_code_without_a_source_line() -> None:
    space: dict[str, Any] = {"ag": ag, "x": Value(0.0)}
    with detect_anomaly(), pytest.raises(AnomalyError, match="<typed>:1: "):
        exec(compile("ag.log(x)", "<typed>", "exec"), space)


def test_graphs_are_freed_while_it_is_active() -> None:
    """A training inside ran out of memory: all graphs were kept, for their lines."""

    def size_after(passes: int) -> int:
        for _ in range(passes):
            (ag.sin(x * 2.0) + 1.0).backward()
        return sum(type(each) is Value for each in gc.get_objects())

    x = Value(1.0)
    with detect_anomaly():
        assert size_after(30) == size_after(1)
        lost = [ag.sin(x * float(i)) for i in range(50)]
        del lost
        y = ag.sqrt(x - 1.0 + 1e-300)  # a node in the place of a freed one
        with pytest.raises(AnomalyError) as raised:
            y.backward(1e200)
    assert raised.value.line == line_of("a node in the place of a freed one")


def test_the_same_context_may_be_entered_twice() -> None:
    context = detect_anomaly()
    with context:
        y = ag.sqrt(Value(1e-300))  # between the two
        with context:
            pass
        with pytest.raises(AnomalyError) as raised:
            y.backward(1e200)
    assert raised.value.line == line_of("between the two")


@pytest.mark.parametrize("call", [
    lambda xs: np.array(xs).sum(),
    lambda xs: np.linalg.norm(np.array(xs)),
    lambda xs: 2.0 * statistics.median(xs),
])  # fmt: skip
def test_the_line_is_the_users_not_one_of_numpy_or_the_library(call: Any) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        call([Value(1e308), Value(1e308)])
    assert raised.value.line.startswith(f"{__file__}:{call.__code__.co_firstlineno}: lambda xs:")


def test_no_alarm_for_a_gradient_that_nobody_takes() -> None:
    constant = Value(3.0).detach()
    with detect_anomaly():
        ag.sqrt(Value(0.0).detach())
        (Value(-2.0) ** constant).backward()
        ((Value(1e10) * Value(1e-5).detach()) * 1e300).backward()
        assert ag.compile(ag.sqrt)(0.0) == 0.0
        assert ag.compile(lambda x, y: x**y)(-2.0, 3.0) == -8.0
        with no_grad():
            ag.sqrt(Value(0.0))


@pytest.mark.parametrize("create_graph", [False, True])
def test_an_overflow_on_the_way_back_has_the_same_origin_with_a_graph(create_graph: bool) -> None:
    with detect_anomaly():
        x = Value(0.0, label="x")
        y = x * 1e200  # the way back
        z = y * 1e200
        with pytest.raises(AnomalyError) as raised:
            z.backward(create_graph=create_graph)
    assert raised.match(r"mul passed the gradient inf = 1e\+200 \* 1e\+200 on to 'x'")
    assert raised.value.line == line_of("the way back")


def test_an_overflow_on_the_way_forward() -> None:
    f = lambda x: x * 1e200 * 1e200
    with detect_anomaly():
        assert ag.jvp(f, (0.0,), (1e-200,))[1] == 1e200
        for call in (lambda: ag.jvp(f, (0.0,), (1.0,)), lambda: ag.derivative(f)(0.0)):
            with pytest.raises(AnomalyError, match="mul got the tangent inf") as raised:
                call()
            assert "z.backward(1e+200)" in raised.value.reproducer
        with pytest.raises(AnomalyError, match="mul got the tangent inf"):  # both shares count
            ag.jvp(lambda x: x * x, (1e150,), (1e158,))
        ag.hvp(lambda v: v[0] ** 2 * v[1], ([3.0, 5.0],), ([1.0, 0.0],))


def test_a_seed_that_is_not_finite_is_told_as_such() -> None:
    gone = [Value(1.0) * 2.0 for _ in range(40)]
    with detect_anomaly():
        gone = [x * 2.0 for x in gone]
        del gone
        leaf = Value(1.0, label="leaf")
        with pytest.raises(
            AnomalyError, match=r"became inf: backward\(\) was given it so"
        ) as raised:
            leaf.backward(math.inf)  # the seed
    assert raised.value.line == line_of("the seed")
    assert "z.backward(float('inf'))" in raised.value.reproducer


@pytest.mark.parametrize("travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy,
                                    copy.deepcopy])  # fmt: skip
def test_the_error_travels_without_its_graph(travel: Any) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        ag.log(Value(0.0, label="rate"))
    error = raised.value
    same = travel(error)
    assert (type(same), str(same)) == (AnomalyError, str(error))
    assert (same.line, same.reproducer) == (error.line, error.reproducer)
    assert (same.node.data, same.node.parents) == (-math.inf, ())


def test_a_message_of_many_operands_is_short_and_the_program_whole() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        ag.dot([Value(0.1) for _ in range(785)], [1.0] * 784 + [math.nan])
    assert len(str(raised.value)) < 3000
    assert raised.match(r"# \.\.\. 773 more lines: the attribute `reproducer` has them all")
    assert raised.value.reproducer.count("autograd.Value(0.1)") == 785
