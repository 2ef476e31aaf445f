"""C99: every rule, operation, shape and transformation as C, without a warning, against eager."""

from __future__ import annotations

import ctypes
import itertools
import math
import random
import shutil
import subprocess

import pytest

import autograd
import nn
from autograd import Value
from autograd.binding import FUNCTIONS
from autograd.compile import c, python
from autograd.compile.recording.assemble import program_of
from autograd.rules import TABLE
from autograd.trees import flatten

GCC = shutil.which("gcc")
needs_gcc = pytest.mark.skipif(GCC is None, reason="there is no gcc to compile C with")
WARNINGS = [
    "-Wall", "-Wextra", "-Wconversion", "-Wpedantic", "-Wshadow", "-Wdouble-promotion",
    "-Wfloat-conversion", "-Wmissing-prototypes", "-Wstrict-prototypes", "-Werror",
]  # fmt: skip
INF, NAN = math.inf, math.nan
POINTS = (0.0, -0.0, 0.3, -0.7, 1.0, -1.0, 2.5, -3.0, 1e-9, 40.0, -800.0, 1e200, INF, -INF, NAN)
SMALL = (0.25, -0.75, 1.0, -1.0, 2.5, -3.25, 0.0625, 12.0)  # each a float without rounding


def entry(name, function, numbers, names=None, outputs=()):
    """Record a function of so many numbers as an entry of a C file."""
    names = names or [f"v_{i}" for i in range(len(numbers))]
    found = program_of(function, numbers, names)
    leaves = [leaf.data for leaf in found.leaves]
    return c.Entry(name, found.program, leaves, outputs)


class Library:
    """A C file compiled by gcc, warnings being errors; its functions, called with ctypes."""

    def __init__(self, folder, *entries, real="double"):
        self.real = ctypes.c_double if real == "double" else ctypes.c_float
        self.entries = {e.name: e for e in entries}
        self.text = c.source(*entries, real=real)
        file, library = folder / "program.c", folder / "program.so"
        file.write_text(self.text)
        flags = ["-std=c99", "-O1", "-shared", "-fPIC", "-ffp-contract=off", *WARNINGS]
        command = [GCC, *flags, "-o", str(library), str(file), "-lm"]
        subprocess.run(command, check=True, capture_output=True, text=True)
        self.library = ctypes.CDLL(str(library))

    def __call__(self, name, *numbers):
        """Return the outputs of an entry whose argument is an array, or the guard that failed."""
        program, function = self.entries[name].program, getattr(self.library, name)
        given = (self.real * max(1, len(numbers)))(*numbers)
        if len(program.outputs) == 1 and not program.guards:
            function.restype = self.real
            return [function(given)]
        results = (self.real * len(program.outputs))()
        function.restype = ctypes.c_int if program.guards else None
        return function(given, results) or list(results)


def apart(found, expected, ulps=1):
    """Return whether numbers differ by more than so many ulp."""
    for x, y in zip(found, expected, strict=True):
        if x != y and not (math.isnan(x) and math.isnan(y)):
            if not abs(x - y) <= ulps * math.ulp(y):
                return True
    return False


def rule_and_slopes(name):
    """Return a function of a list of operands: the value of a rule and its derivatives."""
    count = len(TABLE[name].operands)

    def function(v):
        return autograd.value_and_grad(FUNCTIONS[name], range(count))(*v)

    return function


# C has its own lgamma; elsewhere a function of libm may be off by one ulp.
ULPS = {"lgamma": 12}


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    entries = []
    for name, row in TABLE.items():
        numbers = [0.3, 0.4, 0.5][: len(row.operands)]
        entries.append(entry(f"rule_{name}", rule_and_slopes(name), numbers))
    return Library(tmp_path_factory.mktemp("rules"), *entries)


@needs_gcc
@pytest.mark.parametrize("name", list(TABLE))
def test_every_rule_and_its_derivatives_agree_with_eager(name, rules):
    count = len(TABLE[name].operands)
    points = POINTS if count == 1 else POINTS[::2]
    for v in itertools.product(points, repeat=count):
        found, expected = rules(f"rule_{name}", *v), list(flatten(rule_and_slopes(name)(list(v))))
        assert not apart(found, expected, ULPS.get(name, 1)), (v, found, expected)


MANY = {
    "sum": autograd.sum,
    "mean": autograd.mean,
    "prod": autograd.prod,
    "norm": autograd.norm,
    "logsumexp": autograd.logsumexp,
    "softmax": lambda v: autograd.softmax(v)[1],
    "dot": lambda v: autograd.dot(v, v[::-1]),
    "none": lambda v: v[0] * 0 + autograd.sum([]) + autograd.prod([]) + autograd.norm([]),
}
LISTS = (
    [1.0, 2.0, 0.5], [0.0, -0.0, 3.0], [1e3, -1e3, 1e3], [INF, 1.0, 2.0], [NAN, 1.0, 0.0],
    [0.0, 0.0, 0.0], [3e200, 4e200, 0.0], [3e-200, 4e-200, 1e-201], [5e-324, 0.0, 0.0],
    [INF, NAN, 1.0], [-INF, -INF, -INF], [0.1, 0.7, -0.9],
)  # fmt: skip


@needs_gcc
def test_operations_on_many_operands_agree_with_eager(tmp_path):
    functions = {name: autograd.value_and_grad(MANY[name]) for name in MANY}
    library = Library(tmp_path, *(entry(f"many_{n}", functions[n], LISTS[0]) for n in functions))
    for name, v in itertools.product(functions, LISTS):
        expected = list(flatten(functions[name](v)))
        found = library(f"many_{name}", *v)
        assert not apart(found, expected, 2 if name == "norm" else 1), (name, v, found, expected)


ODD = (-1.0, 0.5, 169.0, 170.0, INF, NAN)  # as orders of polygamma


@needs_gcc
def test_gamma_functions_agree_with_eager_far_and_near(tmp_path):
    functions = {
        "digamma": autograd.digamma,
        **{f"polygamma_{n}": lambda x, n=n: autograd.polygamma(x, n=n) for n in (0, 1, 2, 5, 20)},
        **{f"order_{i}": lambda x, n=n: autograd.polygamma(x, n=n) for i, n in enumerate(ODD)},
        "cbrt": autograd.cbrt,
        "gelu": autograd.grad(autograd.gelu),
        "silu": autograd.grad(autograd.silu),
    }
    made = [entry(f"f_{n}", lambda v, f=f: f(v[0]), [0.5]) for n, f in functions.items()]
    library = Library(tmp_path, *made)
    points = [0.01 * i for i in range(-300, 1200, 7)] + [1e-300, 1e-9, 1e5, 1e300, -1e-9, -40.5]
    for (name, function), x in itertools.product(functions.items(), points):
        found, expected = library(f"f_{name}", x), [function(x)]
        ulps = 30 if name == "order_2" else 1  # 169! is exact in Python, a product of 169 in C
        assert not apart(found, expected, ulps), (name, x, found, expected)


def nested(v):
    return v[0] * autograd.grad(lambda y: v[0] * y * y)(3.0)


def rosenbrock(v):
    pairs = itertools.pairwise(v)
    return autograd.sum([100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairs])


SHAPES = {
    "chain": lambda v: autograd.tanh(autograd.sin(autograd.exp(v[0]))),
    "fan_out": lambda v: v[0] * 2 + autograd.sin(v[0]) + v[0] / 3 - v[0] ** 2,
    "diamond": lambda v: autograd.sin(v[0] * v[0]) * autograd.exp(v[0] * v[0]) + v[0] * v[0],
    "square": lambda v: v[0] * v[0],
    "constant": lambda v: 7.0,
    "itself": lambda v: v[1],
    "unused": lambda v: v[0] * 2.0,
    "nested_grad": nested,
    "where": lambda v: autograd.where(v[0] > 1, autograd.log(v[0] - 1), v[1] * v[2]),
    "remainder": lambda v: (v[0] * 7) % 3 + (-v[1]) % v[0],
    "grad": autograd.grad(rosenbrock),
    "hessian": autograd.hessian(rosenbrock),
    "jacobian": autograd.jacobian(lambda v: [x * autograd.sum(v) for x in v]),
    "hvp": lambda v: autograd.hvp(rosenbrock, (v,), ([1.0, -2.0, 0.5],)),
}


@needs_gcc
def test_every_graph_shape_and_transformation_agrees_with_eager(tmp_path):
    start = [0.4, 0.7, -0.2]
    library = Library(tmp_path, *(entry(f"shape_{n}", f, start) for n, f in SHAPES.items()))
    for name, v in itertools.product(SHAPES, (start, [1.7, 1.0, 1.0], [3.0, 2.5, 0.5])):
        found, expected = library(f"shape_{name}", *v), list(flatten(SHAPES[name](v)))
        assert not apart(found, expected), (name, v, found, expected)


@needs_gcc
@pytest.mark.parametrize("name", list(TABLE))
def test_floats_agree_to_their_digits(name, float_rules):
    count = len(TABLE[name].operands)
    for v in itertools.product(SMALL, repeat=count):
        found, (expected, *_) = (
            float_rules(f"rule_{name}", *v),
            flatten(rule_and_slopes(name)(list(v))),
        )
        assert found[0] == pytest.approx(expected, rel=3e-6, abs=1e-6, nan_ok=True), v


@pytest.fixture(scope="module")
def float_rules(tmp_path_factory):
    entries = []
    for name, row in TABLE.items():
        numbers = [0.3, 0.4, 0.5][: len(row.operands)]
        entries.append(entry(f"rule_{name}", rule_and_slopes(name), numbers))
    return Library(tmp_path_factory.mktemp("floats"), *entries, real="float")


def absolute(v):
    return v[0] * 2 if v[0] > 0 else -v[0]


@needs_gcc
def test_a_branch_returns_its_number_where_it_goes_another_way(tmp_path):
    library = Library(tmp_path, entry("absolute", absolute, [1.0]))
    assert library("absolute", 3.0) == [6.0]
    assert library("absolute", -3.0) == 1
    assert "return v[0] * 2 if v[0] > 0 else -v[0]" in library.text
    assert "/test_c.py" not in library.text


@pytest.mark.unmeasured
@needs_gcc
@pytest.mark.parametrize("reduce", [autograd.sum, lambda v: v])
def test_a_long_program_is_cut_into_functions(reduce, tmp_path):
    def long(v):
        kept = list(v)
        for i in range(6000):
            a, b = kept[i % 7], kept[(3 * i + 1) % 7]
            kept[i % 7] = autograd.where(a > b, a * 0.5 + b, autograd.sin(a) - 0.25 * b)
        return reduce(kept)

    start = [0.1 * i for i in range(7)]
    library = Library(tmp_path, entry("longer", long, start))
    assert "longer_part_3" in library.text
    for v in (start, [1.0, -2.0, 3.0, 0.5, 0.25, 7.0, -1.5]):
        assert not apart(library("longer", *v), list(flatten(long(v)))), v


@needs_gcc
def test_a_trained_network_for_a_microcontroller(tmp_path):
    model = nn.MLP(2, [16, 16, 1], seed=3, activation="tanh")
    network = entry("network", model, [0.5, -1.0], ["x_0", "x_1"])
    library = Library(tmp_path, network, real="float")
    assert "float network(const float x[2])" in library.text
    assert "double" not in library.text
    assert library.text.count("static const float") == 33  # the numbers of a neuron, each once
    for x in ([0.3, 0.2], [-1.5, 2.5], [0.0, 0.0]):
        assert library("network", *x)[0] == pytest.approx(model(x).data, rel=1e-4, abs=1e-5)


@needs_gcc
def test_value_and_gradient_are_two_functions(tmp_path):
    made = c.entries(rosenbrock, [0.5, 0.25], ["v_0", "v_1"], "rosenbrock")
    library = Library(tmp_path, *made)
    assert "double rosenbrock(const double v[2]);" in library.text
    head = (
        "void rosenbrock_value_and_gradient(const double v[2], double value[1], double gradient[2])"
    )
    assert head in library.text
    numbers = (ctypes.c_double * 2)(1.5, -0.5)
    value, gradient = (ctypes.c_double * 1)(), (ctypes.c_double * 2)()
    library.library.rosenbrock_value_and_gradient(numbers, value, gradient)
    expected = autograd.value_and_grad(rosenbrock)([1.5, -0.5])
    assert (value[0], list(gradient)) == expected


def test_there_is_no_gradient_of_many_results_or_of_nothing():
    assert len(c.entries(lambda v: [v[0], v[0]], [1.0], ["v_0"], "pair")) == 1
    assert len(c.entries(lambda v: 3.0, [], [], "three")) == 1


def test_names_come_from_arguments_and_labels():
    rate = Value(0.05, label="interest rate")

    def growth(v):
        inner = v[0] * rate
        inner.label = "double"  # a word of C
        return autograd.exp(inner) * inner * v[1]

    text = c.source(entry("growth", growth, [1.0, 2.0], ["years", "amount"]))
    assert "double growth(const double years, const double amount)" in text
    assert "static const double interest_rate = 0.05;" in text
    assert "const double double_2 = years * interest_rate;" in text


@needs_gcc
def test_arguments_may_have_the_names_of_c_and_of_helpers(tmp_path):
    names = ["int", "exp", "sum", "sigmoid", "values", "result", "v3"]

    def function(v):
        a, b, *rest = v
        return [autograd.sigmoid(a) * autograd.exp(b), autograd.sum([*rest, a]), autograd.gelu(a)]

    made = entry("names", function, [0.5] * 7, names)
    library = Library(tmp_path, made)
    doubles, results = [ctypes.c_double(0.1 * i) for i in range(7)], (ctypes.c_double * 3)()
    library.library.names.restype = None
    library.library.names(*doubles, results)
    assert not apart(list(results), function([0.1 * i for i in range(7)]))


def test_what_c_cannot_do_is_said():
    square = autograd.custom_gradient(lambda x: x * x, lambda x: 2.0 * x)
    made = entry("f", lambda v: square(v[0]), [1.0])
    with pytest.raises(ValueError, match="Python function, which C cannot call"):
        c.source(made)
    with pytest.raises(ValueError, match="'double' or 'float'"):
        c.source(made, real="half")


def test_a_rule_of_ones_own_is_written_from_its_row():
    cubed = autograd.rule("cubed", "x * x * x", "3 * x * x")
    text = c.source(entry("f", lambda v: cubed(v[0]), [1.0]))
    assert "static double cubed(double x)\n{\n    return (x * x) * x;\n}" in text


ONE = ["exp", "log", "tanh", "sin", "sqrt", "relu", "abs", "sigmoid", "softplus", "gelu", "log1p"]
TWO = ["maximum", "minimum", "logaddexp", "fmod"]  # without hypot: that of C is another one
MIXED = [lambda x, y: x + y, lambda x, y: x * y, lambda x, y: x / y, lambda x, y: x % y]
LONG = ["sum", "prod", "logsumexp", "mean"]
STRANGE = [0.0, -0.0, 1.0, -2.5, 3.0, 0.3, 1e-300, 1e200, INF, -INF, NAN]


def random_program(seed):
    """Return a function of three numbers made of operations by chance, some shared, some kinked."""
    draw = random.Random(seed)
    steps = [(draw.randrange(5), draw.random(), draw.random(), draw.random()) for _ in range(15)]

    def function(v):
        made = list(v)
        for kind, a, b, choice in steps:
            x, y = made[int(a * len(made))], made[int(b * len(made))]
            if kind == 0:
                found = getattr(autograd, ONE[int(choice * len(ONE))])(x)
            elif kind == 1:
                found = getattr(autograd, TWO[int(choice * len(TWO))])(x, y)
            elif kind == 2:
                found = MIXED[int(choice * len(MIXED))](x, y)
            elif kind == 3:
                found = getattr(autograd, LONG[int(choice * len(LONG))])([x, y, made[-1], 0.5])
            else:
                found = autograd.where(x > y, autograd.log(x), y * 2.0)
            made.append(found)
        return autograd.sum(made[3:])

    return function


@pytest.mark.unmeasured
@needs_gcc
def test_random_programs_and_their_gradients_give_the_digits_of_the_python_back_end(tmp_path):
    start, draw = [0.3, -1.5, 2.0], random.Random(1)
    functions = [autograd.value_and_grad(random_program(i)) for i in range(60)]
    entries = [entry(f"p{i}", function, start) for i, function in enumerate(functions)]
    library = Library(tmp_path, *entries)
    for made in entries:
        function = python.function(made.program)
        for v in (start, *(draw.choices(STRANGE, k=3) for _ in range(10))):
            found, expected = library(made.name, *v), function(*v)
            assert not apart(found, expected, 0), (made.name, v, found, expected)


# What a user writes to a file: compiled.source("c").


@needs_gcc
@pytest.mark.parametrize("real", ["double", "float"])
@pytest.mark.parametrize("name", list(TABLE))
def test_each_rule_alone_compiles_without_a_warning(name, real, tmp_path):
    fast = autograd.compile(rule_and_slopes(name), backend="python")
    fast([0.3, 0.4, 0.5][: len(TABLE[name].operands)])
    (tmp_path / "one.c").write_text(fast.source("c", real))
    command = [GCC, "-std=c99", "-c", *WARNINGS, "one.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


MAIN = """
#include <stdio.h>
int main(void)
{
    const REAL x[2] = {(REAL)0.5, (REAL)-1.0};
    REAL value[1], gradient[2];
    energy_value_and_gradient(x, value, gradient);
    printf("%.17g %.17g %.17g %.17g\\n", (double)energy(x), (double)value[0], (double)gradient[0],
           (double)gradient[1]);
    return 0;
}
"""


@needs_gcc
@pytest.mark.parametrize(("real", "digits"), [("double", 1e-16), ("float", 1e-6)])
def test_a_network_and_its_gradient_for_a_small_machine(tmp_path, real, digits):
    net = nn.MLP(2, [4, 1], activation="tanh", seed=0)

    def energy(x):
        return net(x)

    fast = autograd.compile(energy)
    fast([0.5, -1.0])
    file, program = tmp_path / "energy.c", tmp_path / "energy"
    file.write_text(fast.source("c", real, gradient=True) + MAIN.replace("REAL", real))
    flags = ["-std=c99", "-O2", "-ffp-contract=off", *WARNINGS]
    subprocess.run([GCC, *flags, "-o", str(program), str(file), "-lm"], check=True)
    done = subprocess.run([str(program)], check=True, capture_output=True, text=True)
    found = [float(x) for x in done.stdout.split()]
    value, slopes = autograd.value_and_grad(energy)([0.5, -1.0])
    assert found == pytest.approx([value, value, *slopes], rel=digits)


def test_results_have_names():
    both = autograd.compile(autograd.value_and_grad(lambda v: v[0] * v[1]))
    both([2.0, 3.0])
    head = "void program(const double v[2], double value[1], double gradient[2]);"
    assert head in both.source("c")
    named = autograd.compile(lambda x: {"low": x - 1, "both": [x, x + 1]})
    named(1.0)
    assert "double low[1], double both[2]);" in named.source("c")
    w = Value(2.0)
    step = autograd.compile(lambda x: w * x, batch="x", reduce="sum")
    step.backward([1.0])
    assert "double value[1], double gradient[1]);" in step.source("c")


def test_a_gradient_is_of_one_result():
    pair = autograd.compile(lambda v: [v[0], v[0]])
    pair([1.0])
    with pytest.raises(ValueError, match="jacobian"):
        pair.source("c", gradient=True)
    net = autograd.compile(nn.MLP(2, [2, 1], seed=0))
    net([1.0, 2.0])
    assert "double MLP(const double x[2])" in net.source("c")
