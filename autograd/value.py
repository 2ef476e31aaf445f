"""Value: a number that remembers how it was made.

A node holds its number (`data`), the operation that made it (`op`), its operands (`parents`) and
the derivative of the operation with respect to each (`local_derivatives`), recorded with the
number. `backward()` applies the chain rule from here to the leaves and leaves `.grad` behind.
The arithmetic and the functions come from the table in `autograd.rules`; what else is asked of a
number (copies, pickles, numpy, conversions) comes from its base class in `autograd.protocols`.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import eq, ge, gt, le, lt, ne
from typing import Any, SupportsFloat, TypeAlias

from autograd.backward import gradients, store
from autograd.binding import bind
from autograd.higher import live_gradients
from autograd.numbers.real import number, operand
from autograd.protocols.base import Protocols, micrograds_label
from autograd.watch import watched, watchers, watching

__all__ = ["Scalar", "Value", "compare", "general", "record"]

Scalar: TypeAlias = "Value | SupportsFloat"  # what an operation takes beside a Value


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


def general(
    op: str,
    operands: tuple[Any, ...],
    count: int,
    function: Callable[..., Any],
    slopes: Callable[..., Any],
) -> Any:
    """Do an operation of which the first `count` operands may be Values, the others not."""
    given = tuple(
        x if isinstance(x, Value) and i < count else number(x) for i, x in enumerate(operands)
    )
    numbers = [x._data if isinstance(x, Value) else x for x in given]
    z = number(function(*numbers))
    if not any(isinstance(x, Value) for x in given):
        return z
    pairs = zip(given, slopes(*numbers), strict=False)
    used = [(x, d) for x, d in pairs if isinstance(x, Value)]
    return record(op, z, tuple(x for x, _ in used), tuple(d for _, d in used), given)


def compare(sign: str, x: Any, y: Any) -> Any:
    """Return x < y and the like, by value; what a watcher makes of it when one is active."""
    left = x._data if isinstance(x, Value) else number(x)
    right = y._data if isinstance(y, Value) else number(y)
    outcome = _COMPARISONS[sign](left, right)
    if watching:
        for watcher in watchers():
            outcome = watcher.comparison(sign, x, y, outcome)
    return outcome


_COMPARISONS = {"<": lt, "<=": le, ">": gt, ">=": ge, "==": eq, "!=": ne}


@bind(number=number, operand=operand, watching=watching, watched=watched, general=general)
class Value(Protocols):
    """A real number in a computation graph.

    Args:
        data: a float, an int, a numpy scalar or an array of one element; kept as a float.
        label: any text, shown in pictures and messages.

    Raises TypeError for what is not a real number or label, OverflowError for an int beyond the
    floats.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> c = a * b
    >>> c.backward()
    >>> a
    Value(data=2.0, grad=-3.0, label='a')

    Attributes:
        data: the number, a float. Assigning converts and checks; recorded derivatives stay.
        grad: of a leaf, the sum over all calls of `backward()`; of others, from the last one.
        op: the name of the operation, "" for a leaf, "constant" for what takes no gradient.
        label: the text given.
    """

    # Operands, in the least memory: of one operation on Values `_a` (and `_b`), with the local
    # derivatives `_da` (and `_db`). With a number: `x * 2.0` keeps `_a` = x, `_b` = 2.0, no `_db`.
    # Where that does not tell all, `_b` is the tuple of all operands: (2.0, x) for `2.0 - x`.
    # With many operands `_a` is the tuple of parents and `_da` the sequence of derivatives; in the
    # dot product of a neuron `_b` counts the inputs that are numbers, which stand in `_da`.
    __slots__ = ("_a", "_b", "_da", "_data", "_db", "grad", "label", "op")

    def __init__(
        self, data: SupportsFloat, label: str = "", *others: Any, _children: Any = (), _op: str = ""
    ) -> None:
        if others or _children or _op or not isinstance(label, str):
            label = micrograds_label(label, *others, _children=_children, _op=_op)
        self._data = data if type(data) is float else number(data)
        self.grad: Any = 0.0
        self.op = ""
        self.label = label
        self._a: Any = None
        self._b: Any = None
        self._da: Any = None
        self._db: Any = None

    @property
    def data(self) -> float:
        """The number."""
        if watching:
            for watcher in watchers():
                watcher.read(self)
        return self._data

    @data.setter
    def data(self, data: SupportsFloat) -> None:
        if watching:
            for watcher in watchers():
                watcher.assigned(self)
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
        if watching:
            for watcher in watchers():
                watcher.read(self)
        return self._slopes()

    def _slopes(self) -> tuple[float, ...]:
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
            totals = {n: g if isinstance(g, Value) else Value(g) for n, g in totals.items()}
        else:
            seed = gradient._data if isinstance(gradient, Value) else number(gradient)
            totals = gradients(self, seed)
        store(totals)

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

    def __repr__(self) -> str:
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data}, grad={self.grad}{label})"
