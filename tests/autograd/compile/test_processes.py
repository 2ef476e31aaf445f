"""Compiled functions are mapped over shards by processes: the gradients have the same digits."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd import Value

# A batch in threads, called before and after a fork.
FORKED = """
import os
import signal
import time

import autograd

numbers = [float(i) for i in range(100)]
step = autograd.compile(lambda x: x * x, batch="x", reduce="sum", threads=2)
step(numbers)
time.sleep(0.1)  # so that the threads wait for work
child = os.fork()
if child == 0:
    signal.alarm(20)
    print(step(numbers), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""
# What a user writes: a network, a loss that closes over it, and the names given to it in a script.
SCRIPT = """
import random
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import autograd
import nn

draw = random.Random(3).gauss
X = [[[draw(0, 1) for _ in range(3)] for _ in range(25)] for _ in range(4)]
Y = [[sum(x) + 0.1 for x in xs] for xs in X]


class Model:
    def __init__(self):
        self.net = nn.MLP(3, [4, 1], seed=0)

    def loss(self, x, y):
        return (self.net(x) - y) ** 2


@autograd.compile
def cube(x):
    return x**3


def added(parts):
    values, slopes = zip(*parts)
    return [sum(values), *[sum(column) for column in zip(*slopes)]]


def cluster(step):
    from distributed import Client, LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(processes=True, **options) as local, Client(local) as client:
        assert client.gather(client.map(cube, [2.0, 3.0])) == [8.0, 27.0]
        return client.gather(client.map(step.value_and_grad, X, Y))


def pool(step):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        assert list(processes.map(cube, [2.0, 3.0])) == [8.0, 27.0]
        return list(processes.map(step.value_and_grad, X, Y))


if __name__ == "__main__":
    model = Model()
    how, backend = globals()[sys.argv[1]], sys.argv[2]
    options = {"batch": ("x", "y"), "reduce": "sum", "backend": backend}
    losses = [model.loss]
    if how is cluster:  # a lambda that closes over the model travels by value
        losses.append(lambda x, y: model.loss(x, y))
    for loss in losses:
        step = autograd.compile(loss, **options)
        here = added([step.value_and_grad(x, y) for x, y in zip(X, Y)])
        assert added(how(step)) == here
        assert len(here) == 1 + len(step.leaves) == 1 + len(model.net.parameters())
        assert not any(leaf.grad for leaf in step.leaves)
    print("the same digits")
"""
HAS_LLVM = importlib.util.find_spec("llvmlite") is not None
ROOT = str(Path(autograd.__file__).parents[1])


def run(folder: Path, how: str, text: str = SCRIPT) -> str:
    script = folder / "user.py"
    script.write_text(text)
    paths = os.pathsep.join(filter(None, [ROOT, os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, script.name, how, "llvm" if HAS_LLVM else "python"], cwd=folder,
        env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, timeout=200,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


def test_a_pool_of_fresh_processes_gives_the_same_digits_as_one(tmp_path):
    assert run(tmp_path, "pool") == "the same digits"


def test_a_cluster_of_processes_gives_the_same_digits_as_one(tmp_path):
    pytest.importorskip("distributed", reason="dask.distributed is where the extra `test` is")
    assert run(tmp_path, "cluster") == "the same digits"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_threads_work_in_a_process_that_was_forked(tmp_path):
    assert run(tmp_path, "forked", FORKED) == "328350.0"


@pytest.mark.parametrize("backend", ["python", "llvm"] if HAS_LLVM else ["python"])
def test_value_and_grad_stores_nothing_and_names_its_leaves(backend):
    a, b = Value(3.0, label="a"), Value(7.0, label="b")
    doubled = a * 2.0
    step = autograd.compile(
        lambda x: doubled * x + b.detach() * x, batch="x", reduce="mean", backend=backend
    )
    with pytest.raises(RuntimeError, match="after a call of value_and_grad"):
        step.leaves
    assert step.value_and_grad([1.0, 3.0]) == (26.0, [2.0, 0.0])
    assert step.leaves == [doubled, b]
    assert (a.grad, b.grad, doubled.grad) == (0.0, 0.0, 0.0)
    assert step.backward([1.0, 3.0]) == 26.0
    assert a.grad == 4.0
    with pytest.raises(ValueError, match="value_and_grad needs one loss"):
        autograd.compile(lambda x: a * x, batch="x", backend=backend).value_and_grad([1.0])
