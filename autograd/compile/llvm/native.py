"""Programs as native code: a `Source` in LLVM's language becomes a function that can be called.

`load(write)` compiles a `Source` for this machine; `aligned` gives room that it may write to.
"""

from __future__ import annotations

import ctypes
import threading
from array import array
from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from typing import Any

from autograd.compile.llvm import elementary
from autograd.compile.llvm.codegen import Parts, binding, features
from autograd.compile.llvm.helpers import helper, known
from autograd.compile.llvm.layout import Source
from autograd.compile.llvm.machine import compiled, functions, let_find
from autograd.compile.llvm.pieces import HandOver
from autograd.numbers.floats import QUIET
from autograd.numbers.real import number

__all__ = ["Native", "aligned", "load", "vector_function"]

_numbers = count(1)
_known: set[tuple[str, int]] = set()  # helpers, with their widths


@cache
def vector_function(name: str, width: int, fast: bool) -> str | None:
    """Return a function for vectors of doubles, where there is one.

    It gives the bits of the function for one; if `fast`, glibc's may take its place, which is at
    most 4 ulp off.
    """
    return (_of_glibc(name, width) if fast else None) or _with_same_bits(name, width)


def _of_glibc(name: str, width: int) -> str | None:
    letter = {2: "b", 4: "d", 8: "e"}[width]
    symbol = f"_ZGV{letter}N{width}{'vv' if name in ('pow', 'atan2', 'hypot') else 'v'}_{name}"
    try:
        function = getattr(ctypes.CDLL("libmvec.so.1"), symbol)
    except (OSError, AttributeError):
        return None
    let_find(symbol, function)
    return symbol


def _with_same_bits(name: str, width: int) -> str | None:
    """Return our own exponential function for vectors, if it agrees with C's to the bit."""
    if name != "exp" or not features().get("fma"):
        return None
    symbol = f"autograd_exp_{width}"
    one, array_of = functions(elementary.exponential(symbol, width), [symbol, f"{symbol}_all"], {})
    given = array("d", elementary.sample())
    found = array("d", given)
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    kind(array_of)(given.buffer_info()[0], found.buffer_info()[0], len(given))
    if found != array("d", map(QUIET["exp"], given)):
        return None
    let_find(symbol, one)
    return symbol


class Native:
    """Machine code of a source; `function` calls it. Calls release Python's lock."""

    def __init__(
        self, source: Source, arity: int, name: str, meanwhile: Callable[[], object] | None,
        parts: Parts,
    ) -> None:  # fmt: skip
        binding()  # ready
        self.work = source.work
        self._errors: dict[int, BaseException] = {}  # the first of each thread
        self._callbacks: list[Any] = []
        _make_known(source.helpers)
        text = self._linked(source)
        self._code = code = compiled(text, source.level, [name], meanwhile, parts)
        address = code[name]
        kind = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_void_p] * arity)
        self.function = kind(address)
        self.address = address
        self._spaces: list[Any] = []

    @property
    def calls_python(self) -> bool:
        """Whether there are functions of Python that it calls."""
        return bool(self._callbacks)

    def _linked(self, source: Source) -> str:
        """Give the Python functions that the source calls addresses, under names of their own."""
        text = source.text
        for symbol, (function, arity) in source.symbols.callbacks.items():
            callback = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * arity)(
                self._guarded(function)
            )
            self._callbacks.append(callback)
            unique = f"autograd_{next(_numbers)}"
            let_find(unique, callback)
            text = text.replace(f"@{symbol}(", f"@{unique}(")
        return text

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., float]:
        """Keep the first exception of a Python function until the native code is back."""

        def call(*numbers: float) -> float:
            try:
                return number(function(*numbers))
            except BaseException as error:  # noqa: BLE001 - raised again by `raise_error`
                self._errors.setdefault(threading.get_ident(), error)
                return float("nan")

        return call

    def space(self) -> Any:
        """Return a work area that no other call uses; give it back with `done`."""
        try:
            return self._spaces.pop()
        except IndexError:
            return _Space(self.work)

    def done(self, space: Any, failed: int) -> None:
        """Take a work area back, and raise what a Python function raised meanwhile.

        Where a guard has failed it may have been given numbers that are not for it.
        """
        self._spaces.append(space)
        if failed:
            self._errors.pop(threading.get_ident(), None)
        else:
            self.raise_error()

    def raise_error(self) -> None:
        """Raise what a Python function raised in this thread since this was called last."""
        if self._errors:
            error = self._errors.pop(threading.get_ident(), None)
            if error is not None:
                raise error


class _Space:
    """Some bytes, aligned to 64."""

    __slots__ = ("address", "memory")

    def __init__(self, size: int) -> None:
        self.memory = ctypes.create_string_buffer(size + 64)
        self.address = (ctypes.addressof(self.memory) + 63) // 64 * 64


def aligned(count: int) -> memoryview[float]:
    """Return room for some numbers, at least one, that starts at a multiple of 64 bytes."""
    memory = (ctypes.c_double * (count + 8))()
    start = -ctypes.addressof(memory) % 64 // 8
    return memoryview(memory).cast("B").cast("d")[start : start + max(count, 1)]


def _make_known(helpers: Sequence[tuple[str, int]]) -> None:
    """Compile the helpers of batches that are new, in several threads; let programs find them."""
    new = [each for each in helpers if each not in _known]
    if not new:
        return
    symbols = [known(*each) for each in new]
    *others, last = [helper(*each) for each in new]
    with Parts() as parts:
        for text in others:
            parts.take(text, 2)
        addresses = functions(last, symbols, {}, parts)
    for symbol, address in zip(symbols, addresses, strict=True):
        let_find(symbol, address)
    _known.update(new)


def load(
    write: Callable[[HandOver], Source], arity: int, name: str = "program", *,
    meanwhile: Callable[[], object] | None = None,
) -> Native:  # fmt: skip
    """Compile a source; its function takes as many addresses as `arity` says.

    Args:
        write: returns the source; may hand over parts of a long one as soon as they are written.
        arity: of the function.
        name: of the function.
        meanwhile: is done while LLVM is busy; what it raises is raised.
    """
    with Parts() as parts:
        return Native(write(parts.take), arity, name, meanwhile, parts)
