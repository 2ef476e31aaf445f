import math
import random

import pytest

from autograd import Value, check_gradients, size, tanh
from nn import MLP, Layer, Linear, Module, Neuron


def micrograds_weights(nin, nouts):
    """Draw as micrograd does: neuron by neuron, layer by layer."""
    sizes = [nin, *nouts]
    return [[random.uniform(-1, 1) for _ in range(a)] + [0.0]
            for a, b in zip(sizes, nouts, strict=False) for _ in range(b)]  # fmt: skip


def test_weights_are_those_of_micrograd():
    random.seed(1337)
    expected = [w for neuron in micrograds_weights(2, [16, 16, 1]) for w in neuron]
    random.seed(1337)
    assert [p.data for p in MLP(2, [16, 16, 1]).parameters()] == expected


def test_outputs_are_those_of_micrograd():
    random.seed(5)
    weights = micrograds_weights(3, [4, 2])
    random.seed(5)
    x = [0.3, -1.2, 2.0]
    outputs = [v.data for v in MLP(3, [4, 2])(x)]
    for rows, last in ((weights[:4], False), (weights[4:], True)):
        x = [sum((w * v for w, v in zip(row, x, strict=False)), row[-1]) for row in rows]
        x = x if last else [max(v, 0.0) for v in x]
    assert outputs == x


def test_a_step_as_micrograds_demo_writes_it():
    random.seed(0)
    model = MLP(2, [4, 1])
    inputs = [list(map(Value, row)) for row in [[1.0, 0.5], [-1.0, 2.0]]]
    losses = []
    for _ in range(100):
        scores = list(map(model, inputs))
        hinge = [(1 + -y * score).relu() for y, score in zip([1, -1], scores, strict=True)]
        total = sum(hinge) * (1.0 / len(hinge)) + 1e-4 * sum(p * p for p in model.parameters())
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= 0.1 * p.grad
        losses.append(total.data)
    assert losses[-1] < 0.1 < losses[0]


def test_a_seed_leaves_the_global_generator_alone():
    random.seed(1)
    before = random.getstate()
    one, two = MLP(2, [3, 1], seed=4), MLP(2, [3, 1], rng=random.Random(4))
    assert random.getstate() == before
    assert one.state_dict() == two.state_dict()


def test_one_output_is_a_value_several_are_a_list():
    assert isinstance(MLP(2, [3, 1], seed=0)([1, 2.0]), Value)
    outputs = MLP(2, [3, 2], seed=0)([1, Value(2.0)])
    assert [type(v) for v in outputs] == [Value, Value]
    assert isinstance(Layer(2, 1, seed=0)([1.0, 2.0]), Value)
    assert len(Layer(2, 2, seed=0)([1.0, 2.0])) == 2


def test_a_narrow_layer_in_the_middle():
    assert len(MLP(1, [1, 3], seed=0)(2.0)) == 3
    assert len(MLP(2, [1, 3], seed=0)([2.0, 1.0])) == 3


def test_inputs_may_be_any_iterable():
    model = MLP(2, [3, 1], seed=0)
    assert model(iter([1, 2])).data == model((1, 2)).data == model([1.0, 2.0]).data


def test_a_neuron_is_one_node_and_its_activation():
    assert size(Neuron(5, seed=0)([1.0] * 5)) == 5 + 1 + 2
    assert Neuron(5, nonlin=False, seed=0)([1.0] * 5).op == "dot"


def test_hidden_layers_have_the_activation_the_last_is_linear():
    model = MLP(1, [2, 2], activation=tanh, seed=0)
    assert [v.op for v in model.layers[0]([0.3])] == ["tanh", "tanh"]
    assert [v.op for v in model([0.3])] == ["dot", "dot"]


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "gelu", "silu", "elu", "linear"])
def test_gradients_with_each_activation(activation):
    model = MLP(2, [3, 1], activation=activation, initializer="xavier", seed=3)
    w = model.layers[0].neurons[1].w

    def output(a, b, x):
        w[0], w[1] = a, b
        return model([x, 0.7])

    check_gradients(output, (0.4, -0.3, 1.1), order=1)


def test_initializers_see_the_size_of_the_layer():
    seen = []
    MLP(2, [3, 1], initializer=lambda rng, nin, nout: seen.append((nin, nout)) or 0.0)
    assert seen == [(2, 3)] * 6 + [(3, 1)] * 3


def test_what_print_shows():
    assert repr(MLP(2, [3, 1], seed=0)) == (
        "MLP of [Layer of 3 ReLUNeuron(2), Layer of 1 LinearNeuron(3)]"
    )
    assert repr(Neuron(2, activation="tanh")) == "TanhNeuron(2)"
    assert repr(Neuron(2, activation=math.cos)) == "CosNeuron(2)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(2, []), "at least one layer"),
        (lambda: MLP(0, [1]), "nin must be a whole number from 1, not 0"),
        (lambda: MLP(2, [3, -1]), "nout must be"),
        (lambda: Neuron(True), "nin must be"),
        (lambda: Neuron(2, activation="rellu"), "no activation 'rellu': try 'relu'"),
        (lambda: Neuron(2, activation="dot"), "no activation 'dot'"),
        (lambda: MLP(2, [1], activation="rellu"), "no activation 'rellu'"),
        (lambda: MLP(2, [3, 1], seed=0)([1.0]), "takes 2 inputs, not 1"),
        (lambda: Neuron(2, seed=0)([1.0]), r"ReLUNeuron\(2\) takes 2 inputs, not 1"),
        (lambda: Layer(2, 3, seed=0)([1.0, 2.0, 3.0]), "takes 2 inputs, not 3"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(2, 3), r"nouts is a list of sizes: write MLP\(2, \[3\]\)"),
        (lambda: MLP(2, [2, 1], activation=None), "an activation is a function .*, not None"),
        (lambda: Neuron(2, activation=3), "an activation is a function .*, not 3"),
        (lambda: MLP(2, [2, 1])({0: 1.0, 1: 2.0}), "the inputs are a list of .*, not {0: 1.0"),
        (lambda: Neuron(2)({0: 1.0, 1: 2.0}), "the inputs are a list of"),
        (lambda: Linear(2, 1)({0: 1.0, 1: 2.0}), "the inputs are a list of"),
        (lambda: Layer(2, 1)("ab"), "the inputs are a list of .*, not 'ab'"),
    ],
)
def test_things_of_another_kind(make, message):
    with pytest.raises(TypeError, match=message):
        make()


def test_a_size_must_be_whole():
    with pytest.raises(TypeError, match=r"nin must be a whole number from 1, not 2\.5"):
        Neuron(2.5)


def test_a_module_written_for_micrograd():
    class Pair(Module):
        def __init__(self):
            self.neurons = [Neuron(1), Neuron(1)]

        def __call__(self, x):
            return sum(neuron(x) for neuron in self.neurons)

        def parameters(self):
            return [p for neuron in self.neurons for p in neuron.parameters()]

    pair = Pair()
    pair([3.0]).backward()
    pair.zero_grad()
    assert [p.grad for p in pair.parameters()] == [0, 0, 0, 0]


def test_neurons_and_layers_with_a_call_of_their_own_are_called():
    class Square(Neuron):
        def __call__(self, x):
            return sum((w * a for w, a in zip(self.w, x, strict=True)), self.b) ** 2

    class Half(Layer):
        def __call__(self, x):
            return [v * 0.5 for v in super().__call__(x)]

    layer = Layer(2, 2, seed=0)
    layer.neurons[1] = Square(2, seed=1)
    assert [v.data for v in layer([1.0, 2.0])] == [n([1.0, 2.0]).data for n in layer.neurons]
    model = MLP(2, [2, 1], seed=0)
    whole = model([1.0, 2.0]).data
    model.layers[0] = Half(2, 2, seed=0)
    first = MLP(2, [2, 1], seed=0).layers[0]([1.0, 2.0])
    assert model([1.0, 2.0]).data == model.layers[1]([0.5 * v.data for v in first]).data != whole
    model.layers[1] = lambda xs: xs[0] + xs[1]
    assert model([1.0, 2.0]).data == pytest.approx(0.5 * (first[0].data + first[1].data))


def test_a_neuron_becomes_linear_and_back():
    neuron = Neuron(1, activation="tanh", seed=0)
    assert neuron.nonlin
    neuron.nonlin = False
    assert (neuron([2.0]).op, repr(neuron), neuron.nonlin) == ("dot", "LinearNeuron(1)", False)
    neuron.nonlin = True
    assert (neuron([2.0]).op, repr(neuron)) == ("relu", "ReLUNeuron(1)")
    neuron.activation = tanh
    neuron.nonlin = True
    assert repr(neuron) == "TanhNeuron(1)"
    assert len(Neuron(1, nonlin=False, activation=Layer(1, 1)).parameters()) == 2
