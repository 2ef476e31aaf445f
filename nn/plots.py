"""Pictures of a training, for notebooks: with matplotlib, from the extra `notebooks`.

`plot_history`, `plot_confusion`, `plot_decision_boundary`, `plot_weights`, `plot_diagnosis`,
`plot_attention` and `plot_function` each draw on the axes given, or on new ones, and return them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, sqrt
from typing import Any

from autograd import derivative
from nn.diagnosis import Diagnosis
from nn.fitting import predict
from nn.metrics import predicted_class
from nn.module import Module

__all__ = ["plot_attention", "plot_confusion", "plot_decision_boundary", "plot_diagnosis"]
__all__ += ["plot_function", "plot_history", "plot_weights"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # Okabe and Ito's


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError as error:
        hint = 'these pictures need matplotlib: pip install "scalar-autograd[notebooks]"'
        raise ImportError(hint) from error
    return plt


def _axes(axes: Any) -> Any:
    return _pyplot().subplots()[1] if axes is None else axes


def plot_history(
    history: Mapping[str, Sequence[float]], axes: Any = None, *, names: Sequence[str] | None = None
) -> Any:
    """Draw the losses of a training over its epochs.

    Args:
        history: as `fit` returns it.
        axes: where to draw.
        names: the figures to draw; all whose name ends in "loss" if not given.
    """
    axes = _axes(axes)
    chosen = [name for name in history if name.endswith("loss")] if names is None else names
    for i, name in enumerate(chosen):
        epochs = range(1, len(history[name]) + 1)
        label = name.replace("_", " ")
        axes.plot(epochs, history[name], color=COLOURS[i % len(COLOURS)], label=label)
    axes.set_xlabel("epoch")
    if len(chosen) > 1:
        axes.legend(frameon=False)
    else:
        axes.set_ylabel("".join(chosen).replace("_", " "))
    return axes


def plot_confusion(
    counts: Sequence[Sequence[int]], classes: Sequence[str] | None = None, axes: Any = None
) -> Any:
    """Draw a confusion matrix, as `nn.metrics.confusion_matrix` gives it."""
    axes = _axes(axes)
    names = list(map(str, range(len(counts)))) if classes is None else list(classes)
    _matrix(axes, counts, names, names, [[str(n) for n in row] for row in counts])
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    return axes


def plot_attention(
    weights: Sequence[Sequence[Any]], queries: Sequence[str], keys: Sequence[str], axes: Any = None
) -> Any:
    """Draw which key each query looks at: the weights of `attention_weights` as shades."""
    axes = _axes(axes)
    shares = [[float(getattr(w, "data", w)) for w in row] for row in weights]
    _matrix(axes, shares, list(queries), list(keys))
    return axes


def _matrix(
    axes: Any, numbers: Any, rows: list[str], columns: list[str],
    texts: list[list[str]] | None = None,
) -> None:  # fmt: skip
    axes.imshow(numbers, cmap="Blues", vmin=0.0)
    _name_places(axes, columns)
    axes.set_yticks(range(len(rows)), rows)
    largest = max(max(row) for row in numbers)
    for i, line in enumerate(texts or []):
        for j, text in enumerate(line):
            dark = numbers[i][j] > 0.6 * largest
            axes.text(j, i, text, ha="center", va="center", color="white" if dark else "black")


def _name_places(axes: Any, names: list[str]) -> None:
    """Write names at 0, 1, 2, ...: turned where they would touch each other."""
    turned = {"rotation": 45, "ha": "right"} if sum(map(len, names)) > 24 else {}
    axes.set_xticks(range(len(names)), names, **turned)


def plot_decision_boundary(
    model: Module, inputs: Any, targets: Sequence[int], axes: Any = None, *, steps: int = 60
) -> Any:
    """Draw how a model of two inputs parts the plane, with samples on it.

    Args:
        model: takes two numbers; one output (positive or not) or one score for each class.
        inputs: pairs of numbers; `targets` their classes, from 0, or 1 and -1.
        axes: where to draw.
        steps: how fine, in each direction.
    """
    axes = _axes(axes)
    across, down = (_range([x[i] for x in inputs], steps) for i in (0, 1))
    outputs = predict(model, [[x, y] for y in down for x in across])
    classes = [predicted_class(output) for output in outputs]
    plane = [classes[i : i + steps] for i in range(0, len(classes), steps)]
    count = max(*classes, *targets) + 1
    levels = [i - 0.5 for i in range(count + 1)]
    axes.contourf(across, down, plane, levels=levels, colors=COLOURS[:count], alpha=0.25)
    for c in range(count):
        chosen = [x for x, t in zip(inputs, targets, strict=True) if max(t, 0) == c]
        axes.scatter([x[0] for x in chosen], [x[1] for x in chosen], s=14, color=COLOURS[c])
    return axes


def _range(numbers: Sequence[float], steps: int) -> list[float]:
    low, high = min(numbers), max(numbers)
    margin = 0.1 * (high - low) or 1.0
    width = (high - low + 2.0 * margin) / (steps - 1)
    return [low - margin + i * width for i in range(steps)]


def plot_weights(
    weight: Sequence[Any], axes: Any = None, *, shape: tuple[int, int] | None = None
) -> Any:
    """Draw weights as colours, blue below zero and red above.

    Args:
        weight: a matrix, as `layer.weight`, or the weights of one neuron.
        axes: where to draw.
        shape: rows and columns, for the weights of one neuron; about square if not given.
    """
    axes = _axes(axes)
    if isinstance(weight[0], (list, tuple)):
        rows = [[float(getattr(w, "data", w)) for w in row] for row in weight]
    else:
        width = shape[1] if shape else ceil(sqrt(len(weight)))
        numbers = [float(getattr(w, "data", w)) for w in weight] + [0.0] * (-len(weight) % width)
        rows = [numbers[i : i + width] for i in range(0, len(numbers), width)]
    largest = max(abs(w) for row in rows for w in row) or 1.0
    image = axes.imshow(rows, cmap="RdBu_r", vmin=-largest, vmax=largest)
    axes.figure.colorbar(image, ax=axes, shrink=0.8)
    return axes


def plot_diagnosis(diagnosis: Diagnosis, axes: Any = None) -> Any:
    """Draw for each layer the size of outputs, their gradients and weights, as bars on a log scale.

    The title names the illnesses.
    """
    axes = _axes(axes)
    names = [layer.name for layer in diagnosis.layers]
    series = {"output": "output", "gradient of output": "output_gradient", "weights": "weight",
              "gradient of weights": "gradient"}  # fmt: skip
    for i, (label, attribute) in enumerate(series.items()):
        heights = [getattr(layer, attribute) for layer in diagnosis.layers]
        places = [j + 0.2 * (i - 1.5) for j in range(len(names))]
        axes.bar(places, heights, width=0.18, label=label, color=COLOURS[i])
    axes.set_yscale("log")
    axes.set_ylabel("root mean square")
    _name_places(axes, names)
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axes.set_title(", ".join(f.illness for f in diagnosis.findings) or "healthy", loc="left")
    return axes


def plot_function(
    function: Callable[[Any], Any], axes: Any = None, *, low: float = -4.0, high: float = 4.0
) -> Any:
    """Draw a function of one number and its derivative: an activation, say."""
    axes = _axes(axes)
    xs = [low + i * (high - low) / 400 for i in range(401)]
    axes.plot(xs, [function(x) for x in xs], color=COLOURS[0], label="value")
    axes.plot(xs, list(map(derivative(function), xs)), color=COLOURS[1], label="derivative")
    axes.axhline(0.0, color="#bbb", linewidth=0.8, zorder=0)
    axes.set_title(getattr(function, "__name__", ""))
    axes.legend(frameon=False)
    return axes
