"""Encoder and decoder: dates as people write them become ISO 8601, letter by letter.

A GRU reads the date; what it remembers at the end is all that a second GRU writes from
(Cho et al., 2014). The second system has longer formats and attention: at every letter it writes,
the decoder looks back at what the encoder remembered after each letter it read
(Luong et al., 2015). The years of the test are unseen, and every letter must be right.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import partial
from typing import Any

from autograd import maximum, where
from nn import (
    Adam,
    Embedding,
    GRUCell,
    Linear,
    Module,
    attention,
    attention_weights,
    clip_by_norm,
    cross_entropy,
    run,
)
from nn.examples.compiled import outputs
from nn.examples.data.dates import FORMATS, ISO_LETTERS, LONG_FORMATS, dates, letters, longest
from nn.examples.data.splits import Samples
from nn.examples.recipe import Recipe, System, command

__all__ = ["SYSTEMS", "Attending", "Remembering", "Writer", "exact", "recipe"]

BEGIN = len(ISO_LETTERS)  # what the decoder sees before the first letter
LENGTH = len("2026-11-20")

State = tuple[list[Any], ...]


class Remembering(Module):
    """Encoder and decoder with one memory between them: the state after the last letter.

    Args:
        count: of the symbols that are read, 0 included, which fills up.
        hidden: the size of the states; `width` of the embeddings.

    >>> model = Remembering(5, hidden=3, width=2, seed=0)
    >>> [len(row) for row in model([[1, 2, 3, 0], [11, 2]])]
    [11, 11]
    """

    def __init__(self, count: int, *, hidden: int, width: int, seed: int) -> None:
        rng = random.Random(seed)
        self.source = Embedding(count, width, rng=rng)
        self.target = Embedding(len(ISO_LETTERS) + 1, width, rng=rng)
        self.encoder = GRUCell(width, hidden, rng=rng)
        self.decoder = GRUCell(width + hidden, hidden, rng=rng)
        self.scores = Linear(2 * hidden, len(ISO_LETTERS), rng=rng)

    def read(self, symbols: Sequence[Any]) -> tuple[list[Any], list[Any]]:
        """Return the states of the encoder after each symbol, and whether it counts."""
        seen = [symbol > 0.0 for symbol in symbols]
        return run(self.encoder, [self.source(symbol) for symbol in symbols], mask=seen), seen

    def write(self, before: Any, state: list[Any], read: Any) -> tuple[list[Any], list[Any]]:
        """Return the scores of the next letter and the state, from the letter before."""
        memory = read[0][-1]
        state = self.decoder([*self.target(before), *memory], state)
        return self.scores([*state, *memory]), state

    def __call__(self, sample: Sequence[Any]) -> list[list[Any]]:
        """Return the scores of each letter, given the symbols read and the letters before."""
        symbols, letters_before = sample
        read = self.read(symbols)
        state, found = read[0][-1], []
        for before in letters_before:
            scores, state = self.write(before, state, read)
            found.append(scores)
        return found


class Attending(Remembering):
    """Encoder and decoder with attention: each letter is written from what was read, by its shares.

    Args: as for `Remembering`.

    >>> model = Attending(5, hidden=3, width=2, seed=0)
    >>> [round(sum(shares).data, 6) for shares in model.alignment([1, 2, 3, 0], [11, 2])]
    [1.0, 1.0]
    """

    def __init__(self, count: int, *, hidden: int, width: int, seed: int) -> None:
        super().__init__(count, hidden=hidden, width=width, seed=seed)
        rng = random.Random(seed + 1)
        self.decoder = GRUCell(width, hidden, rng=rng)
        self.query = Linear(hidden, hidden, bias=False, rng=rng)

    def write(self, before: Any, state: list[Any], read: Any) -> tuple[list[Any], list[Any]]:
        """Return the scores of the next letter and the state, from the letter before."""
        states, seen = read
        state = self.decoder(self.target(before), state)
        (found,) = attention([self.query(state)], states, states, [seen])
        return self.scores([*state, *found]), state

    def alignment(self, symbols: Sequence[Any], letters_before: Sequence[Any]) -> list[list[Any]]:
        """Return for each letter written the share of each symbol read."""
        states, seen = self.read(symbols)
        state, found = states[-1], []
        for before in letters_before:
            state = self.decoder(self.target(before), state)
            found += attention_weights([self.query(state)], states, [seen])
        return found


class Writer(Module):
    """A trained model writing by itself: each time the letter of the highest score (greedily)."""

    def __init__(self, model: Remembering) -> None:
        self.model = model

    def __call__(self, symbols: Sequence[Any]) -> list[Any]:
        """Return the numbers of the letters written."""
        read = self.model.read(symbols)
        state, before, found = read[0][-1], BEGIN, []
        for _ in range(LENGTH):
            scores, state = self.model.write(before, state, read)
            before = highest(scores)
            found.append(before)
        return found


def highest(scores: Sequence[Any]) -> Any:
    """Return the place of the largest number, without a branch on it.

    >>> highest([1.0, 3.0, 2.0])
    1.0
    """
    best, place = scores[0], 0.0
    for i, score in enumerate(scores[1:], start=1):
        place = where(score > best, float(i), place)
        best = maximum(best, score)
    return place


class Symbols:
    """Dates as numbers: the letters of some formats, 0 to fill up."""

    def __init__(self, formats: Sequence[str]) -> None:
        self.letters, self.length = letters(formats), longest(formats)

    def read(self, text: str) -> list[int]:
        """Return a date as people write it as numbers."""
        found = [self.letters.index(letter) + 1 for letter in text]
        return found + [0] * (self.length - len(found))

    def encoded(self, samples: Samples) -> Samples:
        """Return dates and their ISO 8601 as ([symbols read, letters before], letters wanted)."""
        wanted = [[ISO_LETTERS.index(letter) for letter in iso] for iso in samples.targets]
        read = map(self.read, samples.inputs)
        return Samples([[x, [BEGIN, *w[:-1]]] for x, w in zip(read, wanted, strict=True)], wanted)


def exact(model: Remembering, samples: Samples) -> float:
    """Return the share of dates that a model writes without a fault, by itself."""
    written = outputs(Writer(model), [symbols for symbols, _ in samples.inputs])
    pairs = zip(written, samples.targets, strict=True)
    return [found == wanted for found, wanted in pairs].count(True) / len(samples.targets)


def recipe(
    attending: bool, seed: int, *, hidden: int | None = None, formats: Sequence[str] | None = None
) -> Recipe:
    """Return what to train: with attention and longer formats, or without.

    Args:
        attending: with attention.
        seed: of the split and the weights.
        hidden: the size of the states; by default 24 with attention and 32 without.
        formats: of the dates; by default the longer ones with attention.
    """
    formats = formats or (LONG_FORMATS if attending else FORMATS)
    train, test = dates(seed, 10_000 if attending else 20_000, 1000, formats)
    symbols = Symbols(formats)
    kind, size, width = (Attending, 24, 8) if attending else (Remembering, 32, 4)
    count = len(symbols.letters) + 1
    model = kind(count, hidden=hidden or size, width=width, seed=seed)
    encoded = symbols.encoded(test)
    return Recipe(
        model, symbols.encoded(train), cross_entropy, Adam(model.parameters(), lr=0.01), epochs=8,
        clip=clip_by_norm(1.0), annealed=True, figure=lambda trained: exact(trained, encoded),
    )  # fmt: skip


SYSTEMS = (
    System("encoder-decoder", "Babel, dates, 20,000 to train on, 1,000 of other years",
           "dates without a fault", 0.95, partial(recipe, False)),
    System("encoder-decoder with attention", "Babel, dates, longer formats, 10,000 to train on, "
           "1,000 of other years", "dates without a fault", 0.98, partial(recipe, True)),
)  # fmt: skip

if __name__ == "__main__":
    command(SYSTEMS, doc=__doc__)
