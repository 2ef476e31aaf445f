"""Compiled functions travel: derivatives, decorated functions, what closes over a model."""

from __future__ import annotations

import copy
import functools
import pickle

import pytest

import autograd
from autograd import Value


def cube(x):
    return x * x * x


def product(v):
    return v[0] ** 2 * v[1]


@autograd.compile
def decorated(x):
    return x * x


class Line:
    """A model: pickled with its numbers."""

    def __init__(self, slope):
        self.slope = Value(slope)

    def loss(self, x, y):
        return (self.slope * x - y) ** 2


def there(compiled):
    return pickle.loads(pickle.dumps(compiled))


@pytest.mark.parametrize(
    ("made", "x"),
    [
        (autograd.grad(cube), 2.0),
        (autograd.value_and_grad(cube), 2.0),
        (autograd.derivative(cube, 2), 2.0),
        (autograd.grad(autograd.grad(cube)), 2.0),
        (autograd.hessian(product), [2.0, 3.0]),
        (autograd.jacobian(autograd.grad(product)), [2.0, 3.0]),
    ],
)
def test_derivatives_pickle(made, x):
    compiled = autograd.compile(made)
    assert there(compiled)(x) == compiled(x) == made(x)
    assert there(there(compiled))(x) == made(x)


def test_what_is_named_as_a_derivative_is_not_taken_for_it():
    slope = autograd.grad(cube)

    @functools.wraps(slope)
    def twice(x):
        return 2.0 * slope(x)

    assert autograd.compile(twice)(2.0) == 24.0
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(autograd.compile(twice))


def test_a_decorated_function_pickles():
    assert there(decorated)(3.0) == 9.0
    assert there(autograd.compile(decorated))(3.0) == 9.0


def test_a_batch_takes_its_model_along():
    model = Line(2.0)
    step = autograd.compile(model.loss, batch=("x", "y"), reduce="sum")
    for again in (there(step), copy.deepcopy(step)):
        assert again([1.0, 2.0], [3.0, 4.0]) == 1.0
        own = again.function.__self__
        own.slope.data = 3.0
        assert again([1.0, 2.0], [3.0, 4.0]) == 4.0
    assert step([1.0, 2.0], [3.0, 4.0]) == 1.0


def test_a_lambda_does_not_pickle_and_says_so():
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(autograd.compile(lambda x: x))
