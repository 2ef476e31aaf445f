"""From LLVM's language to machine code, in several threads where there are processors for them.

`Parts` takes texts one after the other and compiles them beside what writes more of them;
`generated` compiles one here. LLVM is safe in several threads that share nothing: each has a
`Generator`, with a context and target machines of its own. All else is done under one `LOCK`. This
and llvmlite's own are held when a process forks, so that no child inherits them from a thread that
it does not have.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache, partial
from typing import Any, NamedTuple, Self

__all__ = ["LOCK", "Object", "Parts", "binding", "features", "generated"]

_DECLARED = re.compile(r"^declare .*?@([\w.]+)\(", re.MULTILINE)
_MOST_THREADS = 4
_LARGE_CONTEXT = 10_000_000  # characters read: a context keeps every constant in them
_LONG = 100_000  # characters of a text
LOCK = threading.RLock()
_idle: list[Generator] = []


class Object(NamedTuple):
    """Machine code, and what it does not define."""

    code: bytes
    declared: list[str]


@cache
def binding() -> Any:
    """Return llvmlite.binding, made ready; None where it is not installed."""
    try:
        import llvmlite.binding as llvm
    except ImportError:
        return None
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    locks: tuple[Any, ...] = (getattr(llvm.ffi.lib, "_lock", None), LOCK)  # taken from the end
    for lock in locks:
        if hasattr(os, "register_at_fork") and hasattr(lock, "__enter__"):
            leave = partial(lock.__exit__, None, None, None)
            os.register_at_fork(before=lock.__enter__, after_in_parent=leave, after_in_child=leave)
    return llvm


@cache
def features() -> Any:
    """Return the features of this processor."""
    return binding().get_host_cpu_features()


def _machine(level: int) -> Any:
    """Return what compiles for this processor.

    Code finds its constants close to itself, which also is what LLVM's quick level needs to be
    quick; so linkers put all that belongs to a program in one place.
    """
    llvm = binding()
    near = {} if sys.platform == "win32" else {"reloc": "pic", "codemodel": "small"}
    with LOCK:
        return llvm.Target.from_default_triple().create_target_machine(
            cpu=llvm.get_host_cpu_name(), features=features().flatten(), opt=level,
            jit=not near, **near,
        )  # fmt: skip


class _Direct:
    """What LLVM does between reading a text and machine code, without llvmlite's lock.

    llvmlite has one lock for all calls, since most of its users share a context. And only making
    code releases Python's lock here: a thread beside a busy one gets that back after 5 ms.
    """

    def __init__(self) -> None:
        from llvmlite.binding import ffi

        self._emit = self._found(ctypes.CDLL, ffi.lib, "TargetMachineEmitToMemory")
        self._start = self._found(ctypes.PyDLL, ffi.lib, "GetBufferStart")
        self._size = self._found(ctypes.PyDLL, ffi.lib, "GetBufferSize")
        self._dispose = self._found(ctypes.PyDLL, ffi.lib, "DisposeMemoryBuffer")

    def _found(self, kind: Any, lib: Any, name: str) -> Any:
        known = getattr(lib, f"LLVMPY_{name}")
        found = getattr(kind(lib._name), f"LLVMPY_{name}")
        found.argtypes, found.restype = known.argtypes, known.restype
        return found

    def code(self, machine: Any, module: Any) -> bytes:
        """Return the machine code for a module."""
        error = ctypes.c_char_p()
        buffer = self._emit(machine, module, 1, ctypes.byref(error))
        if not buffer:
            raise RuntimeError(f"LLVM makes no code: {error.value!r}")
        try:
            return ctypes.string_at(self._start(buffer), self._size(buffer))
        finally:
            self._dispose(buffer)


@cache
def _direct() -> _Direct | None:
    """Return LLVM's functions; None where this llvmlite has them in another way."""
    try:
        with LOCK:
            module = binding().parse_assembly("define void @f() {\nret void\n}\n")
            found, machine = _Direct(), _machine(0)
            is_same = found.code(machine, module) == machine.emit_object(module)
    except (ImportError, AttributeError, OSError, TypeError, ctypes.ArgumentError):
        return None
    return found if is_same else None


@cache
def _threads() -> int:
    """Return how many threads may make machine code at the same time."""
    if _direct() is None:
        return 1
    processors = getattr(os, "sched_getaffinity", lambda _: range(os.cpu_count() or 1))(0)
    return min(len(processors), _MOST_THREADS)


class Generator:
    """What one thread at a time makes machine code with."""

    def __init__(self) -> None:
        self._context = binding().create_context()
        self._read = 0
        self._machines: dict[int, Any] = {}

    def parsed(self, text: str) -> Any:
        """Return what LLVM has read."""
        with LOCK:
            self._read += len(text)
            if self._read > _LARGE_CONTEXT:
                self._context, self._read = binding().create_context(), len(text)
            return binding().parse_assembly(text, self._context)

    def emitted(self, module: Any, level: int) -> bytes:
        """Return machine code for this processor, made with an effort from 0 to 3."""
        if level not in self._machines:
            self._machines[level] = _machine(level)
        direct, machine = _direct(), self._machines[level]
        if direct is not None:
            return direct.code(machine, module)
        with LOCK:
            code: bytes = machine.emit_object(module)
        return code


def _generator() -> Generator:
    """Return one that nobody uses; to be given back to `_idle`."""
    with LOCK:
        return _idle.pop() if _idle else Generator()


def generated(text: str, level: int) -> Object:
    """Compile a text."""
    generator = _generator()
    return _emitted(text, generator, generator.parsed(text), level)


def _emitted(text: str, generator: Generator, module: Any, level: int) -> Object:
    """Compile a text that LLVM has read; let others have the generator."""
    try:
        code = generator.emitted(module, level)
        return Object(code, _DECLARED.findall(text))  # LLVM would be asked in many calls
    finally:
        with LOCK:
            module.close()
            _idle.append(generator)


class Parts:
    """Texts on their way to machine code, in threads beside what writes more of them.

    LLVM does not need Python meanwhile.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._objects: list[Future[Object]] = []

    def __bool__(self) -> bool:
        return bool(self._objects)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Forget what has not begun: nothing has, unless something went wrong."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def take(self, text: str, level: int) -> None:
        """Compile a text; a short one is read here: that asks for Python's lock at every step."""
        if len(text) > _LONG:
            self._submit(generated, text, level)
            return
        generator = _generator()
        self._submit(_emitted, text, generator, generator.parsed(text), level)

    def _submit(self, work: Callable[..., Object], *given: Any) -> None:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_threads())
        try:
            self._objects.append(self._pool.submit(work, *given))
        except RuntimeError:  # Python is about to end, and starts no threads any more
            done: Future[Object] = Future()
            done.set_result(work(*given))
            self._objects.append(done)

    def results(self) -> list[Object]:
        """Wait for all; return what has become of them."""
        return [each.result() for each in self._objects]
