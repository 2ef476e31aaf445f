"""Every layer with every optimizer: a compiled fit has the bits of the eager one in Python."""

from __future__ import annotations

import importlib.util
import random
from typing import Any

import pytest

import nn

DRAW = random.Random(0)
XS = [[DRAW.gauss(0, 1) for _ in range(4)] for _ in range(9)]
SYMBOLS = [[DRAW.randrange(5) for _ in range(4)] for _ in range(9)]  # some twice in a sample
CLASSES = [i % 3 for i in range(9)]


class Image(nn.Module):
    def __init__(self) -> None:
        layers = nn.Conv2d(1, 2, 2, seed=0), nn.Each("relu"), nn.Flatten(), nn.Linear(2, 3, seed=1)
        self.net = nn.Sequential(*layers)

    def __call__(self, x: Any) -> Any:
        return self.net([[x[:2], x[2:]]])


class Reader(nn.Module):
    def __init__(self, kind: Any) -> None:
        self.cell, self.out = kind(2, 3, seed=0), nn.Linear(3, 3, seed=1)

    def __call__(self, x: Any) -> Any:
        state = nn.run(self.cell, [x[:2], x[2:]])[-1]
        return self.out(state[0] if isinstance(state, tuple) else state)


class Words(nn.Module):
    """Embeddings of more symbols than the samples have."""

    def __init__(self) -> None:
        self.embedding, self.out = nn.Embedding(12, 2, seed=0), nn.Linear(8, 3, seed=1)

    def __call__(self, x: Any) -> Any:
        return self.out([v for symbol in x for v in self.embedding(symbol)])


class Attending(nn.Module):
    def __init__(self) -> None:
        self.embedding, self.attention = nn.Embedding(5, 4, seed=0), nn.MultiHeadAttention(4, 2)
        self.norm, self.out = nn.LayerNorm(4), nn.Linear(4, 3, seed=2)

    def __call__(self, x: Any) -> Any:
        rows = [self.embedding(symbol) for symbol in x]
        return self.out(self.norm(self.attention(rows, rows, rows)[0]))


def normalized(norm: Any) -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 5, seed=0), norm(5), nn.Each("gelu"), nn.Dropout(0.3, seed=2),
        nn.Linear(5, 3, seed=1),
    )  # fmt: skip


MODELS: dict[str, Any] = {
    "MLP": lambda: nn.MLP(4, [5, 3], seed=0),
    "Conv2d": Image,
    "RNN": lambda: Reader(nn.RNNCell),
    "GRU": lambda: Reader(nn.GRUCell),
    "LSTM": lambda: Reader(nn.LSTMCell),
    "Embedding": Words,
    "attention": Attending,
    "LayerNorm": lambda: normalized(nn.LayerNorm),
    "RMSNorm": lambda: normalized(nn.RMSNorm),
}
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda p: nn.SGD(p, lr=0.05),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda p: nn.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "rmsprop": lambda p: nn.RMSprop(p, momentum=0.5, centered=True, weight_decay=0.01),
    "adagrad": lambda p: nn.Adagrad(p, lr_decay=0.1),
    "adam": lambda p: nn.Adam(p, lr=0.01),
    "amsgrad": lambda p: nn.Adam(p, lr=0.01, amsgrad=True),
    "adamw": lambda p: nn.AdamW(p, lr=0.01),
}


def trained(name: str, make: Any, how: bool | str, epochs: int) -> tuple[Any, ...]:
    """Return losses, parameters, the optimizer's state and the last gradients."""
    random.seed(0)  # attention draws its weights from Python's global generator
    model = MODELS[name]()
    optimizer = make(model.parameters())
    inputs = SYMBOLS if name in ("Embedding", "attention") else XS
    history = nn.fit(
        model, inputs, CLASSES, loss=nn.cross_entropy, optimizer=optimizer, epochs=epochs,
        batch_size=4, seed=1, progress=False, compiled=how,
    )  # fmt: skip
    numbers, slopes = zip(*[(p.data, p.grad) for p in model.parameters()], strict=True)
    return history["loss"], numbers, optimizer.state_dict(), slopes


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", MODELS)
def test_the_python_back_end_has_the_bits_of_eager_training(name, optimizer):
    make = OPTIMIZERS[optimizer]
    assert trained(name, make, "python", 2) == trained(name, make, False, 2)


@pytest.mark.unmeasured
@pytest.mark.skipif(importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an extra")
@pytest.mark.parametrize("name", MODELS)
def test_native_code_follows_for_two_hundred_steps(name):
    native, eager = [trained(name, OPTIMIZERS["adam"], how, 67) for how in ("llvm", False)]
    assert native[0] == pytest.approx(eager[0], rel=1e-9)
    assert native[1] == pytest.approx(eager[1], rel=1e-8, abs=1e-10)
    assert native[2]["steps"] == 201
