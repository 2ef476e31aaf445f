"""check_gradients and assert_gradients: verdicts, paths, and whatever a function may do wrong."""

import math
import random
from typing import Any, NamedTuple

import numpy as np
import pytest

import autograd as ag
from autograd import Value, assert_gradients, check_gradients


def one(f: Any, x: float, claim: float, **options: Any) -> Any:
    """Return the entry of a function of one number with a claimed derivative."""
    (entry,) = check_gradients(f, (x,), lambda _: claim, **options).entries
    return entry


@pytest.mark.parametrize(("f", "x", "claim", "verdict"), [
    (lambda x: 1e-7 * math.sin(x),        1.0,    0.0,                         "wrong"),
    (lambda x: 1e-7 * math.sin(x),        1.0,    1e-7 * math.cos(1.0),        "right"),
    (lambda x: math.sin(1e6 * x),         1.0,    1e6 * math.cos(1e6),         "right"),
    (lambda x: math.sin(1e6 * x),         1.0,    -1e6 * math.cos(1e6),        "wrong"),
    (lambda x: x * x,                     1e9,    2e9,                         "right"),
    (lambda x: x * x,                     1e9,    2e9 * (1 + 1e-9),            "wrong"),
    (math.sin,                            1.0,    math.cos(1.0) * (1 + 1e-6),  "wrong"),
    (math.sin,                            1.0,    math.cos(1.0) * (1 + 1e-9),  "wrong"),
    (abs,                                 0.0,    0.0,                         "kink"),
    (abs,                                 0.0,    1.5,                         "wrong"),
    (lambda x: max(x, 0.0),               0.0,    0.0,                         "kink"),
    (lambda x: x * abs(x),                0.0,    0.0,                         "right"),
    (math.sqrt,                           0.0,    math.inf,                    "right"),
    (math.sqrt,                           0.0,    0.0,                         "wrong"),
    (lambda x: x**1.5,                    0.0,    0.0,                         "right"),
    (math.log,                            1e-10,  1e10,                        "right"),
    (math.exp,                            1e-300, 1.0,                         "right"),
    (lambda x: x * 1e-300,                1e300,  1e-300,                      "right"),
    (lambda x: 1e9 + x,                   1.0,    1.0,                         "right"),
    (lambda x: 1e9 + x,                   1.0,    0.0,                         "wrong"),
    (math.floor,                          2.5,    0.0,                         "right"),
    (math.floor,                          2.0,    0.0,                         "unsure"),
    (lambda x: 3.0,                       1.0,    0.0,                         "right"),
    (lambda x: 3.0,                       1.0,    1e-3,                        "wrong"),
    (lambda x: x * math.sin(1 / x) if x else 0.0, 0.0, 0.0,                    "unsure"),
    (lambda x: float(np.sin(np.float32(x))), 1.0, math.cos(1.0),               "right"),
    (lambda x: float(np.sin(np.float32(x))), 1.0, 0.0,                         "wrong"),
    (math.sin,                            1.0,    math.nan,                    "wrong"),
    (math.sin,                            1.0,    math.inf,                    "wrong"),
    (math.log,                            -1.0,   1.0,                         "unsure"),
    (math.log,                            0.0,    1.0,                         "unsure"),
])  # fmt: skip
def test_verdicts(f: Any, x: float, claim: float, verdict: str) -> None:
    entry = one(f, x, claim)
    assert entry.verdict == verdict, entry
    assert entry.verdict == "right" or entry.reason
    assert repr(one(f, x, claim)) == repr(entry)  # the same again, to the bit


class Point(NamedTuple):
    x: float
    y: float


def test_paths_name_every_input_of_nested_arguments() -> None:
    def f(v: Any, d: Any, p: Any, s: str) -> Any:
        assert s == "mode"
        return v[0] * v[2] + d["bias"] * p.x + p.y * v[1][0]

    def gradient(v: Any, d: Any, p: Any, s: str) -> Any:
        return [v[2], [p.y], v[0]], {"bias": p.x}, Point(d["bias"], v[1][0]), s

    report = check_gradients(f, ([1.0, [2.0], 3], {"bias": 4.0}, Point(5.0, 6.0), "mode"), gradient)
    assert report.verdict == "right"
    assert [entry.path for entry in report.entries] == [
        "args[0][0]", "args[0][1][0]", "args[0][2]", 'args[1]["bias"]', "args[2][0]", "args[2][1]",
    ]  # fmt: skip
    assert [entry.claimed for entry in report.entries] == [3.0, 6.0, 1.0, 5.0, 4.0, 2.0]


def test_one_argument_may_come_bare_and_arrays_stay_arrays() -> None:
    def f(x: Any) -> Any:
        assert isinstance(x, np.ndarray)
        return (x**2).sum()

    at = np.array([[1, 2], [3, 4]])
    assert check_gradients(f, at, lambda x: 2 * x).verdict == "right"
    assert check_gradients(f, (at,), lambda x: (2 * x,)).verdict == "right"
    assert check_gradients(f, (at,), lambda x: (2 * x).T).verdict == "wrong"
    assert at.dtype.kind == "i"
    assert check_gradients(math.sin, 0.5, math.cos).verdict == "right"
    report = check_gradients(lambda d: d["a"] ** 2, {"a": 3.0}, lambda d: {"a": 6.0})
    assert report.verdict == "right"


@pytest.mark.parametrize("gradient", [
    lambda v, w: [[w, 0.0], [0.0, 2 * v[1]]] and [([w, 0.0], v[0]), ([0.0, 2 * v[1]], 1.0)],
    lambda v, w: ([[w, 0.0], [0.0, 2 * v[1]]], [v[0], 1.0]),
])  # fmt: skip
def test_jacobians(gradient: Any) -> None:
    report = check_gradients(lambda v, w: [v[0] * w, v[1] ** 2 + w], ([2.0, 3.0], 5.0), gradient)
    assert report.verdict == "right"
    assert {(e.output, e.path) for e in report.entries} == {
        (k, p) for k in ("[0]", "[1]") for p in ("args[0][0]", "args[0][1]", "args[1]")
    }


def test_a_jacobian_as_an_array() -> None:
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert check_gradients(lambda x: a @ x, (np.ones(2),), lambda x: a).verdict == "right"
    wrong = check_gradients(lambda x: a @ x, (np.ones(2),), lambda x: a * [[1, 1], [1, 1], [1, -1]])
    assert [e.name for e in wrong.entries if e.verdict == "wrong"] == ["d f[2] / d args[0][1]"]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_engine_to_any_order(order: int) -> None:
    report = check_gradients(lambda x, y: ag.exp(x * y) / y, (0.3, 1.7), order=order)
    assert report.verdict == "right"
    assert {entry.order for entry in report.entries} == set(range(1, order + 1))


def test_a_wrong_rule_is_seen_at_every_order() -> None:
    first = ag.custom_gradient(math.exp, lambda x: 1.001 * math.exp(x))
    assert check_gradients(first, (0.5,)).verdict == "wrong"
    second = ag.custom_gradient(math.exp, ag.custom_gradient(math.exp, lambda x: 2 * math.exp(x)))
    assert check_gradients(second, (0.5,)).verdict == "right"
    report = check_gradients(second, (0.5,), order=2)
    assert [e.verdict for e in report.entries] == ["right", "wrong"]


def mutating(v: Any) -> Any:
    found = [2 * v[0], 2 * v[1]]
    v[0] = 99.0
    return found


@pytest.mark.parametrize(("gradient", "said"), [
    (lambda v: None,                     "returned None"),
    (lambda v: [1.0],                    "1 numbers for 2"),
    (lambda v: {"a": 1.0, "b": 2.0},     "another structure"),
    (lambda v: 1 / 0,                    "ZeroDivisionError"),
    (lambda v: "text",                   "0 numbers for 2"),
    (lambda v: [math.nan, 4.0],          "nan"),
])  # fmt: skip
def test_a_gradient_that_is_none(gradient: Any, said: str) -> None:
    report = check_gradients(lambda v: v[0] ** 2 + v[1] ** 2, ([1.0, 2.0],), gradient)
    assert report.verdict == "wrong"
    assert said in str(report)
    assert len(report.entries) == 2
    assert report.entries[0].estimate == pytest.approx(2.0)


def test_a_gradient_that_changes_its_arguments_is_told() -> None:
    report = check_gradients(lambda v: v[0] ** 2 + v[1] ** 2, ([1.0, 2.0],), mutating)
    assert report.verdict == "right"
    assert "changes its arguments" in str(report)


@pytest.mark.parametrize("f", [
    lambda x: None,
    lambda x: "text",
    lambda x: 1 / 0,
    lambda x: {}[x],
    lambda x: math.nan,
    lambda x: -math.inf,
    lambda x: [x] * random.randint(1, 5),
    lambda x: x if x == 1.0 else 1 / 0,
    lambda x: x if x == 1.0 else None,
    lambda x: object(),
    lambda x: complex(x, 1.0),
])  # fmt: skip
def test_whatever_f_does_no_exception_comes_out(f: Any) -> None:
    random.seed(3)
    report = check_gradients(f, (1.0,), lambda x: 1.0)
    assert report.verdict in ("unsure", "wrong")
    assert str(report)
    assert report._repr_html_()


def test_f_of_the_engine_that_refuses_values() -> None:
    report = check_gradients(math.sin, (1.0,))
    assert report.verdict == "wrong"
    assert "would lose its gradient" in str(report)


def test_noise_from_call_to_call_is_said() -> None:
    dice = random.Random(5)
    report = check_gradients(lambda x: x * x + 1e-9 * dice.random(), (1.0,), lambda x: 2 * x)
    assert report.verdict == "right"
    assert "not deterministic" in str(report)
    loud = check_gradients(lambda x: x * x + dice.random(), (1.0,), lambda x: 2 * x)
    assert loud.verdict == "unsure"


def test_claims_in_single_precision_are_judged_as_such() -> None:
    claim = np.float32(math.cos(1.0))
    assert check_gradients(math.sin, (1.0,), lambda x: np.array(claim)).verdict == "right"
    assert check_gradients(math.sin, (1.0,), lambda x: float(claim)).verdict == "wrong"


@pytest.mark.unmeasured
def test_many_inputs_are_sampled_and_the_one_mistake_found() -> None:
    at = np.linspace(-1.0, 1.0, 1000)

    def gradient(x: Any) -> Any:
        found = 2 * x
        found[77] *= -1
        return found

    right = check_gradients(lambda x: float(x @ x), (at,), lambda x: 2 * x, most=10)
    assert right.verdict == "right"
    assert "1000 inputs: 8 random directions" in str(right)
    assert len(right.entries) == 13
    wrong = check_gradients(lambda x: float(x @ x), (at,), gradient, most=10)
    assert {"args[0][77]", "direction 0"} <= {e.path for e in wrong.entries if e.verdict == "wrong"}
    again = check_gradients(lambda x: float(x @ x), (at,), gradient, most=10)
    assert str(again) == str(wrong)
    other = check_gradients(lambda x: float(x @ x), (at,), gradient, most=10, seed=1)
    assert [e.path for e in other.entries] != [e.path for e in wrong.entries]


def test_calls_are_counted_and_few() -> None:
    calls = []

    def f(x: float) -> float:
        calls.append(x)
        return math.exp(x)

    report = check_gradients(f, (1.0,), math.exp)
    assert report.calls == len(calls) <= 12
    assert f"{report.calls} calls of f" in report.summary()


def test_assert_gradients() -> None:
    assert_gradients(math.sin, (1.0,), math.cos)
    with pytest.raises(AssertionError, match="the sign is flipped"):
        assert_gradients(math.cos, (1.0,), math.sin)
    with pytest.raises(AssertionError, match="slope -1 from the left and 1 from the right"):
        assert_gradients(abs, (0.0,))
    assert assert_gradients(abs, (0.0,), allow=("kink",)).verdict == "kink"
    assert assert_gradients(abs, (0.0,), allow="kink").verdict == "kink"


def test_options_that_are_wrong() -> None:
    for order in (0, -1, 1.5):
        with pytest.raises(ValueError, match="whole number from 1"):
            check_gradients(math.sin, (1.0,), order=order)  # type: ignore[arg-type] # that is the test


def test_values_among_the_arguments_count_as_numbers() -> None:
    assert check_gradients(lambda x: x * x, (Value(3.0),), lambda x: 2 * x).verdict == "right"


def test_without_inputs_nothing_is_told() -> None:
    report = check_gradients(lambda s: 1.0, ("mode",), lambda s: ())
    assert report.verdict == "unsure"
    assert "the args hold no numbers" in str(report)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"gradient": 5.0}, TypeError, r"pass gradient=lambda \*args: 5.0"),
        ({"f": 5.0}, TypeError, "pass the function itself"),
        ({"order": 1.5}, ValueError, "a whole number from 1"),
        ({"most": -1}, ValueError, "a whole number from 0"),
    ],
)
def test_what_cannot_be_checked_is_refused_at_once(
    arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        check_gradients(**{"f": math.sin, "args": (1.0,), **arguments})


def test_functions_that_take_values_only_are_checked_on_values() -> None:
    assert check_gradients(lambda x: x.tanh() * x, (0.5,)).verdict == "right"
    assert check_gradients(lambda x: x.tanh() * x, (0.5,), order=2).verdict == "right"


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x.detach() * x, "f detaches a Value: what goes that way has no gradient"),
        (lambda x: x.data * x, "f reads .data: what goes that way has no gradient"),
    ],
)
def test_a_path_that_is_cut_is_named(f: Any, words: str) -> None:
    report = check_gradients(f, (2.0,))
    assert (report.verdict, report.entries[0].mistake) == ("wrong", words)


def test_the_complex_step_sharpens_where_rounding_hides_the_slope() -> None:
    entry = one(lambda x: 1e18 + x, 1.0, 1.0)
    assert (entry.verdict, entry.estimate) == ("right", 1.0)
    assert "complex step" in entry.reason
    assert one(lambda x: 1e18 + x, 1.0, 2.0).verdict == "unsure"
    sharp, blunt = (one(f, 1.0, 3.0) for f in (lambda x: 1e9 + x**3, lambda x: 1e9 + float(x) ** 3))
    assert sharp.error_bound < 0.1 * blunt.error_bound


def test_mpmath_on_request() -> None:
    plain = check_gradients(lambda x: 1e9 + ag.sin(x), (1.0,))
    sharp = check_gradients(lambda x: 1e9 + ag.sin(x), (1.0,), digits=50)
    assert plain.entries[0].error_bound > 1e-8
    assert sharp.entries[0].error_bound < 1e-15
    assert "mpmath with 50 digits" in sharp.entries[0].finding.note
    wrong = check_gradients(
        lambda x: 1e9 + ag.sin(x), (1.0,), lambda x: math.cos(x) * (1 + 1e-12), digits=50
    )
    assert wrong.verdict == "wrong"


def test_another_number_of_arguments_is_refused_with_what_to_write():
    def product(v):
        return v[0] * v[1]

    with pytest.raises(TypeError, match=r"does not take these 2: .* args=\(\[2\.0, 3\.0\],\)"):
        check_gradients(product, [2.0, 3.0])
    assert check_gradients(product, ([2.0, 3.0],)).verdict == "right"
    with pytest.raises(TypeError, match="arguments of gradient, and it does not take these 1"):
        check_gradients(product, ([2.0, 3.0],), lambda v, w: v)
    assert check_gradients(math.sin, 1.0, math.cos).verdict == "right"


def test_a_gradient_that_adds_up_from_call_to_call_is_wrong() -> None:
    total = [0.0, 0.0]

    def gradient(v: Any) -> Any:
        for i, x in enumerate(v):
            total[i] += 2.0 * x
        return list(total)

    report = check_gradients(lambda v: v[0] ** 2 + v[1] ** 2, ([1.0, 2.0],), gradient)
    assert report.verdict == "wrong"
    assert "other numbers when it is called again" in report.entries[0].reason
    calls = iter([2.0])
    report = check_gradients(lambda x: x * x, (1.0,), lambda x: next(calls))
    assert report.verdict == "wrong"
    assert "StopIteration" in report.entries[0].reason
