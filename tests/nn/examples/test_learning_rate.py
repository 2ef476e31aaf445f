"""The largest stable rate is 2 / lambda_max, whichever way it is found."""

import pytest

from nn import SGD, Adam
from nn.examples.learning_rate import (
    SYSTEMS,
    bowl,
    descent,
    disagreement,
    largest_eigenvalue,
    largest_stable,
    least_squares,
)


@pytest.mark.parametrize("curvatures", [[1.0, 3.0], [0.2, 40.0], [5.0, 5.0]])
def test_the_largest_curvature_is_found_without_a_matrix(curvatures):
    assert largest_eigenvalue(bowl(curvatures), 2) == pytest.approx(max(curvatures), rel=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_largest_stable_rate(momentum):
    found = largest_stable(bowl([1.0, 8.0]), [1.0, 1.0], momentum=momentum)
    assert found == pytest.approx(2.0 * (1.0 + momentum) / 8.0, rel=0.02)


@pytest.mark.unmeasured
def test_on_digits_they_agree():
    assert disagreement(least_squares(seed=1, count=5), 65) < 0.05


def test_descent_ends_at_the_bottom_and_adam_too():
    for optimizing in (lambda p: SGD(p, lr=0.1), lambda p: Adam(p, lr=0.1)):
        way = descent(bowl([1.0, 10.0]), [1.0, -1.0], optimizing, steps=200)
        assert len(way) == 201
        assert way[-1] == pytest.approx([0.0, 0.0], abs=1e-3)


def test_the_rows_of_the_report_are_reached():
    for row in SYSTEMS[:2]:
        assert row.reached(row.measure(7))
