"""A compiled fit has the bits of the eager one in Python, its digits natively, and its errors."""

from __future__ import annotations

import importlib.util
import random
import re
from array import array
from math import inf
from typing import Any

import pytest

import autograd
import nn
from autograd import AnomalyError, Value, detect_anomaly, relu
from autograd.compile import CompileWarning, TraceError
from autograd.compile.training import descent
from autograd.compile.training.descent import Descent
from autograd.compile.training.whole import WholeDescent
from nn import compiled, fitting
from nn.metrics import accuracy
from nn.training import eager_step

NATIVE = pytest.param(
    "llvm",
    marks=pytest.mark.skipif(
        importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an optional extra"
    ),
)
both = pytest.mark.parametrize("backend", ["python", NATIVE])
DRAW = random.Random(0)
XS = [[DRAW.gauss(0, 1) for _ in range(3)] for _ in range(11)]
YS = [x[0] * x[1] - x[2] for x in XS]
CLASSES = [i % 3 for i in range(11)]
WEIGHTS = [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.5, 1.0, 1.0, 0.0, 2.0]


class Line(nn.Module):
    """A small convolutional network on one channel."""

    def __init__(self) -> None:
        self.net = nn.Sequential(nn.Conv1d(1, 2, 2, seed=0), nn.Each("tanh"), nn.Flatten(),
                                 nn.Linear(4, 3, seed=1))  # fmt: skip

    def __call__(self, x: Any) -> Any:
        return self.net([x])


class Reader(nn.Module):
    """A recurrent network that reads numbers one by one."""

    def __init__(self) -> None:
        self.cell, self.out = nn.GRUCell(1, 2, seed=0), nn.Linear(2, 1, seed=1)

    def __call__(self, x: Any) -> Any:
        return self.out(nn.run(self.cell, [[number] for number in x])[-1])


class Scaled(nn.Module):
    """Reads a constant from outside, and makes a Value at each call."""

    def __init__(self) -> None:
        self.factor = Value(2.0).detach()
        self.w, self.b = [Value(0.3), Value(-0.2)], Value(0.1)

    def __call__(self, x: Any) -> Any:
        return Value(1.5) * self.factor * self.w[0] * x[0] + self.w[1] * x[1] + self.b


def regression() -> dict[str, Any]:
    return {"model": nn.MLP(3, [5, 4, 1], seed=0), "targets": YS, "loss": nn.mean_squared_error}


def trained(how: bool | str, make: Any = nn.Adam, **options: Any) -> dict[str, Any]:
    """Return all that a fit leaves behind."""
    given = regression() | {"inputs": XS, "epochs": 3, "batch_size": 4, "seed": 1} | options
    model = given["model"]
    optimizer = make(model.parameters())
    history = nn.fit(optimizer=optimizer, progress=False, compiled=how, **given)
    return {
        "history": dict(history), "model": model.state_dict(), "state": optimizer.state_dict(),
        "gradients": [p.grad for p in model.parameters()], "stopped": history.stopped,
    }  # fmt: skip


def assert_follows(backend: str, make: Any = nn.Adam, options: Any = dict) -> None:
    """Check a compiled fit against an eager one; `options()` makes a model for each."""
    eager, native = trained(False, make, **options()), trained(backend, make, **options())
    if backend == "python":
        assert native == eager
        return
    for name in ("history", "state", "model"):
        assert flat(native[name]) == pytest.approx(flat(eager[name]), rel=1e-9, abs=1e-14), name
    assert native["gradients"] == pytest.approx(eager["gradients"], rel=1e-7, abs=1e-12)


def flat(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        return [x for item in tree for x in flat(item)]
    return [] if isinstance(tree, str) else [tree]


OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, lr=0.05),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=0.01),
    "nesterov": lambda p: nn.SGD(p, lr=0.02, momentum=0.9, nesterov=True),
    "climbing": lambda p: nn.SGD(p, lr=1e-6, maximize=True),
    "rmsprop": lambda p: nn.RMSprop(p, momentum=0.5, centered=True, weight_decay=0.01),
    "adagrad": lambda p: nn.Adagrad(p, lr_decay=0.1),
    "adam": lambda p: nn.Adam(p, amsgrad=True),
    "adamw": nn.AdamW,
}
MODELS: dict[str, Any] = {
    "one batch": lambda: {"batch_size": None},
    "classes": lambda: {"model": nn.MLP(3, [5, 4, 3], seed=0), "targets": CLASSES,
                        "loss": nn.cross_entropy},
    "convolution": lambda: {"model": Line(), "targets": CLASSES, "loss": nn.cross_entropy},
    "recurrent": lambda: {"model": Reader(), "targets": [[y] for y in YS]},
    "constants": lambda: {"model": Scaled()},
    "penalty and clip": lambda: {
        "penalty": lambda m: 1e-3 * nn.l2(m.parameters()) + 1e-3 * nn.l1(m.parameters()),
        "clip": nn.clip_by_norm(0.1),
    },
}  # fmt: skip


@pytest.mark.unmeasured
@both
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_for_two_hundred_steps(backend, name):
    assert_follows(backend, OPTIMIZERS[name], lambda: {"epochs": 67})


@both
@pytest.mark.parametrize("name", MODELS)
def test_every_kind_of_model(backend, name):
    assert_follows(backend, options=MODELS[name])


def weighted(outputs: Any, pairs: Any) -> Any:
    return nn.mean_squared_error(outputs, [y for y, _ in pairs], mask=[w for _, w in pairs])


def summed(outputs: Any, targets: Any) -> Any:
    return sum((o - t) ** 2 for o, t in zip(outputs, targets, strict=True))


def spread(outputs: Any, targets: Any) -> Any:
    if len(outputs) < 2:
        raise RuntimeError("a spread needs two")
    return centred(outputs, targets)


def centred(outputs: Any, targets: Any) -> Any:
    mean = sum(outputs) / len(outputs)
    return nn.mean_squared_error([o - mean for o in outputs], targets)


@both
@pytest.mark.parametrize("loss", [weighted, summed, centred, spread])
def test_a_loss_that_is_no_mean_over_samples(backend, loss):
    targets = list(zip(YS, WEIGHTS, strict=True)) if loss is weighted else YS
    assert_follows(backend, options=lambda: {"loss": loss, "targets": targets})


@both
def test_a_mean_written_otherwise_is_one_too(backend):
    def mean(outputs: Any, targets: Any) -> Any:
        return 0.5 * summed(outputs, targets) / len(outputs)

    assert_follows(backend, options=lambda: {"loss": mean})


@both
def test_a_generator_that_shuffles_its_own_way(backend):
    class Backwards(random.Random):
        def shuffle(self, x: Any) -> None:
            x.reverse()

    assert_follows(backend, options=lambda: {"rng": Backwards(3), "seed": None})


@both
@pytest.mark.parametrize("targets", [[*CLASSES[:-1], 7], [*CLASSES[:-1], 1.5]])
def test_a_target_that_is_no_class_is_refused(backend, targets):
    options = {"model": nn.MLP(3, [3], seed=0), "targets": targets, "loss": nn.cross_entropy}
    with pytest.raises(ValueError, match="is no class"):
        trained(backend, **options)


@both
def test_a_symbol_that_is_none_is_refused(backend):
    model = nn.Sequential(nn.Embedding(3, 2, seed=0), nn.Linear(2, 1, seed=0))
    options = {"model": model, "inputs": [*CLASSES[:-1], 9], "targets": [[y] for y in YS]}
    with pytest.raises(IndexError, match="9 is no symbol"):
        trained(backend, **options)


@both
def test_a_model_that_draws_otherwise_is_refused_and_its_generator_left_alone(backend):
    class Noisy(nn.Module):
        def __init__(self) -> None:
            self.rng, self.w = random.Random(2), Value(1.0)

        def __call__(self, x: Any) -> Any:
            return self.w * (x[0] + self.rng.randint(0, 1))

    model = Noisy()
    before = model.rng.getstate()
    with pytest.raises(TraceError, match=r"a random number is drawn(.|\n)*randint\(0, 1\)"):
        trained(backend, model=model)
    assert model.rng.getstate() == before
    assert model.training is False


def dropping(rng: random.Random | None = None) -> nn.Module:
    """Return a network that drops twice, once the same layer as before."""
    twice = nn.Dropout(0.25, rng=rng) if rng else nn.Dropout(0.25, seed=4)
    return nn.Sequential(
        nn.Linear(3, 6, seed=0), nn.Dropout(0.5, seed=3), nn.Each("tanh"), twice,
        nn.Linear(6, 4, seed=2), twice, nn.Linear(4, 3, seed=1),
    )  # fmt: skip


def smooth(outputs: Any, targets: Any) -> Any:
    """A loss in which only samples that are far apart meet."""
    steps = [(b - a) ** 2 for a, b in zip(outputs, outputs[3:], strict=False)]
    return nn.mean_squared_error(outputs, targets) + 0.1 * autograd.sum(steps)


def capped(outputs: Any, targets: Any) -> Any:
    """A loss that is a mean of up to four samples only."""
    squares = [(a - b) ** 2 for a, b in zip(outputs, targets, strict=True)]
    return autograd.sum(squares) / min(len(squares), 4)


@pytest.mark.parametrize("loss", [smooth, capped])
@pytest.mark.parametrize("batch_size", [8, 5])
def test_a_loss_that_is_a_mean_of_few_samples_only(loss, batch_size):
    inputs = [[0.1 * i, 0.05 * i * i] for i in range(8)]
    targets = [0.3 * i - 1 for i in range(8)]
    losses = []
    for how in (False, True):
        model = nn.MLP(2, [3, 1], activation="tanh", seed=0)
        losses.append(nn.fit(
            model, inputs, targets, loss=loss, optimizer=nn.SGD(model.parameters(), lr=0.05),
            epochs=2, seed=0, batch_size=batch_size, progress=False, compiled=how,
        )["loss"])  # fmt: skip
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def first_centred(outputs: Any, targets: Any) -> Any:
    return centred([output[0] for output in outputs], targets)


@both
@pytest.mark.parametrize("kind", ["mean", "no mean", "one generator for all", "held back"])
def test_dropout_drops_the_same_as_in_eager_training(backend, kind):
    def options() -> dict[str, Any]:
        shared = random.Random(5)
        given = {"model": dropping(), "targets": CLASSES, "loss": nn.cross_entropy, "epochs": 5}
        return (
            given
            | {
                "mean": {},
                "no mean": {"loss": first_centred, "targets": YS},
                "one generator for all": {"model": dropping(shared), "rng": shared, "seed": None},
                "held back": {"validation": 0.3, "clip": nn.clip_by_norm(0.5)},
            }[kind]
        )

    assert_follows(backend, options=options)
    losses = trained(backend, **options())["history"]["loss"]
    assert len(set(losses)) == 5


def states(model: nn.Module) -> list[Any]:
    return [part.rng.getstate() for _, part in model.named_modules() if hasattr(part, "rng")]


@both
def test_generators_go_on_as_after_eager_training(backend, tmp_path):
    found = []
    for how in (False, backend):
        model, file = dropping(), tmp_path / f"{how}.json"
        trained(how, model=model, targets=CLASSES, loss=nn.cross_entropy,
                callbacks=[nn.Checkpoint(file)])  # fmt: skip
        model = dropping()
        again = trained(how, model=model, targets=CLASSES, loss=nn.cross_entropy, epochs=6,
                        callbacks=[nn.Checkpoint(file)], resume=file)  # fmt: skip
        found.append((states(model), again["history"]["loss"]))
    assert found[0][0] == found[1][0]
    assert found[0][1] == pytest.approx(found[1][1], rel=1e-12)


@both
@pytest.mark.parametrize("steps", [0, 2, 3, 4])
def test_ctrl_c_leaves_generators_as_after_the_last_whole_step(backend, monkeypatch, steps):
    name, owner = ("_run", Descent) if backend == "llvm" else ("_step", WholeDescent)
    original = getattr(owner, name)

    def native(self: Any, *given: Any) -> Any:
        losses = next(x for x in given if isinstance(x, array))
        if len(losses) == steps:
            raise KeyboardInterrupt
        return original(self, *given)

    def eager(training: Any, batch: list[int]) -> float:
        if training.optimizer.steps == steps:
            raise KeyboardInterrupt
        return eager_step(training, batch)

    monkeypatch.setattr(owner, name, native)
    monkeypatch.setattr(descent, "PATIENCE", inf)  # calls of 1, 2, ... steps, however slow
    options = {"targets": CLASSES, "loss": nn.cross_entropy}
    if backend == "llvm" and steps == 2:
        steps = 1  # calls end after 1 and 3 steps
    models = [dropping(), dropping()]
    found = trained(backend, model=models[0], **options)
    expected = trained(False, model=models[1], step=eager, **options)
    assert found["state"]["steps"] == expected["state"]["steps"] == steps
    assert states(models[0]) == states(models[1])


@both
def test_an_error_with_dropout_names_where_it_began(backend):
    def broken(how: bool | str) -> Any:
        model = dropping()
        optimizer = nn.SGD(model.parameters(), lr=1e150, momentum=0.5)
        with pytest.raises(nn.TrainingError, match="epoch 1") as caught:
            nn.fit(model, XS, [[y] * 3 for y in YS], loss=nn.mean_squared_error, seed=0,
                   optimizer=optimizer, batch_size=4, progress=False, compiled=how)  # fmt: skip
        text = re.sub(r"\d\.\d{9,}", lambda x: x[0][:11], str(caught.value))  # rows add in lanes
        return text.split("(")[0], model.state_dict(), optimizer.state_dict()

    assert broken(backend) == broken(False)


# Branches that all samples take together, on a parameter, the step or the rate.


def crossing(model: nn.Module) -> Any:
    """Return a penalty that branches on the sign of parameters, which change it."""
    return 0.3 * sum(p if p > 0.0 else -p for p in model.parameters()[:2])


@both
@pytest.mark.parametrize("size", [4, None])
def test_a_loss_may_branch_on_parameters(backend, size):
    def options() -> dict[str, Any]:
        return {"penalty": crossing, "epochs": 12, "batch_size": size}

    assert_follows(backend, lambda p: nn.SGD(p, lr=0.2), options)


@both
def test_an_update_may_branch_on_the_step_and_a_clip_on_the_gradients(backend):
    class Warm(nn.SGD):
        def update(self, parameter: Any, gradient: Any, *_: Any, step: Any, lr: Any) -> Any:
            return (parameter - (0.1 * lr if step < 5.0 else lr) * gradient,)

    def clip(gradients: Any) -> Any:
        return [0.5 * g for g in gradients] if gradients[0] > 0.0 else gradients

    assert_follows(backend, lambda p: Warm(p, lr=0.1), lambda: {"clip": clip, "epochs": 6})


@pytest.mark.parametrize("backend", [NATIVE])
def test_samples_that_part_are_refused_with_the_line(backend):
    class Branching(Scaled):
        def __call__(self, x: Any) -> Any:
            return self.b if x[0] > 0.0 else self.w[0] * x[1]

    with pytest.raises(TraceError, match=r"self\.b if x\[0\] > 0\.0 else(.|\n)*where"):
        trained(backend, model=Branching())


@both
def test_a_checkpoint_of_a_compiled_fit_goes_on_as_the_whole(backend, tmp_path):
    file = tmp_path / "half.json"
    whole = trained(backend, epochs=6)
    trained(backend, epochs=3, callbacks=[nn.Checkpoint(file)])
    assert trained(backend, epochs=6, callbacks=[nn.Checkpoint(file)], resume=file) == whole


@both
def test_early_stopping_and_validation(backend):
    def options() -> dict[str, Any]:
        stop = nn.EarlyStopping(patience=2)
        return {"validation": 0.3, "callbacks": [stop], "epochs": 40}

    def make(parameters: Any) -> nn.SGD:
        return nn.SGD(parameters, lr=0.3)  # soon past its best

    assert_follows(backend, make, options)
    assert "was best at epoch" in trained(backend, make, **options())["stopped"]


@both
def test_an_error_leaves_the_last_good_epoch(backend):
    def broken(how: bool | str) -> Any:
        model = nn.MLP(3, [4, 1], seed=0)
        optimizer = nn.SGD(model.parameters(), lr=1e100, momentum=0.5)
        with pytest.raises(nn.TrainingError, match="It began here") as caught:
            nn.fit(model, XS, YS, loss=nn.mean_squared_error, optimizer=optimizer, seed=0,
                   batch_size=4, progress=False, compiled=how)  # fmt: skip
        return str(caught.value).split("(")[0], model.state_dict(), optimizer.state_dict()

    assert broken(backend) == broken(False)


def rooted(outputs: Any, targets: Any) -> Any:
    """A root of 0 where the fit is perfect: its slope is 0 times infinity."""
    return nn.mean_squared_error(outputs, targets) ** 0.5


def sloping(outputs: Any, targets: Any) -> Any:
    """A slope that moves a parameter, by a rate near the largest float, past it in epoch 3."""
    return autograd.mean(
        [-0.22 * output[0] * t for output, t in zip(outputs, targets, strict=True)]
    )


@both
@pytest.mark.parametrize("loss", [rooted, sloping])
@pytest.mark.parametrize("callbacks", [[], [lambda training: None]])
def test_a_parameter_that_fails_in_the_first_step_is_told_as_in_eager_training(
    backend, loss, callbacks, monkeypatch
):
    made: list[Any] = []

    class Watched(fitting.Training):
        def __init__(self, *given: Any, **options: Any) -> None:
            super().__init__(*given, **options)
            made.append(self)

    monkeypatch.setattr(fitting, "Training", Watched)

    def broken(how: bool | str) -> Any:
        model = nn.Sequential(nn.Linear(1, 1, bias=False, initializer="zeros", seed=0))
        optimizer = nn.SGD(model.parameters(), lr=1.79e308)
        with pytest.raises(nn.TrainingError, match="a parameter became nan") as caught:
            nn.fit(model, [[1.0]] * 4, [float(loss is sloping)] * 4, loss=loss, batch_size=2,
                   optimizer=optimizer, progress=False, compiled=how, epochs=20, seed=0,
                   callbacks=callbacks)  # fmt: skip
        history = made.pop().history
        return str(caught.value).split(" in ")[0], history, model.state_dict(), optimizer.steps

    assert broken(backend) == broken(False)


@both
def test_a_bar_changes_nothing(backend):
    plain = trained(backend, epochs=9)
    model = regression()["model"]
    history = nn.fit(
        model, XS, YS, loss=nn.mean_squared_error, optimizer=nn.Adam(model.parameters()), epochs=9,
        batch_size=4, seed=1, compiled=backend,
    )  # fmt: skip
    assert (dict(history), model.state_dict()) == (plain["history"], plain["model"])
    assert model.training is False


def test_a_back_end_that_does_not_exist():
    with pytest.raises(ValueError, match="backend"):
        trained("fortran")


@both
def test_ctrl_c_within_an_epoch_leaves_the_last_whole_step(backend, monkeypatch):
    name, owner = ("_run", Descent) if backend == "llvm" else ("_step", WholeDescent)
    original = getattr(owner, name)

    def native(self: Any, *given: Any) -> Any:
        losses = next(x for x in given if isinstance(x, array))
        if len(losses) == 3:
            raise KeyboardInterrupt
        return original(self, *given)

    def eager(training: Any, batch: list[int]) -> float:
        if training.optimizer.steps == 3:
            raise KeyboardInterrupt
        return eager_step(training, batch)

    monkeypatch.setattr(owner, name, native)
    monkeypatch.setattr(descent, "PATIENCE", inf)  # calls of 1, 2, ... steps, however slow
    interrupted = trained(backend, batch_size=2)
    expected = trained(False, batch_size=2, step=eager)
    assert interrupted["stopped"] == expected["stopped"] == "interrupted in epoch 1"
    assert interrupted["history"] == expected["history"] == {"loss": [], "lr": []}
    assert interrupted["state"]["steps"] == 3
    assert flat(interrupted["model"]) == pytest.approx(flat(expected["model"]), rel=1e-12)


@both
def test_a_batch_too_large_to_be_compiled_whole_trains_eagerly_and_says_why(backend, monkeypatch):
    monkeypatch.setattr(compiled, "MOST_NODES", 100)
    with pytest.warns(CompileWarning, match="4 samples would have"):
        found = trained(backend, loss=centred)
    assert found == trained(False, loss=centred)


@both
def test_metrics_and_validation_are_computed_by_the_program(backend, monkeypatch):
    def options() -> dict[str, Any]:
        held_back = [[0.1, 0.2, 0.3], [-1.0, 0.5, 2.0]], [1, 2]
        return {**MODELS["classes"](), "validation": held_back, "metrics": {"right": accuracy}}

    expected = trained(False, **options())["history"]
    assert expected.keys() == {"loss", "lr", "right", "validation_loss", "validation_right"}
    monkeypatch.delattr(fitting, "predict")
    found = trained(backend, **options())["history"]
    assert flat(found) == pytest.approx(flat(expected), rel=1e-9)
    assert backend != "python" or found == expected


@both
def test_a_model_that_branches_in_use_is_measured_eagerly(backend):
    class Branching(Scaled):
        def __call__(self, x: Any) -> Any:
            if self.training:
                return super().__call__(x)
            return self.b if x[0] > 0.0 else self.w[0]

    assert_follows(backend, options=lambda: {"model": Branching(), "validation": 0.4})


@both
def test_a_value_computed_from_parameters_before_is_refused(backend):
    class Kept(nn.Module):
        def __init__(self) -> None:
            self.w = Value(0.5)
            self.double = self.w * 2.0

        def __call__(self, x: Any) -> Any:
            return self.double * x[0] + self.w

    with pytest.raises(TraceError, match="computed from parameters before"):
        trained(backend, model=Kept())


@both
def test_what_cannot_be_followed_is_refused(backend):
    class Reading(Scaled):
        def __call__(self, x: Any) -> Any:
            return super().__call__(x) * self.b.data

    class Choosing(nn.SGD):
        def update(self, parameter: Any, gradient: Any, *_: Any, step: Any, lr: Any) -> Any:
            return (parameter - lr * gradient if gradient > 0.0 else parameter,)

    with pytest.raises(TraceError, match=r"\.data"):
        trained(backend, model=Reading())
    with pytest.raises(TraceError, match="different ways"):
        trained(backend, Choosing)


@both
def test_a_callback_sees_gradients_and_may_change_what_it_likes(backend):
    def options() -> dict[str, Any]:
        def look(training: Any) -> None:
            parameters = training.model.parameters()
            slopes = training.history.setdefault("slopes", [])
            slopes.append(sum(abs(p.grad) for p in parameters))
            parameters[0].data, training.optimizer.lr = 0.25, 0.5 * training.optimizer.lr

        return {"callbacks": [look]}

    assert_follows(backend, options=options)


@both
@pytest.mark.parametrize("extra", [False, True])
def test_an_optimizer_of_other_parameters_than_the_loss(backend, extra):
    def make(parameters: Any) -> nn.SGD:
        chosen = [*parameters, Value(3.0)] if extra else parameters[10:]
        return nn.SGD(chosen, lr=0.05, weight_decay=0.1)

    eager, compiled = trained(False, make), trained(backend, make)
    for name in ("history", "model", "state"):
        assert flat(compiled[name]) == pytest.approx(flat(eager[name]), rel=1e-9), name


# What a callback may change, though programs hold it as a constant.


CHANGES: dict[str, Any] = {
    "a number in a closure": lambda t, kept: kept.update(weight=0.5),
    "a number of the model": lambda t, kept: setattr(t.model, "beta", 3.0),
    "momentum": lambda t, kept: setattr(t.optimizer, "momentum", 0.9),
    "the loss": lambda t, kept: setattr(t, "loss", nn.mean_absolute_error),
    "the penalty": lambda t, kept: setattr(t, "penalty", None),
    "the clip": lambda t, kept: setattr(t, "clip", nn.clip_by_norm(0.01)),
    "the batch size": lambda t, kept: setattr(t, "batch_size", 3),
    "the samples": lambda t, kept: setattr(t, "order", t.order[:5]),
    "an activation": lambda t, kept: setattr(t.model.layers[0].neurons[0], "activation", relu),
    "a Value": lambda t, kept: setattr(kept["value"], "data", 2.0),
}


@both
@pytest.mark.parametrize("what", CHANGES)
def test_a_callback_may_change_what_programs_hold_as_constants(backend, what):
    def options() -> dict[str, Any]:
        kept = {"weight": 0.1, "value": Value(1.0).detach()}
        model = nn.MLP(3, [4, 1], seed=0)
        model.beta = 1.0

        def penalty(m: Any) -> Any:
            return kept["weight"] * kept["value"] * m.beta * nn.l2(m.parameters())

        def change(training: Any) -> None:
            if training.epoch == 2:
                CHANGES[what](training, kept)

        return {"model": model, "penalty": penalty, "callbacks": [change], "epochs": 5}

    assert_follows(backend, lambda p: nn.SGD(p, lr=0.05, momentum=0.5), options)


@both
def test_a_parameter_that_a_callback_replaces_is_read_and_moves_no_more(backend):
    def options() -> dict[str, Any]:
        def replace(training: Any) -> None:
            if training.epoch == 2:
                training.model.layers[0].neurons[0].w[0] = Value(7.0)

        return {"callbacks": [replace], "epochs": 5}

    eager, compiled = trained(False, **options()), trained(backend, **options())
    for name in ("history", "model", "state"):
        assert flat(compiled[name]) == pytest.approx(flat(eager[name]), rel=1e-9), name


@both
def test_what_changes_in_every_epoch_is_better_kept_in_a_value(backend):
    def options() -> dict[str, Any]:
        kept = {"weight": 0.1}

        def anneal(_: Any) -> None:
            kept["weight"] *= 0.9

        return {
            "penalty": lambda m: kept["weight"] * nn.l2(m.parameters()), "callbacks": [anneal],
            "epochs": 5,
        }  # fmt: skip

    with pytest.warns(CompileWarning, match=r"kept\['weight'\]: keep what changes in a Value"):
        assert_follows(backend, options=options)


@both
def test_an_anomaly_is_named_where_somebody_looks_for_it(backend):
    model = nn.Sequential(nn.Linear(3, 1, seed=0), nn.Each("log"))
    before = model.state_dict()
    with detect_anomaly(), pytest.raises(nn.TrainingError, match="epoch 1: log gave") as caught:
        trained(backend, model=model, targets=[[y] for y in YS])
    assert isinstance(caught.value.__cause__, AnomalyError)
    assert model.state_dict() == before
    with detect_anomaly():
        assert trained(backend) == trained(False)
