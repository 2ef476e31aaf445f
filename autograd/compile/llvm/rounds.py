"""The loop over the rows of a batch, in LLVM's language: the same for all programs.

`text` is a function that does all rounds. In each it takes as many rows as a vector has
lanes, turns them into vectors and calls what computes on these. The first round may have fewer
rows: its other lanes repeat the last of them, and what they have added to sums is taken out.

What differs from program to program stands in a `plan`, a constant that `plan` writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from autograd.compile.llvm.layout import filled, first_lanes

__all__ = ["Turn", "plan", "text"]

_TEXT = """
define void @NAME(ptr %plan, ptr %each, ptr %u, ptr %w, ptr %o, ptr %x, i64 %begin, i64 %end) {
entry:
  %count = load i64, ptr %plan
  %sums_field = getelementptr i64, ptr %plan, i64 1
  %sums_at = load i64, ptr %sums_field
  %sums = getelementptr i8, ptr %w, i64 %sums_at
  %scatter_field = getelementptr i64, ptr %plan, i64 2
  %scatter = load ptr, ptr %scatter_field
  %is_summed = icmp eq ptr %scatter, null
  %arguments_field = getelementptr i64, ptr %plan, i64 3
  %arguments = load i64, ptr %arguments_field
  %fields = getelementptr i64, ptr %plan, i64 4
  %room = mul i64 %count, BYTES
  %bytes = select i1 %is_summed, i64 %room, i64 0
  call void @llvm.memset.p0.i64(ptr %sums, i8 0, i64 %bytes, i1 false)
  %rows_here = sub i64 %end, %begin
  %over = srem i64 %rows_here, WIDTH
  %none_over = icmp eq i64 %over, 0
  %first_size = select i1 %none_over, i64 WIDTH, i64 %over
  br label %head
head:
  %i = phi i64 [ %begin, %entry ], [ %next, %after ]
  %size = phi i64 [ %first_size, %entry ], [ WIDTH, %after ]
  %more = icmp slt i64 %i, %end
  br i1 %more, label %round, label %done
round:
  %next = add i64 %i, %size
  %last = sub i64 %next, 1
  br label %turn
turn:
  %b = phi i64 [ 0, %round ], [ %b1, %argument ]
  %again = icmp slt i64 %b, %arguments
  br i1 %again, label %argument, label %work
argument:
  %field = mul i64 %b, 4
  %gather_field = getelementptr i64, ptr %fields, i64 %field
  %gather = load ptr, ptr %gather_field
  %number_field = getelementptr i64, ptr %gather_field, i64 1
  %number = load i64, ptr %number_field
  %rows_field = getelementptr i64, ptr %x, i64 %number
  %rows = load ptr, ptr %rows_field
  %columns_field = getelementptr i64, ptr %gather_field, i64 2
  %columns = load i64, ptr %columns_field
  %into_field = getelementptr i64, ptr %gather_field, i64 3
  %into_at = load i64, ptr %into_field
  %into = getelementptr i8, ptr %w, i64 %into_at
  call void %gather(ptr %rows, ptr %into, i64 %columns, i64 %i, i64 %last)
  %b1 = add i64 %b, 1
  br label %turn
work:
  call void %each(ptr %u, ptr %w, ptr %o)
  br i1 %is_summed, label %look, label %rows_wanted
look:
  %few = icmp slt i64 %size, WIDTH
  br i1 %few, label %take_out, label %after
take_out:
MASK
  br label %sum
sum:
  %j = phi i64 [ 0, %take_out ], [ %j1, %one ]
  %others = icmp slt i64 %j, %count
  br i1 %others, label %one, label %after
one:
  %at = getelementptr VECTOR, ptr %sums, i64 %j
  %found = load VECTOR, ptr %at
  %right = select <WIDTH x i1> %mask, VECTOR %found, VECTOR zeroinitializer
  store VECTOR %right, ptr %at
  %j1 = add i64 %j, 1
  br label %sum
rows_wanted:
  call void %scatter(ptr %sums, ptr %o, i64 %count, i64 %i, i64 %size)
  br label %after
after:
  br label %head
done:
  ret void
}
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
"""


class Turn(NamedTuple):
    """How to turn the rows of an argument into vectors."""

    gather: str  # the symbol of what does it
    argument: int  # which it is
    columns: int
    into: int  # where the vectors go, in bytes from the start of the work area


def plan(count: int, sums: int, scatter: str, turns: Sequence[Turn]) -> str:
    """Return the plan of a program as a constant.

    Args:
        count: of the results in a row; of sums, also those in the room behind them.
        sums: where they are, in bytes from the start of the work area.
        scatter: the symbol of what puts them into rows; "" where they are sums over all rows.
        turns: of the arguments that have columns.
    """
    fields = [f"i64 {count}", f"i64 {sums}", f"ptr {scatter or 'null'}", f"i64 {len(turns)}"]
    for gather, argument, columns, into in turns:
        fields += [f"ptr {gather}", f"i64 {argument}", f"i64 {columns}", f"i64 {into}"]
    kinds = ", ".join(field.split()[0] for field in fields)
    return f"@plan = internal constant {{{kinds}}} {{{', '.join(fields)}}}"


def text(symbol: str, width: int) -> str:
    """Return the function for vectors of a width, with a symbol."""
    words = {
        "NAME": symbol, "BYTES": 8 * width, "VECTOR": "<WIDTH x double>", "WIDTH": width,
    }  # fmt: skip
    return filled(_TEXT.replace("\nMASK\n", first_lanes("%size", width)), words)
