"""Timing several ways to do the same work, side by side in one run.

`interleaved` times them in turns, so that a machine that slows down slows all of them; `table`
prints medians and ratios.
"""

import gc
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import Any

Work = Callable[[], Any]


def load(name: str) -> Any:
    """Return what `module:attribute` names."""
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def installed(names: Iterable[str]) -> list[str]:
    """Return the names that can be loaded; say which are left out."""
    found = []
    for name in names:
        try:
            load(name)
        except ImportError as error:
            print(f"{name} is left out: {error}")
        else:
            found.append(name)
    return found


def interleaved(
    works: dict[str, Work],
    turns: int,
    rounds: int = 3,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the median time of each piece of work in seconds, done in turns.

    Each turn does the work several times in a row, because the collector picks up in one round
    what the round before has left; a turn starts with nothing for it to do. Where others keep the
    machine busy, `time.process_time` is the better clock.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(turns):
        for name, work in works.items():
            gc.collect()
            start = clock()
            for _ in range(rounds):
                work()
            seconds[name].append((clock() - start) / rounds)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows of text under their columns, the first to the left and the others to the right."""
    rows = [columns, *rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    print(f"\n{title}")
    for row in rows:
        first, *others = (
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join([first, *others]).rstrip())


def shown(seconds: float) -> str:
    """Return a time with three digits and its unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-9:.3g} ns"
