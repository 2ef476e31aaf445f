"""A call of a compiled batch from end to end in native code, from Python objects to `.grad`.

For a small program, what Python does around the native code costs more than the code itself. Where
all arguments of a batch are buffers of float64, a `DirectCall` does everything in one call of a
native function: it asks the buffers for their memory, checks their types and shapes, reads the
leaves, runs the program with Python's lock released, and adds the gradients. Whatever is not as it
was when it was made is refused before anything is changed, and left to the long way, which knows
what is wrong.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from autograd.compile.buffers import address_of
from autograd.compile.llvm import calls, native, slots
from autograd.compile.llvm.layout import fetched, filled
from autograd.compile.rows import Given, Rows, Shared

if TYPE_CHECKING:
    from autograd.compile.ways import Path

__all__ = ["DirectCall", "direct_call"]

_MOST = 4  # dimensions of an argument
_REFUSED, _GRADIENTS_REFUSED = -1, -2
# What the native function is given: addresses and counts, in one array of 64-bit integers.
_NAMES = (
    "program inputs results work rows leaves leaf_count variables variable_count views arguments "
    "shapes"
)
_FIELDS = _NAMES.split()
_COUNTS = {"leaf_count", "variable_count", "arguments"}

_TEXT = """
define internal void @release(ptr %views, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %one ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %one, label %done
one:
  %start = mul i64 %i, VIEW
  %view = getelementptr i8, ptr %views, i64 %start
  call void @PyBuffer_Release(ptr %view)
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}
define i64 @direct(ptr %all, ptr %objects) {
entry:
FETCH
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %next ]
  %count = phi i64 [ 0, %entry ], [ %rows_here, %next ]
  %more = icmp slt i64 %i, %arguments
  br i1 %more, label %argument, label %ready
argument:
  %start = mul i64 %i, VIEW
  %view = getelementptr i8, ptr %views, i64 %start
  %object = call ptr @PyTuple_GetItem(ptr %objects, i64 %i)
  %fault = call i32 @PyObject_GetBuffer(ptr %object, ptr %view, i32 CONTIGUOUS)
  %taken = icmp eq i32 %fault, 0
  br i1 %taken, label %look, label %error
look:
  %i1 = add i64 %i, 1
  %shape_start = mul i64 %i, MOST
  %shape = getelementptr i64, ptr %shapes, i64 %shape_start
  %rows_here = call i64 @rows_of(ptr %view, ptr %shape)
  %some = icmp sgt i64 %rows_here, 0
  %is_first = icmp eq i64 %i, 0
  %as_many = icmp eq i64 %rows_here, %count
  %either = or i1 %is_first, %as_many
  %fits = and i1 %some, %either
  br i1 %fits, label %next, label %refuse
next:
  %memory = load ptr, ptr %view
  %row_at = getelementptr ptr, ptr %rows, i64 %i
  store ptr %memory, ptr %row_at
  br label %head
ready:
  %unread = call i64 @read(ptr %leaves, i64 %leaf_count, ptr %inputs)
  %read = icmp eq i64 %unread, 0
  br i1 %read, label %run, label %refuse
run:
  %state = call ptr @PyEval_SaveThread()
  %failed = call i64 %program(ptr %inputs, ptr %results, ptr %work, ptr %rows, i64 0, i64 %count,
    i64 %count)
  call void @PyEval_RestoreThread(ptr %state)
  call void @release(ptr %views, i64 %arguments)
  %passed = icmp eq i64 %failed, 0
  br i1 %passed, label %gradients, label %guard
gradients:
  %slopes = getelementptr double, ptr %results, i64 1
  %unadded = call i64 @add(ptr %variables, i64 %variable_count, ptr %slopes)
  %added = icmp eq i64 %unadded, 0
  %answer = select i1 %added, i64 0, i64 GRADIENTS_REFUSED
  ret i64 %answer
error:
  call void @PyErr_Clear()
  br label %refuse
refuse:
  %held = phi i64 [ %i, %error ], [ %i1, %look ], [ %i, %ready ]
  call void @release(ptr %views, i64 %held)
  ret i64 REFUSED
guard:
  ret i64 %failed
}
declare ptr @PyTuple_GetItem(ptr, i64)
"""


def _text(reading: str) -> str:
    """Return the source of the native function; `reading` is that of what it does with leaves."""
    words = {
        "FETCH": fetched(_FIELDS, _COUNTS), "GRADIENTS_REFUSED": _GRADIENTS_REFUSED,
        "REFUSED": _REFUSED, "VIEW": calls.VIEW, "MOST": _MOST, "CONTIGUOUS": calls.CONTIGUOUS,
    }  # fmt: skip
    return reading + calls.SHAPES + filled(_TEXT, words)


@cache
def _function() -> Callable[[int, tuple[Any, ...]], int] | None:
    """Return the native function; None where objects are not as expected."""
    reading = slots.source()
    if reading is None:
        return None
    called = [*calls.CALLED, *slots.API, "PyTuple_GetItem"]
    return calls.function(_text(reading), "direct", 1, called)


class _Desk:
    """What a call needs for itself alone: room for numbers, results and views, a work area."""

    def __init__(self, path: Path, shapes: array[int]) -> None:
        arguments = len(shapes) // _MOST
        code, space = path.machine()
        self.results = native.aligned(path.results)
        rooms = {
            "inputs": native.aligned(path.slots.count), "results": self.results,
            "rows": native.aligned(arguments), "views": native.aligned(calls.VIEW // 8 * arguments),
        }  # fmt: skip
        self._keep = rooms, space, shapes
        fields = {name: address_of(room) for name, room in rooms.items()} | {
            "program": code.address, "work": space.address, "leaves": path.slots.address,
            "leaf_count": path.slots.count, "variables": path.gradients.address,
            "variable_count": path.gradients.count, "arguments": arguments,
            "shapes": address_of(shapes),
        }  # fmt: skip
        self._fields = array("q", [fields[name] for name in _FIELDS])
        self.address = address_of(self._fields)


class DirectCall:
    """Calls of a path with buffers of the same names and shapes, but for the number of rows."""

    def __init__(self, path: Path, given: Given, function: Callable[..., int]) -> None:
        self.path = path
        self._positional = len(given.args)
        self._names = tuple(given.options)
        shapes = [(1 + len(x.key[1]), *x.key[1]) for x in given.rows]
        self._shapes = array("q", [n for s in shapes for n in (*s, *[0] * (_MOST - len(s)))])
        self._function = function
        self._desks: list[_Desk] = []

    def value(self, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """Return the result; None where the long way is to be taken."""
        if len(args) != self._positional or tuple(options) != self._names:
            return None
        desk = self._desk()
        status = self._function(desk.address, (*args, *options.values()))
        numbers = desk.results.tolist()
        self._desks.append(desk)
        return None if status else self.path.build(numbers)

    def backward(self, args: tuple[Any, ...], options: dict[str, Any]) -> float | None:
        """Return the loss, and add to the gradients; or None, and nothing has happened."""
        if len(args) != self._positional or tuple(options) != self._names:
            return None
        desk = self._desk()
        status = self._function(desk.address, (*args, *options.values()))
        if status == _GRADIENTS_REFUSED:
            self.path.gradients.add_to_gradients(array("d", desk.results), 1)
        loss = desk.results[0] if status in (0, _GRADIENTS_REFUSED) else None
        self._desks.append(desk)
        return loss

    def _desk(self) -> _Desk:
        """Return a desk that no other call uses."""
        try:
            return self._desks.pop()
        except IndexError:
            return _Desk(self.path, self._shapes)


def direct_call(path: Path, given: Given) -> DirectCall | None:
    """Return a way to call a path directly with arguments like these; None where there is none."""
    suits = (
        all(_is_buffer(x) for x in given.all)
        and path.code is not None
        and not path.code.calls_python
        and path.threads == 1
        and path.reduce is not None
        and path.plain
        and path.slots.is_native
        and path.gradients.is_native
        and path.results > 0
    )
    function = _function() if suits else None
    return None if function is None else DirectCall(path, given, function)


def _is_buffer(x: Rows | Shared) -> bool:
    """Return whether an argument is a buffer with a leading axis, of few dimensions."""
    if type(x) is not Rows or type(x.key[1]) is not tuple:
        return False
    return all(type(n) is int for n in x.key[1]) and len(x.key[1]) < _MOST
