"""A frozen corpus of functions with right, wrong, kinked and undecidable gradients.

A case is a function (a text in x, or in x and y), a point, a claimed gradient and the verdicts that
are honest. Right gradients come from mpmath at 60 digits; wrong ones are planted in them, down to
what double precision can show for the function's conditioning. `python corpus.py` prints what
autograd's checker makes of it; `python corpus.py --peers` the same for torch, JAX and HIPS autograd
where they are installed.
"""

from __future__ import annotations

import math
import random
import statistics
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import mpmath

HALF_ULP = 2.0**-53
DIGITS = 60

# ruff: noqa: E501 - tables, one case a column
# fmt: off
# text, the distance over which the function is smooth, points
SMOOTH = [
    ("exp(x)",                       1.0,   (0.0, 1.0, -3.0, 20.0)),
    ("sin(x)",                       1.0,   (0.3, 1.0, -2.0, 30.0)),
    ("cos(x)",                       1.0,   (0.5, 2.0, 100.0)),
    ("tan(x)",                       0.3,   (0.2, 1.2, -0.9)),
    ("log(x)",                       None,  (1e-10, 0.1, 2.0, 1e6, 1e300)),
    ("sqrt(x)",                      None,  (1e-12, 0.5, 9.0, 1e200)),
    ("1/x",                          None,  (1e-8, 0.7, -3.0, 1e100)),
    ("x*x",                          None,  (1e-9, 3.0, -0.1, 1e9, 1e150)),
    ("x**3",                         None,  (0.01, 2.0, -5.0, 1e60)),
    ("x**0.3",                       None,  (1e-5, 1.0, 1e12)),
    ("x**-2.5",                      None,  (0.01, 1.0, 30.0)),
    ("atan(x)",                      1.0,   (0.0, 1.0, -7.0)),
    ("asin(x)",                      0.1,   (0.1, 0.9, -0.6)),
    ("sinh(x)",                      1.0,   (0.2, 3.0, -10.0)),
    ("cosh(x)",                      1.0,   (0.7, 4.0)),
    ("tanh(x)",                      0.7,   (0.0, 0.9, 3.0, -5.0)),
    ("asinh(x)",                     1.0,   (0.3, 50.0)),
    ("log1p(x)",                     0.5,   (0.1, -0.4, 5.0)),
    ("expm1(x)",                     1.0,   (1e-5, 0.5, -2.0)),
    ("erf(x)",                       0.7,   (0.0, 0.6, 2.0)),
    ("exp(-x*x)",                    0.7,   (0.4, 1.5, -2.5)),
    ("1/(1+exp(-x))",                1.0,   (0.0, 2.0, -8.0)),
    ("log(1+exp(x))",                1.0,   (0.1, -4.0, 15.0)),
    ("x*exp(-x)",                    1.0,   (0.2, 2.0)),
    ("sin(x)/x",                     1.0,   (0.5, 4.0)),
    ("x*sin(1/x)",                   0.02,  (0.3, 0.2)),
    ("sqrt(1+x*x)",                  1.0,   (0.0, 1.0, -40.0)),
    ("x/(1+x*x)",                    0.5,   (0.1, 0.4, 3.0)),
    ("1/(1+25*x*x)",                 0.1,   (0.05, 0.3, 1.0)),
    ("exp(sin(3*x))",                0.2,   (0.1, 1.7)),
    ("log(2+cos(x))",                0.7,   (0.4, 2.5)),
    ("x**7-3*x**2+x",                0.5,   (0.9, -1.1, 2.0)),
    ("exp(-1/x)",                    None,  (0.2, 1.0)),
    ("cos(x)**5",                    0.4,   (0.3, 2.8)),
    ("sin(x*x)",                     0.1,   (0.5, 3.0)),
    ("atan(1000*x)",                 1e-3,  (0.0, 1e-3, 0.5)),
    ("tanh(50*(x-1))",               0.01,  (1.0, 1.05)),
    ("log(cosh(x))",                 0.7,   (0.2, 3.0)),
    ("exp(-x)*sin(8*x)",             0.1,   (0.3, 1.0)),
    ("sqrt(x*x+1e-12)",              1e-6,  (0.0, 1e-6, 1.0)),
    ("(x-1)**2",                     1.0,   (1.0, 1.5)),
    ("x**x",                         0.3,   (0.5, 2.0)),
    ("gamma(x)",                     0.3,   (0.7, 3.3)),
    ("sin(1e6*x)",                   1e-6,  (0.1, 1.0, -2.3)),
    ("cos(1e4*x)",                   1e-4,  (0.0, 0.7)),
    ("sin(300*x)+x",                 3e-3,  (0.2, 5.0)),
    ("3*x+2",                        None,  (0.0, 1.0, -7e5)),
    ("x",                            None,  (0.0, 1e-300, 1e300, -4.0)),
    ("0*x+7",                        1.0,   (0.0, 3.0)),
    ("exp(x)",                       1.0,   (1e-300, 1e-12)),
    ("sin(x)",                       1.0,   (1e-200, 1e-5)),
]
SCALES = ("1e-12*({})", "1e-7*({})", "1e12*({})", "-2.5e5*({})")  # of the value
OFFSETS = ("1e3+({})", "1e9+({})", "({})-1e6")
STRETCHES = (1e-9, 1e-4, 1e5, 1e12)  # of the input: f(x / stretch) at stretch * x

# text, kink, slopes on both sides
KINKS = [
    ("abs(x)", 0.0, (-1, 1)),
    ("abs(x-1)", 1.0, (-1, 1)),
    ("abs(x+3e5)", -3e5, (-1, 1)),
    ("max(x,0.0)", 0.0, (0, 1)),
    ("min(x,2*x)", 0.0, (2, 1)),
    ("max(x,0.01*x)", 0.0, (0.01, 1)),
    ("max(x*x,x)", 1.0, (1, 2)),
    ("max(sin(x),0.0)", 0.0, (0, 1)),
    ("abs(sin(x))", 0.0, (-1, 1)),
    ("exp(abs(x))", 0.0, (-1, 1)),
    ("exp(-abs(x))", 0.0, (1, -1)),
    ("x+abs(x-2)", 2.0, (0, 2)),
    ("abs(x*x-4)", 2.0, (-4, 4)),
    ("x*x+abs(x-3)", 3.0, (5, 7)),
    ("cos(x)+0.1*abs(x)", 0.0, (-0.1, 0.1)),
    ("min(exp(x),1.0)", 0.0, (1, 0)),
    ("max(1-x,0.0)", 1.0, (-1, 0)),
    ("max(x-1e6,0.0)", 1e6, (0, 1)),
    ("sqrt(x*x)", 0.0, (-1, 1)),
    ("max(0.5*(x-1),(x-1)*1.5)", 1.0, (0.5, 1.5)),
    ("exp(x) if x > 0 else 1+0.5*x", 0.0, (0.5, 1)),
    ("x if x > 0 else exp(x)-1+x", 0.0, (2, 1)),
    ("abs(x)+x*x*x", 0.0, (-1, 1)),
    ("log(1+abs(x))", 0.0, (-1, 1)),
    ("abs(tanh(x))", 0.0, (-1, 1)),
    ("x*(1 if x > 2 else 3)+(4 if x > 2 else 0)", 2.0, (3, 1)),
]
KINK_SCALES = ("1e-12*({})", "1e-6*({})", "1e6*({})", "1e12*({})", "5+({})")

# text, point, derivative: not kinks, though they look like it, and other traps that can be decided
TRAPS = [
    ("x*abs(x)", 0.0, 0.0), ("x*abs(x)+3*x", 0.0, 3.0), ("abs(x)**1.5", 0.0, 0.0), ("abs(x)**3", 0.0, 0.0),
    ("(x-1)*abs(x-1)", 1.0, 0.0), ("(x-1)*abs(x-1)+5*x", 1.0, 5.0), ("max(x,0.0)**2", 0.0, 0.0),
    ("abs(x)", 1e-3, 1.0), ("abs(x)", 1e-300, 1.0), ("abs(x)", -1e-12, -1.0), ("abs(x-1)", 1.001, 1.0),
    ("max(x-1.001,0.0)", 1.0, 0.0), ("max(x-0.999999,0.0)", 1.0, 1.0), ("min(x,1.0000001)", 1.0, 1.0),
    ("floor(x)", 2.5, 0.0), ("floor(x)", 100.5, 0.0), ("ceil(x)", -0.3, 0.0), ("round(x)", 7.2, 0.0),
    ("floor(10*x)/10", 0.55, 0.0), ("1.0 if x > 0 else 0.0", 0.4, 0.0), ("1.0 if x > 0 else -1.0", -2.0, 0.0),
    ("x-floor(x)", 3.3, 1.0), ("x-floor(x)", 3.999, 1.0), ("fmod(x,2.0)", 5.5, 1.0),
    ("sqrt(x*x+1e-24)", 0.0, 0.0), ("sqrt((x-1)**2+1e-14)", 1.0, 0.0),
    ("0.5*x*x if abs(x) < 1 else abs(x)-0.5", 0.0, 0.0), ("0.5*x*x if abs(x) < 1 else abs(x)-0.5", 1.0, 1.0),
    ("x if abs(x) > 1e-2 else 0.0", 0.0, 0.0), ("x+1 if x > 3 else x", 2.9999, 1.0), ("x*x", 0.0, 0.0),
    ("cos(x)", 0.0, 0.0), ("cosh(x)", 0.0, 0.0), ("x**4", 0.0, 0.0), ("1e12*x*x", 0.0, 0.0), ("1e-12*x*x", 0.0, 0.0),
    ("x*1e-300", 1e300, 1e-300), ("x*x", 1e-150, 2e-150), ("1e300*x", 1e-300, 1e300), ("7.0", 1.0, 0.0), ("1e15+x", 1.0, 1.0), ("1e18+x", 1.0, 1.0),
    ("exp(x) if x < 600 else inf", 1.0, math.e), ("log(x-1)", 1.000001, 1e6), ("sqrt(x-2)", 2.0001, 50.0),
    ("x**1.5 if x >= 0 else nan", 0.0, 0.0), ("x*x+x if x >= 0 else nan", 0.0, 1.0), ("sin(x) if x >= 0 else 1/0", 0.0, 1.0),
    ("sqrt(x)**3", 0.0, 0.0), ("acos(x)*0+x", 1.0, 1.0), ("exp(1e-12*x)", 0.0, 1e-12), ("sin(1e12*x)", 0.0, 1e12),
    ("sin(1e-9*x)", 0.0, 1e-9), ("x**3", 0.0, 0.0), ("erf(x)*1e-12", 0.0, 2e-12 / math.sqrt(math.pi)),
]

# text, point: no derivative that differences could tell; every verdict in the set is honest
ANY_BUT_SURE = ("unsure", "kink")
UNDECIDABLE = [
    ("1.0 if x > 0 else 0.0", 0.0), ("floor(x)", 2.0), ("sin(x)", 1e300), ("1/x", 0.0), ("log(x)", 0.0),
    ("log(x)", -1.0), ("sqrt(x)", -4.0), ("1/0", 1.0), ("nan", 1.0), ("inf", 1.0), ("noise(x)", 1.0),
    ("x+noise(x)", 2.0), ("sin(1/x) if x else 0.0", 0.0), ("x*sin(1/x) if x else 0.0", 0.0), ("exp(x)", 800.0),
    ("x if x == 1 else nan", 1.0), ("[][0]", 1.0), ("None", 1.0), ("'text'", 1.0), ("cos(1e25*x)", 1.0),
]

# text, point, derivative: with noise, so that only errors of 1 % or more can be told
NOISY = [
    ("f32(sin(x))", 1.0, math.cos(1.0)), ("f32(x*x)", 3.0, 6.0), ("f32(exp(x))", 0.5, math.exp(0.5)), ("f32(log(x))", 7.0, 1 / 7),
    ("f32(sin(f32(x)))", 0.7, math.cos(0.7)), ("f32(1e-7*sin(x))", 1.0, 1e-7 * math.cos(1.0)), ("f32(1e6*x)", 2.0, 1e6),
    ("f32(f32(x)*f32(x))", 1.3, 2.6), ("exp(x)+1e-9*noise(x)", 1.0, math.e), ("x*x+1e-8*noise(x)", 2.0, 4.0), ("sin(x)+1e-10*noise(x)", 0.4, math.cos(0.4)),
    ("(1e9+sin(x))-1e9", 1.0, math.cos(1.0)), ("(1e6+x*x)-1e6", 1.0, 2.0), ("(exp(x)-1-x)/(x*x)", 1e-2, 0.1675025027835), ("f32(tanh(x))", 0.3, 1 - math.tanh(0.3) ** 2),
    ("log(x)+1e-11*dice()", 2.0, 0.5), ("x**3+1e-9*dice()", 1.0, 3.0), ("exp(x)*(1+1e-12*dice())", 1.0, math.e),
]
# fmt: on


def f32(x: float) -> float:
    """Round to single precision."""
    return struct.unpack("f", struct.pack("f", x))[0]


def noise(x: float) -> float:
    """Return a number in [-1, 1) that depends on every bit of x and on nothing else."""
    return random.Random(struct.pack("d", x)).uniform(-1.0, 1.0)


_DICE = random.Random(0)


def dice() -> float:
    """Return another number at each call."""
    return _DICE.uniform(-1.0, 1.0)


FLOATS = {**vars(math), "abs": abs, "max": max, "min": min, "round": round,
          "f32": f32, "noise": noise, "dice": dice}  # fmt: skip
_EXACT = (
    *("exp", "sin", "cos", "tan", "log", "sqrt", "atan", "asin", "acos", "sinh", "cosh", "tanh"),
    *("asinh", "log1p", "expm1", "erf", "gamma", "floor"),
)
EXACT = {name: getattr(mpmath, name) for name in _EXACT}


@dataclass(frozen=True)
class Case:
    """A function of one number, a claim about its derivative, and what may be said of it."""

    text: str
    point: float
    claim: float
    honest: tuple[str, ...]  # the verdicts that are not false
    wanted: str  # the verdict that helps; "" for what cannot be decided
    what: str

    def function(self) -> Callable[[float], float]:
        return eval(f"lambda x: {self.text}", dict(FLOATS))


@cache
def slope(text: str, point: float) -> float:
    """Return the derivative, at the double given, by mpmath."""
    with mpmath.workdps(DIGITS):
        exact = eval(f"lambda x: {text}", {**EXACT, "abs": abs})
        step = max(mpmath.mpf(abs(point)) * mpmath.mpf(10) ** -30, mpmath.mpf(10) ** -35)
        return float(mpmath.diff(lambda x: exact(mpmath.mpf(x)), mpmath.mpf(point), h=step))


def shown(text: str, point: float, length: float | None, true: float) -> float:
    """Return the relative error of a claim that double precision can show, for the conditioning."""
    reach = length if length is not None else (abs(point) or 1.0)
    value = abs(eval(f"lambda x: {text}", dict(FLOATS))(point))
    absolute = 2.0 * HALF_ULP * (value + abs(point * true)) / reach
    return 3e3 * absolute / abs(true) if true else math.inf


def _smooth_functions() -> Iterator[tuple[str, float | None, float]]:
    for text, length, points in SMOOTH:
        for point in points:
            yield text, length, point
    for i, (text, length, points) in enumerate(SMOOTH[:-5]):
        point = points[min(1, len(points) - 1)]
        for form in (*SCALES, OFFSETS[i % 3]):
            yield form.format(text), length, point
        stretch = STRETCHES[i % 4]
        if 1e-50 < abs(point) < 1e50 and "x**x" not in text:
            body = text.replace("exp", "e_p").replace("x", f"(x/{stretch!r})").replace("e_p", "exp")
            yield body, None if length is None else length * stretch, point * stretch


def smooth_cases() -> Iterator[Case]:
    """Yield right gradients, and wrong ones down to what can be shown."""
    for text, length, point in _smooth_functions():
        true = slope(text, point)
        least = shown(text, point, length, true)
        if not least < 0.1 and true:
            continue
        yield Case(text, point, true, ("right", "unsure"), "right", "right")
        for what, claim in planted(true, least):
            if claim != true:
                yield Case(text, point, claim, ("wrong", "unsure"), "wrong", what)


def planted(true: float, least: float) -> Iterator[tuple[str, float]]:
    """Yield wrong claims: gross, small, and as small as can be shown."""
    if not true:
        yield from (("not zero", 1.0), ("not zero", -1e-3))
        return
    yield from (("sign", -true), ("factor 2", 2 * true), ("zero", 0.0), ("nan", math.nan))
    for relative in (1e-3, 1e-6, 1e-9):
        if relative > least:
            yield f"off by {relative:g}", true * (1.0 + relative)


def kink_cases() -> Iterator[Case]:
    for text, point, (left, right) in KINKS:
        for form, factor in [
            ("{}", 1.0),
            *((f, float(f.partition("*")[0]) if "*" in f else 1.0) for f in KINK_SCALES),
        ]:
            low, high = sorted((left * factor, right * factor))
            full = form.format(f"({text})")
            for claim in (low, high, 0.5 * (low + high)):
                yield Case(full, point, claim, ("kink", "unsure"), "kink", "kink")
            for claim in (high + (high - low), low - 0.1 * (high - low)):
                yield Case(
                    full, point, claim, ("wrong", "kink", "unsure"), "wrong", "outside a kink"
                )


def trap_cases() -> Iterator[Case]:
    for text, point, true in TRAPS:
        yield Case(text, point, true, ("right", "unsure"), "right", "trap, right")
        size = abs(true) or 1.0
        for claim in (true + size, true - 0.01 * size):
            if claim != true:
                yield Case(text, point, claim, ("wrong", "unsure"), "wrong", "trap, wrong")
    for text, point, true in NOISY:
        yield Case(text, point, true, ("right", "unsure"), "right", "noise, right")
        for claim in (0.0, -true, 1.1 * true):
            yield Case(text, point, claim, ("wrong", "unsure"), "wrong", "noise, wrong")


def undecidable_cases() -> Iterator[Case]:
    for text, point in UNDECIDABLE:
        for claim in (0.0, 1.0, -2.5):
            yield Case(text, point, claim, ("unsure", "kink", "wrong"), "", "undecidable")


def cases() -> list[Case]:
    """Return the whole corpus."""
    return [*smooth_cases(), *kink_cases(), *trap_cases(), *undecidable_cases()]


@dataclass
class Outcome:
    """What a checker said of a case, and how often it called the function."""

    case: Case
    verdict: str
    calls: int
    note: str = ""


def checked(case: Case) -> Outcome:
    """Return the verdict of autograd's own checker."""
    from autograd.check import check_gradients

    count: Counter[str] = Counter()
    function = case.function()

    def counted(x: float) -> float:
        count["calls"] += 1
        return function(x)

    report = check_gradients(counted, (case.point,), lambda x: case.claim)
    entry = report.entries[0]
    note = f"estimate {entry.estimate:.10g} +- {entry.error_bound:.2g}; {entry.reason}"
    return Outcome(case, report.verdict, count["calls"], note)


@dataclass
class Tally:
    """The figures of a run."""

    outcomes: list[Outcome]

    def false(self, wanted: str) -> list[Outcome]:
        """Return the false verdicts of one kind."""
        return [o for o in self.outcomes if o.verdict == wanted and wanted not in o.case.honest]

    def decidable(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.case.wanted]

    def unsure(self) -> list[Outcome]:
        return [o for o in self.decidable() if o.verdict == "unsure"]

    def kinks(self) -> tuple[int, int]:
        """Return how many kinks were found, of how many."""
        at = [o for o in self.outcomes if o.case.what == "kink"]
        return sum(o.verdict == "kink" for o in at), len(at)

    def missed(self) -> list[Outcome]:
        """Return claims outside the slopes at a kink that were not called wrong."""
        return [
            o for o in self.outcomes if o.case.what == "outside a kink" and o.verdict != "wrong"
        ]

    def calls(self) -> list[int]:
        return [o.calls for o in self.outcomes if o.calls]

    def lines(self, name: str) -> list[str]:
        found, kinks = self.kinks()
        counts = self.calls() or [0]
        return [
            f"{name}: {len(self.outcomes)} claims on {len({(o.case.text) for o in self.outcomes})} functions",
            f"  wrong gradients called right    {len(self.false('right')):5}",
            f"  right gradients called wrong    {len(self.false('wrong')):5}",
            f"  kinks found                     {found:5} of {kinks}",
            f"  kinks invented                  {len(self.false('kink')):5}",
            f"  outside a kink, not called wrong{len(self.missed()):5}",
            f"  unsure, of the decidable        {len(self.unsure()):5} of {len(self.decidable())}",
            f"  calls per input                 {_spread(counts)}",
        ]


def _spread(counts: list[int]) -> str:
    middle, mean = statistics.median(counts), statistics.mean(counts)
    return f" median {middle:g}, mean {mean:.1f}, most {max(counts)}"


def checked_by(check: Any, case: Case) -> Outcome:
    """Return the verdict of another checker."""
    from peers import verdict

    count: Counter[str] = Counter()
    function = case.function()

    def counted(x: float) -> float:
        count["calls"] += 1
        return function(x)

    return Outcome(case, verdict(check, counted, case.point, case.claim), count["calls"])


def main(arguments: list[str]) -> None:
    """Print the table, and with -v what went wrong."""
    corpus = cases()
    if "--peers" in arguments:
        from peers import installed

        for name, check in installed():
            tally = Tally([checked_by(check, case) for case in corpus])
            print("\n".join(tally.lines(name)), flush=True)
        return
    start = time.perf_counter()
    tally = Tally([checked(case) for case in corpus])
    print("\n".join(tally.lines("autograd.check")), f"\n  {time.perf_counter() - start:.1f} s")
    if "-v" in arguments:
        for o in [
            *tally.false("right"),
            *tally.false("wrong"),
            *tally.false("kink"),
            *tally.missed(),
            *tally.unsure(),
        ]:
            print(
                f"{o.verdict:7} {o.case.what:14} {o.case.text:30} at {o.case.point:<10g} claim {o.case.claim:<17.10g} {o.calls:3} {o.note}"
            )
        kinks = [o for o in tally.outcomes if o.case.what == "kink" and o.verdict != "kink"]
        for o in kinks:
            print(
                f"missed kink {o.verdict:7} {o.case.text:30} at {o.case.point:g} claim {o.case.claim:.10g} {o.calls} {o.note}"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
