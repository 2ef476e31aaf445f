"""The texts of a step."""

from typing import Any

import pytest

import autograd as ag
from autograd import Value
from autograd.binding import LIVE
from autograd.draw.explorer.formulas import (
    brief,
    equation,
    formula,
    given,
    row_of,
    slope,
    sum_of_two,
)
from autograd.draw.explorer.naming import names_of
from autograd.draw.explorer.steps import steps
from autograd.rules import MANY, TABLE

A, B = Value(3.0, "a"), Value(-2.0, "b")


def told(root: Value) -> tuple[list[str], list[str]]:
    names = names_of(ag.topological_order(root))
    step = next(steps(root, {}))
    slopes = [slope(root, i, share, names) for i, share in enumerate(step.shares)]
    return slopes, [formula(root, step.gradient, share, names) for share in step.shares]


@pytest.mark.parametrize(
    ("make", "text", "slopes"),
    [
        (lambda: A * B, "v1 = a * b", ["b = -2.0", "a = 3.0"]),
        (lambda: A - 2.0, "v1 = a - 2.0", ["1.0"]),
        (lambda: 2.0 / A, "v1 = 2.0 / a", ["-v1 / a = -0.222222"]),
        (lambda: -A, "v1 = -a", ["-1.0"]),
        (B.exp, "v1 = exp(b)", ["v1 = 0.135335"]),
        (lambda: ag.leaky_relu(B, slope=0.5), "v1 = leaky_relu(b, 0.5)", ["0.5"]),
        (lambda: ag.dot([A, B], [B, 2.0]), "v1 = dot(a, b, b, 2.0)",
         ["b = -2.0", "2.0", "a = 3.0"]),
        (lambda: ag.sum([A, B, 1.0]), "v1 = sum(a, b, 1.0)", ["1.0", "1.0"]),
        (lambda: ag.where(A > 0, A, B), "v1 = where(True, a, b)", ["1.0"]),
        (lambda: (-2.0) ** (A - 1.0), "v2 = (-2.0) ** v1", ["nan"]),
        (lambda: ag.softmax([A, B])[1], "v1 = softmax[1](a, b)", ["-0.00664806", "0.00664806"]),
        (lambda: LIVE["directions"]([A, 4], Value(5.0))[0], "v1 = direction[0](a, 4.0)", ["0.128"]),
        (lambda: A**2, "v1 = a ** 2.0", ["6.0"]),
    ],
)  # fmt: skip
def test_equations_and_local_derivatives(make: Any, text: str, slopes: list[str]) -> None:
    root = make()
    assert equation(root, names_of(ag.topological_order(root)) | {B: "b"}) == text
    assert told(root)[0] == slopes


def test_the_formula_has_the_numbers_in_it() -> None:
    assert told(A * B)[1] == [
        "a.grad += v1.grad * dv1/da = 1.0 * -2.0 = -2.0",
        "b.grad += v1.grad * dv1/db = 1.0 * 3.0 = 3.0",
    ]


def test_an_addition_is_shown_with_all_digits_of_the_sum() -> None:
    x = Value(0.1, "x")
    (step,) = steps(x * x, {})
    assert [sum_of_two(share, {x: "x"}) for share in step.shares] == [
        "x.grad = 0.1",
        "x.grad = 0.1 + 0.1 = 0.2",
    ]


def test_rows_come_from_the_table() -> None:
    assert row_of(A * B) == "row mul: z = x * y, dz/dx = y, dz/dy = x"
    assert row_of(ag.sum([A, B])) == "row sum: z = total(xs), derivatives [1.0] * len(xs)"
    assert row_of(ag.where(A > 0, A, B)).startswith("where: ")
    assert (
        row_of(ag.custom_gradient(abs, lambda x: 1.0)(A)) == "custom abs: a derivative of your own"
    )
    assert "…" in row_of(A**2)


@pytest.mark.parametrize("name", [name for name in [*TABLE, *MANY] if hasattr(ag, name)])
def test_every_operation_can_be_told(name: str) -> None:
    operation = getattr(ag, name)
    count = len(TABLE[name].derivatives) if name in TABLE else 1
    root = operation(*[Value(0.5, label) for label in "ab"[:count]]) if name in TABLE else None
    if root is None:
        xs = [Value(0.5, "a"), Value(0.25, "b")]
        root = ag.dot(xs, xs) if name == "dot" else operation(xs)
        root = root[0] if isinstance(root, list) else root
    assert row_of(root).startswith(f"row {name}: z = ")
    slopes, formulas = told(root)
    assert len(slopes) == len(formulas) == len(root.parents)
    for text, derivative in zip(slopes, root.local_derivatives, strict=True):
        assert text.endswith(brief(derivative))


def test_the_letters_are_explained() -> None:
    z = A * B
    assert given(z, {A: "a", B: "y", z: "out"}) == "here x = a = 3.0, y = -2.0, z = out = -6.0"
    assert given(ag.sum([A]), {A: "a"}) == ""


def test_many_operands_are_counted() -> None:
    xs = [Value(1.0, f"x{i}") for i in range(9)]
    root = ag.sum(xs)
    assert equation(root, names_of(ag.topological_order(root))) == (
        "v1 = sum(x0, x1, x2, x3, x4, x5, … 3 more)"
    )


@pytest.mark.parametrize(("x", "text"), [(-0.0, "0.0"), (1e300, "1e+300"), (1 / 3, "0.333333")])
def test_numbers_are_brief(x: float, text: str) -> None:
    assert brief(x) == text
