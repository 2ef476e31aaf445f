"""How compiled functions travel to other processes: as the function, to be compiled on arrival.

`portable` gives what a pickle holds in the place of a function, `arrived` makes the function of it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd.derivatives import recipe

__all__ = ["arrived", "portable"]


class _Derived(NamedTuple):
    """A function made from another, by `grad` and the like: how it travels."""

    maker: Callable[..., Any]
    function: Any
    option: Any


def portable(function: Any, compiled: Any = None) -> Any:
    """Return what stands for a function in a pickle: how a derivative is made, or itself.

    A function that is decorated, `@autograd.compile`, is found behind what took its name.
    """
    made = recipe(function)
    if made is not None:
        maker, inner, option = made
        return _Derived(maker, portable(inner), option)
    name = getattr(function, "__qualname__", "")
    if compiled is not None and _named(function, name) is compiled:
        function.__qualname__ = f"{name}.__wrapped__"
    return function


def _named(function: Any, name: str) -> Any:
    """Return what has a name in a function's module, None if nothing."""
    found: Any = sys.modules.get(getattr(function, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def arrived(function: Any) -> Any:
    """Return the function that `portable` has sent."""
    if isinstance(function, _Derived):
        return function.maker(arrived(function.function), function.option)
    return function
