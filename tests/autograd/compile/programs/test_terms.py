"""Two functions are the same sum if their programs are, whatever the numbers."""

import pytest

import autograd
from autograd import Value, maximum, mean, where
from autograd.compile.programs.terms import same_sum

W = Value(2.0)
SAME = {
    "mean": (mean, lambda x: x[0] / 3 + x[1] / 3 + x[2] / 3),
    "half": (lambda x: 0.5 * mean(x[:2]), lambda x: 0.25 * x[0] + x[1] * 0.25),
    "minus": (lambda x: x[0] - x[1], lambda x: -(x[1] - x[0])),
    "leaf": (lambda x: W * x[0] + W, lambda x: autograd.sum([W, W * x[0]])),
    "inner": (lambda x: mean([maximum(x[0], x[1])] * 2), lambda x: maximum(x[0], x[1])),
}
OTHER = {
    "weight": (mean, lambda x: x[0] / 3 + x[1] / 3 + x[2] / 2),
    "missing": (mean, lambda x: x[0] + x[1]),
    "product": (lambda x: x[0] * x[1], lambda x: x[0] * x[2]),
    "equal by chance": (lambda x: x[0] * x[0], lambda x: x[0]),
    "mask": (lambda x: where(x[2], x[0], 0.0) + x[1], lambda x: x[0] + x[1]),
    "other leaf": (lambda x: W * x[0], lambda x: Value(2.0) * x[0]),
}


@pytest.mark.parametrize("name", SAME)
def test_the_same_sum(name):
    assert same_sum(*SAME[name], [1.0, 1.0, 1.0])


@pytest.mark.parametrize("name", OTHER)
def test_another_sum_even_where_the_numbers_agree(name):
    assert not same_sum(*OTHER[name], [1.0, 1.0, 1.0])
