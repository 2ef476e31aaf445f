"""What the tests of pictures share."""

import os
import subprocess
import sys
from collections.abc import Callable

import pytest


@pytest.fixture
def printed_in_processes() -> Callable[[str], set[str]]:
    """Return a function that runs a program in processes that hash otherwise: what they print."""

    def printed(program: str) -> set[str]:
        return {
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
                capture_output=True, check=True, text=True,
            ).stdout
            for seed in ("1", "2")
        }  # fmt: skip

    return printed
