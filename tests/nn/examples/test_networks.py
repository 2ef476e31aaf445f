"""The examples that train: what they are made of, and that their illnesses and cures are real."""

import random

import pytest

import nn
from nn.examples import (
    activations,
    digits,
    exploding,
    names,
    overfitting,
    place_names,
    tabular,
    vanishing,
)
from nn.examples.data.splits import Samples
from nn.examples.recipe import train


def shortened(recipe, count, epochs):
    """Return a recipe with fewer samples and epochs."""
    recipe.samples = Samples(*(part[:count] for part in recipe.samples))
    recipe.epochs = epochs
    return recipe


@pytest.mark.parametrize(
    "recipe", [tabular.recipe("iris", seed=0), vanishing.recipe("residual", 1, seed=0)]
)
def test_training_makes_the_loss_smaller(recipe):
    history = train(shortened(recipe, 40, 8), seed=0, progress=False)
    assert history["loss"][-1] < 0.97 * history["loss"][0]
    assert recipe.figure(recipe.model) >= 0.0


@pytest.mark.parametrize(
    "recipe",
    [digits.recipe(seed=0), place_names.recipe(seed=0), names.recipe(seed=0),
     activations.recipe("gelu", seed=0), exploding.recipe(clipped=True, seed=0)],
)  # fmt: skip
def test_one_step_reaches_every_part_of_the_network(recipe):
    before = [p.data for p in recipe.model.parameters()]
    recipe.options["compiled"] = False
    train(shortened(recipe, 8, 1), seed=0, progress=False)
    moved = [p.data != b for p, b in zip(recipe.model.parameters(), before, strict=True)]
    assert sum(moved) > 0.5 * len(moved)


def test_sigmoids_lose_the_gradient_and_the_cures_keep_it():
    few = Samples(*(part[:20] for part in vanishing.recipe("relu", 1, seed=0).samples))
    share = {}
    for kind in vanishing.KINDS:
        first, *_, last = vanishing.gradient_sizes(vanishing.DeepNetwork(6, kind, seed=0), few)
        share[kind] = first / last
    assert share["sigmoid"] < 1e-3
    assert share["relu"] > 30.0 * share["sigmoid"]
    assert share["residual"] > 30.0 * share["sigmoid"]


def test_the_diagnosis_names_the_illness():
    few = Samples(*(part[:20] for part in vanishing.recipe("relu", 1, seed=0).samples))
    model = vanishing.DeepNetwork(6, "sigmoid", seed=0)
    found = nn.diagnose(model, *few, loss=nn.cross_entropy).findings
    assert any("vanishing" in str(finding) for finding in found)


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="sigmoid, relu, residual"):
        vanishing.DeepNetwork(1, "step", seed=0)
    with pytest.raises(ValueError, match="dropout"):
        overfitting.recipe("prayer", seed=0)


def test_the_adding_problem_marks_one_number_in_each_half():
    inputs, targets = exploding.adding_problem(50, random.Random(3))
    for steps, target in zip(inputs, targets, strict=True):
        marked = [i for i, (_, mark) in enumerate(steps) if mark]
        assert len(marked) == 2
        assert marked[0] < 5 <= marked[1]
        assert target == pytest.approx(sum(steps[i][0] for i in marked))


def test_the_gradient_explodes_where_the_state_grows():
    batch = exploding.adding_problem(5, random.Random(1))
    lengths = []
    for scale in (1.0, 2.0):
        model = exploding.Adder(seed=0)
        for row in model.cell.weight_hh:
            for weight in row:
                weight.data *= scale
        nn.mean_squared_error([model(x) for x in batch.inputs], batch.targets).backward()
        lengths.append(sum(p.grad**2 for p in model.parameters()) ** 0.5)
    assert lengths[1] > 500.0 * lengths[0]


@pytest.mark.unmeasured
def test_overfitting_recipes_see_a_hundred_images_of_which_some_are_held_back():
    recipe = overfitting.recipe("early stopping", seed=0)
    assert len(recipe.samples.inputs) == overfitting.COUNT
    recipe.epochs = 2
    history = train(recipe, seed=0, progress=False)
    assert len(history["validation_loss"]) == 2
    assert any(isinstance(part, nn.Dropout)
               for part in overfitting.recipe("dropout", seed=0).model.parts)  # fmt: skip


def test_gain_is_a_difference_of_shares(monkeypatch):
    monkeypatch.setattr(overfitting, "train_whole", lambda recipe, seed: None)
    assert overfitting.gain("weight decay", seed=0) == 0.0
    assert 0.0 <= overfitting.learnt("nothing", seed=0) < 0.5
