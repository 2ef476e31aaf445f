import pytest

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
