"""The exponential function on vectors: the bits of C's, for all numbers, or it is not used."""

import math
import random
import struct
from array import array
from math import inf, nan

import pytest

import autograd
from autograd.compile.llvm import elementary, machine, native
from autograd.numbers.floats import QUIET

needs_llvm = pytest.mark.skipif(not machine.available(), reason="needs llvmlite")


@needs_llvm
@pytest.mark.parametrize("seed", range(3))
def test_a_batch_has_the_bits_of_c(seed):
    draw = random.Random(seed)
    numbers = [draw.uniform(-800.0, 800.0) for _ in range(5000)]
    numbers += [draw.gauss(0.0, 1.0) * 10.0 ** draw.uniform(-20.0, 2.0) for _ in range(20_000)]
    found = autograd.compile(autograd.exp, batch="x")(x=array("d", numbers))
    assert list(found) == list(map(QUIET["exp"], numbers))


@needs_llvm
def test_numbers_that_are_left_to_c_take_their_neighbours_along():
    numbers = [0.5, -inf, inf, 800.0, -745.1, -0.0, 1e-320, 3.0, 512.0, -512.0, 1.0, nan]
    found = autograd.compile(autograd.exp, batch="x")(x=array("d", numbers))
    assert list(found)[:-1] == list(map(QUIET["exp"], numbers))[:-1]
    assert math.isnan(found[-1])


def _double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def test_the_table_holds_powers_of_two_and_their_errors():
    bits = elementary._powers()
    assert len(bits) == 256
    powers = [_double((b + (k << 45)) % 2**64) for k, b in enumerate(bits[1::2])]
    assert powers[:1] + powers[64:65] == [1.0, math.sqrt(2.0)]
    assert all(abs(_double(b)) <= 2.0**-53 for b in bits[::2])


@needs_llvm
def test_it_is_not_used_where_c_gives_other_bits(monkeypatch):
    monkeypatch.setitem(native.QUIET, "exp", lambda x: math.nextafter(QUIET_EXP(x), inf))
    assert native._with_same_bits("exp", 4) is None
    monkeypatch.undo()
    assert native._with_same_bits("log", 4) is None


QUIET_EXP = QUIET["exp"]


@needs_llvm
@pytest.mark.parametrize("width", [2, 4, 8])
def test_every_width_agrees(width):
    if not machine.features().get("fma") or width > machine.lanes():
        pytest.skip("this processor has no such vectors")
    assert native._with_same_bits("exp", width) == f"autograd_exp_{width}"


@needs_llvm
def test_the_sample_fills_whole_vectors():
    assert len(elementary.sample()) % 8 == 0
