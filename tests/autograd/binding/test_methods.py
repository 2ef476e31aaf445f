"""The code written from the table: what it looks like, and that errors in it can be read."""

import inspect
import traceback

import pytest

import autograd as ag
from autograd import Value
from autograd.binding import FLOATS, FUNCTIONS, LIVE, float_names
from autograd.rules import TABLE


@pytest.mark.parametrize("name", TABLE)
def test_every_row_has_a_function_for_floats_and_for_values(name: str) -> None:
    row = TABLE[name]
    points = (0.5, 2.0, 3.0)[: len(row.operands)]
    assert type(FLOATS[name](*points, *row.parameters.values())) is float
    assert FUNCTIONS[name].__name__ == name
    assert LIVE[name] is FUNCTIONS[name]
    assert len(LIVE[f"live_{name}"]) == len(row.derivatives)
    assert f"z = {row.value}" in str(FUNCTIONS[name].__doc__)
    example = str(FUNCTIONS[name].__doc__).partition(">>> ")[2].splitlines()
    assert repr(eval(example[0], {"autograd": ag})) == example[1]


def test_the_source_of_a_method_can_be_read() -> None:
    text = inspect.getsource(Value.tanh)
    assert text.startswith("def method_tanh(self):")
    assert "z = tanh(x)" in text
    assert "node.op = 'tanh'" in text
    assert "dx = y" in inspect.getsource(Value.__mul__)


def test_a_traceback_shows_the_generated_line() -> None:
    with pytest.raises(TypeError) as raised:
        ag.exp("3")  # type: ignore[arg-type] # what is tested
    assert "return row_exp(number(x))" in "".join(traceback.format_exception(raised.value))


def test_operators_are_named_as_python_names_them() -> None:
    names = "add radd sub rsub mul rmul truediv rtruediv mod rmod pow rpow neg abs floor ceil trunc"
    for name in names.split():
        assert getattr(Value, f"__{name}__").__name__ in (f"__{name}__", name)
    assert Value.__mul__.__doc__ == Value.__rmul__.__doc__ == FUNCTIONS["mul"].__doc__


def test_names_in_the_code_are_known() -> None:
    assert {"pow", "quiet_div", "row_exp", "sech2", "nan", "FAULTS"} <= set(float_names())
