"""Samples become rows of numbers and get their structure back."""

import pytest

from autograd import Value
from nn.samples import nested, numbers, plain_numbers, table


@pytest.mark.parametrize("sample", [1.0, [1.0], [[1.0, 2.0], (3.0, [4.0])], []])
def test_a_row_gets_its_structure_back(sample):
    flat = list(numbers(sample))
    assert list(numbers(nested(sample, iter(flat)))) == flat


def test_samples_of_different_size_are_refused():
    with pytest.raises(ValueError, match=r"inputs\[1\] has 1 numbers and inputs\[0\] has 2"):
        table([[1.0, 2.0], [1.0]], "inputs")


@pytest.mark.parametrize(
    "samples", [[[1.0, [2.0]], [[1.0], 2.0]], [[[1, 2, 3], [4, 5, 6]], [[1, 2], [3, 4], [5, 6]]]]
)
def test_samples_of_different_nesting_are_refused(samples):
    with pytest.raises(ValueError, match=r"inputs\[1\] is nested otherwise than inputs\[0\]"):
        table(samples, "inputs")


def test_outputs_are_plain_numbers():
    assert plain_numbers([Value(1.0), (2.0, [Value(3.0)])]) == [1.0, [2.0, [3.0]]]


@pytest.mark.parametrize("wrong", ["a", None, {"a": 1.0}, [1.0, "b"]])
def test_what_is_no_number_is_refused(wrong):
    with pytest.raises(TypeError, match=r"targets\[1\] is .*: a compiled fit takes numbers"):
        table([[1.0, 2.0], wrong], "targets")
