"""Machine code in memory: it lives as long as who calls it, whichever linker put it there."""

import gc
from pathlib import Path

import pytest

import autograd
from autograd.compile.llvm import native

pytestmark = pytest.mark.skipif(not native.available(), reason="needs llvmlite")


def compiled(factor):
    fast = autograd.compile(lambda x: autograd.exp(x) * factor)
    fast(0.0)
    return fast


def test_code_outlives_the_linker_that_put_it_into_memory(monkeypatch):
    monkeypatch.setattr(native, "LINKED_BY_ONE", 2)
    before = native._linkers[0] if native._linkers else None
    functions = [compiled(float(i)) for i in range(1, 10)]
    del functions[::2]
    gc.collect()
    assert native._linkers[0] is not before
    assert [f(0.0) for f in functions] == [2.0, 4.0, 6.0, 8.0]


def test_what_nobody_calls_any_more_takes_no_memory(monkeypatch):
    statistics = Path("/proc/self/statm")
    if not statistics.exists():
        pytest.skip("this system does not tell how much memory is in use")
    monkeypatch.setattr(native, "LINKED_BY_ONE", 20)

    def make():
        for i in range(200):
            compiled(float(i))
        gc.collect()
        return int(statistics.read_text(encoding="ascii").split()[1]) * 4096

    make()
    before = make()
    assert make() - before < 1_000_000  # a linker that is kept for all takes twice that
