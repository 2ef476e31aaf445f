"""A convolutional network on text: in which of ten languages is the name of a place?

The network of `nn.examples.names`, with more letters and ten classes. A name that is spelt the same
in two of the languages is left out, so that there is an answer.
"""

from __future__ import annotations

from nn.examples.data.places import LANGUAGES, LONGEST, places
from nn.examples.data.splits import Samples, Split
from nn.examples.recipe import Recipe, System, classifier, command
from nn.examples.text import Alphabet, TextCNN

__all__ = ["LONGEST", "OFTEN", "SYSTEMS", "recipe"]

OFTEN = 5  # a letter seen less often has no number of its own


def recipe(seed: int) -> Recipe:
    """Return what to train."""
    split = places(seed)
    alphabet = Alphabet(split.train.inputs, LONGEST, often=OFTEN)
    parts = (
        Samples([alphabet.numbers(name) for name in part.inputs], part.targets) for part in split
    )
    model = TextCNN(
        alphabet, width=12, filters=40, window=3, classes=len(LANGUAGES), p=0.3, seed=seed
    )
    return classifier(model, Split(*parts), epochs=30)


SYSTEMS = (
    System("CNN for text, ten languages", "Babel, names of places, stratified 80/20",
           "test accuracy", 0.75, recipe),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
