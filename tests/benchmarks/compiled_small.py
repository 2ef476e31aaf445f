"""Rosenbrock's gradient, n = 10, called from Python: how little a call costs."""

from array import array
from itertools import pairwise
from typing import Any

import autograd
from contest import Contender, Row, Work, compete, times_ours

SIZE = 10
POINT = [0.3 + 0.1 * i for i in range(SIZE)]


def rosenbrock(x: Any) -> Any:
    """Return Rosenbrock's function of a sequence, for Values, floats and others' scalars."""
    total = 0.0
    for a, b in pairwise(x):
        total = total + (100.0 * (b - a * a) * (b - a * a) + (1.0 - a) * (1.0 - a))
    return total


def with_list() -> Work:
    """Return a call with a list, which gives a list."""
    fast = autograd.compile(autograd.grad(rosenbrock))
    return lambda: fast(POINT)


def with_buffers() -> Work:
    """Return a call with buffers for the point and the result."""
    fast = autograd.compile(autograd.grad(rosenbrock))
    point, out = array("d", POINT), array("d", bytes(8 * SIZE))

    def work() -> Any:
        fast(point, out=out)
        return out

    return work


def jax() -> Work:
    """Return a call of jax.jit."""
    import jax
    import jax.numpy as jnp

    def function(x: Any) -> Any:
        a, b = x[:-1], x[1:]
        return (100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2).sum()

    fast, point = jax.jit(jax.grad(function)), jnp.asarray(POINT, dtype=jnp.float64)
    return lambda: jax.block_until_ready(fast(point))


def casadi() -> Work:
    """Return a call of casadi, with its own matrix as the argument."""
    import casadi

    x = casadi.SX.sym("x", SIZE)
    fast = casadi.Function("f", [x], [casadi.gradient(rosenbrock(casadi.vertsplit(x)), x)])
    point = casadi.DM(POINT)
    return lambda: fast(point)


def casadi_buffer() -> Work:
    """Return a call of casadi that takes no argument: it has kept the addresses of buffers.

    It is shown beside the others, but it is another thing than to call a function.
    """
    import casadi
    import numpy as np

    x = casadi.SX.sym("x", SIZE)
    fast = casadi.Function("f", [x], [casadi.gradient(rosenbrock(casadi.vertsplit(x)), x)])
    point, out = np.array(POINT), np.zeros(SIZE)
    buffer, evaluate = fast.buffer()
    buffer.set_arg(0, memoryview(point))
    buffer.set_res(0, memoryview(out))
    kept = fast, buffer, point  # casadi keeps their addresses only

    def work() -> Any:
        evaluate()
        return out if kept else None

    return work


def pytensor() -> Work:
    """Return a call of pytensor, without its checks of the argument."""
    import numpy as np
    import pytensor
    import pytensor.tensor as pt

    x = pt.dvector("x")
    a, b = x[:-1], x[1:]
    total = (100.0 * (b - a * a) ** 2 + (1.0 - a) ** 2).sum()
    fast = pytensor.function([x], pytensor.grad(total, x), trust_input=True)
    point = np.array(POINT)
    return lambda: fast(point)


PEERS = {"jax.jit": jax, "casadi": casadi, "pytensor": pytensor}


def row(title: str, ours: Contender, limit: float, repeats: int) -> Row:
    """Compare one way to call ours with all peers."""
    medians = compete({"autograd": ours, **PEERS, "casadi, no arguments": casadi_buffer}, repeats)
    slower = all(times_ours(medians, name) > 1.0 for name in PEERS)
    text = f"{limit * 1e6:g} us; all peers slower"
    met = medians["autograd"] <= limit and slower
    return Row(f"Rosenbrock gradient, n = 10, {title}", text, medians, met)


def rows(repeats: int) -> list[Row]:
    """Return the lines of the table: with a list, and with buffers."""
    return [
        row("a list", with_list, 3e-6, repeats),
        row("buffers, out=", with_buffers, 1.5e-6, repeats),
    ]
