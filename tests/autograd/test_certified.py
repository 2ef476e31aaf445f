"""Nonlinear regressions reach the certified digits, eagerly and compiled.

The problems are of NIST's Statistical Reference Datasets (https://www.itl.nist.gov/div898/strd),
which give 11 digits of every parameter, of its standard deviation and of the residual sum of
squares, and two starts, of which the second is taken here. The engine gives the Jacobian, the
method of Levenberg and Marquardt the steps.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import autograd as ag


@dataclass(frozen=True)
class Problem:
    model: Callable[[Any, float], Any]
    xs: list[float]
    ys: list[float]
    start: list[float]
    certified: list[float]
    deviations: list[float]
    squares: float


# fmt: off
PROBLEMS = {
    "Misra1a": Problem(
        lambda b, x: b[0] * (1 - ag.exp(-b[1] * x)),
        [77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
         760.0],
        [10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
         81.78],
        [250, 0.0005], [2.3894212918e2, 5.5015643181e-4], [2.7070075241, 7.2668688436e-6],
        1.2455138894e-1,
    ),
    "BoxBOD": Problem(
        lambda b, x: b[0] * (1 - ag.exp(-b[1] * x)),
        [1, 2, 3, 5, 7, 10], [109, 149, 149, 191, 213, 224],
        [100, 0.75], [2.1380940889e2, 5.4723748542e-1], [1.2354515176e1, 1.0455993237e-1],
        1.1680088766e3,
    ),
    "MGH09": Problem(
        lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
        [4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625],
        [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246],
        [0.25, 0.39, 0.415, 0.39],
        [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1],
        [1.1435312227e-2, 1.9633220911e-1, 8.0842031232e-2, 9.0025542308e-2],
        3.0750560385e-4,
    ),
    "Rat43": Problem(
        lambda b, x: b[0] / (1 + ag.exp(b[1] - b[2] * x)) ** (1 / b[3]),
        list(range(1, 16)),
        [16.08, 33.83, 65.80, 97.20, 191.55, 326.20, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56,
         689.96, 637.56, 717.41],
        [700, 5, 0.75, 1.3],
        [6.9964151270e2, 5.2771253025, 7.5962938329e-1, 1.2792483859],
        [1.6302297817e1, 2.0828735829, 1.9566123451e-1, 6.8761936385e-1],
        8.7864049080e3,
    ),
}
# fmt: on


def step(residuals: Any, slopes: Any, damping: float) -> Any:
    scale = np.linalg.norm(slopes, axis=0)
    system = np.vstack([slopes / scale, damping**0.5 * np.eye(len(scale))])
    return np.linalg.lstsq(system, np.append(-residuals, 0.0 * scale))[0] / scale


def fitted(rows: Callable[[Any], tuple[Any, Any]], b: Any) -> Any:
    """Return the parameters that make the sum of squares least."""
    damping = 1e-3
    while damping < 1e16:  # until no step makes it less, which is at half of the digits
        residuals, slopes = rows(b)
        there = b + step(residuals, slopes, damping)
        less = np.linalg.norm(rows(there)[0]) < np.linalg.norm(residuals)  # not so where it is nan
        b, damping = (there, damping / 5) if less else (b, 3 * damping)
    for _ in range(30):
        b = b + step(*rows(b), 0.0)
    return b


@pytest.mark.parametrize("prepare", [lambda f: f, ag.compile], ids=["eager", "compiled"])
@pytest.mark.parametrize("name", PROBLEMS)
def test_certified_digits_are_reached(name: str, prepare: Any) -> None:
    problem = PROBLEMS[name]
    row = prepare(ag.value_and_grad(lambda b, x, y: problem.model(b, x) - y))

    def rows(b: Any) -> tuple[Any, Any]:
        found = [row(b.tolist(), x, y) for x, y in zip(problem.xs, problem.ys, strict=True)]
        return np.array([value for value, _ in found]), np.array([slopes for _, slopes in found])

    b = fitted(rows, np.array(problem.start, dtype=float))
    residuals, slopes = rows(b)
    squares = residuals @ residuals
    assert b == pytest.approx(problem.certified, rel=1e-9)
    assert squares == pytest.approx(problem.squares, rel=1e-9)
    scale = np.linalg.norm(slopes, axis=0)
    spread = np.linalg.norm(np.linalg.inv(np.linalg.qr(slopes / scale)[1]), axis=1) / scale
    deviations = spread * (squares / (len(residuals) - len(b))) ** 0.5
    assert deviations == pytest.approx(problem.deviations, rel=1e-9)
