"""Any text and any number, made safe and short for a picture.

`lines` cuts a text into a few short lines, with no more accents on a character than `thinned`
leaves, `markup` writes one in Graphviz's HTML-like labels, and `hint` writes a text that appears
when the mouse rests on a node. The last two write every character that means something to DOT, to
Graphviz's escapes or to XML as an entity, and show in its stead what XML cannot hold, so a label
can neither break the picture nor add to it.
"""

from __future__ import annotations

import re
from typing import Any
from unicodedata import category

__all__ = ["SPACE", "checked_format", "hint", "lines", "markup", "number"]
__all__ += ["thinned", "visible", "whole"]

SPACE = "&#160;"
MOST_LINES = 4
MOST_CHARACTERS = 40  # in a line
MOST_MARKS = 4  # on a character: more would tower over what stands above it
MOST_IN_HINT = 1000  # dot reads no string longer than 16,384 bytes

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
_PICTURES |= dict.fromkeys([0x09, 0x2028, 0x2029], 0x20)  # a tab, and breaks of lines: a space
# What XML cannot hold, and what turns the direction of the text beside it.
_NOT_SHOWN = re.compile(
    "[\x80-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# Graphviz reads escapes such as \N in the text of a label, and in that of a hint twice.
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_MARKUP = str.maketrans(_ENTITIES | {"\\": "&#92;&#92;", "]": "&#93;"})  # dot refuses <B>]</B>
_HINT = str.maketrans(_ENTITIES | {"\\": 4 * "\\", "\n": "\\n"})


def lines(text: Any) -> list[str]:
    r"""Return a text as at most four short lines.

    >>> lines("first\nsecond")
    ['first', 'second']
    """
    found = re.split(r"\r\n|\r|\n", str(text)[:MOST_IN_HINT])
    shown = [_shortened(line) for line in found[:MOST_LINES]]
    return [*shown[:-1], "…"] if len(found) > MOST_LINES else shown


def thinned(line: str) -> str:
    r"""Return a line with at most four accents and other combining marks on each character.

    >>> len(thinned("e" + 9 * "\u0301"))
    5
    """
    shown: list[str] = []
    marks = 0
    for character in line:
        marks = marks + 1 if category(character) in ("Mn", "Me") else 0
        if marks <= MOST_MARKS:
            shown.append(character)
    return "".join(shown)


def visible(line: str) -> str:
    r"""Show control characters by their pictures, and what is not to be shown by U+FFFD.

    >>> visible("nul \0")
    'nul ␀'
    """
    return _NOT_SHOWN.sub("\ufffd", line.translate(_PICTURES))


def _shortened(line: str) -> str:
    line = thinned(line)
    return line if len(line) <= MOST_CHARACTERS else line[: MOST_CHARACTERS - 1] + "…"


def markup(line: str) -> str:
    r"""Write a line as the text of an HTML-like label.

    >>> print(markup("<b> & \\N\0"))
    &lt;b&gt; &amp; &#92;&#92;N␀
    """
    shown = visible(line)
    return shown.translate(_MARKUP) if shown.strip() else SPACE  # an empty text is an error to dot


def hint(text: str) -> str:
    r"""Write a text of some lines as a value of Graphviz's `tooltip`.

    >>> print(hint('"x"\ny'))
    &quot;x&quot;\ny
    """
    found = [visible(line) for line in text[:MOST_IN_HINT].splitlines()]
    return "\n".join(found).translate(_HINT)


def number(x: Any, number_format: str) -> str:
    """Write a number, also one that is a Value, and None where there is none yet.

    >>> number(2.0 / 3.0, ".3g")
    '0.667'
    """
    x = getattr(x, "_data", x)
    return format(float(x), number_format) if hasattr(x, "__float__") else str(x)


def whole(count: int) -> str:
    """Write a count, a long one in groups of three digits.

    >>> whole(9999), whole(10000)
    ('9999', '10,000')
    """
    return f"{count:,}" if count >= 10_000 else str(count)


def checked_format(number_format: str) -> str:
    """Return a format of numbers; raise a ValueError where Python does not know it."""
    try:
        format(1.0, number_format)
    except (TypeError, ValueError) as error:
        raise ValueError(f"number_format {number_format!r} does not format a float: {error}; "
                         "write one such as '.4g' or '.2f'") from None  # fmt: skip
    return number_format
