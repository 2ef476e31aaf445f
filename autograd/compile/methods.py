"""Compiled methods: in a class, `@autograd.compile` gives each object a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

__all__ = ["Method"]


class Method:
    """What a compiled function does where it stands in a class, as functions do.

    The compiled method of an object is made at the first look and kept in the object, so that it
    goes with it; what the method reads of its object (`self.weight`) is read at each call.
    """

    __wrapped__: Callable[..., Any]
    _options: tuple[Any, ...]  # what it was made with, besides the function
    _name = ""
    _of: tuple[Any, str] | None = None  # the object and name, of what was made for an object

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self._name or self.__wrapped__.__name__
        try:
            attributes = vars(instance)
        except TypeError:
            raise TypeError(
                f"{type(instance).__name__} has __slots__, so an object has no place for its "
                f"compiled {name}: compile it in __init__, into a slot"
            ) from None
        kind: Any = type(self)
        made = kind(MethodType(self.__wrapped__, instance), *self._options)
        made._of = instance, name
        return attributes.setdefault(name, made)
