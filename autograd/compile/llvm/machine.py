"""From LLVM's language to machine code in memory, through llvmlite.

`compiled` takes a text, `Parts` takes several one after the other, `functions` gives the addresses
of some that live as long as the process. `available()` says whether llvmlite is there; `lanes()`
how many doubles a vector register holds.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from itertools import count
from typing import Any, NamedTuple

from autograd.compile.llvm.symbols import LIBM

__all__ = [
    "Parts",
    "available",
    "binding",
    "compiled",
    "features",
    "functions",
    "lanes",
    "let_find",
]

_lock = threading.Lock()
_numbers = count(1)
_DECLARED = re.compile(r"^declare .*?@([\w.]+)\(", re.MULTILINE)
LINKED_BY_ONE = 100  # programs linked through one linker
WORTH_A_THREAD = 4_000  # characters of a program
_linked_so_far = count(1)
_linkers: list[Any] = []  # the one in use
_addresses: dict[str, Any] = {}  # of the functions that compiled code may call
_kept: list[Any] = []  # what must live as long as the process


@cache
def binding() -> Any:
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
        let_find(name, getattr(library, name))


def let_find(name: str, function: Any) -> None:
    """Let compiled code find a function of C, or one compiled before, by its address."""
    _addresses[name] = ctypes.cast(function, ctypes.c_void_p).value


def available() -> bool:
    """Return whether llvmlite is installed."""
    return binding() is not None


@cache
def features() -> Any:
    """Return the features of this processor."""
    return binding().get_host_cpu_features()


@cache
def lanes() -> int:
    """Return how many doubles a vector register of this processor holds: 8, 4 or 2."""
    has = features()
    return 8 if has.get("avx512f") else 4 if has.get("avx2") or has.get("avx") else 2


def _linker() -> Any:
    """Return what puts machine code into memory: another one after some uses.

    It keeps a little of all that it has linked, until the last code that came through it is gone.
    """
    if not _linkers or next(_linked_so_far) % LINKED_BY_ONE == 0:
        _linkers[:] = [binding().create_lljit_compiler(use_jit_link=sys.platform != "win32")]
    return _linkers[0]


@cache
def _machine(level: int) -> Any:
    """Return what compiles for this processor with an effort from 0 to 3.

    Code finds its constants close to itself, which also is what LLVM's quick level needs to be
    quick; so `_linker` puts all that belongs to a program in one place.
    """
    llvm = binding()
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

    def take(self, text: str, level: int) -> None:
        """Compile a text, after those taken before."""
        self._submit(partial(_object, text, level))

    def take_last(self, text: str, level: int) -> None:
        """Compile a text, but read it here: that thread asks for Python's lock at every step."""
        with _lock:
            module = binding().parse_assembly(text)
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
        module = binding().parse_assembly(text)
    return _emitted(text, module, level)


def _emitted(text: str, module: Any, level: int) -> _Object:
    """Compile a text that LLVM has read."""
    declared = _DECLARED.findall(text)  # LLVM would be asked in many calls
    with _lock:
        return _Object(_machine(level).emit_object(module), declared)


def compiled(
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
        library = binding().JITLibraryBuilder()
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
        let_find(name, function)
    code = compiled(text, 2, names)
    _kept.append(code)
    return [code[name] for name in names]
