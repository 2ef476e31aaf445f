"""Measure every example with several seeds and write what was reached as a table in Markdown.

    python -m nn.examples.report --seeds 5 --jobs 2 --out report.md
    python -m nn.examples.report --only tabular digits

Each row is the mean over the seeds 0, 1, 2, ...: of the split, the weights and the order of the
samples. With `--out` the table is written after each measurement and all figures are kept beside
it, as `report.json`: the same command goes on from there, after Ctrl-C too. A measurement that
fails is told and left out, the others go on, and the exit status is 1; it is 2 where nothing can be
kept.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib import import_module
from math import fsum, isfinite
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, NamedTuple

from nn.examples.recipe import Row, positive, program
from nn.files import is_number, read_json, write_json, write_text

__all__ = ["EXAMPLES", "Task", "attempt", "main", "table"]

EXAMPLES = (
    "tabular", "digits", "names", "place_names", "dates", "language", "learning_rate", "vanishing",
    "exploding", "overfitting", "activations",
)  # fmt: skip
FORMAT = "scalar-autograd report, version 2"
HEAD = """| system | data | figure | wanted | mean | each seed | seconds each | |
|---|---|---|---|---|---|---|---|"""


class Task(NamedTuple):
    """What is measured at once: a row of an example, with a seed."""

    example: str
    name: str
    seed: int

    def __str__(self) -> str:
        return f"{self.name}, seed {self.seed}"


def rows(example: str) -> tuple[Row, ...]:
    """Return the rows of an example.

    >>> [row.goal for row in rows("names")]
    [0.82]
    """
    found: tuple[Row, ...] = import_module(f"nn.examples.{example}").SYSTEMS
    return found


def row_of(task: Task) -> Row:
    """Return the row a task is for."""
    return next(row for row in rows(task.example) if row.name == task.name)


def line(row: Row, figures: Sequence[float], seconds: float) -> str:
    """Return a row of the table for the figures measured."""
    mean = fsum(figures) / len(figures)
    whole = all(map(isfinite, figures))
    verdict = "reached" if whole and row.reached(mean) else "not reached"
    each = ", ".join(row.shown(figure).removesuffix(" %") for figure in figures)
    cells = [row.name, row.data, row.figure, row.wanted(), row.shown(mean), each]
    return f"| {' | '.join([*cells, f'{seconds / len(figures):.0f}', verdict])} |"


def table(measured: dict[str, Any], examples: Sequence[str]) -> str:
    """Return the table of what has been measured, example by example.

    Args:
        measured: for the name of each row, and for each seed, the figure and the seconds it took.
        examples: the examples to show.
    """
    lines = [HEAD]
    for row in [row for example in examples for row in rows(example) if row.name in measured]:
        found = measured[row.name]
        figures, seconds = zip(*(found[seed] for seed in sorted(found, key=int)), strict=True)
        lines.append(line(row, figures, fsum(seconds)))
    return "\n".join(lines) + "\n"


def attempt(task: Task) -> tuple[float, float] | str:
    """Return the figure of a task and the seconds of processor time it took, or why it failed."""
    print(f"{task} ...", flush=True)
    start = time.process_time()
    try:
        figure = row_of(task).measure(task.seed)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one, the others are measured
        return f"{type(error).__name__}: {error}"
    return figure, time.process_time() - start


def attempts(tasks: Sequence[Task], jobs: int) -> Iterator[tuple[Task, Any]]:
    """Return each task with what `attempt` gives, as they are done.

    Args:
        tasks: what to do.
        jobs: how many at the same time, each in a process of its own; 1: in this process.
    """
    if jobs == 1:
        yield from ((task, attempt(task)) for task in tasks)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=context, max_tasks_per_child=1) as pool:
        futures = {pool.submit(attempt, task): task for task in tasks}
        try:
            for future in as_completed(futures):
                error = future.exception()
                if isinstance(error, KeyboardInterrupt):
                    raise error
                yield futures[future], str(error) if error else future.result()
        except BaseException:  # Ctrl-C: wait for nobody
            for process in active_children():
                process.terminate()
            raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for, print the table, return the exit status."""
    chosen = _arguments(arguments)
    kept = chosen.out and chosen.out.with_suffix(".json")
    try:
        measured = _measured(chosen.out, kept) if kept else {}
    except (OSError, ValueError) as error:
        print(f"{program() or 'report'}: {error}", file=sys.stderr)
        return 2
    every = (Task(example, row.name, seed) for example in chosen.only for row in rows(example)
             for seed in range(chosen.seeds))  # fmt: skip
    tasks = [task for task in every if str(task.seed) not in measured.get(task.name, {})]
    failed: list[str] = []
    try:
        for i, (task, found) in enumerate(attempts(tasks, chosen.jobs), start=1):
            print(_told(task, found), f"({i} of {len(tasks)})", flush=True)
            if isinstance(found, str):
                failed.append(f"not measured: {_told(task, found)}")
                continue
            measured.setdefault(task.name, {})[str(task.seed)] = found
            if chosen.out:
                write_json(kept, {"format": FORMAT, "measured": measured})
                write_text(chosen.out, table(measured, EXAMPLES))
    except KeyboardInterrupt:
        print("\ninterrupted" + "; the same command goes on from there" * bool(chosen.out))
        return 130
    print("", table(measured, chosen.only), *failed, sep="\n")
    return 1 if failed else 0


def _measured(out: Path, kept: Path) -> dict[str, Any]:
    """Return what is kept beside the table; raise ValueError or OSError where that cannot be."""
    if out == kept:
        raise ValueError(f"--out is the table, in Markdown, and its figures stand beside it in "
                         f"{kept}: name the table {out.with_suffix('.md')}")  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    for file in (out, kept):
        if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
            raise ValueError(f"{file} cannot be written")
    if not kept.exists():
        return {}
    measured = read_json(kept, FORMAT).get("measured")
    if not isinstance(measured, dict) or not all(map(_is_sound, measured.values())):
        raise ValueError(f"{kept} is broken: it has no figures and seconds for seeds")
    return measured


def _is_sound(found: Any) -> bool:
    """Return whether something is figures and seconds, for seeds as JSON has them."""
    return isinstance(found, dict) and all(
        seed.isdecimal() and isinstance(pair, list) and len(pair) == 2 and all(map(is_number, pair))
        for seed, pair in found.items()
    )


def _told(task: Task, found: tuple[float, float] | str) -> str:
    if isinstance(found, str):
        return f"{task} failed: {found}"
    return f"{task}: {row_of(task).shown(found[0])} in {found[1]:.0f} s"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=program(), description=__doc__, formatter_class=as_it_is)
    parser.add_argument("--seeds", type=positive, default=5, help="how many (5)")
    parser.add_argument("--jobs", type=positive, default=1, help="how many at the same time (1)")
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--only", nargs="+", choices=EXAMPLES, default=EXAMPLES)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
