import pytest

import nn
from autograd import Value
from nn import SGD, ExponentialLR, LambdaLR, LinearLR, Schedule, SequentialLR, StepLR


def rates(make, epochs, lr=0.1):
    optimizer = SGD([Value(1.0)], lr=lr)
    schedule = make(optimizer)
    found = []
    for _ in range(epochs):
        found.append(optimizer.lr)
        schedule.step()
    return found


def test_rates_are_pytorchs(reference):
    for case in reference["schedules"]:
        found = rates(lambda o, c=case: getattr(nn, c["kind"])(o, **c["options"]), 12)
        assert found == pytest.approx(case["rates"], rel=1e-12, abs=1e-17)


def test_a_function():
    assert rates(lambda o: LambdaLR(o, lambda epoch: 1 / (epoch + 1)), 3, 1.0) == [1.0, 0.5, 1 / 3]


def test_a_warm_up_and_then_another():
    def make(optimizer):
        parts = [LinearLR(optimizer, 0.25, total_iters=3), ExponentialLR(optimizer, 0.5)]
        return SequentialLR(optimizer, parts, milestones=[3])

    assert rates(make, 6, 1.0) == [0.25, 0.5, 0.75, 1.0, 0.5, 0.25]


def test_a_milestone_between_each():
    optimizer = SGD([Value(1.0)])
    with pytest.raises(ValueError, match="one milestone between"):
        SequentialLR(optimizer, [StepLR(optimizer, 1)], milestones=[2])


def test_a_schedule_goes_on_from_its_state():
    one, two = (ExponentialLR(SGD([Value(1.0)], lr=lr), 0.5) for lr in (1.0, 7.0))
    one.step()
    two.load_state_dict(one.state_dict())
    one.step()
    two.step()
    assert one.optimizer.lr == two.optimizer.lr == 0.25


def test_a_state_of_another_schedule():
    schedule = ExponentialLR(SGD([Value(1.0)]), 0.5)
    with pytest.raises(ValueError, match="not the state of a ExponentialLR"):
        schedule.load_state_dict(StepLR(SGD([Value(1.0)]), 1).state_dict())


@pytest.mark.parametrize(
    "change", [{"epoch": None}, {"epoch": -1}, {"base_lr": None}, {"base_lr": "a"}]
)
def test_a_broken_state_changes_nothing(change):
    schedule = ExponentialLR(SGD([Value(1.0)]), 0.5)
    before = schedule.state_dict()
    with pytest.raises(ValueError, match="not the state of a ExponentialLR"):
        schedule.load_state_dict({**before, "base_lr": 0.5, "epoch": 2} | change)
    assert schedule.state_dict() == before


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (StepLR, "step_size"),
        (nn.CosineAnnealingLR, "T_max"),
        (lambda o, n: LinearLR(o, total_iters=n), "total_iters"),
    ],
)
def test_a_number_of_epochs_is_needed(make, message):
    optimizer = SGD([Value(1.0)], lr=0.1)
    for epochs, kind in ((0, ValueError), (-1, ValueError), ("3", TypeError), (None, TypeError)):
        with pytest.raises(kind, match=f"{message} must be a number of epochs above 0, not"):
            make(optimizer, epochs)
    assert optimizer.lr == 0.1


def test_a_rate_is_needed():
    with pytest.raises(NotImplementedError, match="must define rate"):
        Schedule(SGD([Value(1.0)]))
