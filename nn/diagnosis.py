"""diagnose: look at a network at work, layer by layer, and name what is wrong with it.

`diagnose` runs some samples forward and backward, reads from the graph how large activations and
gradients are in each layer, and returns a `Diagnosis`: figures for each layer, and `findings`,
which name an illness in words and say what to try. A healthy network has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any

from autograd import Value, topological_order
from nn.arguments import check_loss, check_model, check_optimizer, listed
from nn.checks import check_pairs
from nn.fitting import predict
from nn.illnesses import Finding, LayerFigures, findings
from nn.layers import Embedding, flat
from nn.module import Module
from nn.optimizer import Optimizer
from nn.state import set_numbers

__all__ = ["Diagnosis", "diagnose"]

FLAT = {"tanh": (-0.97, 0.97), "sigmoid": (0.03, 0.97)}  # beyond, the slope is below 6 and 3 %


@dataclass
class Diagnosis:
    """The figures of every layer, and what is wrong.

    Attributes:
        layers: figures, in the order of the parameters.
        findings: illnesses; none for a healthy network.
    """

    layers: list[LayerFigures]
    findings: list[Finding]

    def __str__(self) -> str:
        width = max(len(layer.name) for layer in self.layers)
        head = (
            f"{'layer':<{width}}   output  gradient of it  weights  gradient   update  dead  flat"
        )
        rows = [
            f"{x.name:<{width}} {x.output:8.2g} {x.output_gradient:15.2g} {x.weight:8.2g} "
            f"{x.gradient:9.2g} {x.update:8.2g} {x.dead:5.0%} {x.saturated:5.0%}"
            for x in self.layers
        ]
        return "\n".join(
            [head, *rows, *(map(str, self.findings) if self.findings else ["healthy"])]
        )


def diagnose(
    model: Module,
    inputs: Any,
    targets: Any,
    *,
    loss: Callable[[list[Any], list[Any]], Any],
    optimizer: Optimizer | None = None,
) -> Diagnosis:
    """Return figures of each layer at work on some samples, and the illnesses they show.

    The model, its gradients and the optimizer are left as they were; Dropout is off.

    Args:
        model: as for `fit`; `inputs`, `targets` a few dozen samples; `loss` as for `fit`.
        optimizer: the one it is trained with; without it the learning rate is not judged.

    Raises TypeError for a loss that is no Value, and for what is no model or optimizer; ValueError
    where there are not as many inputs as targets.

    >>> from nn import MLP, mean_squared_error
    >>> model = MLP(2, [4, 1], activation="tanh", initializer="xavier", seed=0)
    >>> diagnose(model, [[1.0, 2.0], [0.0, 1.0]], [0.5, -0.5], loss=mean_squared_error).findings
    []
    """
    check_model(model)
    if optimizer is not None:
        check_optimizer(optimizer)
    inputs, targets = listed(inputs, "inputs"), listed(targets, "targets")
    check_pairs(inputs, targets, "inputs")
    modes = [(module, module.training) for _, module in model.named_modules()]
    model.eval()
    try:
        outputs = [model(x) for x in inputs]
        total = check_loss(loss(outputs, targets))
        gradients = _gradients(model, total)
        examination = _Examination(model, outputs, total)
        layers = [examination.figures(name, gradients, optimizer) for name in examination.layers]
        after = _loss_after(model, inputs, targets, loss, optimizer, gradients)
    finally:
        for module, mode in modes:
            module.training = mode
    climbs = optimizer is not None and optimizer.maximize
    return Diagnosis(layers, findings(layers, total.data, after, climbs))


def _gradients(model: Module, loss: Value) -> dict[Value, float]:
    """Return the gradients of the parameters, and put back those they had."""
    parameters = model.parameters()
    before = [parameter.grad for parameter in parameters]
    try:
        model.zero_grad()
        loss.backward()
        return {parameter: parameter.grad for parameter in parameters}
    finally:
        for parameter, gradient in zip(parameters, before, strict=True):
            parameter.grad = gradient


def _loss_after(
    model: Module, inputs: Any, targets: Any, loss: Any, optimizer: Optimizer | None,
    gradients: dict[Value, float],
) -> float:  # fmt: skip
    """Return the loss after the step that the optimizer would do now; nan without one."""
    if optimizer is None:
        return nan
    before = [parameter.data for parameter in optimizer.parameters]
    proposed, _ = optimizer.proposal([gradients.get(p, 0.0) for p in optimizer.parameters])
    try:
        set_numbers(optimizer.parameters, proposed)
        return float(loss(predict(model, inputs), targets))
    finally:
        set_numbers(optimizer.parameters, before)


def _size(numbers: Sequence[float]) -> float:
    """Return the root mean square; nan for none."""
    return sqrt(sum(x * x for x in numbers) / len(numbers)) if numbers else nan


class _Examination:
    """Finds in a graph what each layer gave.

    A node belongs to the layer of a parameter among its parents, or else to the last of the layers
    its parents belong to; and to the unit that the first of its parameters stands for. What the
    loss makes of the outputs belongs to no layer.
    """

    def __init__(self, model: Module, outputs: Any, loss: Value) -> None:
        self.outputs = {x for x in flat(outputs) if isinstance(x, Value)}
        inside = set(topological_order(self.outputs))
        self.names = {parameter: name for name, parameter in model.named_parameters()}
        self.owner = {p: _layer(name, type(model).__name__) for p, name in self.names.items()}
        self.layers = list(dict.fromkeys(self.owner.values()))
        rank = {name: i for i, name in enumerate(self.layers)}
        self.reached: set[Value] = set()
        self.sums: dict[str, list[Value]] = {name: [] for name in self.layers}
        self.active: dict[str, dict[Value, list[Value]]] = {name: {} for name in self.layers}
        place: dict[Value, tuple[int, Value]] = {}
        for node in topological_order(loss):
            own = [p for p in node.parents if p in self.owner]
            self.reached.update(own)
            if node not in inside:
                continue
            before = [place[p] for p in node.parents if p in place]
            if own:
                place[node] = (rank[self.owner[own[0]]], own[0])
                self.sums[self.owner[own[0]]].append(node)
            elif before:
                place[node] = deepest = max(before, key=lambda found: found[0])
                if node.op == "relu" or node.op in FLAT:
                    self.active[self.layers[deepest[0]]].setdefault(deepest[1], []).append(node)
        self.unreached = set(self.names) - self.reached - self._spared(model)

    def _spared(self, model: Module) -> set[Value]:
        """Return what need not be reached: the samples do not have every symbol of an embedding."""
        modules = [module for _, module in model.named_modules() if isinstance(module, Embedding)]
        rows = [set(module.parameters()) for module in modules]
        return {p for parameters in rows if parameters & self.reached for p in parameters}

    def _is_stuck(self, node: Value) -> bool:
        """Return whether tanh or sigmoid is flat here; for an output, on the wrong side only.

        An output is on the right side where the step downhill would take it further out.
        """
        low, high = FLAT[node.op]
        out = node.data <= low or node.data >= high
        return out and (node not in self.outputs or node.grad * (node.data - (low + high) / 2) > 0)

    def figures(
        self, layer: str, gradients: dict[Value, float], optimizer: Optimizer | None
    ) -> LayerFigures:
        """Return the figures of a layer."""
        parameters = [p for p, owner in self.owner.items() if owner == layer]
        units = self.active[layer].values()
        outputs = [node for unit in units for node in unit] or self.sums[layer]
        used = [p for p in parameters if p in self.reached]
        result = LayerFigures(
            layer,
            activation=outputs[0].op if units else "",
            output=_size([node.data for node in outputs or used]),
            output_gradient=_size([node.grad for node in outputs] or [gradients[p] for p in used]),
            weight=_size([p.data for p in parameters]),
            gradient=_size([gradients[p] for p in parameters]),
            unreached=[self.names[p] for p in parameters if p in self.unreached],
        )
        rectified = [unit for unit in units if unit[0].op == "relu"]
        if rectified:
            dead = [all(node.data == 0.0 for node in unit) for unit in rectified]
            result.dead = sum(dead) / len(dead)
        stuck = [self._is_stuck(node) for node in outputs if node.op in FLAT]
        if stuck:
            result.saturated = sum(stuck) / len(stuck)
        if optimizer is not None:
            result.update = _update(optimizer, set(parameters), gradients) / (result.weight or nan)
        return result


def _update(optimizer: Optimizer, parameters: set[Value], gradients: dict[Value, float]) -> float:
    """Return the size of the next step of some parameters."""
    proposed, _ = optimizer.proposal([gradients.get(p, 0.0) for p in optimizer.parameters])
    pairs = zip(optimizer.parameters, proposed, strict=True)
    return _size([new - p.data for p, new in pairs if p in parameters])


def _layer(name: str, model: str) -> str:
    """Return the layer a parameter belongs to: that of a neuron is the layer around it."""
    owner = name.rpartition(".")[0]
    return re.sub(r"\.?neurons\.\d+$", "", owner) or model
