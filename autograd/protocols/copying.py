"""Copies and pickles of Values with their graphs, in linear time and without recursion.

`shallow_copy`, `deep_copy` and `pickled` are Value's `__copy__`, `__deepcopy__` and `__reduce__`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any
from weakref import ref

from autograd.binding import LIVE
from autograd.graph import inner_order
from autograd.watch import watchers, watching

if TYPE_CHECKING:
    from autograd.value import Value

__all__ = ["deep_copy", "pickled", "shallow_copy"]


def shallow_copy(node: Value) -> Value:
    """Return another node with the same parents."""
    copy = _restored(None, *_fields(node))
    _vars(copy).update(_vars(node))
    return copy


def _vars(node: Value) -> dict[str, Any]:
    """Return the attributes that a subclass of Value gave a node."""
    return getattr(node, "__dict__", {})


def deep_copy(node: Value, memo: dict[Any, Any]) -> Value:
    """Return a copy of a node and of the graph behind it."""
    new = []
    for each in (*_made_from(node, memo.setdefault("nodes of autograd", set())), node):
        if id(each) not in memo:
            memo[id(each)] = _restored(None, *(_copied(field, memo) for field in _fields(each)))
            new.append(each)
    for each in new:  # when all nodes have their copies, for attributes may hold any of them
        _vars(memo[id(each)]).update(deepcopy(_vars(each), memo))
    return memo[id(node)]  # type: ignore[no-any-return] # the copy made above


def pickled(node: Value) -> tuple[Any, ...]:
    """Return how pickle makes a node again, after those it was made from."""
    kind, data, grad, *others = _fields(node)
    fields = (_ancestors(node), kind, data, _plain(grad), *others)
    return _restored, fields, _vars(node) or None


def _fields(node: Value) -> tuple[Any, ...]:
    if watching:  # a copy has the number of today
        for watcher in watchers():
            watcher.read(node)
    return (type(node), node._data, node.grad, node.op, node.label,
            node._a, node._b, node._da, node._db)  # fmt: skip


def _restored(_: Any, kind: type[Value], *fields: Any) -> Value:
    """Make a node from its fields, when its ancestors have been made."""
    node: Value = object.__new__(kind)
    (node._data, node.grad, node.op, node.label, node._a, node._b, node._da, node._db) = fields
    return node


def _copied(field: Any, memo: dict[Any, Any]) -> Any:
    if isinstance(field, LIVE["Value"]):
        return memo[id(field)] if id(field) in memo else _plain(field)
    return tuple(_copied(x, memo) for x in field) if type(field) is tuple else field


def _plain(grad: Any) -> Any:
    """Return a gradient as a number: copies keep the graph of a node, not that of its gradient."""
    return grad._data if isinstance(grad, LIVE["Value"]) else grad


def _made_from(node: Value, seen: set[Value]) -> Iterator[Value]:
    """Yield what a node was made from, and the node, but for inner nodes seen before."""
    for inner in inner_order(node, operands=True, seen=seen):
        yield from (x for x in inner.operands if hasattr(x, "_a") and x._a is None)
        yield inner


class _Lists(threading.local):
    """The lists of ancestors that a pickle in this thread holds, and what is in them."""

    def __init__(self) -> None:
        self.seen: set[Value] = set()
        self.holders: dict[Any, ref[_Ancestors]] = {}


_LISTS = _Lists()


class _Ancestors:
    """Pickles as the list of the nodes that a node was made from, parents first.

    So pickle meets every node when its parents are done, and does not recurse from child to parent.
    What another list has is not listed again, but that list put first. Lists live as long as the
    pickle that they are part of: when one goes, that is over.
    """

    def __init__(self, node: Value) -> None:
        self.seen, self.holders = _LISTS.seen, _LISTS.holders
        nodes = inner_order(node, operands=True, seen=self.seen)
        operands = (x for each in nodes for x in each.operands)
        before = {self.holders[x]: None for x in operands if x in self.holders}
        self.items = [*(known() for known in before), *nodes[:-1]]
        self.holders.update(dict.fromkeys(nodes, ref(self)))

    def __del__(self) -> None:
        self.seen.clear()
        self.holders.clear()

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (), None, iter(self.items)


def _ancestors(node: Value) -> _Ancestors | tuple[()]:
    if node._a is None:
        return ()
    known = _LISTS.holders.get(node)
    return (known() if known else None) or _Ancestors(node)
