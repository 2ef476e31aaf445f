import math
import random
import re
import threading
from _thread import interrupt_main

import pytest

import nn
from autograd import AnomalyError, Value, detect_anomaly, log
from nn import MLP, SGD, Adam, fit, mean_squared_error, predict
from nn.fitting import batches
from nn.metrics import accuracy
from nn.training import TrainingError

XS = [[math.cos(i), math.sin(2 * i)] for i in range(20)]
YS = [x[0] * x[1] for x in XS]


def test_the_loss_falls_and_is_in_the_history(trained):
    history = trained(MLP(2, [6, 1], seed=0), epochs=30)
    assert len(history["loss"]) == len(history["lr"]) == 30
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert history.stopped == ""


def test_the_same_seed_gives_the_same_training(trained):
    runs = [trained(MLP(2, [4, 1], seed=0), validation=0.25) for _ in range(2)]
    assert runs[0] == runs[1]
    assert trained(MLP(2, [4, 1], seed=0), validation=0.25, seed=2) != runs[0]


def test_a_training_by_hand_gives_the_same(trained):
    one, two = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    trained(one, epochs=2)
    optimizer, rng = Adam(two.parameters(), lr=0.05), random.Random(1)
    for _ in range(2):
        for batch in batches(range(20), 6, rng):
            outputs = [two(XS[i]) for i in batch]
            optimizer.zero_grad()
            nn.mean_squared_error(outputs, [YS[i] for i in batch]).backward()
            optimizer.step()
    assert one.state_dict() == two.state_dict()


def test_batches_have_every_sample_once():
    cut = batches(range(10), 4, random.Random(0))
    assert [len(batch) for batch in cut] == [4, 4, 2]
    assert sorted(i for batch in cut for i in batch) == list(range(10))


def test_all_samples_in_one_batch(trained):
    model = MLP(2, [1], seed=0)
    optimizer = SGD(model.parameters())
    trained(model, batch_size=None, optimizer=optimizer, epochs=3)
    assert optimizer.steps == 3


def test_arrays_are_samples_too(trained):
    numpy = pytest.importorskip("numpy")
    one, two = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=0)
    trained(one)
    options = {"loss": nn.mean_squared_error, "epochs": 4, "seed": 1, "batch_size": 6}
    optimizer = Adam(two.parameters(), lr=0.05)
    fit(two, numpy.array(XS), numpy.array(YS), optimizer=optimizer, progress=False, **options)
    assert one.state_dict() == two.state_dict()


def test_validation_holds_a_share_back(trained):
    seen = []
    history = trained(MLP(2, [3, 1], seed=0), validation=0.25,
                      callbacks=[lambda t: seen.append((t.order, t.held_back))])  # fmt: skip
    order, held_back = seen[-1]
    assert (len(order), len(held_back)) == (15, 5)
    assert sorted(order + held_back) == list(range(20))
    assert len(history["validation_loss"]) == 4


def test_validation_on_samples_of_their_own_with_metrics(trained):
    model = MLP(2, [3, 1], seed=0)
    metrics = {"accuracy": lambda outputs, targets: accuracy(outputs, [t > 0 for t in targets])}
    history = trained(model, validation=(XS[:3], YS[:3]), metrics=metrics)
    expected = nn.mean_squared_error(predict(model, XS[:3]), YS[:3])
    assert history["validation_loss"][-1] == expected
    assert set(history) == {"loss", "lr", "accuracy", "validation_loss", "validation_accuracy"}


def test_a_penalty_makes_weights_small(trained):
    free, held = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    trained(free, epochs=20)
    trained(held, epochs=20, penalty=lambda m: 0.1 * nn.l2(m.parameters()))
    assert nn.l2(held.parameters()).data < 0.5 * nn.l2(free.parameters()).data


def test_clipping_and_a_schedule(trained):
    model = MLP(2, [1], seed=0)
    before = [p.data for p in model.parameters()]
    optimizer = SGD(model.parameters(), lr=1.0)
    schedule = nn.StepLR(optimizer, 1)
    history = trained(model, epochs=3, optimizer=optimizer, schedule=schedule, batch_size=None,
                      clip=nn.clip_by_value(1e-3))  # fmt: skip
    assert history["lr"] == pytest.approx([1.0, 0.1, 0.01])
    moved = [abs(p.data - b) for p, b in zip(model.parameters(), before, strict=True)]
    assert max(moved) <= 1.11e-3 + 1e-12


def test_progress_is_shown_on_stderr(capsys):
    model = MLP(2, [1], seed=0)
    fit(model, XS, YS, loss=nn.mean_squared_error, optimizer=SGD(model.parameters()), epochs=2)
    assert "loss=" in capsys.readouterr().err


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_keeps_what_has_been_reached(trained):
    model = MLP(2, [3, 1], seed=0)
    stop = threading.Timer(0.05, interrupt_main)
    later = [lambda training: stop.start() if training.epoch == 10 else None]
    history = trained(model, epochs=10**6, callbacks=later)
    stop.join()
    assert history.stopped.startswith("interrupted in epoch")
    assert not model.training
    assert history["loss"][-1] < history["loss"][0]


def test_ctrl_c_in_an_epoch_keeps_whole_steps():
    def interrupt_once(outputs, targets, count=[0]):  # noqa: B006 - counts the calls
        count[0] += 1
        if count[0] == 3:
            raise KeyboardInterrupt
        return nn.mean_squared_error(outputs, targets)

    model = MLP(2, [1], seed=0)
    optimizer = SGD(model.parameters(), momentum=0.5)
    history = fit(model, XS, YS, loss=interrupt_once, optimizer=optimizer, batch_size=5, seed=0,
                  metrics={"accuracy": accuracy}, validation=0.2, progress=False)  # fmt: skip
    assert history.stopped == "interrupted in epoch 1"
    assert optimizer.steps == 2
    names = ["loss", "lr", "accuracy", "validation_loss", "validation_accuracy"]
    assert history == {name: [] for name in names}


def test_the_names_of_a_history_stand_in_the_same_order_before_and_after(trained):
    options = {"metrics": {"accuracy": accuracy}, "validation": 0.2}
    before = trained(MLP(2, [1], seed=0), epochs=0, **options)
    assert list(before) == list(trained(MLP(2, [1], seed=0), epochs=1, **options))


def test_predict_gives_numbers_and_leaves_the_mode():
    model = MLP(2, [3, 2], seed=0)
    model.layers[0].eval()
    outputs = predict(model, XS[:2])
    assert outputs == [[v.data for v in model(x)] for x in XS[:2]]
    assert (model.training, model.layers[0].training) == (True, False)


def test_what_predicts_is_a_model():
    with pytest.raises(TypeError, match="the model is a Module"):
        predict(None, XS)


def failing(samples, **options):
    """Return the error of a fit, and the state of its model before and after."""
    model = MLP(2, [4, 1], seed=0)
    before = model.state_dict()
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the tests look at it
        fit(model, samples, [1.0] * len(samples), loss=mean_squared_error, seed=0, progress=False,
            optimizer=SGD(model.parameters(), lr=0.1), batch_size=4, **options)  # fmt: skip
    return caught.value, before, model.state_dict()


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("odd", "kind", "message"), [
    ([0.0], ValueError, r"inputs\[83\]"), ([0.0, None], TypeError, r"inputs\[83\]"),
    ([0.0, "n/a"], TypeError, r"inputs\[83\]"),
    ([0.0, math.nan], TrainingError, r"became nan; there is nan in inputs\[83\]. It began here"),
])  # fmt: skip
def test_a_bad_sample_is_named_and_moves_nothing(odd, kind, message, compiled):
    samples = [[0.1 * (i % 7), 0.2 * (i % 5)] for i in range(100)]
    samples[83] = odd
    error, before, after = failing(samples, compiled=compiled)
    assert type(error) is kind
    assert re.search(message, str(error))
    assert after == before


@pytest.mark.parametrize("compiled", [False, True])
def test_an_error_of_a_callback_keeps_its_epoch_and_the_history(compiled):
    states = []

    def boom(training):
        states.append(training.model.state_dict())
        if training.epoch == 3:
            raise OSError("disk full")

    error, _, after = failing([[0.0, 1.0]] * 8, compiled=compiled, callbacks=[boom])
    assert type(error) is OSError
    assert str(error) == "disk full"
    assert len(error.history["loss"]) == 3
    assert after == states[-1] != states[-2]


@pytest.mark.parametrize("compiled", [False, True])
def test_an_error_of_a_metric_takes_its_epoch_back(compiled):
    figures, states = iter([1.0, 2.0, "x"]), []
    error, _, after = failing(
        [[0.0, 1.0]] * 8, compiled=compiled,
        metrics={"auc": lambda outputs, targets: next(figures)},
        callbacks=[lambda training: states.append(training.model.state_dict())],
    )  # fmt: skip
    assert type(error) is TypeError
    assert str(error) == "the figure 'auc' is one number, not 'x'"
    assert error.history["auc"] == [1.0, 2.0]
    assert len(states) == 2
    assert after == states[-1]


def test_an_anomaly_in_a_callback_keeps_its_epoch():
    def boom(training):
        if training.epoch == 2:
            with detect_anomaly():
                log(Value(0.0) * 1.0).backward()

    error, before, after = failing([[0.0, 1.0]] * 8, callbacks=[boom])
    assert isinstance(error, AnomalyError)
    assert len(error.history["loss"]) == 2
    assert after != before


def test_what_fails_for_every_sample_blames_none_and_other_errors_stay_as_they_are():
    class Broken(nn.Module):
        def __init__(self, fail):
            self.layer, self.fail = MLP(1, [1], seed=0), fail

        def __call__(self, x):
            self.fail(x)
            return self.layer(x)

    def everywhere(x):
        raise ValueError("a bug")

    def one(x):
        if x == [3.0]:
            b"\xff".decode()

    for fail, kind, message in ((everywhere, ValueError, "a bug"),
                                (one, UnicodeDecodeError, "'utf-8' codec")):  # fmt: skip
        model = Broken(fail)
        with pytest.raises(kind) as caught:
            fit(
                model,
                [[float(i)] for i in range(8)],
                [0.0] * 8,
                loss=mean_squared_error,
                seed=0,
                optimizer=SGD(model.parameters(), lr=0.1),
                progress=False,
            )
        assert str(caught.value).startswith(message)


def test_a_training_that_cannot_begin_leaves_the_model_as_it_is(tmp_path):
    data = [[0.0], [1.0]], [1.0, 3.0]
    model = MLP(1, [1], seed=0)
    fit(
        model,
        *data,
        loss=mean_squared_error,
        optimizer=SGD(model.parameters(), lr=0.1),
        epochs=3,
        progress=False,
        callbacks=[nn.Checkpoint(tmp_path / "c.json")],
    )
    model = MLP(1, [1], seed=1)
    before, optimizer = model.state_dict(), SGD(model.parameters(), lr=0.1)
    with pytest.raises(FileNotFoundError, match="no folder"):
        fit(
            model,
            *data,
            loss=mean_squared_error,
            optimizer=optimizer,
            epochs=5,
            progress=False,
            resume=tmp_path / "c.json",
            callbacks=[nn.Checkpoint(tmp_path / "no" / "c.json")],
        )
    assert model.state_dict() == before
    assert optimizer.steps == 0


def test_a_history_tells_how_it_came_to_what_is_not_finite():
    model = MLP(1, [1], seed=0)
    with pytest.raises(TrainingError) as caught:
        fit(
            model,
            [[1.0], [2.0]],
            [1.0, 3.0],
            loss=mean_squared_error,
            progress=False,
            seed=0,
            optimizer=SGD(model.parameters(), lr=30.0),
            epochs=2000,
        )
    assert len(caught.value.history["loss"]) > 10


def test_what_is_no_list_of_callbacks_is_named():
    error, *_ = failing([[0.0, 1.0]] * 8, callbacks=None)
    assert str(error) == "the callbacks are a list: leave it out for none"
