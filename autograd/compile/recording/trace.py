"""Writing down what a function does on Values: a `Recorder` watches, and notes every node.

A comparison becomes a `Condition`, which `where` takes as it is; a branch of Python on it becomes a
guard. What a program could not follow (reading `.data`, a random number, a change of a Value) is a
`TraceError`. `runs` runs the function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isnan
from numbers import Number
from typing import Any, NoReturn

from autograd.anomaly.detection import source, users_place
from autograd.compile.recording.again import Copier, Derived
from autograd.compile.recording.differentiate import pull_back, push_forward
from autograd.compile.recording.outside import THREAD, unwatched
from autograd.functions import where
from autograd.higher import formulas, local_slopes
from autograd.numbers.real import number
from autograd.value import Value, compare
from autograd.watch import Watcher, watchers

__all__ = ["Condition", "Recorder", "TraceError"]

_SIGNS = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


class TraceError(RuntimeError):
    """A function does what a program could not follow; the message says what to write instead."""


class Condition(Value):
    """The outcome of a comparison: a truth value that a program can decide anew at each call.

    `where` takes it as it is. In an `if`, `while`, `and`, `not` or `max` it is decided for the
    program, which then holds a guard. It compares as the bool does that it stands for; only
    `condition is True` cannot be followed, and is False.
    """

    __slots__ = ("recorder",)
    recorder: Recorder

    def __init__(
        self, recorder: Recorder, op: str, operands: tuple[Any, ...], outcome: Any
    ) -> None:
        super().__init__(float(bool(outcome)))
        self.op = op
        self._a = self._da = ()
        self._b = operands
        self.recorder = recorder
        recorder.nodes[self] = None

    def __bool__(self) -> bool:
        return self.recorder.decide(self)

    def __and__(self, other: Any) -> Any:
        return self._joined("and", other, lambda a, b: a and b)

    def __or__(self, other: Any) -> Any:
        return self._joined("or", other, lambda a, b: a or b)

    def __eq__(self, other: object) -> Any:
        if other is self:
            return True
        if isinstance(other, Condition):
            return (self & other) | (self.negated() & other.negated())
        try:
            wanted = number(other)
        except (TypeError, OverflowError):
            return NotImplemented
        return self if wanted == 1.0 else self.negated() if wanted == 0.0 else False

    def __ne__(self, other: object) -> Any:
        same = self.__eq__(other)
        if isinstance(same, Condition):
            return same.negated()
        return same if same is NotImplemented else not same

    def __xor__(self, other: Any) -> Any:
        return self != other if isinstance(other, (bool, Condition)) else NotImplemented

    __hash__ = Value.__hash__
    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _joined(self, op: str, other: Any, function: Callable[[Any, Any], Any]) -> Any:
        if isinstance(other, bool):
            return function(other, self)
        if not isinstance(other, Condition):
            return NotImplemented
        outcome = function(self._data, other._data)
        return Condition(self.recorder, op, (self, other), outcome)

    def negated(self) -> Condition:
        """Return what is true where this is not."""
        return Condition(self.recorder, "not", (self,), not self._data)

    def __invert__(self) -> NoReturn:
        self.recorder.refuse(
            f"~ of a comparison at {place()}: of Python's True and False it makes -2 and -1, which "
            "both count as true; write the comparison the other way round, or where(x > 0, b, a)"
        )

    def _refuse(self, *_: Any) -> NoReturn:
        self.recorder.refuse(
            f"a comparison is used as a plain number or an index at {place()}: in a compiled "
            "function its outcome is known at the call only; write autograd.where(condition, a, b)"
        )

    __float__ = __int__ = __complex__ = __index__ = _refuse


class Recorder(Watcher):
    """Writes down what happens in its thread: every node in order, and the branches taken.

    Args:
        first: an earlier recording of the same function with the same numbers.
    """

    def __init__(self, first: Recorder | None = None) -> None:
        super().__init__()
        self.nodes: dict[Value, None] = {}
        self.sources: dict[Value, Value] = {}  # constants, and what they were made from
        self.outside: dict[Value, tuple[float, Any]] = {}  # leaves read: data and gradient before
        self.guards: list[tuple[Condition, bool, str]] = []
        self._decided: set[Condition] = set()
        self._told_apart: set[frozenset[Value]] = set()
        self._assigned: set[Value] = set()
        self._assigned_before = set() if first is None else first._assigned
        self.derived: list[Derived] = []
        self._copier: Copier | None = None
        if first is not None and first.derived:
            self._copier = Copier(first.nodes, first.outside, first.derived)
        self.active = True
        self.is_late = False  # numbers may have been changed since they were used
        self.refused: TraceError | None = None

    def refuse(self, message: str) -> NoReturn:
        """Raise a TraceError, again at the end if the function catches it."""
        self.refused = TraceError(message)
        raise self.refused

    def drawn(self, what: str) -> NoReturn:
        """Refuse: what is drawn, or read, or done in a thread, would be frozen."""
        cure = "draw the random number, or read the clock, outside and pass it as an argument"
        if what == THREAD:
            cure = "do its work in the function itself"
        self.refuse(
            f"{what}, at {place()}: in a compiled function it would be frozen at what it is now; "
            f"{cure}"
        )

    def operation(self, node: Value) -> Value:
        """Write down a node."""
        if node.op == "where":
            node = self._chosen(node)
        nodes, a, b = self.nodes, node._a, node._b
        if type(a) is tuple or type(b) is tuple:
            self._note(node.operands)
        else:
            if a not in nodes:
                self._note((a,))
            if node._db is not None and b not in nodes:
                self._note((b,))
        nodes[node] = None
        return node

    def _note(self, operands: Sequence[Any]) -> None:
        for x in operands:
            if isinstance(x, Value) and x not in self.nodes and x not in self.outside:
                self.outside[x] = x._data, x.grad

    def _chosen(self, node: Value) -> Value:
        """Give a `where` both sides as parents, and a condition that a program can decide."""
        condition, a, b = node.operands
        if not isinstance(condition, Condition):
            if not isinstance(condition, Value):
                return node
            condition = compare("!=", condition, 0.0)
        node._a = tuple(x for x in (a, b) if isinstance(x, Value))
        node._da = (0.0,) * len(node._a)
        node._b = (condition, a, b)
        return node

    def comparison(self, sign: str, left: Any, right: Any, outcome: Any) -> Any:
        """Make a comparison a Condition."""
        if not isinstance(left, Value) and not isinstance(right, Value):
            return outcome
        self._note((left, right))
        return Condition(self, _SIGNS[sign], (left, right), outcome)

    def decide(self, condition: Condition) -> bool:
        """Return the outcome of a condition, which the program is then valid for."""
        outcome = bool(condition._data)
        if self.active and condition not in self._decided:
            self._decided.add(condition)
            self.guards.append((condition, outcome, place()))
        return outcome

    def detached(self, node: Value, constant: Value) -> None:
        """Remember what a constant was made from."""
        self._note((node,))
        self.sources[constant] = node
        self.nodes[constant] = None

    def identified(self, node: Any, other: object) -> None:
        """Refuse what compares by identity, where the numbers would tell something else.

        Where they tell the same it becomes a guard. Of leaves from outside only identity matters.
        """
        if isinstance(other, Value) and (node in self.nodes or other in self.nodes):
            pair = frozenset((node, other))  # Python asks both, and so do loops again and again
            if pair in self._told_apart:
                return
            self._told_apart.add(pair)
            self._note((node, other))
            same = Condition(self, "eq", (node, other), node._data == other._data)
            if bool(same._data) == (node is other):
                self.decide(same)
                return
            self.refuse(
                f"two Values are compared by ==, != or `in`, or in tuples or lists, at {place()}: "
                "that tells whether they are the same node. Write autograd.equal(x, y) for "
                "numbers, and compare numbers alone: max(v, key=lambda pair: pair[0])"
            )
        if isinstance(other, Number):  # those of numpy too
            self.refuse(
                f"a Value is compared with {other!r} by ==, != or `in` at {place()}: they tell "
                "whether two Values are the same node. Write autograd.equal(x, y) for numbers"
            )

    def read(self, node: Value) -> None:
        """Refuse: the number would be frozen."""
        self.refuse(
            f"the number of a Value is read (.data, print, format, a copy) at {place()}: in a "
            "compiled function it would be frozen at what it is now. Compute with the Value "
            "itself (autograd.exp for math.exp), choose with autograd.where, print the results of "
            "the compiled function; a count or an index is no argument: let the function close "
            "over it"
        )

    def assigned(self, node: Value) -> None:
        """Refuse for what is computed, and for what both recordings have: it is from outside."""
        if node in self.nodes or node in self._assigned_before:
            self.refuse(
                f"the number of a Value is changed at {place()}: a compiled function could not do "
                "so again at each call; compute with a new Value, and return its number"
            )
        self._assigned.add(node)

    def chain_rule(self, root: Value, totals: dict[Value, Any]) -> None:
        """Refuse: gradients would be left behind at the first call only."""
        self.refuse(
            f"backward() is called at {place()}: a compiled function cannot leave gradients behind."
            " Compile autograd.value_and_grad(f), or call .backward(...) of a compiled batch"
        )

    def pulled_back(self, root: Value, seed: Any, inputs: list[Value] | None) -> Any:
        """Differentiate both sides of every `where`."""
        if inputs is None:
            self.chain_rule(root, {})
            return None
        with unwatched():
            return self.gradients(root, seed, inputs)

    def gradients(self, root: Value, seed: Any, inputs: list[Value]) -> dict[Value, Any]:
        """Return the derivatives of a node by inputs; copied, where derived in `first`."""
        copied = None
        if self._copier is not None and watchers() == (self,):
            what = self.nodes, self.outside, root, seed, inputs
            copied = self._copier.copied(len(self.derived), *what)
        begin, before = len(self.nodes), self._met()
        if copied is None:
            slopes = formulas if self.is_late else local_slopes
            found = pull_back(root, seed, inputs, self.nodes, slopes)
            found = {x: _as_number(slope) for x, slope in found.items()}
        else:
            nodes, found = copied
            for node in nodes:
                if isinstance(node, Condition):
                    node.recorder = self
            self.nodes.update(dict.fromkeys(nodes))
        leaves = before[0] if before == self._met() else -1  # -1: there is more to do than to copy
        self.derived.append(Derived(begin, len(self.nodes), leaves, root, seed, inputs, found))
        return found

    def _met(self) -> tuple[int, ...]:
        """Return how many leaves, constants and branches there were so far."""
        return len(self.outside), len(self.sources), len(self.guards)

    def pushed_forward(self, outputs: list[Value], tangents: dict[Value, Any]) -> Any:
        """Differentiate both sides of every `where`."""
        with unwatched():
            return [_as_number(x) for x in push_forward(outputs, tangents, self.nodes)]

    def check(self) -> None:
        """Raise a TraceError if there was one, or if a Value from outside was changed meanwhile."""
        if self.refused is not None:
            raise self.refused
        for x, (data, grad) in self.outside.items():
            same = x._data == data or (isnan(x._data) and isnan(data))
            if not same or x.grad is not grad:
                name = repr(x.label) if x.label else "without a label"
                raise TraceError(
                    f"the Value {name} from outside is changed by the compiled function: it could "
                    "not do so again at each call; return the new number instead"
                )


def _as_number(slope: Any) -> Any:
    """Return a derivative as a number: that of `x * (x > 0)` by x is a condition."""
    return where(slope, 1.0, 0.0) if isinstance(slope, Condition) else slope


def place() -> str:
    """Return the innermost line of the user's on the stack."""
    return source(*users_place())
