"""numpy beside Values: its scalars and functions, as in np.float64(2) * v and np.exp(v).

numpy asks a Value's `__array_ufunc__`, which is `on_arrays` here, and is not imported itself.
What np.less or np.isnan asks is a comparison of Values, which a compiled function can follow.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.numbers.real import is_array_of_objects

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["numpys_clip", "numpys_method", "on_arrays"]

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
    if any(map(is_array_of_objects, (*inputs, *options.get("out", ())))):
        return getattr(ufunc, method)(*map(_boxed, inputs), **options)
    if name in ("equal", "not_equal"):
        return _identity(name, *inputs)
    function = _OTHERS.get(name) or LIVE.get(name)
    if function is not None and method == "__call__" and not options:
        return function(*inputs)
    raise TypeError(_refusal(ufunc.__name__, method, options, writes=name in LIVE))


def _refusal(name: str, method: str, options: dict[str, Any], writes: bool) -> str:
    if writes and method == "__call__" and "out" in options:
        return (f"numpy.{name} cannot write a Value into an array of numbers, as in x += v: write "
                "x.astype(object) for the array, or v.data for the number")  # fmt: skip
    how = f".{method}" if method != "__call__" else ""
    how += f" with {', '.join(options)}=" if options else ""
    return (f"numpy.{name}{how} does not work on a Value: use the functions of autograd, or v.data "
            "for the number")  # fmt: skip


def _identity(name: str, *inputs: Any) -> Any:
    """Do `==` or `!=`, which are of a Value by identity."""
    x, y = inputs if hasattr(inputs[0], "_data") else reversed(inputs)
    found = x.__eq__(y) if name == "equal" else x.__ne__(y)
    return name == "not_equal" if found is NotImplemented else found


def _compared(sign: str, x: Any, y: Any) -> Any:
    return LIVE["compare"](sign, x, y)


def _is_nan(x: Any) -> Any:
    """Ask by a comparison, as the others below do: a compiled function then asks at each call."""
    return _compared("!=", x, x)


def _is_infinite(x: Any) -> Any:
    return _compared("==", x, inf) | _compared("==", x, -inf)


def _is_finite(x: Any) -> Any:
    return _compared("<", x, inf) & _compared(">", x, -inf)


def _same(x: Value) -> Value:
    return x


_OTHERS: dict[str, Callable[..., Any]] = {
    **{name: partial(_compared, sign) for name, sign in _COMPARISONS.items()},
    "isnan": _is_nan, "isinf": _is_infinite, "isfinite": _is_finite,
    "positive": _same, "conjugate": _same,
}  # fmt: skip


def numpys_method(name: str) -> Any:
    """Return the method that numpy calls for a function of its own on each Value of an array."""

    def method(self: Value, *others: Any) -> Value:
        return LIVE[name](self, *others)  # type: ignore[no-any-return] # a Value for a Value

    return method


def numpys_clip() -> Any:
    """Return the method that np.clip(v, lo, hi) calls, where None is no bound."""

    def method(self: Value, lo: Any = None, hi: Any = None, out: Any = None) -> Any:
        if out is not None:
            raise TypeError(_refusal("clip", "__call__", {"out": out}, writes=True))
        return LIVE["clip"](self, lo=-inf if lo is None else lo, hi=inf if hi is None else hi)

    return method


def _boxed(x: Any) -> Any:
    """Return a Value inside an array of no dimensions, for numpy to go through."""
    if not hasattr(x, "_data"):
        return x
    box = sys.modules["numpy"].empty((), dtype=object)
    box[()] = x
    return box
