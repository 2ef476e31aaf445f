"""Arguments and results: from nested numbers to a flat array of doubles, and back.

Code is written for each structure, as for the operations themselves: `unpacker(tree)` checks that
arguments have the structure of a tree and lists their numbers, `builder(tree)` puts flat numbers
into the structure of a result. `names(tree)` are names for the numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from autograd.trees import flatten
from autograd.trees import listed as _listed
from autograd.value import Value

__all__ = [
    "Mismatch",
    "arrays_explained",
    "builder",
    "names",
    "numbers_of",
    "plain",
    "structure",
    "unpacker",
]


class Mismatch(Exception):  # noqa: N818 - not an error: another program is looked for
    """Arguments have another structure than the one a program was made for."""


def plain(tree: Any) -> Any:
    """Return arrays, buffers and other sequences as nested lists, mappings as dicts."""
    if isinstance(tree, (array, memoryview)):
        return tree.tolist()
    tree = _listed(tree)
    if isinstance(tree, (list, tuple)):
        items: list[Any] = [value if type(value) is float else plain(value) for value in tree]
        if isinstance(tree, list):
            return items
        return type(tree)(*items) if hasattr(tree, "_fields") else tuple(items)
    if isinstance(tree, Mapping):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, Sequence) and not isinstance(tree, (str, bytes, bytearray)):
        return [plain(value) for value in tree]
    return tree


@contextmanager
def arrays_explained(*args: Any) -> Iterator[None]:
    """Say of an error of a function that was given arrays that it gets lists in their place."""
    try:
        yield
    except (TypeError, AttributeError) as error:
        given = [x for each in args for x in (each.values() if isinstance(each, dict) else each)]
        if any(getattr(x, "ndim", 0) for x in given):
            error.add_note("a compiled function gets nested lists in the place of arrays: write "
                           "autograd.sum([x**2 for x in v]) for (v**2).sum()")  # fmt: skip
        raise


def numbers_of(tree: Any, place: str) -> array[float]:
    """Return the numbers of an argument; raise TypeError where something else stands in it."""
    try:
        return array("d", flatten(tree, place))
    except TypeError as error:
        error.add_note("a compiled function is given numbers only: let it close over what else it "
                       "needs, as in autograd.compile(lambda x: f(x, mode))")  # fmt: skip
        raise


def structure(tree: Any) -> Any:
    """Return what two trees have in common that differ in their numbers only, to look up."""
    if isinstance(tree, dict):
        return ("dict", *((key, type(key), structure(value)) for key, value in tree.items()))
    if isinstance(tree, (list, tuple)):
        return (type(tree), *map(structure, tree))
    return 0


def names(tree: Any, path: str) -> Iterator[str]:
    """Yield a name for every number: v_0, v_1 for a list v."""
    if isinstance(tree, (dict, list, tuple)):
        items = tree.items() if isinstance(tree, dict) else enumerate(tree)
        for key, value in items:
            if isinstance(value, (dict, list, tuple)):
                yield from names(value, f"{path}_{key}")
            else:
                yield f"{path}_{key}"
    else:
        yield path


class _Unpacker:
    """Writes the function that takes arguments apart."""

    def __init__(self) -> None:
        self.checks: list[str] = []
        self.space: dict[str, Any] = {"Mismatch": Mismatch}

    def read(self, tree: Any, place: str) -> str:
        """Return the expressions for the numbers of a tree that is found at a place."""
        if not isinstance(tree, (dict, list, tuple)):
            return f"{place}, "
        kind = f"kind{len(self.space)}"
        self.space[kind] = type(tree)
        if isinstance(tree, dict):  # a function may go through it in its order
            self.space[f"{kind}_keys"] = tuple(tree)
            self.checks.append(f"type({place}) is not {kind} or tuple({place}) != {kind}_keys")
            if any(type(key) is not str for key in tree):  # True == 1
                self.space[f"{kind}_types"] = list(map(type, tree))
                self.checks.append(f"list(map(type, {place})) != {kind}_types")
            items = [
                (self._key(key, f"{kind}_keys[{i}]"), x) for i, (key, x) in enumerate(tree.items())
            ]
            return "".join([self.read(value, f"{place}[{key}]") for key, value in items])
        self.checks.append(f"type({place}) is not {kind} or len({place}) != {len(tree)}")
        if not any(isinstance(value, (dict, list, tuple)) for value in tree):
            return f"*{place}, "
        return "".join(self.read(value, f"{place}[{i}]") for i, value in enumerate(tree))

    def _key(self, key: Any, place: str) -> str:
        """Return the text of a key; where it is kept, if that is no text of Python."""
        return repr(key) if type(key) in (str, int) else place


def unpacker(tree: tuple[tuple[Any, ...], dict[str, Any]]) -> Callable[..., tuple[Any, ...]]:
    """Return a function from (args, options) to their numbers.

    It raises Mismatch for arguments of another structure.
    """
    writer = _Unpacker()
    numbers = writer.read(tree[0], "args") + writer.read(tree[1], "options")
    lines = ["def unpack(args, options):"]
    for check in writer.checks:
        lines += [f"    if {check}:", "        raise Mismatch"]
    lines.append(f"    return ({numbers})")
    exec("\n".join(lines), writer.space)  # noqa: S102 - written above, from a structure
    return writer.space["unpack"]  # type: ignore[no-any-return] # the function just defined


class _Rebuilder:
    """Writes the expression that makes a result from its numbers `v`."""

    def __init__(self, truths: frozenset[int]) -> None:
        self.truths = truths
        self.space: dict[str, Any] = {}
        self.count = 0

    def text(self, tree: Any) -> str:
        if isinstance(tree, dict):
            if any(isinstance(key, Value) for key in tree):
                raise TypeError("a key of a dict in the result is a Value, which would stay what "
                                "it is now: return pairs, as in [(x, 2 * x)]")  # fmt: skip
            name = f"keys{len(self.space)}"
            self.space[name] = list(tree)
            texts = map(self.text, tree.values())
            return f"{{{', '.join([f'{name}[{i}]: {text}' for i, text in enumerate(texts)])}}}"
        if not isinstance(tree, (list, tuple)):
            return self._number()
        if hasattr(tree, "_fields"):
            name = f"kind{len(self.space)}"
            self.space[name] = type(tree)
            return f"{name}({', '.join(map(self.text, tree))})"
        is_flat = len(tree) > 1 and not any(isinstance(x, (dict, list, tuple)) for x in tree)
        if is_flat and self.truths.isdisjoint(range(self.count, self.count + len(tree))):
            start, self.count = self.count, self.count + len(tree)
            inner = f"*v[{start}:{self.count}]"
        else:
            inner = ", ".join(map(self.text, tree))
        return f"[{inner}]" if isinstance(tree, list) else f"({inner},)" if tree else "()"

    def _number(self) -> str:
        k, self.count = self.count, self.count + 1
        return f"v[{k}] != 0.0" if k in self.truths else f"v[{k}]"


def builder(tree: Any, truths: frozenset[int] = frozenset()) -> Callable[[Sequence[float]], Any]:
    """Return a function from a fresh list of numbers to the structure of a tree."""
    writer = _Rebuilder(truths)
    text = writer.text(plain(tree))
    if text == f"[*v[0:{writer.count}]]":
        text = "v"
    return eval(f"lambda v: {text}", writer.space)  # type: ignore[no-any-return] # noqa: S307 - written above


def has_values(tree: Any) -> bool:
    """Return whether there are Values among the numbers of a tree."""
    if isinstance(tree, dict):
        return any(map(has_values, tree.values()))
    if isinstance(tree, (list, tuple)):
        return any(map(has_values, tree))
    return isinstance(tree, Value) or bool(getattr(tree, "ndim", 0) and has_values(plain(tree)))
