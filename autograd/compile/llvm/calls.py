"""How Python calls native code that takes and gives objects of Python.

`function` makes a builtin function of Python of native code, which costs a tenth of a call through
ctypes. `SHAPES` is what such code asks of a buffer, `CALLED` the functions of Python for that.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

from autograd.compile.llvm import machine
from autograd.compile.llvm.layout import filled

__all__ = ["CALLED", "CONTIGUOUS", "SHAPES", "VIEW", "WRITABLE", "function"]

VIEW = 80  # bytes of a Py_buffer
CONTIGUOUS = 0x3C  # a request for a buffer in one piece, with a format
WRITABLE = 0x01  # and one to be written to
CALLED = ("PyObject_GetBuffer", "PyBuffer_Release", "PyErr_Clear", "PyEval_SaveThread",
          "PyEval_RestoreThread")  # fmt: skip
_FAST = 0x80  # METH_FASTCALL: arguments come as an array and their number

# A shape is the number of dimensions, and the sizes of all but the first. The function returns how
# many rows a buffer of doubles has; 0 where it holds something else, or has another shape.
SHAPES = """
define internal i64 @rows_of(ptr %view, ptr %shape) {
entry:
  %format_at = getelementptr i8, ptr %view, i64 40
  %format = load ptr, ptr %format_at
  %letter = load i8, ptr %format
  %is_d = icmp eq i8 %letter, 100
  br i1 %is_d, label %alone, label %other
alone:
  %second_at = getelementptr i8, ptr %format, i64 1
  %second = load i8, ptr %second_at
  %is_alone = icmp eq i8 %second, 0
  br i1 %is_alone, label %dimensions, label %other
dimensions:
  %count_at = getelementptr i8, ptr %view, i64 36
  %count32 = load i32, ptr %count_at
  %count = sext i32 %count32 to i64
  %wanted = load i64, ptr %shape
  %is_wanted = icmp eq i64 %count, %wanted
  br i1 %is_wanted, label %sizes, label %other
sizes:
  %sizes_at = getelementptr i8, ptr %view, i64 48
  %found = load ptr, ptr %sizes_at
  br label %head
head:
  %d = phi i64 [ 1, %sizes ], [ %d1, %size ]
  %more = icmp slt i64 %d, %count
  br i1 %more, label %size, label %done
size:
  %a_at = getelementptr i64, ptr %found, i64 %d
  %b_at = getelementptr i64, ptr %shape, i64 %d
  %a = load i64, ptr %a_at
  %b = load i64, ptr %b_at
  %d1 = add i64 %d, 1
  %same = icmp eq i64 %a, %b
  br i1 %same, label %head, label %other
done:
  %rows = load i64, ptr %found
  ret i64 %rows
other:
  ret i64 0
}
declare i32 @PyObject_GetBuffer(ptr, ptr, i32)
declare void @PyBuffer_Release(ptr)
declare void @PyErr_Clear()
declare ptr @PyEval_SaveThread()
declare void @PyEval_RestoreThread(ptr)
"""

_ENTRY = """
define ptr @entry(ptr %module, ptr %given, i64 %count) {
entry:
  %address = load ptr, ptr %given
  %all = call ptr @PyLong_AsVoidPtr(ptr %address)
ARGUMENTS
  %status = call i64 @NAME(ptr %all, PASSED)
  %answer = call ptr @PyLong_FromLongLong(i64 %status)
  ret ptr %answer
}
declare ptr @PyLong_AsVoidPtr(ptr)
declare ptr @PyLong_FromLongLong(i64)
"""


class _MethodDef(ctypes.Structure):
    """What Python knows of a builtin function."""

    _fields_ = (("name", ctypes.c_char_p), ("code", ctypes.c_void_p), ("flags", ctypes.c_int),
                ("doc", ctypes.c_char_p))  # fmt: skip


def function(text: str, name: str, objects: int, called: Sequence[str]) -> Callable[..., int]:
    """Return a builtin function of Python that calls native code with Python's lock held.

    Args:
        text: of the code: a function `i64 @NAME(ptr, ptr, ...)`.
        name: of that function.
        objects: how many objects it takes after an address, which is a whole number of Python.
        called: the functions of Python that it calls.
    """
    lines = []
    for i in range(1, objects + 1):
        lines.append(f"  %place{i} = getelementptr ptr, ptr %given, i64 {i}")
        lines.append(f"  %object{i} = load ptr, ptr %place{i}")
    passed = ", ".join([f"ptr %object{i}" for i in range(1, objects + 1)])
    words = {"ARGUMENTS": "\n".join(lines), "NAME": name, "PASSED": passed}
    names = (*called, "PyLong_AsVoidPtr", "PyLong_FromLongLong")
    api = {each: getattr(ctypes.pythonapi, each) for each in names}
    (address,) = machine.functions(text + filled(_ENTRY, words), ["entry"], api)
    described = _MethodDef(f"autograd_{name}".encode(), address, _FAST, None)
    # For good: when Python ends it may look at functions after it has emptied this module.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(described))
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.py_object)(
        ("PyCFunction_NewEx", ctypes.pythonapi)
    )
    nothing = ctypes.py_object()
    made: Callable[..., int] = new(ctypes.addressof(described), nothing, nothing)
    return made
