"""Notebooks are tests too, where nbmake is installed to run them."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator

import pytest

from autograd.binding import FUNCTIONS
from autograd.rules import TABLE


def pytest_configure(config: pytest.Config) -> None:
    if config.pluginmanager.hasplugin("nbmake"):
        config.option.nbmake = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse names with an address in them: workers (`-n 2`) would not agree on the tests."""
    odd = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if odd:
        raise pytest.UsageError(f"give the parameters `ids`: {odd[0]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run notebooks and what is marked `unmeasured` without coverage, in less than half the time.

    They go through the same lines again and again, which tests of their own measure. Where nothing
    is measured, a tracer is somebody's debugger.
    """
    unmeasured = item.path.suffix == ".ipynb" or item.get_closest_marker("unmeasured") is not None
    if not unmeasured or "COVERAGE_PROCESS_START" not in os.environ:
        return (yield)
    tracers = sys.gettrace(), threading.gettrace()
    processes = os.environ.pop("COVERAGE_PROCESS_START")
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracers[0])
        threading.settrace(tracers[1])
        os.environ["COVERAGE_PROCESS_START"] = processes


@pytest.fixture(autouse=True)
def _rules_of_a_test_end_with_it() -> Iterator[None]:
    """Take the rules that a test defines out of the table, which other tests go through."""
    before = set(TABLE)
    yield
    for name in TABLE.keys() - before:
        del TABLE[name]
        FUNCTIONS.pop(name, None)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let Ctrl-C come as in a terminal, also where a shell that runs this unattended ignores it.

    Without the tracer: a Ctrl-C in its bookkeeping would leave its lock closed for ever.
    """
    tracer = sys.gettrace()
    sys.settrace(None)
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, handler)
    sys.settrace(tracer)


# Python 3.13 nests thousands of deallocations of its own before it puts them off.
SMALL_STACK = 128 * 1024 if sys.version_info[:2] != (3, 13) else 4 * 1024 * 1024


@pytest.fixture
def in_a_small_stack() -> Callable[[Callable[[], None]], None]:
    """Run work in a thread with a small stack, and raise what it raised."""

    def run(work: Callable[[], None]) -> None:
        raised: list[BaseException] = []

        def guarded() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - it is raised again in the main thread
                raised.append(error)

        size = threading.stack_size(SMALL_STACK)
        try:
            thread = threading.Thread(target=guarded)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(size)
        if raised:
            raise raised[0]

    return run
