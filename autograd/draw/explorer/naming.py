"""A name for every node: its label where it has one, and another where that says nothing.

Names stand in formulas, so they are short, of one line, different from each other, and cannot turn
round the direction of the text beside them.
"""

from __future__ import annotations

from collections.abc import Iterable
from unicodedata import bidirectional

from autograd.draw.text import thinned, visible
from autograd.value import Value

__all__ = ["isolated", "names_of"]

MOST_CHARACTERS = 24


def names_of(order: Iterable[Value]) -> dict[Value, str]:
    """Return a name for each node of a graph in topological order.

    >>> x = Value(2.0, "x")
    >>> list(names_of([x, Value(3.0), Value(1.0, "x"), x * x]).values())
    ['x', 'p1', 'x (2)', 'v1']
    """
    listed = list(order)
    labels = {node: _short(node.label) for node in listed if node.label}
    taken: dict[str, int] = dict.fromkeys(labels.values(), 0)
    counts = {"p": 0, "v": 0}
    names: dict[Value, str] = {}
    for node in listed:
        names[node] = (_again(labels[node], taken) if labels.get(node)
                       else _made("p" if node._a is None else "v", counts, taken))  # fmt: skip
    return names


def _short(label: object) -> str:
    """Return the first line of a label that says something, cut, and nothing in it that acts."""
    found = next((line for line in str(label)[:1000].splitlines() if line.strip()), "")
    shown = visible(thinned(found)).strip()
    return shown if len(shown) <= MOST_CHARACTERS else shown[: MOST_CHARACTERS - 1] + "…"


def _again(name: str, taken: dict[str, int]) -> str:
    """Return a name, with a number where others have it too."""
    taken[name] += 1
    if taken[name] == 1:
        return name
    while (other := f"{name} ({taken[name]})") in taken:
        taken[name] += 1
    taken[other] = 1
    return other


def _made(letter: str, counts: dict[str, int], taken: dict[str, int]) -> str:
    while (name := f"{letter}{counts[letter] + 1}") in taken:
        counts[letter] += 1
    counts[letter] += 1
    return name


def isolated(name: str) -> str:
    """Return a name to be put into a formula: one from right to left leaves the rest as it is."""
    turned = any(bidirectional(character) in ("R", "AL", "AN") for character in name)
    return f"\u2068{name}\u2069" if turned else name
