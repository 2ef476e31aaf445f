"""numpy beside Values: its scalars and functions, as in np.float64(2) * v and np.exp(v).

numpy asks a Value's `__array_ufunc__`, which is `on_arrays` here, and is not imported itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.numbers.real import is_array_of_objects

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["numpys_method", "on_arrays"]

# fmt: off
_NAMES = {  # numpy's names for operations of the table, where they differ
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div",
    "power": "pow", "float_power": "pow", "negative": "neg", "absolute": "abs", "fabs": "abs",
    "remainder": "mod", "rint": "round", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}
# fmt: on
_COMPARISONS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}


def on_arrays(_: Value, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """Do what a function of numpy does, on a Value among its inputs."""
    name = _NAMES.get(ufunc.__name__, ufunc.__name__)
    plain = method == "__call__" and not options
    if any(map(is_array_of_objects, (*inputs, *options.get("out", ())))):
        return getattr(ufunc, method)(*map(_boxed, inputs), **options)
    if plain and name in _COMPARISONS:
        return LIVE["compare"](_COMPARISONS[name], *inputs)
    if name in ("equal", "not_equal"):
        x, y = inputs if hasattr(inputs[0], "_data") else reversed(inputs)
        found = x.__eq__(y) if name == "equal" else x.__ne__(y)  # of a Value by identity
        return name == "not_equal" if found is NotImplemented else found
    if not plain or name not in LIVE:
        raise TypeError(f"numpy.{ufunc.__name__} does not work on a Value: use the functions "
                        "of autograd, or v.data for the number")  # fmt: skip
    return LIVE[name](*inputs)


def numpys_method(name: str) -> Any:
    """Return the method that numpy calls for a function of its own on each Value of an array."""

    def method(self: Value, *others: Any) -> Value:
        return LIVE[name](self, *others)  # type: ignore[no-any-return] # a Value for a Value

    return method


def _boxed(x: Any) -> Any:
    """Return a Value inside an array of no dimensions, for numpy to go through."""
    if not hasattr(x, "_data"):
        return x
    box = sys.modules["numpy"].empty((), dtype=object)
    box[()] = x
    return box
