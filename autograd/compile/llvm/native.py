"""From LLVM's language to machine code in memory, through llvmlite.

`load(source)` compiles a `Source` for this machine. `available()` says whether llvmlite is there;
`lanes()` how many doubles a vector register holds.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import sys
import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from autograd.compile.llvm import elementary
from autograd.compile.llvm.helpers import helper, known
from autograd.compile.llvm.layout import Source
from autograd.compile.llvm.symbols import LIBM
from autograd.numbers.floats import QUIET
from autograd.numbers.real import number

__all__ = ["Native", "available", "lanes", "load"]

_lock = threading.Lock()
_numbers = count(1)
_DECLARED = re.compile(r"^declare .*?@([\w.]+)\(", re.MULTILINE)
LINKED_BY_ONE = 100  # programs linked through one linker
WORTH_A_THREAD = 4_000  # characters of a program
_linked_so_far = count(1)
_linkers: list[Any] = []  # the one in use
_addresses: dict[str, Any] = {}  # of the functions that compiled code may call


@cache
def _llvm() -> Any:
    """Return llvmlite.binding, made ready; None where it is not installed."""
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return None
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    _load_libm()
    return llvm


def _load_libm() -> None:
    """Let compiled code find the functions of C's mathematics that Python itself uses."""
    library = ctypes.CDLL(ctypes.util.find_library("m") or None)
    for name in sorted(LIBM):
        _let_find(name, getattr(library, name))


def _let_find(name: str, function: Any) -> None:
    """Let compiled code find a function of C, or one compiled before, by its address."""
    _addresses[name] = ctypes.cast(function, ctypes.c_void_p).value


def available() -> bool:
    """Return whether llvmlite is installed."""
    return _llvm() is not None


@cache
def features() -> Any:
    """Return the features of this processor."""
    return _llvm().get_host_cpu_features()


@cache
def lanes() -> int:
    """Return how many doubles a vector register of this processor holds: 8, 4 or 2."""
    has = features()
    return 8 if has.get("avx512f") else 4 if has.get("avx2") or has.get("avx") else 2


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
    _let_find(symbol, function)
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
    _let_find(symbol, one)
    return symbol


class Native:
    """Machine code of a source; `function` calls it. Calls release Python's lock."""

    def __init__(
        self, source: Source, arity: int, name: str, meanwhile: Callable[[], object] | None,
        parts: Parts,
    ) -> None:  # fmt: skip
        _llvm()  # ready
        self.work = source.work
        self._errors: dict[int, BaseException] = {}  # the first of each thread
        self._callbacks: list[Any] = []
        for name_and_width in source.helpers:
            _make_known(*name_and_width)
        text = self._linked(source)
        self._code = code = _compiled(text, source.level, [name], meanwhile, parts)
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
            _let_find(unique, callback)
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


def _linker() -> Any:
    """Return what puts machine code into memory: another one after some uses.

    It keeps a little of all that it has linked, until the last code that came through it is gone.
    """
    if not _linkers or next(_linked_so_far) % LINKED_BY_ONE == 0:
        _linkers[:] = [_llvm().create_lljit_compiler(use_jit_link=sys.platform != "win32")]
    return _linkers[0]


@cache
def _machine(level: int) -> Any:
    """Return what compiles for this processor with an effort from 0 to 3.

    Code finds its constants close to itself, which also is what LLVM's quick level needs to be
    quick; so `_linker` puts all that belongs to a program in one place.
    """
    llvm = _llvm()
    near = {} if sys.platform == "win32" else {"reloc": "pic", "codemodel": "small"}
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features().flatten(), opt=level,
        jit=not near, **near,
    )  # fmt: skip


class Parts:
    """Texts on their way to machine code, in a thread beside what writes more of them.

    LLVM does not need Python meanwhile.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._objects: list[Future[_Object]] = []

    def __bool__(self) -> bool:
        return bool(self._objects)

    def take(self, text: str, level: int = 0) -> None:
        """Compile a text, after those taken before."""
        self._submit(partial(_object, text, level))

    def take_last(self, text: str, level: int) -> None:
        """Compile a text, but read it here: that thread asks for Python's lock at every step."""
        with _lock:
            module = _llvm().parse_assembly(text)
        self._submit(partial(_emitted, text, module, level))

    def _submit(self, work: Callable[[], _Object]) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1)
        self._objects.append(self._pool.submit(work))

    def done(self, meanwhile: Callable[[], object] | None) -> list[_Object]:
        """Wait for all, doing something else first; return what has become of them."""
        assert self._pool is not None  # noqa: S101 - for the type checker: some were taken
        try:
            if meanwhile is not None:
                meanwhile()
            return [each.result() for each in self._objects]
        finally:
            self._pool.shutdown(cancel_futures=True)


class _Object(NamedTuple):
    """Machine code, and what it does not define."""

    code: bytes
    declared: list[str]


def _object(text: str, level: int) -> _Object:
    """Compile a text."""
    with _lock:
        module = _llvm().parse_assembly(text)
    return _emitted(text, module, level)


def _emitted(text: str, module: Any, level: int) -> _Object:
    """Compile a text that LLVM has read."""
    declared = _DECLARED.findall(text)  # LLVM would be asked in many calls
    with _lock:
        return _Object(_machine(level).emit_object(module), declared)


def _compiled(
    text: str, level: int, names: Sequence[str], meanwhile: Callable[[], object] | None = None,
    parts: Parts | None = None,
) -> Any:  # fmt: skip
    """Compile a text; return what gives the addresses of its functions, and holds their code.

    What is to be done meanwhile is; parts that were taken before belong to it.
    """
    if parts or (meanwhile is not None and len(text) >= WORTH_A_THREAD):
        parts = parts or Parts()
        parts.take_last(text, level)
        objects = parts.done(meanwhile)
    else:
        if meanwhile is not None:
            meanwhile()
        objects = [_object(text, level)]
    with _lock:
        library = _llvm().JITLibraryBuilder()
        for each in objects:
            library.add_object_img(each.code)
        for name in {name for each in objects for name in each.declared} & _addresses.keys():
            library.import_symbol(name, _addresses[name])
        for name in names:
            library.export_symbol(name)
        return library.add_current_process().link(_linker(), f"autograd_{next(_numbers)}")


def functions(text: str, names: Sequence[str], symbols: Mapping[str, Any]) -> list[int]:
    """Compile a text with functions of its own that calls some C functions; return addresses."""
    for name, function in symbols.items():
        _let_find(name, function)
    code = _compiled(text, 2, names)
    _kept.append(code)
    return [code[name] for name in names]


@cache
def _make_known(name: str, width: int) -> None:
    """Compile a helper of batches and let programs find it."""
    symbol = known(name, width)
    (address,) = functions(helper(name, width), [symbol], {})
    _let_find(symbol, address)


_kept: list[Any] = []  # what must live as long as the process


def load(
    write: Callable[[Callable[[str], None]], Source], arity: int, name: str = "program", *,
    meanwhile: Callable[[], object] | None = None,
) -> Native:  # fmt: skip
    """Compile a source; its function takes as many addresses as `arity` says.

    Args:
        write: returns the source; may hand over parts of a long one as soon as they are written.
        arity: of the function.
        name: of the function.
        meanwhile: is done while LLVM is busy; what it raises is raised.
    """
    parts = Parts()
    return Native(write(parts.take), arity, name, meanwhile, parts)
