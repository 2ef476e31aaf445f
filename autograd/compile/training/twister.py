"""Shuffling in LLVM's language, as Python's `random.Random` does.

`draw` gives the next 32 bits of a Mersenne Twister (Matsumoto and Nishimura, 1998), whose state is
the tuple of `getstate()`: 624 words, and how many of them are used. `shuffle` swaps each number,
from the last down, with one at or before it, drawn again until it is in range.
"""

from __future__ import annotations

__all__ = ["TWISTER"]

TWISTER = """
define internal i32 @draw(ptr %state) {
entry:
  %at = getelementptr i32, ptr %state, i64 624
  %index = load i32, ptr %at
  %full = icmp sge i32 %index, 624
  br i1 %full, label %renew, label %temper
renew:
  br label %round
round:
  %k = phi i64 [ 0, %renew ], [ %k1, %round ]
  %k1 = add i64 %k, 1
  %next = urem i64 %k1, 624
  %far0 = add i64 %k, 397
  %far = urem i64 %far0, 624
  %p = getelementptr i32, ptr %state, i64 %k
  %pn = getelementptr i32, ptr %state, i64 %next
  %pf = getelementptr i32, ptr %state, i64 %far
  %a = load i32, ptr %p
  %b = load i32, ptr %pn
  %c = load i32, ptr %pf
  %high = and i32 %a, -2147483648
  %low = and i32 %b, 2147483647
  %y = or i32 %high, %low
  %half = lshr i32 %y, 1
  %bit = and i32 %y, 1
  %odd = icmp ne i32 %bit, 0
  %matrix = select i1 %odd, i32 -1727483681, i32 0
  %x0 = xor i32 %c, %half
  %x1 = xor i32 %x0, %matrix
  store i32 %x1, ptr %p
  %again = icmp slt i64 %k1, 624
  br i1 %again, label %round, label %restart
restart:
  store i32 0, ptr %at
  br label %temper
temper:
  %i = load i32, ptr %at
  %i1 = add i32 %i, 1
  store i32 %i1, ptr %at
  %i64 = zext i32 %i to i64
  %word = getelementptr i32, ptr %state, i64 %i64
  %v0 = load i32, ptr %word
  %s0 = lshr i32 %v0, 11
  %v1 = xor i32 %v0, %s0
  %s1 = shl i32 %v1, 7
  %m1 = and i32 %s1, -1658038656
  %v2 = xor i32 %v1, %m1
  %s2 = shl i32 %v2, 15
  %m2 = and i32 %s2, -272236544
  %v3 = xor i32 %v2, %m2
  %s3 = lshr i32 %v3, 18
  %v4 = xor i32 %v3, %s3
  ret i32 %v4
}
define internal void @shuffle(ptr %state, ptr %order, i64 %count) {
entry:
  %last = sub i64 %count, 1
  br label %head
head:
  %i = phi i64 [ %last, %entry ], [ %down, %swap ]
  %more = icmp sge i64 %i, 1
  br i1 %more, label %begin, label %done
begin:
  %n = add i64 %i, 1
  %zeros = call i64 @llvm.ctlz.i64(i64 %n, i1 true)
  %shift0 = sub i64 %zeros, 32
  %shift = trunc i64 %shift0 to i32
  br label %try
try:
  %r0 = call i32 @draw(ptr %state)
  %r1 = lshr i32 %r0, %shift
  %r = zext i32 %r1 to i64
  %fits = icmp slt i64 %r, %n
  br i1 %fits, label %swap, label %try
swap:
  %pi = getelementptr i64, ptr %order, i64 %i
  %pj = getelementptr i64, ptr %order, i64 %r
  %vi = load i64, ptr %pi
  %vj = load i64, ptr %pj
  store i64 %vj, ptr %pi
  store i64 %vi, ptr %pj
  %down = sub i64 %i, 1
  br label %head
done:
  ret void
}
declare i64 @llvm.ctlz.i64(i64, i1)
"""
