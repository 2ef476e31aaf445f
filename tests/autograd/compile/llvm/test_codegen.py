"""Machine code is made in several threads, each with a context of its own, and alone if need be."""

import os
import subprocess
import sys
import threading
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
def test_several_threads_compile_at_once(monkeypatch):
    monkeypatch.setattr(codegen, "_threads", lambda: 2)
    both, first, emitted = threading.Barrier(2, timeout=60), [1, 1], codegen.Generator.emitted

    def meeting(generator, module, level):
        if first and threading.current_thread() is not threading.main_thread():
            first.pop()
            both.wait()  # for another one that is here too
        return emitted(generator, module, level)

    monkeypatch.setattr(codegen.Generator, "emitted", meeting)
    f = winding(1)
    assert autograd.compile(f)(POINT) == f(POINT)
    assert not first
    functions = [winding(seed) for seed in range(2, 8)]
    fast = [autograd.compile(f) for f in functions]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda f: f(POINT), fast))
    assert found == [f(POINT) for f in functions]


@pytest.mark.usefixtures("_many_parts")
@pytest.mark.parametrize("limit", [100, 10_000_000])
def test_long_texts_are_read_in_other_threads(monkeypatch, limit):
    monkeypatch.setattr(codegen, "_LONG", limit)
    readers, parsed = set(), codegen.Generator.parsed

    def spy(generator, text):
        readers.add(threading.current_thread() is threading.main_thread())
        return parsed(generator, text)

    monkeypatch.setattr(codegen.Generator, "parsed", spy)
    f = winding(9)
    assert autograd.compile(f)(POINT) == f(POINT)
    assert (False in readers) == (limit == 100)


@pytest.mark.usefixtures("_many_parts")
def test_what_goes_wrong_leaves_no_part_waiting(monkeypatch):
    monkeypatch.setattr(codegen, "_threads", lambda: 1)
    done, emitted = [], codegen.Generator.emitted
    free = threading.Event()

    def slow(generator, module, level):
        free.wait(60)
        done.append(level)
        return emitted(generator, module, level)

    monkeypatch.setattr(codegen.Generator, "emitted", slow)

    def write():
        with codegen.Parts() as parts:
            for _ in range(5):
                parts.take("declare double @sin(double)", 0)
            threading.Timer(0.05, free.set).start()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert len(done) == 1


def test_an_error_in_a_part_is_raised_at_the_end(monkeypatch):
    monkeypatch.setattr(codegen, "_LONG", 1)
    with codegen.Parts() as parts:
        parts.take("define nonsense", 0)
        with pytest.raises(RuntimeError, match="expected"):
            parts.results()


def test_a_thread_that_outlives_the_main_one_compiles():
    late = """
import threading, time
import autograd

def f(x):
    for _ in range(200):
        x = autograd.tanh(x * 0.25 + 1.5)
    return x

def work():
    main.join()
    time.sleep(0.1)
    print(autograd.compile(f)(0.3) == f(0.3))

main = threading.main_thread()
threading.Thread(target=work).start()
"""
    command = [sys.executable, "-c", late]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.split() == ["True"], done.stderr


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


FORKING = """
import os, signal, threading
import autograd

def compiles(i):
    f = autograd.value_and_grad(lambda x: autograd.tanh(x * i) + autograd.exp(-x))
    return autograd.compile(f)(0.5) == f(0.5)

def work():
    i = 1000
    while not is_done:
        compiles(i)
        i += 1

compiles(1)  # a fork during an import is Python's own matter
is_done = False
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for i in range(8):
    child = os.fork()
    if not child:
        signal.alarm(10)
        os._exit(not compiles(i))
    print(os.waitpid(child, 0)[1])
is_done = True
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_process_forks_while_other_threads_compile():
    command = [sys.executable, "-W", "ignore", "-c", FORKING]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stdout.split() == ["0"] * 8, done.stderr
