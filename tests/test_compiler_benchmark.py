"""The benchmark of the compiler runs, and prints a row for what it is asked for."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parent / "benchmarks/compiler.py"


def test_a_row_says_what_is_asked_and_what_was_measured() -> None:
    command = [sys.executable, str(BENCHMARK), "--only", "small", "--repeats", "1", "--busy"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(" | ") for line in output.splitlines() if line.startswith("| Rosenbrock")]
    assert [row[0].split(", ", 2)[2] for row in rows] == ["a list", "buffers, out="]
    for row in rows:
        assert "us; all peers slower" in row[1]
        assert row[2].split()[1] in ("ns", "us", "ms", "s")
        assert row[3] in ("yes", "**no**")
