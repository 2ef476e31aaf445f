"""The compiler beside its peers: what issue 3 asks for and what is measured, as a Markdown table.

    python tests/benchmarks/compiler.py [--only moons microgpt ...] [--repeats N] [--busy]

Peers (micrograd, PyTorch, jax, casadi, pytensor, numpy) that are not installed are left out with a
line. Everything runs in one process, in turns, on one thread. On a machine that others keep busy,
`--busy` counts the processor's time of this process instead of the clock on the wall.
"""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Iterator
from importlib import import_module

import contest

WORKS = ("moons", "microgpt", "small", "asian", "growth")


def one_thread() -> None:
    """Tell the libraries that are not imported yet to use one thread, and jax to use doubles."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_ENABLE_X64"] = "1"
    os.environ["JAX_PLATFORMS"] = "cpu"


def rows_of(name: str, repeats: int) -> Iterator[contest.Row | None]:
    """Yield the lines of some work; a message and None where it fails."""
    try:
        yield from import_module(f"compiled_{name}").rows(repeats)
    except Exception:  # noqa: BLE001 - the other works are still to be shown
        print(f"{name} fails:\n{traceback.format_exc()}", flush=True)
        yield None


def main(words: list[str] | None = None) -> int:
    """Read the command line, measure, and print the table; return 1 if some work failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=WORKS, default=WORKS)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--busy", action="store_true", help="count the time of this process only")
    arguments = parser.parse_args(words)
    if arguments.busy:
        contest.clock = time.process_time
    one_thread()
    sys.setrecursionlimit(100_000)  # micrograd recurses over its graph
    found = [row for name in arguments.only for row in rows_of(name, arguments.repeats)]
    print("\n" + contest.markdown(row for row in found if row is not None))
    return 1 if None in found else 0


if __name__ == "__main__":
    sys.exit(main())
