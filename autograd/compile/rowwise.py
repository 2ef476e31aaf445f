"""Anomalies in a batch: its rows done one by one, on Values, so that errors name the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite, nan
from typing import Any

from autograd.anomaly import AnomalyError, detect_anomaly
from autograd.backward import gradients
from autograd.compile.rows import Given
from autograd.trees import flatten
from autograd.value import Value
from autograd.watch import watchers

__all__ = ["anomalies_wanted", "find_anomaly"]


def anomalies_wanted() -> bool:
    """Return whether `detect_anomaly` is active in this thread."""
    return any(isinstance(watcher, detect_anomaly) for watcher in watchers())


def find_anomaly(call: Callable[[Sequence[Any]], Any], given: Given, gradient: bool) -> None:
    """Raise the AnomalyError of the first row that has one.

    Args:
        call: does one row, from its numbers.
        given: the arguments of the batch.
        gradient: do the backward pass too.
    """
    for r in range(given.count):
        try:
            _check_row(call, given.row(r), gradient)
        except AnomalyError as error:
            raise AnomalyError(
                f"in row {r} of the batch {error}", error.node, error.line, error.reproducer
            ) from None


def _check_row(call: Callable[..., Any], row: Sequence[float], gradient: bool) -> None:
    """Do one row on plain numbers, as eager would; where that goes wrong, on constants.

    The latter tells of operations on arguments alone.
    """
    try:
        found = call(row)
    except AnomalyError:
        call([Value(x).detach() for x in row])  # it may have begun in an argument alone
        raise
    except (ArithmeticError, ValueError):  # of plain numbers, as for 1 / 0.0
        found = nan
    if not all(isfinite(x) for x in _plain(found)):
        call([Value(x).detach() for x in row])
    if gradient and isinstance(found, Value):
        gradients(found, 1.0)


def _plain(result: Any) -> list[float]:
    return [x._data if isinstance(x, Value) else x for x in flatten(result, "the result")]
