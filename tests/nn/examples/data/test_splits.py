"""Splits: nothing is lost, nothing is on both sides, and a seed decides."""

from collections import Counter

import pytest

from nn.examples.data.splits import Samples, Split, standardized, stratified

LABELS = [0] * 50 + [1] * 30 + [2] * 5
SAMPLES = Samples(list(range(85)), LABELS)


def test_every_sample_is_on_one_side_with_its_target():
    train, test = stratified(SAMPLES, 0.2, seed=3)
    assert sorted(train.inputs + test.inputs) == SAMPLES.inputs
    assert all(LABELS[x] == t for part in (train, test) for x, t in zip(*part, strict=True))


@pytest.mark.parametrize(("share", "counts"), [(0.2, [10, 6, 1]), (0.25, [13, 8, 2])])
def test_every_class_has_its_share_rounded_up(share, counts):
    test = stratified(SAMPLES, share, seed=0).test
    assert [Counter(test.targets)[label] for label in (0, 1, 2)] == counts


def test_a_seed_decides():
    assert stratified(SAMPLES, 0.2, seed=1) == stratified(SAMPLES, 0.2, seed=1)
    assert stratified(SAMPLES, 0.2, seed=1) != stratified(SAMPLES, 0.2, seed=2)


def test_columns_are_scaled_by_what_is_trained_on():
    split = Split(Samples([[0.0, 7.0], [4.0, 7.0]], [0, 1]), Samples([[6.0, 8.0]], [0]))
    train, test = standardized(split)
    assert train.inputs == [[-1.0, 0.0], [1.0, 0.0]]
    assert test.inputs == [[2.0, 1.0]]  # a column without spread is only shifted
