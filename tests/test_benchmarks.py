"""The benchmark of the engine runs, small, and prints a row for everything it promises."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parent / "benchmarks/engine.py"
SMALL = ["--operations", "200", "--turns", "1", "--points", "2", "--largest", "1000"]


def run(*words: str) -> str:
    command = [sys.executable, str(BENCHMARK), *SMALL, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_compares_any_class_and_leaves_out_what_is_not_installed() -> None:
    output = run("--engine", "autograd.value:Value", "--engine", "no_such_engine:Value")
    assert "no_such_engine:Value is left out" in output
    lines = output.splitlines()
    (head,) = [line for line in lines if line.startswith("(times the first)")]
    assert head.split()[3] == "autograd:Value"
    assert head.split()[-1] == "autograd.value:Value"
    for title in ("chain, record", "tree, record and backward", "two moons", "x * y, bytes"):
        (row,) = [line for line in lines if line.startswith((f"{title},", f"{title} a node"))]
        assert row.count("(") == len(head.split()[3:])


def test_a_node_of_a_product_takes_at_most_150_bytes() -> None:
    (row,) = [line for line in run().splitlines() if line.startswith("x * y, bytes a node")]
    assert 0 < float(row.split("node")[1].split()[0]) <= 150
