"""Structures of arguments and results: trees by chance, taken apart and put together again."""

from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autograd
from autograd.compile.arguments import builder, unpacker
from autograd.trees import flatten


class Pair(NamedTuple):
    """A tuple with names."""

    first: Any
    second: Any


NUMBERS = st.floats(-9.0, 9.0)
KEYS = st.one_of(st.sampled_from(["a", "b", "w", "in", "it's"]), st.integers(-1, 3))


def nested(inner: Any) -> Any:
    """Return trees that have some others inside."""
    return st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(KEYS, inner, max_size=3),
        st.builds(Pair, inner, inner),
    )


TREES = st.recursive(NUMBERS, nested, max_leaves=12)


def mapped(tree: Any, function: Any) -> Any:
    """Return a tree of the same structure with each number given to a function."""
    if isinstance(tree, dict):
        return {key: mapped(x, function) for key, x in tree.items()}
    if isinstance(tree, Pair):
        return Pair(*[mapped(x, function) for x in tree])
    if isinstance(tree, (list, tuple)):
        return type(tree)([mapped(x, function) for x in tree])
    return function(tree)


@settings(max_examples=300, deadline=None)
@given(args=st.lists(TREES, max_size=3), options=st.dictionaries(st.sampled_from("pqr"), TREES))
def test_what_is_taken_apart_is_put_together_again(args: list[Any], options: Any) -> None:
    structure = (tuple(args), options)
    numbers = unpacker(structure)(tuple(args), options)
    assert numbers == tuple(flatten([args, options]))
    rebuilt = builder(structure)(list(numbers))
    assert repr(rebuilt) == repr(structure)  # with the kinds of all, and keys in their order


@settings(max_examples=40, deadline=None)
@given(tree=TREES, other=TREES)
def test_compiled_functions_take_and_give_any_tree(tree: Any, other: Any) -> None:
    def scaled(p: Any, q: Any) -> Any:
        factor = autograd.sum([x * 0.5 for x in flatten(q)])
        return {"one": mapped(p, lambda x: factor * x), "two": [mapped(q, lambda x: x - 1.0)]}

    def total(p: Any, q: Any) -> Any:
        parts = list(flatten(scaled(p, q)))
        return autograd.sum([k * x for k, x in enumerate(parts, start=1)])

    compiled = autograd.compile(scaled, backend="python")
    assert repr(compiled(tree, other)) == repr(scaled(tree, other))
    assert repr(compiled(q=other, p=tree)) == repr(scaled(tree, other))
    grad = autograd.grad(total, (0, 1))
    assert repr(autograd.compile(grad, backend="python")(tree, other)) == repr(grad(tree, other))


@pytest.mark.parametrize("backend", ["python", None])
def test_dicts_in_dicts_of_a_batch(backend: str | None) -> None:
    def f(p: Any, x: Any) -> Any:
        inner = p["in"]["w"] * x["in"]["a"]
        return {"in": {"w": inner, "x": x["b"]}, "out": inner + p["out"] * x["b"]}

    p = {"in": {"w": 2.0, "b": 3.0}, "out": 5.0}
    rows = [{"in": {"a": 1.0 * i, "c": 0.0}, "b": 2.0 * i} for i in range(5)]
    found = autograd.compile(f, batch="x", backend=backend)(p=p, x=rows)
    expected = [f(p, row) for row in rows]
    assert list(found) == ["in", "out"]
    assert list(found["in"]) == ["w", "x"]
    assert list(found["out"]) == [row["out"] for row in expected]
    assert list(found["in"]["w"]) == [row["in"]["w"] for row in expected]
    assert list(found["in"]["x"]) == [row["in"]["x"] for row in expected]
