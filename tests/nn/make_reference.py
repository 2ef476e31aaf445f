"""Write reference.json: what PyTorch gives for the cases in this file, in float64.

Run by hand, in an environment with torch==2.13.0; the tests read the file only:

    python tests/nn/make_reference.py
"""

import json
import random
from pathlib import Path

import torch
from torch import nn, optim

torch.set_default_dtype(torch.float64)

OPTIMIZERS = {
    "SGD": [
        {"lr": 0.1},
        {"lr": 0.1, "momentum": 0.9},
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.3},
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        {"lr": 0.01, "weight_decay": 0.1, "maximize": True},
    ],
    "RMSprop": [
        {},
        {"lr": 0.05, "alpha": 0.9, "momentum": 0.5},
        {"centered": True, "momentum": 0.9, "weight_decay": 0.1},
    ],
    "Adagrad": [{}, {"lr": 0.1, "lr_decay": 0.01, "weight_decay": 0.1},
                {"initial_accumulator_value": 0.5}],
    "Adam": [{}, {"lr": 0.1, "betas": [0.8, 0.9], "eps": 1e-3}, {"lr": 0.1, "amsgrad": True},
             {"lr": 0.1, "weight_decay": 0.1, "maximize": True}],
    "AdamW": [{}, {"lr": 0.1, "weight_decay": 0.2}, {"lr": 0.1, "amsgrad": True}],
}  # fmt: skip
SCHEDULES = {
    "StepLR": [{"step_size": 3}, {"step_size": 2, "gamma": 0.5}],
    "ExponentialLR": [{"gamma": 0.8}],
    "CosineAnnealingLR": [{"T_max": 8}, {"T_max": 5, "eta_min": 0.01}],
    "LinearLR": [{}, {"start_factor": 0.1, "end_factor": 0.9, "total_iters": 4}],
}
EPOCHS = 12


def optimizer_case(kind: str, options: dict) -> dict:
    """Follow an optimizer for some steps down a bent valley."""
    start = [1.0, -2.0, 0.5]
    p = torch.tensor(start, requires_grad=True)
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    optimizer = getattr(optim, kind)([p], **options)
    path = []
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        loss = (p[0] - p[1] ** 2) ** 2 + 3 * p[2].sin() * p[0] + (p**2).sum()
        (0.1 * loss).backward()
        optimizer.step()
        path.append(p.tolist())
    return {"kind": kind, "options": options, "start": start, "path": path}


def schedule_case(kind: str, options: dict) -> dict:
    """List the rates of a schedule, epoch by epoch."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = getattr(optim.lr_scheduler, kind)(optimizer, **options)
    rates = []
    for _ in range(EPOCHS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return {"kind": kind, "options": options, "rates": rates}


def loss_case(name: str, loss: nn.Module, outputs: list, targets: list) -> dict:
    """Give a loss and its gradient."""
    x = torch.tensor(outputs, requires_grad=True)
    dtype = torch.long if name == "cross_entropy" else torch.float64
    value = loss(x, torch.tensor(targets, dtype=dtype))
    value.backward()
    return {"name": name, "outputs": outputs, "targets": targets, "value": value.item(),
            "gradient": x.grad.tolist()}  # fmt: skip


def loss_cases() -> list[dict]:
    """Give every loss at ordinary numbers and at large ones."""
    x, t = [0.3, -1.7, 2.5, 0.2], [0.1, 1.0, 0.0, 0.2]
    big, binary = [1000.0, -1000.0, 30.0, -2.0], [1.0, 1.0, 0.0, 1.0]
    rows = [[0.3, -1.0, 2.0], [1000.0, -1000.0, 0.0], [-5.0, 5.0, 5.0]]
    return [
        loss_case("mean_squared_error", nn.MSELoss(), x, t),
        loss_case("mean_absolute_error", nn.L1Loss(), x, t),
        loss_case("huber", nn.HuberLoss(), x, t),
        loss_case("binary_cross_entropy_with_logits", nn.BCEWithLogitsLoss(), x, t),
        loss_case("binary_cross_entropy_with_logits", nn.BCEWithLogitsLoss(), big, binary),
        loss_case("cross_entropy", nn.CrossEntropyLoss(), rows, [2, 1, 0]),
    ]


def clip_case(gradient: list, max_norm: float) -> dict:
    """Clip a gradient by its norm."""
    p = torch.zeros(len(gradient), requires_grad=True)
    p.grad = torch.tensor(gradient)
    norm = nn.utils.clip_grad_norm_([p], max_norm).item()
    return {"gradient": gradient, "max_norm": max_norm, "norm": norm, "clipped": p.grad.tolist()}


def layer_case(name: str, layer: nn.Module, shape: list[int], *states: list[int]) -> dict:
    """Give a layer's output and gradients for inputs and weights from a seed."""
    rng = random.Random(name)

    def fill(count: int) -> list:
        return [rng.uniform(-1, 1) for _ in range(count)]

    for p in layer.parameters():
        p.data = torch.tensor(fill(p.numel())).reshape(p.shape)
    inputs = [torch.tensor(fill(torch.Size(s).numel())).reshape(s) for s in (shape, *states)]
    for x in inputs:
        x.requires_grad_()
    state = inputs[1] if len(states) == 1 else tuple(inputs[1:])
    found = layer(inputs[0], state) if states else layer(inputs[0])
    outputs = found if isinstance(found, tuple) else (found,)
    weights = [torch.linspace(-1, 1, y.numel()).reshape(y.shape) for y in outputs]
    sum((y * w).sum() for y, w in zip(outputs, weights, strict=True)).backward()
    return {
        "name": name,
        "parameters": {k: p.tolist() for k, p in layer.named_parameters()},
        "inputs": [x.tolist() for x in inputs],
        "outputs": [y.tolist() for y in outputs],
        "weights": [w.tolist() for w in weights],
        "input_gradient": inputs[0].grad.tolist(),
        "gradients": {k: p.grad.tolist() for k, p in layer.named_parameters()},
    }


class Attention(nn.Module):
    """Scaled dot-product attention of three queries, keys and values in one input."""

    def forward(self, x):
        """Take (3, time, width), return (time, width)."""
        return nn.functional.scaled_dot_product_attention(x[0], x[1], x[2])


def layer_cases() -> list[dict]:
    """Give every layer that PyTorch has too."""
    return [
        layer_case("linear", nn.Linear(3, 2), [3]),
        layer_case("conv1d", nn.Conv1d(2, 3, 3, stride=2, padding=1), [2, 7]),
        layer_case("conv2d", nn.Conv2d(2, 2, (3, 2), stride=(2, 1), padding=1), [2, 5, 4]),
        layer_case("max_pool1d", nn.MaxPool1d(2), [2, 6]),
        layer_case("max_pool2d", nn.MaxPool2d(2, stride=1), [2, 4, 3]),
        layer_case("avg_pool1d", nn.AvgPool1d(3, stride=2), [2, 7]),
        layer_case("avg_pool2d", nn.AvgPool2d(2), [2, 4, 4]),
        layer_case("rnn_cell", nn.RNNCell(3, 2), [3], [2]),
        layer_case("gru_cell", nn.GRUCell(3, 2), [3], [2]),
        layer_case("lstm_cell", nn.LSTMCell(3, 2), [3], [2], [2]),
        layer_case("layer_norm", nn.LayerNorm(4), [4]),
        layer_case("rms_norm", nn.RMSNorm(4, eps=1e-5), [4]),
        layer_case("attention", Attention(), [3, 4, 2]),
    ]


class Net(nn.Module):
    """Named parts, with numbers drawn from their names: tests/nn/test_parity.py does the same."""

    def __init__(self, name: str, **parts: nn.Module) -> None:
        super().__init__()
        for part, module in parts.items():
            self.add_module(part, module)
        for key, parameter in self.named_parameters():
            rng = random.Random(f"{name} {key}")
            drawn = [rng.uniform(-0.5, 0.5) for _ in range(parameter.numel())]
            parameter.data = torch.tensor(drawn).reshape(parameter.shape)


def samples(name: str, count: int, size: int, classes: int, *, whole: bool) -> tuple:
    """Draw inputs, numbers or symbols, and classes."""
    rng = random.Random(name)
    draw = (lambda: rng.randrange(classes)) if whole else (lambda: rng.gauss(0.0, 1.0))
    inputs = [[draw() for _ in range(size)] for _ in range(count)]
    return inputs, [rng.randrange(classes) for _ in range(count)]


def losses(net: nn.Module, optimizer: optim.Optimizer, loss_of) -> list[float]:
    """Train for a hundred steps on batches of four of twelve samples."""
    found = []
    for step in range(100):
        optimizer.zero_grad()
        loss = loss_of([(4 * step + j) % 12 for j in range(4)])
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    return found


def mlp() -> list[float]:
    """Train three layers."""
    net = Net("mlp", a=nn.Linear(3, 8), b=nn.Linear(8, 6), c=nn.Linear(6, 3))
    xs, ys = samples("mlp", 12, 3, 3, whole=False)
    x, y = torch.tensor(xs), torch.tensor(ys)

    def loss(batch):
        return nn.functional.cross_entropy(net.c(net.b(net.a(x[batch]).tanh()).relu()), y[batch])

    return losses(net, optim.Adam(net.parameters(), lr=0.02), loss)


def cnn() -> list[float]:
    """Train a convolution, pooling and a linear layer on squares of six."""
    net = Net("cnn", conv=nn.Conv2d(1, 2, 3, padding=1), out=nn.Linear(18, 3))
    xs, ys = samples("cnn", 12, 36, 3, whole=False)
    x, y = torch.tensor(xs).reshape(12, 1, 6, 6), torch.tensor(ys)

    def loss(batch):
        pooled = nn.functional.max_pool2d(net.conv(x[batch]).relu(), 2)
        return nn.functional.cross_entropy(net.out(pooled.flatten(1)), y[batch])

    return losses(net, optim.SGD(net.parameters(), lr=0.05, momentum=0.9), loss)


def translator() -> list[float]:
    """Train a GRU to read four symbols and to write the first three of them backwards."""
    net = Net("translator", embedding=nn.Embedding(5, 3), encoder=nn.GRUCell(3, 4),
              decoder=nn.GRUCell(3, 4), out=nn.Linear(4, 5))  # fmt: skip
    xs, _ = samples("translator", 12, 4, 5, whole=True)
    x = torch.tensor(xs)

    def loss(batch):
        rows = x[batch]
        h = torch.zeros(len(batch), 4)
        for i in range(4):
            h = net.encoder(net.embedding(rows[:, i]), h)
        before, total = rows[:, 3], 0.0
        for i in (2, 1, 0):
            h = net.decoder(net.embedding(before), h)
            total = total + nn.functional.cross_entropy(net.out(h), rows[:, i])
            before = rows[:, i]
        return total / 3

    return losses(net, optim.RMSprop(net.parameters(), lr=0.01), loss)


def transformer() -> list[float]:
    """Train one block with two heads to tell the next of five symbols."""
    linear = {name: nn.Linear(8, 8, bias=False) for name in ("query", "key", "value", "join")}
    net = Net("transformer", symbols=nn.Embedding(6, 8), places=nn.Embedding(5, 8),
              first=nn.RMSNorm(8, eps=1e-5), second=nn.LayerNorm(8), up=nn.Linear(8, 16),
              down=nn.Linear(16, 8), out=nn.Linear(8, 6, bias=False), **linear)  # fmt: skip
    xs, _ = samples("transformer", 12, 6, 6, whole=True)
    tokens = torch.tensor(xs)

    def loss(batch):
        rows = tokens[batch]
        x = net.symbols(rows[:, :5]) + net.places(torch.arange(5))
        y = net.first(x)
        q, k, v = (
            f(y).reshape(-1, 5, 2, 4).transpose(1, 2) for f in (net.query, net.key, net.value)
        )
        heads = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + net.join(heads.transpose(1, 2).reshape(-1, 5, 8))
        x = x + net.down(net.up(net.second(x)).relu())
        return nn.functional.cross_entropy(net.out(x).reshape(-1, 6), rows[:, 1:].reshape(-1))

    return losses(net, optim.AdamW(net.parameters(), lr=0.01), loss)


def main() -> None:
    """Write the file beside this one."""
    content = {
        "torch": torch.__version__,
        "optimizers": [optimizer_case(k, o) for k, many in OPTIMIZERS.items() for o in many],
        "schedules": [schedule_case(k, o) for k, many in SCHEDULES.items() for o in many],
        "losses": loss_cases(),
        "clipping": [clip_case([3.0, -4.0], 1.0), clip_case([0.3, 0.4], 1.0)],
        "layers": layer_cases(),
        "trainings": {f.__name__: f() for f in (mlp, cnn, translator, transformer)},
    }
    path = Path(__file__).with_name("reference.json")
    path.write_text(json.dumps(content) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
