import math
import random

import pytest

from autograd import leaves, topological_order
from nn import MLP
from nn.tables import Table
from nn.task import Task, explained_loss, outcome, report

ROWS = [[float(i), float(i * i % 7)] for i in range(16)]
CLASSES = Table(["a", "b"], ROWS, "kind", [i % 2 for i in range(16)], ["even", "odd"])
NUMBERS = Table(["a", "b"], ROWS, "y", [3.0 * x[0] + 100.0 for x in ROWS], [])


def made(table, nouts):
    task = Task.of(table, random.Random(0))
    return task, MLP(2, nouts, initializer="xavier", seed=0)


def test_the_rows_to_train_on_are_standardized():
    task, _ = made(NUMBERS, [1])
    inputs, targets = task.samples(task.train)
    for column in [*zip(*inputs, strict=True), targets]:
        assert sum(column) == pytest.approx(0.0, abs=1e-9)
        assert sum(x * x for x in column) == pytest.approx(len(task.train))


def test_classes_are_not_scaled():
    task, _ = made(CLASSES, [3, 2])
    assert task.target_scale is None
    assert set(task.samples(task.test)[1]) == {0, 1}


def test_the_report_counts_every_test_row():
    task, model = made(CLASSES, [3, 2])
    lines = report(task, model).splitlines()
    assert lines[0].startswith("train     12 rows  accuracy")
    assert sum(int(n) for line in lines[-2:] for n in line.split()[1:]) == len(task.test) == 4


def test_figures_do_not_depend_on_the_unit():
    figures = []
    for unit in (1.0, 1e-310):
        rows = [[x * unit for x in row] for row in ROWS]
        targets = [(3.0 * x[0] + 100.0) * unit for x in ROWS]
        task, model = made(Table(["a", "b"], rows, "y", targets, []), [1])
        figures.append([line.split() for line in report(task, model).splitlines()])
    for usual, small in zip(*figures, strict=True):
        assert usual[-1] == small[-1] != "nan"
        assert float(small[-4]) / 1e-310 == pytest.approx(float(usual[-4]), rel=1e-3)


def test_errors_of_numbers_are_in_their_unit():
    task, model = made(NUMBERS, [1])
    for parameter in model.parameters():
        parameter.data = 0.0
    outputs, _ = outcome(task, model, task.test)
    assert outputs == [0.0] * 4
    found = float(report(task, model).split("error")[1].split()[0])
    assert found == pytest.approx(task.target_scale.deviation, rel=1e-3)


@pytest.mark.parametrize(("table", "nouts"), [(CLASSES, [3, 2]), (NUMBERS, [3, 1])])
def test_the_graph_gives_the_same_loss_and_has_the_columns_as_leaves(table, nouts):
    task, model = made(table, nouts)
    root = explained_loss(task, model)
    losses = [task.loss(*outcome(task, model, [i])) for i in task.test]
    assert root.data == pytest.approx(max(losses))
    assert {leaf.label for leaf in leaves(root)} == {"a", "b"}
    assert root.label == "loss"
    assert [node.op for node in topological_order(root)].count("w·x + b") == sum(nouts)


def test_the_gradient_in_the_graph_is_that_of_the_model():
    task, model = made(NUMBERS, [3, 1])
    root = explained_loss(task, model)
    (leaf,) = [leaf for leaf in leaves(root) if leaf.label == "a"]
    (row,) = [i for i in task.test if task.loss(*outcome(task, model, [i])) == root.data]

    def loss(shift):
        (inputs,), targets = task.samples([row])
        shifted = [inputs[0] + shift / task.scales[0].deviation, inputs[1]]
        return task.loss([model(shifted)], targets).data

    assert leaf.grad == pytest.approx((loss(1e-6) - loss(-1e-6)) / 2e-6, rel=1e-5)


def test_outputs_that_are_nan_are_reported_as_such():
    task, model = made(CLASSES, [3, 2])
    for parameter in model.parameters():
        parameter.data = math.nan
    assert report(task, model).endswith("test rows have outputs that are nan, of no class")
