"""Loops differentiated as loops: the same bits as node by node, or not at all."""

import random
from array import array
from itertools import pairwise

import pytest

import autograd
from autograd import Value
from autograd.compile.llvm import machine
from autograd.compile.loops.rolled import IrregularError, Rolled
from autograd.compile.recording import assemble

pytestmark = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")
N = 200


@pytest.fixture
def found(monkeypatch):
    """Return what became of each gradient: "loops", or why not."""
    what = []
    original = assemble._with_loops

    def told(*given):
        try:
            result = original(*given)
        except IrregularError as error:
            what.append(str(error))
            raise
        what.append("loops")
        return result

    monkeypatch.setattr(assemble, "_with_loops", told)
    return what


def flat(tree):
    return [tree] if isinstance(tree, float) else [x for part in tree for x in flat(part)]


def average(p, x):
    log, prices = 0.0, []
    for shock in x:
        log = log + (p[0] - 0.5 * p[1] * p[1] + p[1] * shock)
        prices.append(autograd.exp(log))
    return autograd.relu(autograd.mean(prices) - p[0])


def recurrence(p, x):
    a, b = p[0], 0.5 * p[1]
    for y in x:
        a, b = autograd.tanh(a * p[0] + b * y), a - 0.1 * b
    return a * b


def two_before(p, x):
    before, now = p[0], p[1]
    for y in x:
        before, now = now, 0.5 * now * y + 0.3 * before * p[0]
    return now


def squares(p, x):
    return autograd.mean([y * y * p[0] for y in x]) + autograd.sum([y * p[1] for y in x])


def products(p, x):
    found = [autograd.sin(y * p[0]) for y in x]
    return autograd.dot(found, x) * p[1]


def neighbours(p, x):
    return autograd.sum([(a - b) ** 2 * p[0] for a, b in pairwise(x)]) + p[1]


def in_two_loops(p, x):
    first = [autograd.exp(-p[0] * y * y) for y in x]
    return autograd.mean([autograd.log(f + p[1]) * f for f in first])


def and_ends(p, x):
    total, kept = p[1], []
    for y in x:
        total = autograd.softplus(total * p[0] + y)
        kept.append(total)
    return kept[-1] * kept[-3] + autograd.mean(kept[:50]) * 0.0 + total


def not_of_the_loop(p, x):
    return autograd.sum([y * y for y in x]) * p[0] + p[1]


def lookback(p, x):
    price, highest, lowest = p[0], 0.6, p[0]
    for y in x:
        price = price * (1.0 + 0.1 * p[1] * y)
        highest, lowest = autograd.maximum(highest, price), autograd.minimum(price, lowest)
    return highest - lowest


def damped(p, x):
    place, speed = p[0], p[1]
    for i, push in enumerate(x):
        speed = speed + 0.01 * (push * (i % 3) - place - 0.1 * speed)
        place = place + 0.01 * speed
    return place**2 + autograd.abs(speed)


def likelihood(p, x):
    """As of a series whose variance depends on the last number: the sum is carried unchanged."""
    variance, total = p[0] * p[0], 0.0
    for y in x:
        total = total + autograd.log(variance) + y * y / variance
        variance = 0.1 * p[0] * p[0] + 0.2 * y * y + p[1] * variance
    return total


def smoothed(p, x):
    level, total = p[1], 0.0
    for y in x:
        total = total + (y - level) ** 2
        level = p[0] * y + (1.0 - p[0]) * level
    return total / len(x)


def accumulated(p, x):
    """What goes back to each x is what the iteration after it got."""
    level, found = p[0], []
    for y in x:
        level = level + y
        found.append(level * level * p[1])
    return autograd.sum(found)


def read_again(p, x):
    """The second loop is met first going backwards, so it reads the other way."""
    kept = [autograd.tanh(p[0] * y) for y in x]
    total = p[1]
    for y in kept:
        total = total * 0.5 + y * p[0]
    return total + autograd.dot(kept, x)


def short_sum(p, x):
    kept = []
    level = p[0]
    for y in x[:50]:
        level = autograd.sin(level * p[1] + y) + 0.5 * level * autograd.cos(y * level)
        kept.append(level)
    return autograd.sum(kept)


def length(p, x):
    """A sum of the products of what the loop computes with itself, which closes the loop."""
    state, kept = p[1], []
    for y in x:
        state = autograd.tanh(p[0] * state + y)
        kept.append(state)
    return autograd.dot(kept, kept)


def folded_over(p, x):
    kept = [autograd.relu(p[0] * y + p[1]) for y in x]
    return autograd.dot(kept, kept[::-1])


def two_columns(p, x):
    state, inner, outer = p[1], [], []
    for y in x:
        inner.append(p[0] * state + y)
        state = autograd.tanh(inner[-1])
        outer.append(state)
    return autograd.dot(inner, outer)


def an_odd_step(p, x):
    """The last step of each fifteen has another operation, on operands like those of the others."""
    state = p[0]
    for i in range(120):
        step = autograd.tanh(p[0] * state + p[1])
        state = state - step if i % 15 == 14 else state + step
    return state * x[0]


FUNCTIONS = [average, recurrence, two_before, squares, products, neighbours, in_two_loops, lookback]
FUNCTIONS += [damped, likelihood, smoothed, accumulated, read_again, short_sum]


def similarity(p, x):
    """Several sums over the same columns: only the first may be in the loop that computes them."""
    a, b = [autograd.exp(p[0] * y) for y in x], [p[1] * y * y for y in x]
    shares = autograd.dot(a, b) / autograd.sqrt(autograd.dot(a, a) * autograd.dot(b, b))
    return shares * autograd.sum(a) / autograd.dot(a, a) + autograd.dot(b, b) / autograd.sum(b)


def total_and_length(p, x):
    kept = [autograd.exp(p[0] * y) * y + p[1] for y in x]
    return autograd.sum(kept) * autograd.dot(kept, kept)


FUNCTIONS += [similarity, total_and_length]
FUNCTIONS += [length, folded_over, two_columns]
ALSO_PLAIN = [and_ends, not_of_the_loop, an_odd_step]
P, X = [0.6, 0.3], [0.5 - 0.37 * i % 1.0 for i in range(N)]


@pytest.mark.parametrize("function", FUNCTIONS + ALSO_PLAIN)
@pytest.mark.parametrize("by", [0, 1, (0, 1)])
def test_values_and_gradients_have_the_bits_of_values(function, by):
    wanted = autograd.value_and_grad(function, argnums=by)
    assert flat(autograd.compile(wanted)(P, X)) == flat(wanted(P, X))
    other = [-0.2, 0.9], [0.1 * (-1) ** i for i in range(N)]
    assert flat(autograd.compile(wanted)(*other)) == flat(wanted(*other))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_loops_are_differentiated_as_loops(function, found):
    fast = autograd.compile(autograd.grad(function))
    fast(P, X)
    assert found == ["loops"]
    assert len(fast.source("llvm").splitlines()) < 500


@pytest.mark.parametrize("function", [average, likelihood, smoothed, accumulated, read_again])
def test_loops_are_differentiated_by_what_each_iteration_reads(function, found):
    fast = autograd.compile(autograd.grad(function, argnums=(0, 1)))
    fast(P, X)
    assert found == ["loops"]


@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("function", [average, recurrence, squares])
def test_a_batch_adds_its_rows_up(function, reduce, found):
    rows = [X, [0.5 * x for x in X], [-x for x in X]]
    leaves = [Value(p) for p in P]
    step = autograd.compile(lambda x: function(leaves, x), batch="x", reduce=reduce)
    value, slopes = step.value_and_grad(rows)
    assert found == ["loops"]
    each = [autograd.value_and_grad(lambda p, x=row: function(p, x))(P) for row in rows]
    share = 3.0 if reduce == "mean" else 1.0
    assert value == pytest.approx(sum(v for v, _ in each) / share, rel=1e-14)
    by_leaf = dict(zip(step.leaves, slopes, strict=True))
    for i, leaf in enumerate(leaves):
        expected = sum(slope[i] for _, slope in each) / share
        assert by_leaf[leaf] == pytest.approx(expected, rel=1e-12)


def test_a_uniform_loop_is_read_by_one_in_lanes(found):
    def f(rate, x):
        factors, factor = [], 1.0
        for _ in range(N):
            factor = factor * (1.0 - 0.01 * rate)
            factors.append(factor)
        return autograd.sum([autograd.exp(a * b) for a, b in zip(factors, x, strict=True)])

    step = autograd.compile(autograd.value_and_grad(f), batch="x", reduce="sum")
    value, slope = step(0.4, [X, X])
    assert found == ["loops"]
    expected = autograd.value_and_grad(f)(0.4, X)
    assert (value, slope) == pytest.approx([2.0 * e for e in expected], rel=1e-13)


def test_the_plain_program_is_made_when_somebody_wants_it(found):
    w = Value(0.7, label="w")
    step = autograd.compile(lambda x: average([w, 0.3], x), batch="x", reduce="mean")
    step.backward([X])
    w.data = 0.9  # recorded numbers no longer fit; the program does
    assert found == ["loops"]
    assert step.program.inputs[-1].name == "w"
    assert "exp(" in step.source("python")
    assert "_value_and" in step.source("c") or "exp(" in step.source("c")
    w.grad = 0.0
    step.backward([X])
    (expected,) = autograd.grad(lambda p: average([p[0], 0.3], X))([0.9])
    assert w.grad == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (lambda x: autograd.sum([y if y > 0.0 else -y for y in x]), "branches"),
        (lambda x: autograd.sum([autograd.where(y > 0.0, y, 0.0) * y for y in x]), "no row"),
        (lambda x: autograd.sum([autograd.lgamma(y * x[0] + 3.0) for y in x]), "straight-line"),
        (lambda x: autograd.norm([autograd.exp(y * y) * y for y in x]), "read alone"),
        (lambda x: autograd.exp(x[0]) * x[1], "nothing comes again"),
    ],
)
def test_what_does_not_fit_is_differentiated_node_by_node(function, why, found):
    wanted = autograd.value_and_grad(function)
    result = autograd.compile(wanted)(X)
    assert len(found) == 1
    assert why in found[0]
    assert flat(result) == pytest.approx(flat(wanted(X)), rel=1e-15)


@pytest.mark.parametrize(
    "step",
    [
        lambda s, x: autograd.logsumexp([s, x]),
        lambda s, x: autograd.logsumexp([s, x, 0.5]),
        lambda s, x: autograd.norm([s, x]),
        lambda s, x: autograd.prod([s, x]),
        lambda s, x: autograd.prod([s, x, x]),
        lambda s, x: autograd.sum([s, s, x]),
        lambda s, x: autograd.mean([s, s]) * x,
        lambda s, x: autograd.dot([s], [s]) + x,
        lambda s, x: autograd.softmax([s, x])[0] * x,
    ],
)
def test_recurrences_over_few_operands_in_one_node(step):
    def f(v):
        s = v[0]
        for _ in range(N):
            s = autograd.tanh(step(s, v[1]) * 0.4 + v[2])
        return s

    wanted = autograd.value_and_grad(f)
    v = [0.3, 0.4, 0.5]
    assert autograd.compile(wanted)(v) == wanted(v)
    values, slopes = autograd.compile(wanted, batch="v")([v, v[::-1]])
    rows = zip(values, map(list, zip(*slopes, strict=True)), strict=True)
    assert list(rows) == [wanted(v), wanted(v[::-1])]


def test_a_custom_gradient_is_derived_by_its_function(found):
    double = autograd.custom_gradient(lambda x: 2.0 * x, lambda x: 2.0)
    wanted = autograd.value_and_grad(lambda x: autograd.sum([double(y) for y in x]))
    assert autograd.compile(wanted)(X)[1] == [2.0] * N
    assert found == []


def test_an_argument_beside_its_variable(found):
    def f(x):
        return autograd.sum([y * 2.0 for y in x])

    wanted = autograd.grad(f)
    assert autograd.compile(lambda x: [wanted(x), x[0]])(X) == [wanted(X), X[0]]


def test_a_rolled_program_checks_itself():
    function = autograd.compile(autograd.value_and_grad(average))
    function(P, X)
    program = function._path().assembled.program
    assert isinstance(program, Rolled)
    assert program.validate() is program
    assert "200 times from" in str(program)
    (first, *_) = [unit for unit in program.units if not isinstance(unit, int)]
    program.units.remove(first)
    with pytest.raises(ValueError, match="not yet written"):
        program.validate()
    program.units.clear()
    with pytest.raises(ValueError, match="is not the number of a register"):
        program.validate()


UNARY = [
    "exp",
    "abs",
    "tanh",
    "sigmoid",
    "sin",
    "softplus",
    "relu",
    "square",
    "sqrt",
    "log",
    "atan",
]
BINARY = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (b * b + 1.0), "maximum": autograd.maximum,
}  # fmt: skip


def by_chance(draw):
    """Return a loop with states, parameters and kept columns, its operations drawn by chance."""
    states, count = draw.randint(1, 3), draw.choice([150, 203])
    plan = [(draw.choice([*UNARY, *BINARY, *BINARY]), draw.random(), draw.random())
            for _ in range(draw.randint(2, 6))]  # fmt: skip
    after = [draw.randrange(len(plan)) for _ in range(states)]
    kept = [draw.randrange(len(plan)) for _ in range(draw.randint(0, 2))]
    endings = ["mean", "sum", "dot", "last", "middle", "self", "reversed"]
    ending, shifted, older = draw.choice(endings), *draw.choices([True, False], k=2)
    odd = draw.choice([0, 0, count // 4, 15])  # after so many iterations, one is different
    instead, changed = draw.choice([*BINARY]), draw.randrange(len(plan))
    number = draw.uniform(-1.0, 1.0)

    def function(p, x):
        now = [p[0] * (0.5 + i) for i in range(states)]
        before, columns = list(now), [[] for _ in kept]
        for i in range(count):
            given = [*now, *p, x[i], number, *([x[i + 1]] * shifted), *([before[0]] * older)]
            values = []
            for k, (usual, first, second) in enumerate(plan):
                name = instead if odd and i % odd == odd - 1 and k == changed else usual
                pool = given + values * 2
                a, b = pool[int(first * len(pool))], pool[int(second * len(pool))]
                values.append(BINARY[name](a, b) if name in BINARY else getattr(autograd, name)(a))
            before = list(now)
            now = [autograd.tanh(values[j]) if not k else 0.5 * now[k] + 0.1 * values[j]
                   for k, j in enumerate(after)]  # fmt: skip
            for column, j in zip(columns, kept, strict=True):
                column.append(values[j])
        result = now[0] + now[-1] * 0.5
        for column in columns:
            if ending in ("mean", "sum"):
                result = result + getattr(autograd, ending)(column)
            elif ending == "dot":
                result = result + autograd.dot(column, x[:count])
            elif ending in ("self", "reversed"):
                other = columns[-1] if ending == "self" else column[::-1]
                result = result + autograd.dot(column, other)
            else:
                result = result * column[-1] + column[-2 if ending == "last" else 5]
        return result * 1.0

    return function, [draw.uniform(0.2, 1.2)], [draw.uniform(-1.0, 1.0) for _ in range(count + 1)]


@pytest.mark.parametrize("seed", range(40))
def test_loops_by_chance(seed):
    draw = random.Random(seed)
    function, p, x = by_chance(draw)
    wanted = autograd.value_and_grad(function, argnums=draw.choice([0, 1, (0, 1)]))
    expected, result = flat(wanted(p, x)), flat(autograd.compile(wanted)(p, x))
    assert array("d", result).tobytes() == array("d", expected).tobytes() or all(
        a == b or (a != a and b != b) for a, b in zip(result, expected, strict=True)
    )


@pytest.mark.unmeasured
def test_many_loops_by_chance_are_loops(found):
    for seed in range(24):
        function, p, x = by_chance(random.Random(seed))
        autograd.compile(autograd.grad(function))(p, x)
    assert found.count("loops") >= 8, found
