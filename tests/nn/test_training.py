import json
import math
import pickle

import pytest

import nn
from autograd import AnomalyError, Value, detect_anomaly, exp, log
from nn import MLP, SGD, Checkpoint, EarlyStopping, Module, TrainingError, fit


def options_for(model, path=None):
    optimizer = nn.RMSprop(model.parameters(), lr=0.05, momentum=0.5)
    callbacks = [EarlyStopping(3), *([Checkpoint(path, every=2)] if path else [lambda t: None])]
    schedule = nn.CosineAnnealingLR(optimizer, 8)
    return {"optimizer": optimizer, "schedule": schedule, "callbacks": callbacks,
            "validation": 0.2}  # fmt: skip


def test_a_training_resumes_bit_for_bit(trained, tmp_path):
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
        (lambda c: c.update(order=[0]), r"broken: its order with held_back is \[0, "),
        (lambda c: c.update(callbacks=[]), r"has states of the callbacks \[\]"),
        (lambda c: c["model"].clear(), "does not fit this model"),
        (lambda c: c.pop("order"), "the checkpoint is broken: KeyError"),
        (lambda c: c.update(epoch=1, generators=[3]), "the checkpoint is broken: TypeError"),
        (lambda c: c.update(schedule_name=""), "leave schedule= out"),
        (lambda c: c.update(schedule=None), "not the state of a CosineAnnealingLR"),
        (lambda c: c.update(format="?"), r"not a file of .*, version 2\", but of \"\?\""),
        (lambda c: c.update(optimizer=None), "a dict as state_dict"),
        (lambda c: c["optimizer"].pop("lr"), "the state's lr must be made of numbers"),
        (lambda c: c["optimizer"].update(steps=-3), "steps must be a whole number"),
        (lambda c: c["schedule"].update(base_lr=None), "not the state of a CosineAnnealingLR"),
        (
            lambda c: c["callbacks"][0]["state"].update(best=None),
            "not the state of an EarlyStopping",
        ),
        (lambda c: c.update(callbacks=[3, 4]), "the checkpoint is broken: TypeError"),
        (lambda c: c.update(epoch=None), "the checkpoint is broken: its epoch is None"),
        (lambda c: c.update(epoch=-1), "the checkpoint is broken: its epoch is -1"),
        (lambda c: c.update(history=None), "the checkpoint is broken: AttributeError"),
        (lambda c: c.update(history={"loss": ["a"]}), "broken: its history is {'loss'"),
        (lambda c: c.update(order=[0.0, 1.0]), r"broken: its order is \[0\.0, 1\.0\]"),
        (lambda c: c["order"].__setitem__(0, 99), r"order with held_back is \[99, "),
    ],
)
def test_a_checkpoint_of_another_training(trained, tmp_path, change, message):
    path = tmp_path / "run.json"
    model = MLP(2, [4, 1], seed=0)
    trained(model, epochs=2, **options_for(model, path))
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    other = MLP(2, [4, 1], seed=1)
    options = options_for(other, path)
    before = (other.state_dict(), options["optimizer"].state_dict())
    with pytest.raises(ValueError, match=message):
        trained(other, resume=path, **options)
    assert (other.state_dict(), options["optimizer"].state_dict()) == before


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


def test_an_anomaly_leaves_the_last_good_epoch():
    def falling(training):
        training.optimizer.lr = 1e155

    model = MLP(2, [4, 1], activation="tanh", seed=0)
    optimizer, good = SGD(model.parameters(), lr=1e-3), []
    with detect_anomaly(), pytest.raises(TrainingError, match="epoch 2: ") as caught:
        fit(model, [[1.0, 2.0], [2.0, 1.0], [0.0, 1.0]], [1.0, 2.0, 0.0], epochs=3, seed=0,
            loss=nn.mean_squared_error, optimizer=optimizer, batch_size=1, progress=False,
            callbacks=[falling, lambda t: good.append(t.model.state_dict())])  # fmt: skip
    assert isinstance(caught.value, AnomalyError)
    assert caught.value.line == caught.value.__cause__.line
    assert pickle.loads(pickle.dumps(caught.value)).line == caught.value.line
    assert [model.state_dict()] == good
    assert optimizer.steps == 3


def test_a_rate_that_is_too_large_is_told():
    model = MLP(1, [1], seed=0)
    with pytest.raises(TrainingError, match="try a smaller lr"):
        fit(model, [[1.0]], [1e10], loss=nn.mean_squared_error, progress=False, epochs=1,
            optimizer=SGD(model.parameters(), lr=1e308), seed=0)  # fmt: skip
    assert all(math.isfinite(p.data) for p in model.parameters())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size must be a whole number from 1, not 0"),
        ({"batch_size": -3}, "batch_size must be"),
        ({"epochs": -1}, "epochs must be a whole number from 0, not -1"),
        ({"schedule": nn.StepLR(SGD([Value(1.0)]), 1)}, "of another optimizer"),
        ({"validation": 1.5}, "a share between 0 and 1"),
        ({"validation": 0.99}, "leaves no sample"),
        ({"validation": ([[1.0, 2.0]], [])}, "1 inputs and 0 targets"),
    ],
)
def test_arguments_that_do_not_fit(trained, options, message):
    with pytest.raises(ValueError, match=message):
        trained(MLP(2, [1], seed=0), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 7.5}, "batch_size must be a whole number from 1, not 7.5"),
        ({"epochs": 2.5}, "epochs must be a whole number from 0, not 2.5"),
        ({"validation": 1}, r"validation is a share, as 0\.2, or \(inputs, targets\), not 1"),
    ],
)
def test_arguments_of_another_type(trained, options, message):
    with pytest.raises(TypeError, match=message):
        trained(MLP(2, [1], seed=0), **options)


@pytest.mark.parametrize("compiled", [False, True, "python"])
@pytest.mark.parametrize(
    "loss",
    [
        lambda outputs, targets: [nn.mean_squared_error(outputs, targets)],
        lambda outputs, targets: 1.0,
        lambda outputs, targets: None,
    ],
)
def test_a_loss_that_is_no_value_is_told(loss, compiled):
    model = MLP(1, [1], seed=0)
    with pytest.raises(TypeError, match="a loss is one Value that is made of the outputs"):
        fit(model, [[1.0]], [1.0], loss=loss, progress=False, epochs=1,
            optimizer=SGD(model.parameters()), compiled=compiled)  # fmt: skip


def test_as_many_targets_as_inputs():
    model = MLP(2, [1], seed=0)
    with pytest.raises(ValueError, match="20 inputs and 1 targets"):
        fit(
            model,
            [[1.0, 2.0]] * 20,
            [1.0],
            loss=nn.mean_squared_error,
            optimizer=SGD(model.parameters()),
        )


def test_an_optimizer_of_another_model(trained):
    with pytest.raises(ValueError, match="none of the model's parameters"):
        trained(MLP(2, [1], seed=0), optimizer=SGD(MLP(2, [1], seed=0).parameters()))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"loss": "mse"}, r"the loss is a function .*nn\.mean_squared_error, not 'mse'"),
        ({"optimizer": "adam"}, r"the optimizer is one made with .*nn\.SGD.*, not 'adam'"),
        ({"optimizer": nn.SGD}, "the optimizer is one made with"),
        ({"metrics": {"accuracy": 1.0}}, "the metric 'accuracy' is a function"),
        ({"metrics": {3: len}}, "the metric 3 is a function of outputs and targets with a name"),
        ({"metrics": [len]}, "the metrics are names and functions, as .*, not .<built-in"),
        ({"clip": 1.0}, r"the clip is a function .*nn\.clip_by_norm\(1\.0\), not 1\.0"),
        ({"penalty": 3}, r"the penalty is a function of the model, such as .*, not 3"),
        ({"schedule": 3}, r"the schedule is one made with .*nn\.StepLR\(optimizer, 10\), not 3"),
        ({"callbacks": [3]}, r"a callback is a function of the training, .*, not 3"),
        ({"callbacks": [nn.EarlyStopping]}, r"made as nn\.EarlyStopping\(\) is, not <class"),
        ({"callbacks": len}, r"the callbacks are a list: write \[c\]"),
        ({"validation": (None, [1.0])}, "the inputs are a list, or an array"),
    ],
)
def test_things_of_another_kind_are_refused(given, message):
    model = nn.MLP(1, [1], seed=0)
    usual = {"loss": nn.mean_squared_error, "optimizer": nn.SGD(model.parameters(), lr=0.1)}
    with pytest.raises(TypeError, match=message):
        nn.fit(model, [[0.0]], [1.0], epochs=1, progress=False, **usual | given)


@pytest.mark.parametrize("given", [None, 3, "text", {0: [1.0]}])
def test_samples_are_lists(given):
    model = nn.MLP(1, [1], seed=0)
    options = {"loss": nn.mean_squared_error, "optimizer": nn.SGD(model.parameters())}
    with pytest.raises(TypeError, match="the inputs are a list, or an array, with one entry"):
        nn.fit(model, given, [1.0], **options)
    with pytest.raises(TypeError, match="the targets are a list"):
        nn.fit(model, [[1.0]], given, **options)
    with pytest.raises(TypeError, match="the inputs are a list"):
        nn.predict(model, given)


@pytest.mark.parametrize("name", ["loss", "lr", "validation_loss", "validation_mine"])
def test_a_metric_does_not_replace_a_figure_of_fit(trained, name):
    metrics = {"mine": lambda outputs, targets: 0.5, name: lambda outputs, targets: 0.0}
    with pytest.raises(ValueError, match=f"the history has a figure '{name}' of its own"):
        trained(MLP(2, [1], seed=0), metrics=metrics, validation=0.2)


def test_a_model_is_a_module():
    optimizer = nn.SGD(nn.MLP(1, [1], seed=0).parameters(), lr=0.1)
    with pytest.raises(TypeError, match="the model is a Module"):
        nn.fit(len, [[0.0]], [1.0], loss=nn.mean_squared_error, optimizer=optimizer)
