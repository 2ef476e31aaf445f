"""Builtin functions made of native code: what they leave behind when Python ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytest.importorskip("llvmlite", reason="llvmlite is an optional extra")

# The list is never freed, so Python's last collection looks at the functions in it. By then memory
# that was given back holds other numbers, where the C library does as it is told.
PROGRAM = """
import ctypes
from autograd.compile.llvm import direct, quick
kept = [direct._function(), quick._function()]
assert all(kept)
ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
print("done")
"""


def test_python_ends_well_while_a_function_is_held():
    surroundings = os.environ | {"PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "255"}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)
    assert run.stdout == "done\n"
    assert run.returncode == 0, run.stderr
