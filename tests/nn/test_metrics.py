import math

import pytest

import nn
from autograd import Value
from nn.metrics import (
    accuracy,
    confusion_matrix,
    predicted_class,
    r_squared,
    root_mean_squared_error,
)


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


def test_one_score_in_a_list_is_for_two_classes_too():
    assert [predicted_class(x) for x in ([-1.0], [2.0], (0.5,), [Value(0.5)])] == [0, 1, 1, 1]
    assert predicted_class([Value(0.5), Value(1.0)]) == 1
    model = nn.Sequential(nn.Linear(1, 1, seed=0))
    xs = [[x / 10] for x in range(-20, 21) if x]
    ys = [int(x[0] > 0) for x in xs]
    history = nn.fit(
        model, xs, ys, loss=nn.binary_cross_entropy_with_logits, epochs=60, seed=0, progress=False,
        optimizer=nn.SGD(model.parameters(), lr=0.5), metrics={"accuracy": accuracy},
    )  # fmt: skip
    assert history["accuracy"][-1] > 0.9
    assert accuracy([[0.5]], [[1]]) == 1.0


def test_confusion_and_accuracy_agree_on_targets_of_minus_one():
    assert confusion_matrix([0.5, -0.5, 0.5], [1, -1, -1], 2) == [[1, 1], [0, 1]]
    assert accuracy([0.5, -0.5, 0.5], [1, -1, -1]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("output", [math.nan, [math.nan], [math.nan, 1.0], [2.0, math.nan]])
def test_nan_is_of_no_class(output):
    assert predicted_class(output) == -1
    assert accuracy([output] * 3, [0, 1, -1]) == 0.0
    with pytest.raises(ValueError, match=r"outputs\[0\], .*nan.*, is of none of 2 classes"):
        confusion_matrix([output], [0], 2)


@pytest.mark.parametrize("figure", [accuracy, root_mean_squared_error, r_squared])
def test_as_many_outputs_as_targets_and_at_least_one(figure):
    with pytest.raises(ValueError, match="0 outputs and 0 targets: give as many of each"):
        figure([], [])
    with pytest.raises(ValueError, match="1 outputs and 2 targets"):
        figure([1.0], [1.0, 2.0])


@pytest.mark.parametrize("target", [3, -2, 0.5])
def test_a_target_that_is_no_class_is_told(target):
    with pytest.raises(ValueError, match=rf"targets\[1\] is {target}: there are 2 classes, from 0"):
        confusion_matrix([0.5, 0.5], [1, target], 2)


def test_an_output_of_another_class_or_of_none_is_told():
    with pytest.raises(ValueError, match=r"outputs\[0\], .*, is of none of 2 classes"):
        confusion_matrix([[0.0, 0.0, 1.0]], [0], 2)
    with pytest.raises(ValueError, match="classes must be a whole number from 1, not 0"):
        confusion_matrix([0.5], [0], 0)
    for output in ([], [[0.5, 1.0]]):
        with pytest.raises(ValueError, match="an output is a score for each class"):
            predicted_class(output)


def test_errors_are_of_numbers_alone_or_in_a_list():
    assert root_mean_squared_error([[1.0], [3.0]], [1.0, 1.0]) == math.sqrt(2.0)
    assert r_squared([[1.0], [2.0]], [[1.0], [2.0]]) == 1.0
    with pytest.raises(ValueError, match="one number for each sample"):
        root_mean_squared_error([[1.0, 2.0]], [1.0])


def test_arrays_are_outputs_too():
    numpy = pytest.importorskip("numpy")
    scores = numpy.array([[1.0, 0.0], [1.0, 3.0]])
    assert [predicted_class(row) for row in scores] == [0, 1]
    assert accuracy(scores, numpy.array([0, 1])) == 1.0
    assert confusion_matrix(scores, numpy.array([0, 0]), 2) == [[1, 1], [0, 0]]
    assert root_mean_squared_error(numpy.array([[1.0], [3.0]]), numpy.array([1.0, 1.0])) > 1.4
    assert predicted_class(numpy.float64(0.5)) == 1
