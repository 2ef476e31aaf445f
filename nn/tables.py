"""Tables for `python -m nn`: from a CSV file to numbers, or to one line that says what is wrong.

`read_table` reads a file with a header; every column but the target must hold numbers. A `Table`
has them as lists; `standardized` shifts and scales numbers to mean 0 and deviation 1, `split` parts
the rows into those to train on and those to test on, each class in proportion.
"""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from math import fsum, isfinite, sqrt
from pathlib import Path

__all__ = ["Scale", "Table", "TableError", "read_table", "split"]

TINY = 1e-140  # numbers below, squared, lose digits
FEWEST = 5  # rows: some to train on, one to test on


class TableError(ValueError):
    """A file that is no table to learn from; the message is one line, with row and column."""


@dataclass(frozen=True)
class Scale:
    """How numbers were standardized: shifted by the mean, divided by the deviation.

    >>> scale = Scale.of([1.0, 3.0])
    >>> scale.apply(3.0), scale.undo(-1.0)
    (1.0, 1.0)
    """

    mean: float
    deviation: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Scale:
        """Return the scale of some numbers; for equal ones the deviation 1."""
        mean = fsum(x / len(numbers) for x in numbers)
        spread = max(abs(x - mean) for x in numbers)
        unit = spread if 0.0 < spread < TINY else 1.0
        squares = (((x - mean) / unit) ** 2 / len(numbers) for x in numbers)
        return cls(mean, unit * sqrt(fsum(squares)) or spread or 1.0)

    def apply(self, x: float) -> float:
        """Return a number standardized."""
        return (x - self.mean) / self.deviation

    def undo(self, x: float) -> float:
        """Return the number that was standardized."""
        return x * self.deviation + self.mean


@dataclass(frozen=True)
class Table:
    """Numbers to learn from.

    Attributes:
        columns: the names of the features; `rows` the features, one list for each row.
        target: the name of the target; `targets` are its numbers, or numbers of classes.
        classes: the names of the classes in order, none for a numeric target.
    """

    columns: list[str]
    rows: list[list[float]]
    target: str
    targets: list[float] | list[int]
    classes: list[str]


def read_table(path: str | Path, target: str | None = None, *, classes: bool = False) -> Table:
    """Read a CSV file with a header; without a target the last column is it.

    Its text makes classes, its numbers too if `classes` says so.

    Raises TableError, with one line that names the row and column, for every file that is not such
    a table.
    """
    header, records = _records(path)
    if target is None:
        target = header[-1]
    if target not in header:
        near = get_close_matches(target, header, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise TableError(f"{path}: no column {target!r} in {', '.join(map(repr, header))}{hint}")
    at = header.index(target)
    columns = [name for name in header if name != target]
    if not columns:
        raise TableError(f"{path}: only the column {target!r}: there is nothing to learn from")
    rows = [
        [_number(path, i, name, cell) for name, cell in zip(header, cells, strict=True)
         if name != target]
        for i, cells in records
    ]  # fmt: skip
    for name, numbers in zip(columns, zip(*rows, strict=True), strict=True):
        _check_range(path, name, numbers)
    found = _classes if classes else _targets
    return Table(columns, rows, target, *found(path, target, [(i, x[at]) for i, x in records]))


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = error.object[: error.start].count(b"\n") + 1
        byte = error.object[error.start]
        raise TableError(f"{path}: row {row} is not UTF-8 text (byte 0x{byte:02x})") from None
    except OSError as error:
        raise TableError(f"{path}: {(error.strerror or str(error)).lower()}") from None


def _records(path: str | Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the header and the rows that are not blank, numbered from the header, row 1."""
    lines = list(StringIO(_text(path), newline=""))
    found = [(i, cells) for i, cells in _cells(path, lines) if any(cells)]
    if not found:
        raise TableError(f"{path}: the file is empty")
    (first, header), records = found[0], found[1:]
    for j, name in enumerate(header):
        if not name:
            raise TableError(f"{path}: row {first}: column {j + 1} has no name")
        if name in header[:j]:
            raise TableError(f"{path}: row {first}: two columns are named {name!r}")
    if _are_numbers(header):
        raise TableError(f"{path}: row {first} has numbers where the names of the columns belong: "
                         "write a header above it")  # fmt: skip
    for i, cells in records:
        if len(cells) != len(header):
            raise TableError(
                f"{path}: row {i} has {len(cells)} cells, the header has {len(header)}"
            )
    if len(records) < FEWEST:
        count = f"{len(records)} row{'s' * (len(records) != 1)}" if records else "no rows"
        raise TableError(f"{path}: {count} below the header: at least {FEWEST} are needed")
    return header, records


def _cells(path: str | Path, lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Yield (row number, cells); cells are parted by commas, or else by semicolons or tabs."""
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            yield row, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise TableError(f"{path}: row {row + 1}: {error}") from None


def _parsed(cell: str) -> float | None:
    """Return a cell as a number, None if it is text."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _number(path: str | Path, row: int, column: str, cell: str) -> float:
    found, where = _parsed(cell), f"{path}: row {row}, column {column!r}"
    if not cell:
        raise TableError(f"{where}: the cell is empty")
    if found is None and _has_decimal_comma(cell):
        raise TableError(f"{where}: {_short(cell)} has a decimal comma: write a point")
    if found is None:
        raise TableError(f"{where}: {_short(cell)} is not a number; only the target may be text")
    if not isfinite(found):
        raise TableError(f"{where}: {_short(cell)} is not a finite number")
    return found


def _are_numbers(header: Sequence[str]) -> bool:
    """Return whether these can hardly be names: years, and columns that are numbered, can."""
    numbers = [x for x in map(_parsed, header) if x is not None and isfinite(x)]
    return len(numbers) == len(header) and not all(x.is_integer() for x in numbers)


def _has_decimal_comma(cell: str) -> bool:
    """Return whether a text is a number with a comma for the point; 1,234 may be a thousand."""
    whole, comma, rest = cell.partition(",")
    return bool(comma) and len(rest) != 3 and _parsed(f"{whole}.{rest}") is not None


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 40 else cell[:37] + "...")


def _check_range(path: str | Path, column: str, numbers: Sequence[float]) -> None:
    """Raise TableError for a column whose spread is beyond the floats."""
    try:
        fine = isfinite(Scale.of(numbers).deviation)
    except OverflowError:
        fine = False
    if not fine:
        raise TableError(f"{path}: column {column!r}: the numbers are too large to be squared")


def _targets(
    path: str | Path, column: str, cells: list[tuple[int, str]]
) -> tuple[list[float] | list[int], list[str]]:
    """Return the targets as numbers, and the names of the classes if they are text."""
    texts = [(i, cell) for i, cell in cells if _parsed(cell) is None]
    if 2 * len(texts) < len(cells):  # numbers, or a table of numbers with a fault in it
        numbers = []
        for i, cell in cells:
            if cell and _parsed(cell) is None:
                raise TableError(f"{path}: row {i}, column {column!r}: {_short(cell)} is not a "
                                 "number, as most of the column are")  # fmt: skip
            numbers.append(_number(path, i, column, cell))
        if len(set(numbers)) == 1:
            raise TableError(f"{path}: column {column!r}: all targets are {numbers[0]:g}")
        _check_range(path, column, numbers)
        return numbers, []
    return _classes(path, column, cells)


def _classes(
    path: str | Path, column: str, cells: list[tuple[int, str]]
) -> tuple[list[int], list[str]]:
    empty = [i for i, cell in cells if not cell]
    if empty:
        raise TableError(f"{path}: row {empty[0]}, column {column!r}: the cell is empty")
    for i, cell in cells:
        if cell in ("nan", "NaN", "NAN"):  # Nan is a name
            raise TableError(f"{path}: row {i}, column {column!r}: {cell!r} is not a class: is a "
                             "value missing?")  # fmt: skip
    counts = Counter(cell for _, cell in cells)
    numeric = all(_parsed(cell) is not None for cell in counts)
    names = sorted(counts, key=float if numeric else None)
    if len(names) == 1:
        raise TableError(f"{path}: column {column!r}: only one class, {_short(names[0])}: there is "
                         "nothing to tell apart")  # fmt: skip
    if len(names) == len(cells):
        raise TableError(f"{path}: column {column!r}: every row is a class of its own: is it a "
                         "name rather than a class?")  # fmt: skip
    return [names.index(cell) for _, cell in cells], names


def split(table: Table, share: float, rng: random.Random) -> tuple[list[int], list[int]]:
    """Return the rows to train on and the rows to test on, each class in proportion.

    A class with one row is trained on; at least one row is tested on.
    """
    groups: dict[float, list[int]] = {}
    for i, target in enumerate(table.targets):
        groups.setdefault(target if table.classes else 0.0, []).append(i)
    train, test = [], []
    for _, group in sorted(groups.items()):
        rng.shuffle(group)
        count = round(share * len(group))
        test += group[:count]
        train += group[count:]
    if not test:
        largest = max(groups.values(), key=len)
        test.append(largest[0])
        train.remove(largest[0])
    return sorted(train), sorted(test)
