"""What a recorded function must leave alone: chance, the clock, and the state around it.

`chance_refused(function, refuse)` watches a run for random numbers drawn and clocks read, which
would be frozen. `kept_outside(function, nodes)` looks for numbers of a recording that the function
has left in the lists, dicts and objects it can reach: they would not be renewed at each call.
"""

from __future__ import annotations

import builtins
import gc
import random
import sys
from collections import deque
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache, partial
from itertools import chain, islice
from types import (
    BuiltinMethodType,
    CellType,
    CodeType,
    FunctionType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)  # fmt: skip
from typing import Any

from autograd.value import Value

__all__ = ["THREAD", "chance_refused", "collector_paused", "kept_outside", "plain_outside"]
__all__ += ["unwatched"]

_MOST = 5_000  # objects to look at, from the function outwards
_CLOCKS = {
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns",
    "process_time", "process_time_ns", "thread_time", "localtime", "gmtime", "ctime",
    "thread_time_ns", "clock_gettime", "clock_gettime_ns", "strftime", "asctime",
}  # fmt: skip
_CLOCK = "the clock is read"
THREAD = "a thread is started"
_THREADS = {"start_new_thread", "start_joinable_thread"}
_DATES = {"now", "utcnow", "today"}
_QUIET = {"getstate", "setstate", "seed"}
_SUSPECTS = {*_CLOCKS, *_DATES, *_THREADS, "urandom", "getrandom", "random", "getrandbits", "seed"}
_PLAIN = (str, bytes, int, float, complex, type(None))
_ENDS = (*_PLAIN, Value)  # where a search ends
_NUMBERS = {str, bytes, int, float, bool}  # kinds that long lists and tuples are often made of
_SEQUENCES = {list, tuple}


@contextmanager
def collector_paused() -> Iterator[None]:
    """Keep Python's cyclic collector from walking through what is being built, again and again."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def chance_refused(function: Any, refuse: Callable[[str], None]) -> Iterator[None]:
    """Call `refuse` with a description where a random number is drawn or a clock is read.

    It is also called where a thread is started, whose work would not be seen.

    Generators that are seeded meanwhile may be drawn from: they do the same each time.
    Those of numpy that the function reaches are compared in the end. Where somebody else profiles
    the program, nothing more is watched.
    """
    before = _states_of_numpy(function)
    with _calls_watched(refuse) if sys.getprofile() is None else nullcontext():
        yield
    if before != _states_of_numpy(function):
        refuse("a random number is drawn from a generator of numpy")


@contextmanager
def _calls_watched(refuse: Callable[[str], None]) -> Iterator[None]:
    seeded: list[Any] = []

    def look(frame: Any, event: str, called: Any) -> None:
        if event != "c_call" or called.__name__ not in _SUSPECTS:
            return
        owner: Any = getattr(called, "__self__", builtins)
        if owner is builtins or not _is_suspect(type(owner)):
            return
        if called.__name__ == "seed" and frame.f_locals.get("a") is not None:
            seeded.append(owner)
        elif (what := _chance(owner, called.__name__)) and owner not in seeded:
            if what != _CLOCK or not _is_for_people(frame.f_globals.get("__name__", "")):
                refuse(what)

    with collector_paused():  # who is told of its runs may read the clock
        sys.setprofile(look)
        try:
            yield
        finally:
            sys.setprofile(None)


@contextmanager
def unwatched() -> Iterator[None]:
    """Let nobody look at the calls meanwhile: they are of this package, and many."""
    watching = sys.getprofile()
    is_ours = getattr(watching, "__module__", "") == __name__
    if is_ours:
        sys.setprofile(None)
    try:
        yield
    finally:
        if is_ours:
            sys.setprofile(watching)


def _is_suspect(kind: type) -> bool:
    """Return whether among the functions of an object of this kind there may be chance."""
    return issubclass(kind, (ModuleType, type, random.Random))


def _is_for_people(module: str) -> bool:
    """Return whether a module reads the clock for a log or a progress bar, not for a result."""
    root = module.partition(".")[0]
    return root == "tqdm" or root in sys.stdlib_module_names - {"__main__"}


def _chance(owner: Any, name: str) -> str:
    """Return what a function of C does that would be frozen, "" if nothing."""
    if name in _THREADS:
        return THREAD
    is_clock = name in _CLOCKS if type(owner) is ModuleType else name in _DATES
    if is_clock and getattr(owner, "__name__", "") in ("time", "datetime", "date"):
        return _CLOCK
    is_random = name in ("urandom", "getrandom") or isinstance(owner, random.Random)
    return "a random number is drawn" if is_random and name not in _QUIET else ""


def _states_of_numpy(function: Any) -> list[str]:
    """Return the states of numpy's generators: the global one, and those in reach of a function."""
    numpy = sys.modules.get("numpy.random")
    if numpy is None:
        return []
    kinds = numpy.Generator, numpy.RandomState
    found = [numpy.mtrand._rand, *(x for x, _ in _reached(function) if isinstance(x, kinds))]
    return [_state(x) for x in found]


def _state(generator: Any) -> str:
    """Return the state of a generator of numpy as text."""
    if hasattr(generator, "bit_generator"):  # its arrays are short, or stand as their ends
        return str(generator.bit_generator.state)
    return str([x.tobytes() if hasattr(x, "tobytes") else x for x in generator.get_state()])


def kept_outside(function: Any, nodes: Container[Any]) -> str:
    """Return where a function has left one of some Values outside of itself, "" if nowhere."""
    places = (place for x, place in _reached(function) if isinstance(x, Value) and x in nodes)
    return next(places, "")


def plain_outside(function: Any) -> list[tuple[str, Any]]:
    """Return the plain numbers and texts that a function can reach, each with its place.

    A recording holds them as constants; where they differ later, it is out of date.
    """
    kinds = (int, float, str)
    return [(place, x) for x, place in _reached(function, plain=True) if isinstance(x, kinds)]


def _reached(function: Any, plain: bool = False) -> Iterator[tuple[Any, str]]:
    """Yield what a function can reach, from near to far, with the names of its places."""
    seen: set[int] = set()
    left = deque([(function, "")])
    while left and len(seen) < _MOST:
        thing, place = left.popleft()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if not plain and is_of_numbers(thing):
            continue
        for item, name in _inside(thing, place):
            if isinstance(item, _ENDS):
                if plain or isinstance(item, Value):
                    yield item, name
            else:
                yield item, name
                left.append((item, name))


def is_of_numbers(thing: Any) -> bool:
    """Return whether a list or tuple has only plain things in it, or lists and tuples of them."""
    if type(thing) not in _SEQUENCES:
        return False
    kinds = set(map(type, thing))
    if kinds <= _SEQUENCES:
        kinds = set(map(type, chain.from_iterable(thing)))
    return kinds <= _NUMBERS


def _inside(thing: Any, place: str) -> Iterator[tuple[Any, str]]:
    """Yield what stands in a function, a container or an object, with the names of its places."""
    if isinstance(thing, FunctionType):
        yield from _around(thing)
    elif isinstance(thing, (MethodType, BuiltinMethodType)):
        yield thing.__self__, place
        yield getattr(thing, "__func__", None), place
    elif isinstance(thing, partial):
        yield from ((x, place) for x in (thing.func, thing.args, thing.keywords))
    elif isinstance(thing, dict):
        for key, item in islice(thing.items(), _MOST):
            yield item, f"{place}[{key!r}]" if isinstance(key, (str, int)) else place
            yield key, place
    elif isinstance(thing, (list, tuple, set, deque)):
        yield from ((item, place) for item in islice(thing, _MOST))
    elif isinstance(thing, type):
        if not _is_of_a_library(thing.__module__) and not _is_ours(thing.__module__):
            yield from _of_class(thing)
    elif _is_of_a_library(type(thing).__module__) and type(thing) is not SimpleNamespace:
        for name in ("_function", "function", "batch"):  # of compiled functions
            yield getattr(thing, name, None), place
    elif not isinstance(thing, ModuleType):
        yield from _attributes(thing, place)


def _attributes(thing: Any, place: str) -> Iterator[tuple[Any, str]]:
    owner = f"the attribute {{}} of {type(thing).__name__}" + (f" {place}" if place else "")
    for name, item in list(getattr(thing, "__dict__", {}).items()):
        yield item, owner.format(name)
    for kind in type(thing).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in [slots] if isinstance(slots, str) else slots:
            yield getattr(thing, name, None), owner.format(name)
        yield kind, place


def _of_class(kind: type) -> Iterator[tuple[Any, str]]:
    """Yield what stands in a class: its attributes, and what its functions can reach."""
    for name, item in list(vars(kind).items()):
        if isinstance(item, property):
            yield item.fget, name
        elif isinstance(item, (FunctionType, staticmethod, classmethod)):
            yield getattr(item, "__func__", item), name
        elif not name.startswith("__"):
            yield item, f"the attribute {name} of {kind.__name__}"


def contents(cell: CellType) -> Iterator[Any]:
    with suppress(ValueError):  # an empty cell, of a name that is not bound yet
        yield cell.cell_contents


def _around(function: FunctionType) -> Iterator[tuple[Any, str]]:
    """Yield what a function closes over, its defaults, and the globals that it names."""
    if _is_of_a_library(function.__module__) and not function.__closure__:
        return
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        yield next(contents(cell), None), name
    for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
        yield default, f"a default of {function.__name__}"
    yield vars(function), f"an attribute of {function.__name__}"
    space = function.__globals__
    yield from ((space[name], name) for name in _names(code) if name in space)


@cache
def _names(code: CodeType) -> tuple[str, ...]:
    """Return the names of globals and attributes in some code, that of inner functions too."""
    inner = [name for x in code.co_consts if isinstance(x, CodeType) for name in _names(x)]
    return tuple(dict.fromkeys([*code.co_names, *inner]))


def _is_ours(module: str | None) -> bool:
    """Return whether a module is of the networks of this project, which keep nothing either."""
    return (module or "").split(".")[0] == "nn"


def _is_of_a_library(module: str | None) -> bool:
    """Return whether a module is not the user's, and keeps nothing of what it is given."""
    root = (module or "").split(".")[0]
    return root in ("autograd", "numpy") or root in sys.stdlib_module_names - {"__main__"}
