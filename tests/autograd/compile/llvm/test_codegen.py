"""Machine code is made in several threads, each with a context of its own, and alone if need be."""

from concurrent.futures import ThreadPoolExecutor

import pytest

import autograd
from autograd.compile.llvm import codegen, machine, pieces

pytestmark = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")

POINT = [0.1 * i for i in range(20)]


def winding(seed, steps=400):
    """Return a function of a list, and its gradient, in which no two steps are alike."""

    def f(xs):
        a, b = xs[0], xs[1]
        for i in range(steps):
            c = xs[(i * i + seed) % len(xs)]
            a, b = b, (autograd.tanh(a * c) if (i + seed) % 3 else abs(a - b) * 0.5 + c)
        return a * b

    return autograd.value_and_grad(f)


@pytest.fixture
def _many_parts(monkeypatch):
    for name, size in (("CHUNK", 50), ("PART", 100)):
        monkeypatch.setattr(pieces, name, size)


@pytest.mark.usefixtures("_many_parts")
def test_several_threads_compile_at_once():
    functions = [winding(seed) for seed in range(6)]
    fast = [autograd.compile(f) for f in functions]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda f: f(POINT), fast))
    assert found == [f(POINT) for f in functions]


@pytest.mark.usefixtures("_many_parts")
def test_long_texts_are_read_in_other_threads(monkeypatch):
    monkeypatch.setattr(codegen, "LONG", 100)
    f = winding(7)
    assert autograd.compile(f)(POINT) == f(POINT)


@pytest.mark.usefixtures("_many_parts")
def test_a_context_that_has_read_much_is_left(monkeypatch):
    monkeypatch.setattr(codegen, "_LARGE_CONTEXT", 1_000)
    monkeypatch.setattr(codegen, "_idle", [])
    made, create = [], codegen.binding().create_context
    monkeypatch.setattr(codegen.binding(), "create_context", lambda: made.append(1) or create())
    f = winding(8)
    assert autograd.compile(f)(POINT) == f(POINT)
    assert len(made) > len(codegen._idle) > 0


@pytest.mark.usefixtures("_many_parts")
def test_another_llvmlite_does_it_under_its_own_lock(monkeypatch):
    monkeypatch.setattr(codegen._Direct, "_found", lambda *given: given[3].missing)
    codegen._direct.cache_clear()
    codegen._threads.cache_clear()
    try:
        assert codegen._direct() is None
        assert codegen._threads() == 1
        f = winding(9)
        assert autograd.compile(f)(POINT) == f(POINT)
    finally:
        codegen._direct.cache_clear()
        codegen._threads.cache_clear()
    monkeypatch.undo()
    assert codegen._direct() is not None


def test_what_llvm_cannot_read_is_an_error():
    with pytest.raises(RuntimeError, match="expected"):
        codegen.generated("define nonsense", 0)
    parts = codegen.Parts()
    with pytest.raises(RuntimeError, match="expected"):
        parts.take("define nonsense", 0)
    assert codegen.generated("declare double @sin(double)", 0).declared == ["sin"]
