"""Second derivatives in both orders."""

import math

import autograd as ag
from autograd import check_gradients

half_wrong = ag.custom_gradient(  # in y it should be x * cos(y)
    lambda x, y: x * math.sin(y), lambda x, y: (ag.sin(y), ag.cos(y))
)


def test_a_hessian_that_is_not_symmetric_is_wrong() -> None:
    assert check_gradients(half_wrong, (1.0, 1.0)).verdict == "right"  # it is, at x = 1
    report = check_gradients(half_wrong, (1.0, 1.0), order=2)
    wrong = {(e.output, e.path) for e in report.entries if e.verdict == "wrong"}
    assert wrong == {("[0]", "args[1]"), ("[1]", "args[0]")}
    assert "not 0.540302, which it is in the other order" in str(report)


def test_the_row_of_one_result_of_many_is_named() -> None:
    report = check_gradients(lambda x, y: [x * y, half_wrong(x, y)], (1.0, 1.0), order=2)
    wrong = {(e.output, e.path) for e in report.entries if e.verdict == "wrong"}
    assert wrong == {("[2]", "args[1]"), ("[3]", "args[0]")}


def test_hessians_that_are_symmetric_stay_right() -> None:
    def several(v: list[ag.Value], w: ag.Value) -> list[ag.Value]:
        return [1e9 * ag.exp(v[0] * w) / v[1], ag.hypot(v[1], w) * v[0], v[0] * v[1] * w]

    assert check_gradients(several, ([0.3, 1.7], -2.0), order=3).verdict == "right"
