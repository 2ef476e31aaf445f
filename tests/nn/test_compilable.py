"""Every layer, loss and formula of an optimizer can be compiled, and then gives the same bits."""

import pytest

import autograd
import nn
from autograd import Value
from nn.layers import flat

X, Y = [0.3, -1.1, 0.8], [-0.7, 0.2, 1.9]
MLP = nn.MLP(3, [4, 2], seed=0)
VECTOR = nn.Sequential(nn.Linear(3, 4, seed=0), nn.Each("gelu"), nn.LayerNorm(4), nn.RMSNorm(4))
LINE = nn.Sequential(nn.Conv1d(1, 2, 2, padding=1, seed=0), nn.Each("relu"), nn.MaxPool1d(2),
                     nn.AvgPool1d(2), nn.Flatten())  # fmt: skip
PLANE = nn.Sequential(nn.Conv2d(1, 2, 2, seed=0), nn.MaxPool2d((1, 2)), nn.AvgPool2d(1))
HEADS = nn.MultiHeadAttention(2, 1, seed=0)
RNN, GRU, LSTM = (kind(1, 2, seed=0) for kind in (nn.RNNCell, nn.GRUCell, nn.LSTMCell))
TABLE = nn.Embedding(4, 2, seed=0)

CASES = {
    "mlp": (MLP, X, Y),
    "linear": (VECTOR, X, Y),
    "line": (lambda x: LINE([x]), X, Y),
    "plane": (lambda x: PLANE([[x, x[::-1]]]), X, Y),
    "rnn": (lambda x: nn.run(RNN, [[v] for v in x]), X, Y),
    "gru": (lambda x: nn.run(GRU, [[v] for v in x], mask=x), X, [0.0, 1.0, 0.0]),
    "lstm": (lambda x: nn.run(LSTM, [[v] for v in x], mask=[x[2], 1.0, x[1]])[-1][0], X, Y),
    "heads": (lambda x: HEADS([x[:2], x[1:]], mask=nn.causal_mask(2)), X, Y),
    "mask": (lambda x: nn.attention([x], [x, X], [[1.0], [2.0]], [[x[0], 1.0]]), X, [0.0, 1, 2]),
    "embedding": (lambda x: TABLE(x[0]), [2.0], [3.0]),
    "mse": (lambda x: nn.mean_squared_error(x[:2], [1, 2], mask=[x[2], 1.0]), X, [1.0, 2, 0.0]),
    "mae": (lambda x: nn.mean_absolute_error(x, [1, 2, 3.0]), X, Y),
    "huber": (lambda x: nn.huber(x, [1, 2, 3.0]), X, Y),
    "hinge": (lambda x: nn.hinge(x[:2], [x[2], 1]), [0.2, 0.3, 1.0], [2.0, -3.0, -1.0]),
    "bce": (lambda x: nn.binary_cross_entropy_with_logits(x, [1, 0, 1]), X, [1e3, -1e3, 3.0]),
    "classes": (lambda x: nn.cross_entropy(x[:3], x[3]), [*X, 1.0], [*Y, 2.0]),
    "penalties": (lambda x: nn.l1(x) + nn.l2(x), X, Y),
    "norm": (nn.clip_by_norm(1.0), X, [0.1, 0.2, 0.3]),
    "value": (nn.clip_by_value(0.5), X, [0.1, 0.2, 0.3]),
}
OPTIMIZERS = [
    nn.SGD([Value(1.0)], momentum=0.9, dampening=0.1, weight_decay=0.01),
    nn.SGD([Value(1.0)], momentum=0.9, nesterov=True),
    nn.RMSprop([Value(1.0)], momentum=0.5, centered=True),
    nn.Adagrad([Value(1.0)], lr_decay=0.1),
    nn.Adam([Value(1.0)], amsgrad=True),
    nn.AdamW([Value(1.0)]),
]


def numbers(tree):
    return [getattr(v, "data", v) for v in flat(list(tree) if isinstance(tree, tuple) else tree)]


@pytest.mark.parametrize("name", CASES)
def test_a_compiled_layer_gives_the_same_bits(name):
    function, *points = CASES[name]
    compiled = autograd.compile(function, backend="python")
    for point in points:
        assert numbers(compiled(point)) == numbers(function([float(v) for v in point]))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda o: type(o).__name__)
def test_a_compiled_update_gives_the_same_bits(optimizer):
    def update(x):
        return optimizer.update(x[0], x[1], *x[4:], step=x[2], lr=x[3])

    compiled = autograd.compile(update, backend="python")
    state = [9.0, 0.5, 0.3][: len(optimizer.state)]
    for step, lr in ((1.0, 0.1), (2.0, 0.05)):
        point = [0.5, -0.3, step, lr, *state]
        assert numbers(compiled(point)) == numbers(update(point))
