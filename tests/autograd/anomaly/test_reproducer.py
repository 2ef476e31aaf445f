"""The program that an AnomalyError shows runs, and repeats what went wrong."""

import contextlib
import io
import itertools
import math
import subprocess
import sys
from typing import Any

import pytest

import autograd as ag
from autograd import AnomalyError, Value, detect_anomaly
from autograd.anomaly import advice, reproducer
from autograd.binding import FUNCTIONS, LIVE
from autograd.rules import TABLE


def printed(program: str) -> str:
    """Run a program and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program, {})
    return out.getvalue().strip()


@pytest.mark.parametrize(("make", "output"), [
    (lambda x: x.log(), "-inf inf"),
    (lambda x: x / 0.0, "nan inf"),
    (lambda x: 1 / x, "inf -inf"),
    (lambda x: x**0.5, "0.0 inf"),
    (ag.sqrt, "0.0 inf"),
    (lambda x: -ag.exp(x + 1000), "inf inf"),
    (lambda x: ag.sum([x, math.inf]), "inf 1.0"),
    (lambda x: ag.dot([x], [math.inf]), "nan inf"),
    (lambda x: ag.prod([x + math.inf, x]), "inf 1.0"),
    (lambda x: ag.softmax([x, math.nan])[0], "nan nan"),
    (lambda x: LIVE["directions"]([x, math.nan], x.exp())[1], "nan nan"),
    (lambda x: ag.where(x > 0, 1.0, x * math.inf), "nan inf"),
    (lambda x: ag.leaky_relu(x * math.nan, 0.2), "nan nan"),
])  # fmt: skip
def test_it_repeats_the_failure(make: Any, output: str) -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        make(Value(0.0, label="x"))
    assert printed(raised.value.reproducer) == output
    for line in raised.value.reproducer.splitlines():
        assert f"    {line}" in str(raised.value)


def test_a_gradient_that_overflows_is_repeated_with_its_gradient() -> None:
    x = Value(1e-200, label="x")
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        ag.log(x * 1e-100 + 1e-300).backward(1e200)
    assert "inf" in printed(raised.value.reproducer)


@pytest.mark.parametrize("times", [2, 3, 5])
def test_a_gradient_that_overflows_as_a_sum_is_repeated_with_its_other_uses(times: int) -> None:
    def total(x: Value) -> Any:
        return ag.sum([x * 1e308 for _ in range(times)] + [x * -5e307, x * 1e308])

    for inner in (False, True):
        x = Value(1e-9, label="x")
        with detect_anomaly(), pytest.raises(AnomalyError, match="became inf") as raised:
            total(x + 0 if inner else x).backward()
        assert printed(raised.value.reproducer).endswith("inf")
        assert "return ag.sum" in raised.value.line
        assert len(raised.value.reproducer.splitlines()) == 6


def test_a_gradient_that_was_given_is_repeated() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError, match="became nan") as raised:
        (Value(1.0) * 2).backward(math.nan)
    assert printed(raised.value.reproducer) == "2.0 nan"


def test_a_negative_number_is_put_in_parentheses() -> None:
    with detect_anomaly(), pytest.raises(AnomalyError) as raised:
        (-2.0) ** Value(0.5)
    assert printed(raised.value.reproducer) == "nan nan"


SPECIAL = (0.0, -0.0, 1.0, -1.0, -2.0, 2.5, 1e308, -1e160, 5e-324, math.inf, -math.inf, math.nan)


def failure(function: Any, operands: list[Any]) -> str:
    """Return the program that an operation which is not finite is repeated with; "" of others."""
    try:
        with detect_anomaly():
            function(*operands)
    except AnomalyError as error:
        return error.reproducer
    return ""


@pytest.mark.parametrize("name", [name for name, row in TABLE.items() if len(row.operands) < 3])
def test_every_rule_is_repeated_at_special_numbers(name: str) -> None:
    for numbers in itertools.product(SPECIAL, repeat=len(TABLE[name].operands)):
        for first in (Value, float) if len(numbers) > 1 else (Value,):
            program = failure(FUNCTIONS[name], [first(numbers[0]), *map(Value, numbers[1:])])
            shown = printed(program)
            assert not program or "nan" in shown or "inf" in shown, program


def test_names_come_from_labels_where_they_can() -> None:
    program = reproducer(Value(1.0, label="rate") * Value(2.0, label="class"))
    assert "rate = autograd.Value(1.0, label='rate')" in program
    assert "x = autograd.Value(2.0, label='class')" in program
    assert reproducer(Value(1.0) * Value(2.0)).splitlines()[3] == "z = x * x1"
    x = Value(3.0, label="x")
    assert printed(reproducer(x * x)) == "9.0 6.0"


def test_labels_that_are_no_text() -> None:
    x = Value(3.0)
    x.label = 7  # type: ignore[assignment] # as loops do
    assert printed(reproducer(x * x)) == "9.0 6.0"
    times = ag.compile(lambda t: t * x)
    assert times(2.0) == 6.0
    assert "x_7" in times.source("python")


def test_inner_operations() -> None:
    assert printed(reproducer(ag.functions.unit(Value(3.0), 4.0), 2.0)) == "0.6 0.25600000000000006"


def test_operations_of_your_own_are_defined() -> None:
    half = ag.rule("half_of", "scale * x / y", "scale / y", "-z / y", scale=0.5)
    program = reproducer(half(Value(3.0), Value(4.0, label="autograd")))
    assert "autograd.rule('half_of', 'scale * x / y'," in program
    assert printed(program) == "0.375 0.125 -0.09375"


@pytest.mark.parametrize("name", ["cos", "<lambda>", "two\nlines"])
def test_what_an_opaque_function_gave_is_repeated(name: str) -> None:
    def opaque(x: float, y: float) -> float:
        return x * y

    opaque.__name__ = name
    own = ag.custom_gradient(opaque, lambda x, y: (math.nan, x))
    assert printed(reproducer(own(Value(3.0), 2.0))) == "6.0 nan"
    assert printed(reproducer(own(3.0, Value(2.0)), -1.0)) == "6.0 -3.0"


def test_advice() -> None:
    assert "logsumexp" in advice("exp")
    assert "where" in advice("div")
    assert not advice("tanh")
    with (
        detect_anomaly(),
        pytest.raises(AnomalyError, match="what usually mends it: the logarithm"),
    ):
        ag.log(Value(0.0))


def test_in_a_compiled_function_it_names_the_line() -> None:
    @ag.compile
    def f(x: Any) -> Any:
        return ag.where(x > 0, ag.log(x), 0.0)

    assert f(2.0) == math.log(2.0)
    assert f(0.0) == 0.0
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"ag\.where") as raised:
        f(0.0)
    assert raised.value.node.op == "log"


def test_in_a_compiled_gradient_too() -> None:
    @ag.compile
    @ag.grad
    def slope(v: Any) -> Any:
        return ag.sqrt(v[0]) * v[1]

    assert slope([4.0, 1.0]) == [0.25, 2.0]
    with detect_anomaly(), pytest.raises(AnomalyError, match="sqrt has the local derivative inf"):
        slope([0.0, 1.0])


def test_rules_that_a_rule_of_yours_is_written_with_are_defined_before() -> None:
    ag.rule("test_inner", "x * x", "2.0 * x")
    ag.rule("test_middle", "test_inner(x) + 1.0", "2.0 * x")
    outer = ag.rule("test_outer", "test_middle(x) / 0.0", "test_inner(x)")
    program = reproducer(outer(Value(3.0, label="__debug__")))
    lines = program.splitlines()
    assert [line[:26] for line in lines[1:3]] == [
        "autograd.rule('test_inner'",
        "autograd.rule('test_middle",
    ]
    assert printed_by_itself(program) == "inf 9.0"


def test_rules_are_defined_before_all_that_are_written_with_them() -> None:
    ag.rule("test_first", "x * x", "2.0 * x")
    ag.rule("test_second", "test_first(x)", "2.0 * x")
    ag.rule("test_third", "test_second(x)", "2.0 * x")
    last = ag.rule("test_last", "test_third(x) / (test_second(x) - 9.0)", "test_first(x)")
    program = reproducer(last(Value(3.0)))
    defined = [line.split("'")[1] for line in program.splitlines() if line.startswith("autograd.")]
    assert defined == ["test_first", "test_second", "test_third"]
    assert printed_by_itself(program) == "inf 9.0"


def printed_by_itself(program: str) -> str:
    done = subprocess.run([sys.executable, "-"], input=program, capture_output=True, text=True,
                          check=True)  # fmt: skip
    return done.stdout.strip()
