"""Nested numbers, taken apart and put together: by one piece of code for derivatives and checks."""

from collections import OrderedDict
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import Value
from autograd.trees import entries, flatten, is_number, matched, rebuild

VALUE = Value(5.0)


class Pair(NamedTuple):
    first: Any
    second: Any


@pytest.mark.parametrize(
    ("tree", "numbers"),
    [
        (2.0, [2.0]),
        (VALUE, [VALUE]),
        ([], []),
        ([1.0, (2, {"a": np.float32(3.0)})], [1.0, 2.0, 3.0]),
        (OrderedDict(b=1.0, a=[2.0]), [1.0, 2.0]),
        (MappingProxyType({"a": 1.0}), [1.0]),
        (Pair(1.0, (2.0,)), [1.0, 2.0]),
        (np.arange(6).reshape(2, 3), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        (np.array(7.0), [7.0]),
        (np.array([VALUE, 1.0], dtype=object), [VALUE, 1.0]),
        (np.zeros((0, 2)), []),
    ],
    ids=repr,
)
def test_numbers_in_order_and_back(tree: Any, numbers: list[Any]) -> None:
    found = list(flatten(tree))
    assert found == numbers
    assert all(type(x) in (float, Value) for x in found)
    new = rebuild(tree, iter([10.0 + x for x in range(len(numbers))]))
    assert list(flatten(new)) == [10.0 + x for x in range(len(numbers))]
    assert matched(new, tree, "numbers") == list(flatten(new))


def test_structures_stay_what_they_are() -> None:
    assert type(rebuild(OrderedDict(a=1.0), iter([2.0]))) is OrderedDict
    assert rebuild(Pair(1.0, [2.0]), iter([3.0, 4.0])) == Pair(3.0, [4.0])
    assert type(rebuild(np.float64(1.0), iter([2.0]))) is float
    assert rebuild(np.ones((2, 1)), iter([1j, 2j])).dtype == complex
    assert rebuild(np.ones(2), iter([VALUE, 1.0])).dtype == object
    rows = rebuild(np.ones(2), iter([np.ones(3), np.zeros(3)]))
    assert rows.shape == (2, 3)
    assert rows.dtype == float


def test_what_is_no_number_stays_where_it_is_and_is_refused_by_flatten() -> None:
    tree = [1.0, {"mode": "fast", "at": (None, 2.0)}, np.array(["a", "b"])]
    assert [leaf for _, leaf in entries(tree) if is_number(leaf)] == [1.0, 2.0]
    new = rebuild(tree, iter([3.0, 4.0]))
    assert new[:2] == [3.0, {"mode": "fast", "at": (None, 4.0)}]
    assert new[2].tolist() == ["a", "b"]
    with pytest.raises(TypeError, match=r"^args\[1\]\['mode'\]: str 'fast' is not a real number"):
        list(flatten(tree, "args"))


def test_another_structure_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the weights must have the structure .* got \['number'"):
        matched([1.0], 1.0, "weights")
