"""Compile: the same scalar program at the speed of native code.

`compile(f)` returns a function that gives what f gives (`compiled`, or `batch` where arguments get
a leading axis). At its first call f is recorded on Values (`recording`; twice, to see that it does
the same again), and the recording becomes a straight-line program, which passes make smaller
(`programs`). What comes again and again in it is found, and differentiated, as a loop (`loops`). A
back end makes it run: Python source (`python`), native code through LLVM (`llvm`; needs llvmlite,
the extra `compile`), or C99 source for elsewhere (`c`). `training` is whole epochs in native code.
"""

from collections.abc import Callable, Sequence
from typing import Any

from autograd.compile.batch import Batch
from autograd.compile.compiled import Compiled, CompileWarning
from autograd.compile.programs.program import Guard, Input, Instruction, Program
from autograd.compile.recording.trace import TraceError

__all__ = [
    "Batch",
    "CompileWarning",
    "Compiled",
    "Guard",
    "Input",
    "Instruction",
    "Program",
    "TraceError",
    "compile",
]


def compile(
    f: Callable[..., Any], *, batch: str | Sequence[str] = (), reduce: str | None = None,
    backend: str | None = None, fast: bool = False, threads: int = 1,
) -> Any:  # fmt: skip
    """Return a function that gives the same results as f, natively.

    Args:
        f: a function of numbers or nested lists, tuples and dicts of numbers, made of operations on
            Values; also a transformed one, such as `autograd.value_and_grad(f)`.
        batch: names of arguments that get a leading axis: f is done for every row of them, several
            rows at once. The result is a `Batch`, which has `backward` too.
        reduce: what becomes of the results of the rows: "mean", "sum", or None to keep all.
        backend: "llvm" or "python"; by default LLVM where llvmlite is installed.
        fast: allow fused multiply-add and vector functions, within 4 ulp an operation.
        threads: how many threads share the rows of a batch.

    The function is recorded (run twice) at the first call with each structure of arguments, and
    again where a branch on a number goes another way. Values that it closes over are read at each
    call; plain numbers from outside are constants of the recording, so pass what changes as an
    argument, or keep it in a Value. Raises TraceError for what a program could not follow (reading
    `.data`, printing, random numbers, clocks, changes of Values outside, Values left outside),
    ValueError for options that do not fit. Side effects of other kinds (a counter, a log) happen
    while recording only. Called with Values, or inside another compiled function, it runs as f
    itself. In a class, `@autograd.compile` makes a method: each object has its own.

    >>> import autograd
    >>> rosenbrock = lambda v: (1 - v[0]) ** 2 + 100 * (v[1] - v[0] ** 2) ** 2
    >>> gradient = autograd.compile(autograd.grad(rosenbrock))
    >>> gradient([0.5, 0.5])
    [-51.0, 50.0]
    >>> total = autograd.compile(lambda x, y: x * y, batch=("x", "y"), reduce="sum")
    >>> total([1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
    32.0
    """
    if not callable(f):
        raise TypeError(f"compile takes a function, not {f!r}")
    if batch:
        return Batch(f, batch, reduce, backend, fast, threads)
    if reduce is not None or threads != 1:
        raise ValueError("reduce and threads belong to a batch: name the arguments that get a "
                         "leading axis, as in batch=('x', 'y')")  # fmt: skip
    return Compiled(f, backend, fast)
