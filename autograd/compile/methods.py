"""Compiled methods: in a class, `@autograd.compile` gives each object a function of its own."""

from __future__ import annotations

from collections.abc import Callable
from types import MethodType
from typing import Any

__all__ = ["Method", "method_of"]


class Method:
    """What a compiled function does where it stands in a class, as functions do.

    The compiled method of an object is made at the first look and kept in the object, so that it
    goes with it; what the method reads of its object (`self.weight`) is read at each call.
    """

    __wrapped__: Callable[..., Any]
    _options: tuple[Any, ...]  # what it was made with, besides the function
    _name = ""
    _owner: type | None = None  # the class that it stands in
    _of: tuple[type | None, str, Any] | None = None  # class, name and object, where for an object

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

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
        place = f"compiled {self._owner}.{name}"  # a subclass may have another of this name
        made = attributes.get(place)
        if made is None or made._of[2] is not instance:  # a copy has taken it over
            kind: Any = type(self)
            made = kind(MethodType(self.__wrapped__, instance), *self._options)
            made._of = self._owner, name, instance
            if isinstance(instance, type):  # of a class method
                setattr(instance, place, made)
            else:
                made = _kept(attributes, place, made)
        return made

    def _bound(self, args: tuple[Any, ...]) -> Any:
        """Return the method of the first argument, where it is called as a function of the class.

        As in `Base.method(self, x)`; None where the first argument is no such object.
        """
        is_object = self._owner is not None and args and isinstance(args[0], self._owner)
        return self.__get__(args[0]) if is_object else None


def _kept(attributes: dict[str, Any], place: str, made: Method) -> Method:
    """Keep what was made, unless another thread was first."""
    before = attributes.get(place)
    if before is None or before._of[2] is not made._of[2]:  # type: ignore[index] # made for an object
        attributes[place] = before = made
    return before


def method_of(owner: type | None, name: str, instance: Any) -> Any:
    """Return the compiled method of an object, by the class that it stands in: for pickles."""
    return getattr(instance, name) if owner is None else vars(owner)[name].__get__(instance)
