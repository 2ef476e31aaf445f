"""Watching a computation as it runs, at no cost to those that nobody watches.

A `Watcher` is a context manager: while it is active in a thread, every operation, comparison and
read of `.data` there is told to it, and it may put something else in the place of the result.
`no_grad` is one, which forgets the parents; `detect_anomaly` is another.
"""

from __future__ import annotations

from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from autograd.value import Value

    _Function = TypeVar("_Function", bound=Callable[..., Any])

__all__ = ["Watcher", "is_recording", "no_grad", "recording", "watched", "watchers", "watching"]
__all__ += ["without"]

_active: ContextVar[tuple[Watcher, ...]] = ContextVar("watchers", default=())
_RUNS_LATER = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
watching: list[Watcher] = []  # those of all threads: empty, and all is as fast as without


class Watcher(ContextDecorator):
    """Told of what happens in its thread while it is active; the innermost is told first."""

    def operation(self, node: Value) -> Value:
        """Take a node just recorded; return it or what shall stand in its place."""
        return node

    def comparison(self, sign: str, left: Any, right: Any, outcome: bool) -> Any:
        """Take the outcome of `left < right` and the like; return what the user gets."""
        return outcome

    def identified(self, node: Any, other: object) -> None:
        """Take note that a node was compared by `==`, which tells whether it is the same one."""

    def read(self, node: Value) -> None:
        """Take note that the number in a node, or a local derivative, was read or copied."""

    def assigned(self, node: Value) -> None:
        """Take note that a node is about to get another number."""

    def detached(self, node: Value, constant: Value) -> None:
        """Take note that a constant was made with the number of a node."""

    def pulled_back(self, root: Value, seed: Any, inputs: list[Value] | None) -> Any:
        """Take over a backward pass on Values: return the gradients, or None to leave it alone."""

    def pushed_forward(self, outputs: list[Value], tangents: dict[Value, Any]) -> Any:
        """Take over a forward pass on Values: return the tangents, or None to leave it alone."""

    def chain_rule(self, root: Value, totals: dict[Value, Any]) -> None:
        """Take the gradients of a backward pass, before they are stored."""

    def __call__(self, func: _Function) -> _Function:
        """Make a function run while this is active: not one whose body runs when it has ended."""
        if getattr(getattr(func, "__code__", None), "co_flags", 0) & _RUNS_LATER:
            raise TypeError(f"{func.__qualname__} is a generator or a coroutine, whose body runs "
                            "when a decorator has ended: write `with ...:` inside it")  # fmt: skip
        return super().__call__(func)

    def __enter__(self) -> Self:
        _active.set((self, *_active.get()))
        watching.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        watching.remove(self)
        active = list(_active.get())
        if self in active:  # not the outermost, nor the last: a generator may end it in between
            active.remove(self)
        _active.set(tuple(active))

    def _recreate_cm(self) -> Self:
        return type(self)()  # as a decorator: a fresh one for each call, so that calls may nest


def watchers() -> tuple[Watcher, ...]:
    """Return the watchers that are active in this thread, the innermost first."""
    return _active.get()


def watched(node: Value) -> Value:
    """Tell the watchers of this thread about a new node."""
    for watcher in _active.get():
        node = watcher.operation(node)
    return node


class _NoGrad(Watcher):
    def operation(self, node: Value) -> Value:
        others = watchers()
        if len(others) > 1:  # those further out want to know what the constant is made from
            for watcher in others[others.index(self) + 1 :]:
                if watcher is not self:  # entered twice
                    node = watcher.operation(node)
            return node.detach()
        node._a = node._b = node._da = node._db = None
        node.op = "constant"
        return node


@overload
def no_grad() -> _NoGrad: ...
@overload
def no_grad(function: _Function) -> _Function: ...
def no_grad(function: Any = None) -> Any:
    """Record no graph: results are constants, which take no gradient.

    Use it as a context, `with no_grad():`, or as a decorator, with or without parentheses.

    >>> from autograd import Value
    >>> with no_grad():
    ...     y = Value(3.0) * 2
    >>> y.parents
    ()
    """
    return _NoGrad() if function is None else _NoGrad()(function)


def is_recording() -> bool:
    """Return whether operations are recorded in this thread: not under `no_grad`."""
    return not any(isinstance(watcher, _NoGrad) for watcher in _active.get())


@contextmanager
def without(kind: type[Watcher]) -> Iterator[None]:
    """Tell the watchers of a kind nothing meanwhile."""
    token = _active.set(tuple(w for w in _active.get() if not isinstance(w, kind)))
    try:
        yield
    finally:
        _active.reset(token)


@contextmanager
def recording() -> Iterator[None]:
    """Record the graph even under `no_grad()`: a derivative needs that of its function."""
    with without(_NoGrad):
        yield
