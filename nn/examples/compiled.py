"""Train and use networks as native code where llvmlite (the extra `compile`) is installed.

`compiled()` is what the examples give to `nn.fit` and `nn.predict`; `outputs` is that `predict`.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from nn import Module, predict

__all__ = ["compiled", "outputs"]


def compiled() -> bool | str:
    """Return how to compile: within 4 ulp an operation where llvmlite is installed, else not."""
    return "fast" if find_spec("llvmlite") is not None else False


def outputs(model: Module, inputs: Sequence[Any]) -> list[Any]:
    """Return a model's outputs as numbers, nested as they are, one for each input.

    >>> import nn
    >>> outputs(nn.MLP(1, [1], seed=0), [[0.0], [0.0]])
    [0.0, 0.0]
    """
    return predict(model, inputs, compiled=compiled())
