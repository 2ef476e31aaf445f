"""Every rule, graph shape and transformation through each back end, against eager, to the bit."""

from __future__ import annotations

import importlib.util
import itertools
import math
import random
import struct

import pytest

import autograd
from autograd import Value
from autograd.binding import FUNCTIONS
from autograd.compile import TraceError
from autograd.rules import TABLE
from autograd.trees import flatten

BACKENDS = [
    "python",
    pytest.param(
        "llvm",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("llvmlite") is None, reason="llvmlite is an optional extra"
        ),
    ),
]
INF, NAN = math.inf, math.nan
POWERS = (2.0, 3.0, 1.0, 0.5, -1.0)
POINTS = (0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.5, -3.0, 1e-9, 40.0, -800.0, 1e200, INF, -INF, NAN)


def bits(tree):
    """Return the bits of all numbers; every nan is the same."""
    return ["nan" if x != x else struct.pack("d", x) for x in flatten(tree)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(TABLE))
@pytest.mark.parametrize("order", [0, 1, 2])
def test_every_rule_to_the_bit(name, order, backend):
    operands = tuple(range(len(TABLE[name].operands)))

    def function(*args):
        return FUNCTIONS[name](*args)

    if order:
        function = autograd.value_and_grad(function, operands)
    if order == 2:
        function = autograd.jacobian(lambda *args: FUNCTIONS[name](*args) * 1.0, operands)
        function = autograd.jacobian(function, operands)
    compiled = autograd.compile(function, backend=backend)
    points = POINTS if len(operands) == 1 else POINTS[::2]
    for args in itertools.product(points, repeat=len(operands)):
        assert bits(compiled(*args)) == bits(function(*args)), args


@pytest.mark.parametrize("backend", BACKENDS)
def test_powers_to_the_bit_with_numbers_and_variables_as_exponents(backend):
    draw = random.Random(5).gauss
    bases = [draw(0, 3) for _ in range(2000)]
    variable = autograd.compile(lambda x, y: x**y, backend=backend)
    for y in POWERS:
        fixed = autograd.compile(lambda x, y=y: x**y, backend=backend)
        for x in bases:
            expected = (Value(x) ** y).data
            assert bits([fixed(x), variable(x, y)]) == bits([expected, expected])


MANY = {
    "sum": autograd.sum,
    "mean": autograd.mean,
    "prod": autograd.prod,
    "logsumexp": autograd.logsumexp,
    "softmax": autograd.softmax,
    "dot": lambda v: autograd.dot(v, v[::-1]),
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_second_attempt_has_the_same_functions(backend):
    """Where Python raises, a program is run again quietly: its lgamma was then the one of math."""
    compiled = autograd.compile(lambda x, y: [autograd.lgamma(x), 1.0 / y], backend=backend)
    for x in (4.0, 2.0 + 1e-9):
        assert bits(compiled(x, 0.0)) == bits([autograd.lgamma(x), INF])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(MANY))
def test_operations_on_many_operands_to_the_bit(name, backend):
    function = autograd.jacobian(MANY[name])
    compiled = autograd.compile(lambda v: (MANY[name](v), function(v)), backend=backend)
    for v in (
        [1.0, 2.0, 0.5],
        [0.0, -0.0, 3.0],
        [1e3, -1e3, 1e3],
        [INF, 1.0, 2.0],
        [NAN, 1.0, 0.0],
    ):
        assert bits(compiled(v)) == bits((MANY[name](v), function(v))), v


@pytest.mark.parametrize("backend", BACKENDS)
def test_lengths_to_the_bit(backend):
    """Python corrects its `hypot` beyond C's; where the length is subnormal only from 3.12 on."""
    norm = autograd.compile(autograd.norm, backend=backend)
    pair = autograd.compile(autograd.value_and_grad(autograd.atan2, (0, 1)), backend=backend)
    pairs = autograd.compile(autograd.hypot, batch=("x", "y"), backend=backend)
    special = [0.0, -0.0, INF, -INF, NAN, 3e200, 4e200, 3e-200, 4e-200, 1.7e308, 0.1, -0.7]
    draw = random.Random(7)
    points = [[x, y] for x in special for y in special]
    for _ in range(3000):
        x = draw.uniform(-1, 1) * 2.0 ** draw.randint(-1000, 1000)
        points.append([x, draw.gauss(0, 1) * x])
    xs, ys = zip(*points, strict=True)
    assert bits(list(pairs(xs, ys))) == bits([autograd.hypot(*v) for v in points])
    for v in points:
        assert bits(norm(v)) == bits(autograd.norm(v)), v
        assert bits(pair(*v)) == bits(autograd.value_and_grad(autograd.atan2, (0, 1))(*v)), v
    long = [draw.gauss(0, 1) for _ in range(300)]
    assert bits(autograd.compile(autograd.norm, backend=backend)(long)) == bits(autograd.norm(long))


def diamond(x):
    y = x * x
    return autograd.sin(y) * autograd.exp(y) + y


def nested(x):
    return x * autograd.grad(lambda y: x * y * y)(3.0)


SHAPES = {
    "chain": lambda x: autograd.tanh(autograd.sin(autograd.exp(x))),
    "fan_out": lambda x: x * 2 + autograd.sin(x) + x / 3 - x**2,
    "diamond": diamond,
    "square": lambda x: x * x,
    "constant": lambda x: 7.0,
    "unused_operand": lambda x: 0.0 * autograd.log(x) + 2.0,
    "nested_grad": nested,
    "number_on_the_left": lambda x: 2.0 - 3.0 / x + 2.0**x,
    "detached": lambda x: x * (x * 3 if not isinstance(x, Value) else (x * 3).detach()),
    "itself": lambda x: x,
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(SHAPES))
def test_every_graph_shape_to_the_bit(name, backend):
    function = SHAPES[name]
    for each in (function, autograd.value_and_grad(function), autograd.derivative(function, 3)):
        compiled = autograd.compile(each, backend=backend)
        for x in (0.4, 1.7, 2.9):
            assert bits(compiled(x)) == bits(each(x))


def rosenbrock(v):
    pairs = itertools.pairwise(v)
    return autograd.sum([100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairs])


TRANSFORMATIONS = {
    "grad": autograd.grad(rosenbrock),
    "value_and_grad": autograd.value_and_grad(rosenbrock),
    "hessian": autograd.hessian(rosenbrock),
    "jacobian": autograd.jacobian(lambda v: [x * autograd.sum(v) for x in v]),
    "jvp": lambda v: autograd.jvp(rosenbrock, (v,), ([1.0, -2.0, 0.5],)),
    "hvp": lambda v: autograd.hvp(rosenbrock, (v,), ([1.0, -2.0, 0.5],)),
    "vjp": lambda v: autograd.vjp(lambda u: [x * x for x in u], v)[1]([1.0, 2.0, 3.0]),
    "third": autograd.grad(
        lambda v: autograd.grad(lambda u: autograd.grad(rosenbrock)(u)[0])(v)[1]
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", list(TRANSFORMATIONS))
def test_every_transformation_to_the_bit(name, backend):
    function = TRANSFORMATIONS[name]
    compiled = autograd.compile(function, backend=backend)
    for v in ([0.5, 0.7, -0.2], [1.0, 1.0, 1.0], [-3.0, 2.5, 0.0]):
        assert bits(compiled(v)) == bits(function(v))
        assert type(compiled(v)) is type(function(v))


@pytest.mark.parametrize("backend", BACKENDS)
def test_rules_and_custom_gradients_of_ones_own(backend):
    softsign = autograd.rule(
        "softsign_of_the_tests", "x / (1 + abs(x))", "1 / (1 + abs(x))**2 if x < 1e9 else 0.0"
    )
    cube = autograd.custom_gradient(lambda x: x**3, lambda x: 3 * x**2)
    for function in (softsign, cube, lambda x: softsign(cube(x))):
        for each in (function, autograd.grad(function), autograd.derivative(function, 2)):
            compiled = autograd.compile(each, backend=backend)
            for x in (0.3, -2.0, 0.0):
                assert bits(compiled(x)) == bits(each(x))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_custom_gradient_of_plain_numbers_is_called_and_has_no_second_derivative(backend):
    """As in the example of its docstring; it was refused, for reading the number of a Value."""
    sine = autograd.custom_gradient(math.sin, math.cos)
    scaled = autograd.custom_gradient(
        lambda a, b: a * math.exp(b), lambda a, b: (math.exp(b), a * math.exp(b))
    )
    both = autograd.value_and_grad(lambda a, b: scaled(sine(a), b) * scaled(b, 2.0), (0, 1))
    for each in (both, lambda a, b: autograd.jvp(sine, (a,), (b,))):
        compiled = autograd.compile(each, backend=backend)
        for a, b in ((0.5, 0.25), (-2.0, 1.0)):
            assert bits(compiled(a, b)) == bits(each(a, b))
    w = Value(0.5)
    step = autograd.compile(lambda x: sine(w * x), batch="x", reduce="sum", backend=backend)
    step.backward([1.0, 2.0])
    assert w.grad == pytest.approx(math.cos(0.5) + 2.0 * math.cos(1.0), rel=1e-15)
    with pytest.raises(TypeError, match="'custom sin' takes plain numbers, so it has no deriv"):
        autograd.compile(autograd.derivative(sine, 2), backend=backend)(1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_custom_gradient_made_inside_is_refused(backend):
    def inside(x):
        return autograd.custom_gradient(lambda t: t, lambda t: 1.0)(x)

    with pytest.raises(TraceError, match="made anew in each run of the function: make it once"):
        autograd.compile(inside, backend=backend)(1.0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_error_in_a_custom_function_comes_out(backend):
    def fails_later(x):
        if x > 5.0:
            raise LookupError("too large")
        return x

    operation = autograd.custom_gradient(fails_later, lambda x: 1.0)
    compiled = autograd.compile(lambda x: operation(x) * 2, backend=backend)
    assert compiled(1.0) == 2.0
    with pytest.raises(LookupError, match="too large"):
        compiled(6.0)
