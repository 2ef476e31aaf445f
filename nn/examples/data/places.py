"""Names of countries and cities in ten languages, from Babel (BSD licence; CLDR, Unicode licence).

A name that is the same in two of the languages belongs to neither: nobody could tell.
"""

from __future__ import annotations

from collections import Counter

from nn.examples.data.packages import needed
from nn.examples.data.splits import Samples, Split, stratified

__all__ = ["LANGUAGES", "LONGEST", "places"]

LANGUAGES = {
    "de": "German", "fr": "French", "es": "Spanish", "pl": "Polish", "fi": "Finnish",
    "hu": "Hungarian", "tr": "Turkish", "vi": "Vietnamese", "lt": "Lithuanian", "ga": "Irish",
}  # fmt: skip
LONGEST = 20  # letters of a name that are kept, from its end
TEST_SHARE = 0.2


def _names(language: str) -> set[str]:
    locale = needed("babel").Locale(language)
    cities = {zone["city"] for zone in locale.time_zones.values() if "city" in zone}
    return {name.lower() for name in cities | set(locale.territories.values())}


def places(seed: int) -> Split:
    """Return names of places and the number of their language; 80 % to train on, 20 % to test on.

    Args:
        seed: of the split, which keeps the share of each language.

    Raises MissingPackageError without Babel.

    >>> split = places(seed=0)
    >>> max(split.test.targets)
    9
    """
    names = [_names(language) for language in LANGUAGES]
    often = Counter(name for found in names for name in found)
    pairs = [(x, i) for i, found in enumerate(names) for x in sorted(found) if often[x] == 1]
    samples = Samples([x for x, _ in pairs], [i for _, i in pairs])
    return stratified(samples, TEST_SHARE, seed)
