"""Functions that need no watching: only those in whose reach all is known."""

import functools
import math
import operator
import random
import time

import numpy as np
import pytest

import autograd
from autograd import Value
from autograd.compile.recording.innocent import is_innocent
from nn import MLP

WEIGHTS = [Value(0.5), 2.0]
RNG = random.Random(1)


class Model:
    def __call__(self, x):
        return x * random.random()


MODEL = Model()


def helper(x):
    return autograd.exp(x) * math.sqrt(2.0) + WEIGHTS[0]


def with_inner(x):
    def inner(y):
        return y * helper(y)

    return inner(x)


def with_import(x):
    import time as clock

    return x * clock.time()


def inner_draws(x):
    return sum(random.random() * y for y in [x])


INNOCENT = {
    "arithmetic": lambda x: x * 2 + 1,
    "helper": helper,
    "derived": autograd.value_and_grad(helper),
    "nested": autograd.grad(autograd.grad(lambda x: helper(x) ** 2)),
    "partial": functools.partial(operator.mul, 2.0),
    "builtins": lambda x: max(sum([x, x]), len(WEIGHTS)),
    "reduce": lambda x: functools.reduce(operator.add, [x] * 3),
    "inner function": with_inner,
    "compiled": autograd.compile(helper),
    "method of a Value": WEIGHTS[0].exp,
}
GUILTY = {
    "random": lambda x: x * random.random(),
    "generator": lambda x: x * RNG.random(),
    "method of a generator": RNG.random,
    "clock": lambda x: x * time.time(),
    "import": with_import,
    "comprehension": inner_draws,
    "object in reach": lambda x: MODEL(x) + 1.0,
    "object": MODEL,
    "network": MLP(2, [1], seed=0),
    "numpy": lambda x: x * np.float64(2.0),
    "eval": lambda x: eval("x"),
    "default": lambda x, draw=random.random: x * draw(),
    "derived": autograd.grad(lambda x: x * random.random()),
    "class": lambda x: Model()(x) + 1.0,
    "cached": functools.cache(helper),
}


@pytest.mark.parametrize("name", INNOCENT)
def test_all_in_reach_is_known(name):
    assert is_innocent(INNOCENT[name])


@pytest.mark.parametrize("name", GUILTY)
def test_something_may_draw_or_read_a_clock(name):
    assert not is_innocent(GUILTY[name])


def test_what_reaches_very_much_is_not_looked_through():
    table = [Value(0.0) for _ in range(3000)]
    assert not is_innocent(lambda i: table[i])
