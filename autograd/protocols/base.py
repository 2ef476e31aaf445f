"""The base class of Value: what Python, numpy and programs for micrograd ask of it.

Copies and pickles, numpy's functions, formats and `round`; `float()`, `//` and what else would lose
the gradient are refused with advice; `_prev`, `_op` and `_backward` are micrograd's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from autograd.binding import LIVE
from autograd.protocols.arrays import numpys_clip, numpys_method, on_arrays
from autograd.protocols.copying import deep_copy, pickled, shallow_copy
from autograd.rules import TABLE
from autograd.watch import watchers, watching

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["Protocols", "micrograds_label"]

_NAMES = {"relu": "ReLU"}  # micrograd's, where they are not those of the table
_OWN = "operations of your own are made with autograd.rule or custom_gradient"


def micrograds_label(label: Any, *others: Any, _children: Any = (), _op: Any = "") -> str:
    """Return the label of a leaf written as for micrograd, `Value(data, _children, _op, label)`.

    Raises TypeError for what has children or an operation, and for a label that is no text.

    >>> micrograds_label((), "", "weight")
    'weight'
    """
    if isinstance(label, (tuple, list, set)) and len(others) < 3:
        children, op, label = (label, *others, "", "")[:3]
        _children, _op = children or _children, op or _op
    elif others:
        raise TypeError(f"a Value takes a number and a label, not {others} too: {_OWN}")
    if _children or _op:
        raise TypeError(f"a Value is not made from children and a name: {_OWN}")
    if not isinstance(label, str):
        raise TypeError(f"a label is text, not {label!r}")
    return label


class _Prev(tuple[Any, ...]):
    """Parents in order, equal to a set of them too: micrograd keeps a set."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return set(self) == other if isinstance(other, (set, frozenset)) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__


def _sign(node: Any) -> str:
    """Return micrograd's name of an operation, such as "+", "ReLU" and "**2"."""
    exponent = node.operands[1] if node.op == "pow" else None
    if isinstance(exponent, float):
        return f"**{int(exponent) if exponent.is_integer() else exponent}"
    return _NAMES.get(node.op) or (TABLE[node.op].sign if node.op in TABLE else node.op)


def _pass_on(node: Any) -> None:
    for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
        parent.grad += derivative * node.grad


def _by_hand(*_: Any) -> None:
    raise TypeError(f"a graph is not made by hand: {_OWN}")


class Protocols:
    """What a Value can do beside arithmetic, comparisons and `backward()`."""

    __slots__ = ()

    __copy__, __deepcopy__, __reduce__ = shallow_copy, deep_copy, pickled
    __array_ufunc__ = on_arrays
    arcsin, arccos, arctan = map(numpys_method, ("asin", "acos", "atan"))
    arcsinh, arccosh, arctanh = map(numpys_method, ("asinh", "acosh", "atanh"))
    rint, hypot, arctan2, fmod = map(numpys_method, ("round", "hypot", "atan2", "fmod"))
    clip = numpys_clip()

    def conjugate(self: Any) -> Value:
        """Return this Value, which is real, as numpy asks for in a variance."""
        return self  # type: ignore[no-any-return] # a Value

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

    _prev = property(lambda self: _Prev(self.parents), _by_hand)
    _op = property(_sign, _by_hand)
    _backward = property(lambda self: partial(_pass_on, self), _by_hand)

    if TYPE_CHECKING:  # what `bind` writes into Value from the table

        def __add__(self, other: Any) -> Value: ...
        def __neg__(self) -> Value: ...
        def __getattr__(self, name: str) -> Callable[..., Value]: ...

        __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __add__
        __mod__ = __rmod__ = __pow__ = __rpow__ = __add__
        __abs__ = __neg__
