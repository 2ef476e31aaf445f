"""The base class of Value: what Python, numpy and programs for micrograd ask of it.

Copies and pickles, numpy's functions, formats and `round`; `float()`, `//` and what else would lose
the gradient are refused with advice; `_prev`, `_op` and `_backward` are micrograd's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.protocols.arrays import on_arrays
from autograd.protocols.copying import deep_copy, pickled, shallow_copy
from autograd.rules import TABLE
from autograd.watch import watchers, watching

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["Protocols"]


class Protocols:
    """What a Value can do beside arithmetic, comparisons and `backward()`."""

    __slots__ = ()

    __copy__, __deepcopy__, __reduce__ = shallow_copy, deep_copy, pickled
    __array_ufunc__ = on_arrays

    def __eq__(self, other: object) -> Any:
        """Return whether it is the same node: numbers are compared by `autograd.equal`."""
        if watching:
            for watcher in watchers():
                watcher.identified(self, other)
        return True if self is other else NotImplemented

    __hash__ = object.__hash__

    def __format__(self: Any, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __round__(self: Any, digits: int | None = None) -> Value:
        if digits is not None:
            raise TypeError("round(v, digits) has no gradient: write round(v.data, digits)")
        return LIVE["round"](self)  # type: ignore[no-any-return] # a Value for a Value

    def _refuse(self: Any, *_: Any) -> Any:
        raise TypeError(
            f"{self!r} would lose its gradient as a plain number: use a function of autograd, such "
            "as autograd.exp(v) for math.exp(v), or v.data for the number"
        )

    __float__ = __int__ = __complex__ = __index__ = _refuse

    def _no_floor_division(self: Any, *_: Any) -> Any:
        raise TypeError("`//` is not an operation of Value: write autograd.floor(v / w), which has "
                        "derivative 0, or v.data // w for the number")  # fmt: skip

    __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _no_floor_division

    # What programs written for micrograd, and those of its lecture, read and call.

    @property
    def _prev(self: Any) -> Any:
        return self.parents

    @property
    def _op(self: Any) -> str:
        return TABLE[self.op].sign if self.op in TABLE else self.op

    def _backward(self: Any) -> None:
        for parent, derivative in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += derivative * self.grad

    if TYPE_CHECKING:  # what `bind` writes into Value from the table

        def __add__(self, other: Any) -> Value: ...
        def __neg__(self) -> Value: ...
        def __getattr__(self, name: str) -> Callable[..., Value]: ...

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __mod__ = __rmod__ = __pow__ = __rpow__ = __add__
        __abs__ = __neg__
