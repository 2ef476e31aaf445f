"""Tests that the second recording copies what the first derived, and only where it is the same."""

import math
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import autograd
from autograd import Value
from autograd.compile.recording import trace
from autograd.compile.recording.runs import record
from autograd.compile.recording.trace import TraceError


@pytest.fixture
def derivations(monkeypatch: pytest.MonkeyPatch) -> list[Value]:
    """Return the nodes that are differentiated from now on."""
    roots: list[Value] = []
    original = trace.pull_back

    def counted(root: Value, *given: Any) -> Any:
        roots.append(root)
        return original(root, *given)

    monkeypatch.setattr(trace, "pull_back", counted)
    return roots


def kinked(x: Any, y: Any) -> Any:
    return autograd.relu(x * y - 1.0) + autograd.where(x > y, x * x, autograd.exp(y)) / y


def branching(x: Any, y: Any) -> Any:
    slope = autograd.grad(kinked)(x, y)
    return slope * y if slope > 0.0 else slope - y


def with_a_leaf_inside(x: Any, y: Any) -> Any:
    return autograd.grad(lambda a: a * a * Value(3.0) * y + autograd.norm([a, x]))(x)


FUNCTIONS = [
    autograd.value_and_grad(kinked, argnums=(0, 1)),
    autograd.jacobian(lambda x, y: [kinked(x, y), x / y, y], argnums=(0, 1)),
    autograd.grad(autograd.grad(kinked)),
    branching,
]


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("point", [(2.0, 3.0), (3.0, 0.5), (-1.0, 2.0), (1.0, 1.0)])
def test_copies_are_what_is_derived(
    function: Callable[..., Any], point: tuple[float, float], derivations: list[Value]
) -> None:
    def call(values: Any) -> Any:
        return function(*values)

    first = record(call, point)
    derived = len(derivations)
    second = record(call, point, first)
    assert derived == len(derivations) > 0
    alike = zip(first.recorder.nodes, second.recorder.nodes, strict=True)
    assert all(a.op == b.op and a._data == b._data for a, b in alike)
    assert not set(first.recorder.nodes) & set(second.recorder.nodes)
    assert autograd.compile(function, backend="python")(*point) == function(*point)


@pytest.mark.parametrize("point", [(2.0, 3.0), (-1.0, 2.0)])
def test_leaves_made_inside(point: tuple[float, float]) -> None:
    compiled = autograd.compile(with_a_leaf_inside, backend="python")
    assert compiled(*point) == with_a_leaf_inside(*point)


def test_parameters_of_a_batch_are_differentiated_by_once(derivations: list[Value]) -> None:
    w = Value(3.0)
    step = autograd.compile(lambda x: kinked(w, x), batch="x", reduce="sum")
    step.backward([0.5, 1.0])
    assert len(derivations) == 1
    found, w.grad = w.grad, 0.0
    (kinked(w, 0.5) + kinked(w, 1.0)).backward()
    assert found == pytest.approx(w.grad, rel=1e-15)


def test_what_is_different_before_is_found() -> None:
    factor = count(2)
    function = autograd.value_and_grad(lambda x: x * x * float(next(factor)))
    with pytest.raises(TraceError, match="two different things"):
        autograd.compile(function)(3.0)


def test_another_operation_before_is_found() -> None:
    turns = count()
    function = autograd.grad(lambda x: x * x if next(turns) % 2 else x / x)
    with pytest.raises(TraceError, match="two different things"):
        autograd.compile(function)(3.0)


def test_derivatives_of_python_are_computed_again(derivations: list[Value]) -> None:
    sine = autograd.custom_gradient(math.sin, autograd.cos)
    function = autograd.value_and_grad(lambda x: sine(x) * x)
    assert autograd.compile(function, backend="python")(3.0) == function(3.0)
    assert len(derivations) == 2
