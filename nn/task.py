"""A table made into a task for a network: split, standardized, judged, explained.

`Task.of` parts the rows of a table into those to train on and those to test on; `report` says how
good a model is on both; `explained_loss` gives the graph of the test row it is most wrong about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autograd import Value, custom_gradient, dot
from nn.fitting import predict
from nn.losses import cross_entropy, mean_squared_error
from nn.metrics import (
    accuracy,
    confusion_matrix,
    predicted_class,
    r_squared,
    root_mean_squared_error,
)
from nn.mlp import MLP, Neuron
from nn.tables import Scale, Table, split

__all__ = ["Task", "explained_loss", "outcome", "report"]

TEST_SHARE = 0.25


@dataclass
class Task:
    """A table made ready: numbers standardized by the rows to train on.

    Attributes:
        table: the table; `train` and `test` are numbers of its rows.
        scales: one for each column; `target_scale` that of a numeric target, else None.
    """

    table: Table
    train: list[int]
    test: list[int]
    scales: list[Scale]
    target_scale: Scale | None

    @classmethod
    def of(cls, table: Table, rng: random.Random) -> Task:
        """Split a table and find the scales of the rows to train on."""
        train, test = split(table, TEST_SHARE, rng)
        columns = zip(*(table.rows[i] for i in train), strict=True)
        scale = None if table.classes else Scale.of([table.targets[i] for i in train])
        return cls(table, train, test, [Scale.of(column) for column in columns], scale)

    def samples(self, rows: Sequence[int]) -> tuple[list[list[float]], list[Any]]:
        """Return the inputs and the targets of some rows, standardized."""
        inputs = [
            [scale.apply(x) for scale, x in zip(self.scales, self.table.rows[i], strict=True)]
            for i in rows
        ]
        targets: list[Any] = [self.table.targets[i] for i in rows]
        scale = self.target_scale
        return inputs, [scale.apply(t) for t in targets] if scale else targets

    def loss(self, outputs: Any, targets: Any) -> Any:
        """Return the cross entropy, or for a numeric target the mean squared error."""
        loss = cross_entropy if self.table.classes else mean_squared_error
        return loss(outputs, targets)

    def notes(self) -> dict[str, Any]:
        """Return what it takes to use the model on other rows."""
        names = [*self.table.columns] + ([] if self.table.classes else [self.table.target])
        scales = [*self.scales] + ([self.target_scale] if self.target_scale else [])
        return {
            "target": self.table.target,
            "classes": self.table.classes,
            "scales": {
                name: [scale.mean, scale.deviation]
                for name, scale in zip(names, scales, strict=True)
            },
        }


def outcome(task: Task, model: MLP, rows: Sequence[int]) -> tuple[list[Any], list[Any]]:
    """Return the outputs for some rows, and the targets."""
    inputs, targets = task.samples(rows)
    return predict(model, inputs), targets


def report(task: Task, model: MLP) -> str:
    """Return the figures on both parts of the rows, and for classes the confusion table."""
    lines = []
    for name, rows in (("train", task.train), ("test", task.test)):
        lines.append(f"{name:5}  {len(rows):5} rows  " + _figures(task, model, rows))
    if task.table.classes:
        outputs, targets = outcome(task, model, task.test)
        if -1 in map(predicted_class, outputs):
            return "\n".join([*lines, "", "test rows have outputs that are nan, of no class"])
        counts = confusion_matrix(outputs, targets, len(task.table.classes))
        lines += ["", "test rows: true class down, predicted class across"]
        lines += _table(task.table.classes, counts)
    return "\n".join(lines)


def _figures(task: Task, model: MLP, rows: Sequence[int]) -> str:
    outputs, targets = outcome(task, model, rows)
    if task.target_scale is None:
        right = accuracy(outputs, targets)
        return f"accuracy {100 * right:5.1f} %  loss {task.loss(outputs, targets):.4f}"
    # Of standardized numbers: squares of very small ones, in their unit, would be 0.
    error = root_mean_squared_error(outputs, targets) * task.target_scale.deviation
    return f"root mean squared error {error:.4g}  R squared {r_squared(outputs, targets):.4f}"


def _table(names: Sequence[str], counts: Sequence[Sequence[int]]) -> list[str]:
    widths = [max(len(name), 4) for name in names]
    first = max(widths)
    head = " " * first + "".join(f"  {name:>{w}}" for name, w in zip(names, widths, strict=True))
    rows = [
        f"{name:<{first}}" + "".join(f"  {n:>{w}}" for n, w in zip(row, widths, strict=True))
        for name, row in zip(names, counts, strict=True)
    ]
    return [head, *rows]


def explained_loss(task: Task, model: MLP) -> Value:
    """Return the loss of the test row that it is most wrong about, after a backward pass.

    Each weighted sum stands as one node of the values that go into it, with the weights as local
    derivatives: as nodes, the weights would be ten times as many as the neurons, and hide them.
    """
    row = max(task.test, key=lambda i: task.loss(*outcome(task, model, [i])))
    targets = task.samples([row])[1]
    x: list[Any] = [
        (Value(number, label=name) - scale.mean) / scale.deviation
        for number, name, scale in zip(
            task.table.rows[row], task.table.columns, task.scales, strict=True
        )
    ]
    for i, layer in enumerate(model.layers, start=1):
        x = [neuron.activation(_weighted_sum(neuron)(*x)) for neuron in layer.neurons]
        for j, value in enumerate(x, start=1):
            value.label = f"layer {i} neuron {j}"
    for value, name in zip(x, task.table.classes or [task.table.target], strict=True):
        value.label = name
    loss: Value = task.loss([x] if task.table.classes else x, targets)
    loss.label = "loss"
    loss.backward()
    return loss


def _weighted_sum(neuron: Neuron) -> Callable[..., Value]:
    """Return what a neuron does before its activation, as one operation on its inputs."""
    weights, bias = [w.data for w in neuron.w], neuron.b.data

    def weigh(*x: float) -> float:
        return float(dot([bias, *weights], [1.0, *x]))

    weigh.__name__ = "w·x + b"  # its sign in the picture
    return custom_gradient(weigh, lambda *_: weights)
