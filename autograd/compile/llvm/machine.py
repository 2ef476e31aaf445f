"""Machine code in memory: linked, and known by the addresses of its functions.

`compiled` takes a text in LLVM's language, `functions` gives the addresses of some functions that
live as long as the process. `available()` says whether llvmlite is there; `lanes()` how many
doubles a vector register holds.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import count
from typing import Any

from autograd.compile.llvm.codegen import LOCK, Parts, binding, features, generated
from autograd.compile.llvm.symbols import LIBM

__all__ = ["available", "compiled", "functions", "lanes", "let_find"]

_numbers = count(1)
LINKED_BY_ONE = 100  # programs linked through one linker
WORTH_A_THREAD = 4_000  # characters of a program
_linked_so_far = count(1)
_linkers: list[Any] = []  # the one in use
_addresses: dict[str, Any] = {}  # of the functions that compiled code may call
_kept: list[Any] = []  # what must live as long as the process


def available() -> bool:
    """Return whether llvmlite is installed."""
    return binding() is not None


@cache
def lanes() -> int:
    """Return how many doubles a vector register of this processor holds: 8, 4 or 2."""
    has = features()
    return 8 if has.get("avx512f") else 4 if has.get("avx2") or has.get("avx") else 2


def let_find(name: str, function: Any) -> None:
    """Let compiled code find a function of C, or one compiled before, by its address."""
    _addresses[name] = ctypes.cast(function, ctypes.c_void_p).value


@cache
def _let_find_libm() -> None:
    """Let compiled code find the functions of C's mathematics that Python itself uses."""
    library = ctypes.CDLL(ctypes.util.find_library("m") or None)
    for name in sorted(LIBM):
        let_find(name, getattr(library, name))


def _linker() -> Any:
    """Return what puts machine code into memory: another one after some uses.

    It keeps a little of all that it has linked, until the last code that came through it is gone.
    """
    if not _linkers or next(_linked_so_far) % LINKED_BY_ONE == 0:
        _linkers[:] = [binding().create_lljit_compiler(use_jit_link=sys.platform != "win32")]
    return _linkers[0]


def compiled(
    text: str, level: int, names: Sequence[str], meanwhile: Callable[[], object] | None = None,
    parts: Parts | None = None,
) -> Any:  # fmt: skip
    """Compile a text; return what gives the addresses of its functions, and holds their code.

    What is to be done meanwhile is; parts that were taken before belong to it.
    """
    with parts or Parts() as taken:
        is_beside = not taken and meanwhile is not None and len(text) >= WORTH_A_THREAD
        if is_beside:
            taken.take(text, level)
        if meanwhile is not None:
            meanwhile()
        here = [] if is_beside else [generated(text, level)]
        objects = [*taken.results(), *here]
    _let_find_libm()
    with LOCK:
        library = binding().JITLibraryBuilder()
        for each in objects:
            library.add_object_img(each.code)
        for name in {name for each in objects for name in each.declared} & _addresses.keys():
            library.import_symbol(name, _addresses[name])
        for name in names:
            library.export_symbol(name)
        return library.add_current_process().link(_linker(), f"autograd_{next(_numbers)}")


def functions(
    text: str, names: Sequence[str], symbols: Mapping[str, Any], parts: Parts | None = None
) -> list[int]:
    """Compile a text, with parts taken before, that calls some C functions; return addresses.

    Args:
        text: defines functions, together with the parts.
        names: of those whose addresses are wanted. They live as long as the process.
        symbols: the C functions, by name.
        parts: of the text, taken before.
    """
    for name, function in symbols.items():
        let_find(name, function)
    code = compiled(text, 2, names, None, parts)
    _kept.append(code)
    return [code[name] for name in names]
