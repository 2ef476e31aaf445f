"""unused says of an input that an output does not reach where the path broke."""

from typing import Any

import pytest

import autograd as ag
from autograd import Value, no_grad, unused


@pytest.mark.parametrize(("make", "reason"), [
    (lambda x, y: x * y.data,                        ".data"),
    (lambda x, y: x * y.detach(),                    "detached"),
    (lambda x, y: x * ag.sign(y),                    "slope of 0: sign"),
    (lambda x, y: x + y * 0,                         "slope of 0: mul"),
    (lambda x, y: ag.where(x > 0, x, y),             "a where chose the other branch"),
    (lambda x, y: ag.where(x > 0, x, ag.exp(y)),     "other branch on the way"),
    (lambda x, y: x * 2,                             "not used"),
    (lambda x, y: x * 3.5,                           "uses the number 3.5"),
    (lambda x, y: x + ag.clip(y, 0.0, 1.0),          "slope of 0: clip"),
    (lambda x, y: ag.maximum(3 * x, y),              "slope of 0: maximum"),
])  # fmt: skip
def test_unused(make: Any, reason: str) -> None:
    x, y = Value(2.0, label="x"), Value(3.5, label="y")
    found = unused(make(x, y), [x, y])
    if ".data" not in reason:
        assert [line.input for line in found] == [y]
        assert reason in str(found[0])
    watched = unused(lambda: make(x, y), y)
    assert [line.input for line in watched] == [y]
    assert reason in str(watched[0])


def test_all_used_or_no_graph() -> None:
    x, y = Value(2.0), Value(3.0)
    assert unused(x * y, [x, y]) == []
    assert "plain number" in unused(1.0, x)[0].reason
    assert ".data" in unused(lambda: x.data * 2, x)[0].reason
    with pytest.raises(TypeError, match="one output, not at \\[Value"):
        unused([x * y], x)


def without_a_graph(x: Value, y: Value) -> Value:
    with no_grad():
        factor = ag.sqrt(y) * 2
    return x * factor


@pytest.mark.parametrize(("make", "reason"), [
    (lambda x, y: x * (y * 2).data,               "leads to mul = 7, and its number was read"),
    (lambda x, y: x * (y * 2).detach(),           "leads to mul = 7, and it was detached"),
    (without_a_graph,                             "under no_grad"),
    (lambda x, y: x * 3 if y > 1 else x,          "compared only"),
    (lambda x, y: x * 3 if ag.exp(y) > 1 else x,  "leads to exp = 33.1155, and it was compared"),
])  # fmt: skip
def test_what_only_a_function_that_is_watched_tells(make: Any, reason: str) -> None:
    x, y = Value(2.0, label="x"), Value(3.5, label="y")
    (found,) = unused(lambda: make(x, y), [x, y])
    assert found.input is y
    assert reason in found.reason
    assert unused(make(x, y), y)[0].reason.startswith("not used")


def test_a_constant_without_a_past_is_mentioned() -> None:
    x, y = Value(2.0), Value(3.5)
    assert "pass a function" in unused(x * (y * 2).detach(), y)[0].reason


def test_many_inputs_and_many_paths_are_quick() -> None:
    inputs = [Value(float(i)) for i in range(3000)]
    out = ag.sum([x * 2.0 for x in inputs[:1500]] + [ag.relu(-x) for x in inputs[1500:2000]])
    for _ in range(200):
        out = out * 0.5 + out * 0.5
    found = unused(out, inputs)
    assert [line.input for line in found] == inputs[1500:]
    assert "relu" in found[0].reason
    assert found[-1].reason == "not used"


def test_inputs_that_are_no_values() -> None:
    with pytest.raises(TypeError, match="unused looks for Values"):
        unused(Value(1.0) * 2, [2.0])  # type: ignore[list-item] # as here


def test_a_label_may_be_anything() -> None:
    x, y = Value(2.0), Value(3.0)
    y.label = 4  # type: ignore[assignment] # as here
    assert str(unused(x * 2, y)[0]) == "4 = 3: not used"
