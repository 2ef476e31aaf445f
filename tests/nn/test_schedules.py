import math

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


def warmed_up(optimizer):
    parts = [LinearLR(optimizer, 0.1, total_iters=3), ExponentialLR(optimizer, 0.9)]
    return SequentialLR(optimizer, parts, milestones=[3])


def test_a_sequence_goes_on_from_its_state_with_all_its_parts():
    def nested(optimizer):
        parts = [warmed_up(optimizer), StepLR(optimizer, 2, gamma=0.5)]
        return SequentialLR(optimizer, parts, milestones=[6])

    for make in (warmed_up, nested):
        one, two = (make(SGD([Value(1.0)], lr=lr)) for lr in (0.05, 0.5))
        for _ in range(5):
            one.step()
        two.load_state_dict(one.state_dict())
        assert [one.rate(epoch) for epoch in range(12)] == [two.rate(epoch) for epoch in range(12)]


def test_a_sequence_resumes_with_an_optimizer_that_has_moved(trained, tmp_path):
    def train(epochs, resume=None):
        options = {"schedule": warmed_up(optimizer), "callbacks": [nn.Checkpoint(path)]}
        return trained(model, epochs, optimizer=optimizer, resume=resume, **options)["lr"]

    path, model = tmp_path / "run.json", nn.MLP(2, [1], seed=0)
    optimizer = SGD(model.parameters(), lr=0.05)
    expected = rates(warmed_up, 8, 0.05)
    assert train(5) == expected[:5]
    assert train(8, resume=path) == expected


def test_parts_begin_from_the_rate_before_all_of_them():
    def other_order(optimizer):  # PyTorch's rates
        late, early = LinearLR(optimizer, 0.1, total_iters=5), ExponentialLR(optimizer, 0.9)
        return SequentialLR(optimizer, [early, late], milestones=[4])

    expected = [0.3, 0.27, 0.243, 0.2187, 0.03, 0.084, 0.138, 0.192]
    assert rates(other_order, 8, 0.3) == pytest.approx(expected)
    optimizer = SGD([Value(1.0)], lr=1.0)
    early = LinearLR(optimizer, 0.1, total_iters=4)
    parts = [ExponentialLR(optimizer, 0.9), ExponentialLR(optimizer, 0.5)]
    both = SequentialLR(optimizer, [early, SequentialLR(optimizer, parts, [3])], milestones=[4])
    found = [both.rate(epoch) for epoch in range(9)]
    assert found == pytest.approx([0.1, 0.325, 0.55, 0.775, 1.0, 0.9, 0.81, 1.0, 0.5])
    optimizer.lr = 0.5  # set by hand, it counts
    assert warmed_up(optimizer).rate(3) == 0.5


def test_parts_that_do_not_fit_are_refused():
    one, other = SGD([Value(1.0)], lr=0.1), SGD([Value(1.0)], lr=7.0)
    parts = [StepLR(one, 1), StepLR(one, 1), StepLR(one, 1)]
    with pytest.raises(ValueError, match="StepLR, is of another optimizer: make it with this one"):
        SequentialLR(one, [parts[0], StepLR(other, 1)], [3])
    with pytest.raises(TypeError, match=r"the parts are schedules, .*, not 0\.5"):
        SequentialLR(one, [parts[0], 0.5], [3])
    with pytest.raises(ValueError, match=r"the milestones follow each other, .*, not \[5, 3\]"):
        SequentialLR(one, parts, [5, 3])
    for milestone, kind in ((-1, ValueError), (2.5, TypeError)):
        with pytest.raises(kind, match="a milestone must be a whole number from 0"):
            SequentialLR(one, parts[:2], [milestone])
    assert one.lr == 0.1


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
    with pytest.raises(ValueError, match="None is not the state of a ExponentialLR"):
        schedule.load_state_dict(None)
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


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (lambda o: StepLR(0.1, 10), TypeError, r"made with an optimizer, .*, not 0\.1"),
        (lambda o: StepLR(o, 5, gamma="a"), TypeError, "gamma must be a number, not 'a'"),
        (lambda o: StepLR(o, 5, gamma=-2), ValueError, "gamma must be at least 0, not -2"),
        (lambda o: ExponentialLR(o, -2), ValueError, "gamma must be at least 0, not -2"),
        (lambda o: ExponentialLR(o, math.nan), ValueError, "gamma must be at least 0, not nan"),
        (lambda o: nn.CosineAnnealingLR(o, 10, -1), ValueError, "eta_min must be at least 0"),
        (lambda o: LinearLR(o, -0.5), ValueError, "start_factor must be at least 0"),
        (lambda o: LinearLR(o, 0.5, math.inf), ValueError, "end_factor must be at least 0"),
        (lambda o: LambdaLR(o, 0.9), TypeError, r"a function of the epoch, .*, not 0\.9"),
        (lambda o: LambdaLR(o, lambda e: math.nan), ValueError, "LambdaLR gives the rate nan"),
        (lambda o: LambdaLR(o, lambda e: -1.0), ValueError, "the rate in epoch 0 must be at least"),
    ],
)
def test_what_gives_no_rate_is_refused(make, kind, message):
    optimizer = SGD([Value(1.0)], lr=0.1)
    with pytest.raises(kind, match=message):
        make(optimizer)
    assert optimizer.lr == 0.1


@pytest.mark.parametrize(
    ("factor", "kind", "message"),
    [
        (math.nan, ValueError, "LambdaLR gives the rate nan in epoch 1"),
        (1j, TypeError, "LambdaLR gives 0.1j in epoch 1, which is no number"),
    ],
)
def test_a_rate_that_is_none_changes_nothing(factor, kind, message):
    schedule = LambdaLR(SGD([Value(1.0)], lr=0.1), lambda epoch: factor if epoch else 1.0)
    with pytest.raises(kind, match=message):
        schedule.step()
    assert (schedule.epoch, schedule.optimizer.lr) == (0, 0.1)


@pytest.mark.parametrize("compiled", [False, "python"])
def test_a_rate_below_zero_is_told_where_it_would_be_used(trained, compiled):
    def falling(model):
        optimizer = SGD(model.parameters(), lr=0.1)
        schedule = LambdaLR(optimizer, lambda epoch: 1.0 - epoch)
        return {"optimizer": optimizer, "schedule": schedule, "compiled": compiled}

    models = [nn.MLP(2, [1], seed=0) for _ in range(2)]
    assert trained(models[0], 2, **falling(models[0]))["lr"] == [0.1, 0.0]
    with pytest.raises(ValueError, match=r"the learning rate in epoch 3 must be at least 0, not -"):
        trained(models[1], 3, **falling(models[1]))
    assert models[0].state_dict() == models[1].state_dict()
