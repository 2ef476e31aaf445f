"""Functions in whose reach there is no chance and no clock, so that their calls need no watching.

`is_innocent(function)` looks through its code, what it closes over and the globals that it names:
all must be numbers, Values, containers of such, or functions and modules that are known to compute
only. Of anything else, an object of a class of one's own among it, it knows nothing, and says no.
"""

from __future__ import annotations

from collections.abc import Iterator
from dis import opmap
from functools import cache, partial
from itertools import islice
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from autograd.compile.recording.outside import contents, is_of_numbers
from autograd.value import Value

__all__ = ["is_innocent"]

_MOST = 2_000  # things to look at
_PLAIN = (str, bytes, int, float, complex, type(None), type(...), range, slice)
_MODULES = {"autograd", "builtins", "functools", "itertools", "math", "operator", "_operator"}
_OTHERS = ("compile", "eval", "exec", "getattr", "globals", "input", "locals", "open", "vars")
_GUILTY = {*_OTHERS, "__import__", "delattr", "setattr"}
_IMPORT = opmap["IMPORT_NAME"]


def is_innocent(function: Any) -> bool:
    """Return whether nothing in the reach of a function draws a random number or reads a clock."""
    left, seen = [function], set[int]()
    while left:
        thing = left.pop()
        if id(thing) not in seen:
            seen.add(id(thing))
            inside = None if len(seen) > _MOST else _inside(thing)
            if inside is None:
                return False
            left.extend(inside)
    return True


def _inside(thing: Any) -> list[Any] | None:
    """Return what has to be looked at for a thing; None where it may be guilty."""
    if isinstance(thing, _PLAIN) or type(thing) is Value:
        return []
    if isinstance(thing, (list, tuple, set, frozenset)):
        whole = type(thing) in (list, tuple) and is_of_numbers(thing)
        return [] if whole else list(islice(thing, _MOST + 1))
    if isinstance(thing, dict):
        return [*islice(thing.values(), _MOST + 1)]
    if isinstance(thing, partial):
        return [thing.func, thing.args, thing.keywords]
    if isinstance(thing, MethodType):
        return [thing.__self__, thing.__func__]
    if isinstance(thing, FunctionType):
        return _around(thing)
    if isinstance(thing, BuiltinFunctionType):  # bound to its module, or to an object
        return None if thing.__name__ in _GUILTY else [thing.__self__]
    return _by_module(thing)


def _by_module(thing: Any) -> list[Any] | None:
    """Judge a module, a class, or an object of a class, by where it comes from."""
    if isinstance(thing, (ModuleType, type)):
        name = thing.__name__ if isinstance(thing, ModuleType) else thing.__module__
        return [] if _root(name) in _MODULES else None
    root = _root(type(thing).__module__)
    if root == "autograd":  # families, batches, compiled functions
        names = ("_function", "function", "batch")
        return [getattr(thing, name) for name in names if hasattr(thing, name)]
    return [] if root == "operator" else None


def _root(module: str | None) -> str:
    return (module or "").split(".")[0]


def _around(function: FunctionType) -> list[Any] | None:
    """Return what a function closes over, its defaults, and the globals that it names."""
    cells = [next(contents(cell), None) for cell in function.__closure__ or ()]
    found = [*cells, *(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    if _root(function.__module__) == "autograd":
        return found
    names = _names(function.__code__)
    if names is None:
        return None
    space = function.__globals__
    for name in names:
        if name in space:
            found.append(space[name])
        elif name in _GUILTY:
            return None
    return found


@cache
def _names(code: CodeType) -> tuple[str, ...] | None:
    """Return the names in some code, and in functions made by it; None where it imports."""
    if _IMPORT in code.co_code[::2]:
        return None
    names = dict.fromkeys(code.co_names)
    for inner in _inner(code):
        found = _names(inner)
        if found is None:
            return None
        names.update(dict.fromkeys(found))
    return tuple(names)


def _inner(code: CodeType) -> Iterator[CodeType]:
    yield from (x for x in code.co_consts if isinstance(x, CodeType))
