"""The same corpus through torch.autograd.gradcheck, jax.test_util.check_grads and HIPS autograd.

Each gets the function as a primitive with the claimed gradient as its backward pass, in double
precision and otherwise with its defaults. They know two verdicts, right and wrong.
HIPS autograd has the import name of this project: run `python corpus.py --peers` in an environment
of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

Checker = Callable[[Callable[[float], float], float, float], str]


def torch_gradcheck() -> Checker:
    import torch

    def check(f: Callable[[float], float], point: float, claim: float) -> str:
        class Primitive(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                return torch.tensor(f(float(x)), dtype=torch.float64)

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                return g * claim

        x = torch.tensor(point, dtype=torch.float64, requires_grad=True)
        return "right" if torch.autograd.gradcheck(Primitive.apply, (x,)) else "wrong"

    return check


def jax_check_grads() -> Checker:
    import logging

    import jax
    import numpy as np
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    logging.getLogger("jax").setLevel(logging.CRITICAL)  # else each exception of f is printed
    shape = jax.ShapeDtypeStruct((), np.float64)
    current: dict[str, Any] = {}  # one primitive for all: a new one would be compiled each time

    def number(t: Any) -> Any:
        return np.float64(current["f"](float(np.real(t))))

    def slope(t: Any) -> Any:
        return np.float64(current["claim"])

    def value(x: Any) -> Any:
        return jax.pure_callback(number, shape, x)

    primitive = jax.custom_vjp(value)
    primitive.defvjp(
        lambda x: (value(x), x), lambda x, g: (g * jax.pure_callback(slope, shape, x),)
    )

    def check(f: Callable[[float], float], point: float, claim: float) -> str:
        current.update(f=f, claim=claim)
        check_grads(primitive, (np.float64(point),), order=1, modes=["rev"])
        return "right"

    return check


def hips_check_grads() -> Checker:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def check(f: Callable[[float], float], point: float, claim: float) -> str:
        operation = primitive(lambda x: float(f(float(x))))
        defvjp(operation, lambda ans, x: lambda g: g * claim)
        check_grads(operation, modes=["rev"], order=1)(point)
        return "right"

    return check


def installed() -> Iterator[tuple[str, Checker]]:
    """Yield the checkers that are installed, by name."""
    for name, make in {
        "torch.autograd.gradcheck": torch_gradcheck,
        "jax.test_util.check_grads": jax_check_grads,
        "HIPS autograd check_grads": hips_check_grads,
    }.items():
        try:
            yield name, make()
        except ImportError as error:
            print(f"{name}: not installed ({error})")


def verdict(check: Checker, f: Callable[[float], float], point: float, claim: float) -> str:
    """Return what a checker says; an exception means wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return check(f, point, claim)
        except Exception:  # noqa: BLE001 - this is how they say it
            return "wrong"
