"""Measure every example with several seeds and write what was reached as a table in Markdown.

    python -m nn.examples.report --seeds 5 --out report.md
    python -m nn.examples.report --only tabular digits

Each row is the mean over the seeds 0, 1, 2, ...: of the split, the weights and the order of the
samples. With `--out` what has been measured is kept beside the report, as `report.json`, and the
same command goes on from there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from importlib import import_module
from math import fsum, isfinite
from pathlib import Path
from typing import Any

from nn.examples.recipe import Row
from nn.files import read_json, write_json, write_text

__all__ = ["EXAMPLES", "main", "table"]

EXAMPLES = (
    "tabular", "digits", "names", "place_names", "dates", "language", "learning_rate", "vanishing",
    "exploding", "overfitting", "activations",
)  # fmt: skip
FORMAT = "scalar-autograd report, version 1"
HEAD = """| system | data | figure | wanted | mean | from - to | seeds | seconds each | |
|---|---|---|---|---|---|---|---|---|"""


def rows(example: str) -> tuple[Row, ...]:
    """Return the rows of an example.

    >>> [row.goal for row in rows("names")]
    [0.82]
    """
    found: tuple[Row, ...] = import_module(f"nn.examples.{example}").SYSTEMS
    return found


def line(row: Row, figures: Sequence[float], seconds: float) -> str:
    """Return a row of the table for the figures measured."""
    mean = fsum(figures) / len(figures)
    whole = all(map(isfinite, figures))
    verdict = "reached" if whole and row.reached(mean) else "not reached"
    cells = [row.name, row.data, row.figure, row.wanted(), row.shown(mean)]
    cells += [f"{row.shown(min(figures))} - {row.shown(max(figures))}", str(len(figures))]
    return f"| {' | '.join([*cells, f'{seconds / len(figures):.0f}', verdict])} |"


def table(measured: dict[str, Any], examples: Sequence[str]) -> str:
    """Return the table of what has been measured, example by example.

    Args:
        measured: for the name of each row the figures and the seconds they took.
        examples: the examples to show.
    """
    lines = [
        line(row, measured[row.name]["figures"], measured[row.name]["seconds"])
        for example in examples
        for row in rows(example)
        if row.name in measured and measured[row.name]["figures"]
    ]
    return "\n".join([HEAD, *lines]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what the command line asks for and print the table."""
    as_it_is = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--out", type=Path, help="file for the table")
    parser.add_argument("--only", nargs="+", choices=EXAMPLES, default=EXAMPLES)
    chosen = parser.parse_args(arguments)
    kept = chosen.out and chosen.out.with_suffix(".json")
    measured = read_json(kept, FORMAT)["measured"] if kept and kept.exists() else {}
    for row in [row for example in chosen.only for row in rows(example)]:
        entry = measured.setdefault(row.name, {"figures": [], "seconds": 0.0})
        for seed in range(len(entry["figures"]), chosen.seeds):
            _measured(row, seed, entry)
            if chosen.out:
                write_json(kept, {"format": FORMAT, "measured": measured})
                write_text(chosen.out, table(measured, EXAMPLES))
    print(table(measured, chosen.only))


def _measured(row: Row, seed: int, entry: dict[str, Any]) -> None:
    print(f"{row.name}, seed {seed}: ", end="", flush=True)
    start = time.perf_counter()
    entry["figures"].append(row.measure(seed))
    entry["seconds"] += time.perf_counter() - start
    print(row.shown(entry["figures"][-1]), flush=True)


if __name__ == "__main__":
    main()
