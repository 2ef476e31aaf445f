import json
import math
import random
import threading
from _thread import interrupt_main

import pytest

import nn
from autograd import Value, exp, log
from nn import MLP, SGD, Adam, Checkpoint, EarlyStopping, Module, TrainingError, fit, predict
from nn.fitting import batches
from nn.metrics import accuracy

XS = [[math.cos(i), math.sin(2 * i)] for i in range(20)]
YS = [x[0] * x[1] for x in XS]


def trained(model, epochs=4, lr=0.05, **options):
    options = {"optimizer": Adam(model.parameters(), lr=lr), "seed": 1, "batch_size": 6} | options
    return fit(model, XS, YS, loss=nn.mean_squared_error, epochs=epochs, progress=False, **options)


def test_the_loss_falls_and_is_in_the_history():
    history = trained(MLP(2, [6, 1], seed=0), epochs=30)
    assert len(history["loss"]) == len(history["lr"]) == 30
    assert history["loss"][-1] < 0.3 * history["loss"][0]
    assert history.stopped == ""


def test_the_same_seed_gives_the_same_training():
    runs = [trained(MLP(2, [4, 1], seed=0), validation=0.25) for _ in range(2)]
    assert runs[0] == runs[1]
    assert trained(MLP(2, [4, 1], seed=0), validation=0.25, seed=2) != runs[0]


def test_a_training_by_hand_gives_the_same():
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


def test_all_samples_in_one_batch():
    model = MLP(2, [1], seed=0)
    optimizer = SGD(model.parameters())
    trained(model, batch_size=None, optimizer=optimizer, epochs=3)
    assert optimizer.steps == 3


def test_arrays_are_samples_too():
    numpy = pytest.importorskip("numpy")
    one, two = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=0)
    trained(one)
    options = {"loss": nn.mean_squared_error, "epochs": 4, "seed": 1, "batch_size": 6}
    optimizer = Adam(two.parameters(), lr=0.05)
    fit(two, numpy.array(XS), numpy.array(YS), optimizer=optimizer, progress=False, **options)
    assert one.state_dict() == two.state_dict()


def test_validation_holds_a_share_back():
    seen = []
    history = trained(MLP(2, [3, 1], seed=0), validation=0.25,
                      callbacks=[lambda t: seen.append((t.order, t.held_back))])  # fmt: skip
    order, held_back = seen[-1]
    assert (len(order), len(held_back)) == (15, 5)
    assert sorted(order + held_back) == list(range(20))
    assert len(history["validation_loss"]) == 4


def test_validation_on_samples_of_their_own_with_metrics():
    model = MLP(2, [3, 1], seed=0)
    metrics = {"accuracy": lambda outputs, targets: accuracy(outputs, [t > 0 for t in targets])}
    history = trained(model, validation=(XS[:3], YS[:3]), metrics=metrics)
    expected = nn.mean_squared_error(predict(model, XS[:3]), YS[:3])
    assert history["validation_loss"][-1] == expected
    assert set(history) == {"loss", "lr", "accuracy", "validation_loss", "validation_accuracy"}


def test_a_penalty_makes_weights_small():
    free, held = MLP(2, [4, 1], seed=0), MLP(2, [4, 1], seed=0)
    trained(free, epochs=20)
    trained(held, epochs=20, penalty=lambda m: 0.1 * nn.l2(m.parameters()))
    assert nn.l2(held.parameters()).data < 0.5 * nn.l2(free.parameters()).data


def test_clipping_and_a_schedule():
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


def options_for(model, path=None):
    optimizer = nn.RMSprop(model.parameters(), lr=0.05, momentum=0.5)
    callbacks = [EarlyStopping(3), *([Checkpoint(path, every=2)] if path else [lambda t: None])]
    schedule = nn.CosineAnnealingLR(optimizer, 8)
    return {"optimizer": optimizer, "schedule": schedule, "callbacks": callbacks,
            "validation": 0.2}  # fmt: skip


def test_a_training_resumes_bit_for_bit(tmp_path):
    path = tmp_path / "run.json"
    whole, part, rest = (MLP(2, [4, 1], seed=0) for _ in range(3))
    expected = trained(whole, epochs=8, **options_for(whole))
    trained(part, epochs=5, **options_for(part, path))
    assert json.loads(path.read_text())["epoch"] == 5
    history = trained(rest, epochs=8, resume=path, seed=99, **options_for(rest))
    assert history == expected
    assert rest.state_dict() == whole.state_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(order=[0]), "not of a training on these 20 samples"),
        (lambda c: c.update(callbacks=[]), "other callbacks or layers"),
        (lambda c: c["model"].clear(), "does not fit this model"),
        (lambda c: c.update(schedule=None), "not the state of a CosineAnnealingLR"),
        (lambda c: c.update(format="?"), "not a file of"),
    ],
)
def test_a_checkpoint_of_another_training(tmp_path, change, message):
    path = tmp_path / "run.json"
    model = MLP(2, [4, 1], seed=0)
    trained(model, epochs=2, **options_for(model, path))
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        trained(model, resume=path, **options_for(model, path))


def test_early_stopping_restores_the_best():
    model = MLP(2, [4, 1], seed=0)
    states = []
    history = trained(model, epochs=200, lr=0.5, validation=0.3, callbacks=[
        EarlyStopping(patience=3), lambda t: states.append(t.model.state_dict()),
    ])  # fmt: skip
    best = min(history["validation_loss"])
    assert len(history["loss"]) < 200
    assert history.stopped.startswith("validation_loss was best at epoch")
    assert model.state_dict() == states[history["validation_loss"].index(best)]


def test_early_stopping_needs_its_figure():
    with pytest.raises(ValueError, match=r"history has only loss, lr: give fit validation="):
        trained(MLP(2, [1], seed=0), callbacks=[EarlyStopping()])


def test_early_stopping_passes_over_nan():
    model = MLP(2, [1], seed=0)
    history = trained(model, epochs=9, metrics={"odd": lambda outputs, targets: math.nan},
                      callbacks=[EarlyStopping(2, monitor="odd")])  # fmt: skip
    assert len(history["loss"]) == 2


class Risky(Module):
    """Gives log of a parameter, which goes below zero."""

    def __init__(self):
        self.w = Value(1.0, label="w")

    def __call__(self, x):
        return log(self.w)


def test_nan_names_where_it_began_and_restores_the_last_good_epoch():
    model = Risky()
    good = []
    with pytest.raises(TrainingError, match=r"(?s)epoch \d+: the loss.*log gave.*'w'") as caught:
        fit(
            model, [[0.0]], [-9.0], loss=nn.mean_squared_error, progress=False, epochs=99, seed=0,
            optimizer=SGD([model.w], lr=0.1), callbacks=[lambda t: good.append(model.w.data)],
        )  # fmt: skip
    assert model.w.data == (good[-1] if good else 1.0)
    assert __file__ in str(caught.value)


def test_a_gradient_that_overflows_moves_nothing():
    class Steep(Module):
        def __init__(self):
            self.w = Value(1e-200)

        def __call__(self, x):
            return exp(log(self.w) * 0.5)

    model = Steep()
    with pytest.raises(TrainingError, match="parameter became nan or infinite"):
        fit(model, [[0.0]], [1e200], loss=lambda x, t: x[0] * 1e250, progress=False, epochs=1,
            optimizer=SGD([model.w], lr=1.0), seed=0)  # fmt: skip
    assert model.w.data == 1e-200


def test_a_rate_that_is_too_large_is_told():
    model = MLP(1, [1], seed=0)
    with pytest.raises(TrainingError, match="try a smaller lr"):
        fit(model, [[1.0]], [1e10], loss=nn.mean_squared_error, progress=False, epochs=1,
            optimizer=SGD(model.parameters(), lr=1e308), seed=0)  # fmt: skip
    assert all(math.isfinite(p.data) for p in model.parameters())


def test_ctrl_c_keeps_what_has_been_reached():
    model = MLP(2, [3, 1], seed=0)
    stop = threading.Timer(0.2, interrupt_main)
    stop.start()
    history = trained(model, epochs=10**6)
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
                  progress=False)  # fmt: skip
    assert history.stopped == "interrupted in epoch 1"
    assert optimizer.steps == 2


def test_a_callback_may_stop():
    def stop(training):
        training.stopped = "enough"

    history = trained(MLP(2, [1], seed=0), callbacks=[stop])
    assert (len(history["loss"]), history.stopped) == (1, "enough")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 1.5}, "a share between 0 and 1"),
        ({"validation": 0.99}, "leaves no sample"),
        ({"validation": ([[1.0, 2.0]], [])}, "1 inputs and 0 targets"),
    ],
)
def test_arguments_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        trained(MLP(2, [1], seed=0), **options)


def test_as_many_targets_as_inputs():
    model = MLP(2, [1], seed=0)
    with pytest.raises(ValueError, match="20 inputs and 1 targets"):
        fit(model, XS, [1.0], loss=nn.mean_squared_error, optimizer=SGD(model.parameters()))


def test_an_optimizer_of_another_model():
    with pytest.raises(ValueError, match="none of the model's parameters"):
        trained(MLP(2, [1], seed=0), optimizer=SGD(MLP(2, [1], seed=0).parameters()))


def test_predict_gives_numbers_and_leaves_the_mode():
    model = MLP(2, [3, 2], seed=0)
    model.layers[0].eval()
    outputs = predict(model, XS[:2])
    assert outputs == [[v.data for v in model(x)] for x in XS[:2]]
    assert (model.training, model.layers[0].training) == (True, False)
