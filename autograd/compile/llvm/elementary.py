"""The exponential function on vectors, with the bits of C's; sigmoid and softmax need it too.

`exponential(name, width)` is its text in LLVM's language. It takes the steps that the C libraries
of Linux take for one number (glibc from 2.28 on, musl, bionic): x = k * log(2) / 128 + r with a
whole k; 2**(k / 128) from a table, as a double and the relative error of that; and exp(r) - 1 by a
polynomial. `native` compares the two before it uses this one.

Source of the steps, and of the polynomial, which is nearly minimax: S. Nagy, "Optimized routines",
Arm, 2018. The table is computed here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from math import inf, isqrt
from struct import pack, unpack

from autograd.compile.llvm.symbols import double

__all__ = ["exponential", "sample"]

_LIMIT = 512.0  # in size: numbers beyond are left to C, as what is no number
_PARTS = 128
_HALVES = 7  # 128 is two to this power
_INVERSE = float.fromhex("0x1.71547652b82fep+7")  # 128 / log(2)
_HIGH, _LOW = float.fromhex("0x1.62e42fefap-8"), float.fromhex("0x1.cf79abc9e3b39p-47")
_SHIFT = float.fromhex("0x1.8p52")  # added and taken off, it rounds to a whole number
_POLYNOMIAL = ("0x1.ffffffffffdbdp-2", "0x1.555555555543cp-3", "0x1.55555cf172b91p-5",
               "0x1.1111167a4d017p-7")  # fmt: skip

_TEXT = """
@NAME_powers = internal constant [COUNT x i64] [ROWS], align 64
KEPT
declare VECTOR @llvm.fma.vWIDTHf64(VECTOR, VECTOR, VECTOR)
declare VECTOR @llvm.fabs.vWIDTHf64(VECTOR)
declare i1 @llvm.vector.reduce.or.vWIDTHi1(<WIDTH x i1>)
declare double @exp(double)

define VECTOR @NAME(VECTOR %x) {
  %size = call VECTOR @llvm.fabs.vWIDTHf64(VECTOR %x)
  %far = fcmp uge VECTOR %size, LIMIT
  %any = call i1 @llvm.vector.reduce.or.vWIDTHi1(<WIDTH x i1> %far)
  br i1 %any, label %slow, label %quick
quick:
LOADED
  %k1 = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %x, VECTOR INVERSE, VECTOR SHIFT)
  %bits = bitcast VECTOR %k1 to WHOLES
  %k = fsub VECTOR %k1, SHIFT
  %r1 = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %k, VECTOR HIGH, VECTOR %x)
  %r = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %k, VECTOR LOW, VECTOR %r1)
FROM_TABLE
  %error = bitcast WHOLES %error1 to VECTOR
  %exponent = shl WHOLES %bits, PLACE
  %power2 = add WHOLES %power1, %exponent
  %power = bitcast WHOLES %power2 to VECTOR
  %square = fmul VECTOR %r, %r
  %fourth = fmul VECTOR %square, %square
  %first = fadd VECTOR %error, %r
  %second = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %r, VECTOR C3, VECTOR C2)
  %third = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %r, VECTOR C5, VECTOR C4)
  %sum1 = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %square, VECTOR %second, VECTOR %first)
  %sum = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %fourth, VECTOR %third, VECTOR %sum1)
  %z = call VECTOR @llvm.fma.vWIDTHf64(VECTOR %power, VECTOR %sum, VECTOR %power)
  ret VECTOR %z
slow:
EACH
}

define void @NAME_all(ptr %from, ptr %to, i64 %count) {
entry:
  br label %next
next:
  %i = phi i64 [ 0, %entry ], [ %after, %next ]
  %from_i = getelementptr double, ptr %from, i64 %i
  %to_i = getelementptr double, ptr %to, i64 %i
  %x = load VECTOR, ptr %from_i, align 8
  %z = call VECTOR @NAME(VECTOR %x)
  store VECTOR %z, ptr %to_i, align 8
  %after = add i64 %i, WIDTH
  %more = icmp slt i64 %after, %count
  br i1 %more, label %next, label %end
end:
  ret void
}
"""


def _in_pairs(width: int) -> str:
    """Return the lines that load both numbers of a lane at once.

    Gathering each for all lanes takes a third longer with 8 lanes, and more with fewer.
    """
    lines, kind = [], f"<{width} x i64>"
    for i in range(width):
        lines += [
            f"  %bits{i} = extractelement {kind} %bits, i64 {i}",
            f"  %part{i} = and i64 %bits{i}, {_PARTS - 1}",
            f"  %at{i} = getelementptr [2 x i64], ptr @NAME_powers, i64 %part{i}",
            f"  %pair{i} = load <2 x i64>, ptr %at{i}, align 16",
        ]
    even, odd = (_joined(range(k, width, 2), lines) for k in (0, 1))  # as registers turn pairs
    for name, k in (("error1", 0), ("power1", 1)):
        lanes = ", ".join(f"i32 {i + k}, i32 {width + i + k}" for i in range(0, width, 2))
        lines.append(f"  %{name} = shufflevector {kind} {even}, {kind} {odd}, "
                     f"<{width} x i32> <{lanes}>")  # fmt: skip
    return "\n".join(lines)


def _joined(lanes: Sequence[int], lines: list[str]) -> str:
    """Return a vector of the pairs of some lanes; add the lines that make it of two at a time."""
    if len(lanes) == 1:
        return f"%pair{lanes[0]}"
    half, size = len(lanes) // 2, len(lanes)
    low, high = _joined(lanes[:half], lines), _joined(lanes[half:], lines)
    order = ", ".join(f"i32 {i}" for i in range(2 * size))
    name = f"{low}to{lanes[-1]}"
    lines.append(f"  {name} = shufflevector <{size} x i64> {low}, <{size} x i64> {high}, "
                 f"<{2 * size} x i32> <{order}>")  # fmt: skip
    return name


def _in_memory(name: str, kind: str, vectors: Sequence[str]) -> tuple[str, str]:
    """Return the lines that put constants into memory, and those that load them in each call.

    LLVM would keep one number of each and spread it anew in every call, which takes as long as an
    addition where lanes are few; so they are not declared as constants.
    """
    whole = ", ".join(f"{kind} {vector}" for vector in vectors)
    lines = []
    for i in range(len(vectors)):
        lines.append(f"  %at_number{i} = getelementptr {kind}, ptr @{name}_numbers, i64 {i}")
        lines.append(f"  %number{i} = load {kind}, ptr %at_number{i}")
    kept = f"@{name}_numbers = internal global [{len(vectors)} x {kind}] [{whole}], align 64"
    return kept, "\n".join(lines)


@cache
def _powers() -> list[int]:
    """Return the bits of what is added to the exponent's, and of the relative error, for each part.

    With p the double next to 2**(k / 128): the relative error of p, then the bits of p without what
    the shifted k itself puts into the exponent.
    """
    one = 1 << 256
    root = 2 * one
    for _ in range(_HALVES):
        root = isqrt(root * one)
    exact, found = one, []
    for k in range(_PARTS):
        power = exact / one  # of whole numbers: rounded once
        numerator, denominator = power.as_integer_ratio()
        rounded = numerator * one // denominator
        error = (exact - rounded) / rounded
        found += [_bits(error), (_bits(power) - (k << (52 - _HALVES))) % (1 << 64)]
        exact = exact * root // one
    return found


def _bits(x: float) -> int:
    return int(unpack("<Q", pack("<d", x))[0])


def _each(width: int) -> str:
    """Return the lines that let C do one lane after the other."""
    kind, lines, result = f"<{width} x double>", [], "poison"
    for i in range(width):
        lines += [
            f"  %x{i} = extractelement {kind} %x, i64 {i}",
            f"  %y{i} = call double @exp(double %x{i}) nobuiltin",
            f"  %z{i} = insertelement {kind} {result}, double %y{i}, i64 {i}",
        ]
        result = f"%z{i}"
    return "\n".join([*lines, f"  ret {kind} {result}"])


def exponential(name: str, width: int) -> str:
    """Return the text of a function from vectors to vectors, and `NAME_all` on an array.

    Args:
        name: of the function.
        width: how many doubles a vector holds.
    """

    def spread(kind: str, x: object) -> str:
        return "<" + ", ".join([f"{kind} {x}"] * width) + ">"

    numbers = {"INVERSE": _INVERSE, "SHIFT": _SHIFT, "HIGH": -_HIGH, "LOW": -_LOW}
    numbers |= {f"C{i}": float.fromhex(c) for i, c in enumerate(_POLYNOMIAL, start=2)}
    words = {word: spread("double", double(x)) for word, x in numbers.items()}
    kind, kept, loaded = f"<{width} x double>", "", ""
    if width < 8:  # else operations can spread a number themselves
        kept, loaded = _in_memory(name, kind, list(words.values()))
        words = {word: f"%number{i}" for i, word in enumerate(words)}
    words |= {
        "KEPT": kept, "LOADED": loaded,
        "LIMIT": spread("double", double(_LIMIT)),
        "PLACE": spread("i64", 52 - _HALVES),
        "ROWS": ", ".join(f"i64 {row}" for row in _powers()),
        "COUNT": str(2 * _PARTS), "EACH": _each(width), "VECTOR": kind,
        "WHOLES": f"<{width} x i64>", "WIDTH": str(width), "NAME": name,
    }  # fmt: skip
    text = _TEXT.replace("FROM_TABLE", _in_pairs(width))
    return re.sub("|".join(words), lambda word: words[word[0]], text)


def sample() -> list[float]:
    """Return numbers of all sizes on which two exponential functions are compared.

    Numbers that are left to C stand at the end, so that they do not take others along.
    """
    spread = [0.6180339887498949 * i % 1.0 - 0.5 for i in range(1, 3073)]
    found = [x * size for size in (2.0 * _LIMIT, 4.0, 0.02) for x in spread]
    found += [sign * 2.0**-k for sign in (-1.0, 1.0) for k in range(1024)]
    return [*found, *[sign * x for sign in (-1.0, 1.0) for x in (512.0, 708.5, 745.5, inf)]]
