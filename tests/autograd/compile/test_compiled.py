"""Compiled functions: structures, buffers, branches, threads, pickles, and what is refused."""

from __future__ import annotations

import importlib.util
import itertools
import math
import pickle
import random
import threading
from array import array
from collections import deque
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import date
from enum import Enum
from fractions import Fraction
from math import inf
from multiprocessing import get_context
from typing import NamedTuple

import numpy as np
import pytest

import autograd
from autograd import Value, where
from autograd.binding import FUNCTIONS
from autograd.compile import CompileWarning, TraceError, family
from autograd.compile import compiled as module
from autograd.rules import TABLE

HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
BACKENDS = [
    "python",
    pytest.param(
        "llvm", marks=pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
    ),
]


CONDITIONED = {"logaddexp"}  # a small difference of large terms: its error is that of the terms


class Kind(Enum):
    ONE = 1


class Point(NamedTuple):
    x: float
    y: float


@pytest.fixture(params=BACKENDS)
def compile_(request):
    """Return autograd.compile for one back end."""
    return lambda f, **options: autograd.compile(f, backend=request.param, **options)


@pytest.mark.parametrize(
    "arguments",
    [
        (2.0,),
        ([1.0, 2.0],),
        ((1.0, (2.0, [3.0])),),
        ({"a": 1.0, "b": [2.0, 3.0]},),
        (Point(1.0, 2.0),),
        (1.0, [2.0, 3.0]),
        ([],),
        ([[1.0], []],),
    ],
)
def test_every_structure_comes_back(compile_, arguments):
    def identity(*args):
        return args

    def grown(*args):
        return (identity(*args), {"more": [identity(*args)]})

    for function in (identity, grown):
        compiled = compile_(function)
        for _ in range(2):
            assert compiled(*arguments) == function(*arguments)
            assert type(compiled(*arguments)[0]) is type(function(*arguments)[0])


def test_options_and_defaults(compile_):
    compiled = compile_(lambda x, y=2.0, *, z=3.0: x * y + z)
    assert compiled(1.0) == 5.0
    assert compiled(1.0, 4.0) == 7.0
    assert compiled(1.0, z=0.5, y=4.0) == 4.5


def test_another_structure_is_another_program(compile_):
    compiled = compile_(autograd.sum)
    assert [compiled([1.0] * n) for n in (1, 2, 5, 2, 1)] == [1.0, 2.0, 5.0, 2.0, 1.0]


@pytest.mark.parametrize("x", [np.array([1.0, 2.0]), array("d", [1.0, 2.0]), (1.0, 2.0), [1, 2]])
def test_buffers_in_and_out(compile_, x):
    compiled = compile_(lambda v: [v[0] * 3, v[1] * 4])
    for out in (array("d", [0.0, 0.0]), np.zeros(2)):
        for _ in range(3):
            assert compiled(x, out=out) is out
            assert list(out) == [3.0, 8.0]
    assert compiled(x) == [3.0, 8.0]


@pytest.mark.parametrize(
    "out", [array("d", [0.0]), array("f", [0.0] * 2), [0.0, 0.0], np.zeros((4, 2))[::2, 0]]
)
def test_a_wrong_out_is_refused(compile_, out):
    compiled = compile_(lambda v: [v[0] * 3, v[1] * 4])
    for _ in range(2):
        with pytest.raises((TypeError, ValueError), match="out"):
            compiled([1.0, 2.0], out=out)


@pytest.mark.parametrize("wrong", ["text", None, 1j, ["a"], {"k": object()}])
def test_what_is_no_number_is_refused(compile_, wrong):
    compiled = compile_(lambda x: x)
    with pytest.raises(TypeError, match="args"):
        compiled(wrong)


def test_leaves_are_read_at_each_call_and_values_made_inside_are_constants(compile_):
    weight = Value(2.0, label="weight")
    compiled = compile_(lambda x: weight * x + Value(1.0))
    assert compiled(3.0) == 7.0
    weight.data = 5.0
    assert compiled(3.0) == 16.0
    assert [x.name for x in compiled.program.inputs] == ["x", "weight"]


def test_plain_numbers_from_outside_are_constants_of_the_recording(compile_):
    scale = {"now": 2.0}
    compiled = compile_(lambda x: x * scale["now"])
    assert compiled(3.0) == 6.0
    scale["now"] = 5.0
    assert compiled(3.0) == 6.0
    kept = Value(2.0)
    compiled = compile_(lambda x: x * kept)
    assert compiled(3.0) == 6.0
    kept.data = 5.0
    assert compiled(3.0) == 15.0


def test_values_as_arguments_give_a_graph(compile_):
    compiled = compile_(lambda x: x * x)
    assert compiled(3.0) == 9.0
    assert autograd.grad(compiled)(3.0) == 6.0
    x = Value(3.0)
    compiled(x).backward()
    assert x.grad == 6.0


def test_a_compiled_function_inside_another_reads_its_leaves_too(compile_):
    weight = Value(2.0)
    inner = compile_(lambda x: weight * x)
    assert inner(1.0) == 2.0
    outer = compile_(lambda x: inner(3.0) * x)
    assert outer(1.0) == 6.0
    weight.data = 4.0
    assert outer(1.0) == 12.0


# Branches.


def collatz(x):
    steps = 0.0
    while x > 1.0:
        x = x / 2 if autograd.equal(x % 2, 0.0) else 3 * x + 1
        steps = steps + 1.0
    return steps


def test_branches_are_guarded_and_recorded_again(compile_):
    def function(x, y):
        if x > 0 and y <= 2:
            return max(x, y) * 2
        return x - y if not x else autograd.prod(sorted([x, y, 1.5]))

    compiled = compile_(function)
    points = [
        (1.0, 2.0),
        (-1.0, 2.0),
        (3.0, 1.0),
        (1.0, 2.0),
        (0.0, 5.0),
        (2.0, 7.0),
        (math.nan, 1.0),
    ]
    for x, y in points * 2:
        assert compiled(x, y) == pytest.approx(function(x, y), nan_ok=True, rel=0)


def test_a_loop_whose_length_depends_on_a_number(compile_):
    compiled = compile_(collatz)
    for x in (1.0, 2.0, 8.0, 5.0, 3.0, 8.0):
        assert compiled(x) == (collatz(x) if x > 1.0 else 0.0)


def test_there_is_a_message_when_a_function_keeps_branching(compile_, monkeypatch):
    monkeypatch.setattr(family, "MOST_PATHS", 10)

    def count(x):
        n = 0.0
        while x > n:
            n += 1.0
        return x + n

    compiled = compile_(count)
    with pytest.warns(CompileWarning, match=r"while x > n(.|\n)*|where") as messages:
        found = [compiled(float(x)) for x in range(14)]
    assert found == [2.0 * x for x in range(14)]
    assert len([m for m in messages if "recorded along" in str(m.message)]) == 1


def test_where_needs_no_guard_and_masks_the_other_side(compile_):
    def function(x):
        return where(x > 0, autograd.sqrt(x), 2.0 * x) + where(x, 1 / x, 0.0)

    for each in (function, autograd.value_and_grad(function), autograd.derivative(function, 2)):
        compiled = compile_(each)
        for x in (4.0, -3.0, 0.0, -0.0, math.inf, math.nan):
            expected = each(Value(x)) if each is function else each(x)
            expected = expected.data if isinstance(expected, Value) else expected
            np.testing.assert_array_equal(compiled(x), expected)
        assert not compiled.program.guards


def test_nested_choices_and_forward_derivatives_are_masked_too(compile_):
    def function(v):
        x, y = v
        inner = where(y > x, autograd.log(x), autograd.sqrt(y))
        return where(x > 0, inner * y, where(y > 0, 3.0 * y, x)) * x

    derivatives = {
        "gradient": autograd.grad(function),
        "hessian": autograd.hessian(function),
        "jvp": lambda v: autograd.jvp(function, (v,), ([1.0, 2.0],)),
    }
    for each in derivatives.values():
        compiled = compile_(each)
        for v in ([1.0, 2.0], [0.0, 0.0], [-1.0, 2.0], [-1.0, -2.0], [2.0, 0.0], [0.0, 3.0]):
            np.testing.assert_array_equal(np.array(compiled(v)[0]), np.array(each(v)[0]))


def test_comparisons_as_results_and_as_numbers(compile_):
    compiled = compile_(lambda x: (x > 1.0, (x > 1.0) * x, (x > 1) & (x < 3), (x > 1) | (x < 0)))
    assert compiled(2.0) == (True, 2.0, True, True)
    assert compiled(5.0) == (True, 5.0, False, True)
    assert compiled(0.5) == (False, 0.0, False, False)


@pytest.mark.parametrize("function", [
    lambda x: autograd.sqrt(where(x > 0.0, x, 0.0)),
    lambda x: autograd.log(where(x > 0.0, 0.0, x * x)) * x,
    lambda x: autograd.sqrt(where(x > 0.0, where(x > 1.0, x, 0.0), where(x < -1.0, -x, 0.0))) + x,
])  # fmt: skip
def test_forward_mode_takes_nothing_from_a_number_that_a_where_chose(compile_, function):
    """The slope of what follows may be infinite, and 0 * inf is nan: reverse mode has masks."""
    for each in (autograd.derivative(function), autograd.derivative(function, 2),
                 lambda x: autograd.hvp(function, (x,), (2.0,)),
                 lambda x: autograd.jvp(lambda t: [function(t), t], (x,), (3.0,))):  # fmt: skip
        compiled = compile_(each)
        for x in (-2.0, -0.5, 0.5, 2.0):
            assert repr(compiled(x)) == repr(each(x)), x


def test_derivatives_are_numbers_also_where_they_are_conditions(compile_):
    function = lambda x, y: x * (x > 0.0) + y * (x > y)
    for each in (autograd.grad(function, (0, 1)), autograd.hessian(function, (0, 1)),
                 lambda x, y: autograd.jvp(function, (x, y), (1.0, 0.0))):  # fmt: skip
        compiled = compile_(each)
        for point in itertools.product((1.0, -1.0), repeat=2):
            assert repr(compiled(*point)) == repr(each(*point))


@pytest.mark.parametrize("ask", [
    lambda c, d: c == d, lambda c, d: c != d, lambda c, d: c ^ d, lambda c, d: c == c != d,
    lambda c, d, yes=True: c == yes, lambda c, d, yes=True: yes != c, lambda c, d: c == 0,
    lambda c, d: c == np.True_, lambda c, d: np.False_ == c, lambda c, d: np.True_ != c,
    lambda c, d: c ^ True, lambda c, d: False ^ d, lambda c, d: c in (False, d),
    lambda c, d: c == "yes", lambda c, d: c != "no", lambda c, d: c == 2, lambda c, d: d == 10**400,
])  # fmt: skip
def test_comparisons_compare_as_the_truth_values_they_stand_for(compile_, ask):
    """They were compared by identity once, so the program took a branch for good, silently."""
    branch = lambda x, y: x if ask(x > 0.0, y > 0.0) else 2.0 * x
    chosen = lambda x, y: where(ask(x > 0.0, y > 0.0), x, 2.0 * x)
    for function in (branch, chosen):
        compiled = compile_(function)
        for point in itertools.product((1.0, -1.0), repeat=2):
            assert compiled(*point) == function(*map(Value, point)).data


# What cannot be followed.


def test_reading_a_number_is_refused_with_advice(compile_):
    outside = Value(2.0)
    for function in (
        lambda x: x * x.data,
        lambda x: x * outside.data,
        lambda x: x * len(f"{x}"),
        lambda x: x * len(repr(x)),
    ):
        with pytest.raises(TraceError, match=r"read (.|\n)*test_compiled(.|\n)*where"):
            compile_(function)(1.0)
    with pytest.raises(TraceError, match="where"):
        compile_(math.sin)(1.0)
    with pytest.raises(TraceError, match="index"):
        compile_(lambda x: [x, x + 1][x > 0])(1.0)


def test_a_random_number_is_refused(compile_):
    rng = random.Random(1)
    for function in (
        lambda x: x * random.random(),
        lambda x: x * Value(rng.random()),
        lambda x: x * rng.choice([x, x + 1, x + 2, x**2, x**3, 1 / x, -x, x - 1]) * rng.random(),
    ):
        with pytest.raises(TraceError, match="random number"):
            compile_(function)(1.0)


def test_a_changing_state_is_refused(compile_):
    calls = []

    def counts(x):
        calls.append(1)
        return x * len(calls)

    with pytest.raises(TraceError, match="two different things"):
        compile_(counts)(1.0)


def test_changing_a_value_outside_is_refused(compile_):
    outside = Value(2.0, label="state")

    def assigns(x):
        y = outside * x
        outside.data = 7.0
        return y

    with pytest.raises(TraceError, match="'state' from outside is changed"):
        compile_(assigns)(1.0)


def test_changing_a_number_before_it_is_used_is_refused_with_the_line(compile_):
    """The program went on with the numbers from before, or those of later, silently."""
    outside = Value(2.0)

    def changed(value, x):
        value.data = 7.0
        return value * x

    def made_inside(x):
        return changed(Value(0.0), x)

    for function in (lambda x: changed(outside, x), lambda x: changed(x, x),
                     lambda x: changed(x * 2.0, x)):  # fmt: skip
        with pytest.raises(TraceError, match=r"changed at .*test_compiled.*value\.data = 7\.0"):
            compile_(function)(1.0)
    assert compile_(made_inside)(2.0) == 14.0


def test_backward_inside_is_refused(compile_):
    def leaves_gradients(x):
        y = x * x
        y.backward()
        return y

    for create_graph in (False, True):
        with pytest.raises(TraceError, match="value_and_grad"):
            compile_(lambda x, c=create_graph: (x * x).backward(create_graph=bool(c)))(1.0)
    with pytest.raises(TraceError, match="backward"):
        compile_(leaves_gradients)(1.0)


def test_detach_and_no_grad_are_followed(compile_):
    def function(x):
        with autograd.no_grad():
            fixed = autograd.exp(x) * 2
        return x * fixed + (x * x).detach() * x

    for each in (function, autograd.value_and_grad(function)):
        compiled = compile_(each)
        for x in (0.5, 2.0):
            expected = each(Value(x)).data if each is function else each(x)
            assert compiled(x) == expected


def test_options_beside_a_buffer_count(compile_):
    compiled = compile_(lambda v, k=2.0: v[0] * k + v[1])
    v = array("d", [1.0, 2.0])
    assert [compiled([1.0, 2.0]), compiled(v), compiled(v, k=10.0)] == [4.0, 4.0, 12.0]
    assert [compiled(v), compiled(v, 5.0), compiled([1.0, 2.0], k=3.0)] == [4.0, 7.0, 5.0]


# Threads, pickles, processes.


def test_many_threads_call_one_function(compile_):
    compiled = compile_(autograd.grad(lambda v: autograd.sum([x**3 if x > 0 else x for x in v])))
    points = [[random.Random(i).gauss(0, 1), 1.0 + i] for i in range(200)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(compiled, points * 3))
    expected = [[3 * x**2 if x > 0 else 1.0 for x in v] for v in points]
    np.testing.assert_allclose(found[:200], expected, rtol=1e-15)
    assert found[:200] == found[200:400] == found[400:]


def test_recording_does_not_disturb_other_threads(compile_):
    started, go = threading.Event(), threading.Event()

    def slow(x):
        started.set()
        go.wait(5)
        return x * 2

    thread = threading.Thread(target=lambda: compile_(slow)(1.0))
    thread.start()
    started.wait(5)
    x = Value(3.0)
    assert x.data == 3.0
    assert bool(x > 2) is True
    go.set()
    thread.join()


class Model:
    """A linear model whose loss can be pickled."""

    def __init__(self, numbers):
        self.weights = [Value(x) for x in numbers]

    def loss(self, x, y):
        return (autograd.dot(self.weights, x) - y) ** 2


def cube(x):
    return x * x * x


def gradient_of_shard(work):
    step, xs, ys = work
    model = step.function.__self__
    value = step.backward(x=xs, y=ys)
    return [value, *(w.grad for w in model.weights)]


def test_a_compiled_function_pickles(compile_):
    compiled = compile_(cube)
    assert compiled(2.0) == 8.0
    again = pickle.loads(pickle.dumps(compiled))
    assert again(3.0) == 27.0
    assert pickle.loads(pickle.dumps(compile_(cube, batch="x", reduce="sum")))([1.0, 2.0]) == 9.0


def shards(count=4, rows=25):
    draw = random.Random(3).gauss
    data = [[[draw(0, 1) for _ in range(3)] for _ in range(rows)] for _ in range(count)]
    return [(xs, [sum(x) + 0.1 for x in xs]) for xs in data]


def added(parts):
    """Add gradients in the order of the shards, whoever was first."""
    return [sum(column) for column in zip(*parts, strict=True)]


@pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
def test_processes_give_the_same_digits_as_one():
    def work():
        step = autograd.compile(Model([0.1, -0.2, 0.3]).loss, batch=("x", "y"), reduce="sum")
        return [(pickle.loads(pickle.dumps(step)), xs, ys) for xs, ys in shards()]

    here = added(map(gradient_of_shard, work()))
    with ProcessPoolExecutor(2, mp_context=get_context("fork")) as pool:
        assert added(pool.map(gradient_of_shard, work())) == here


# Fast: fused multiply-add and vector functions.


@pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
@pytest.mark.parametrize("name", [x for x in TABLE if x not in CONDITIONED])
def test_fast_is_within_4_ulp_an_operation(name):
    operands = TABLE[name].operands
    draw = random.Random(name)
    columns = [[draw.gauss(0, 1) * draw.choice([0.1, 1, 9]) for _ in range(200)] for _ in operands]
    f = FUNCTIONS[name]
    function = eval(f"lambda {', '.join(operands)}: f({', '.join(operands)})", {"f": f})
    found = autograd.compile(function, batch=operands, fast=True)(*columns)
    for row, z in zip(zip(*columns, strict=True), found.tolist(), strict=True):
        expected = f(*row)
        assert (math.isnan(z) and math.isnan(expected)) or abs(z - expected) <= 4 * math.ulp(
            expected
        ), row


@pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
def test_fast_fuses_and_strict_does_not():
    x, y = 1.0 + 2.0**-30, 1.0 - 2.0**-30
    exact = -(2.0**-60)

    def function(a, b):
        return a * b - 1.0

    for options in ({}, {"batch": ("a", "b"), "reduce": "sum"}):
        arguments = ([x], [y]) if options else (x, y)
        assert autograd.compile(function, **options)(*arguments) == 0.0
        assert "contract" in _source(autograd.compile(function, fast=True, **options), arguments)
        assert autograd.compile(function, fast=True, **options)(*arguments) in (0.0, exact)


def _source(compiled, arguments):
    compiled(*arguments)
    return compiled.source("llvm")


# Looking inside.


def test_the_python_source_is_readable_and_runs():
    weight = Value(2.0, label="weight")

    def function(x):
        hidden = autograd.tanh(weight * x)
        hidden.label = "hidden"
        return hidden * hidden

    compiled = autograd.compile(function, backend="python")
    value = compiled(0.5)
    text = compiled.source()
    assert text.splitlines()[:3] == [
        "def program(x, weight):",
        "    v2 = weight * x",
        "    hidden = tanh(v2)",
    ]
    space = {"tanh": math.tanh}
    exec(text, space)
    assert space["program"](0.5, 2.0) == (value,)


def test_the_program_prints():
    compiled = autograd.compile(lambda x: where(x > 1.0, x * 2.0, -x), backend="python")
    compiled(3.0)
    assert str(compiled.program).splitlines() == [
        "program(x):",
        "    %2 = x > 1.0",
        "    %4 = x * 2.0",
        "    %5 = neg(x)",
        "    %6 = select(%2, %4, %5)",
        "    return %6",
    ]


@pytest.mark.skipif(not HAS_LLVM, reason="llvmlite is an optional extra")
def test_the_llvm_source_parses():
    from llvmlite import binding

    step = autograd.compile(lambda x: autograd.exp(x) * x, batch="x", reduce="sum")
    scalar = autograd.compile(lambda x: autograd.exp(x) * x)
    step([1.0])
    scalar(1.0)
    for compiled in (step, scalar):
        assert binding.parse_assembly(compiled.source("llvm")).get_function("program")


def test_the_c_source_has_the_leaves_as_constants():
    weight = Value(2.5)

    def scaled(x):
        return weight * x

    compiled = autograd.compile(scaled, backend="python")
    batch = autograd.compile(scaled, batch="x", backend="python")
    compiled(1.0)
    batch([1.0])
    assert "double scaled(const double x)" in compiled.source("c")
    assert compiled.source("c") == batch.source("c")
    assert "float scaled(const float x)" in compiled.source("c", real="float")
    assert "2.5" in compiled.source("c")
    with pytest.raises(ValueError, match="real"):
        compiled.source("c", real="half")


def test_before_the_first_call_there_is_nothing_to_show(compile_):
    for compiled in (compile_(cube), compile_(cube, batch="x")):
        with pytest.raises(RuntimeError, match="call the function once"):
            compiled.source()
    done = compile_(cube)
    done(1.0)
    with pytest.raises(ValueError, match="language"):
        done.source("fortran")


def test_without_llvmlite_it_works_and_says_once_how_to_be_fast(monkeypatch):
    monkeypatch.setattr(module.machine, "available", lambda: False)
    module._say_how_to_be_fast.cache_clear()
    with pytest.warns(CompileWarning, match="scalar-autograd\\[compile\\]"):
        assert autograd.compile(cube)(2.0) == 8.0
    assert autograd.compile(cube)(3.0) == 27.0
    with pytest.raises(ModuleNotFoundError, match="llvmlite"):
        autograd.compile(cube, backend="llvm")
    module._say_how_to_be_fast.cache_clear()


# Buffers that overlap, and names that are taken.


@pytest.mark.parametrize("start", [-2, -1, 0, 1, 2])
def test_out_may_overlap_the_argument_whatever_path_is_tried(compile_, start):
    def function(v):
        return [v[1] * 2, v[2] - v[0], v[0]] if v[0] > 0 else [v[0] - 1, v[1], v[1] - v[2]]

    compiled, weight = compile_(function), Value(1.0)
    weighted = compile_(lambda v: [weight * x for x in function(v)])
    for sign in (1.0, -1.0, 1.0, -1.0):
        numbers = [sign, 5.0, 7.0]
        for each in (compiled, weighted):
            memory = np.zeros(9)
            memory[3:6] = numbers
            out = memory[3 + start : 6 + start]
            assert each(memory[3:6], out=out) is out
            assert out.tolist() == [float(x) for x in function(numbers)]


def test_an_argument_named_out_is_refused(compile_):
    for options in ({}, {"batch": "x"}):
        with pytest.raises(ValueError, match="argument `out`"):
            compile_(lambda x, out: x * out, **options)


def test_other_sequences_and_orders_of_a_dict(compile_):
    total = compile_(autograd.sum)
    for sequence in (range(4), deque([0, 1, 2, 3]), array("f", [0, 1, 2, 3]), b"\0\1\2\3"):
        if isinstance(sequence, bytes):
            with pytest.raises(TypeError, match="bytes"):
                total(sequence)
        else:
            assert total(sequence) == 6.0
    weighed = compile_(lambda d: d["a"] * 10 + d["b"])
    for given in ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}):
        assert weighed(given) == weighed(dict(reversed(given.items()))) == 12.0


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1.0 if x == 0 else autograd.sin(x) / x,
        lambda x: x if x != 0.0 else 1.0,
        lambda x: x if x in (0.0, 1.0) else 2.0 * x,
        lambda x: x if (x * 2.0) == 2.0 else -x,
    ],
)
def test_equality_of_numbers_by_identity_is_refused(compile_, function):
    for wanted in (function, autograd.grad(function)):
        with pytest.raises(TraceError, match=r"compared with .* at .*test_compiled(.|\n)*equal"):
            compile_(wanted)(0.0)


def test_nodes_are_told_apart_by_identity_while_recording(compile_):
    def f(x):
        squares = [y * y for y in x]
        return squares[0] * float(squares.index(squares[1])) + (squares[0] == squares[1])

    assert compile_(f)([2.0, 3.0]) == 4.0


def test_a_function_of_arrays_is_told_that_it_gets_lists(compile_):
    with pytest.raises(TypeError) as caught:
        compile_(lambda v: (v**2).sum())(np.ones(2))
    assert "lists in the place of arrays" in caught.value.__notes__[0]
    with pytest.raises(AttributeError) as caught:
        autograd.compile(lambda v: v.sum(), batch="v")(np.ones((3, 2)))
    assert "lists in the place of arrays" in caught.value.__notes__[0]
    with pytest.raises(TypeError) as caught:
        compile_(lambda v: v**2)([1.0])
    assert not hasattr(caught.value, "__notes__")


def test_the_order_of_keys_and_names_counts(compile_):
    dots = compile_(lambda d: autograd.dot(list(d.values()), [1.0, 10.0]))
    first = compile_(lambda **named: next(iter(named.values())) * 1.0)
    for _ in range(3):
        assert dots({"a": 1.0, "b": 2.0}) == dots({"b": 1.0, "a": 2.0}) == 21.0
        assert (first(a=1.0, b=2.0), first(b=5.0, a=6.0)) == (1.0, 5.0)


def test_other_keys_and_names_in_the_next_call(compile_):
    f = compile_(lambda x, y=1.0, z=2.0: x * y + z)
    total = compile_(lambda d: autograd.sum(d.values()))
    for _ in range(3):
        assert (f(1.0, y=3.0), f(1.0, z=3.0)) == (5.0, 4.0)
        assert total({"a": 1.0, "b": 2.0}) == total({"a": 1.0, "c": 2.0}) == 3.0


@pytest.mark.parametrize("key", [date(2020, 1, 1), inf, frozenset("a"), (1, "b"), Kind.ONE, True])
def test_keys_of_any_kind(compile_, key):
    total = compile_(lambda d: d[key] * 2.0)
    assert (total({key: 1.0}), total({key: 3.0})) == (2.0, 6.0)


def test_beyond_all_paths_a_function_still_works_on_values(compile_, monkeypatch):
    monkeypatch.setattr(family, "MOST_PATHS", 2)
    monkeypatch.setattr(family, "MANY_PATHS", 100)

    def f(x, n):
        turns = 0.0
        while n > turns:
            turns += 1.0
        return [1.0 / x + turns, x.tanh(), x**0.5]

    fast = compile_(f)
    for n in range(5):
        found = fast(0.0, float(n))
        assert found == [inf, 0.0, 0.0]


def test_a_call_that_is_not_for_these_numbers_is_not_to_blame(compile_):
    root = autograd.custom_gradient(math.sqrt, lambda x: 0.5 / math.sqrt(x))
    fast = compile_(lambda x: root(x) if x > 0 else 0.0)
    assert (fast(4.0), fast(-4.0), fast(9.0)) == (2.0, 0.0, 3.0)
    broken = compile_(lambda x: root(x) * 1.0)
    assert broken(4.0) == 2.0
    with pytest.raises(ValueError, match="domain"):
        broken(-4.0)
    assert broken(9.0) == 3.0


def test_nothing_at_all_as_a_list_and_as_an_array(compile_):
    total = compile_(lambda v: autograd.sum(v) + 1.0)
    assert total([]) == total(np.array([])) == 1.0


def test_no_buffer_for_a_result_made_of_values(compile_):
    double, out = compile_(lambda x: 2.0 * x), np.zeros(1)
    with pytest.raises(TypeError, match="leave out= away"):
        double(Value(4.0), out=out)
    with pytest.raises(TypeError, match="leave out= away"):
        compile_(lambda x: double(x, out=out))(1.0)


def test_labels_that_python_reads_as_one_name(compile_):
    def f(x):
        y, z = x * 2, x * 2 * 3
        y.label, z.label = "\u00b5", "\u03bc"
        return z - y

    assert compile_(f)(1.0) == 4.0
    for label in ("\u03c3\u00b2", "x\u2081", "\u00bd", "\u2460", "\ufb01"):
        s = Value(2.0, label=label)
        assert compile_(lambda fi, s=s: s * fi)(1.5) == 3.0


def test_what_is_no_number_is_named_and_not_taken_for_a_read(compile_):
    w = Value(2.0)
    for f in (lambda x: w * [x], lambda x: autograd.exp([x]), lambda x: max(x, [x]) * w):
        with pytest.raises(TypeError, match=r"list .* is not a real number|not supported between"):
            compile_(f)(1.0)
    step = compile_(lambda x: w * x + 1.0, batch="x")
    with pytest.raises(TypeError, match=r"list .* is not a real number"):
        step(np.zeros((3, 1)))


@pytest.mark.parametrize("other", [2, 2.0, np.float32(2.0), np.int64(2), Fraction(2)])
def test_numbers_of_every_kind_are_not_compared_by_identity(compile_, other):
    with pytest.raises(TraceError, match="same node"):
        compile_(lambda x: 1.0 if x == other else x)(2.0)


def test_an_option_that_is_no_number_is_to_be_closed_over(compile_):
    def f(x, mode):
        return x * 2.0 if mode is None else x

    for fast in (compile_(f), compile_(f, batch="x")):
        for mode in (None, "twice", [1.0, None]):
            with pytest.raises(TypeError, match="is not a real number") as raised:
                fast([3.0], mode)
            assert "compile(lambda x: f(x, mode))" in raised.value.__notes__[0]
    assert compile_(lambda x: f(x, None))(3.0) == 6.0
