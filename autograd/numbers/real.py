"""What counts as a real number, and what to write instead of what does not.

`number` makes a float of anything that is one; `operand` does so beside a Value in an operator.
"""

from decimal import Decimal
from typing import Any

from autograd.watch import Watcher, without

__all__ = ["is_array_of_objects", "number", "operand"]


def number(x: Any) -> float:
    """Return a real number as a float: a float, an int, a numpy scalar, an array of one element.

    Raises TypeError for anything else, also for a Value, whose gradient would be lost, and
    OverflowError for an int that is too large.
    """
    if isinstance(x, (float, int)):
        return float(x)
    if hasattr(x, "_data"):
        raise TypeError(
            f"a plain number is needed here, not {_text(x)}: write v.data for its number"
        )
    if hasattr(x, "item") and (getattr(x, "ndim", 1) == 0 or getattr(x, "size", 0) == 1):
        x = x.item()
        if hasattr(x, "_data"):
            raise TypeError(
                f"an array of one Value is not a number: take the Value out, {_text(x)}"
            )
    if hasattr(type(x), "__float__") and not isinstance(x, Decimal) and not hasattr(x, "__len__"):
        return float(x)
    raise TypeError(f"{_shown(x)} is not a real number: a Value takes a float, an int or a numpy "
                    f"scalar{_advice(x)}")  # fmt: skip


def _text(x: Any) -> str:
    """Return the repr of what may be a Value or hold some: for a message, so nobody watches."""
    with without(Watcher):
        return repr(x)


def _shown(x: Any) -> str:
    text = _text(x)
    return f"{type(x).__name__} {text if len(text) < 60 else text[:56] + '...'}"


def _advice(x: Any) -> str:
    if isinstance(x, (str, bytes, Decimal)):
        return f"; write float({x!r}) if that is what you mean"
    if isinstance(x, complex):
        return "; there are no complex Values"
    if x is None:
        return "; did a function forget to return its result?"
    several = "; for several numbers write [Value(x) for x in ...]" if hasattr(x, "__len__") else ""
    return several + (", or array.astype(object) beside a Value" if hasattr(x, "astype") else "")


def operand(x: Any) -> Any:
    """Return the other operand of an operator as a float, or NotImplemented if it is not ours."""
    ours = isinstance(x, (float, int, complex, str, bytes, list, tuple, dict, set, Decimal))
    if ours or x is None or hasattr(x, "__float__"):
        if is_array_of_objects(x):
            return NotImplemented  # numpy goes through an array of Values by itself
        return number(x)
    return NotImplemented


def is_array_of_objects(x: Any) -> bool:
    """Return whether x is a numpy array that may hold Values."""
    return hasattr(x, "ndim") and x.dtype == object
