"""The parameters in an attribute of a module as nested numbers, and the numbers back.

`numbers_of` takes them out, `matched` finds the parameter for each number of a state, `set_numbers`
sets them; `children`, `parameters_in` and `places` go through what an attribute holds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from autograd import Value
from nn.files import is_number

__all__ = ["check_distinct", "children", "matched", "numbers_of", "parameters_in", "places"]
__all__ += ["set_numbers"]


def set_numbers(parameters: list[Value], numbers: list[float]) -> None:
    """Set the numbers in parameters, all or none: Ctrl-C cannot come between the first and last."""
    names = ["_data"] * len(parameters)  # the slot itself: setting `data` would run Python code
    deque(map(setattr, parameters, names, numbers), maxlen=0)


def check_distinct(names: Iterable[Any]) -> None:
    """Raise ValueError for names, or keys of a dict, that are the same as texts."""
    written: dict[str, Any] = {}
    for name in names:
        if str(name) in written:
            raise ValueError(f"two entries, {written[str(name)]!r} and {name!r}, are both written "
                             f"as {str(name)!r}: name one otherwise")  # fmt: skip
        written[str(name)] = name


def children(tree: Any) -> Any:
    """Return the keys and items of a list, tuple or dict; of anything else none."""
    if isinstance(tree, dict):
        return tree.items()
    return enumerate(tree) if isinstance(tree, (list, tuple)) else ()


def parameters_in(tree: Any) -> Iterator[Value]:
    """Yield the parameters in a tree: leaves, not constants nor results that somebody kept."""
    if isinstance(tree, Value):
        tree = (tree,)
    for _, item in children(tree):
        if not isinstance(item, Value):
            yield from parameters_in(item)
        elif item.op == "":
            yield item


def places(tree: Any, name: str) -> Iterator[tuple[str, Value]]:
    """Yield the parameters in a tree with where they stand, as in "w[0]"."""
    if isinstance(tree, Value):
        if tree.op == "":
            yield name, tree
    for key, item in children(tree):
        yield from places(item, f"{name}[{key}]")


def numbers_of(tree: Any) -> Any:
    """Return a tree with numbers for parameters, and None for what is none."""
    if isinstance(tree, Value):
        return tree.data if tree.op == "" else None
    if isinstance(tree, dict):
        check_distinct(tree)
        return {str(key): numbers_of(item) for key, item in tree.items()}
    return [numbers_of(item) for item in tree] if isinstance(tree, (list, tuple)) else None


def matched(entries: dict[str, Any], state: Any) -> list[tuple[Value, float]]:
    """Return each parameter with its number in a state; raise ValueError if that does not fit.

    Args:
        entries: what holds parameters, by its name.
        state: nested numbers by the same names.
    """
    if faults := _faults(entries, state):
        raise ValueError("the state does not fit this model:\n  " + "\n  ".join(faults))
    try:
        return [
            (parameter, float(number))
            for name, tree in entries.items()
            for parameter, number in _matched(tree, state[name])
        ]
    except OverflowError:
        raise ValueError("the state has an int that is too large for a float") from None


def _faults(entries: dict[str, Any], state: Any) -> list[str]:
    if not isinstance(state, dict):
        return [f"a dict from names to numbers is needed, not {type(state).__name__}"]
    missing = [f"{name!r} is missing" for name in entries if name not in state]
    extra = [f"{name!r} is not in this model" for name in state if name not in entries]
    shapes = {name: (_shape(numbers_of(entries[name])), _shape(state[name]))
              for name in entries if name in state}  # fmt: skip
    wrong = [f"{name!r} has the shape {found}, the model's has {expected}"
             for name, (expected, found) in shapes.items() if expected != found]  # fmt: skip
    return missing + extra + wrong


def _shape(tree: Any) -> str:
    """Describe the shape of nested numbers: `number`, `[3]`, `[2][3]`, or item by item."""
    if isinstance(tree, dict):
        return "{" + ", ".join(f"{key}: {_shape(item)}" for key, item in tree.items()) + "}"
    if isinstance(tree, (list, tuple)):
        inner = [_shape(item) for item in tree]
        if len(set(inner)) == 1:
            return f"[{len(tree)}]" + ("" if inner[0] == "number" else inner[0])
        return "[" + ", ".join(inner) + "]"
    if is_number(tree):
        return "number"
    return "None" if tree is None else type(tree).__name__


def _matched(tree: Any, numbers: Any) -> Iterator[tuple[Value, float]]:
    if isinstance(tree, Value):
        if tree.op == "":
            yield tree, numbers
    for key, item in children(tree):
        yield from _matched(item, numbers[str(key) if isinstance(tree, dict) else key])
