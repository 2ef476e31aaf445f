import sys

import pytest

import nn
from autograd import Value, tanh
from nn import MLP, diagnose

matplotlib = pytest.importorskip("matplotlib", reason="pictures for notebooks need matplotlib")
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - after its backend has been chosen

from nn import plots  # noqa: E402 - after matplotlib, which may be missing


@pytest.fixture(autouse=True)
def closed():
    yield
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()  # what would fail only when it is shown fails here
    plt.close("all")


def test_history():
    history = {"loss": [3.0, 2.0], "lr": [0.1, 0.1], "validation_loss": [3.5, 2.5]}
    axes = plots.plot_history(history)
    assert [line.get_label() for line in axes.lines] == ["loss", "validation loss"]
    assert list(axes.lines[0].get_xdata()) == [1, 2]
    assert plots.plot_history(history, names=["lr"]).get_ylabel() == "lr"


def test_on_axes_of_ones_own():
    _, axes = plt.subplots()
    assert plots.plot_history({"loss": [1.0]}, axes) is axes


def test_confusion():
    axes = plots.plot_confusion([[5, 1], [0, 7]], ["setosa", "virginica"])
    assert [text.get_text() for text in axes.texts] == ["5", "1", "0", "7"]
    assert [text.get_color() for text in axes.texts] == ["white", "black", "black", "white"]
    assert len(plots.plot_confusion([[1]]).texts) == 1


def test_attention():
    axes = plots.plot_attention([[Value(0.25), 0.75]], ["q"], ["a", "b"])
    assert axes.images[0].get_array().tolist() == [[0.25, 0.75]]


@pytest.mark.parametrize(("outputs", "targets"), [(1, [1, -1, 1]), (3, [0, 1, 2])])
def test_decision_boundary(outputs, targets):
    model = MLP(2, [4, outputs], seed=0)
    points = [[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]
    axes = plots.plot_decision_boundary(model, points, targets, steps=5)
    shown = [tuple(p) for dots in axes.collections if hasattr(dots, "get_sizes")
             for p in dots.get_offsets().tolist()]  # fmt: skip
    assert set(map(tuple, points)) <= set(shown)
    assert axes.get_xlim()[0] <= -0.2


def test_weights():
    layer = nn.Linear(3, 2, seed=0)
    axes = plots.plot_weights(layer.weight)
    assert axes.images[0].get_array().shape == (2, 3)
    assert plots.plot_weights([Value(1.0)] * 6, shape=(2, 3)).images[0].get_array().shape == (2, 3)
    assert plots.plot_weights([0.0] * 5).images[0].get_array().shape == (2, 3)


def test_diagnosis():
    model = MLP(2, [3, 1], activation="tanh", initializer="xavier", seed=0)
    found = diagnose(model, [[1.0, 2.0]], [0.5], loss=nn.mean_squared_error)
    axes = plots.plot_diagnosis(found)
    assert axes.get_title(loc="left") == "healthy"
    assert len(axes.patches) == 8
    assert axes.patches[0].get_height() == found.layers[0].output


def test_function_and_derivative():
    axes = plots.plot_function(tanh)
    value, slope = axes.lines[:2]
    assert axes.get_title() == "tanh"
    assert value.get_ydata()[200] == 0.0
    assert slope.get_ydata()[200] == 1.0


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"scalar-autograd\[notebooks\]"):
        plots.plot_history({"loss": [1.0]})
