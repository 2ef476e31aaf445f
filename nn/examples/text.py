"""Text for networks: letters as numbers, and a convolutional network over them.

An `Alphabet` numbers the letters of some texts and brings every text to one length; `TextCNN` looks
at windows of letters, wherever they stand, and takes the strongest answer of each kind (Kim, 2014).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from nn import Conv1d, Dropout, Each, Embedding, Linear, MaxPool1d, Module

__all__ = ["Alphabet", "TextCNN"]

EMPTY, START, END, RARE = range(4)  # EMPTY fills up; RARE stands for every letter not known


class Alphabet:
    """Letters and their numbers.

    Args:
        texts: those whose letters are to be known.
        length: of every text when it is numbered, start and end included.
        often: how often a letter must occur to have a number of its own.

    >>> Alphabet(["ab"], length=5).numbers("ba")
    [1, 5, 4, 2, 0]
    """

    def __init__(self, texts: Iterable[str], length: int, often: int = 1) -> None:
        counts = Counter(letter for text in texts for letter in text)
        self.letters = sorted(letter for letter, count in counts.items() if count >= often)
        self.number = {letter: i for i, letter in enumerate(self.letters, start=RARE + 1)}
        self.length = length

    def __len__(self) -> int:
        return len(self.letters) + RARE + 1

    def numbers(self, text: str) -> list[int]:
        """Return a text as numbers: start, letters, end, filled up; a long one loses its start."""
        found = [START, *(self.number.get(letter, RARE) for letter in text), END][-self.length :]
        return found + [EMPTY] * (self.length - len(found))


class TextCNN(Module):
    """Embedding, convolution along the letters, the largest over the places, scores.

    Args:
        alphabet: of the texts.
        width: of the embedding; `filters` of windows of `window` letters; `classes` to tell apart.
        p: the share of what is found that is dropped in training.

    >>> alphabet = Alphabet(["anna"], length=6)
    >>> model = TextCNN(alphabet, width=2, filters=3, window=3, classes=2, seed=0)
    >>> len(model(alphabet.numbers("anna")))
    2
    """

    def __init__(
        self, alphabet: Alphabet, *, width: int, filters: int, window: int, classes: int,
        p: float = 0.0, seed: int,
    ) -> None:  # fmt: skip
        rng = random.Random(seed)
        self.embedding = Embedding(len(alphabet), width, rng=rng)
        self.convolution = Conv1d(width, filters, window, rng=rng)
        self.relu = Each("relu")
        self.largest = MaxPool1d(alphabet.length - window + 1)
        self.dropout = Dropout(p, seed=rng.getrandbits(32))
        self.scores = Linear(filters, classes, rng=rng)

    def __call__(self, numbers: Sequence[Any]) -> Any:
        """Return the scores of a text as numbers."""
        vectors = [self.embedding(number) for number in numbers]
        lines = self.largest(self.convolution([list(line) for line in zip(*vectors, strict=True)]))
        found = self.relu([line[0] for line in lines])
        return self.scores(self.dropout(found))
