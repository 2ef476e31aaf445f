"""Programs in the style of micrograd, microgpt and the lecture: only their import is another."""

import math
import random
from itertools import pairwise
from typing import Any

import graphviz
import numpy as np
import pytest

from autograd import Value

# A network in the manner of micrograd


class Neuron:
    def __init__(self, inputs: int, generator: random.Random, nonlinear: bool = True) -> None:
        self.w = [Value(generator.uniform(-1, 1)) for _ in range(inputs)]
        self.b = Value(0)
        self.nonlinear = nonlinear

    def __call__(self, x: Any) -> Value:
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.relu() if self.nonlinear else act

    def parameters(self) -> list[Value]:
        return [*self.w, self.b]


class Network:
    def __init__(self, sizes: list[int], generator: random.Random) -> None:
        last = len(sizes) - 2
        self.layers = [
            [Neuron(sizes[i], generator, nonlinear=i != last) for _ in range(sizes[i + 1])]
            for i in range(len(sizes) - 1)
        ]

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            x = [neuron(x) for neuron in layer]
        return x[0] if len(x) == 1 else x

    def parameters(self) -> list[Value]:
        return [p for layer in self.layers for neuron in layer for p in neuron.parameters()]

    def zero_grad(self) -> None:
        for p in self.parameters():
            p.grad = 0


def hinge_loss(model: Network, xs: Any, ys: Any) -> tuple[Value, float]:
    inputs = [list(map(Value, row)) for row in xs]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(ys, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
    right = [(yi > 0) == (score.data > 0) for yi, score in zip(ys, scores, strict=True)]
    return loss, sum(right) / len(right)


def test_a_network_with_numpy_data_learns() -> None:
    generator = np.random.default_rng(4)
    xs = generator.normal(size=(24, 2)).astype(np.float32)
    ys = np.where(xs[:, 0] * xs[:, 1] > 0, 1, -1)
    model = Network([2, 8, 1], random.Random(1))
    first = None
    for k in range(60):
        loss, accuracy = hinge_loss(model, xs, ys)
        first = first or loss.data
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (0.3 - 0.2 * k / 60) * p.grad
    assert loss.data < first / 4
    assert accuracy > 0.8


def by_hand(model: Network, xs: Any, ys: Any) -> float:
    numbers = Network([2, 8, 1], random.Random(1))
    for p, q in zip(numbers.parameters(), model.parameters(), strict=True):
        p.data = q.data
    return hinge_loss(numbers, xs, ys)[0].data


def test_the_gradients_of_a_network_are_finite_differences() -> None:
    model = Network([2, 8, 1], random.Random(1))
    xs, ys = [[0.5, -1.0], [2.0, 1.0]], [1, -1]
    hinge_loss(model, xs, ys)[0].backward()
    for p in model.parameters()[:12]:
        centre = p.data
        p.data = centre + 1e-6
        above = by_hand(model, xs, ys)
        p.data = centre - 1e-6
        below = by_hand(model, xs, ys)
        p.data = centre
        assert p.grad == pytest.approx((above - below) / 2e-6, abs=1e-6)


# The expressions that micrograd's readers know


def test_an_expression_with_every_operator() -> None:
    a = Value(-4.0)
    b = Value(2.0)
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    g.backward()
    assert (g.data, a.grad, b.grad) == pytest.approx((24.70408163, 138.83381924, 645.57725947))


def neuron_of_the_lecture() -> dict[str, Value]:
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    x1w1 = x1 * w1
    x1w1.label = "x1*w1"
    n = x1w1 + x2 * w2 + b
    n.label = "n"
    o = n.tanh()
    o.label = "o"
    return {"x1": x1, "x2": x2, "w1": w1, "w2": w2, "n": n, "o": o}


EXPECTED = {"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "n": 0.5, "o": 1.0}


def test_a_neuron() -> None:
    v = neuron_of_the_lecture()
    v["o"].backward()
    assert {name: x.grad for name, x in v.items()} == pytest.approx(EXPECTED)


def test_a_neuron_with_tanh_taken_apart() -> None:
    v = neuron_of_the_lecture()
    e = (2 * v["n"]).exp()
    o = (e - 1) / (e + 1)
    o.backward()
    assert {name: v[name].grad for name in EXPECTED if name != "o"} == pytest.approx(
        {name: g for name, g in EXPECTED.items() if name != "o"}
    )


def test_backpropagation_by_hand_as_in_the_lecture() -> None:
    v = neuron_of_the_lecture()
    topo: list[Value] = []
    visited = set()

    def build_topo(node: Value) -> None:
        if node not in visited:
            visited.add(node)
            for child in node._prev:
                build_topo(child)
            topo.append(node)

    build_topo(v["o"])
    v["o"].grad = 1.0
    for node in reversed(topo):
        node._backward()
    assert {name: x.grad for name, x in v.items()} == pytest.approx(EXPECTED)


def trace(root: Value) -> tuple[set[Value], set[tuple[Value, Value]]]:
    nodes, edges = set(), set()

    def build(v: Value) -> None:
        if v not in nodes:
            nodes.add(v)
            for child in v._prev:
                edges.add((child, v))
                build(child)

    build(root)
    return nodes, edges


def test_a_picture_as_drawn_in_the_lecture() -> None:
    v = neuron_of_the_lecture()
    v["o"].backward()
    picture = graphviz.Digraph(format="svg", graph_attr={"rankdir": "LR"})
    nodes, edges = trace(v["o"])
    for n in nodes:
        uid = str(id(n))
        label = f"{{ {n.label} | data {n.data:.4f} | grad {n.grad:.4f} }}"
        picture.node(name=uid, label=label, shape="record")
        if n._op:
            picture.node(name=uid + n._op, label=n._op)
            picture.edge(uid + n._op, uid)
    for n1, n2 in edges:
        picture.edge(str(id(n1)), str(id(n2)) + n2._op)
    assert len(nodes) == 10
    assert {n._op for n in nodes} == {"", "*", "+", "tanh"}
    assert "{ o | data 0.7071 | grad 1.0000 }" in picture.source


# A transformer in the manner of microgpt


def linear(x: list[Any], w: list[list[Value]]) -> list[Any]:
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def softmax(logits: list[Any]) -> list[Any]:
    largest = max(v.data for v in logits)
    exps = [(v - largest).exp() for v in logits]
    total = sum(exps)
    return [e / total for e in exps]


def rmsnorm(x: list[Any]) -> list[Any]:
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


class Transformer:
    def __init__(self, vocabulary: int, width: int, context: int) -> None:
        generator = random.Random(42)

        def matrix(rows: int, columns: int) -> list[list[Value]]:
            return [[Value(generator.gauss(0, 0.2)) for _ in range(columns)] for _ in range(rows)]

        square = dict.fromkeys(("wq", "wk", "wv", "wo"), (width, width))
        tables = {"wte": (vocabulary, width), "wpe": (context, width), "head": (vocabulary, width)}
        names = {**tables, **square, "up": (4 * width, width), "down": (width, 4 * width)}
        self.state = {name: matrix(*shape) for name, shape in names.items()}

    def parameters(self) -> list[Value]:
        return [p for rows in self.state.values() for row in rows for p in row]

    def __call__(self, token: int, position: int, keys: list[Any], values: list[Any]) -> list[Any]:
        s = self.state
        x = [t + p for t, p in zip(s["wte"][token], s["wpe"][position], strict=True)]
        h = rmsnorm(x)
        q = linear(h, s["wq"])
        keys.append(linear(h, s["wk"]))
        values.append(linear(h, s["wv"]))
        scores = [sum(a * b for a, b in zip(q, k, strict=True)) / len(q) ** 0.5 for k in keys]
        weights = softmax(scores)
        mixed = [sum(w * v[j] for w, v in zip(weights, values, strict=True)) for j in range(len(q))]
        x = [a + b for a, b in zip(x, linear(mixed, s["wo"]), strict=True)]
        inner = [xi.relu() ** 2 for xi in linear(rmsnorm(x), s["up"])]
        x = [a + b for a, b in zip(x, linear(inner, s["down"]), strict=True)]
        return linear(x, s["head"])

    def loss(self, tokens: list[int]) -> Value:
        keys: list[Any] = []
        values: list[Any] = []
        losses = []
        for position, (token, target) in enumerate(pairwise(tokens)):
            probabilities = softmax(self(token, position, keys, values))
            losses.append(-probabilities[target].log())
        return (1 / len(losses)) * sum(losses)


def test_a_transformer_learns_a_word() -> None:
    model = Transformer(vocabulary=5, width=4, context=6)
    tokens = [0, 1, 2, 3, 2, 4]
    parameters = model.parameters()
    m, v = [0.0] * len(parameters), [0.0] * len(parameters)
    first = model.loss(tokens).data
    for step in range(30):
        loss = model.loss(tokens)
        loss.backward()
        for i, p in enumerate(parameters):
            m[i] = 0.9 * m[i] + 0.1 * p.grad
            v[i] = 0.95 * v[i] + 0.05 * p.grad**2
            m_hat, v_hat = m[i] / (1 - 0.9 ** (step + 1)), v[i] / (1 - 0.95 ** (step + 1))
            p.data -= 0.05 * m_hat / (v_hat**0.5 + 1e-8)
            p.grad = 0
    assert first == pytest.approx(math.log(5), rel=0.3)
    assert loss.data < 0.1
