"""What a recording could not see, or would see wrongly: refused, or followed all the same."""

import math
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context

import pytest

import autograd
from autograd import Value, no_grad
from autograd.compile import TraceError
from autograd.compile.family import CompileWarning

BOTH = pytest.mark.parametrize("backend", ["python", None])


def test_a_thread_started_inside_is_refused() -> None:
    def f(x):
        with ThreadPoolExecutor(1) as pool:
            return sum(pool.map(lambda k: x * x * k, [1.0, 2.0]))

    for function in (f, autograd.grad(f)):
        with pytest.raises(TraceError, match=r"a thread is started.*do its work in the function"):
            autograd.compile(function)(2.0)


def test_work_done_in_another_thread_or_context_is_refused() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()  # its thread is there before
        for f in (
            lambda x: sum(pool.map(lambda k: x * k, [1.0, 2.0])),
            lambda x: Context().run(lambda: x * x),
        ):
            with pytest.raises(
                TraceError, match=r"\((mul|add)\).*cannot see it, in another thread"
            ):
                autograd.compile(f)(2.0)
            with pytest.raises(TraceError, match="cannot see it"):
                autograd.compile(autograd.grad(lambda x, f=f: f(x) + x))(2.0)


@BOTH
def test_a_recording_under_no_grad_has_its_gradients(backend: str | None) -> None:
    w = Value(3.0)
    step = autograd.compile(lambda x: (x * w) ** 2, batch="x", reduce="sum", backend=backend)
    with no_grad():
        assert step([1.0, 2.0]) == 45.0
        assert step.value_and_grad([1.0, 2.0]) == (45.0, [30.0])
    step.backward([1.0, 2.0])
    assert w.grad == 30.0


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (lambda x, y: 1.0 if x == y else 2.0, (1.0, 1.0)),
        (lambda x: 1.0 if x * 1.0 != x * 1.0 else 2.0, (2.0,)),
        (lambda x, v: 1.0 if x in v else 2.0, (1.0, [1.0, 2.0])),
        (lambda v: max((x, i) for i, x in enumerate(v))[1] * 1.0, ([3.0, -4.0, 3.0],)),
        (lambda v, u: [b for _, b in sorted(zip(v, u, strict=True))], ([1.0, 1.0], [2.0, 1.0])),
        (lambda u, v: 1.0 if u < v else 2.0, ((1.0, 1.0), (1.0, 2.0))),
        (lambda v: v.count(v[0] * 1.0) * 1.0, ([1.0, 1.0],)),
    ],
)
def test_values_compared_by_identity_are_refused(f, arguments) -> None:
    with pytest.raises(TraceError, match=r"two Values are compared by ==, != or `in`.*equal"):
        autograd.compile(f)(*arguments)


@BOTH
def test_an_identity_that_the_numbers_tell_too_is_a_guard(backend: str | None) -> None:
    for f, fine, other in (
        (lambda x, y: 1.0 if x == y else x, [(2.0, 3.0), (4.0, 3.0)], (3.0, 3.0)),
        (lambda x, y: 1.0 if x != x else y, [(2.0, 3.0), (4.0, 5.0)], (math.nan, 3.0)),
    ):
        compiled = autograd.compile(f, backend=backend)
        for given in (*fine, *fine):
            assert compiled(*given) == f(*given)
        with pytest.raises(TraceError, match="two Values are compared"):
            compiled(*other)


def test_a_pair_asked_about_again_and_again_has_one_guard() -> None:
    def f(x, y):
        return sum([x for _ in range(50) if x != y])

    compiled = autograd.compile(f)
    assert compiled(2.0, 3.0) == 100.0
    assert len(compiled.program.guards) == 1


def test_a_leaf_may_be_looked_for_among_leaves_and_a_node_found_at_once() -> None:
    leaves = [Value(1.0), Value(1.0)]

    def f(v):
        found = [p for p in leaves if p in leaves[1:]]
        return v[0] * len(found) + (2.0 if v[1] in v[1:] else 3.0) * found[0]

    assert autograd.compile(f)([5.0, 6.0]) == 7.0


def test_a_key_that_is_a_value_is_refused() -> None:
    with pytest.raises(TypeError, match=r"a key of a dict in the result is a Value.*return pairs"):
        autograd.compile(lambda x: {x: 2.0 * x})(2.0)


@BOTH
def test_mappings_are_dicts(backend: str | None) -> None:
    proxy = types.MappingProxyType
    result = autograd.compile(lambda x: [proxy({"a": x, "b": 2 * x}), 5 * x], backend=backend)
    assert result(2.0) == [{"a": 2.0, "b": 4.0}, 10.0]
    product = autograd.compile(lambda m, y: m["a"] * m["b"] * y, backend=backend)
    assert product(proxy({"a": 2.0, "b": 3.0}), 5.0) == 30.0
    plain = autograd.compile(lambda m, y: m * y, backend=backend)
    assert plain(2.0, 3.0) == 6.0
    with pytest.raises(TypeError, match="is not a real number"):
        plain(proxy({"a": 2.0, "b": 7.0}), 3.0)


def test_keys_that_are_equal_and_of_another_kind_have_programs_of_their_own() -> None:
    def f(d):
        return {str(key): x * (10.0 if isinstance(key, bool) else 1.0) for key, x in d.items()}

    compiled = autograd.compile(f, backend="python")
    for _ in range(2):
        for d in ({1: 2.0}, {True: 2.0}, {1.0: 2.0}):
            assert compiled(d) == f(d)


@BOTH
def test_truth_values_stay_truth_values(backend: str | None) -> None:
    compiled = autograd.compile(lambda x: (True, not x > 0, x > 0, x), backend=backend)
    assert repr(compiled(2.0)) == "(True, False, True, 2.0)"
    assert repr(compiled(-2.0)) == "(True, True, False, -2.0)"


def test_what_runs_as_plain_python_after_many_ways_gives_the_same() -> None:
    def steps(x):
        k = 0
        while k < x:
            k += 1
        return k

    def f(x):
        k = float(steps(x))
        return x > 1.0, autograd.grad(lambda y: autograd.maximum(y, x))(k)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CompileWarning)
        compiled = autograd.compile(f, backend="python")
        assert [repr(compiled(float(i))) for i in range(70)] == [
            repr(f(float(i))) for i in range(70)
        ]


def test_of_very_many_structures_those_used_last_are_kept() -> None:
    compiled = autograd.compile(autograd.sum, backend="python")
    for count in range(1, 65):
        assert compiled([1.0] * count) == count
        assert compiled([1.0]) == 1.0  # always kept
    with pytest.warns(CompileWarning, match="sum has been compiled for more than 64 structures"):
        assert compiled([1.0] * 65) == 65.0
    assert compiled([1.0] * 65) == 65.0
    assert len(compiled._families) == 64


@BOTH
def test_the_bits_of_a_comparison_turned_round_are_refused(backend: str | None) -> None:
    def f(x, y):  # ~True is -2, which is true
        return autograd.where(~(x > 0), x, 3.0 * y)

    for function in (f, autograd.grad(f)):
        with pytest.raises(TraceError, match=r"~ of a comparison at .*test_hidden.*both count as"):
            autograd.compile(function, backend=backend)(0.5, 2.0)
