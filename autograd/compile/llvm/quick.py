"""A call of a compiled function in native code but for its result, beginning with Python's numbers.

What Python does around the native code of a small function takes ten times as long as the code.
Where the arguments are numbers, flat lists or tuples of numbers, or buffers of float64 in the place
of lists, a `quick_call` does nearly everything in one call of a native function: it reads them and
the leaves, runs the program with Python's lock released, and writes to `out`, if that is given.
Whatever is not as it was at the first call is refused before anything is changed, and left to the
long way, which knows what is wrong.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from autograd.compile.buffers import address_of
from autograd.compile.llvm import calls, native, slots
from autograd.compile.llvm.layout import fetched, filled
from autograd.compile.llvm.slots import Slots

__all__ = ["QuickCall", "quick_call"]

QuickCall: TypeAlias = Callable[[tuple[Any, ...], Any], Any]
_Desk: TypeAlias = tuple[int, Callable[[], Any], Any]

# What the native function is given: addresses and counts, in one array of 64-bit integers.
_NAMES = "program inputs results work leaves leaf_count given arguments shapes result_count view"
_FIELDS = _NAMES.split()
_COUNTS = {"leaf_count", "given", "arguments", "result_count"}
_API = ("PyLong_AsDouble", "PyErr_Occurred")
_ITEMS, _SIZE = 24, 16  # bytes from the start of a list or tuple to its items and their number

# The shape of an argument is -1 for a number, else twice how many there are, and 1 for a tuple.
_TEXT = """
@one_dimension = internal constant i64 1
define internal i1 @take(ptr %object, ptr %to) {
entry:
  %kind_at = getelementptr i8, ptr %object, i64 8
  %kind = load i64, ptr %kind_at
  switch i64 %kind, label %refuse [ i64 FLOAT, label %float
                                    i64 INT, label %int ]
float:
  %number_at = getelementptr i8, ptr %object, i64 16
  %number = load double, ptr %number_at
  store double %number, ptr %to
  ret i1 true
int:
  %rounded = call double @PyLong_AsDouble(ptr %object)
  store double %rounded, ptr %to
  %error = call ptr @PyErr_Occurred()
  %fine = icmp eq ptr %error, null
  br i1 %fine, label %taken, label %large
taken:
  ret i1 true
large:
  call void @PyErr_Clear()
  br label %refuse
refuse:
  ret i1 false
}
define internal i1 @take_all(ptr %object, i64 %shape, ptr %to, ptr %view) {
entry:
  %count = ashr i64 %shape, 1
  %bit = and i64 %shape, 1
  %in_tuple = icmp eq i64 %bit, 1
  %wanted = select i1 %in_tuple, i64 TUPLE, i64 LIST
  %kind_at = getelementptr i8, ptr %object, i64 8
  %kind = load i64, ptr %kind_at
  %as_wanted = icmp eq i64 %kind, %wanted
  br i1 %as_wanted, label %sequence, label %other
sequence:
  %size_at = getelementptr i8, ptr %object, i64 SIZE
  %size = load i64, ptr %size_at
  %behind = getelementptr i8, ptr %object, i64 ITEMS
  %elsewhere = load ptr, ptr %behind
  %items = select i1 %in_tuple, ptr %behind, ptr %elsewhere
  %as_many = icmp eq i64 %size, %count
  br i1 %as_many, label %head, label %refuse
head:
  %i = phi i64 [ 0, %sequence ], [ %i1, %item ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %item, label %done
item:
  %x_at = getelementptr ptr, ptr %items, i64 %i
  %x = load ptr, ptr %x_at
  %at = getelementptr double, ptr %to, i64 %i
  %good = call i1 @take(ptr %x, ptr %at)
  %i1 = add i64 %i, 1
  br i1 %good, label %head, label %refuse
other:
  br i1 %in_tuple, label %refuse, label %buffer
buffer:
  %copied = call i1 @copy(ptr %object, i64 %count, ptr %to, ptr %view, i1 false)
  ret i1 %copied
done:
  ret i1 true
refuse:
  ret i1 false
}
define internal i1 @copy(ptr %object, i64 %count, ptr %numbers, ptr %view, i1 %is_out) {
entry:
  %flags = select i1 %is_out, i32 WRITABLE, i32 CONTIGUOUS
  %fault = call i32 @PyObject_GetBuffer(ptr %object, ptr %view, i32 %flags)
  %there = icmp eq i32 %fault, 0
  br i1 %there, label %look, label %error
look:
  %rows = call i64 @rows_of(ptr %view, ptr @one_dimension)
  %fits = icmp eq i64 %rows, %count
  br i1 %fits, label %move, label %done
move:
  %memory = load ptr, ptr %view
  %to = select i1 %is_out, ptr %memory, ptr %numbers
  %from = select i1 %is_out, ptr %numbers, ptr %memory
  %bytes = mul i64 %count, 8
  call void @llvm.memmove.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
  br label %done
done:
  call void @PyBuffer_Release(ptr %view)
  ret i1 %fits
error:
  call void @PyErr_Clear()
  ret i1 false
}
define i64 @quick(ptr %all, ptr %objects, ptr %out) {
entry:
FETCH
  %size_at = getelementptr i8, ptr %objects, i64 SIZE
  %size = load i64, ptr %size_at
  %as_many = icmp eq i64 %size, %arguments
  br i1 %as_many, label %head, label %refuse
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %to = phi ptr [ %inputs, %entry ], [ %to1, %next ]
  %more = icmp slt i64 %i, %arguments
  br i1 %more, label %argument, label %ready
argument:
  %i1 = add i64 %i, 1
  %items = getelementptr i8, ptr %objects, i64 ITEMS
  %object_at = getelementptr ptr, ptr %items, i64 %i
  %object = load ptr, ptr %object_at
  %shape_at = getelementptr i64, ptr %shapes, i64 %i
  %shape = load i64, ptr %shape_at
  %is_number = icmp slt i64 %shape, 0
  br i1 %is_number, label %number, label %several
number:
  %good = call i1 @take(ptr %object, ptr %to)
  br i1 %good, label %next, label %refuse
several:
  %all_good = call i1 @take_all(ptr %object, i64 %shape, ptr %to, ptr %view)
  %count = ashr i64 %shape, 1
  br i1 %all_good, label %next, label %refuse
next:
  %taken = phi i64 [ 1, %number ], [ %count, %several ]
  %to1 = getelementptr double, ptr %to, i64 %taken
  br label %head
ready:
  %rest = getelementptr double, ptr %inputs, i64 %given
  %unread = call i64 @read(ptr %leaves, i64 %leaf_count, ptr %rest)
  %is_read = icmp eq i64 %unread, 0
  br i1 %is_read, label %run, label %refuse
run:
  %state = call ptr @PyEval_SaveThread()
  %failed = call i64 %program(ptr %inputs, ptr %results, ptr %work)
  call void @PyEval_RestoreThread(ptr %state)
  %passed = icmp eq i64 %failed, 0
  br i1 %passed, label %results_wanted, label %refuse
results_wanted:
  %is_new = icmp eq ptr %out, inttoptr (i64 NONE to ptr)
  br i1 %is_new, label %done, label %write
write:
  %written = call i1 @copy(ptr %out, i64 %result_count, ptr %results, ptr %view, i1 true)
  br i1 %written, label %done, label %refuse
done:
  ret i64 0
refuse:
  ret i64 1
}
declare double @PyLong_AsDouble(ptr)
declare ptr @PyErr_Occurred()
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
"""


def _text(reading: str) -> str:
    """Return the source of the native function; `reading` is that of what it does with leaves."""
    words = {
        "FETCH": fetched(_FIELDS, _COUNTS), "CONTIGUOUS": calls.CONTIGUOUS,
        "WRITABLE": calls.CONTIGUOUS | calls.WRITABLE, "NONE": id(None), "FLOAT": id(float),
        "INT": id(int), "LIST": id(list), "TUPLE": id(tuple), "ITEMS": _ITEMS, "SIZE": _SIZE,
    }  # fmt: skip
    return reading + calls.SHAPES + filled(_TEXT, words)


def _sequences_are_as_expected() -> bool:
    """Return whether lists and tuples have their items, and how many these are, where we look."""
    mark = object()
    several: Any
    for several in ([None, mark], (None, mark)):
        at, word = id(several), ctypes.c_void_p
        items = at + _ITEMS if type(several) is tuple else word.from_address(at + _ITEMS).value
        size = ctypes.c_ssize_t.from_address(at + _SIZE).value
        if size != 2 or word.from_address((items or 0) + 8).value != id(mark):
            return False
    return True


@cache
def _function() -> Callable[[int, tuple[Any, ...], Any], int] | None:
    """Return the native function; None where objects are not as expected."""
    reading = slots.source()
    if reading is None or not _sequences_are_as_expected():
        return None
    return calls.function(_text(reading), "quick", 2, [*calls.CALLED, *slots.API, *_API])


def quick_call(
    code: native.Native | None, leaves: Slots, arguments: Any, results: int,
    build: Callable[[list[float]], Any],
) -> QuickCall | None:  # fmt: skip
    """Return a function of (args, out) that calls a program directly; None where there is none.

    It returns the result, or `out` with the result in it; None where to take the long way.

    Args:
        code: the program.
        leaves: what it reads after its arguments.
        arguments: the structure of its arguments, positional and by name.
        results: how many numbers are in its result.
        build: makes the result of these.
    """
    if code is None or code.calls_python or not leaves.is_native or arguments[1] or not results:
        return None
    shapes = [_shape(x) for x in arguments[0]]
    function = _function() if None not in shapes else None
    if function is None:
        return None
    sizes = array("q", [x for x in shapes if x is not None] or [0])
    given = sum([1 if size < 0 else size >> 1 for size in sizes]) if shapes else 0
    fixed = {
        "program": code.address, "leaves": leaves.address, "leaf_count": leaves.count,
        "given": given, "arguments": len(shapes), "shapes": address_of(sizes),
        "result_count": results,
    }  # fmt: skip
    counts = {"inputs": given + leaves.count, "results": results, "view": calls.VIEW // 8}
    desks: list[_Desk] = []

    def call(args: tuple[Any, ...], out: Any) -> Any:
        try:
            desk = desks.pop()  # one that no other call uses
        except IndexError:
            desk = _desk(fixed, code, counts)
        if function(desk[0], args, out):
            out = None
        elif out is None:
            out = build(desk[1]())
        desks.append(desk)
        return out

    call.keeps = sizes, leaves  # type: ignore[attr-defined] # what is known by its address only
    return call


def _desk(fixed: dict[str, int], code: native.Native, counts: dict[str, int]) -> _Desk:
    """Return what a call needs for itself alone: room for numbers and results, a work area.

    As the address of all that the native function is given, what lists the results, and what is to
    be kept.
    """
    space = code.space()
    rooms = {name: native.aligned(count) for name, count in counts.items()}
    known = {**fixed, "work": space.address}
    known |= {name: address_of(room) for name, room in rooms.items()}
    fields = array("q", [known[name] for name in _FIELDS])
    results = rooms["results"]
    return address_of(fields), results.tolist, (fields, rooms, space)


def _shape(argument: Any) -> int | None:
    """Return the shape of an argument, None where it is nested."""
    if not isinstance(argument, (list, tuple, dict)):
        return -1
    nested = any(isinstance(x, (list, tuple, dict)) for x in argument)
    if nested or type(argument) not in (list, tuple):
        return None
    return 2 * len(argument) + (type(argument) is tuple)
