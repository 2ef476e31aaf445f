"""Reading the numbers of many Values, and adding to their gradients, without Python in between.

A network has hundreds of parameters; fetching `.data` and storing `.grad` one by one costs more
than its compiled loss and gradient together. `Slots` knows a list of leaves by their addresses: a
few instructions of native code, under Python's lock, read the floats in their slots and put new
ones there. It is for CPython with its global lock only, looks at an object to learn where its slots
are, and refuses (so that Python does the work) whatever is not a plain float.
"""

from __future__ import annotations

import ctypes
import sys
import sysconfig
from array import array
from collections.abc import Sequence
from functools import cache
from typing import Any

from autograd.backward import store
from autograd.compile.llvm import machine
from autograd.compile.llvm.layout import filled
from autograd.value import Value

__all__ = ["API", "Slots", "source"]

PATIENCE = 50  # times: then native functions are made, which takes as long as hundreds

API = ("PyFloat_FromDouble", "Py_DecRef")  # what the native code calls

_POINTER = ctypes.sizeof(ctypes.c_void_p)
_LOOPS = """
define i64 @read(ptr %objects, i64 %count, ptr %out) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %done
look:
  %at = getelementptr ptr, ptr %objects, i64 %i
  %object = load ptr, ptr %at
  %slot = getelementptr i8, ptr %object, i64 DATA
  %number = load ptr, ptr %slot
  %deleted = icmp eq ptr %number, null
  br i1 %deleted, label %refuse, label %there_is
there_is:
  %where = getelementptr i8, ptr %number, i64 8
  %kind = load i64, ptr %where
  %plain = icmp eq i64 %kind, KIND
  br i1 %plain, label %next, label %refuse
next:
  %there = getelementptr i8, ptr %number, i64 16
  %x = load double, ptr %there
  %to = getelementptr double, ptr %out, i64 %i
  store double %x, ptr %to
  %i1 = add i64 %i, 1
  br label %head
refuse:
  ret i64 1
done:
  ret i64 0
}
define i64 @look(ptr %objects, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %there_is ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %done
look:
  %at = getelementptr ptr, ptr %objects, i64 %i
  %object = load ptr, ptr %at
  %slot = getelementptr i8, ptr %object, i64 GRAD
  %number = load ptr, ptr %slot
  %deleted = icmp eq ptr %number, null
  br i1 %deleted, label %refuse, label %there_is
there_is:
  %where = getelementptr i8, ptr %number, i64 8
  %kind = load i64, ptr %where
  %plain = icmp eq i64 %kind, KIND
  %i1 = add i64 %i, 1
  br i1 %plain, label %head, label %refuse
refuse:
  ret i64 1
done:
  ret i64 0
}
define i64 @add(ptr %objects, i64 %count, ptr %slopes) {
entry:
  %fault = call i64 @look(ptr %objects, i64 %count)
  %fine = icmp eq i64 %fault, 0
  br i1 %fine, label %head, label %refuse
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %sum, label %done
sum:
  %at = getelementptr ptr, ptr %objects, i64 %i
  %object = load ptr, ptr %at
  %slot = getelementptr i8, ptr %object, i64 GRAD
  %number = load ptr, ptr %slot
  %there = getelementptr i8, ptr %number, i64 16
  %before = load double, ptr %there
  %from = getelementptr double, ptr %slopes, i64 %i
  %slope = load double, ptr %from
  %after = fadd double %before, %slope
  %users = load i64, ptr %number
  %own = icmp eq i64 %users, 1
  br i1 %own, label %change, label %renew
change:
  store double %after, ptr %there
  br label %next
renew:
  %new = call ptr @PyFloat_FromDouble(double %after)
  %none = icmp eq ptr %new, null
  br i1 %none, label %next, label %put
put:
  store ptr %new, ptr %slot
  call void @Py_DecRef(ptr %number)
  br label %next
next:
  %i1 = add i64 %i, 1
  br label %head
refuse:
  ret i64 1
done:
  ret i64 0
}
declare ptr @PyFloat_FromDouble(double)
declare void @Py_DecRef(ptr)
"""


def _offset(slot: str) -> int | None:
    """Return where in a Value a slot is, found by looking for the address of what is in it."""
    value, mark = Value(0.0), float("1.5")
    setattr(value, slot, mark)
    words = type(value).__basicsize__ // _POINTER
    found = ctypes.cast(id(value), ctypes.POINTER(ctypes.c_void_p))
    places = [i * _POINTER for i in range(2, words) if found[i] == id(mark)]
    return places[0] if len(places) == 1 else None


def _float_is_as_expected() -> bool:
    mark = float("2.5")
    number = ctypes.cast(id(mark) + 16, ctypes.POINTER(ctypes.c_double))[0]
    kind = ctypes.cast(id(mark) + 8, ctypes.POINTER(ctypes.c_void_p))[0]
    return bool(number == mark and kind == id(float))


@cache
def source() -> str | None:
    """Return the source of the native `read` and `add`; None where objects are not as expected."""
    locked = sys.implementation.name == "cpython" and not sysconfig.get_config_var(
        "Py_GIL_DISABLED"
    )
    if not locked or _POINTER != 8 or not machine.available() or not _float_is_as_expected():
        return None
    data, grad = _offset("_data"), _offset("grad")
    if data is None or grad is None:
        return None
    return filled(_LOOPS, {"DATA": data, "GRAD": grad, "KIND": id(float)})


@cache
def _made() -> tuple[Any, Any] | None:
    """Return the native `read` and `add`; None where there is no source for them."""
    text = source()
    if text is None:
        return None
    kind = ctypes.PYFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)
    api = {name: getattr(ctypes.pythonapi, name) for name in API}
    read, add = machine.functions(text, ["read", "add"], api)
    return kind(read), kind(add)


class Slots:
    """The leaves that a program reads, in order."""

    def __init__(self, leaves: Sequence[Value]) -> None:
        self.leaves = list(leaves)
        self.count = len(self.leaves)
        self._zeros = array("d", bytes(8 * self.count))
        self._objects = array("q", map(id, self.leaves))
        self.address = self._objects.buffer_info()[0]  # where the addresses of the leaves are
        self.is_native = all(type(leaf) is Value for leaf in self.leaves)
        self._native: tuple[Any, Any] | None = None
        self._left = PATIENCE if self.is_native and self.count else 0

    def _functions(self) -> tuple[Any, Any] | None:
        """Return the native `read` and `add` where they are worth their compilation."""
        if self._left > 0:
            self._left -= 1
            if self._left <= 0:
                self._native = _made()
        return self._native

    def numbers(self) -> array[float]:
        """Return the numbers of the leaves."""
        native = self._functions()
        if native is not None:
            found = self._zeros[:]
            if not native[0](self.address, self.count, found.buffer_info()[0]):
                return found
        return array("d", [leaf._data for leaf in self.leaves])

    def add_to_gradients(self, slopes: array[float], start: int) -> None:
        """Add numbers, from a start on, to the gradients of the leaves: all or none."""
        native = self._functions()
        if native is not None:
            address = slopes.buffer_info()[0] + 8 * start
            if not native[1](self.address, self.count, address):
                return
        store(dict(zip(self.leaves, slopes[start:], strict=True)))
