"""A program on single numbers in LLVM's language."""

from __future__ import annotations

from autograd.compile.llvm.emitter import Emitter, computed
from autograd.compile.llvm.layout import End, Layout, Source, by_register
from autograd.compile.llvm.pieces import HandOver
from autograd.compile.llvm.symbols import Symbols
from autograd.compile.programs.program import Program

__all__ = ["scalar_source"]

SMALL = 250  # instructions that get LLVM's full effort


def scalar_source(
    program: Program, hand_over: HandOver | None = None, *, fast: bool = False
) -> Source:
    """Return `i64 @program(ptr inputs, ptr outputs, ptr work)` for a program in primitives.

    It returns 0, or the number from 1 of the first guard that failed. A long text may be handed
    over in parts, to be compiled as they are; then the source is what is left.
    """
    symbols, layout = Symbols(), Layout(size=64)
    emitter = Emitter(program, computed(program), width=1, layout=layout, varying=set(),
                      exported=set(), symbols=symbols, fast=fast, hand_over=hand_over,
                      effort=_effort)  # fmt: skip
    ends = by_register(
        [(g.register, End(i, g.expected)) for i, g in enumerate(program.guards, start=1)]
        + [(k, End(j)) for j, k in enumerate(program.outputs)]
    )
    names = emitter.chunks("part", ends)
    rest = _rest(program, emitter)
    calls = [f"call void @{name}(ptr %u, ptr %w, ptr %o)" for name in names]
    driver = ["define i64 @program(ptr noalias %u, ptr noalias %o, ptr noalias %w) {",
              "store i64 0, ptr %w", *calls, *rest, "%failed = load i64, ptr %w",
              "ret i64 %failed", "}"]  # fmt: skip
    text = "\n".join([*emitter.lines, *emitter.elsewhere, *driver, symbols.text(), ""])
    return Source(text, layout.size, symbols, emitter.level)


def _effort(size: int) -> int:
    """Return LLVM's level for so many instructions on single numbers: 1 and 2 gain a tenth."""
    return 2 if size <= SMALL else 0


def _rest(program: Program, emitter: Emitter) -> list[str]:
    """Write the outputs that are inputs or constants."""
    lines, emitter.lines = emitter.lines, []
    emitter.known = {}
    for j, k in enumerate(program.outputs):
        if program.code[k].op in ("input", "constant"):
            emitter.end(End(j), emitter.operand(k), str(j))
    lines, emitter.lines = emitter.lines, lines
    return lines
