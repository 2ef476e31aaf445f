import random
from statistics import fmean, pvariance

import pytest

import nn
from nn.initializers import INITIALIZERS, generator, initializer_named, uniform

VARIANCES = {
    "uniform": 1 / 3,
    "fan_in_uniform": 1 / 3 / 50,
    "xavier": 2 / 80,
    "xavier_uniform": 2 / 80,
    "xavier_normal": 2 / 80,
    "he": 2 / 50,
    "he_uniform": 2 / 50,
    "he_normal": 2 / 50,
    "normal": 1.0,
    "zeros": 0.0,
}


@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance(name):
    rng = random.Random(0)
    draw = initializer_named(name)
    numbers = [draw(rng, 50, 30) for _ in range(20_000)]
    assert fmean(numbers) == pytest.approx(0.0, abs=0.03)
    assert pvariance(numbers) == pytest.approx(VARIANCES[name], rel=0.05)


def test_a_function_is_an_initializer_already():
    assert initializer_named(uniform) is uniform


def test_an_unknown_name():
    with pytest.raises(ValueError, match="no initializer 'hee': choose one of uniform"):
        initializer_named("hee")


def test_where_numbers_are_drawn_from():
    rng = random.Random(3)
    assert generator(rng=rng) is rng
    assert generator() is random
    assert generator(seed=3).random() == random.Random(3).random()


def test_a_seed_and_a_generator_are_too_much():
    with pytest.raises(TypeError, match="not both"):
        generator(seed=1, rng=random.Random(1))


def test_a_number_is_no_generator():
    with pytest.raises(TypeError, match="seed="):
        generator(rng=3)


@pytest.mark.parametrize("initializer", [None, 3])
def test_an_initializer_is_a_function_or_a_name(initializer):
    with pytest.raises(
        TypeError, match=rf"a function of \(rng, nin, nout\), .*, not {initializer}"
    ):
        nn.MLP(2, [3], initializer=initializer)
