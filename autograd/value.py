"""Value: a number that remembers how it was made.

A node holds its number (`data`), the operation that made it (`op`), its operands (`parents`) and
the derivative of the operation with respect to each (`local_derivatives`), recorded with the
number. `backward()` applies the chain rule from here to the leaves and leaves `.grad` behind.
The arithmetic and the functions come from the table in `autograd.rules`.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from typing import TYPE_CHECKING, Any, SupportsFloat, TypeAlias

from autograd.backward import gradients, live_gradients, store
from autograd.binding import LIVE, bind
from autograd.graph import topological_order
from autograd.rules import TABLE
from autograd.watch import watched, watchers, watching

__all__ = ["Scalar", "Value", "compare", "number", "record"]

Scalar: TypeAlias = "Value | SupportsFloat"  # what an operation takes beside a Value


def number(x: Any) -> float:
    """Return a real number as a float: a float, an int, a numpy scalar, an array of one element.

    Raises TypeError for anything else, also for a Value, whose gradient would be lost, and
    OverflowError for an int that is too large.
    """
    if isinstance(x, (float, int)):
        return float(x)
    if isinstance(x, Value):
        raise TypeError(f"a plain number is needed here, not {x!r}: write v.data for its number")
    if hasattr(x, "item") and (getattr(x, "ndim", 1) == 0 or getattr(x, "size", 0) == 1):
        x = x.item()
        if isinstance(x, Value):
            raise TypeError(f"an array of one Value is not a number: take the Value out, {x!r}")
    if hasattr(type(x), "__float__") and not isinstance(x, Decimal) and not hasattr(x, "__len__"):
        return float(x)
    raise TypeError(f"{_shown(x)} is not a real number: a Value takes a float, an int or a numpy "
                    f"scalar{_advice(x)}")  # fmt: skip


def _shown(x: Any) -> str:
    text = repr(x)
    return f"{type(x).__name__} {text if len(text) < 60 else text[:56] + '...'}"


def _advice(x: Any) -> str:
    if isinstance(x, (str, bytes, Decimal)):
        return f"; write float({x!r}) if that is what you mean"
    if isinstance(x, complex):
        return "; there are no complex Values"
    if x is None:
        return "; did a function forget to return its result?"
    return "; for several numbers write [Value(x) for x in ...]" if hasattr(x, "__len__") else ""


def operand(x: Any) -> Any:
    """Return the other operand of an operator as a float, or NotImplemented if it is not ours."""
    ours = isinstance(x, (float, int, complex, str, bytes, list, tuple, dict, set, Decimal))
    if ours or x is None or hasattr(x, "__float__"):
        if _is_array_of_objects(x):
            return NotImplemented  # numpy goes through an array of Values by itself
        return number(x)
    return NotImplemented


def record(
    op: str, data: float, parents: tuple[Value, ...], derivatives: Any, operands: Any
) -> Value:
    """Make the node of an operation with any number of operands (numbers among them)."""
    node = object.__new__(Value)
    node._data = data
    node.grad = 0.0
    node.op = op
    node.label = ""
    node._a = parents
    node._b = operands
    node._da = derivatives
    node._db = None
    return watched(node) if watching else node


def _general(op: str, operands: tuple[Any, ...], count: int, slopes: Callable[..., Any]) -> Any:
    """Do an operation of which the first `count` operands may be Values, the others not."""
    operands = tuple(
        x if isinstance(x, Value) and i < count else number(x) for i, x in enumerate(operands)
    )
    z, *derivatives = slopes(*(x._data if isinstance(x, Value) else x for x in operands))
    used = [(x, d) for x, d in zip(operands, derivatives, strict=False) if isinstance(x, Value)]
    if not used:
        return z
    return record(op, z, tuple(x for x, _ in used), tuple(d for _, d in used), operands)


def compare(sign: str, x: Any, y: Any) -> Any:
    """Return x < y and the like, by value; what a watcher makes of it when one is active."""
    left = x._data if isinstance(x, Value) else number(x)
    right = y._data if isinstance(y, Value) else number(y)
    outcome = _COMPARISONS[sign](left, right)
    if watching:
        for watcher in watchers():
            outcome = watcher.comparison(sign, x, y, outcome)
    return outcome


_COMPARISONS: dict[str, Callable[[float, float], Any]] = {
    "<": float.__lt__,
    "<=": float.__le__,
    ">": float.__gt__,
    ">=": float.__ge__,
    "==": float.__eq__,
    "!=": float.__ne__,
}


@bind(number=number, operand=operand, watching=watching, watched=watched, general=_general)
class Value:
    """A real number in a computation graph.

    Args:
        data: a float, an int, a numpy scalar or an array of one element; kept as a float.
        label: any text, shown in pictures and messages.

    Raises TypeError for what is not a real number, OverflowError for an int beyond the floats.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b
    >>> c.backward()
    >>> a
    Value(data=2.0, grad=-3.0, label='a')

    Attributes:
        data: the number, a float. Assigning converts and checks; recorded derivatives stay.
        grad: the gradient from the last `backward()`; leaves add up those of all.
        op: the name of the operation, "" for a leaf, "constant" for what takes no gradient.
        label: the text given.
    """

    # Operands, in the least memory: of one operation on Values `_a` (and `_b`), with the local
    # derivatives `_da` (and `_db`). With a number: `x * 2.0` keeps `_a` = x, `_b` = 2.0, no `_db`.
    # Where that does not tell all, `_b` is the tuple of all operands: (2.0, x) for `2.0 - x`.
    # With many operands `_a` is the tuple of parents and `_da` the sequence of derivatives; in the
    # dot product of a neuron `_b` counts the inputs that are numbers, which stand in `_da`.
    __slots__ = ("_a", "_b", "_da", "_data", "_db", "grad", "label", "op")

    _data: float
    grad: Any
    op: str
    label: str
    _a: Any
    _b: Any
    _da: Any
    _db: Any

    def __init__(self, data: SupportsFloat, label: str = "") -> None:
        self._data = data if type(data) is float else number(data)
        self.grad = 0.0
        self.op = ""
        self.label = label
        self._a = self._b = self._da = self._db = None

    @property
    def data(self) -> float:
        """The number."""
        if watching:
            for watcher in watchers():
                watcher.read(self)
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        self._data = data if type(data) is float else number(data)

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values this one was made from, in order; twice the same one for `x * x`."""
        a = self._a
        if a is None:
            return ()
        if type(a) is tuple:
            return a
        return (a,) if self._db is None else (a, self._b)

    @property
    def local_derivatives(self) -> tuple[float, ...]:
        """The derivative of this operation with respect to each of the parents."""
        if self._a is None:
            return ()
        if type(self._a) is tuple:
            return tuple(self._da)
        return (self._da,) if self._db is None else (self._da, self._db)

    @property
    def operands(self) -> tuple[Any, ...]:
        """All that the operation was given, numbers among them: (x, 2.0) for `x ** 2`."""
        a, b = self._a, self._b
        if type(b) is tuple:
            return b
        if type(b) is int:  # so many numbers against the first Values of a dot product
            half = (len(a) + b) // 2
            return (*a[:half], *self._da[:b], *a[half:])
        if a is None or type(a) is tuple:
            return a or ()
        return (a,) if b is None else (a, b)

    def backward(self, gradient: Scalar = 1.0, *, create_graph: bool = False) -> None:
        """Apply the chain rule from here to the leaves and leave the gradients in `.grad`.

        Leaves add the gradient to the one they have, other nodes keep the one of this pass. Either
        all gradients are stored or, after an exception or Ctrl-C, none.

        Args:
            gradient: the gradient of this node, to start from.
            create_graph: make the gradients Values with a graph, to be differentiated again.

        Raises RuntimeError for a constant, which has no graph.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        if self.op == "constant":
            raise RuntimeError(
                "a constant has no graph: it was made by detach() or under no_grad()"
            )
        if create_graph:
            totals = live_gradients(self, gradient)
            store({n: g if isinstance(g, Value) else Value(g) for n, g in totals.items()})
        else:
            store(
                gradients(self, gradient._data if isinstance(gradient, Value) else number(gradient))
            )

    def zero_grad(self) -> None:
        """Set the gradient of this node to zero."""
        self.grad = 0.0

    def detach(self) -> Value:
        """Return the number as a constant: no graph, and no gradient.

        >>> (Value(2.0) * 3).detach().parents
        ()
        """
        constant = Value(self._data, self.label)
        constant.op = "constant"
        if watching:
            for watcher in watchers():
                watcher.detached(self, constant)
        return constant

    def __lt__(self, other: Any) -> Any:
        return self._compared("<", other)

    def __le__(self, other: Any) -> Any:
        return self._compared("<=", other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(">", other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(">=", other)

    def _compared(self, sign: str, other: Any) -> Any:
        if not isinstance(other, Value):
            other = operand(other)
            if other is NotImplemented:
                return NotImplemented
        return compare(sign, self, other)

    def __bool__(self) -> bool:
        return bool(compare("!=", self, 0.0))

    def __pos__(self) -> Value:
        return self

    def __round__(self, digits: int | None = None) -> Value:
        if digits is not None:
            raise TypeError("round(v, digits) has no gradient: write round(v.data, digits)")
        return LIVE["round"](self)  # type: ignore[no-any-return] # a Value for a Value

    def _refuse(self, *_: Any) -> Any:
        raise TypeError(
            f"{self!r} would lose its gradient as a plain number: use a function of autograd, such "
            "as autograd.exp(v) for math.exp(v), or v.data for the number"
        )

    __float__ = __int__ = __complex__ = __index__ = _refuse

    def _no_floor_division(self, *_: Any) -> Any:
        raise TypeError("`//` is not an operation of Value: write autograd.floor(v / w), which has "
                        "derivative 0, or v.data // w for the number")  # fmt: skip

    __floordiv__ = __rfloordiv__ = __divmod__ = __rdivmod__ = _no_floor_division

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """Let numpy's scalars and functions work on a Value: np.float64(2) * v, np.exp(v)."""
        name = _UFUNCS.get(ufunc.__name__, ufunc.__name__)
        if method == "__call__" and not options and any(map(_is_array_of_objects, inputs)):
            return ufunc(*(_boxed(x) if isinstance(x, Value) else x for x in inputs))
        if method == "__call__" and name in _COMPARING_UFUNCS and not options:
            return compare(_COMPARING_UFUNCS[name], *inputs)
        if name in ("equal", "not_equal"):
            return (inputs[0] is inputs[1]) == (name == "equal")
        if method != "__call__" or options or name not in LIVE:
            raise TypeError(f"numpy.{ufunc.__name__} does not work on a Value: use the functions "
                            "of autograd, or v.data for the number")  # fmt: skip
        return LIVE[name](*inputs)

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data}, grad={self.grad}{label})"

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else repr(self)

    def __copy__(self) -> Value:
        node = _restored(*self._fields())
        if state := getattr(self, "__dict__", None):
            vars(node).update(state)
        return node

    def __deepcopy__(self, memo: dict[int, Any]) -> Value:
        for node in topological_order(self, operands=True):
            if id(node) not in memo:
                memo[id(node)] = _restored(*(_copied(field, memo) for field in node._fields()))
                if state := getattr(node, "__dict__", None):  # a subclass with attributes
                    vars(memo[id(node)]).update(deepcopy(state, memo))
        return memo[id(self)]  # type: ignore[no-any-return] # the copy made last

    def __reduce__(self) -> tuple[Any, ...]:
        known = id(self) in getattr(_PICKLED, "ids", ())
        ancestors = () if known or self._a is None else _Ancestors(self)
        kind, data, grad, *others = self._fields()
        fields = (ancestors, kind, data, _plain(grad), *others)
        return _restored_after, fields, getattr(self, "__dict__", None)

    def _fields(self) -> tuple[Any, ...]:
        return (type(self), self._data, self.grad, self.op, self.label,
                self._a, self._b, self._da, self._db)  # fmt: skip

    # What programs written for micrograd, and those of its lecture, read and call.

    @property
    def _prev(self) -> tuple[Value, ...]:
        return self.parents

    @property
    def _op(self) -> str:
        return TABLE[self.op].sign if self.op in TABLE else self.op

    def _backward(self) -> None:
        for parent, derivative in zip(self.parents, self.local_derivatives, strict=True):
            parent.grad += derivative * self.grad

    if TYPE_CHECKING:  # what `bind` writes from the table
        # fmt: off
        def __add__(self, other: Any) -> Value: ...
        def __radd__(self, other: Any) -> Value: ...
        def __sub__(self, other: Any) -> Value: ...
        def __rsub__(self, other: Any) -> Value: ...
        def __mul__(self, other: Any) -> Value: ...
        def __rmul__(self, other: Any) -> Value: ...
        def __truediv__(self, other: Any) -> Value: ...
        def __rtruediv__(self, other: Any) -> Value: ...
        def __mod__(self, other: Any) -> Value: ...
        def __rmod__(self, other: Any) -> Value: ...
        def __pow__(self, other: Any) -> Value: ...
        def __rpow__(self, other: Any) -> Value: ...
        def __neg__(self) -> Value: ...
        def __abs__(self) -> Value: ...
        def __getattr__(self, name: str) -> Callable[..., Value]: ...
        # fmt: on


# fmt: off
_UFUNCS = {
    "subtract": "sub", "multiply": "mul", "divide": "div", "true_divide": "div",
    "power": "pow", "float_power": "pow", "negative": "neg", "absolute": "abs", "fabs": "abs",
    "remainder": "mod", "rint": "round", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arctan2": "atan2", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}
# fmt: on
_COMPARING_UFUNCS = {"less": "<", "less_equal": "<=", "greater": ">", "greater_equal": ">="}


def _is_array_of_objects(x: Any) -> bool:
    return hasattr(x, "ndim") and x.dtype == object


def _boxed(value: Value) -> Any:
    """Return an array of no dimensions around a Value, for numpy to go through."""
    box = sys.modules["numpy"].empty((), dtype=object)
    box[()] = value
    return box


def _restored(kind: type[Value], *fields: Any) -> Value:
    """Make a node from its fields."""
    node: Value = object.__new__(kind)
    (node._data, node.grad, node.op, node.label, node._a, node._b, node._da, node._db) = fields
    return node


def _restored_after(_: Any, kind: type[Value], *fields: Any) -> Value:
    """Make a node from its fields, when its ancestors have been made."""
    return _restored(kind, *fields)


def _copied(field: Any, memo: dict[int, Any]) -> Any:
    if isinstance(field, Value):
        return memo[id(field)] if id(field) in memo else _plain(field)
    return tuple(_copied(x, memo) for x in field) if type(field) is tuple else field


def _plain(grad: Any) -> Any:
    """Return a gradient as a number: copies keep the graph of a node, not that of its gradient."""
    return grad._data if isinstance(grad, Value) else grad


_PICKLED = threading.local()  # the ids of nodes whose ancestors are in the pickle already


class _Ancestors:
    """Pickles as the list of the nodes that a node was made from, parents first.

    So pickle meets every node when its parents are done, and does not recurse from child to parent.
    """

    def __init__(self, node: Value) -> None:
        self.nodes = topological_order(node, operands=True)[:-1]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, self._listed()

    def _listed(self) -> Iterator[Value]:
        before: frozenset[int] = getattr(_PICKLED, "ids", frozenset())
        _PICKLED.ids = before | {id(node) for node in self.nodes}
        try:
            yield from self.nodes
        finally:
            _PICKLED.ids = before
