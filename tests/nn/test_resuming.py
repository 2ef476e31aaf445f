"""A checkpoint that does not fit the call is refused in words; one that does goes on."""

import json

import pytest

import nn
from nn import MLP, SGD, Callback, Checkpoint, Dropout, EarlyStopping, Sequential, fit

XS = [[i / 10, 1 - i / 10] for i in range(10)]
YS = [x[0] * x[1] for x in XS]


@pytest.fixture
def run(tmp_path):
    """Train for 4 epochs and write a checkpoint, or resume from it to 6; return the history."""

    def run(*, resume=False, layers=0, schedule=None, **options):
        parts = [Dropout(0.5, seed=0) for _ in range(layers)]
        model = Sequential(MLP(2, [4, 1], seed=0), *parts)
        optimizer = SGD(model.parameters(), lr=0.1)
        path = tmp_path / "run.json"
        if not resume:
            options["callbacks"] = [*options.get("callbacks", ()), Checkpoint(path)]
        return fit(
            model, XS, YS, loss=nn.mean_squared_error, optimizer=optimizer, seed=0, progress=False,
            schedule=schedule and schedule(optimizer), epochs=6 if resume else 4,
            resume=path if resume else None, **options,
        )  # fmt: skip

    return run


def steps(optimizer):
    return nn.StepLR(optimizer, 2)


def falling(optimizer):
    return nn.ExponentialLR(optimizer, 0.9)


def zero(outputs, targets):
    return 0.0


class Counting(Callback):
    """Counts the epochs, in a state that is empty before the first."""

    def __init__(self):
        self.counts = {}

    def epoch_end(self, training):
        self.counts["epochs"] = self.counts.get("epochs", 0) + 1

    def state_dict(self):
        return dict(self.counts)

    def load_state_dict(self, content):
        self.counts = dict(content)


def stopping():
    return EarlyStopping(monitor="loss")


@pytest.mark.parametrize(
    ("before", "now", "message"),
    [
        ({}, {"validation": 0.3},
         r"=None \(10 samples and 0 held back\), .* \(7 samples and 3 held back\): give valid"),
        ({"validation": 0.3}, {}, r"validation=0\.3 .* asks for validation=None .*: give valid"),
        ({"validation": 0.3}, {"validation": 0.5}, r"give validation=0\.3 to go on, or train"),
        ({}, {"validation": (XS, YS)},
         r"validation=\(inputs, targets\) \(10 samples and 10 held back\): give validation=None"),
        ({"validation": (XS, YS)}, {"validation": (XS[:3], YS[:3])},
         "on 10 samples and 10 held back, but given are 10 samples and 3 held back"),
        ({"schedule": steps}, {}, r"with a schedule, StepLR, .* no schedule: give schedule=StepLR"),
        ({}, {"schedule": steps}, "with no schedule, .* a schedule, StepLR: leave schedule= out"),
        ({"schedule": steps}, {"schedule": falling},
         r"a schedule, StepLR, .* a schedule, ExponentialLR: give schedule=StepLR\(\.\.\.\)"),
        ({}, {"metrics": {"zero": zero}}, r"has the metrics \[\], and this call \[zero\]: give"),
        ({"metrics": {"zero": zero, "b": zero}}, {"metrics": {"zero": zero}},
         r"has the metrics \[zero, b\], and this call \[zero\]"),
        ({}, {"callbacks": [stopping()]},
         r"callbacks \[\], and in this call those that keep one are \[EarlyStopping\]: give"),
        ({"callbacks": [stopping()]}, {}, r"states of the callbacks \[EarlyStopping\], .* \[\]"),
        ({"callbacks": [stopping(), Counting()]}, {"callbacks": [Counting(), stopping()]},
         r"\[EarlyStopping, Counting\], .* \[Counting, EarlyStopping\]: .* in the same order"),
        ({"layers": 2}, {"layers": 1},
         "with 2 layers that draw random numbers, as Dropout does, and this one has 1"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("compiled", [False, "python"])
def test_what_does_not_fit_the_checkpoint_is_refused(run, before, now, message, compiled):
    run(**before)
    with pytest.raises(ValueError, match=message):
        run(resume=True, compiled=compiled, **now)


@pytest.mark.parametrize(
    "options",
    [
        {"validation": 0.3, "metrics": {"zero": zero}},
        {"validation": (XS[:3], YS[:3]), "schedule": steps},
        {"metrics": {"zero": zero, "b": zero}, "schedule": falling},
        {"layers": 2},
    ],
)
def test_what_fits_goes_on_without_the_checkpoint_among_the_callbacks(run, options):
    run(**options)
    history = run(resume=True, **options)
    assert {name: len(column) for name, column in history.items()} == dict.fromkeys(history, 6)
    assert set(history) >= {"loss", "lr", *options.get("metrics", {})}


def test_the_order_of_metrics_is_free(run):
    run(metrics={"zero": zero, "b": zero})
    history = run(resume=True, metrics={"b": zero, "zero": zero})
    assert {len(column) for column in history.values()} == {6}


def test_callbacks_without_a_state_come_and_go_beside_those_with_one(run):
    counting, seen = Counting(), []
    run(callbacks=[lambda t: None, Counting(), lambda t: None])
    run(resume=True, callbacks=[counting, lambda t: seen.append(t.epoch)])
    assert counting.counts == {"epochs": 6}
    assert seen == [5, 6]


def test_a_figure_of_a_callback_is_no_metric(run):
    def note(training):
        training.history.setdefault("mine", []).append(1.0)

    run(callbacks=[note])
    assert run(resume=True, callbacks=[note])["mine"] == [1.0] * 6


def test_what_is_refused_changes_nothing(run, tmp_path):
    run(callbacks=[stopping()])
    given, path = stopping(), tmp_path / "run.json"
    state, content = given.state_dict(), path.read_text()
    with pytest.raises(ValueError, match="leave schedule= out"):
        run(resume=True, callbacks=[given], schedule=steps)
    assert (given.state_dict(), path.read_text()) == (state, content)


def test_a_checkpoint_of_an_older_version(run, tmp_path):
    run()
    path = tmp_path / "run.json"
    content = json.loads(path.read_text()) | {"format": "scalar-autograd checkpoint, version 1"}
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r'"scalar-autograd checkpoint, version 2", but of ".*1"'):
        run(resume=True)


class Own(nn.schedules.Schedule):
    """A schedule of the user's, with a state of its own kind."""

    def rate(self, epoch):
        return 0.1 / (epoch + 1)

    def state_dict(self):
        return None

    def load_state_dict(self, content):
        assert content is None


def test_a_schedule_of_ones_own_is_called_by_its_name(run):
    run(schedule=Own)
    with pytest.raises(ValueError, match=r"a schedule, Own, .* no schedule: give schedule=Own"):
        run(resume=True)
    assert len(run(resume=True, schedule=Own)["loss"]) == 6


def test_a_state_that_only_the_object_has_is_kept(run):
    def counting():
        each = Callback()
        each.count = 0
        each.epoch_end = lambda training: setattr(each, "count", each.count + 1)
        each.state_dict = lambda: {"count": each.count}
        each.load_state_dict = lambda content: setattr(each, "count", content["count"])
        return each

    run(callbacks=[counting()])
    resumed = counting()
    run(resume=True, callbacks=[resumed])
    assert resumed.count == 6
