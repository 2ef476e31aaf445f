"""The pytest plugin: the marker, the fixture, the options, the line in the summary."""

import os
import tomllib
from pathlib import Path

import pytest

from autograd.check.plugin import Totals

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
ENTRY = next(iter(PROJECT["entry-points"]["pytest11"].items()))


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def] # a function of strings
    """Run a test file in a process of its own, with this plugin and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(source: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(f"import math\nimport pytest\nimport autograd as ag\n{source}")
        plugin = ("-p", "autograd.check.plugin", "-p", "no:cacheprovider")
        return pytester.runpytest_subprocess(*plugin, *options)

    return run


def test_it_is_registered_on_install() -> None:
    assert ENTRY == ("gradients", "autograd.check.plugin")


def test_marker_and_summary(run) -> None:  # type: ignore[no-untyped-def] # the fixture above
    result = run("""
@pytest.mark.gradients(math.exp, (-3.0, 3.0), gradient=math.exp)
@pytest.mark.gradients(lambda v, w: ag.tanh(v[0]) * w, [0.5], (0.1, 2.0))
def test_two():
    assert True
""")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["gradients: 2 functions, * inputs at * points checked, worst margin*"]
    )


def test_a_failure_is_shrunk_and_shows_the_table(run) -> None:  # type: ignore[no-untyped-def] # as above
    result = run("""
@pytest.mark.gradients(lambda x: x**3, (0.0, 100.0), gradient=lambda x: (3 if x < 2 else 2) * x**2)
def test_wrong():
    assert False, "not reached"
""")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*wrong*args[[]0]* 2 *8 *12*", "*differs by*"])
    assert "not reached" not in result.stdout.str().split("AssertionError")[-1]


def test_fixture_kinks_and_strategies(run) -> None:  # type: ignore[no-untyped-def] # as above
    result = run("""
from hypothesis import strategies as st

def hinge(x):
    return max(x, 0.0)

def test_avoided(gradients):
    gradients(hinge, st.integers(-2, 2).map(float), gradient=lambda x: float(x > 0))

def test_named(gradients):
    with pytest.raises(AssertionError, match="from the left"):
        gradients(hinge, 0.0, gradient=lambda x: 0.0, kinks="fail")

def test_nothing_decided(gradients):
    with pytest.raises(AssertionError, match="no point drawn could be decided"):
        gradients(math.log, (-2.0, -1.0), gradient=lambda x: 1 / x)
""")
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["*points at kinks avoided (hinge at args[[]0[]] = 0)*undecided"])


def test_what_f_raises_is_shown_and_a_typo_refused(run) -> None:  # type: ignore[no-untyped-def] # as above
    result = run("""
def broken(x):
    raise RuntimeError("no such table")

def test_drawn(gradients):
    with pytest.raises(AssertionError, match="decided; at .*RuntimeError: no such table"):
        gradients(broken, (0.0, 1.0), gradient=lambda x: 1.0)

def test_fixed(gradients):
    with pytest.raises(AssertionError, match="RuntimeError: no such table"):
        gradients(broken, 0.5, gradient=lambda x: 1.0)

def test_typo(gradients):
    with pytest.raises(ValueError, match="kinks is .avoid. or .fail., not 'x'"):
        gradients(abs, (0.0, 1.0), gradient=lambda x: 1.0, kinks="x")
""")
    result.assert_outcomes(passed=3)


def test_order_and_seed(run) -> None:  # type: ignore[no-untyped-def] # as above
    source = """
points = []

def f(x):
    points.append(x.data if hasattr(x, "data") else x)
    return ag.sin(x)

def test_it(gradients):
    assert (gradients.order, gradients.seed) == {expected}
    gradients(f, (0.0, 9.0), examples=3)
    print("points", points[:40])

def test_second(gradients):
    second = ag.custom_gradient(math.exp, ag.custom_gradient(math.exp, lambda x: 0.0 * x))
    if gradients.order == 1:
        gradients(second, 0.5)
    else:
        with pytest.raises(AssertionError, match="order 2"):
            gradients(second, 0.5)
"""
    runs = [
        run(
            source.replace("{expected}", "(2, 7)"),
            "--gradients-order=2",
            "--gradients-seed=7",
            "-s",
        )
        for _ in range(2)
    ]
    other = run(source.replace("{expected}", "(1, 8)"), "--gradients-seed=8", "-s")
    for result in (*runs, other):
        result.assert_outcomes(passed=2)
    lines = [
        next(line for line in result.outlines if "points [" in line) for result in (*runs, other)
    ]
    assert lines[0] == lines[1] != lines[2]


def test_without_hypothesis_pytest_goes_on(run) -> None:  # type: ignore[no-untyped-def] # as above
    result = run("""
import sys
sys.modules["hypothesis"] = None

def test_fixed(gradients):
    gradients(math.sin, 0.5, gradient=math.cos)

def test_drawn(gradients):
    with pytest.raises(pytest.UsageError, match="pip install hypothesis"):
        gradients(math.sin, (0.0, 1.0), gradient=math.cos)
""")
    result.assert_outcomes(passed=2)


def test_who_does_not_use_it_sees_nothing(run) -> None:  # type: ignore[no-untyped-def] # as above
    result = run(
        """
import sys

def test_nothing():
    assert "autograd.check.checking" in sys.modules
""",
        "--strict-markers",
    )
    result.assert_outcomes(passed=1)
    assert "gradients:" not in result.stdout.str()
    assert "gradients(f, *arguments" in run("", "--markers").stdout.str()


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def] # a function of options
    """Run pytest in a user's directory, where the plugin is found by its entry point alone."""
    site = pytester.mkdir("site")
    installed = site / "scalar_autograd-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: scalar-autograd\nVersion: 0\n"
    )
    (installed / "entry_points.txt").write_text(f"[pytest11]\n{ENTRY[0]} = {ENTRY[1]}\n")
    monkeypatch.setenv("PYTHONPATH", f"{site}{os.pathsep}{ROOT}")
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", raising=False)
    pytester.makepyfile("""
import math
import pytest

from autograd.check.plugin import Totals

def loss(w, b):
    return math.log(1.0 + math.exp(-w[0] * 2.0 - w[1] * b))

def slope(w, b):
    s = -1.0 / (1.0 + math.exp(w[0] * 2.0 + w[1] * b))
    return [2.0 * s, b * s], (w[1] if b < 1.0 else w[0]) * s

@pytest.mark.gradients(loss, [0.5, -1.0], (-3.0, 3.0), gradient=slope)
def test_marked():
    pass

def test_fixture(gradients):
    gradients(lambda x: max(x, 0.0), (-1.0, 1.0), gradient=lambda x: float(x > 0.0))
""")

    def run(*options: str) -> pytest.RunResult:
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


@pytest.mark.unmeasured
def test_as_installed(project) -> None:  # type: ignore[no-untyped-def] # the fixture above
    result = project("--gradients-seed=3")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*loss: wrong (1 wrong, 2 right; * calls of f)",
            "*wrong*args[[]1[]] *1 *-0.25 *0.5 *",
            "*half of what it should be, and the sign is flipped",
            "gradients: 2 functions, * inputs at * points checked, worst margin*",
        ]
    )
    assert "plugin.py" not in result.stdout.str()  # the table, and no traceback through the checker


@pytest.mark.unmeasured
def test_as_installed_and_switched_off(project) -> None:  # type: ignore[no-untyped-def] # as above
    result = project("-p", "no:gradients")
    result.assert_outcomes(passed=1, errors=1, warnings=1)
    result.stdout.fnmatch_lines(["*fixture 'gradients' not found"])


def test_workers_hand_over_what_they_checked(project) -> None:  # type: ignore[no-untyped-def] # as above
    pytest.importorskip("xdist")
    result = project("-n", "2")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["gradients: 2 functions, *points at kinks avoided*"])


def test_totals_of_processes_add_up() -> None:
    totals = Totals(1, 2, 3, 0.5, ["f at x = 0"], 1)
    totals.add(Totals(10, 20, 30, 0.25, ["g at x = 1"], 2))
    assert totals == Totals(11, 22, 33, 0.5, ["f at x = 0", "g at x = 1"], 3)
