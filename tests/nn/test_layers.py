import random

import pytest

import nn
from autograd import Value, check_gradients, grad, relu, tanh
from nn import Dropout, Each, Embedding, Flatten, Linear, Sequential, predict
from nn.layers import flat


def near(found, expected):
    assert [v.data if isinstance(v, Value) else v for v in flat(found)] == pytest.approx(
        flat(expected), rel=1e-12, abs=1e-14
    )


def attend(x):
    return nn.attention(x[0], x[1], x[2])


LAYERS = {
    "linear": lambda: Linear(3, 2),
    "conv1d": lambda: nn.Conv1d(2, 3, 3, stride=2, padding=1),
    "conv2d": lambda: nn.Conv2d(2, 2, (3, 2), stride=(2, 1), padding=1),
    "max_pool1d": lambda: nn.MaxPool1d(2),
    "max_pool2d": lambda: nn.MaxPool2d(2, stride=1),
    "avg_pool1d": lambda: nn.AvgPool1d(3, stride=2),
    "avg_pool2d": lambda: nn.AvgPool2d(2),
    "rnn_cell": lambda: nn.RNNCell(3, 2),
    "gru_cell": lambda: nn.GRUCell(3, 2),
    "lstm_cell": lambda: nn.LSTMCell(3, 2),
    "layer_norm": lambda: nn.LayerNorm(4),
    "rms_norm": lambda: nn.RMSNorm(4),
    "attention": lambda: attend,
}


def placed(numbers):
    return [placed(x) for x in numbers] if isinstance(numbers, list) else Value(numbers)


@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients_are_pytorchs(reference, name):
    (case,) = [case for case in reference["layers"] if case["name"] == name]
    layer = LAYERS[name]()
    if case["parameters"]:
        layer.load_state_dict(case["parameters"])
    inputs = placed(case["inputs"])
    state = inputs[1:] if len(inputs) == 2 else [inputs[1:]] if len(inputs) > 2 else []
    found = layer(inputs[0], *state)
    near(found, case["outputs"])
    sum(a * w for a, w in zip(flat(found), flat(case["weights"]), strict=True)).backward()
    near([v.grad for v in flat(inputs[0])], case["input_gradient"])
    if case["parameters"]:
        gradients = {k: [v.grad for v in flat(getattr(layer, k))] for k in case["gradients"]}
        for key, expected in case["gradients"].items():
            near(gradients[key], expected)


def test_every_case_is_tested(reference):
    assert {case["name"] for case in reference["layers"]} == set(LAYERS)


def test_linear_is_one_node_for_each_output():
    assert [v.op for v in Linear(3, 2, seed=0)([1.0, 2.0, 3.0])] == ["dot", "dot"]
    layer = Linear(2, 1, bias=False, seed=0)
    assert layer([1.0, 0.0])[0].data == layer.weight[0][0].data
    assert len(layer.parameters()) == 2


def test_embedding_takes_numbers_and_values():
    layer = Embedding(5, 3, seed=0)
    for symbol in range(5):
        assert layer(symbol) == layer.weight[symbol]
        assert [v.data for v in layer(Value(symbol))] == [v.data for v in layer(symbol)]
    for symbol in (-1, 5, 0.5):
        with pytest.raises(IndexError, match="is no symbol: there are 5"):
            layer(symbol)


def test_each_keeps_the_nesting():
    assert Each(relu)([[1.0, [-2.0]], 3.0]) == [[1.0, [0.0]], 3.0]
    assert repr(Each(tanh)) == "Each(tanh)"


def test_dropout_keeps_the_mean_and_is_off_in_use():
    layer = Dropout(0.25, seed=0)
    found = layer([1.0] * 4000)
    assert set(found) == {0.0, 4 / 3}
    assert sum(found) / 4000 == pytest.approx(1.0, abs=0.03)
    assert layer.eval()([1.0, 2.0]) == [1.0, 2.0]


def test_dropout_is_drawn_from_what_it_is_given():
    assert Dropout(seed=3)([1.0] * 9) == Dropout(rng=random.Random(3))([1.0] * 9)
    random.seed(1)
    first = Dropout()([1.0] * 40)
    random.seed(1)
    assert Dropout()([1.0] * 40) == first


def test_dropout_takes_a_mask():
    x = Value(3.0)
    assert Dropout(0.5, seed=0)([[x, 2.0]], mask=[[0.0, 2.0]])[0][1] == 4.0


def test_dropout_trains_and_resumes(tmp_path):
    def trained(epochs, **options):
        rng = random.Random(0)
        model = Sequential(Linear(2, 8, rng=rng), Each("tanh"), Dropout(0.3, rng=rng),
                           Linear(8, 1, rng=rng))  # fmt: skip
        xs = [[i / 5, 1 - i / 7] for i in range(10)]
        options |= {"optimizer": nn.Adam(model.parameters(), lr=0.02), "progress": False}
        nn.fit(model, xs, [[x[0] * x[1]] for x in xs], loss=nn.mean_squared_error, batch_size=4,
               rng=random.Random(5), epochs=epochs, **options)  # fmt: skip
        return model.state_dict(), predict(model, xs)

    trained(3, callbacks=[nn.Checkpoint(tmp_path / "c.json")])
    resumed = trained(6, resume=tmp_path / "c.json", callbacks=[lambda t: None])
    assert resumed == trained(6)


def test_sequential_is_a_module_of_its_parts():
    model = Sequential(Linear(2, 3, seed=0), Each("relu"), Flatten(), Dropout(0.5, seed=1), sum)
    assert [name for name, _ in model.named_modules()] == [
        *("", "parts.0", "parts.1", "parts.2", "parts.3"),
    ]
    assert len(model.parameters()) == 9
    assert repr(model) == ("Sequential(Linear(2, 3), Each(relu), Flatten(), Dropout(0.5), sum)")


NETWORKS = [
    Linear(3, 2, seed=0),
    lambda x: nn.Conv1d(1, 2, 2, padding=1, seed=0)([x]),
    lambda x: nn.Conv2d(1, 1, (1, 2), seed=0)([[x]]),
    nn.RNNCell(3, 2, seed=0),
    lambda x: nn.GRUCell(1, 2, seed=0)(nn.GRUCell(3, 1, seed=1)(x)),
    lambda x: nn.LSTMCell(3, 2, seed=0)(x, ([0.1, 0.2], [0.3, -0.4])),
    nn.LayerNorm(3),
    nn.RMSNorm(3),
    lambda x: nn.MultiHeadAttention(4, 2, seed=0)([[*x, 1.0], [1.0, *x]], mask=nn.causal_mask(2)),
    lambda x: nn.AvgPool1d(2, 1)([x]),
    lambda x: nn.MaxPool1d(2, 1)([x]),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_gradients_by_differences(network):
    def output(x):
        return sum((i + 1) * v for i, v in enumerate(flat(network(x))))

    check_gradients(output, ([0.3, -1.1, 0.8],), order=1)


def test_convolution_moves_with_its_input():
    layer = nn.Conv1d(1, 1, 3, seed=0)
    one = [v.data for v in layer([[0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0]])[0]]
    two = [v.data for v in layer([[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0]])[0]]
    assert one[:-1] == two[1:]


def test_padding_is_the_same_as_zeros():
    layer = nn.Conv2d(1, 1, 3, padding=1, seed=0)
    bare = nn.Conv2d(1, 1, 3).load_state_dict(layer.state_dict())
    plane = [[1.0, 2.0], [3.0, 4.0]]
    padded = [[0.0] * 4, [0.0, 1.0, 2.0, 0.0], [0.0, 3.0, 4.0, 0.0], [0.0] * 4]
    near(layer([plane]), predict(bare, [[padded]])[0])


def test_equal_numbers_share_the_gradient_of_a_maximum():
    found = grad(lambda x: nn.MaxPool1d(2)([x])[0][0])([1.0, 1.0])
    assert found == [0.5, 0.5]


def test_a_mask_holds_the_state():
    for cell in (nn.GRUCell(1, 2, seed=0), nn.LSTMCell(1, 2, seed=0)):
        short = nn.run(cell, [[0.5], [-1.0]])[-1]
        long = nn.run(cell, [[0.5], [-1.0], [7.0]], mask=[1.0, True, 0.0])[-1]
        near(list(flat(list(long))), [v.data for v in flat(list(short))])


def test_attention_looks_where_the_mask_lets_it():
    queries, keys = [[1.0, 0.0]], [[9.0, 0.0], [1.0, 0.0], [5.0, 1.0]]
    plain = nn.attention_weights(queries, keys, [[False, True, True]])[0]
    valued = nn.attention_weights(queries, keys, [[Value(0.0), Value(1.0), True]])[0]
    assert plain[0] == 0.0
    assert [float(s if isinstance(s, float) else s.data) for s in valued] == plain
    assert sum(plain) == pytest.approx(1.0)


def test_attention_that_sees_nothing_looks_everywhere():
    for mask in ([[False, False]], [[0.0, 0.0]]):
        assert nn.attention_weights([[1.0]], [[1.0], [5.0]], mask)[0] == pytest.approx(
            nn.attention_weights([[1.0]], [[1.0], [5.0]])[0] if mask[0][0] is False else [0.5, 0.5]
        )


def test_causal_attention_does_not_see_what_comes():
    layer = nn.MultiHeadAttention(4, 2, seed=0)
    steps = [[0.1, 0.2, 0.3, 0.4], [1.0, 0.0, -1.0, 0.5], [2.0, 2.0, 1.0, 0.0]]
    three = layer(steps, mask=nn.causal_mask(3))
    two = layer(steps[:2], mask=nn.causal_mask(2))
    near(three[:2], [[v.data for v in row] for row in two])


def test_attention_to_a_memory():
    layer = nn.MultiHeadAttention(2, 1, seed=0)
    assert len(layer([[1.0, 0.0]], memory=[[0.5, 1.0], [1.0, 1.0], [0.0, 0.0]])) == 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Linear(2, 1, seed=0)([1.0]), r"Linear\(2, 1\) takes 2 inputs, not 1"),
        (lambda: Linear(0, 1), "nin must be"),
        (lambda: Dropout(1.0), r"p must be in \[0, 1\)"),
        (lambda: nn.Conv1d(2, 1, 2)([[1.0, 2.0]]), "takes 2 channels, not 1"),
        (lambda: nn.Conv1d(1, 1, 3)([[1.0, 2.0]]), "a window of 3 does not fit into 2"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size must be"),
        (lambda: nn.MaxPool2d(3)([[[1.0]]]), "a window of 3 does not fit"),
        (lambda: nn.MultiHeadAttention(4, 3), "3 heads do not divide a width of 4"),
        (lambda: nn.LayerNorm(0), "width must be"),
        (lambda: nn.GRUCell(2, 0), "nhidden must be"),
    ],
)
def test_errors(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_print_shows():
    assert [repr(layer) for layer in (
        Linear(2, 3, bias=False), nn.Conv1d(1, 2, 3), nn.Conv2d(1, 2, 3), nn.MaxPool1d(2),
        nn.AvgPool2d(2), nn.GRUCell(2, 3), nn.LayerNorm(4), nn.RMSNorm(4), Embedding(3, 2),
        nn.MultiHeadAttention(4, 2),
    )] == [
        "Linear(2, 3, bias=False)", "Conv1d(1, 2, 3)", "Conv2d(1, 2, (3, 3))", "MaxPool1d(2, 2)",
        "AvgPool2d((2, 2), (2, 2))", "GRUCell(2, 3)", "LayerNorm(4)", "RMSNorm(4)",
        "Embedding(3, 2)", "MultiHeadAttention(4, 2)",
    ]  # fmt: skip


def test_added():
    assert nn.added([1.0], [2.0]) == [3.0]
