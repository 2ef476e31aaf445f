import math

import pytest

import nn
from autograd import Value
from nn import clip_by_norm, clip_by_value, clip_grad_norm_, clip_grad_value_


def test_by_norm_as_pytorch(reference):
    for case in reference["clipping"]:
        x = [Value(0.0) for _ in case["gradient"]]
        for v, gradient in zip(x, case["gradient"], strict=True):
            v.grad = gradient
        assert clip_grad_norm_(x, case["max_norm"]) == case["norm"]
        assert [v.grad for v in x] == pytest.approx(case["clipped"], rel=1e-15)
        assert clip_by_norm(case["max_norm"])(case["gradient"]) == [v.grad for v in x]


def test_by_norm_without_gradient():
    assert clip_by_norm(1.0)([0.0, 0.0]) == [0.0, 0.0]


def test_by_value():
    x = [Value(0.0), Value(0.0)]
    x[0].grad, x[1].grad = 3.0, -0.2
    clip_grad_value_(x, 0.5)
    assert [v.grad for v in x] == [0.5, -0.2]
    assert clip_by_value(0.5)([3.0, -3.0]) == [0.5, -0.5]


@pytest.mark.parametrize("clip", [clip_by_norm(1.0), clip_by_value(1.0)])
def test_values_are_clipped_as_floats_are(clip):
    assert [v.data for v in clip([Value(3.0), Value(-4.0)])] == clip([3.0, -4.0])


@pytest.mark.parametrize("limit", [-1.0, math.nan])
def test_a_limit_is_not_below_zero(limit):
    for make in (nn.clip_by_norm, nn.clip_by_value):
        with pytest.raises(ValueError, match=r"(max_norm|clip_value) must be at least 0, not"):
            make(limit)
    for change in (nn.clip_grad_norm_, nn.clip_grad_value_):
        with pytest.raises(ValueError, match=r"(max_norm|clip_value) must be at least 0, not"):
            change([Value(1.0)], limit)


def test_a_limit_is_a_number_and_an_infinite_one_is_none():
    for make in (nn.clip_by_norm, nn.clip_by_value):
        with pytest.raises(TypeError, match="must be a number, not 'a'"):
            make("a")
        assert make(math.inf)([3.0, -4.0]) == [3.0, -4.0]
        assert make(0.0)([3.0, -4.0]) == [0.0, 0.0]


@pytest.mark.parametrize("change", [nn.clip_grad_norm_, nn.clip_grad_value_])
def test_gradients_are_those_of_values(change):
    with pytest.raises(TypeError, match=r"a parameter must be a Value, not 1\.0"):
        change([1.0], 1.0)
    with pytest.raises(TypeError, match=r"the parameters are model\.parameters\(\)"):
        change(nn.Neuron(1, seed=0), 1.0)
