"""Given names, female or male, from the package names (MIT licence; counted in the US, 1990).

A name that is in both lists belongs to neither. `balanced` has as many of one as of the other;
`spellings` has every name once, for a model of the language that names are.
"""

from __future__ import annotations

import random
from pathlib import Path

from nn.examples.data.packages import needed
from nn.examples.data.splits import Samples, Split, stratified

__all__ = ["LONGEST", "balanced", "lists", "spellings"]

LONGEST = 11  # letters in a name
TEST_SHARE = 0.2
UNSEEN_SHARE = 0.1


def lists() -> dict[str, list[str]]:
    """Return the female and the male names in small letters, the most frequent first.

    Raises MissingPackageError without names.

    >>> lists()["male"][:2]
    ['james', 'john']
    """
    package = needed("names")
    found = {}
    for gender in ("female", "male"):
        lines = Path(package.full_path(f"dist.{gender}.first")).read_text("ascii").splitlines()
        found[gender] = [line.split()[0].lower() for line in lines]
    return found


def balanced(seed: int) -> Split:
    """Return as many female (1) as male (0) names, by chance; 80 % to train on, 20 % to test on.

    >>> split = balanced(seed=0)
    >>> len(split.train.inputs), len(split.test.inputs), sum(split.test.targets)
    (1420, 356, 178)
    """
    found = lists()
    both = set(found["female"]) & set(found["male"])
    male, female = ([x for x in found[g] if x not in both] for g in ("male", "female"))
    female = random.Random(seed).sample(female, len(male))
    samples = Samples(male + female, [0] * len(male) + [1] * len(female))
    return stratified(samples, TEST_SHARE, seed)


def spellings(seed: int) -> tuple[list[str], list[str]]:
    """Return all names, each once: those to train on, and a tenth that are not seen.

    >>> [len(names) for names in spellings(seed=0)]
    [4647, 516]
    """
    every = sorted({name for names in lists().values() for name in names})
    random.Random(seed).shuffle(every)
    count = round(UNSEEN_SHARE * len(every))
    return every[count:], every[:count]
