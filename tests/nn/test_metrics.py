import math

import pytest

from nn.metrics import accuracy, confusion_matrix, predicted_class, r_squared


def test_one_score_is_for_two_classes():
    assert [predicted_class(x) for x in (-1.0, 0.0, 2.0)] == [0, 0, 1]
    assert accuracy([-1.0, 2.0, 3.0], [-1, 1, 0]) == pytest.approx(2 / 3)


def test_the_first_of_equal_scores():
    assert predicted_class([1.0, 1.0]) == 0


def test_confusion():
    outputs = [[2, 1, 0], [0, 2, 1], [0, 1, 2], [0, 2, 1]]
    assert confusion_matrix(outputs, [0, 1, 1, 2], 3) == [[1, 0, 0], [0, 1, 1], [0, 1, 0]]


def test_r_squared():
    assert r_squared([2.0, 2.0], [1.0, 3.0]) == 0.0
    assert math.isnan(r_squared([1.0], [1.0]))
