"""Module: what every network is, a thing with parameters.

Parameters are the Values found in a module's attributes, in modules among them and in nested lists,
tuples and dicts, in the order of assignment. `parameters` and `named_parameters` list them,
`state_dict` and `load_state_dict` take them out and put them back as plain numbers, `save` and
`load` keep them in a JSON file, bit for bit; `train` and `eval` tell layers which of the two it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

from autograd import Value
from nn.files import read_json, write_json
from nn.state import (
    check_distinct,
    children,
    matched,
    numbers_of,
    parameters_in,
    places,
    set_numbers,
)

__all__ = ["Module", "check_state"]

FORMAT = "scalar-autograd parameters, version 1"


class Module:
    """A network or a part of one: subclass it, assign Values and Modules, define `__call__`.

    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Value(2.0)
    ...     def __call__(self, x):
    ...         return self.factor * x
    >>> Scale().state_dict()
    {'factor': 2.0}
    """

    training = True

    def parameters(self) -> list[Value]:
        """Return every parameter once, in the order of assignment.

        Raises ValueError, as all that goes through a module, for a list that contains itself.

        >>> Module().parameters()
        []
        """
        found: dict[Value, None] = {}
        try:
            _collect(self, found, set())
        except RecursionError:
            raise _endless(self) from None
        return list(found)

    def named_parameters(self) -> list[tuple[str, Value]]:
        """Return (name, parameter) for each, with names such as `layers.0.neurons.2.w[1]`.

        >>> from nn import Neuron
        >>> [name for name, _ in Neuron(2).named_parameters()]
        ['w[0]', 'w[1]', 'b']
        """
        names: dict[Value, str] = {}
        for name, tree in _entries(self):
            for place, parameter in places(tree, name):
                names.setdefault(parameter, place)
        return [(name, parameter) for parameter, name in names.items()]

    def named_modules(self) -> list[tuple[str, Module]]:
        """Return (name, module) for this module, named "", and every one inside it."""
        return [(name, part) for name, part in _parts(self) if isinstance(part, Module)]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to zero."""
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, mode: bool = True) -> Self:
        """Tell this module and those inside that they are being trained; return self."""
        for _, module in self.named_modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Tell this module and those inside that they are being used; return self."""
        return self.train(False)

    def state_dict(self) -> dict[str, Any]:
        """Return the parameters as numbers: a name for each attribute, nested lists as they are.

        Raises ValueError for two names, or keys of a dict, that are written alike, as 1 and "1".

        >>> from nn import Neuron
        >>> Neuron(1, seed=0).state_dict()
        {'w': [0.6888437030500962], 'b': 0.0}
        """
        return {name: numbers_of(tree) for name, tree in _named(self).items()}

    def load_state_dict(self, state: dict[str, Any]) -> Self:
        """Set every parameter to a number from `state_dict`; return self.

        Raises ValueError that names each entry that is missing, unknown or of another shape; then
        nothing has been changed.

        >>> from nn import Neuron
        >>> Neuron(1).load_state_dict({"w": [3.0], "b": 1.0}).w
        [Value(data=3.0, grad=0.0)]
        """
        pairs = check_state(self, state)
        set_numbers([parameter for parameter, _ in pairs], [number for _, number in pairs])
        return self

    def save(self, path: str | Path, **notes: Any) -> None:
        """Write the parameters to a JSON file, bit for bit, nan and infinities too.

        It is written beside the old one and renamed, so a failure leaves the old one whole.

        Args:
            path: the file.
            notes: anything JSON can hold, to be kept in the file beside the parameters.

        Raises ValueError for a note with a name that the file has of its own.
        """
        if taken := {"format", "model", "state"}.intersection(notes):
            raise ValueError(f"the file has a {min(taken)!r} of its own: name the note otherwise")
        kept = {"format": FORMAT, "model": repr(self), **notes, "state": self.state_dict()}
        write_json(path, kept)

    def load(self, path: str | Path) -> Self:
        """Set the parameters to those in a file written by `save`; return self.

        Raises OSError for a file that cannot be read, ValueError for one that is broken or does not
        fit this model; then nothing has been changed.
        """
        content = read_json(path, FORMAT)
        try:
            return self.load_state_dict(content.get("state", {}))
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None

    def __call__(self, *inputs: Any) -> Any:
        """Return the output for inputs; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} must define __call__(self, x)")


def check_state(module: Module, state: dict[str, Any]) -> list[tuple[Value, float]]:
    """Return each parameter with its number in a state; raise ValueError if that does not fit."""
    return matched(_named(module), state)


def _collect(tree: Any, found: dict[Value, None], seen: set[int]) -> None:
    """Add the parameters in a module, list, tuple or dict to those found; each module once."""
    if isinstance(tree, Module):
        if id(tree) in seen:
            return
        seen.add(id(tree))
        tree = vars(tree)
    for item in tree.values() if isinstance(tree, dict) else tree:
        if isinstance(item, Value):
            if item.op == "":
                found[item] = None
        elif isinstance(item, (Module, dict, list, tuple)):
            _collect(item, found, seen)


def _walk(thing: Any, name: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Yield the modules below something, and the attributes that are not modules."""
    if isinstance(thing, Module):
        if id(thing) in seen:
            return
        seen.add(id(thing))
        yield name, thing
        items: Any = list(vars(thing).items())
    elif _holds_modules(thing):
        items = children(thing)
    else:
        yield name, thing
        return
    for key, value in items:
        yield from _walk(value, f"{name}.{key}" if name else str(key), seen)


def _parts(module: Module) -> list[tuple[str, Any]]:
    """Return the modules in a module, and the attributes that are not modules, with names."""
    try:
        return list(_walk(module, "", set()))
    except RecursionError:
        raise _endless(module) from None


def _endless(module: Module) -> ValueError:
    return ValueError(f"a list, tuple or dict in {type(module).__name__}, or in a module of it, "
                      "contains itself, or is nested too deep")  # fmt: skip


def _holds_modules(thing: Any) -> bool:
    items = thing.values() if isinstance(thing, dict) else thing
    return isinstance(thing, (list, tuple, dict)) and any(
        isinstance(x, Module) or (not isinstance(x, Value) and _holds_modules(x)) for x in items
    )


def _entries(module: Module) -> Iterator[tuple[str, Any]]:
    """Yield the name and the tree of each attribute that holds parameters."""
    for name, thing in _parts(module):
        if not isinstance(thing, Module) and next(parameters_in(thing), None) is not None:
            yield name, thing


def _named(module: Module) -> dict[str, Any]:
    """Return the trees that hold parameters by their names."""
    entries = list(_entries(module))
    check_distinct([name for name, _ in entries])
    return dict(entries)
