"""What a report says of nested arguments and results: the path to each number, and its rounding.

`numbers` lists what a structure holds, each number with the path that leads to it; what is not a
number is passed by.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from autograd.trees import entries, is_number
from autograd.value import Value

__all__ = ["numbers", "resolution", "shortened"]


def numbers(tree: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Yield (path, number) for every number in a structure, in order.

    >>> list(numbers(([1, 2.5], {"b": 3.0}), "args"))
    [('args[0][0]', 1.0), ('args[0][1]', 2.5), ('args[1]["b"]', 3.0)]
    """
    for keys, leaf in entries(tree):
        if is_number(leaf):
            place = "".join(f'["{k}"]' if isinstance(k, str) else f"[{k!r}]" for k in keys)
            yield path + place, leaf._data if isinstance(leaf, Value) else float(leaf)


def resolution(tree: Any) -> float:
    """Return the relative rounding of a structure's numbers: 2**-24 where they are float32."""
    kind = str(getattr(tree, "dtype", ""))
    if "float32" in kind or "float16" in kind:
        return 2.0**-24 if "32" in kind else 2.0**-11
    branches = tree.values() if isinstance(tree, Mapping) else tree
    if isinstance(tree, (list, tuple, Mapping)):
        return max(map(resolution, branches), default=2.0**-53)
    return 2.0**-53


def shortened(text: str) -> str:
    """Return a message that is not too long for a table, cut between words.

    >>> len(shortened("word " * 100))
    253
    """
    return text if len(text) <= 256 else textwrap.shorten(text, 256, placeholder=" ...")
