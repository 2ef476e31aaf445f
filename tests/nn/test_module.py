import json
import math

import pytest

from autograd import Value
from nn import MLP, Module, Neuron


class Tangle(Module):
    """Parameters everywhere: shared, nested, in dicts, beside results and constants."""

    def __init__(self):
        self.first = Neuron(2, seed=0)
        self.again = self.first
        self.table = {"a": [Value(1.0), Value(2.0)], "b": {"c": Value(3.0)}}
        self.mixed = (Value(4.0), None, 5.0)
        self.parts = {"left": Neuron(1, seed=1), "rest": [Neuron(1, seed=2)]}
        self.kept = self.first([1.0, 2.0])
        self.constant = Value(9.0).detach()
        self.name = "tangle"
        self.me = self


def test_names_in_the_order_of_assignment():
    assert [name for name, _ in Tangle().named_parameters()] == [
        *("first.w[0]", "first.w[1]", "first.b", "table[a][0]", "table[a][1]", "table[b][c]"),
        *("mixed[0]", "parts.left.w[0]", "parts.left.b", "parts.rest.0.w[0]", "parts.rest.0.b"),
    ]


def test_parameters_are_those_with_names_each_once():
    model = Tangle()
    assert model.parameters() == [parameter for _, parameter in model.named_parameters()]
    assert len(set(model.parameters())) == 11


def test_named_modules():
    names = [name for name, _ in Tangle().named_modules()]
    assert names == ["", "first", "parts.left", "parts.rest.0"]


def test_state_has_the_shape_of_the_attributes():
    state = Tangle().state_dict()
    assert state["table"] == {"a": [1.0, 2.0], "b": {"c": 3.0}}
    assert state["mixed"] == [4.0, None, None]
    assert set(state) == {"first.w", "first.b", "table", "mixed", "parts.left.w", "parts.left.b",
                          "parts.rest.0.w", "parts.rest.0.b"}  # fmt: skip


def test_state_goes_round():
    one, two = MLP(2, [3, 1], seed=1), MLP(2, [3, 1], seed=2)
    assert one.state_dict() != two.state_dict()
    assert two.load_state_dict(one.state_dict()) is two
    assert one.state_dict() == two.state_dict()
    assert Tangle().load_state_dict(Tangle().state_dict()).state_dict() == Tangle().state_dict()


def test_zero_grad():
    model = Neuron(2, seed=0)
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert [p.grad for p in model.parameters()] == [0.0, 0.0, 0.0]


def test_zero_grad_finds_what_was_added_and_replaced():
    model = MLP(2, [2, 1], seed=0)
    old = model.layers[1]
    model.layers = [model.layers[0], Neuron(2, seed=1)]
    model.extra = {"scale": [Value(1.0), (Value(2.0), Value(3.0).detach())]}
    everything = [*model.parameters(), *old.parameters()]
    assert [p for _, p in model.named_parameters()] == model.parameters()
    for parameter in everything:
        parameter.grad = 1.0
    model.zero_grad()
    assert {p.grad for p in model.parameters()} == {0.0}
    assert {p.grad for p in old.parameters()} == {1.0}
    assert len(model.parameters()) == 6 + 3 + 2


def test_train_and_eval_reach_every_part():
    model = MLP(2, [2, 1], seed=0)
    assert model.training
    assert model.eval() is model
    assert {module.training for _, module in model.named_modules()} == {False}
    model.train()
    assert {module.training for _, module in model.named_modules()} == {True}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("b"), "'b' is missing"),
        (lambda s: s.update(c=1.0), "'c' is not in this model"),
        (lambda s: s.update(w=[1.0]), r"'w' has the shape \[1\], the model's has \[2\]"),
        (lambda s: s.update(w=[[1.0, 2.0]]), r"\[1\]\[2\], the model's has \[2\]"),
        (lambda s: s.update(w=1.0), "'w' has the shape number"),
        (lambda s: s.update(b=[1.0]), r"'b' has the shape \[1\], the model's has number"),
        (lambda s: s.update(b=10**400), "an int that is too large"),
        (lambda s: s.update(b="1"), "'b' has the shape str"),
        (lambda s: s.update(b=True), "'b' has the shape bool"),
        (lambda s: s.update(b=None), "'b' has the shape None"),
        (lambda s: s.update(w=[1.0, [2.0]]), r"\[number, \[1\]\]"),
        (lambda s: s.update(w={"0": 1.0}), r"\{0: number\}"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change, message):
    model = Neuron(2, seed=0)
    state, before = Neuron(2, seed=1).state_dict(), model.state_dict()
    change(state)
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(state)
    assert model.state_dict() == before


def test_all_faults_are_told_at_once():
    with pytest.raises(ValueError, match=r"(?s)'b' is missing.*'c' is not in.*'w' has the shape"):
        Neuron(2).load_state_dict({"w": [], "c": 1.0})


def test_a_state_must_be_a_dict():
    with pytest.raises(ValueError, match="not list"):
        Neuron(1).load_state_dict([1.0])


def test_saving_keeps_every_bit(tmp_path):
    numbers = [0.1 + 0.2, 5e-324, -0.0, math.inf, -math.inf, math.nan, 1.7976931348623157e308]
    model, copy = Neuron(len(numbers)), Neuron(len(numbers))
    for w, number in zip(model.w, numbers, strict=True):
        w.data = number
    model.save(tmp_path / "model.json", made="today")
    assert copy.load(tmp_path / "model.json") is copy
    assert [w.data.hex() for w in copy.w] == [number.hex() for number in numbers]
    assert json.loads((tmp_path / "model.json").read_text())["made"] == "today"


@pytest.mark.parametrize("name", ["format", "model", "state"])
def test_notes_do_not_take_the_names_of_the_file(tmp_path, name):
    with pytest.raises(ValueError, match=f"the file has a '{name}' of its own"):
        Neuron(1).save(tmp_path / "m.json", **{name: "csv", "made": "today"})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("first", [1.0, Value(1.0), Neuron(1, seed=0)])
@pytest.mark.parametrize(
    "use",
    [Module.parameters, Module.named_parameters, Module.named_modules, Module.zero_grad,
     Module.state_dict, Module.eval, lambda model: model.load_state_dict({})],
)  # fmt: skip
def test_a_list_that_contains_itself_is_told(first, use):
    model, circle = Module(), [first]
    circle.append({"again": circle})
    model.circle = circle
    with pytest.raises(ValueError, match=r"list, tuple or dict in Module, .* contains itself"):
        use(model)


def test_loading_leaves_the_leaves_themselves(tmp_path):
    model = Neuron(1, seed=0)
    w = model.w[0]
    model.save(tmp_path / "m.json")
    w.data = 7.0
    model.load(tmp_path / "m.json")
    assert model.w[0] is w
    assert w.data != 7.0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "broken"),
        (b"{", "broken"),
        (b"\xff\xfe", "broken"),
        (b"[]", "not a file of"),
        (b"[" * 100_000, "broken"),
        (b'{"format": "other"}', "not a file of"),
        (b'{"format": "scalar-autograd parameters, version 1"}', "'w' is missing"),
        (b'{"format": "scalar-autograd parameters, version 1", "state": 3}', "a dict"),
    ],
)
def test_a_broken_file_changes_nothing(tmp_path, content, message):
    path = tmp_path / "model.json"
    path.write_bytes(content)
    model = Neuron(1, seed=0)
    before = model.state_dict()
    with pytest.raises(ValueError, match=message) as caught:
        model.load(path)
    assert "model.json" in str(caught.value)
    assert model.state_dict() == before


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Neuron(1).load(tmp_path / "none.json")


def test_a_module_must_define_its_call():
    with pytest.raises(NotImplementedError, match="Module must define __call__"):
        Module()(1.0)


class Keyed(Module):
    def __init__(self, one, other):
        self.kept = {1: one, "1": other}


@pytest.mark.parametrize(
    ("part", "told"),
    [(Value, "1 and '1', are both written as '1'"), (lambda x: Neuron(1), "written as 'kept.1.w'")],
)
def test_keys_that_are_written_alike_are_refused(part, told):
    model = Keyed(part(1.0), part(2.0))
    assert len(model.parameters()) > 1
    with pytest.raises(ValueError, match=told):
        model.state_dict()
    with pytest.raises(ValueError, match=told):
        model.load_state_dict({"kept": {"1": 3.0}})
