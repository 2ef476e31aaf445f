"""Whether the loss of a batch is the mean of its samples': by programs, and by numbers for many."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import autograd
from autograd import Value
from nn import separable
from nn.losses import cross_entropy, mean_squared_error
from nn.separable import is_mean, loss_of_numbers

COUNT = 14  # samples: a batch of 8, and 6 are left


def each(outputs, targets):
    return [cross_entropy(x, t) for x, t in zip(outputs, targets, strict=True)]


def of_values(outputs, targets):
    """Ask for methods that plain numbers do not have."""
    pairs = zip(outputs, targets, strict=True)
    return autograd.mean([-x[0].exp().log() * t for x, t in pairs])


def hardest(outputs, targets):
    """Average the five largest losses of a batch: of three, all."""
    return autograd.mean(sorted(each(outputs, targets))[-5:])


def undefined(outputs, targets):
    pairs = zip(outputs, targets, strict=True)
    return autograd.mean([autograd.log(-abs(x[0]) - t) for x, t in pairs])


MEANS = {
    "a known one": cross_entropy,
    "one's own": lambda x, t: autograd.sum(each(x, t)) * (1.0 / len(t)),
    "in another order": lambda x, t: autograd.mean(each(x, t)[::-1]),
    "of Values": of_values,
    "undefined": undefined,
}
OTHERS = {
    "a sum": lambda x, t: autograd.sum(each(x, t)),
    "with a root": lambda x, t: autograd.sqrt(autograd.mean(each(x, t))),
    "centred": lambda x, t: mean_squared_error([a[0] - x[0][0] for a in x], t),
    "the hardest": hardest,
    "for few": lambda x, t: autograd.mean(each(x, t)) * (1.0 if len(t) < 7 else 2.0),
    "refusing": lambda x, t: autograd.mean(each(x, t)) if len(t) > 1 else 1 / 0,
}


@pytest.fixture(params=["programs", "numbers"])
def _by(request, monkeypatch):
    if request.param == "numbers":
        monkeypatch.setattr(separable, "MOST_PROVED", 0)


def training(loss):
    targets = [i % 3 for i in range(COUNT)]
    return SimpleNamespace(loss=loss, batch_size=8, order=list(range(COUNT)), targets=targets)


@pytest.mark.usefixtures("_by")
@pytest.mark.parametrize("example", [[0.3, -1.2, 2.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("name", MEANS)
def test_means(name, example):
    assert is_mean(training(MEANS[name]), example)


@pytest.mark.usefixtures("_by")
@pytest.mark.parametrize("name", OTHERS)
def test_other_losses(name):
    assert not is_mean(training(OTHERS[name]), [0.3, -1.2, 2.0])


def test_large_programs_are_not_compared(monkeypatch):
    counts = []
    monkeypatch.setattr(separable, "MOST_PROVED", 0)
    compare = separable.same_sum

    def same_sum(first, second, numbers):
        counts.append(len(numbers))
        return compare(first, second, numbers)

    monkeypatch.setattr(separable, "same_sum", same_sum)
    assert is_mean(training(MEANS["one's own"]), [0.3, -1.2, 2.0])
    assert counts == [separable.FEW * 4]  # three scores and a target for each sample


def test_losses_of_numbers():
    assert loss_of_numbers(training(cross_entropy), [[0.0, 0.0]], [1]) == pytest.approx(0.6931472)
    assert loss_of_numbers(training(of_values), [[2.0]], [3.0]).data == -6.0
    with pytest.raises(ValueError, match="the target 2 is no class"):
        loss_of_numbers(training(cross_entropy), [[0.0, 0.0]], [2])
    assert isinstance(loss_of_numbers(training(lambda x, _: x[0] + Value(1.0)), [1.0], [0]), Value)
