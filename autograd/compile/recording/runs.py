"""Running a function to be recorded: `record(call, numbers)` gives a `Recording`.

It holds the nodes of the path that these numbers take, the leaves it reads besides its arguments,
and its result. A function that ends with a gradient returns a `Gradient` instead, which is derived
by `Recording.complete` when the function is known to do the same twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, NamedTuple

from autograd.anomaly import detect_anomaly
from autograd.compile.recording.innocent import is_innocent
from autograd.compile.recording.outside import chance_refused
from autograd.compile.recording.trace import Recorder
from autograd.derivatives import always_live
from autograd.trees import flatten
from autograd.value import Value
from autograd.watch import recording, without

__all__ = ["Gradient", "Recording", "constant", "record"]


class Gradient(NamedTuple):
    """A gradient that a function ends with, to be derived when it is known to be the same twice.

    Attributes:
        root: the number to differentiate.
        inputs: by what.
        finish: makes the result of the function from the derivatives.
    """

    root: Any
    inputs: list[Value]
    finish: Callable[[list[Any]], Any]


class Recording:
    """What a function did with certain numbers: its recorder, arguments, and result.

    A function may return a `Gradient` in the place of its result; `complete` derives it.
    """

    def __init__(
        self, call: Callable[[Sequence[Value]], Any], numbers: Sequence[float],
        first: Recording | None,
    ) -> None:  # fmt: skip
        self.recorder: Recorder = Recorder(None if first is None else first.recorder)
        self.arguments = [constant(x) for x in numbers]
        self.recorder.nodes.update(dict.fromkeys(self.arguments))
        is_free = first is None or is_innocent(call)
        chance = nullcontext() if is_free else chance_refused(call, self.recorder.drawn)
        with self._active(), chance:
            self.result = call(self.arguments)
        self.recorder.check()
        self.ends: list[Any] = []  # the numbers of the result, or of what is to be differentiated
        if isinstance(self.result, Gradient):
            self.ends = [self.result.root, *self.result.inputs]
        else:
            self.ends = list(flatten(self.result, "the result"))

    @contextmanager
    def _active(self) -> Iterator[None]:
        self.recorder.active = True
        with without(detect_anomaly), recording(), always_live(), self.recorder:
            yield
        self.recorder.active = False

    @property
    def is_plain(self) -> bool:
        """Whether all operations are the table's, none a function of Python."""
        return all(type(node.op) is str for node in self.recorder.nodes)

    @property
    def reads_nothing(self) -> bool:
        """Whether there are no Values but the arguments and what was computed."""
        nodes, values = self.recorder.nodes, [x for x in self.ends if isinstance(x, Value)]
        return not self.recorder.outside and all(x in nodes for x in values)

    def complete(self, chosen: Sequence[int], *, late: bool = False) -> list[Value]:
        """Derive the gradient that is still to be derived.

        Args:
            chosen: which of its inputs to differentiate by.
            late: when Values from outside may have been changed since.

        Returns these inputs.
        """
        assert isinstance(self.result, Gradient)  # noqa: S101 - for the type checker
        root, inputs, finish = self.result
        inputs = [inputs[i] for i in chosen]
        found: dict[Value, Any] = {}
        self.recorder.is_late = late
        if isinstance(root, Value):
            with self._active():
                found = self.recorder.gradients(root, 1.0, inputs)
        self.result = finish([found.get(x, 0.0) for x in inputs])
        if not late:
            self.recorder.check()
        self.ends = list(flatten(self.result, "the result"))
        return inputs


def constant(number: float) -> Value:
    """Return a Value for a plain number, which takes no share of a tie."""
    argument = Value(number)
    argument.op = "constant"
    return argument


def record(
    call: Callable[[Sequence[Value]], Any], numbers: Sequence[float],
    first: Recording | None = None,
) -> Recording:  # fmt: skip
    """Run a function on Values in the place of some numbers and return what it did.

    The second time, after the `first`, it may draw no random number: the first time may be for a
    table it keeps.
    """
    return Recording(call, numbers, first)
