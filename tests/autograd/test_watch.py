"""Watchers are told of what happens in their thread, the innermost first."""

from typing import Any

import pytest

import autograd as ag
from autograd import Value, Watcher, no_grad
from autograd.watch import recording, watchers, watching


class Diary(Watcher):
    """Writes down everything it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[tuple[Any, ...]] = []

    def operation(self, node: Value) -> Value:
        self.pages.append(("operation", node.op))
        return node

    def comparison(self, sign: str, left: Any, right: Any, outcome: bool) -> Any:
        self.pages.append(("comparison", sign, outcome))
        return outcome

    def read(self, node: Value) -> None:
        self.pages.append(("read", node.label))

    def detached(self, node: Value, constant: Value) -> None:
        self.pages.append(("detached", constant.op))

    def chain_rule(self, root: Value, totals: dict[Value, Any]) -> None:
        self.pages.append(("chain rule", len(totals)))


def test_everything_is_told() -> None:
    x = Value(2.0, label="x")
    with Diary() as diary:
        y = x * 3 + ag.sum([x, 1.0])
        _ = x < 3, ag.equal(x, 2), bool(x)
        _ = x.data
        x.detach()
        y.backward()
        ag.where(True, x, 0.0)
        ag.hypot(x, 1.0)
        ag.clip(x, 0, 1)
    assert diary.pages == [
        ("operation", "mul"), ("operation", "sum"), ("operation", "add"),
        ("comparison", "<", True), ("comparison", "==", True), ("comparison", "!=", True),
        ("read", "x"), ("detached", "constant"), ("chain rule", 4),
        ("operation", "where"), ("operation", "hypot"), ("operation", "clip"),
    ]  # fmt: skip
    _ = x * 2 < 3, x.data
    assert len(diary.pages) == 12


def test_a_plain_watcher_changes_nothing() -> None:
    with Watcher():
        x = Value(3.0)
        y = x * x + 1 / x
        y.backward()
        assert x < 4
        assert ag.derivative(lambda t: t**3, 2)(x.data) == 18.0
        z = x.detach()
    assert (y.data, x.grad) == (9 + 1 / 3, 6 - 1 / 9)
    assert z.op == "constant"


def test_the_innermost_is_told_first_and_may_put_something_in_the_place() -> None:
    class Swap(Watcher):
        def operation(self, node: Value) -> Value:
            return Value(7.0)

        def comparison(self, sign: str, left: Any, right: Any, outcome: bool) -> Any:
            return "perhaps"

    with Diary() as diary, Swap():
        assert (Value(1.0) * 2).data == 7.0
        assert (Value(1.0) < 2) == "perhaps"
    assert diary.pages[0] == ("operation", "")


def test_gradients_and_tangents_may_be_taken_over() -> None:
    class Takes(Watcher):
        def pulled_back(self, root: Value, seed: Any, inputs: Any) -> Any:
            return dict.fromkeys(inputs or [], Value(5.0)) if inputs else None

        def pushed_forward(self, outputs: list[Value], tangents: Any) -> Any:
            return [Value(8.0) for _ in outputs]

    with Takes():
        x = Value(3.0)
        assert ag.grad(lambda t: t * t)(x).data == 5.0
        assert ag.jvp(lambda t: t * t, (2.0,), (1.0,)) == (4.0, 8.0)
        (x * x).backward(create_graph=True)
        assert x.grad.data == 6.0


def test_leaving_restores_what_was_there_also_after_an_exception() -> None:
    with pytest.raises(KeyError), Diary(), no_grad():
        raise KeyError
    assert watchers() == ()
    assert watching == []


def test_a_function_whose_body_runs_later_is_not_decorated() -> None:
    """It would run without: a generator under @no_grad() recorded its graph, silently."""

    def generator(x: Value) -> Any:
        yield x * 2

    async def coroutine(x: Value) -> Value:
        return x * 2

    for function in (generator, coroutine):
        for decorator in (no_grad, no_grad(), ag.detect_anomaly()):
            with pytest.raises(TypeError, match=r"write `with \.\.\.:` inside it"):
                decorator(function)


def test_the_same_watcher_may_be_entered_twice() -> None:
    """An inner `with` of the same no_grad() recursed without end."""
    quiet, diary = no_grad(), Diary()
    with diary, quiet:
        with quiet:
            assert (Value(2.0) * 3).op == "constant"
        assert (Value(2.0) * 3).op == "constant"
        diary.pages.clear()
    assert (Value(2.0) * 3).op == "mul"
    assert watching == []


def test_recording_undoes_no_grad_alone() -> None:
    with Diary() as diary, no_grad():
        with recording():
            assert (Value(1.0) * 2).op == "mul"
        assert (Value(1.0) * 2).op == "constant"
    whole = [what for what, _ in diary.pages]  # also what a constant was made from
    assert whole == ["operation", "operation", "detached", "operation"]


def test_a_generator_may_end_its_watcher_in_the_middle_of_another() -> None:
    def steps() -> Any:
        with no_grad():
            yield Value(1.0) * 2
        yield Value(1.0) * 2

    running = steps()
    assert next(running).op == "constant"
    with Diary() as diary:
        assert next(running).op == "mul"
        assert len(diary.pages) == 1
        assert (Value(1.0) * 2).op == "mul"
        assert len(diary.pages) == 2
    assert watchers() == ()
    assert watching == []


def test_a_generator_that_is_dropped_ends_its_watcher() -> None:
    def endless() -> Any:
        with no_grad():
            while True:
                yield

    running = endless()
    next(running)
    running.close()
    running.close()
    assert (Value(1.0) * 2).op == "mul"
    assert watching == []
