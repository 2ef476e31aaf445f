"""From a text to Python: on floats that may raise, and on floats that never do."""

from autograd.binding import float_source
from autograd.rules import Rule


def source(value: str, *derivatives: str, quiet: bool = False) -> dict[str, str]:
    return float_source(Rule("made_", value, derivatives), quiet=quiet)


def test_texts_become_python_on_floats() -> None:
    assert source("2 * x ** 3", "6 * x ** 2") == {
        "z": "2.0 * pow(x, 3.0)",
        "dx": "6.0 * pow(x, 2.0)",
    }
    assert source("x / y", "1 / y", "-z / y", quiet=True) == {
        "z": "quiet_div(x, y)", "dx": "quiet_div(1.0, y)", "dy": "quiet_div(-z, y)"}  # fmt: skip
    assert source("exp(x) % y", "1", "1", quiet=True)["z"] == "quiet_mod(quiet_exp(x), y)"
    assert source("where(x > 0, x, -x)", "1")["z"] == "x if x > 0.0 else -x"
    assert source("tanh(sigmoid(x))", "1", quiet=True)["z"] == "quiet_tanh(sigmoid(x))"
    assert source("lgamma(x)", "1", quiet=True)["z"] == "lgamma(x)"  # not that of math
    assert source("relu(x)", "1")["z"] == "0.0 if x <= 0.0 else x"
    assert source("relu(x + 1)", "1")["z"] == "row_relu(x + 1.0)"


def test_comparisons_are_numbers_unless_they_are_conditions() -> None:
    assert source("x > 0", "0")["z"] == "1.0 if x > 0.0 else 0.0"
    assert source("1.0 if x > 0 else 2.0", "0")["z"] == "1.0 if x > 0.0 else 2.0"
    assert source("1.0 if 0 < x < 1 or x == 2 else 2.0", "0")["z"] == (
        "1.0 if 0.0 < x < 1.0 or x == 2.0 else 2.0")  # fmt: skip
    assert source("x * (x > 0 and x < 1)", "0")["z"] == "x * (1.0 if x > 0.0 and x < 1.0 else 0.0)"
