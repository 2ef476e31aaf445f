"""An arithmetic-average Asian option: 252 steps, 10,000 paths, price and sensitivities.

The time is that from a Python function to the first result, compiling included. The random numbers
are the same for all, and so are the digits.
"""

import random
from array import array
from collections.abc import Callable
from math import sqrt
from typing import Any

import autograd
from contest import Row, Work, agree, in_turns, prepared, times_ours

STEPS, PATHS, YEARS = 252, 10_000, 1.0
MARKET = {"spot": 100.0, "rate": 0.03, "volatility": 0.2, "strike": 100.0}


def draws() -> array:
    """Return the standard normal numbers of all paths, path by path."""
    draw = random.Random(1).gauss
    return array("d", [draw(0.0, 1.0) for _ in range(STEPS * PATHS)])


def payoff(spot: Any, rate: Any, volatility: Any, strike: Any, z: Any) -> Any:
    """Return the discounted payoff on one path."""
    dt = YEARS / STEPS
    drift, size = (rate - 0.5 * volatility * volatility) * dt, volatility * sqrt(dt)
    log, prices = 0.0, []
    for shock in z:
        log = log + (drift + size * shock)
        prices.append(autograd.exp(log))
    average = spot * autograd.mean(prices)
    return autograd.exp(-rate * YEARS) * autograd.relu(average - strike)


def ours(z: array) -> Callable[[], Work]:
    """Return what compiles and runs a batch over paths."""

    def prepare() -> Work:
        shocks = memoryview(z).cast("B").cast("d", [PATHS, STEPS])

        def work() -> Any:
            function = autograd.value_and_grad(payoff, argnums=(0, 1, 2, 3))
            step = autograd.compile(function, batch="z", reduce="mean")
            return step(*MARKET.values(), z=shocks)

        return work

    return prepare


def jax(z: array) -> Callable[[], Work]:
    """Return what compiles and runs jax.jit on all paths at once."""

    def prepare() -> Work:
        import jax
        import jax.numpy as jnp
        import numpy as np

        shocks = jnp.asarray(np.frombuffer(z).reshape(PATHS, STEPS))

        def price(spot: Any, rate: Any, volatility: Any, strike: Any) -> Any:
            dt = YEARS / STEPS
            drift, size = (rate - 0.5 * volatility * volatility) * dt, volatility * sqrt(dt)
            average = spot * jnp.exp(jnp.cumsum(drift + size * shocks, axis=1)).mean(axis=1)
            return (jnp.exp(-rate * YEARS) * jnp.maximum(average - strike, 0.0)).mean()

        def work() -> Any:
            jax.clear_caches()
            fast = jax.jit(jax.value_and_grad(price, argnums=(0, 1, 2, 3)))
            return jax.block_until_ready(fast(*MARKET.values()))

        return work

    return prepare


def torch(z: array) -> Callable[[], Work]:
    """Return what runs PyTorch on all paths at once, one thread."""

    def prepare() -> Work:
        import torch

        torch.set_num_threads(1)
        torch.set_default_dtype(torch.float64)
        shocks = torch.frombuffer(z, dtype=torch.float64).reshape(PATHS, STEPS)

        def work() -> Any:
            market = [torch.tensor(x, requires_grad=True) for x in MARKET.values()]
            spot, rate, volatility, strike = market
            dt = YEARS / STEPS
            drift, size = (rate - 0.5 * volatility * volatility) * dt, volatility * sqrt(dt)
            average = spot * torch.exp(torch.cumsum(drift + size * shocks, dim=1)).mean(dim=1)
            price = (torch.exp(-rate * YEARS) * torch.relu(average - strike)).mean()
            return price.item(), [g.item() for g in torch.autograd.grad(price, market)]

        return work

    return prepare


def rows(repeats: int) -> list[Row]:
    """Return the line of the table."""
    z = draws()
    works = prepared({"autograd": ours(z), "jax.jit": jax(z), "PyTorch": torch(z)})
    agree(works, 1e-11)
    medians = in_turns(works, min(repeats, 5), once=True)
    met = times_ours(medians, "jax.jit") >= 2.0 and times_ours(medians, "PyTorch") >= 4.0
    limit = "jax.jit 2, PyTorch 4 times ours, compile time included; same digits"
    return [Row("Asian option, price and 4 sensitivities", limit, medians, met)]
