"""The chain rule on graphs of every shape, and what it leaves alone when something goes wrong."""

import gc
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

import autograd as ag
from autograd import Value, no_grad
from autograd.backward import gradients
from autograd.higher import live_gradients


def leaves_of(count: int) -> list[Value]:
    return [Value(1.0 + i / 2, label=f"x{i}") for i in range(count)]


def diamond(x: Value, y: Value, z: Value) -> Value:
    double = x * 2
    return double * y + double * z


def two_diamonds(x: Value, y: Value, z: Value) -> Value:
    product = x * y
    square = product * product
    return square + square * product


def late_use(x: Value, y: Value, z: Value) -> Value:
    product = x * y
    return ((product * 2) * 2) * 2 + product


# Name, the output made from three leaves at 1, 1.5 and 2, and the gradient.
SHAPES: list[tuple[str, Callable[..., Any], tuple[float, float, float]]] = [
    ("leaf", lambda x, y, z: x, (1.0, 0.0, 0.0)),
    ("chain", lambda x, y, z: (((x * 2) * 3) - 1) * 4, (24.0, 0.0, 0.0)),
    ("x * x", lambda x, y, z: y * y, (0.0, 3.0, 0.0)),
    ("x * x * x", lambda x, y, z: y * y * y, (0.0, 6.75, 0.0)),
    ("x - x", lambda x, y, z: y - y, (0.0, 0.0, 0.0)),
    ("fan-out", lambda x, y, z: x * y + x * z + x, (4.5, 1.0, 1.0)),
    ("diamond", diamond, (7.0, 2.0, 2.0)),
    ("two diamonds", two_diamonds, (14.625, 9.75, 0.0)),
    ("late use", late_use, (13.5, 9.0, 0.0)),
    ("unused input", lambda x, y, z: z * 3, (0.0, 0.0, 3.0)),
    ("constant", lambda x, y, z: x * y.detach(), (1.5, 0.0, 0.0)),
    ("many in one", lambda x, y, z: ag.sum([x, y, x, z, x]), (3.0, 1.0, 1.0)),
    ("dot with itself", lambda x, y, z: ag.dot([x, y, z], [x, y, z]), (2.0, 3.0, 4.0)),
    ("products in one sum", lambda x, y, z: ag.sum([x * y, y * z, z * x]), (3.5, 3.0, 2.5)),
    ("no leaf at all", lambda x, y, z: Value(3.0), (0.0, 0.0, 0.0)),
]
shapes = pytest.mark.parametrize(
    ("make", "expected"), [s[1:] for s in SHAPES], ids=[s[0] for s in SHAPES]
)


@shapes
def test_gradient(make: Any, expected: Any) -> None:
    xs = leaves_of(3)
    make(*xs).backward()
    assert tuple(x.grad for x in xs) == expected


@shapes
def test_gradient_with_a_graph(make: Any, expected: Any) -> None:
    xs = leaves_of(3)
    make(*xs).backward(create_graph=True)
    assert tuple(getattr(x.grad, "data", x.grad) for x in xs) == expected


@shapes
def test_gradients_are_pure(make: Any, expected: Any) -> None:
    xs = leaves_of(3)
    found = gradients(make(*xs), 2.0)
    assert [found.get(x, 0.0) for x in xs] == [2.0 * g for g in expected]
    assert [x.grad for x in xs] == [0.0, 0.0, 0.0]


@shapes
def test_second_pass_adds_the_same_again_to_the_leaves_alone(make: Any, expected: Any) -> None:
    xs = leaves_of(3)
    z = make(*xs)
    z.backward()
    inner = {node: node.grad for node in ag.topological_order(z) if node.parents}
    z.backward()
    assert [x.grad for x in xs] == [2 * g for g in expected]
    assert all(node.grad == g for node, g in inner.items())


def random_graph(generator: random.Random, xs: list[Value], count: int) -> Value:
    nodes: list[Any] = list(xs)
    for _ in range(count):
        a, b = generator.choice(nodes[-20:]), generator.choice(nodes)
        nodes.append(generator.choice([
            lambda a=a, b=b: a * b * 0.5, lambda a=a, b=b: a + b, lambda a=a, b=b: a - b,
            lambda a=a: ag.tanh(a), lambda a=a, b=b: ag.sum([a, b, a]), lambda a=a: a * 0.7,
            lambda a=a, b=b: ag.dot([a, b], [b, 0.25]), lambda a=a, b=b: ag.maximum(a, b),
        ])())  # fmt: skip
    return ag.mean([*nodes[-5:], *xs])


@pytest.mark.parametrize("seed", range(20))
def test_random_graphs_get_the_same_bits_eager_and_live(seed: int) -> None:
    xs = leaves_of(4)
    root = random_graph(random.Random(seed), xs, 150)
    eager, live = gradients(root), live_gradients(root)
    assert list(map(str, (eager[x] for x in xs))) == [str(live[x].data) for x in xs]
    assert eager.keys() == live.keys()


def test_outputs_that_share_nodes_add_exactly_what_is_theirs() -> None:
    x, y = Value(2.0), Value(3.0)
    shared = x * y
    first, second = shared * 2, shared * shared
    first.backward()
    assert (x.grad, y.grad, shared.grad) == (6.0, 4.0, 2.0)
    second.backward()
    assert (x.grad, y.grad, shared.grad) == (6.0 + 36.0, 4.0 + 24.0, 12.0)


def test_seed_gradient() -> None:
    for seed in (2.0, 2, Value(2.0)):
        x = Value(3.0)
        (x * x).backward(seed)
        assert x.grad == 12.0
    with pytest.raises(TypeError, match="float"):
        (Value(1.0) * 2).backward("1")  # type: ignore[arg-type] # what is tested


def test_gradient_of_a_leaf_itself_accumulates() -> None:
    x = Value(2.0)
    x.backward()
    x.backward(3)
    assert x.grad == 4.0


def test_changing_a_leaf_after_the_forward_pass_does_not_change_its_gradient() -> None:
    x, y = Value(2.0), Value(5.0)
    z = x * x * y
    x.data, y.data = 100.0, -7.0
    z.backward()
    assert (z.data, x.grad, y.grad) == (20.0, 20.0, 4.0)


def test_gradients_zeroed_assigned_or_none() -> None:
    x = Value(3.0)
    (x * x).backward()
    x.zero_grad()
    assert x.grad == 0.0
    x.grad = 10
    (x * x).backward()
    assert x.grad == 16.0
    x.grad = None
    (x * x).backward()
    assert x.grad == 6.0


def test_a_constant_takes_no_gradient_and_has_no_graph() -> None:
    x = Value(3.0)
    constant = (x * 2).detach()
    (constant * x).backward()
    assert (x.grad, constant.grad) == (6.0, 0.0)
    assert constant.parents == constant.local_derivatives == constant.operands == ()
    with pytest.raises(RuntimeError, match=r"a constant has no graph: .*detach\(\)"):
        constant.backward()
    with no_grad():
        unrecorded = x * x
    with pytest.raises(RuntimeError, match=r"no_grad\(\)"):
        unrecorded.backward()


class BrokenRuleError(Exception):
    pass


def bad_rule_graph() -> tuple[list[Value], Value]:
    """Return a graph of which the derivative raises when it is computed anew."""

    def slope(x: Any) -> Any:
        if isinstance(x, Value):
            raise BrokenRuleError
        return 1.0

    xs = leaves_of(3)
    return xs, ag.custom_gradient(lambda x: x, slope)(xs[0] * xs[1]) * xs[2]


def test_an_exception_in_the_middle_leaves_every_gradient_as_it_was() -> None:
    _, z = bad_rule_graph()
    nodes = ag.topological_order(z)
    for i, node in enumerate(nodes):
        node.grad = float(i)
    with pytest.raises(BrokenRuleError):
        z.backward(create_graph=True)
    assert [node.grad for node in nodes] == [float(i) for i in range(len(nodes))]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs the timer of POSIX")
@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_at_any_moment_leaves_all_gradients_or_none() -> None:
    xs = [Value(0.01 * i) for i in range(50)]
    root = ag.mean([ag.tanh(random_graph(random.Random(i), xs, 60)) for i in range(50)])
    nodes = ag.topological_order(root)
    before = [node.grad for node in nodes]
    start = time.perf_counter()
    root.backward()
    duration = time.perf_counter() - start  # of this machine, as busy as it is
    after = [node.grad for node in nodes]
    assert before != after
    generator = random.Random(3)
    outcomes = set()
    previous = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for _ in range(150):
            for node, gradient in zip(nodes, before, strict=True):
                node.grad = gradient
            try:
                signal.setitimer(signal.ITIMER_REAL, generator.uniform(1e-6, 3 * duration))
                root.backward()
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            found = [node.grad for node in nodes]
            assert found in (before, after)
            outcomes.add(found == after)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert outcomes == {True, False}


PROGRAM = """
import random, autograd as ag
from autograd import Value
xs = [Value(random.Random(i).uniform(-1, 1)) for i in range(20)]
nodes = list(xs)
generator = random.Random(7)
for _ in range(400):
    a, b = generator.choice(nodes[-30:]), generator.choice(nodes)
    nodes.append(ag.tanh(a * b + a) + ag.sum([a, b, a]) * 0.3)
nodes[-1].backward()
print([x.grad.hex() for x in xs], [n.grad.hex() for n in nodes[::40]])
nodes[-1].backward(create_graph=True)
print([x.grad.data.hex() for x in xs], [n.data for n in ag.leaves(nodes[-1])])
"""


def test_gradients_have_the_same_bits_whatever_the_hash_seed() -> None:
    found = set()
    for seed in ("0", "1", "424242"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True,
                              capture_output=True, text=True)  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1
    assert len(found.pop()) > 1000


def test_threads_on_separate_graphs_share_the_numbers_of_leaves() -> None:
    shared = leaves_of(5)
    expected = gradients(random_graph(random.Random(11), shared, 200))
    wrong: list[Any] = []

    def work() -> None:
        for _ in range(15):
            found = gradients(random_graph(random.Random(11), shared, 200))
            own = leaves_of(5)
            random_graph(random.Random(11), own, 200).backward()
            pairs = [(found[x], y.grad, expected[x]) for x, y in zip(shared, own, strict=True)]
            wrong.extend(p for p in pairs if len(set(p)) > 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_watcher_in_one_thread_does_not_reach_another() -> None:
    made: list[Value] = []
    with no_grad():
        thread = threading.Thread(target=lambda: made.append(Value(2.0) * 3))
        thread.start()
        thread.join()
    made[0].backward()
    assert made[0].parents[0].grad == 3.0


def count_of_values() -> int:
    return sum(type(x) is Value for x in gc.get_objects())


def test_a_graph_is_freed_by_reference_counts_alone() -> None:
    gc.collect()
    gc.disable()
    try:
        before = count_of_values()
        xs = leaves_of(3)
        root = random_graph(random.Random(5), xs, 60)
        root.backward()
        live_gradients(root)
        del root, xs
        ag.hessian(lambda v: ag.tanh(v[0] * v[1]) * v[0])([1.0, 2.0])
        ag.derivative(lambda x: ag.exp(x * x), 4)(0.5)
        ag.grad(lambda x: ag.grad(lambda y: x * y * y)(x))(2.0)  # the inner function holds x
        ag.vjp(lambda x, y: [x * y, x], 1.0, 2.0)[1]([1.0, 2.0])
        assert count_of_values() == before
        x = Value(2.0)
        (x * x).backward(create_graph=True)
        x.zero_grad()  # its gradient was made from it
        del x
        assert count_of_values() == before
    finally:
        gc.enable()


def long_chain(length: int) -> tuple[Value, Value]:
    x = Value(1.0)
    y = x
    for _ in range(length):
        y = y * 1.0000001
    return x, y


@pytest.mark.unmeasured
def test_a_chain_of_a_million_operations(in_a_small_stack: Any) -> None:
    def work() -> None:
        x, y = long_chain(1_000_000)
        y.backward()
        assert x.grad == pytest.approx(y.data, rel=1e-9)
        del y

    in_a_small_stack(work)


@pytest.mark.unmeasured
def test_a_sum_of_a_million_terms(in_a_small_stack: Any) -> None:
    def work() -> None:
        xs = [Value(0.5) for _ in range(1_000_000)]
        total = sum(xs)
        assert isinstance(total, Value)
        total.backward()
        assert all(x.grad == 1.0 for x in xs)
        one_node = ag.sum(xs)
        one_node.backward()
        assert xs[-1].grad == 2.0
        del total, one_node

    in_a_small_stack(work)


def test_a_long_chain_with_gradients_as_values(in_a_small_stack: Any) -> None:
    def work() -> None:
        x, y = long_chain(30_000)
        y.backward(create_graph=True)
        slope = x.grad
        x.grad = 0.0
        slope.backward()
        assert ag.depth(y) == 30_000

    in_a_small_stack(work)
