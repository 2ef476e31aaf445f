"""What a compiled function must leave alone: chance, clocks, and the state around it."""

from __future__ import annotations

import copy
import cProfile
import datetime as dt
import logging
import math
import pickle
import random
import time
import uuid
from collections import deque
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from tqdm import tqdm

import autograd
from autograd import Value
from autograd.compile import TraceError

RNG = random.Random(1)
GENERATOR = np.random.default_rng(1)
LOG: list[object] = []


def compile_(f, **options):
    return autograd.compile(f, backend="python", **options)


@pytest.mark.parametrize(
    "draw",
    [
        lambda: random.randint(0, 1),
        lambda: RNG.choice([1.0, 2.0]),
        lambda: random.shuffle([1, 2]) or 1.0,
        lambda: random.Random(2).random() if RNG.random() < 2 else 0.0,
        lambda: uuid.uuid4().int % 2,
        lambda: float(np.random.randint(0, 2)),  # noqa: NPY002 - the global generator too
        lambda: float(GENERATOR.integers(0, 2)),
    ],
)
def test_a_random_number_of_few_kinds_is_refused_always(draw):
    for _ in range(8):  # as seldom as two draws may differ
        with pytest.raises(TraceError, match="a random number is drawn"):
            compile_(lambda x: x * draw())(1.0)
    with pytest.raises(TraceError, match="a random number is drawn"):
        compile_(lambda x: x * draw(), batch="x")([1.0, 2.0])


def test_the_line_that_draws_is_named():
    def throws(x):
        return x * random.randint(0, 1)

    with pytest.raises(TraceError, match=r"test_outside\.py:\d+: return x \* random\.randint"):
        compile_(throws)(1.0)


@pytest.mark.parametrize(
    "clock",
    [
        time.time, time.perf_counter, time.monotonic_ns, lambda: int(time.time() / 1e6),
        lambda: dt.datetime.now(dt.UTC).year,
    ],
)  # fmt: skip
def test_a_clock_is_refused(clock):
    with pytest.raises(TraceError, match="the clock is read"):
        compile_(lambda x: x * float(clock() > 0))(1.0)


def test_a_log_and_a_progress_bar_may_read_the_clock(caplog):
    def told(x):
        for _ in tqdm(range(3), disable=None):
            x = x * 2.0
        logging.getLogger("told").warning("recorded")
        return x

    compiled = compile_(told)
    assert (compiled(1.0), compiled(2.0)) == (8.0, 16.0)
    assert caplog.messages == ["recorded"] * 2  # a recording is two runs


def test_what_is_drawn_with_a_seed_inside_or_once_for_all_is_the_same_at_each_call():
    table = {}

    def seeded(x):
        return x * random.Random(3).random()

    def once(x):
        if not table:
            table["w"] = random.random()
        return x * table["w"]

    for function in (seeded, once):
        compiled = compile_(function)
        assert compiled(2.0) == 2.0 * function(1.0)


def test_under_a_profiler_two_draws_are_still_compared():
    profiler = cProfile.Profile()
    with profiler, pytest.raises(TraceError, match="random number"):
        compile_(lambda x: x * random.random())(1.0)


class State:
    total = None
    __slots__ = ("__dict__", "kept")


def left(function):
    with pytest.raises(TraceError) as caught:
        compile_(function)(1.0)
    return str(caught.value)


def test_numbers_left_outside_are_refused_and_their_place_is_named():
    found, state, queue, table = [], State(), deque(), {}
    hidden = {"deep": [(state,)]}

    def attribute(x):
        hidden["deep"][0][0].total = x * 2
        return x

    def slot(x):
        state.kept = x * 2
        return x

    assert "in found:" in left(lambda x: found.append(x) or x)
    assert "in LOG:" in left(lambda x: LOG.append(x * 2) or x)
    assert "in table['last']:" in left(lambda x: table.update(last=x) or x)
    assert "in queue:" in left(lambda x: queue.append([x]) or x)
    assert "the attribute total of State hidden['deep']" in left(attribute)
    assert "the attribute kept of State state" in left(slot)
    LOG.clear()


def test_numbers_left_behind_functions_and_methods_are_found():
    class Counting:
        total = 0.0

        def add(self, x):
            self.total = self.total + x
            return self.total * 1.0

    def default(x, kept=[]):  # noqa: B006 - that it stays from call to call is what is tested
        kept.append(x)
        return x

    assert "total of Counting" in left(Counting().add)
    counter = Counting()
    assert "total of Counting" in left(lambda x, c=counter: c.add(x))
    assert "total of Counting" in left(partial(lambda c, x: c.add(x), Counting()))
    assert "total of Counting" in left(autograd.value_and_grad(Counting().add))
    assert "a default of default" in left(default)


def test_plain_things_left_outside_are_left_when_the_function_is_recorded_only():
    calls = []
    compiled = compile_(lambda x: calls.append("called") or x * 2)
    assert [compiled(x) for x in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    assert calls == ["called"] * 2  # a recording is two runs


@pytest.mark.parametrize(
    "function",
    [
        lambda x: copy.copy(x) * 2,
        lambda x: copy.deepcopy([x])[0] * 2,
        lambda x: pickle.loads(pickle.dumps(x)) * 2,
        lambda x: (x * x).local_derivatives[0] * x,
    ],
)
def test_copies_and_local_derivatives_are_not_frozen(function):
    with pytest.raises(TraceError, match="is read"):
        compile_(function)(3.0)


def test_an_error_that_the_function_catches_is_raised_all_the_same():
    def careful(x):
        try:
            return x * x.data
        except Exception:  # noqa: BLE001 - as careless as users are
            return x * 5

    with pytest.raises(TraceError, match=r"\.data"):
        compile_(careful)(3.0)


def test_errors_of_the_function_are_its_own():
    def half(x):
        if x < 0:
            raise ArithmeticError("below zero")
        try:
            return {}["scale"] * x
        except KeyError:
            return x / 2

    compiled = compile_(half)
    assert compiled(4.0) == 2.0
    for _ in range(2):
        with pytest.raises(ArithmeticError, match="below zero"):
            compiled(-4.0)
    assert compiled(4.0) == 2.0


def test_lookups_by_a_value_are_those_of_values():
    outside = Value(2.0)
    compiled = compile_(lambda x: x * {outside: 3.0}.get(outside, 0.0) + {2.0: 1.0}.get(x, 0.0))
    assert compiled(2.0) == 6.0
    assert math.isnan(compiled(math.nan))


class Cell:
    state = 0.0

    def __call__(self, x):
        Cell.state = 2.0 * x
        return x


class Logging:
    @staticmethod
    def logged(x):
        LOG.append(2.0 * x)

    def __call__(self, x):
        self.logged(x)
        return 3.0 * x


SPACE = SimpleNamespace(last=None)


def into_space(x):
    SPACE.last = 2.0 * x
    return x


@pytest.mark.parametrize(
    ("function", "place"),
    [(Cell(), "state of Cell"), (lambda x: Cell()(x + 1.0), "state of Cell"), (Logging(), "LOG"),
     (into_space, "last of SimpleNamespace")],
)  # fmt: skip
def test_numbers_left_in_classes_and_by_their_methods_are_found(function, place):
    with pytest.raises(TraceError, match=place):
        compile_(function)(1.0)
    Cell.state, SPACE.last = 0.0, None
    LOG.clear()


@pytest.mark.parametrize(
    "clock", [lambda: int(time.strftime("%Y")), lambda: time.clock_gettime(0), time.thread_time_ns]
)
def test_clocks_of_other_names(clock):
    with pytest.raises(TraceError, match="clock"):
        compile_(lambda x: x * clock())(1.0)
