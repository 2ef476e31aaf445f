"""Masks of Dropout are drawn as its layers would draw them."""

import nn
from nn.masks import Masks

X = [[1.0, 2.0], [3.0, 4.0]]


def network():
    twice = nn.Dropout(0.25, seed=2)
    return nn.Sequential(nn.Dropout(0.5, seed=1), twice, nn.Each("tanh"), twice).train()


def outputs(model):
    return [[getattr(x, "data", x) for x in row] for row in model(X)]


def test_they_are_drawn_as_the_layers_do():
    plain, masked = network(), network()
    masks = Masks(masked, X)
    assert masks.width == 12
    for _ in range(3):
        with masks.given(masks.drawn()):
            found = outputs(masked)
        assert found == outputs(plain)
    assert outputs(masked) == outputs(plain)  # without masks the layers draw again


def test_modes_are_left_as_they_were():
    model = network().eval()
    masks = Masks(model, X)
    with masks.given([0.0] * 12):
        assert {x for row in outputs(model) for x in row} == {0.0}
    assert not any(part.training for _, part in model.named_modules())


def test_a_model_without_dropout_has_none():
    masks = Masks(nn.MLP(2, [1], seed=0), [1.0, 2.0])
    assert (masks.width, masks.drawn()) == (0, [])
