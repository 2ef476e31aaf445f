"""Random programs through each back end, to the bit: shared nodes, branches, kinks, inf and nan.

`AUTOGRAD_PROGRAMS=1000` in the environment makes as many; fewer are part of the suite.
"""

from __future__ import annotations

import importlib.util
import math
import os
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import autograd
from autograd import Value, where
from autograd.trees import flatten

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
COUNT = int(os.environ.get("AUTOGRAD_PROGRAMS", "60"))
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 1e-300, 1e200, math.inf, -math.inf, math.nan]
ONE = ["exp", "log", "tanh", "sin", "sqrt", "relu", "abs", "sigmoid", "softplus", "square", "log1p"]
TWO = [
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "pow",
    "atan2",
    "hypot",
    "mod",
    "logaddexp",
]
MANY = ["sum", "dot", "prod", "logsumexp", "mean"]
KINDS = [*ONE, *TWO, *MANY, "where", "branch", "number", "detach"]
Step = tuple[str, int, int, float]
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: autograd.abs(x) ** y,
    "mod": lambda x, y: x % y,
}
STEPS = st.lists(
    st.tuples(
        st.sampled_from(KINDS), st.integers(0, 40), st.integers(0, 40), st.sampled_from(NUMBERS)
    ),
    min_size=1,
    max_size=25,
)
POINTS = st.lists(st.sampled_from([*NUMBERS, 0.3, 1.7, -0.4]), min_size=3, max_size=3)


def many(kind: str, xs: list[Any]) -> Any:
    function = getattr(autograd, kind)
    return function(xs, xs[::-1]) if kind == "dot" else function(xs)


def applied(step: Step, made: list[Any], branches: bool) -> Any:
    """Return the result of a step on what was made so far."""
    kind, i, j, number = step
    x, y = made[i % len(made)], made[j % len(made)]
    if kind in OPERATORS:
        return OPERATORS[kind](x, y)
    if kind in TWO:
        return getattr(autograd, kind)(x, y)
    if kind in ONE:
        return getattr(autograd, kind)(x)
    if kind in MANY:
        return many(kind, [x, y, x, made[-1]])
    if kind == "where":
        return where(x > y, autograd.log(x), y * 2.0)
    if kind == "branch" and branches:
        return x * 3.0 if x <= y else y - 1.0
    if kind == "detach" and isinstance(x, Value):
        return x.detach() * y
    return x * number if kind == "number" else x + y


def program(steps: list[Step], branches: bool = True) -> Callable[[Any], Any]:
    def function(v: Any) -> Any:
        made = [x * 1.0 if isinstance(x, Value) else Value(x) for x in v]
        for step in steps:
            made.append(applied(step, made, branches))
        return made[-1] + 0.0 * made[len(made) // 2]

    return function


def bits(tree: Any) -> list[Any]:
    numbers = [x.data if isinstance(x, Value) else x for x in flatten(tree)]
    return ["nan" if math.isnan(x) else struct.pack("d", x) for x in numbers]


@pytest.mark.parametrize(
    "backend",
    [
        "python",
        pytest.param(
            "llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
        ),
    ],
)
@settings(
    max_examples=COUNT,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)
@given(steps=STEPS, points=st.lists(POINTS, min_size=2, max_size=4))
def test_values_and_gradients_of_random_programs(
    steps: list[Step], points: list[list[float]], backend: str
) -> None:
    function = program(steps)
    value = autograd.compile(function, backend=backend)
    both = autograd.compile(autograd.value_and_grad(function), backend=backend)
    for v in points:
        assert bits(value(v)) == bits(function(v))
        assert bits(both(v)) == bits(autograd.value_and_grad(function)(v))


@pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
@settings(max_examples=COUNT // 2, deadline=None, derandomize=True)
@given(steps=STEPS, points=st.lists(POINTS, min_size=1, max_size=11))
def test_random_programs_in_lanes(steps: list[Step], points: list[list[float]]) -> None:
    function = program(steps, branches=False)
    compiled = autograd.compile(lambda v: function(v) * 1.0, batch="v", backend="llvm")
    found = compiled(points).tolist()
    assert bits(found) == bits([function(v) for v in points])
