"""The illnesses of networks: how each shows in the figures of the layers, and what to try.

Vanishing and exploding gradients, dead ReLUs, saturated units, a learning rate too high or too low,
parameters that the loss does not reach. `findings` looks for all of them; what is usual in networks
that learn well passes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf, isfinite, isnan, nan

__all__ = ["Finding", "LayerFigures", "findings"]

VANISHED = 3e-3  # the largest share of the last layer's gradient that counts as vanished
EXPLODED = 100.0  # times the size of the weights
DEAD, SATURATED = 0.5, 0.75  # shares of units, and of outputs; a good classifier has some
WORSE = 1.0  # by what share of its size the next step would make the loss worse
HUGE_UPDATE, LARGE_UPDATE, SMALL_UPDATE = 3.0, 1e-2, 1e-6  # update / weight


@dataclass
class LayerFigures:
    """Figures of one layer; sizes are root mean squares.

    Attributes:
        name: as in `named_parameters`; `activation` the operation of its units, "" for none.
        output, output_gradient: the size of what the units give, and of its gradient; for a layer
            that gives its parameters themselves, as an embedding, of those that were used.
        weight, gradient: the size of the parameters and of their gradients.
        update: the size of the optimizer's next step by that of the parameters; nan without one.
        dead: the share of ReLUs that give 0 for every sample.
        saturated: the share of outputs where tanh or sigmoid is flat.
        unreached: the names of parameters that the loss does not depend on.
    """

    name: str
    activation: str = ""
    output: float = nan
    output_gradient: float = nan
    weight: float = nan
    gradient: float = nan
    update: float = nan
    dead: float = 0.0
    saturated: float = 0.0
    unreached: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """An illness: its name, the layers it is in, and what was seen and what to try."""

    illness: str
    layers: tuple[str, ...]
    text: str

    def __str__(self) -> str:
        return f"{self.illness} ({', '.join(self.layers)}): {self.text}"


def findings(
    layers: list[LayerFigures], loss: float, after: float, maximize: bool = False
) -> list[Finding]:
    """Return the illnesses of a network.

    Args:
        layers: the figures of each layer, in order.
        loss, after: the loss now, and after the next step (nan if that is not known).
        maximize: the optimizer climbs: a smaller loss is worse.
    """
    checks = (_vanishing, _exploding, _dead, _saturated, _not_reached)
    found = [finding for check in checks for finding in check(layers)]
    return found + _rate(layers, loss, after, maximize)


def _names(layers: list[LayerFigures]) -> tuple[str, ...]:
    return tuple(layer.name for layer in layers)


def _vanishing(layers: list[LayerFigures]) -> list[Finding]:
    reached = [x for x in layers if not x.unreached]
    if not reached or any(x.dead == 1.0 for x in layers):
        return []
    last = reached[-1].output_gradient
    small = [x for x in reached if x.output_gradient < VANISHED * last]
    if not small or not isfinite(last):
        return []
    least = min(small, key=lambda x: x.output_gradient)
    share = least.output_gradient / last
    seen = f"the gradient of what {least.name} gives is {share:.0e} of that of the last layer"
    cure = ("Try ReLU instead of sigmoid or tanh, he or xavier initialization, residual "
            "connections, fewer layers")  # fmt: skip
    return [Finding("vanishing", _names(small), f"{seen}. {cure}")]


def _exploding(layers: list[LayerFigures]) -> list[Finding]:
    large = [x for x in layers if not x.gradient <= EXPLODED * max(x.weight, 1e-2) or _is_lost(x)]
    if not large:
        return []
    most = max(large, key=lambda x: x.gradient if isfinite(x.gradient) else inf)
    seen = f"the gradient of {most.name} is {most.gradient:.1g}, its weights are {most.weight:.1g}"
    cure = ("Try clipping (clip=clip_by_norm(1.0)), inputs and targets scaled to about 1, smaller "
            "initial weights")  # fmt: skip
    return [Finding("exploding", _names(large), f"{seen}. {cure}")]


def _is_lost(layer: LayerFigures) -> bool:
    """Return whether a layer gives or has numbers that are not finite."""
    return not layer.unreached and not (isfinite(layer.output) and isfinite(layer.weight))


def _dead(layers: list[LayerFigures]) -> list[Finding]:
    found = [x for x in layers if x.dead > DEAD]
    if not found:
        return []
    worst = max(found, key=lambda x: x.dead)
    seen = (
        f"{worst.dead:.0%} of the ReLUs in {worst.name} give 0 for every sample and learn nothing"
    )
    cure = "Try a smaller learning rate, he initialization, leaky_relu or gelu"
    return [Finding("dead", _names(found), f"{seen}. {cure}")]


def _saturated(layers: list[LayerFigures]) -> list[Finding]:
    found = [x for x in layers if x.saturated > SATURATED]
    if not found:
        return []
    worst = max(found, key=lambda x: x.saturated)
    seen = (
        f"{worst.saturated:.0%} of the outputs of {worst.name} are where {worst.activation} is flat"
    )
    cure = "Try inputs scaled to about 1, xavier initialization, a smaller learning rate"
    return [Finding("saturated", _names(found), f"{seen}. {cure}")]


def _not_reached(layers: list[LayerFigures]) -> list[Finding]:
    found = [x for x in layers if x.unreached]
    if not found:
        return []
    names = [name for x in found for name in x.unreached]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    cure = "Is the layer used, and is its output not taken through .data, detach() or no_grad()?"
    text = f"the loss does not depend on {shown}. {cure}"
    return [Finding("not reached", _names(found), text)]


def _is_worse(loss: float, after: float, maximize: bool) -> bool:
    """Return whether a step makes the loss much worse; it may be negative, or to be climbed."""
    sign = -1.0 if maximize else 1.0
    return not sign * after <= sign * loss + WORSE * abs(loss)


def _rate(layers: list[LayerFigures], loss: float, after: float, maximize: bool) -> list[Finding]:
    """Judge the learning rate: by the loss after a step, and by how little a step would move."""
    updates = [x.update for x in layers if not isnan(x.update)]
    if not updates:
        return []
    if max(updates) > LARGE_UPDATE and _is_worse(loss, after, maximize):
        text = (
            f"the next step would bring the loss from {loss:.3g} to {after:.3g}. Try a tenth of it"
        )
        return [Finding("learning rate too high", _names(layers), text)]
    if max(updates) > HUGE_UPDATE:
        text = f"the next step would change weights by {max(updates):.0f} times their size"
        return [Finding("learning rate too high", _names(layers), f"{text}. Try a tenth of it")]
    if max(updates) < SMALL_UPDATE and any(x.gradient > 1e-3 * x.weight for x in layers):
        text = (f"the next step would change the weights by {max(updates):.0e} of their size; "
                "about a thousandth is usual. Try ten times as much")  # fmt: skip
        return [Finding("learning rate too low", _names(layers), text)]
    return []
