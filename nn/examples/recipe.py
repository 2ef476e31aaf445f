"""What every example is made of: a recipe to train, and a system with a figure to reach.

A `Recipe` says what to train, on what, and how; `train` follows it. A `System` is a row of the
report: it names the data and the split, and its `measure` trains with a seed and returns the figure
on samples that training never saw; an `Experiment` is a row that needs no training of a network.
`classifier` is the recipe of most networks here; `command` is what `python -m nn.examples.NAME`
does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import nan
from pathlib import Path
from typing import Any

from nn import (
    AdamW,
    Checkpoint,
    CosineAnnealingLR,
    History,
    Module,
    Optimizer,
    cross_entropy,
    fit,
)
from nn.clipping import Clip
from nn.curves import line_chart
from nn.examples.compiled import compiled, outputs
from nn.examples.data.packages import MissingPackageError
from nn.examples.data.splits import Samples, Split
from nn.files import write_json, write_text
from nn.metrics import accuracy
from nn.training import Loss, TrainingError

__all__ = ["Experiment", "Recipe", "Row", "System", "classifier", "command", "train"]
__all__ += ["positive", "program", "train_whole"]


@dataclass
class Recipe:
    """What to train, on what, and how; the names are those of `nn.fit`.

    Attributes:
        figure: takes the trained model, returns what it reaches on unseen samples.
        annealed: let the learning rate fall along half a cosine, to 0 after the last epoch.
        options: more arguments of `nn.fit`.
    """

    model: Module
    samples: Samples
    loss: Loss
    optimizer: Optimizer
    epochs: int
    figure: Callable[[Any], float]
    batch_size: int | None = 32
    annealed: bool = False
    clip: Clip | None = None
    options: dict[str, Any] = field(default_factory=dict)


def classifier(
    model: Module, split: Split, epochs: int, *, optimizer: Optimizer | None = None, **options: Any
) -> Recipe:
    """Return what to train so that a model tells classes apart; the figure is the test accuracy.

    Args:
        model: gives a score for each class; `split` has the samples to train on and to test on.
        epochs: how often to go through them.
        optimizer: without one AdamW is taken, whose rate falls to 0.
        options: more attributes of `Recipe`.

    >>> from nn import MLP
    >>> samples = Samples([[3.0], [4.0]], [1, 1])
    >>> classifier(MLP(1, [2], seed=0), Split(samples, samples), epochs=5).optimizer
    AdamW(lr=0.01, 4 parameters)
    """
    if optimizer is None:
        optimizer = AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
        options = {"annealed": True} | options
    test = split.test
    return Recipe(
        model, split.train, cross_entropy, optimizer, epochs,
        figure=lambda trained: accuracy(outputs(trained, test.inputs), test.targets), **options,
    )  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A row of the report.

    Attributes:
        name, data: what is looked at, and on what, with the split.
        figure, goal: what is measured, and what it must reach.
        make: from a seed to the figure, or to the recipe to be followed.
        most: the figure must be at most the goal, not at least.
        percent: the figure is a share.
    """

    name: str
    data: str
    figure: str
    goal: float
    make: Callable[[int], Any]
    most: bool = False
    percent: bool = True

    def measure(self, seed: int, *, progress: bool = False) -> float:
        """Return the figure for a seed."""
        raise NotImplementedError(f"{type(self).__name__} must define measure")

    def reached(self, figure: float) -> bool:
        """Return whether a figure is good enough."""
        return figure <= self.goal if self.most else figure >= self.goal

    def shown(self, figure: float) -> str:
        """Return a figure as people read it."""
        return f"{100 * figure:.1f} %" if self.percent else f"{figure:.3f}"

    def wanted(self) -> str:
        """Return the goal as people read it."""
        return f"{'at most' if self.most else 'at least'} {self.shown(self.goal)}"


class System(Row):
    """A network that is trained; `make` gives its `Recipe`.

    >>> SYSTEM = System("any", "any", "accuracy", 0.9, lambda seed: None)
    >>> SYSTEM.wanted(), SYSTEM.reached(0.95), SYSTEM.shown(0.95)
    ('at least 90.0 %', True, '95.0 %')
    """

    def measure(self, seed: int, *, progress: bool = False) -> float:
        """Train with a seed and return the figure; nan where the training broke down.

        Raises KeyboardInterrupt where it has been interrupted: half trained has no figure.
        """
        recipe = self.make(seed)
        try:
            train_whole(recipe, seed, progress=progress)
        except TrainingError:
            return nan
        return float(recipe.figure(recipe.model))


class Experiment(Row):
    """Something that is tried; `make` gives the figure itself."""

    def measure(self, seed: int, *, progress: bool = False) -> float:
        """Try it with a seed and return the figure."""
        return float(self.make(seed))


class _Kept(Checkpoint):
    """A checkpoint that knows its seed and its samples.

    The seed decides which samples are tested on: a model of another one has been trained on them.
    """

    def __init__(self, path: Path, seed: int, samples: Samples) -> None:
        super().__init__(path)
        self.seed, self.samples = seed, sha256(repr(tuple(samples)).encode()).hexdigest()

    def state_dict(self) -> dict[str, Any]:
        """Return what the training is of."""
        return {"seed": self.seed, "samples": self.samples}

    def load_state_dict(self, content: dict[str, Any]) -> None:
        """Raise ValueError for what is of another seed, or of other samples."""
        seed, cure = content.get("seed", "unknown"), "give another --out, or remove it"
        if seed != self.seed:
            raise ValueError(f"{self.path} is of seed {seed}, not {self.seed}: {cure}")
        if content.get("samples") != self.samples:
            raise ValueError(f"{self.path} is of a training on other samples: {cure}")


def train(recipe: Recipe, seed: int, *, out: Path | None = None, progress: bool = True) -> History:
    """Follow a recipe and return the history.

    Args:
        recipe: what to do.
        seed: of the shuffling.
        out: a folder for the checkpoint; where one is there, the training goes on from it.
        progress: show a progress bar.

    Raises ValueError for a checkpoint of another seed, or of other samples.
    """
    options, schedule = dict(recipe.options), None
    if recipe.annealed:
        schedule = CosineAnnealingLR(recipe.optimizer, recipe.epochs)
    if out is not None:
        file = out / "checkpoint.json"
        kept = _Kept(file, seed, recipe.samples)
        options["callbacks"] = [*options.get("callbacks", ()), kept]
        options["resume"] = file if file.exists() else None
    return fit(
        recipe.model, *recipe.samples, loss=recipe.loss, optimizer=recipe.optimizer,
        epochs=recipe.epochs, batch_size=recipe.batch_size, schedule=schedule,
        clip=recipe.clip, seed=seed, progress=progress, **({"compiled": compiled()} | options),
    )  # fmt: skip


def train_whole(recipe: Recipe, seed: int, *, progress: bool = False) -> None:
    """Follow a recipe to its end; raise KeyboardInterrupt where that has been interrupted."""
    stopped = train(recipe, seed, progress=progress).stopped
    if stopped.startswith("interrupted"):
        raise KeyboardInterrupt(stopped)


def positive(text: str) -> int:
    """Return a whole number of at least 1, for a command line; raise ValueError for the rest."""
    if int(text) < 1:
        raise ValueError
    return int(text)


positive.__name__ = "positive number"  # what argparse calls it in its message


def command(
    systems: Sequence[Row], arguments: Sequence[str] | None = None, *, doc: str | None = None
) -> None:
    """Train what the command line asks for and say what was reached.

    Args:
        systems: those of the example.
        arguments: the words after the command; None for those of this process.
        doc: what the example is about, for `--help`.

    Raises SystemExit, with a line that says why, where a package is missing, a file cannot be read
    or written, or the training breaks down.
    """
    parser = argparse.ArgumentParser(
        prog=program(), description=doc, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=0, help="of the split, the weights, the order")
    parser.add_argument("--epochs", type=positive, help="how often to go through the samples")
    parser.add_argument("--out", type=Path, help="folder for the model, its loss curve, its figure "
                        "and a checkpoint, from which the same command goes on")  # fmt: skip
    chosen = parser.parse_args(arguments)
    try:
        for system in systems:
            _done(system, chosen)
    except (MissingPackageError, OSError, ValueError, TrainingError) as error:
        parser.exit(1, f"{parser.prog}: {error}\n")


def program() -> str | None:
    """Return what is typed to run the example; None where argparse knows better."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return f"python -m {spec.name}" if spec and spec.name.startswith("nn.") else None


def _done(system: Row, chosen: argparse.Namespace) -> None:
    if isinstance(system, System):
        _trained(system, chosen)
    else:
        print(f"{system.name}: {system.data}; seed {chosen.seed}")
        _told(system, system.measure(chosen.seed))


def _told(system: Row, figure: float) -> None:
    print(f"{system.figure}: {system.shown(figure)} ({system.wanted()} is wanted)")


def _trained(system: System, chosen: argparse.Namespace) -> None:
    recipe = system.make(chosen.seed)
    recipe.epochs = recipe.epochs if chosen.epochs is None else chosen.epochs
    print(f"{system.name}: {system.data}; seed {chosen.seed}, {recipe.epochs} epochs, "
          f"{len(recipe.model.parameters())} parameters")  # fmt: skip
    out = chosen.out and chosen.out / system.name.replace(" ", "_").replace(",", "")
    if out:
        out.mkdir(parents=True, exist_ok=True)
    history = train(recipe, chosen.seed, out=out)
    if history.stopped.startswith("interrupted"):
        print(f"{history.stopped}{'; the same command goes on from there' if out else ''}")
        return
    figure = recipe.figure(recipe.model)
    if (done := len(history["loss"])) > recipe.epochs:
        print(f"the checkpoint has {done} epochs already, and the figure is of them all")
    _told(system, figure)
    if out:
        _written(out, system, recipe, history, figure)


def _written(out: Path, system: System, recipe: Recipe, history: History, figure: float) -> None:
    recipe.model.save(out / "model.json", system=system.name)
    kept = {"system": system.name, "figure": system.figure, "value": figure, "goal": system.goal}
    write_json(out / "figure.json", kept | {"history": history})
    curves = {name: numbers for name, numbers in history.items() if name.endswith("loss")}
    write_text(out / "loss.svg", line_chart(curves, system.name, "epoch", "loss"))
    print(f"{out} has {', '.join(sorted(path.name for path in out.iterdir()))}")
