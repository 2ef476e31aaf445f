"""Machine code in memory: it lives as long as who calls it, whichever linker put it there."""

import gc
from pathlib import Path

import pytest

import autograd
from autograd.compile import TraceError
from autograd.compile.llvm import codegen, emitter, lanes, machine, pieces, scalar
from autograd.compile.loops.loop import Loop

pytestmark = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")


def compiled(factor):
    fast = autograd.compile(lambda x: autograd.exp(x) * factor)
    fast(0.0)
    return fast


def test_code_outlives_the_linker_that_put_it_into_memory(monkeypatch):
    monkeypatch.setattr(machine, "LINKED_BY_ONE", 2)
    before = machine._linkers[0] if machine._linkers else None
    functions = [compiled(float(i)) for i in range(1, 10)]
    del functions[::2]
    gc.collect()
    assert machine._linkers[0] is not before
    assert [f(0.0) for f in functions] == [2.0, 4.0, 6.0, 8.0]


@pytest.fixture
def taken(monkeypatch):
    """Cut what is longer than 80 instructions; return the parts that are compiled beside."""
    for name, size in (("CHUNK", 20), ("PART", 40)):
        monkeypatch.setattr(pieces, name, size)
    texts, take = [], codegen.Parts.take

    def spy(parts, text, level):
        texts.append(text)
        take(parts, text, level)

    monkeypatch.setattr(codegen.Parts, "take", spy)
    return texts


def winding(function, steps=40):
    """Return a function of two numbers that goes on and on, each step unlike the next."""

    def f(x, y):
        a, b = x, y
        for i in range(steps):
            a, b = b, (function(a) * 0.5 + b * 0.25 if i % 3 else abs(a - b) + 0.1 * i)
        return a * b

    return autograd.value_and_grad(f, argnums=(0, 1))


@pytest.mark.parametrize(("name", "parts"), [("tanh", 3), ("lgamma", 0)])
def test_long_programs_are_compiled_in_parts_but_for_what_calls_python(taken, name, parts):
    f = winding(getattr(autograd, name))
    fast, plain = (autograd.compile(f, backend=backend) for backend in ("llvm", "python"))
    assert fast(0.5, 1.5) == plain(0.5, 1.5) == f(0.5, 1.5)
    assert len(taken) >= parts
    assert sum("@program" in text for text in taken) <= 1  # the rest comes last
    assert fast.source("llvm").count("define i64 @program") == 1


def test_long_batches_are_compiled_in_parts(taken):
    loss = winding(autograd.tanh, steps=60)
    step = autograd.compile(lambda x: loss(x, 0.5)[0], batch="x", reduce="sum")
    rows = [0.01 * i for i in range(11)]
    assert step(rows) == pytest.approx(sum(loss(x, 0.5)[0] for x in rows), rel=1e-12)
    assert len(taken) > 2


def with_loops(function):
    """Return a function of a list with loops between what is unlike, and its gradient."""

    def f(x):
        a, b = x[0], x[1]
        for y in x:
            a = function(1.5 + a * y * 0.1)
        for i in range(30):
            a, b = b, (abs(a - b) * 0.5 if i % 3 else a + 0.01 * i)
        c = autograd.dot(x, x) * a + b
        for y in x:
            c = c * 0.5 + y
        return autograd.tanh(c) * autograd.sum([function(1.5 + y) for y in x])

    return autograd.value_and_grad(f)


X = [0.03 * i - 0.5 for i in range(420)]


@pytest.mark.unmeasured
@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize(("name", "apart"), [("tanh", True), ("lgamma", False)])
def test_loops_in_a_long_program_get_more_effort(monkeypatch, name, apart, in_batch):
    taken, take = [], codegen.Parts.take
    monkeypatch.setattr(scalar, "SMALL", 40)
    monkeypatch.setattr(lanes, "_SMALL", 40)
    monkeypatch.setattr(lanes, "_LARGE", 40)

    def spy(parts, text, level):
        if "@program" not in text:  # what comes last
            taken.append((text, level))
        take(parts, text, level)

    monkeypatch.setattr(codegen.Parts, "take", spy)
    f = with_loops(getattr(autograd, name))
    value, slopes = f(X)
    if in_batch:
        fast = autograd.compile(f, batch="x", reduce="mean")
        found = fast([X] * 5)
    else:
        fast = autograd.compile(f)
        found = fast(X)
        assert found == (value, slopes)
    assert found[0] == pytest.approx(value, rel=1e-13)
    assert found[1] == pytest.approx(slopes, rel=1e-12)
    assert {level for _, level in taken} == ({emitter.LOOPS} if apart else set())
    assert sum(text.count("= phi") for text, _ in taken) > 8 or not apart


def test_what_is_around_loops_gets_no_effort(monkeypatch):
    levels = []
    compiled = machine.generated
    monkeypatch.setattr(machine, "generated", lambda text, level: (
        levels.append(level), compiled(text, level))[1])  # fmt: skip

    def f(x):
        for _ in range(200):
            x = autograd.tanh(x * 0.25 + 1.5)
        return x + 1.0

    assert autograd.compile(autograd.value_and_grad(f))(0.5) == autograd.value_and_grad(f)(0.5)
    assert levels == [0]
    loop = Loop(tuple(range(60)), 5, ((),) * 5)
    assert pieces.mostly_in_loops([loop, *range(100, 107)])
    assert not pieces.mostly_in_loops([loop, *range(100, 108)])
    assert not pieces.mostly_in_loops([1, 2])


def uniform_loop(x, w):
    """Return a loop that is the same for all rows, and one that is not."""
    for _ in range(400):
        w = w * 0.999 + 0.001 * (w - 0.25) * (w + 0.5)
    for _ in range(300):
        x = x * 0.999 + w * (x - 0.25)
    return x


def test_loops_that_are_the_same_for_all_rows_get_their_effort(monkeypatch):
    taken, take = [], codegen.Parts.take
    monkeypatch.setattr(codegen.Parts, "take", lambda parts, text, level: (
        taken.append((level, text)), take(parts, text, level)))  # fmt: skip
    fast = autograd.compile(uniform_loop, batch="x", reduce="sum", backend="llvm")
    assert fast([0.5] * 8, 0.3) == pytest.approx(8.0 * uniform_loop(0.5, 0.3), rel=1e-12)
    loops = [(level, text.count("= phi i64")) for level, text in taken if "@autograd" not in text]
    assert loops == [(emitter.LOOPS, 1)] * 2
    text = fast.source("llvm")
    assert text.count("= phi i64") == 2


@pytest.mark.parametrize("steps", [20, 200])
def test_a_large_part_for_all_rows_gets_no_effort(monkeypatch, steps):
    monkeypatch.setattr(lanes, "_SMALL", 150)
    monkeypatch.setattr(lanes, "_LARGE", 150)
    levels, emitted = [], codegen._emitted

    def spy(text, generator, module, level):
        levels.extend([level] if "@program" in text else [])
        return emitted(text, generator, module, level)

    monkeypatch.setattr(codegen, "_emitted", spy)

    def f(x, ws):
        v = list(ws)
        for i in range(steps):
            p, q = i * i % 7, (i * 3 + i // 5) % 7
            v[p] = v[p] * v[q] if i % 3 else v[p] - 0.5 * v[q]
        return x * v[0] + v[1] * x * x

    fast = autograd.compile(f, batch="x", reduce="sum", backend="llvm")
    ws = [0.3 + 0.1 * i for i in range(7)]
    assert fast([0.5] * 3, ws) == pytest.approx(3.0 * f(0.5, ws), rel=1e-12)
    assert levels == [2 if steps == 20 else 0]


def test_little_between_loops_is_compiled_with_them():
    loop = Loop(tuple(range(60)), 5, ((),) * 5)
    singles = list(range(100, 100 + pieces.BETWEEN))
    cut = pieces.cut([1, 2, loop, *singles, loop, *singles, 3, loop, loop, 4], apart=True)
    assert cut == [
        ([1, 2], False), ([loop, *singles, loop], True), ([*singles, 3], False),
        ([loop, loop], True), ([4], False),
    ]  # fmt: skip
    assert [piece.size for piece in cut] == [2, 10 + pieces.BETWEEN, pieces.BETWEEN + 1, 10, 1]
    assert pieces.cut([], apart=True) == pieces.cut([], apart=False) == []


def test_what_is_found_wrong_while_parts_are_compiled_is_raised(taken):
    f, calls = winding(autograd.tanh), []

    def changing(x, y):
        calls.append(x)
        return [a * len(calls) for a in f(x, y)[1]]

    with pytest.raises(TraceError):
        autograd.compile(changing)(0.5, 1.5)
    assert autograd.compile(f)(0.5, 1.5) == f(0.5, 1.5)


@pytest.mark.unmeasured
def test_what_nobody_calls_any_more_takes_no_memory(monkeypatch):
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        pytest.skip("this system does not tell how much memory is in use")
    monkeypatch.setattr(machine, "LINKED_BY_ONE", 20)

    def make():
        for i in range(200):
            compiled(float(i))
        gc.collect()
        return int(statistics.read_text(encoding="ascii").split()[1]) * 4096

    make()
    before = make()
    assert make() - before < 1_000_000  # a linker that is kept for all takes twice that
