"""Writing and reading files so that nothing is lost: beside the old one, then renamed.

`write_text` and `write_json` replace a file whole or not at all; `read_json` reads what
`write_json` wrote and says clearly what is wrong with anything else. Floats survive bit for bit,
as their `repr` does; nan and infinities are written as NaN and Infinity. `is_number` and `is_count`
tell what was read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeGuard

from autograd.draw.writing import write_whole

__all__ = ["is_count", "is_number", "read_json", "write_json", "write_text"]


def write_text(path: str | Path, text: str) -> None:
    """Replace a file by a text, whole or not at all."""
    write_whole(Path(path), text.encode())


def write_json(path: str | Path, content: Any) -> None:
    """Replace a file by something as JSON, one line for each entry."""
    write_text(path, json.dumps(content, indent=1) + "\n")


def is_number(x: Any) -> TypeGuard[float]:
    """Return whether something is a number as JSON has them: an int or a float, not a bool.

    >>> is_number(0.5), is_number(True), is_number("1")
    (True, False, False)
    """
    return isinstance(x, (int, float)) and not isinstance(x, bool)


def is_count(x: Any) -> TypeGuard[int]:
    """Return whether something is a whole number from 0.

    >>> is_count(3), is_count(-1), is_count(None)
    (True, False, False)
    """
    return is_number(x) and isinstance(x, int) and x >= 0


def read_json(path: str | Path, kind: str) -> dict[str, Any]:
    """Return what `write_json` wrote, with "format" being `kind`; raise ValueError for the rest."""
    try:
        content = json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:  # bad JSON, or not UTF-8
        raise ValueError(f"{path} is broken, not the JSON it was written as: {error}") from None
    if not isinstance(content, dict) or content.get("format") != kind:
        other = content.get("format") if isinstance(content, dict) else None
        told = f', but of "{other}"' if isinstance(other, str) else ""
        raise ValueError(f'{path} is not a file of "{kind}"{told}')
    return content
