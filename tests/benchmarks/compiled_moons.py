"""Two moons, 2-16-16-1, hinge loss and L2, 100 points: value and gradient, and a whole fit."""

import statistics
from array import array
from collections.abc import Iterator
from typing import Any

import autograd
import nn
from contest import Row, Work, clocked, compete, times_ours
from engine import two_moons

POINTS, DECAY, RATE = 100, 1e-4, 0.05
SIZES = [16, 16, 1]


def model() -> nn.MLP:
    """Return the network, the same for all."""
    return nn.MLP(2, SIZES, seed=1)


def hinge(mlp: nn.MLP) -> Any:
    """Return the loss of one point; the penalty does not depend on the point."""

    def loss(x: Any, y: Any) -> Any:
        penalty = DECAY * autograd.sum(p * p for p in mlp.parameters())
        return autograd.relu(1.0 - y * mlp(x)) + penalty

    return loss


def weights() -> list[tuple[list[list[float]], list[float]]]:
    """Return the numbers of the network: for each layer a matrix and a vector."""
    rows = iter([p.data for p in model().parameters()])
    found = []
    for inputs, outputs in zip([2, *SIZES], SIZES, strict=False):
        layer = [[next(rows) for _ in range(inputs + 1)] for _ in range(outputs)]
        found.append(([row[:-1] for row in layer], [row[-1] for row in layer]))
    return found


def flat(gradients: list[Any]) -> list[Any]:
    """Return gradients of matrices and vectors in the order of the parameters."""
    found = []
    for matrix, vector in zip(gradients[::2], gradients[1::2], strict=True):
        for row, b in zip(matrix.tolist(), vector.tolist(), strict=True):
            found += [*row, b]
    return found


def buffers() -> tuple[array, array]:
    """Return the points and classes as buffers of doubles."""
    xs, ys = two_moons(POINTS)
    return array("d", [v for x in xs for v in x]), array("d", ys)


def shaped() -> tuple[Any, Any]:
    """Return the points and classes, the points as a buffer with a shape and without a copy."""
    flat_xs, ys = buffers()
    return memoryview(flat_xs).cast("B").cast("d", [POINTS, 2]), ys


def ours() -> Work:
    """Return a step of the compiled batch: the value, and the gradient in `.grad`."""
    mlp = model()
    step = autograd.compile(hinge(mlp), batch=("x", "y"), reduce="mean")
    xs, ys = shaped()
    parameters = mlp.parameters()

    def work() -> Any:
        return step.backward(x=xs, y=ys)

    def first() -> Any:
        mlp.zero_grad()
        value = step.backward(x=xs, y=ys)
        return value, [p.grad for p in parameters]

    return _once(first, work)


def _once(first: Work, work: Work) -> Work:
    """Return a work that gives all numbers the first time, to be compared, and then only works."""
    todo = [first]
    return lambda: todo.pop()() if todo else work()


def micrograd() -> Work:
    """Return micrograd's step."""
    from micrograd.nn import MLP

    xs, ys = two_moons(POINTS)
    mlp = MLP(2, SIZES)
    for p, q in zip(mlp.parameters(), model().parameters(), strict=True):
        p.data = q.data

    def work() -> Any:
        losses = [(1 + -y * mlp(x)).relu() for x, y in zip(xs, ys, strict=True)]
        loss = sum(losses) * (1.0 / POINTS) + DECAY * sum(p * p for p in mlp.parameters())
        mlp.zero_grad()
        loss.backward()
        return loss.data, [p.grad for p in mlp.parameters()]

    return work


def torch() -> Work:
    """Return PyTorch's step, one thread."""
    import torch

    torch.set_num_threads(1)
    xs, ys = (torch.tensor(v, dtype=torch.float64) for v in two_moons(POINTS))
    torch.set_default_dtype(torch.float64)
    parameters = [torch.tensor(v, requires_grad=True) for wb in weights() for v in wb]
    *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)

    def work() -> Any:
        h = xs
        for w, b in hidden:
            h = torch.relu(torch.nn.functional.linear(h, w, b))
        scores = torch.nn.functional.linear(h, *last)[:, 0]
        loss = torch.relu(1.0 - ys * scores).mean() + DECAY * sum((p * p).sum() for p in parameters)
        return loss, torch.autograd.grad(loss, parameters)

    return _once(lambda: [(r := work())[0].item(), flat(list(r[1]))], work)


def jax() -> Work:
    """Return the step of jax.jit on the vectorised program, one thread."""
    import jax
    import jax.numpy as jnp

    xs, ys = (jnp.asarray(v, dtype=jnp.float64) for v in two_moons(POINTS))
    parameters = [jnp.asarray(v) for wb in weights() for v in wb]

    @jax.jit
    @jax.value_and_grad
    def step(parameters: Any) -> Any:
        *hidden, last = zip(parameters[::2], parameters[1::2], strict=True)
        h = xs
        for w, b in hidden:
            h = jnp.maximum(h @ w.T + b, 0.0)
        scores = (h @ last[0].T + last[1])[:, 0]
        penalty = DECAY * sum((p * p).sum() for p in parameters)
        return jnp.maximum(1.0 - ys * scores, 0.0).mean() + penalty

    def work() -> Any:
        return jax.block_until_ready(step(parameters))

    return _once(lambda: [(r := work())[0], flat(r[1])], work)


def numpy() -> Work:
    """Return a step with the derivatives written by hand, in numpy."""
    import numpy as np

    xs, ys = map(np.array, two_moons(POINTS))
    (w1, b1), (w2, b2), (w3, b3) = [tuple(map(np.array, wb)) for wb in weights()]
    parameters = (w1, b1, w2, b2, w3, b3)

    def work() -> Any:
        h1 = np.maximum(xs @ w1.T + b1, 0.0)
        h2 = np.maximum(h1 @ w2.T + b2, 0.0)
        margin = 1.0 - ys * (h2 @ w3.T + b3)[:, 0]
        loss = np.maximum(margin, 0.0).mean() + DECAY * sum((p * p).sum() for p in parameters)
        d3 = np.where(margin > 0.0, -ys / POINTS, 0.0)[:, None]
        d2 = (d3 @ w3) * (h2 > 0.0)
        d1 = (d2 @ w2) * (h1 > 0.0)
        slopes = (d1.T @ xs, d1.sum(0), d2.T @ h1, d2.sum(0), d3.T @ h2, d3.sum(0))
        return loss, [g + 2.0 * DECAY * p for g, p in zip(slopes, parameters, strict=True)]

    return _once(lambda: [(r := work())[0], flat(r[1])], work)


def _limit() -> float:
    """Return the seconds allowed for a step on this processor."""
    try:
        from autograd.compile.llvm.machine import lanes
    except ImportError:
        return 10e-6
    return 10e-6 if lanes() == 8 else 20e-6


def value_and_gradient(repeats: int) -> Row:
    """Compare a step of everybody; micrograd, which takes a second, a few times."""
    quick = {"autograd": ours, "numpy by hand": numpy, "jax.jit": jax, "PyTorch": torch}
    medians = compete(quick, repeats)
    slow = compete({"autograd": ours, "micrograd": micrograd}, 3)
    medians |= {name: seconds for name, seconds in slow.items() if name == "micrograd"}
    wanted = {"jax.jit": 4.0, "PyTorch": 20.0, "micrograd": 20_000.0}
    faster = all(times_ours(medians, name) >= times for name, times in wanted.items())
    limit = "10 us (AVX-512), 20 us (AVX2); PyTorch 20, jax.jit 4, micrograd 20,000 times ours"
    met = faster and medians["autograd"] <= _limit()
    return Row("two moons, value and gradient", limit, medians, met)


def _fit(mlp: nn.MLP, epochs: int, *, compiled: bool) -> float:
    """Return the seconds of a step in a fit with all points in one batch."""
    xs, ys = two_moons(POINTS)
    optimizer = nn.SGD(mlp.parameters(), lr=RATE)
    return clocked(lambda: nn.fit(
        mlp, xs, ys, loss=nn.hinge, optimizer=optimizer, epochs=epochs, batch_size=None, seed=0,
        penalty=lambda m: DECAY * nn.l2(m.parameters()), progress=False, compiled=compiled,
    ))  # fmt: skip


def whole_fit() -> Row:
    """Time a compiled fit: the steps alone, which is a long fit less a short one.

    The long one is long enough for its steps to outweigh what compiling takes, which varies.
    """
    short, long = 1_000, 51_000

    def ours() -> float:
        seconds = _fit(model(), long, compiled=True) - _fit(model(), short, compiled=True)
        return seconds / (long - short)

    medians = {"autograd": statistics.median(ours() for _ in range(5))}
    medians["eager"] = _fit(model(), 3, compiled=False) / 3
    met = medians["autograd"] <= 2 * _limit()
    return Row("two moons, fit with SGD, a step", "20 us (AVX-512), 40 us (AVX2)", medians, met)


def rows(repeats: int) -> Iterator[Row]:
    """Yield the lines of the table."""
    yield value_and_gradient(repeats)
    yield whole_fit()
