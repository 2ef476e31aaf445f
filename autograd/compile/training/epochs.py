"""The loops of a training in LLVM's language: epochs, shuffling, batches, steps.

`train` does some epochs: it shuffles the rows as Python does, where it is given a twister (see
`twister`), and for each batch calls the compiled loss, hands the gradients to the compiled update
of the optimizer, and stores the new parameters. It stops before anything that is not finite is
stored, or where a guard fails. A long epoch is done in several calls: from the place `first` in the
shuffled order to the place `last`; -1 stands for a beginning that has been shuffled.
"""

from __future__ import annotations

from autograd.compile.llvm.layout import fetched
from autograd.compile.training.twister import TWISTER

__all__ = ["FIELDS", "LOOPS"]

# What `train` is given: addresses and counts, in this order, in one array of 64-bit integers.
_FIELDS = (
    "loss update inputs results work rows shared kept fresh room columns_of_update slopes_at "
    "numbers_at losses order sources targets widths tables twister count size begin parameters "
    "columns epochs done status good clip unlimited clip_room first last"
)
FIELDS = _FIELDS.split()
_NUMBERS = "tables count size begin parameters columns epochs done status first last"
_COUNTS = frozenset(_NUMBERS.split())

_ROWS = """
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
define internal void @rows(ptr %source, ptr %target, i64 %width, ptr %order, i64 %count) {
entry:
  %bytes = mul i64 %width, 8
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %copy ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %copy, label %done
copy:
  %at = getelementptr i64, ptr %order, i64 %i
  %row = load i64, ptr %at
  %from0 = mul i64 %row, %bytes
  %from = getelementptr i8, ptr %source, i64 %from0
  %to0 = mul i64 %i, %bytes
  %to = getelementptr i8, ptr %target, i64 %to0
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}
define internal void @arrange(
    ptr %sources, ptr %targets, ptr %widths, i64 %tables, ptr %order, i64 %count) {
entry:
  br label %head
head:
  %t = phi i64 [ 0, %entry ], [ %t1, %table ]
  %more = icmp slt i64 %t, %tables
  br i1 %more, label %table, label %done
table:
  %ps = getelementptr ptr, ptr %sources, i64 %t
  %pt = getelementptr ptr, ptr %targets, i64 %t
  %pw = getelementptr i64, ptr %widths, i64 %t
  %source = load ptr, ptr %ps
  %target = load ptr, ptr %pt
  %width = load i64, ptr %pw
  call void @rows(ptr %source, ptr %target, i64 %width, ptr %order, i64 %count)
  %t1 = add i64 %t, 1
  br label %head
done:
  ret void
}
"""
_STEPS = """
define internal void @take(ptr %to, ptr %from, ptr %at, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %copy ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %copy, label %done
copy:
  %where = getelementptr i64, ptr %at, i64 %i
  %k = load i64, ptr %where
  %source = getelementptr double, ptr %from, i64 %k
  %x = load double, ptr %source
  %target = getelementptr double, ptr %to, i64 %i
  store double %x, ptr %target
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}
define internal void @put(ptr %to, ptr %at, ptr %from, i64 %columns, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %copy ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %copy, label %done
copy:
  %start = mul i64 %i, %columns
  %source = getelementptr double, ptr %from, i64 %start
  %x = load double, ptr %source
  %where = getelementptr i64, ptr %at, i64 %i
  %k = load i64, ptr %where
  %target = getelementptr double, ptr %to, i64 %k
  store double %x, ptr %target
  %i1 = add i64 %i, 1
  br label %head
done:
  ret void
}
define internal i1 @finite(ptr %from, i64 %columns, i64 %count) {
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %i1, %look ]
  %sum = phi double [ 0.0, %entry ], [ %sum1, %look ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %done
look:
  %start = mul i64 %i, %columns
  %source = getelementptr double, ptr %from, i64 %start
  %x = load double, ptr %source
  %zero = fsub double %x, %x
  %sum1 = fadd double %sum, %zero
  %i1 = add i64 %i, 1
  br label %head
done:
  %fine = fcmp oeq double %sum, 0.0
  ret i1 %fine
}
"""
_TRAIN = """
define i64 @train(ptr %all) {
entry:
FETCH
  %status_at = getelementptr i64, ptr %all, i64 STATUS
  %done_at = getelementptr i64, ptr %all, i64 DONE
  %begin_at = getelementptr i64, ptr %all, i64 BEGIN
  %slopes_p = getelementptr ptr, ptr %columns_of_update, i64 1
  %slopes = load ptr, ptr %slopes_p
  %cells = mul i64 %parameters, %columns
  %bytes = mul i64 %cells, 8
  %order_bytes = mul i64 %count, 8
  %sorted = getelementptr i64, ptr %order, i64 %count
  store i64 0, ptr %status_at
  br label %epoch
epoch:
  %e = phi i64 [ 0, %entry ], [ %e1, %epoch_end ]
  %step0 = phi i64 [ 0, %entry ], [ %step, %epoch_end ]
  %more_epochs = icmp slt i64 %e, %epochs
  br i1 %more_epochs, label %prepare, label %end
prepare:
  %begun = icmp ne i64 %first, 0
  %only = icmp eq i64 %e, 0
  %again = and i1 %begun, %only
  br i1 %again, label %rest, label %anew
rest:
  %inside = icmp sgt i64 %first, 0
  %there = select i1 %inside, i64 %first, i64 0
  br label %batch
anew:
  call void @llvm.memcpy.p0.p0.i64(ptr %good, ptr %kept, i64 %bytes, i1 false)
  call void @llvm.memcpy.p0.p0.i64(ptr %order, ptr %sorted, i64 %order_bytes, i1 false)
  %shuffled = icmp eq ptr %twister, null
  br i1 %shuffled, label %ordered, label %mix
mix:
  call void @shuffle(ptr %twister, ptr %order, i64 %count)
  br label %ordered
ordered:
  call void @arrange(ptr %sources, ptr %targets, ptr %widths, i64 %tables, ptr %order, i64 %count)
  br label %batch
batch:
  %start = phi i64 [ 0, %ordered ], [ %there, %rest ], [ %stop, %stored ]
  %step = phi i64 [ %step0, %ordered ], [ %step0, %rest ], [ %step1, %stored ]
  %more = icmp slt i64 %start, %last
  br i1 %more, label %forward, label %epoch_end
forward:
  store i64 %start, ptr %begin_at
  %stop0 = add i64 %start, %size
  %over = icmp sgt i64 %stop0, %count
  %stop = select i1 %over, i64 %count, i64 %stop0
  %rows_here = sub i64 %stop, %start
  %guard = call i64 %loss(ptr %inputs, ptr %results, ptr %work, ptr %rows, i64 %start,
    i64 %stop, i64 %rows_here)
  %passed = icmp eq i64 %guard, 0
  br i1 %passed, label %check, label %guard_failed
check:
  %value = load double, ptr %results
  %loss_at = getelementptr double, ptr %losses, i64 %step
  store double %value, ptr %loss_at
  %nothing = fsub double %value, %value
  %sound = fcmp oeq double %nothing, 0.0
  br i1 %sound, label %move, label %loss_failed
move:
  call void @take(ptr %slopes, ptr %results, ptr %slopes_at, i64 %parameters)
  %no_clip = icmp eq ptr %clip, null
  br i1 %no_clip, label %update_now, label %limit
limit:
  %slope_bytes = mul i64 %parameters, 8
  call void @llvm.memcpy.p0.p0.i64(ptr %unlimited, ptr %slopes, i64 %slope_bytes, i1 false)
  %limited = call i64 %clip(ptr %unlimited, ptr %slopes, ptr %clip_room)
  %clip_passed = icmp eq i64 %limited, 0
  br i1 %clip_passed, label %update_now, label %clip_failed
update_now:
  %u = call i64 %update(ptr %shared, ptr %fresh, ptr %room, ptr %columns_of_update, i64 0,
    i64 %parameters, i64 %parameters)
  %kept_sound = call i1 @finite(ptr %fresh, i64 %columns, i64 %parameters)
  %no_guard = icmp eq i64 %u, 0
  br i1 %no_guard, label %judge, label %update_failed
judge:
  br i1 %kept_sound, label %stored, label %move_failed
stored:
  call void @llvm.memcpy.p0.p0.i64(ptr %kept, ptr %fresh, i64 %bytes, i1 false)
  call void @put(ptr %inputs, ptr %numbers_at, ptr %fresh, i64 %columns, i64 %parameters)
  %number = load double, ptr %shared
  %number1 = fadd double %number, 1.0
  store double %number1, ptr %shared
  %step1 = add i64 %step, 1
  store i64 %step1, ptr %done_at
  br label %batch
epoch_end:
  %e1 = add i64 %e, 1
  br label %epoch
guard_failed:
  store i64 1, ptr %status_at
  ret i64 %guard
loss_failed:
  store i64 2, ptr %status_at
  ret i64 %step
move_failed:
  store i64 3, ptr %status_at
  ret i64 %step
clip_failed:
  store i64 5, ptr %status_at
  ret i64 %limited
update_failed:
  store i64 4, ptr %status_at
  ret i64 %u
end:
  store i64 0, ptr %begin_at
  ret i64 0
}
"""


def _train() -> str:
    text = _TRAIN.replace("FETCH", fetched(FIELDS, _COUNTS))
    for name in ("STATUS", "DONE", "BEGIN"):
        text = text.replace(f"i64 {name}", f"i64 {FIELDS.index(name.lower())}")
    return text


LOOPS = f"{TWISTER}{_ROWS}{_STEPS}{_train()}"
