"""PyTorch as a witness: of each layer, and of trainings from the same weights and batches."""

import random

import pytest

import nn
from autograd import Value, relu
from nn import Module, cross_entropy
from nn.layers import flat


def near(found, expected):
    assert [v.data if isinstance(v, Value) else v for v in flat(found)] == pytest.approx(
        flat(expected), rel=1e-12, abs=1e-14
    )


def attend(x):
    return nn.attention(x[0], x[1], x[2])


LAYERS = {
    "linear": lambda: nn.Linear(3, 2),
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


class Net(Module):
    """Named parts, with numbers drawn from their names, as make_reference.py does it."""

    def __init__(self, name, **parts):
        vars(self).update(parts)
        for part, module in parts.items():
            for attribute in ("weight", "bias", "weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                rng = random.Random(f"{name} {part}.{attribute}")
                for value in flat(getattr(module, attribute, None) or []):
                    value.data = rng.uniform(-0.5, 0.5)


def samples(name, count, size, classes, *, whole):
    rng = random.Random(name)
    draw = (lambda: rng.randrange(classes)) if whole else (lambda: rng.gauss(0.0, 1.0))
    inputs = [[draw() for _ in range(size)] for _ in range(count)]
    return inputs, [rng.randrange(classes) for _ in range(count)]


def mlp():
    net = Net("mlp", a=nn.Linear(3, 8), b=nn.Linear(8, 6), c=nn.Linear(6, 3))
    xs, ys = samples("mlp", 12, 3, 3, whole=False)
    model = nn.Sequential(net.a, nn.Each("tanh"), net.b, nn.Each("relu"), net.c)
    return (
        net,
        nn.Adam(net.parameters(), lr=0.02),
        lambda batch: cross_entropy([model(xs[i]) for i in batch], [ys[i] for i in batch]),
    )


def cnn():
    net = Net("cnn", conv=nn.Conv2d(1, 2, 3, padding=1), out=nn.Linear(18, 3))
    xs, ys = samples("cnn", 12, 36, 3, whole=False)
    images = [[[x[i : i + 6] for i in range(0, 36, 6)]] for x in xs]
    model = nn.Sequential(net.conv, nn.Each("relu"), nn.MaxPool2d(2), nn.Flatten(), net.out)
    optimizer = nn.SGD(net.parameters(), lr=0.05, momentum=0.9)
    return (
        net,
        optimizer,
        lambda batch: cross_entropy([model(images[i]) for i in batch], [ys[i] for i in batch]),
    )


def translator():
    net = Net("translator", embedding=nn.Embedding(5, 3), encoder=nn.GRUCell(3, 4),
              decoder=nn.GRUCell(3, 4), out=nn.Linear(4, 5))  # fmt: skip
    xs, _ = samples("translator", 12, 4, 5, whole=True)

    def logits(x):
        state = nn.run(net.encoder, [net.embedding(symbol) for symbol in x])[-1]
        given = [net.embedding(x[i]) for i in (3, 2, 1)]
        return [net.out(h) for h in nn.run(net.decoder, given, state)]

    return (
        net,
        nn.RMSprop(net.parameters(), lr=0.01),
        lambda batch: cross_entropy(
            [logits(xs[i]) for i in batch], [[xs[i][j] for j in (2, 1, 0)] for i in batch]
        ),
    )


def transformer():
    linear = {name: nn.Linear(8, 8, bias=False) for name in ("query", "key", "value", "join")}
    net = Net("transformer", symbols=nn.Embedding(6, 8), places=nn.Embedding(5, 8),
              first=nn.RMSNorm(8), second=nn.LayerNorm(8), up=nn.Linear(8, 16),
              down=nn.Linear(16, 8), out=nn.Linear(8, 6, bias=False), **linear)  # fmt: skip
    heads = nn.MultiHeadAttention(8, 2)
    heads.query, heads.key, heads.value, heads.out = net.query, net.key, net.value, net.join
    xs, _ = samples("transformer", 12, 6, 6, whole=True)

    def logits(tokens):
        steps = [nn.added(net.symbols(t), net.places(i)) for i, t in enumerate(tokens)]
        seen = heads([net.first(x) for x in steps], mask=nn.causal_mask(5))
        steps = [nn.added(x, y) for x, y in zip(steps, seen, strict=True)]
        return [net.out(nn.added(x, net.down(list(map(relu, net.up(net.second(x)))))))
                for x in steps]  # fmt: skip

    return (
        net,
        nn.AdamW(net.parameters(), lr=0.01),
        lambda batch: cross_entropy([logits(xs[i][:5]) for i in batch], [xs[i][1:] for i in batch]),
    )


@pytest.mark.unmeasured
@pytest.mark.parametrize("make", [mlp, cnn, translator, transformer])
def test_a_hundred_losses_are_pytorchs(reference, make):
    net, optimizer, loss_of = make()
    for step, expected in enumerate(reference["trainings"][make.__name__]):
        net.zero_grad()
        loss = loss_of([(4 * step + j) % 12 for j in range(4)])
        loss.backward()
        optimizer.step()
        assert loss.data == pytest.approx(expected, rel=1e-9), f"step {step}"
    assert step == 99
