"""What counts as a real number, alone and beside a Value in an operator."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from autograd import Value
from autograd.numbers.real import number, operand


@pytest.mark.parametrize("x", [2, 2.0, True, Fraction(4, 2), np.float32(2.0), np.array([2.0])])
def test_numbers(x: Any) -> None:
    assert type(number(x)) is type(operand(x)) is float
    assert number(x) == operand(x) == (1.0 if x is True else 2.0)


@pytest.mark.parametrize(("x", "advice"), [
    ("2", r"write float\('2'\)"), (Decimal(2), r"write float\(Decimal"), (2j, "no complex"),
    (None, "forget to return"), ([2.0], r"write \[Value\(x\)"), (np.ones(2), r"write \[Value"),
])  # fmt: skip
def test_no_numbers(x: Any, advice: str) -> None:
    for convert in (number, operand):
        with pytest.raises(TypeError, match=advice):
            convert(x)


def test_values_lose_no_gradient_by_a_conversion() -> None:
    for x in (Value(2.0), np.array(Value(2.0)), np.array([Value(2.0)])):
        with pytest.raises(TypeError, match=r"write v\.data|take the Value out"):
            number(x)


def test_what_deals_with_a_value_itself_may_do_so() -> None:
    assert operand(object()) is NotImplemented
    assert operand(np.array([Value(2.0)])) is NotImplemented
    with pytest.raises(OverflowError):
        number(10**400)
