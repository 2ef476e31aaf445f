"""The pieces of a step of a training, in the form in which they are compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.compile.recording.trace import TraceError
from autograd.graph import topological_order
from autograd.value import Value

__all__ = ["check_leaves", "listed", "on_rows"]


def listed(clip: Callable[..., Any]) -> Callable[..., Any]:
    """Return the clip as a function whose result is a list."""
    return lambda gradients: list(clip(gradients))


def on_rows(update: Callable[..., Any]) -> Callable[..., Any]:
    """Return the update with a parameter and its state in one argument."""

    def rows(kept: Any, gradient: Any, step: Any, lr: Any) -> Any:
        parameter, *state = kept
        return list(update(parameter, gradient, *state, step=step, lr=lr))

    return rows


def check_leaves(leaves: Iterable[Value], parameters: Sequence[Value], piece: str) -> None:
    """Raise a TraceError for a leaf that would stay as it is while the parameters move.

    Args:
        leaves: the Values that a piece of a step reads.
        parameters: those that a training moves.
        piece: "loss", "update" or "clip"; a loss alone is given the parameters as they are now.
    """
    moved = set(parameters)
    for leaf in leaves:
        computed = leaf._a is not None and not moved.isdisjoint(topological_order(leaf))
        name = repr(leaf.label) if leaf.label else f"{leaf.op or 'a Value'!r} of {leaf._data!r}"
        if computed:
            raise TraceError(
                f"the {piece} reads a Value that was computed from parameters before the fit "
                f"({name}) and stays as it is while they move: compute it in the model's __call__"
            )
        if leaf in moved and piece != "loss":
            raise TraceError(
                f"the {piece} reads a parameter that the fit moves ({name}), which is known to the "
                "loss alone: put it into the penalty, or train eagerly"
            )
