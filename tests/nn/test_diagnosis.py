import math
import random

import pytest

import nn
from autograd import Value, custom_gradient, dot, exp, mean, square
from nn import MLP, SGD, Adam, Module, diagnose, fit
from nn.diagnosis import Diagnosis

RNG = random.Random(0)
XS = [[RNG.gauss(0, 1) for _ in range(4)] for _ in range(40)]
YS = [int(x[0] + x[1] * x[2] > 0) for x in XS]


def examined(model, lr=None, kind=Adam, xs=XS, loss=nn.cross_entropy, ys=YS):
    optimizer = None if lr is None else kind(model.parameters(), lr=lr)
    return diagnose(model, xs, ys, loss=loss, optimizer=optimizer)


def illnesses(diagnosis):
    return [finding.illness for finding in diagnosis.findings]


class Words(Module):
    """A letter for each number; the samples do not have every letter."""

    def __init__(self):
        self.letters = nn.Embedding(50, 4, seed=0)
        self.places = nn.Embedding(9, 4, seed=1)
        self.scores = nn.Linear(16, 2, seed=2)

    def __call__(self, x):
        numbers = [min(9, int(abs(3 * v))) for v in x]
        rows = [nn.added(self.letters(n), self.places(i)) for i, n in enumerate(numbers)]
        return self.scores([v for row in rows for v in row])


HEALTHY = {
    "embeddings": Words,
    "he": lambda: MLP(4, [16, 16, 2], initializer="he", seed=0),
    "micrograd's": lambda: MLP(4, [16, 16, 2], seed=0),
    "tanh": lambda: MLP(4, [16, 16, 2], activation="tanh", initializer="xavier", seed=0),
    "sigmoid": lambda: MLP(4, [16, 2], activation="sigmoid", initializer="xavier", seed=0),
    "linear": lambda: nn.Sequential(nn.Linear(4, 8, seed=0), nn.Each("gelu"), nn.Dropout(seed=0),
                                    nn.LayerNorm(8), nn.Linear(8, 2, seed=0)),
    "gru": lambda: nn.Sequential(lambda x: [[v] for v in x], GRU(), nn.Linear(3, 2, seed=0)),
}  # fmt: skip


class GRU(Module):
    def __init__(self):
        self.cell = nn.GRUCell(1, 3, seed=0)

    def __call__(self, sequence):
        return nn.run(self.cell, sequence)[-1]


@pytest.mark.unmeasured
@pytest.mark.parametrize("epochs", [0, 12])
@pytest.mark.parametrize("name", HEALTHY)
def test_silent_on_healthy_networks(name, epochs):
    model = HEALTHY[name]()
    optimizer = Adam(model.parameters(), lr=0.01)
    fit(model, XS, YS, loss=nn.cross_entropy, optimizer=optimizer, epochs=epochs, batch_size=8,
        seed=0, progress=False)  # fmt: skip
    found = diagnose(model, XS, YS, loss=nn.cross_entropy, optimizer=optimizer)
    assert found.findings == []
    assert "healthy" in str(found)


def test_figures_of_a_layer_by_hand():
    model = MLP(1, [2, 1])
    model.load_state_dict({
        "layers.0.neurons.0.w": [1.0], "layers.0.neurons.0.b": 0.0,
        "layers.0.neurons.1.w": [-1.0], "layers.0.neurons.1.b": 0.0,
        "layers.1.neurons.0.w": [3.0, 4.0], "layers.1.neurons.0.b": 0.0,
    })  # fmt: skip
    found = diagnose(model, [[1.0], [2.0]], [0.0, 0.0], loss=nn.mean_squared_error,
                     optimizer=SGD(model.parameters(), lr=0.1))  # fmt: skip
    first, last = found.layers
    assert (first.name, first.activation, last.activation) == ("layers.0", "relu", "")
    assert first.output == pytest.approx(math.sqrt((1 + 4 + 0 + 0) / 4))
    assert last.output == pytest.approx(math.sqrt((9 + 36) / 2))
    assert first.dead == 0.5
    assert first.weight == pytest.approx(math.sqrt(0.5))
    assert last.output_gradient == pytest.approx(math.sqrt((3**2 + 6**2) / 2))
    assert last.gradient == pytest.approx(math.sqrt((15**2 + 0 + 9**2) / 3))
    assert last.update == pytest.approx(0.1 * last.gradient / last.weight)


def test_nothing_is_changed():
    model = nn.Sequential(nn.Linear(4, 2, seed=0), nn.Dropout(0.5, seed=1))
    for parameter in model.parameters():
        parameter.grad = 7.0
    optimizer = Adam(model.parameters(), lr=0.1)
    before = (model.state_dict(), optimizer.state_dict(), model.parts[1].rng.getstate())
    diagnose(model, XS, YS, loss=nn.cross_entropy, optimizer=optimizer)
    assert (model.state_dict(), optimizer.state_dict(), model.parts[1].rng.getstate()) == before
    assert {parameter.grad for parameter in model.parameters()} == {7.0}
    assert model.parts[1].training


def unsloped(outputs, targets):
    return custom_gradient(lambda x: x, lambda x: [1 / 0])(outputs[0][0])


@pytest.mark.parametrize(
    ("loss", "kind", "message"),
    [
        (lambda outputs, targets: 1.0, TypeError, r"one Value .*, but this one returned 1\.0"),
        (unsloped, ZeroDivisionError, "division"),
    ],
)
def test_gradients_are_left_as_they_were_where_the_loss_fails(loss, kind, message):
    model = MLP(4, [3, 2], seed=0)
    for parameter in model.parameters():
        parameter.grad = 7.0
    with pytest.raises(kind, match=message):
        diagnose(model, XS, YS, loss=loss)
    assert {parameter.grad for parameter in model.parameters()} == {7.0}


def test_samples_may_be_generators_and_arrays():
    numpy = pytest.importorskip("numpy")
    model = MLP(4, [16, 2], initializer="he", seed=0)
    expected = examined(model, lr=0.01)
    for xs, ys in ((iter(XS), iter(YS)), (numpy.array(XS), numpy.array(YS))):
        assert examined(model, lr=0.01, xs=xs, ys=ys) == expected


def test_arguments_of_another_kind_are_refused():
    model = MLP(4, [2], seed=0)
    with pytest.raises(TypeError, match=r"the optimizer is one made with .*, not 3"):
        diagnose(model, XS, YS, loss=nn.cross_entropy, optimizer=3)
    with pytest.raises(TypeError, match="the model is a Module"):
        diagnose(3, XS, YS, loss=nn.cross_entropy)
    with pytest.raises(ValueError, match="40 inputs and 1 targets"):
        diagnose(model, XS, YS[:1], loss=nn.cross_entropy)


def likelihood(outputs, targets):
    """The negative log density of a Gaussian and its width: below 0 where it is narrow."""
    pairs = zip(outputs, targets, strict=True)
    return mean([o[1] + 0.5 * square((t - o[0]) * exp(-o[1])) for o, t in pairs])


def test_a_loss_below_zero_and_one_to_be_climbed_are_healthy():
    ys = [0.01 * math.tanh(x[0] + x[1] * x[2]) for x in XS]
    model = MLP(4, [8, 2], activation="tanh", initializer="xavier", seed=0)
    optimizer = Adam(model.parameters(), lr=0.02)
    fit(model, XS, ys, loss=likelihood, optimizer=optimizer, epochs=60, seed=0, progress=False,
        batch_size=8)  # fmt: skip
    assert likelihood(nn.predict(model, XS), ys) < -1.0
    assert diagnose(model, XS, ys, loss=likelihood, optimizer=optimizer).findings == []

    climbing = MLP(4, [8, 1], activation="tanh", initializer="xavier", seed=0)
    found = {
        lr: illnesses(
            diagnose(
                climbing, XS, [100.0 * y for y in ys],
                loss=lambda outputs, targets: -nn.mean_squared_error(outputs, targets),
                optimizer=SGD(climbing.parameters(), lr=lr, maximize=True),
            )
        )
        for lr in (0.05, 50.0)
    }  # fmt: skip
    assert found == {0.05: [], 50.0: ["learning rate too high"]}


def test_vanishing():
    model = MLP(4, [16] * 6 + [2], activation="sigmoid", initializer="xavier", seed=0)
    (finding,) = examined(model).findings
    assert finding.illness == "vanishing"
    assert finding.layers[0] == "layers.0"
    assert "Try ReLU" in str(finding)
    cured = MLP(4, [16] * 6 + [2], initializer="he", seed=0)
    assert examined(cured).findings == []


def test_exploding():
    model = MLP(4, [16] * 4 + [1], seed=0)
    found = examined(model, xs=[[100.0 * v for v in x] for x in XS], loss=nn.mean_squared_error)
    assert "exploding" in illnesses(found)
    assert "clip_by_norm" in str(found)


def test_nan_is_exploding():
    model = MLP(4, [2], seed=0)
    model.layers[0].neurons[0].w[0].data = math.inf
    assert "exploding" in illnesses(examined(model))


def test_dead():
    model = MLP(4, [8, 2], initializer="he", seed=0)
    for neuron in model.layers[0].neurons[:6]:
        neuron.b.data = -100.0
    (finding,) = examined(model).findings
    assert (finding.illness, finding.layers) == ("dead", ("layers.0",))
    assert "75% of the ReLUs" in finding.text
    for neuron in model.layers[0].neurons:
        neuron.b.data = -100.0
    assert illnesses(examined(model)) == ["dead"]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_saturated(activation):
    model = MLP(4, [8, 2], activation=activation, initializer="xavier", seed=0)
    found = examined(model, xs=[[100.0 * v for v in x] for x in XS])
    assert illnesses(found)[0] == "saturated"
    assert f"where {activation} is flat" in str(found)


def test_learning_rate_too_high():
    model = MLP(4, [16, 2], initializer="he", seed=0)
    assert illnesses(examined(model, 30.0, SGD)) == ["learning rate too high"]
    assert illnesses(examined(model, 1e300, SGD)) == ["learning rate too high"]


def test_learning_rate_too_low():
    model = MLP(4, [16, 2], initializer="he", seed=0)
    (finding,) = examined(model, 1e-8).findings
    assert finding.illness == "learning rate too low"
    assert "about a thousandth is usual" in finding.text


def test_not_reached():
    class Lost(Module):
        def __init__(self):
            self.used = nn.Linear(4, 2, seed=0)
            self.cut = nn.Linear(2, 2, seed=1)
            self.unused = [Value(1.0)]

        def __call__(self, x):
            return self.used([*(v.data for v in self.cut(x[:2])), *x[2:]])

    (finding,) = examined(Lost()).findings
    assert (finding.illness, finding.layers) == ("not reached", ("cut", "Lost"))
    assert "cut.weight[0][0], cut.weight[0][1]" in finding.text
    assert "and 3 more" in finding.text


def test_nothing_reached():
    class Detached(Module):
        def __init__(self):
            self.w = Value(1.0)

        def __call__(self, x):
            return Value(x[0]) * 1.0

    found = diagnose(Detached(), [[1.0]], [0.0], loss=nn.mean_squared_error)
    assert illnesses(found) == ["not reached"]


def test_a_module_written_with_sums_of_products():
    class Plain(Module):
        def __init__(self):
            self.w = [[Value(0.3), Value(-0.2)], [Value(0.5), Value(0.1)]]

        def __call__(self, x):
            hidden = [sum(w * v for w, v in zip(row, x, strict=False)).tanh() for row in self.w]
            return dot(hidden, [1.0, 1.0])

    (layer,) = diagnose(Plain(), XS, YS, loss=nn.mean_squared_error).layers
    assert (layer.name, layer.activation) == ("Plain", "tanh")


def test_the_table_has_a_row_for_each_layer():
    found = examined(MLP(4, [3, 2], seed=0), 0.01)
    assert isinstance(found, Diagnosis)
    lines = str(found).splitlines()
    assert [line.split()[0] for line in lines] == ["layer", "layers.0", "layers.1", "healthy"]


def test_an_embedding_gives_its_parameters():
    model = nn.Sequential(nn.Embedding(3, 1, initializer="zeros", seed=0), nn.Flatten())
    model.parts[0].weight[1][0].data = 3.0
    found = diagnose(model, [1], [[0.0]], loss=nn.mean_squared_error)
    (layer,) = found.layers
    assert (layer.output, layer.output_gradient, layer.unreached) == (3.0, 6.0, [])
    assert found.findings == []


def test_an_embedding_that_nothing_reaches():
    class Cut(Words):
        def __call__(self, x):
            return self.scores([0.5] * 16)

    assert "letters.weight[0][0]" in str(examined(Cut()))


def test_what_the_loss_does_is_no_layer():
    model = MLP(2, [1], seed=0)
    model.layers[0].neurons[0].b.data = 100.0  # beyond the margin: hinge gives 0 for each
    found = diagnose(model, [[1.0, 2.0], [0.0, 1.0]], [1, 1], loss=nn.hinge)
    assert (found.findings, found.layers[0].dead) == ([], 0.0)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_outputs_may_be_far_out_on_the_right_side(activation):
    model = nn.Sequential(nn.Linear(1, 1), nn.Each(activation))
    model.parts[0].weight[0][0].data = 8.0
    low = -1.0 if activation == "tanh" else 0.0
    found = [
        examined(model, xs=[[-1.0], [1.0]], ys=[[y] for y in ys], loss=nn.mean_squared_error)
        for ys in ([low, 1.0], [1.0, low])
    ]
    assert [illnesses(each) for each in found] == [[], ["saturated"]]


def test_a_step_as_large_as_the_weights_is_too_large_whatever_the_loss():
    model = MLP(4, [16, 2], activation="tanh", initializer="xavier", seed=0)
    assert illnesses(examined(model, 100.0)) == ["learning rate too high"]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("depth", [5, 6, 8])
def test_five_sigmoid_layers_lose_the_gradient(depth, seed):
    model = MLP(4, [12] * depth + [2], activation="sigmoid", initializer="xavier", seed=seed)
    assert illnesses(examined(model, 0.01)) == ["vanishing"]
