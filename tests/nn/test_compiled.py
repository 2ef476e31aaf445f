"""A compiled fit follows the eager one: same shuffles, same losses, same errors."""

from __future__ import annotations

import importlib.util
import random
from typing import Any

import pytest

import autograd
import nn
from autograd.compile import CompileWarning, TraceError
from autograd.compile import compiled as module
from nn import compiled as subject

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an optional extra"
)
OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, lr=0.05),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, dampening=0.1, weight_decay=1e-3),
    "nesterov": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "climbs": lambda p: nn.SGD(p, lr=1e-3, maximize=True),
    "rmsprop": lambda p: nn.RMSprop(p, lr=0.01, centered=True, momentum=0.5),
    "adagrad": lambda p: nn.Adagrad(p, lr=0.1, lr_decay=0.01),
    "adam": lambda p: nn.Adam(p, lr=0.02),
    "adamw": lambda p: nn.AdamW(p, lr=0.02),
}


def data(count: int = 50) -> tuple[list[list[float]], list[float]]:
    draw = random.Random(1).gauss
    xs = [[draw(0, 1), draw(0, 1)] for _ in range(count)]
    return xs, [1.0 if a * b > 0 else -1.0 for a, b in xs]


def trained(make: Any = OPTIMIZERS["adam"], **options: Any) -> tuple[Any, Any, Any]:
    """Return history, parameters and optimizer after a fit."""
    model = nn.MLP(2, [6, 1], seed=3)
    optimizer = make(model.parameters())
    settings = {"loss": nn.hinge, "epochs": 12, "batch_size": 16, "seed": 5, "progress": False}
    schedule = options.pop("schedule", None)
    if schedule is not None:
        options["schedule"] = schedule(optimizer)
    xs, ys = options.pop("data", None) or data()
    history = nn.fit(model, xs, ys, optimizer=optimizer, **(settings | options))
    return history, [p.data for p in model.parameters()], optimizer


def assert_same(make: Any = OPTIMIZERS["adam"], **options: Any) -> None:
    eager, native = (trained(make, compiled=on, **options) for on in (False, True))
    assert native[0].keys() == eager[0].keys()
    for name, figures in eager[0].items():
        assert native[0][name] == pytest.approx(figures, rel=1e-9, abs=1e-12), name
    assert native[1] == pytest.approx(eager[1], rel=1e-8, abs=1e-12)
    assert native[2].steps == eager[2].steps
    for name, numbers in eager[2].state.items():
        assert native[2].state[name] == pytest.approx(numbers, rel=1e-7, abs=1e-12), name


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_every_optimizer(name: str) -> None:
    assert_same(OPTIMIZERS[name])


def test_two_hundred_steps_within_1e_9() -> None:
    assert_same(epochs=50)


@pytest.mark.parametrize("size", [1, 7, 50, None])
def test_every_size_of_batch(size: int | None) -> None:
    assert_same(batch_size=size, epochs=4)


def test_penalty_clip_schedule_metrics_and_validation() -> None:
    def decay(model: Any) -> Any:
        return 1e-3 * nn.l2(model.parameters())

    def sign_accuracy(outputs: Any, targets: Any) -> float:
        return sum(a * b > 0 for a, b in zip(outputs, targets, strict=True)) / len(targets)

    assert_same(penalty=decay, clip=nn.clip_by_norm(0.3))
    assert_same(clip=nn.clip_by_value(0.1), metrics={"accuracy": sign_accuracy}, validation=0.2)
    assert_same(schedule=lambda optimizer: nn.StepLR(optimizer, step_size=3, gamma=0.5))


def decaying(parameters: Any, kind: Any = float) -> nn.SGD:
    optimizer = nn.SGD(parameters, lr=0.05)
    optimizer.weight_decay = kind(0.25)
    return optimizer


@pytest.mark.parametrize("how", ["llvm", "python"])
def test_an_update_and_a_clip_read_values_from_outside(how: str) -> None:
    expected = trained(decaying, clip=lambda gradients: [g * 0.5 for g in gradients])
    half = autograd.Value(0.5).detach()
    found = trained(
        lambda p: decaying(p, lambda x: autograd.Value(x).detach()),
        clip=lambda gradients: [g * half for g in gradients],
        compiled=how,
    )
    assert found[0]["loss"] == pytest.approx(expected[0]["loss"], rel=1e-9)
    assert found[1] == pytest.approx(expected[1], rel=1e-9)


def test_a_clip_that_branches_is_recorded_along_each_of_its_ways() -> None:
    def limited(gradients: Any) -> Any:
        length = sum(g * g for g in gradients)
        if length > 0.1:
            return [g * 0.1 for g in gradients]
        return [g * 0.5 for g in gradients] if length > 0.01 else gradients

    assert_same(OPTIMIZERS["sgd"], clip=limited, batch_size=1)


@pytest.mark.parametrize("piece", ["update", "clip"])
def test_parameters_stand_in_the_loss_alone(piece: str) -> None:
    model = nn.Neuron(1)
    weight = model.w[0]
    weight.label = "weight"
    optimizer, options = nn.SGD([weight]), {}
    if piece == "clip":
        options["clip"] = lambda gradients: [g * weight for g in gradients]
    else:
        optimizer.weight_decay = weight
    with pytest.raises(TraceError, match=f"the {piece} reads a parameter .*'weight'"):
        nn.fit(model, [[1.0]], [2.0], loss=nn.mean_squared_error, optimizer=optimizer,
               compiled=True, progress=False, **options)  # fmt: skip


def test_classes_and_other_losses() -> None:
    draw = random.Random(2)
    xs = [[draw.gauss(0, 1), draw.gauss(0, 1)] for _ in range(30)]
    classes = [draw.randrange(3) for _ in xs]

    def run(compiled: bool) -> Any:
        model = nn.MLP(2, [5, 3], seed=1)
        optimizer = nn.Adam(model.parameters(), lr=0.05)
        return nn.fit(model, xs, classes, loss=nn.cross_entropy, optimizer=optimizer, epochs=8,
                      batch_size=8, seed=0, progress=False, compiled=compiled)["loss"]  # fmt: skip

    assert run(True) == pytest.approx(run(False), rel=1e-9)


def test_callbacks_see_the_numbers_of_every_epoch() -> None:
    def seen(compiled: bool) -> list[float]:
        found: list[float] = []

        def look(training: Any) -> None:
            found.append(training.model.parameters()[0].data)
            if len(found) == 5:
                training.stopped = "enough"

        trained(callbacks=[look], compiled=compiled)
        return found

    assert seen(True) == pytest.approx(seen(False), rel=1e-9)
    assert len(seen(True)) == 5


def test_the_generator_is_left_as_python_would_leave_it() -> None:
    states = []
    for compiled in (False, True):
        rng = random.Random(11)
        trained(seed=None, rng=rng, compiled=compiled)
        states.append(rng.getstate())
    assert states[0] == states[1]


def test_a_number_that_is_not_finite_is_an_error_and_the_last_good_epoch_stays() -> None:
    found = []
    for compiled in (False, True):
        model = nn.MLP(2, [4, 1], seed=0)
        optimizer = nn.SGD(model.parameters(), lr=1e150)
        xs, ys = data(20)
        with pytest.raises(nn.TrainingError, match="epoch 1") as caught:
            nn.fit(model, xs, ys, loss=nn.mean_squared_error, optimizer=optimizer, epochs=5,
                   batch_size=5, seed=0, progress=False, compiled=compiled)  # fmt: skip
        found.append(
            (str(caught.value)[:60], [p.data for p in model.parameters()], optimizer.steps)
        )
    assert found[0] == found[1]


@pytest.mark.parametrize("size", [3, 4, 8])
def test_a_fault_is_in_the_epoch_where_eager_training_finds_it(size: int) -> None:
    def failed(compiled: bool | str) -> tuple[str, list[float]]:
        model = nn.MLP(1, [2, 1], seed=0)
        optimizer, losses = nn.SGD(model.parameters(), 30.0), []
        with pytest.raises(nn.TrainingError) as error:
            nn.fit(
                model,
                [[float(i)] for i in range(8)],
                [float(i) for i in range(8)],
                loss=nn.mean_squared_error,
                optimizer=optimizer,
                batch_size=size,
                seed=0,
                compiled=compiled,
                callbacks=[lambda training: losses.append(training.history["loss"][-1])],
                progress=False,
            )
        return str(error.value), losses

    assert failed("python") == failed(False)


def test_ctrl_c_leaves_the_numbers_of_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, epochs: int, losses: Any, *places: int) -> str:
        if len(losses) == 4:  # the steps of an epoch
            raise KeyboardInterrupt
        return str(original(self, epochs, losses, *places))

    original = subject.Descent._run
    monkeypatch.setattr(subject.Descent, "_run", interrupted)
    history, numbers, _ = trained(compiled=True)
    monkeypatch.undo()
    assert "interrupted in epoch 2" in history.stopped
    expected, eager, _ = trained(epochs=1)
    assert history["loss"] == pytest.approx(expected["loss"], rel=1e-9)
    assert numbers == pytest.approx(eager, rel=1e-9)


def test_what_cannot_be_compiled_is_refused() -> None:
    def branching(outputs: Any, targets: Any) -> Any:
        return autograd.mean([x if x > 0 else -x for x in outputs])

    with pytest.raises(TraceError, match="where"):
        trained(loss=branching, compiled=True)
    with pytest.raises(ValueError, match=r"inputs\[1\] has 1 numbers"):
        trained(data=([[1.0, 2.0], [1.0]], [1.0, -1.0]), compiled=True)
    with pytest.raises(ValueError, match="either"):
        trained(compiled=True, step=lambda training, batch: 0.0)


def test_without_llvmlite_it_trains_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.machine, "available", lambda: False)
    module._say_how_to_be_fast.cache_clear()
    with pytest.warns(CompileWarning, match="llvmlite"):
        native = trained(compiled=True)
    module._say_how_to_be_fast.cache_clear()
    assert native[0] == trained()[0]


@pytest.mark.parametrize("how", [True, "llvm", "python", "fast"])
def test_predictions_are_those_of_the_eager_model(how: bool | str) -> None:
    xs, _ = data(9)
    model = nn.Sequential(nn.Linear(2, 4, seed=0), nn.Dropout(0.5, seed=1), nn.LayerNorm(4)).train()
    expected, found = nn.predict(model, xs), nn.predict(model, xs, compiled=how)
    for a, b in zip(expected, found, strict=True):
        assert b == pytest.approx(a, rel=1e-13)
    assert how != "python" or found == expected
    assert model.training
    assert nn.predict(model, [], compiled=how) == []
    single = nn.MLP(2, [1], seed=0)
    assert nn.predict(single, xs, compiled=how) == pytest.approx(nn.predict(single, xs), rel=1e-13)


def test_predictions_of_what_is_no_program_for_all_are_refused() -> None:
    class Branching(nn.Module):
        def __call__(self, x: Any) -> Any:
            return x[0] if x[1] > 0.0 else -x[0]

    with pytest.raises(TraceError, match=r"x\[1\] > 0\.0(.|\n)*where"):
        nn.predict(Branching(), [[1.0, 1.0], [1.0, -1.0]], compiled=True)
    with pytest.raises(ValueError, match=r"inputs\[1\] has 1 numbers"):
        nn.predict(nn.MLP(2, [1], seed=0), [[1.0, 1.0], [1.0]], compiled=True)
    with pytest.raises(ValueError, match="backend is"):
        nn.predict(nn.MLP(2, [1], seed=0), [[1.0, 1.0]], compiled="fortran")


def test_fast_follows_within_rounding() -> None:
    eager, fast = trained(compiled=False), trained(compiled="fast")
    assert fast[0]["loss"] == pytest.approx(eager[0]["loss"], rel=1e-9)
    assert fast[1] == pytest.approx(eager[1], rel=1e-8)
