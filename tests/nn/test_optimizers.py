import math

import pytest

import nn
from autograd import Value, sin
from nn import SGD, Adam, Optimizer


def step_down(optimizer, x):
    """Do a step down the valley that make_reference.py has."""
    loss = (x[0] - x[1] ** 2) ** 2 + 3 * sin(x[2]) * x[0] + sum(v * v for v in x)
    optimizer.zero_grad()
    (0.1 * loss).backward()
    optimizer.step()
    return [v.data for v in x]


def test_every_path_is_pytorchs(reference):
    kinds = set()
    for case in reference["optimizers"]:
        x = [Value(number) for number in case["start"]]
        options = dict(case["options"])
        optimizer = getattr(nn, case["kind"])(x, **options)
        for expected in case["path"]:
            assert step_down(optimizer, x) == pytest.approx(expected, rel=1e-12), case["options"]
        kinds.add(case["kind"])
    assert kinds == {kind.__name__ for kind in all_kinds()}


def all_kinds():
    return [getattr(nn, name) for name in nn.__all__
            if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), Optimizer)
            and name != "Optimizer"]  # fmt: skip


def test_the_formula_takes_values_as_it_takes_floats(reference):
    for case in reference["optimizers"]:
        optimizer = getattr(nn, case["kind"])([Value(1.0)], **case["options"])
        numbers = [0.5, -0.3, *[9.0, 0.5, 0.3][: len(optimizer.state)]]
        for step in (1, 2):
            expected = optimizer.update(*numbers, step=step, lr=0.1)
            found = optimizer.update(*map(Value, numbers), step=Value(step), lr=Value(0.1))
            assert [v.data for v in found] == list(expected)
            assert len(found) == 1 + len(optimizer.state)


def test_a_training_goes_on_from_its_state():
    for kind in all_kinds():
        options = {"momentum": 0.9} if kind is SGD else {}
        x, y = ([Value(n) for n in (1.0, -2.0, 0.5)] for _ in range(2))
        one, two = kind(x, lr=0.01, **options), kind(y, lr=0.5, **options)
        for _ in range(3):
            step_down(one, x)
        for a, b in zip(x, y, strict=True):
            b.data = a.data
        two.load_state_dict(one.state_dict())
        assert step_down(one, x) == step_down(two, y)
        assert one.state_dict() == two.state_dict()


def test_a_state_of_another_optimizer_changes_nothing():
    x = [Value(1.0)]
    adam = Adam(x)
    before = adam.state_dict()
    for other in (SGD(x), Adam([Value(1.0), Value(2.0)]), Adam(x, amsgrad=True)):
        with pytest.raises(ValueError, match="the state is of"):
            adam.load_state_dict(other.state_dict())
    assert adam.state_dict() == before


def test_a_parameter_given_twice_moves_once():
    x = Value(1.0)
    optimizer = SGD([x, x], lr=0.5)
    x.grad = 1.0
    optimizer.step()
    assert x.data == 0.5
    assert "1 parameters" in repr(optimizer)


def test_an_interrupted_step_moves_nothing():
    class Breaking(SGD):
        def update(self, parameter, gradient, *state, step, lr):
            if parameter == 2.0:
                raise KeyboardInterrupt
            return super().update(parameter, gradient, *state, step=step, lr=lr)

    x = [Value(1.0), Value(2.0)]
    optimizer = Breaking(x, lr=1.0, momentum=0.9)
    for v in x:
        v.grad = 1.0
    with pytest.raises(KeyboardInterrupt):
        optimizer.step()
    assert [v.data for v in x] == [1.0, 2.0]
    assert (optimizer.steps, optimizer.state) == (0, {"momentum_buffer": [0.0, 0.0]})


@pytest.mark.parametrize("make", [SGD, Adam])
def test_as_many_gradients_as_parameters(make):
    optimizer = make([Value(1.0), Value(2.0)])
    with pytest.raises(ValueError, match="1 gradients for 2 parameters"):
        optimizer.proposal([0.5])


def test_maximize_climbs():
    x = Value(1.0)
    optimizer = SGD([x], lr=0.1, maximize=True)
    (3.0 * x).backward()
    optimizer.step()
    assert x.data == 1.3


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: SGD([]), "at least one parameter"),
        (lambda x: SGD(x, lr=-1.0), "lr must be at least 0, not -1.0"),
        (lambda x: SGD(x, lr=math.nan), "lr must be at least 0"),
        (lambda x: SGD(x, momentum=-0.1), "momentum must be"),
        (lambda x: SGD(x, nesterov=True), "Nesterov"),
        (lambda x: SGD(x, nesterov=True, momentum=0.9, dampening=0.1), "no dampening"),
        (lambda x: Adam(x, betas=(0.9, 1.0)), r"beta2 must be in \[0, 1\), not 1.0"),
        (lambda x: nn.RMSprop(x, eps=-1.0), "eps must be"),
        (lambda x: SGD(x, lr=10**400), "lr is too large for a float"),
        (lambda x: SGD(x, momentum=0.9, dampening=math.nan), "dampening must be at least 0"),
        (lambda x: nn.Adagrad(x, initial_accumulator_value=-1.0), "initial_accumulator_value"),
    ],
)
def test_options_out_of_range(make, message):
    with pytest.raises(ValueError, match=message):
        make([Value(1.0)])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda x: SGD([1.0]), "must be a Value, not 1"),
        (SGD, r"a list of Values: write \[x\]"),
        (lambda x: SGD(nn.Neuron(1)), r"the parameters are model\.parameters\(\), not ReLUNeuron"),
        (lambda x: SGD(3), "the parameters are a list of Values, not 3"),
        (lambda x: SGD([x], lr="a"), "lr must be a number, not 'a'"),
        (lambda x: SGD([x], lr=True), "lr must be a number, not True"),
        (lambda x: SGD([x], dampening="a"), "dampening must be a number, not 'a'"),
        (lambda x: SGD([x], momentum=None), "momentum must be a number, not None"),
        (lambda x: Adam([x], betas=0.9), r"betas must be two numbers, as \(.*\), not 0\.9"),
        (lambda x: Adam([x], betas=(0.9,)), "betas must be two numbers"),
    ],
)
def test_arguments_of_another_type(make, message):
    with pytest.raises(TypeError, match=message):
        make(Value(1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Value(2.0, label="six") * 3.0, "is the result of 'mul': to move it has no"),
        (lambda: Value(2.0).detach(), "is a constant"),
    ],
)
def test_parameters_are_leaves(make, message):
    with pytest.raises(ValueError, match=message):
        SGD([Value(1.0), make()])


@pytest.mark.parametrize("kind", all_kinds())
def test_gradients_with_a_graph_move_by_their_numbers(kind):
    one, two = Value(1.5), Value(1.5)
    for x, live in ((one, False), (two, True)):
        optimizer = kind([x], lr=0.1)
        for _ in range(2):
            optimizer.zero_grad()
            (x * x).backward(create_graph=live)
            optimizer.step()
        assert type(x.data) is float
        assert {type(n) for numbers in optimizer.state.values() for n in numbers} <= {float}
    assert one.data == two.data


def test_an_option_that_is_a_value_moves_to_numbers():
    one, two = Value(1.5), Value(1.5)
    for x, kind in ((one, float), (two, Value)):
        optimizer = SGD([x], lr=0.1, momentum=0.9, weight_decay=kind(0.25))
        x.grad = 0.5
        optimizer.step()
        assert type(x.data) is type(optimizer.state["momentum_buffer"][0]) is float
    assert one.data == two.data


def test_a_parameter_without_a_gradient_is_named_and_nothing_moves():
    x, y = Value(1.0), Value(2.0, label="bias")
    x.grad, y.grad = 1.0, None
    optimizer = SGD([x, y], lr=0.1, momentum=0.9)
    with pytest.raises(ValueError, match=r"parameters\[1\], .*'bias'.* backward\(\) before step"):
        optimizer.step()
    assert (x.data, y.data, optimizer.steps) == (1.0, 2.0, 0)
    y.grad = 1
    optimizer.step()
    assert (x.data, y.data) == (0.9, 1.9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("lr"), "the state's lr must be made of numbers, but has None"),
        (lambda c: c.update(lr="a"), "the state's lr"),
        (lambda c: c.update(lr=True), "the state's lr"),
        (lambda c: c.pop("steps"), "steps must be a whole number from 0, not None"),
        (lambda c: c.update(steps=-1), "steps must be a whole number from 0, not -1"),
        (lambda c: c.update(steps=True), "steps must be"),
        (lambda c: c.update(steps=2.5), "steps must be"),
        (lambda c: c["state"].update(exp_avg=["a"]), "the state's exp_avg .* but has 'a'"),
        (lambda c: c["state"].update(exp_avg=[10**400]), "the state's exp_avg"),
        (lambda c: c["state"].update(exp_avg=3), "the state is of Adam with {'exp_avg': '3'"),
        (lambda c: c.update(state=None), "a dict as state_dict"),
        (lambda c: c.update(state=[]), "a dict as state_dict"),
    ],
)
def test_a_broken_state_changes_nothing(change, message):
    x = Value(1.0)
    adam, broken = Adam([x]), Adam([Value(1.0)], lr=0.5)
    step_down(broken, [broken.parameters[0]] * 3)
    before, content = adam.state_dict(), broken.state_dict()
    change(content)
    with pytest.raises(ValueError, match=message):
        adam.load_state_dict(content)
    assert (adam.state_dict(), x.data) == (before, 1.0)


def test_a_state_is_taken_by_its_names():
    one, two = Adam([Value(1.0)]), Adam([Value(1.0)])
    step_down(one, one.parameters * 3)
    content = one.state_dict()
    content["state"] = dict(reversed(content["state"].items()))
    two.load_state_dict(content)
    assert list(two.state.items()) == list(one.state.items())
    with pytest.raises(ValueError, match="a dict as state_dict"):
        two.load_state_dict(None)


def test_a_formula_is_needed():
    with pytest.raises(NotImplementedError, match="must define update"):
        Optimizer([Value(1.0)], 0.1).step()


@pytest.mark.parametrize("kind", [Adam, nn.AdamW, nn.RMSprop, nn.Adagrad])
def test_without_eps_a_gradient_of_zero_is_nan_as_in_pytorch(kind):
    x, y = Value(1.0), Value(1.0)
    optimizer = kind([x, y], eps=0.0)
    x.grad = 0.5
    optimizer.step()
    assert math.isfinite(x.data)
    assert math.isnan(y.data)


@pytest.mark.parametrize("compiled", [False, "python"])
@pytest.mark.parametrize("kind", [Adam, nn.RMSprop, nn.Adagrad])
def test_a_training_without_eps_is_told(kind, compiled):
    model = nn.Sequential(nn.Linear(2, 1, seed=0))
    before = model.state_dict()
    with pytest.raises(nn.TrainingError, match="epoch 1: a parameter became nan or infinite"):
        nn.fit(model, [[1.0, 0.0], [2.0, 0.0]], [1.0, 2.0], loss=nn.mean_squared_error, epochs=2,
               optimizer=kind(model.parameters(), eps=0.0), compiled=compiled, seed=0,
               progress=False)  # fmt: skip
    assert model.state_dict() == before
