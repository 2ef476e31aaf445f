"""From rows to lanes and back, in LLVM's language.

Rows lie in memory one after the other, the lanes of a vector hold the same number of several rows.
Blocks of as many rows as a vector has lanes, and as many columns, are turned in registers. `gather`
fetches rows, `scatter` puts results into theirs, `collect` adds up the lanes of sums in their
order, and `shift` adds to these what is the same in all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autograd.compile.llvm.layout import filled, first_lanes

__all__ = ["TEXTS", "text"]

# All but one go through the columns, or results, in blocks of as many as a vector has lanes.
_BLOCKS = """
define void @NAME(GIVEN) {
entry:
BEFORE
  br label %block
block:
  %c = phi i64 [ 0, %entry ], [ %c1, %after ]
  %left = sub i64 %count, %c
  %is_whole = icmp sge i64 %left, WIDTH
MASK
INSIDE
  br label %after
after:
  %c1 = add i64 %c, WIDTH
  %more = icmp slt i64 %c1, %count
  br i1 %more, label %block, label %end
end:
  ret void
}
"""
_COLLECTED = """
  %share = fdiv VECTOR %total, %numbers
  %target = getelementptr double, ptr %o, i64 %c
"""
_SHIFTED = """
  %at = getelementptr double, ptr %o, i64 %c
  %term_at = getelementptr double, ptr %terms, i64 %c
  %before = call VECTOR @llvm.masked.load.vWIDTHf64.p0(ptr %at, i32 8, TRUTHS %mask,
    VECTOR zeroinitializer)
  %term = call VECTOR @llvm.masked.load.vWIDTHf64.p0(ptr %term_at, i32 8, TRUTHS %mask,
    VECTOR zeroinitializer)
  %share = fmul VECTOR %term, %numbers
  %shifted = fadd VECTOR %before, %share
"""
# A column alone, or a result, stands in memory as it does in a vector.
_GATHER_ONE = """
define void @NAME(ptr %x, ptr %v, i64 %count, i64 %i, i64 %last) {
  %left0 = sub i64 %last, %i
  %left = add i64 %left0, 1
  %at = getelementptr double, ptr %x, i64 %i
  %is_whole = icmp sge i64 %left, WIDTH
  br i1 %is_whole, label %whole, label %part
whole:
  %all = load VECTOR, ptr %at, align 8
  store VECTOR %all, ptr %v
  ret void
part:
MASK
  %last_at = getelementptr double, ptr %x, i64 %last
  %number = load double, ptr %last_at
SPREAD
  %rows = call VECTOR @llvm.masked.load.vWIDTHf64.p0(ptr %at, i32 8, TRUTHS %mask, VECTOR %numbers)
  store VECTOR %rows, ptr %v
  ret void
}
"""
_SCATTER_ONE = """
define void @NAME(ptr %v, ptr %o, i64 %count, i64 %i, i64 %left) {
  %numbers = load VECTOR, ptr %v
  %at = getelementptr double, ptr %o, i64 %i
  %is_whole = icmp sge i64 %left, WIDTH
MASK
STORE
  ret void
}
"""
# The same number in all lanes.
_SPREAD = """
  %number1 = insertelement VECTOR poison, double %number, i64 0
  %numbers = shufflevector VECTOR %number1, VECTOR poison, <WIDTH x i32> zeroinitializer
"""
_LINE = 64  # bytes of the cache
_DECLARED = """
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
declare VECTOR @llvm.masked.load.vWIDTHf64.p0(ptr, i32, TRUTHS, VECTOR)
declare void @llvm.masked.store.vWIDTHf64.p0(VECTOR, ptr, i32, TRUTHS)
"""


def _turned(names: Sequence[str], width: int) -> tuple[list[str], list[str]]:
    """Return the lines that turn a square of numbers, and the names of the vectors then.

    In each step, squares twice as large are turned: half of one vector goes to another.
    """
    now, lines, kind = list(names), [], f"<{width} x double>"
    step = 1
    while step < width:
        low = [i if not i & step else width + i - step for i in range(width)]
        high = [i + step if not i & step else width + i for i in range(width)]
        for i in (i for i in range(width) if not i & step):
            a, b = now[i], now[i + step]
            for k, lanes in ((i, low), (i + step, high)):
                mask = ", ".join(f"i32 {lane}" for lane in lanes)
                now[k] = f"%turned{step}_{k}"
                lines.append(f"{now[k]} = shufflevector {kind} {a}, {kind} {b}, "
                             f"<{width} x i32> <{mask}>")  # fmt: skip
        step *= 2
    return lines, now


def _vectors(width: int) -> list[str]:
    """Return the lines that load vectors `n0`, `n1`, ... from `v`, those of column `c` first."""
    lines = [
        f"%first = mul i64 %c, {width}",
        "%block_at = getelementptr double, ptr %v, i64 %first",
    ]
    for k in range(width):
        lines.append(f"%v{k} = getelementptr double, ptr %block_at, i64 {k * width}")
        lines.append(f"%n{k} = load <{width} x double>, ptr %v{k}")
    return lines


def _blocks(given: str, before: Sequence[str], inside: Sequence[str]) -> str:
    """Return a helper that goes through `count` columns in blocks.

    Args:
        given: its parameters.
        before: what it does first.
        inside: what it does for the columns from `c` on, of which `mask` tells the ones there are.
    """
    text = _BLOCKS.replace("GIVEN", given)
    for word, lines in (("BEFORE", before), ("INSIDE", inside)):
        text = text.replace(f"\n{word}\n", "\n" + "\n".join(lines) + "\n")
    return text


def _gather(width: int) -> str:
    rows, loads, kind = [], [], f"<{width} x double>"
    most = f"<{width} x i1> %mask, {kind} zeroinitializer"
    for k in range(width):
        rows += [
            f"%r{k} = add i64 %i, {k}",
            f"%beyond{k} = icmp sgt i64 %r{k}, %last",
            f"%row{k} = select i1 %beyond{k}, i64 %last, i64 %r{k}",
            f"%start{k} = mul i64 %row{k}, %count",
            f"%x{k} = getelementptr double, ptr %x, i64 %start{k}",
        ]
        loads += [
            f"%at{k} = getelementptr double, ptr %x{k}, i64 %c",
            f"%n{k} = call {kind} @llvm.masked.load.v{width}f64.p0(ptr %at{k}, i32 8, {most})",
        ]
    turned, names = _turned([f"%n{k}" for k in range(width)], width)
    turned += [f"%to0 = mul i64 %c, {width}", "%to = getelementptr double, ptr %v, i64 %to0"]
    for k, name in enumerate(names):
        turned.append(f"%v{k} = getelementptr double, ptr %to, i64 {k * width}")
        turned.append(f"store {kind} {name}, ptr %v{k}")
    ahead, fetched = _fetched_ahead(width)
    given = "ptr %x, ptr %v, i64 %count, i64 %i, i64 %last"
    return _blocks(given, [*rows, *ahead], [*loads, *turned, *fetched])


def _fetched_ahead(width: int) -> tuple[list[str], list[str]]:
    """Return the lines, before blocks and for each, that fetch the next rows into the cache.

    Rows are short, so the processor does not see that they follow each other. A block has as many
    bytes of the next rows fetched as it holds itself, into the cache behind the first one, which
    what is computed now may fill. Addresses beyond the last row do no harm.
    """
    before = [
        "%next = add i64 %last, 1",
        "%next_start = mul i64 %next, %count",
        "%next_rows = getelementptr double, ptr %x, i64 %next_start",
    ]
    inside = [
        f"%done = mul i64 %c, {width}",
        "%ahead = getelementptr double, ptr %next_rows, i64 %done",
    ]
    for k in range(width * width * 8 // _LINE or 1):
        inside.append(f"%line{k} = getelementptr i8, ptr %ahead, i64 {_LINE * k}")
        inside.append(f"call void @llvm.prefetch.p0(ptr %line{k}, i32 0, i32 2, i32 1)")
    return before, inside


def _stored(vectors: Sequence[tuple[str, str, str]], whole: str, width: int) -> list[str]:
    """Return the lines that store vectors, each given with its place and its mask.

    Where a truth says that they are whole no mask is used: processors with few lanes take ten times
    as long with one.
    """
    kind, truths = f"<{width} x double>", f"<{width} x i1>"
    masked = f"call void @llvm.masked.store.v{width}f64.p0"
    return [
        f"br i1 {whole}, label %whole, label %part",
        "whole:",
        *[f"store {kind} {vector}, ptr {at}, align 8" for vector, at, _ in vectors],
        "br label %stored",
        "part:",
        *[f"{masked}({kind} {x}, ptr {at}, i32 8, {truths} {mask})" for x, at, mask in vectors],
        "br label %stored",
        "stored:",
    ]


def _scatter(width: int) -> str:
    rows, truths, zeros = [], f"<{width} x i1>", f"<{width} x i32> zeroinitializer"
    for k in range(width):
        rows += [
            f"%r{k} = add i64 %i, {k}",
            f"%start{k} = mul i64 %r{k}, %count",
            f"%o{k} = getelementptr double, ptr %o, i64 %start{k}",
            f"%is{k} = icmp sgt i64 %rows, {k}",
            f"%one{k} = insertelement {truths} poison, i1 %is{k}, i64 0",
            f"%all{k} = shufflevector {truths} %one{k}, {truths} poison, {zeros}",
        ]
    turned, names = _turned([f"%n{k}" for k in range(width)], width)
    for k in range(width):
        turned += [
            f"%at{k} = getelementptr double, ptr %o{k}, i64 %c",
            f"%mask{k} = and {truths} %mask, %all{k}",
        ]
    turned.append(f"%are_whole = and i1 %is_whole, %is{width - 1}")
    turned += _stored(
        [(x, f"%at{k}", f"%mask{k}") for k, x in enumerate(names)], "%are_whole", width
    )
    given = "ptr %v, ptr %o, i64 %count, i64 %i, i64 %rows"
    return _blocks(given, rows, [*_vectors(width), *turned])


def _collect(width: int) -> str:
    kind = f"<{width} x double>"
    turned, names = _turned([f"%n{k}" for k in range(width)], width)
    total = "zeroinitializer"
    for k, name in enumerate(names):
        after = "%total" if k == width - 1 else f"%sum{k}"
        turned.append(f"{after} = fadd {kind} {total}, {name}")
        total = after
    given = "ptr %v, ptr %o, i64 %count, double %number"
    stored = _stored([("%share", "%target", "%mask")], "%is_whole", width)
    return _blocks(
        given, ["SPREAD"], [*_vectors(width), *turned, *_COLLECTED.splitlines(), *stored]
    )


def _shift(width: int) -> str:
    given = "ptr %o, ptr %terms, i64 %count, double %number"
    stored = _stored([("%shifted", "%at", "%mask")], "%is_whole", width)
    return _blocks(given, ["SPREAD"], [*_SHIFTED.splitlines(), *stored])


def _scatter_one(width: int) -> str:
    lines = _stored([("%numbers", "%at", "%mask")], "%is_whole", width)
    return _SCATTER_ONE.replace("STORE", "\n".join(lines))


TEXTS: dict[str, Callable[[int], str]] = {
    "gather": _gather,
    "gather_one": lambda _: _GATHER_ONE,
    "scatter": _scatter,
    "scatter_one": _scatter_one,
    "collect": _collect,
    "shift": _shift,
}


def text(name: str, symbol: str, width: int) -> str:
    """Return the text of one of these for vectors of a width, as a function with a symbol."""
    found = f"{TEXTS[name](width)}{_DECLARED}"
    found = found.replace("\nMASK\n", first_lanes("%left", width)).replace("\nSPREAD\n", _SPREAD)
    words = {
        "NAME": symbol, "VECTOR": f"<{width} x double>",
        "TRUTHS": f"<{width} x i1>", "WIDTH": str(width),
    }  # fmt: skip
    return filled(found, words)
