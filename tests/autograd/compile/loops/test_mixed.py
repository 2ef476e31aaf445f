"""Programs of which only a part is in loops: the rest is differentiated node by node, in its order.

What is differentiated so has the same bits as in eager code, in whatever order it is recorded.
"""

import random
from functools import reduce

import pytest

import autograd
from autograd.compile.llvm import machine
from autograd.compile.loops import gradients
from autograd.compile.loops.loop import Loop
from autograd.compile.loops.repeats import repeats
from autograd.compile.loops.rolled import Rolled
from autograd.compile.recording import assemble

pytestmark = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")
N, UNITS = 30, 24
draw = random.Random(5).gauss
X = [draw(0.0, 0.5) for _ in range(N * UNITS)]


@pytest.fixture
def rolled(monkeypatch):
    """Return the programs in which loops were differentiated as loops."""
    found = []
    original = assemble.reversed_program

    def noted(*given):
        found.append(original(*given))
        return found[-1]

    monkeypatch.setattr(assemble, "reversed_program", noted)
    return found


def rows(x):
    return [x[UNITS * i : UNITS * (i + 1)] for i in range(N)]


def layer(x, at=0):
    """Return the units of a layer: a loop over its rows."""
    return [autograd.tanh(autograd.dot(row, x[at : at + UNITS])) for row in rows(x)]


def waves(x):
    """Return a sum that is a loop, whatever else there is."""
    return autograd.sum([autograd.sin(y) * 0.5 for y in x])


def detached(x):
    return autograd.maximum(x[0], x[1]).detach() * x[2]


def with_top(x):
    """Return a softmax as one writes it by hand: a number without a gradient takes part."""
    units = layer(x)
    top = reduce(autograd.maximum, units).detach()
    terms = [autograd.exp(u - top) for u in units]
    return terms[3] / sum(terms)


def in_each_iteration(x):
    """A loop in which a detached number takes part; of a tie it takes no share."""
    return autograd.sum([autograd.maximum(u.detach(), u) * u for u in layer(x)])


def of_few(x):
    units = layer(x)
    shares = autograd.softmax(units[:6])
    return autograd.dot(shares, units[6:12]) * autograd.prod(units[2:5]) + autograd.norm(units[:4])


def three_times(x):
    """The same weights in three layers, in loops apart: of three parts the order matters."""
    total = 0.0
    for at in (0, UNITS, 2 * UNITS):
        units = layer(x, at)
        total = total + autograd.logsumexp(units) * x[at] + units[5] * units[-1]
    return total


def overlapping(x):
    """Numbers in steps that several iterations of a loop read, and two loops."""
    total = x[-1]
    for _ in range(2):
        for i in range(1, 200):
            total = total + x[i - 1] * 0.31 * total + x[i + 1] * x[i]
    return total


FUNCTIONS = {
    "logsumexp": lambda x: autograd.logsumexp(layer(x)),
    "norm": lambda x: autograd.norm(layer(x)),
    "mean": lambda x: autograd.mean(layer(x)) * detached(x),
    "softmax": lambda x: autograd.softmax(layer(x))[2],
    "with_top": with_top,
    "of_few": of_few,
    "three_times": three_times,
    "one number again": lambda x: autograd.dot([x[3]] * 40, x[:40]) * autograd.sum(layer(x)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_beside_loops_is_differentiated_node_by_node(name, rolled):
    wanted = autograd.value_and_grad(lambda x: FUNCTIONS[name](x) + waves(x))
    assert autograd.compile(wanted)(X) == wanted(X)
    (program,) = rolled
    assert isinstance(program, Rolled)
    assert any(isinstance(unit, Loop) and unit.count == len(X) for unit in program.units)


@pytest.mark.parametrize("f", [in_each_iteration, three_times, overlapping])
@pytest.mark.parametrize("other", [lambda x: 0.0, waves])
def test_parts_are_added_in_their_order(f, other):
    wanted = autograd.value_and_grad(lambda x: f(x) + other(x))
    for sign in (1.0, -1.0):
        x = [sign * number for number in X]
        assert autograd.compile(wanted)(x) == wanted(x)


def test_a_batch_of_what_is_only_partly_in_loops():
    wanted = autograd.value_and_grad(three_times)
    two = [X, X[::-1]]
    values, slopes = autograd.compile(wanted, batch="x")(two)
    for i, x in enumerate(two):
        value, slope = wanted(x)
        assert values[i] == pytest.approx(value, rel=1e-13)
        assert [each[i] for each in slopes] == pytest.approx(slope, rel=1e-12, abs=1e-14)


def test_a_number_without_a_gradient_that_is_most_of_the_work_is_left_to_nodes(rolled):
    def f(x):
        units = layer(x)
        return reduce(autograd.maximum, units).detach() * waves(x[:30])

    wanted = autograd.value_and_grad(f)
    assert autograd.compile(wanted)(X) == wanted(X)
    assert rolled == []


@pytest.mark.parametrize("order", [1, -1])
def test_detached_numbers_that_depend_on_one_another_need_no_deep_stack(order):
    def f(x):
        state, states = x[0], []
        for _ in range(2_000):
            state = autograd.tanh(state.detach() * x[1] + x[2])
            states.append(state)
        return sum(states[::order])

    wanted = autograd.value_and_grad(f)
    assert autograd.compile(wanted)(X[:3]) == wanted(X[:3])


def test_trials_come_to_an_end(monkeypatch, rolled):
    monkeypatch.setattr(gradients, "_MOST_TRIALS", 1)
    wanted = autograd.value_and_grad(lambda x: three_times(x) + waves(x) * autograd.norm(layer(x)))
    assert autograd.compile(wanted)(X) == wanted(X)
    assert rolled == []


def test_loops_that_are_given_stay_and_are_read_in_steps():
    """Two loops and 300 sums of what they compute: one more loop, which reads them in steps."""

    def f(x):
        first = [autograd.sin(y) for y in x]
        second = [autograd.cos(y) * y for y in x]
        return [autograd.exp(a) * b for a, b in zip(first, second, strict=True)]

    assembled = assemble.program_of(f, X, [f"x_{i}" for i in range(len(X))])
    program = assembled.in_primitives()
    members = [k for k, x in enumerate(program.code) if x.op not in ("input", "constant")]
    whole = repeats(program, members, lambda k: program.code[k].extra)
    loops = [unit for unit in whole if isinstance(unit, Loop)]
    given = [loops[0], *[k for k in members if k > loops[0].registers[-1]]]
    again = repeats(program, given, lambda k: program.code[k].extra)
    assert len(loops) == 3
    assert again == whole
