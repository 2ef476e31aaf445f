"""A convolutional network on text: in which of ten languages is the name of a place?

The network of `nn.examples.names`, with more letters and ten classes. A name that is spelt the same
in two of the languages is left out, so that there is an answer.
"""

from __future__ import annotations

from nn import AdamW, CosineAnnealingLR, cross_entropy
from nn.examples.compiled import outputs
from nn.examples.data.places import LANGUAGES, LONGEST, places
from nn.examples.data.splits import Samples
from nn.examples.recipe import Recipe, System, command
from nn.examples.text import Alphabet, TextCNN
from nn.metrics import accuracy

__all__ = ["LONGEST", "OFTEN", "SYSTEMS", "recipe"]

OFTEN = 5  # a letter seen less often has no number of its own


def recipe(seed: int) -> Recipe:
    """Return what to train."""
    split = places(seed)
    alphabet = Alphabet(split.train.inputs, LONGEST, often=OFTEN)
    train, test = (
        Samples([alphabet.numbers(name) for name in part.inputs], part.targets) for part in split
    )
    model = TextCNN(
        alphabet, width=12, filters=40, window=3, classes=len(LANGUAGES), p=0.3, seed=seed
    )
    optimizer = AdamW(model.parameters(), lr=0.01, weight_decay=0.1)
    epochs = 30
    return Recipe(
        model, train, cross_entropy, optimizer, epochs,
        figure=lambda trained: accuracy(outputs(trained, test.inputs), test.targets),
        schedule=CosineAnnealingLR(optimizer, epochs),
    )  # fmt: skip


SYSTEMS = (
    System("CNN for text, ten languages", "Babel, names of places, stratified 80/20",
           "test accuracy", 0.75, recipe),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
