"""Whether the loss of a batch is the mean of its samples' losses: then a fit compiles that of one.

`is_mean(training, example)` tells; `loss_of_numbers` gives a loss outputs that are plain numbers.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from math import isclose, isfinite
from typing import TYPE_CHECKING, Any

from autograd import Value, mean, no_grad
from autograd.compile import TraceError
from autograd.compile.programs.terms import same_sum
from nn.losses import is_a_mean
from nn.samples import nested, numbers, plain_numbers

if TYPE_CHECKING:
    from nn.training import Training

__all__ = ["is_mean", "loss_of_numbers"]

FEW = 3  # samples for which programs are always compared
MOST_PROVED = 2_000  # numbers a loss is given, up to which programs of more are: about 1 s


def is_mean(training: Training, example: Any) -> bool:
    """Return whether the loss of a batch is the mean of its samples'.

    The programs of both tell, whatever the numbers. Where those of a whole batch would be large,
    only those of a few samples are compared, and for the batch what comes out, twice.

    Args:
        training: has the loss, the size of the batches, and the targets.
        example: an output of the model, in plain numbers.
    """
    if is_a_mean(training.loss):
        return True
    samples = len(training.order)
    size = min(training.batch_size, samples)
    sizes = {min(FEW, size), size, samples % size or size}  # few first: most others fail there
    return all(_is_mean_of(count, training, example) for count in sorted(sizes))


def _is_mean_of(count: int, training: Training, example: Any) -> bool:
    """Return whether the loss of so many samples is the mean of theirs."""
    target = training.targets[0]
    sample = [*numbers(example), *numbers(target)]
    if count > FEW and count * len(sample) > MOST_PROVED:
        draws = map(random.Random, range(2))
        found = [_comes_out_the_same(count, training, example, rng) for rng in draws]
        if None not in found:
            return all(found)

    def each(numbers: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        source = iter(numbers)
        pairs = [(nested(example, source), nested(target, source)) for _ in range(count)]
        return [x for x, _ in pairs], [t for _, t in pairs]

    def together(numbers: Sequence[Any]) -> Any:
        return training.loss(*each(numbers))

    def apart(numbers: Sequence[Any]) -> Any:
        return mean([training.loss([x], [t]) for x, t in zip(*each(numbers), strict=True)])

    try:
        return same_sum(together, apart, sample * count)
    except TraceError:
        raise
    except Exception:  # noqa: BLE001 - a loss may refuse one sample alone, in a way of its own
        return False


def _comes_out_the_same(
    count: int, training: Training, example: Any, rng: random.Random
) -> bool | None:
    """Return whether it does for outputs near the example; None where that cannot be told."""

    def moved(x: float) -> float:
        return rng.uniform(0.6, 1.0) * (x or 0.5)  # of the same sign; a share stays one

    outputs = [nested(example, map(moved, numbers(example))) for _ in range(count)]
    targets = [training.targets[i] for i in training.order[:count]]
    pairs = zip(outputs, targets, strict=True)
    with no_grad(), suppress(Exception):
        together = plain_numbers(loss_of_numbers(training, outputs, targets))
        apart = mean([plain_numbers(loss_of_numbers(training, [x], [t])) for x, t in pairs])
        if isfinite(together) and isfinite(apart):
            return isclose(together, apart, rel_tol=1e-9)
    return None


def loss_of_numbers(training: Training, outputs: list[Any], targets: list[Any]) -> Any:
    """Return the loss of outputs that are plain numbers, which take half the time of Values."""
    try:
        return training.loss(outputs, targets)
    except Exception:  # noqa: BLE001 - this loss wants Values, or it will raise again
        return training.loss(nested(outputs, map(Value, numbers(outputs))), targets)
