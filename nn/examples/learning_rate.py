"""The learning rate: the largest that is stable, on quadratics and on digits; momentum and Adam.

Gradient descent on a quadratic multiplies the error along each axis by 1 - lr * curvature at every
step, so it is stable up to lr = 2 / lambda_max, the largest eigenvalue of the Hessian. Momentum b
allows 2 (1 + b) / lambda_max. `largest_stable` finds the rate by trying, `largest_eigenvalue` finds
lambda_max by products of the Hessian with a vector (`autograd.hvp`); the two agree.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from math import hypot
from typing import Any

from autograd import Value, dot, grad, hvp, mean, square
from autograd.compile import compile
from nn import SGD, Optimizer
from nn.examples.data.digits import digits, flat
from nn.examples.recipe import Experiment, command

__all__ = ["SYSTEMS", "bowl", "descent", "disagreement", "largest_eigenvalue", "largest_stable"]
__all__ += ["least_squares"]

Function = Callable[[Sequence[Any]], Any]
Optimizing = Callable[[list[Value]], Optimizer]


def bowl(curvatures: Sequence[float], turn: float = 0.6, scale: float = 0.8) -> Function:
    """Return a quadratic of two numbers with these curvatures along axes turned by an angle.

    Args:
        curvatures: the eigenvalues of its Hessian.
        turn, scale: the sine and the cosine of the angle.

    >>> round(bowl([1.0, 10.0])([1.0, 0.0]), 6)
    2.12
    """

    def function(v: Sequence[Any]) -> Any:
        along, across = scale * v[0] + turn * v[1], scale * v[1] - turn * v[0]
        return 0.5 * (curvatures[0] * along * along + curvatures[1] * across * across)

    return function


def least_squares(seed: int, count: int = 60) -> Function:
    """Return how wrong 64 weights and a bias tell from pixels whether an image is a 0 to 4.

    A linear neuron under squared error: a quadratic in its weights. Its Hessian has one curvature
    for each; the largest comes from what all images share.

    >>> round(least_squares(seed=0)([0.0] * 65), 6)
    1.0
    """
    train = flat(digits(seed).train)
    chosen = random.Random(seed).sample(range(len(train.inputs)), count)
    rows = [[*train.inputs[i], 1.0] for i in chosen]
    targets = [1.0 if train.targets[i] < 5 else -1.0 for i in chosen]

    def function(weights: Sequence[Any]) -> Any:
        errors = [dot(weights, row) - t for row, t in zip(rows, targets, strict=True)]
        return mean([square(e) for e in errors])

    return function


def largest_eigenvalue(function: Function, size: int, *, steps: int = 40) -> float:
    """Return the largest eigenvalue of the Hessian at zero, by power iteration.

    >>> round(largest_eigenvalue(bowl([1.0, 10.0]), 2), 6)
    10.0
    """
    rng = random.Random(0)
    v = [rng.gauss(0.0, 1.0) for _ in range(size)]
    length = 0.0
    for _ in range(steps):
        v = hvp(function, ([0.0] * size,), ([x / hypot(*v) for x in v],))
        length = hypot(*v)
    return length


def descent(
    function: Function, start: Sequence[float], optimizing: Optimizing, steps: int
) -> list[list[float]]:
    """Return the way an optimizer takes down a function, the start first.

    Args:
        function: of a list of numbers.
        start: where to begin.
        optimizing: makes an optimizer of parameters: `lambda p: SGD(p, lr=0.1)`.
        steps: how many.

    >>> [round(x, 9) for x in descent(bowl([1, 1]), [1.0, 0.0], lambda p: SGD(p, lr=0.5), 1)[1]]
    [0.5, 0.0]
    """
    return _way(compile(grad(function)), start, optimizing, steps)


def _way(
    slope: Function, start: Sequence[float], optimizing: Optimizing, steps: int
) -> list[list[float]]:
    point = [Value(x) for x in start]
    optimizer = optimizing(point)
    way = [list(start)]
    for _ in range(steps):
        for parameter, gradient in zip(point, slope(way[-1]), strict=True):
            parameter.grad = gradient
        optimizer.step()
        way.append([parameter.data for parameter in point])
    return way


def largest_stable(
    function: Function, start: Sequence[float], *, momentum: float = 0.0, steps: int = 300
) -> float:
    """Return the largest learning rate with which descent does not climb, by trying and halving.

    Args:
        function: of a list of numbers; `start` where each trial begins.
        momentum: of the descent.
        steps: in each trial; a rate that is too large shows the sooner, the larger it is.

    >>> abs(largest_stable(bowl([1.0, 10.0]), [1.0, 1.0]) - 0.2) < 0.01
    True
    """
    slope, before = compile(grad(function)), function(start)

    def stable(lr: float) -> bool:
        way = _way(slope, start, lambda p: SGD(p, lr=lr, momentum=momentum), steps)
        return bool(function(way[-1]) <= before)

    low, high = 0.0, 1e-3
    while stable(high):
        low, high = high, 2.0 * high
    while high - low > 1e-3 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if stable(middle) else (low, middle)
    return low


def disagreement(function: Function, size: int, *, momentum: float = 0.0) -> float:
    """Return by what share the largest stable rate misses 2 (1 + momentum) / lambda_max."""
    found = largest_stable(function, [1.0] * size, momentum=momentum)
    expected = 2.0 * (1.0 + momentum) / largest_eigenvalue(function, size)
    return abs(found / expected - 1.0)


FIGURE = "disagreement of the largest stable rate with 2 (1 + momentum) / lambda_max"


def _random_bowl(seed: int) -> Function:
    rng = random.Random(seed)
    return bowl([rng.uniform(0.1, 1.0), rng.uniform(2.0, 50.0)])


SYSTEMS = (
    Experiment("learning rate, quadratic", "two numbers, curvatures by chance", FIGURE, 0.05,
               lambda seed: disagreement(_random_bowl(seed), 2), most=True),
    Experiment("learning rate, momentum 0.9", "two numbers, curvatures by chance", FIGURE, 0.05,
               lambda seed: disagreement(_random_bowl(seed), 2, momentum=0.9), most=True),
    Experiment("learning rate, digits", "scikit-learn digits, a linear neuron on 60 images",
               FIGURE, 0.05, lambda seed: disagreement(least_squares(seed), 65), most=True),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
