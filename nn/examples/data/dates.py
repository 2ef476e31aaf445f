"""Dates as people write them and as ISO 8601 does, written by Babel (BSD licence).

"Nov 20, 2026", "20 November 2026", "11/20/2026" -> "2026-11-20"; the longer formats name the day
of the week too. Years from 1600 to 2399, after which the calendar has repeated itself once; a fifth
of the years, drawn by the seed, is for the test only. From few years (two centuries) some networks
learn the years by heart and fail on others, as 2022 for 2012; from these they learn to copy digits.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta

from nn.examples.data.packages import needed
from nn.examples.data.splits import Samples, Split

__all__ = ["FORMATS", "ISO_LETTERS", "LONG_FORMATS", "dates", "letters", "longest"]

FORMATS = ("MMM d, y", "MMMM d, y", "d MMM y", "d MMMM y", "M/d/y")
LONG_FORMATS = (*FORMATS, "EEEE, MMMM d, y", "EEE, d MMM y", "EEEE d MMMM y")
ISO_LETTERS = "0123456789-"
YEARS = range(1600, 2400)
UNSEEN_YEARS = 160
LOCALE = "en_US"


def written(day: date, pattern: str) -> str:
    """Return a date in one of the formats, in small letters.

    >>> written(date(2026, 11, 20), "MMM d, y")
    'nov 20, 2026'
    """
    text: str = needed("babel.dates").format_date(day, pattern, locale=LOCALE)
    return text.lower()


def dates(seed: int, train: int, test: int = 1000, formats: Sequence[str] = FORMATS) -> Split:
    """Return dates as written and as ISO 8601: those to train on, and those of unseen years.

    Args:
        seed: of the days, the formats and of which years are unseen.
        train, test: how many to train on and how many to test on.
        formats: patterns of Babel.

    Raises MissingPackageError without Babel.

    >>> split = dates(seed=0, train=2, test=1)
    >>> [len(iso) for iso in split.train.targets]
    [10, 10]
    """
    rng = random.Random(seed)
    years = list(YEARS)
    rng.shuffle(years)
    unseen, seen = years[:UNSEEN_YEARS], years[UNSEEN_YEARS:]
    return Split(_drawn(rng, seen, train, formats), _drawn(rng, unseen, test, formats))


def _drawn(rng: random.Random, years: list[int], count: int, formats: Sequence[str]) -> Samples:
    """Return different pairs of a date as written and in ISO 8601."""
    found: dict[str, str] = {}
    while len(found) < count:
        year = rng.choice(years)
        first, last = date(year, 1, 1), date(year, 12, 31)
        day = first + timedelta(days=rng.randrange((last - first).days + 1))
        found[written(day, rng.choice(formats))] = day.isoformat()
    return Samples(list(found), list(found.values()))


def letters(formats: Sequence[str] = FORMATS) -> str:
    """Return every letter, digit and sign that dates are written with, sorted.

    >>> "".join(sorted(set("0123456789") - set(letters())))
    ''
    """
    days = [date(2026, month, day) for month in range(1, 13) for day in range(1, 8)]
    used = {letter for day in days for pattern in formats for letter in written(day, pattern)}
    return "".join(sorted(used | set("0123456789")))


def longest(formats: Sequence[str] = FORMATS) -> int:
    """Return how many letters the longest date has.

    >>> longest()
    18
    """
    days = [date(2026, month, day) for month in range(1, 13) for day in range(20, 27)]
    return max(len(written(day, pattern)) for day in days for pattern in formats)
