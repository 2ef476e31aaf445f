"""Whether a loss is made of what is to be trained: else `fit` would train nothing, and not say so.

`is_made_of` reads a graph; `check_made` refuses losses of which none is made of a parameter. Once
in a training, `check_first` asks that of the loss of its first batch, and `check_one`, for a
compiled training, where no batch has a graph, of that of one sample.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from autograd import Value
from autograd.watch import Watcher, recording
from nn.samples import nested, numbers

if TYPE_CHECKING:
    from nn.training import Training

__all__ = ["check_first", "check_made", "check_one", "is_made_of"]


def is_made_of(roots: Iterable[Any], parameters: Iterable[Value]) -> bool:
    """Return whether one of the parameters stands in the graph of some Values, numbers aside.

    All operands count, so also what a `where` did not choose this time.

    >>> x, y = Value(1.0), Value(2.0)
    >>> is_made_of([x * 2.0], [x, y]), is_made_of([Value(x.data)], [x, y])
    (True, False)
    """
    wanted, seen = set(parameters), set()
    stack = [x for x in roots if isinstance(x, Value)]
    while stack:
        node = stack.pop()
        if node in wanted:
            return True
        if node not in seen:
            seen.add(node)
            stack += [x for x in node.operands if isinstance(x, Value)]
    return False


class _Questions(Watcher):
    """Sees whether a program asks which of two Values is greater, or what the number of one is."""

    compared = read_one = False

    def comparison(self, sign: str, left: Any, right: Any, outcome: bool) -> Any:
        self.compared = True
        return outcome

    def read(self, node: Value) -> None:
        self.read_one = True


def check_made(losses: Iterable[Value], parameters: Sequence[Value]) -> None:
    """Raise ValueError where none of some losses, made as they are asked for, has a parameter.

    But not where Values are compared meanwhile: `max(Value(0.0), 1.0 - score)` with Python's `max`
    is a constant for these numbers, and may be none for others; nor where numbers are read and all
    losses are 0, as those are that add up what is wrong, of a model that has nothing wrong.
    """
    constants = []
    with _Questions() as asked:
        for loss in losses:
            if is_made_of([loss], parameters):
                return
            constants.append(loss)
    if not asked.compared and not (asked.read_one and all(x.data == 0.0 for x in constants)):
        raise ValueError("the loss is made of none of the optimizer's parameters, so that no step "
                         "would change them: compute it from the outputs as they are, not from "
                         "their .data, float() or detach(), nor under no_grad()")  # fmt: skip


def check_first(training: Training, loss: Value) -> None:
    """Raise ValueError for the loss of a first batch that is made of none of the parameters.

    It may be that the samples of this batch do not count, so the others are looked at before.
    """
    if not training.loss_checked:
        states = [source.getstate() for source in training.generators]
        order, size = training.order, training.batch_size
        others = (order[i : i + size] for i in range(0, len(order), size))
        check_made(chain([loss], map(training.data_loss, others)), training.optimizer.parameters)
        training.set_generators(states)
        training.loss_checked = True


def check_one(training: Training) -> None:
    """Raise ValueError as `check_first` does, from the output for one sample; draws for it."""
    if not training.loss_checked:
        with recording():
            check_made(_losses_of_one(training), training.optimizer.parameters)
        training.loss_checked = True


def _losses_of_one(training: Training) -> Iterator[Value]:
    """Yield the loss of a batch, and of all samples, as if each had the output of one.

    In nodes of its own: a loss may leave out what it meets again.
    """
    order = training.order
    for i in order:
        output = training.model(training.inputs[i])
        if is_made_of(numbers(output), training.optimizer.parameters):
            break
    for count in (min(training.batch_size, len(order)), len(order)):
        targets = [training.targets[i] for i in order[:count]]
        outputs = [nested(output, iter([x * 1.0 for x in numbers(output)])) for _ in targets]
        yield training.loss_alone(outputs, targets)
