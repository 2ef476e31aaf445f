"""Train a network on a table: `python -m nn [FILE.csv --target COLUMN]`, by default on iris.

A text target makes a classifier, a numeric one a regressor, or a classifier too with `--classes`.
Prints how good it is on rows it has not seen, and writes the model (JSON), the computation graph of
one row and the curve of the loss (SVG). A bad file gets one line that says where, and exit status
2.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from autograd import Value
from autograd.draw import LayoutError, to_dot, to_svg
from nn.curves import line_chart
from nn.files import write_text
from nn.fitting import fit
from nn.mlp import MLP
from nn.optimizer import Optimizer
from nn.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from nn.tables import Table, TableError, read_table
from nn.task import Task, explained_loss, report
from nn.training import History, TrainingError

IRIS = Path(__file__).parent / "data" / "iris.csv"
OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "rmsprop": RMSprop,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
}

MOST_CLASSES = 10  # a target of more different numbers is not taken for one of classes


def _sizes(text: str) -> list[int]:
    """Read `16,16`; nothing between the commas of an empty text: no hidden layer."""
    sizes = [int(part) for part in text.split(",")] if text.strip() else []
    if any(size < 1 for size in sizes):
        raise ValueError
    return sizes


_sizes.__name__ = "list of layer sizes"  # what argparse calls it in its message


def _count(text: str) -> int:
    if int(text) < 1:
        raise ValueError
    return int(text)


_count.__name__ = "number of epochs"


def _rate(text: str) -> float:
    if not 0.0 < float(text) < float("inf"):
        raise ValueError
    return float(text)


_rate.__name__ = "learning rate"


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m nn", description="Train a multi-layer perceptron on a table."
    )
    add = parser.add_argument
    add("file", nargs="?", default=IRIS, metavar="FILE.csv", help="a CSV file with a header (iris)")
    add("--target", metavar="COLUMN", help="what to predict: text or numbers (the last column)")
    add("--classes", action="store_true", help="the numbers of the target stand for classes")
    add("--hidden", type=_sizes, default=[16, 16], help="sizes of the hidden layers (16,16)")
    add("--epochs", type=_count, default=60, help="how often to go through the rows (60)")
    add("--learning-rate", type=_rate, default=0.01, help="the optimizer's lr (0.01)")
    add("--optimizer", choices=OPTIMIZERS, default="adam", help="how to step (adam)")
    add("--seed", type=int, default=0, help="of the split, the weights and the shuffling (0)")
    add("--out", type=Path, default=Path("out"), metavar="DIR", help="where to write to (out)")
    return parser.parse_args(argv)


def _train(task: Task, arguments: argparse.Namespace, rng: random.Random) -> tuple[MLP, History]:
    nouts = [*arguments.hidden, max(1, len(task.table.classes))]
    model = MLP(len(task.table.columns), nouts, initializer="he", rng=rng)
    print(f"{model}, {len(model.parameters())} parameters")
    kind = OPTIMIZERS[arguments.optimizer]
    history = fit(
        model, *task.samples(task.train), loss=task.loss, epochs=arguments.epochs, batch_size=16,
        optimizer=kind(model.parameters(), lr=arguments.learning_rate), rng=rng,
        validation=task.samples(task.test),
    )  # fmt: skip
    return model, history


def _write_graph(root: Value, folder: Path) -> list[str]:
    """Write the graph as SVG, or where nothing can lay it out as DOT; return what to say."""
    try:
        to_svg(root, folder / "graph.svg", show=["label", "data", "grad"])
    except LayoutError as error:
        write_text(folder / "graph.dot", to_dot(root, show=["label", "data", "grad"]))
        return [f"{folder / 'graph.dot'}  the computation graph ({error})"]
    return [f"{folder / 'graph.svg'}  the computation graph of the test row it is most wrong about"]


def _write(task: Task, model: MLP, history: History, folder: Path) -> list[str]:
    """Write everything; return a line for each file."""
    model.save(folder / "model.json", **task.notes())
    curves = {"training": history.get("loss", []), "test": history.get("validation_loss", [])}
    title = f"Loss while learning {task.table.target}"
    write_text(folder / "loss.svg", line_chart(curves, title, "epoch", "loss"))
    return [
        f"{folder / 'model.json'}  the parameters and how the columns were scaled",
        *_write_graph(explained_loss(task, model), folder),
        f"{folder / 'loss.svg'}  the loss by epoch",
    ]


def _prepare(folder: Path) -> None:
    """Make the folder to write to; raise TableError where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
        for name in ("model.json", "graph.svg", "graph.dot", "loss.svg"):
            if (folder / name).is_dir():
                raise IsADirectoryError(21, f"{name} in it is a directory")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise TableError(f"cannot write to {folder}: {reason}") from None


def _hint(table: Table) -> str:
    """Return what to say of a numeric target that may stand for classes, "" of any other."""
    found = sorted(set(table.targets))
    if table.classes or 2 * len(found) > len(table.targets) or len(found) > MOST_CLASSES:
        return ""
    if any(x != int(x) for x in found):
        return ""
    numbers = ", ".join(f"{x:g}" for x in found)
    return f"{table.target} has only the numbers {numbers}: if they are classes, add --classes\n"


def _told(error: TableError | TrainingError, rate: float) -> str:
    """Return an error in one line: of a training the first, without the program that repeats it."""
    if isinstance(error, TableError):
        return " ".join(str(error).split())
    return f"{str(error).splitlines()[0]}; try a --learning-rate smaller than {rate:g}"


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    arguments = _arguments(argv)
    for stream in (sys.stdout, sys.stderr):  # names that the terminal cannot show end no training
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    rng = random.Random(arguments.seed)
    try:
        table = read_table(arguments.file, arguments.target, classes=arguments.classes)
        _prepare(arguments.out)
        task = Task.of(table, rng)
        kind = f"{len(table.classes)} classes" if table.classes else "a number"
        print(f"{Path(arguments.file).name}: {len(table.rows)} rows, {len(table.columns)} columns, "
              f"predicting {table.target} ({kind})\n{_hint(table)}", end="")  # fmt: skip
        began = perf_counter()
        model, history = _train(task, arguments, rng)
    except (TableError, TrainingError) as error:
        print(f"python -m nn: {_told(error, arguments.learning_rate)}", file=sys.stderr)
        return 2 if isinstance(error, TableError) else 1
    ended = f"; {history.stopped}" if history.stopped else ""
    seconds = perf_counter() - began
    try:
        written = _write(task, model, history, arguments.out)  # nobody may listen any more
    finally:
        print(f"trained for {seconds:.1f} s{ended}\n")
        print(report(task, model))
    print("\nwritten:", *written, sep="\n  ")
    return 130 if history.stopped else 0


if __name__ == "__main__":
    sys.exit(main())
