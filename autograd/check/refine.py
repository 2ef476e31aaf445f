"""Sharper derivatives where f allows them: the complex step, and extended precision by mpmath.

`by_complex_step` calls f once with an imaginary step, which loses no digits (Squire and Trapp,
1998); it is believed where it agrees with the differences. `by_graph` records f on Values once
and does the differences on that graph, row by row of the table, with as many digits as asked;
branches are then those taken at the point, so it too has to agree with what f does.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from math import isfinite
from typing import Any

from autograd.check.claims import partials
from autograd.check.finding import CLEARLY, Finding
from autograd.check.line import Curve
from autograd.check.tree import shortened
from autograd.graph import topological_order
from autograd.rules import TABLE
from autograd.trees import entries, rebuild
from autograd.value import Value

__all__ = ["by_complex_step", "by_graph"]

SHARP = 1e-9  # relative bound of a complex step: f may cancel in its derivative too
GAIN = 0.02  # of the bound of the differences, which a complex step is trusted to improve


def by_complex_step(curve: Curve, finding: Finding, claim: float) -> Finding:
    """Return the finding, sharpened by a complex step where that helps and agrees."""
    coarse = finding.kind == "smooth" and finding.bound > SHARP * abs(finding.value)
    near = abs(claim - finding.value) <= CLEARLY * finding.bound
    if not (coarse and near) and finding.kind != "hidden":
        return finding
    slope = _complex_slope(curve)
    if slope is None:
        return finding
    note = "; ".join(filter(None, [finding.note, "sharpened by the complex step"]))
    sharp = SHARP * abs(slope)
    if finding.kind == "hidden":  # nothing to compare with: it may confirm, not refute
        same = abs(slope - claim) <= sharp
        return Finding("smooth", slope, sharp, abs(slope), note=note) if same else finding
    if abs(slope - finding.value) > finding.bound:
        return finding
    return replace(finding, value=slope, bound=max(GAIN * finding.bound, sharp), note=note)


def _complex_slope(curve: Curve) -> float | None:
    """Return Im f(x + ih) / h, or None where f does not take complex numbers."""
    line = curve.line
    h = (curve.size or 1.0) * 2.0**-70
    target = line.target
    target.calls += 1
    try:
        with warnings.catch_warnings(action="ignore"):  # numpy's, where f takes the real part only
            result = target.function(
                *rebuild(tuple(target.args), iter(line.shifted(complex(0.0, h))))
            )
        found = list(_leaves(result))[curve.output]
        slope = float(found.imag) / h
    except Exception:  # noqa: BLE001 - a function of real numbers may raise anything here
        return None
    return slope if isinstance(found, complex) and isfinite(slope) else None


def _leaves(tree: Any) -> list[Any]:
    """Return the numbers of a structure, complex ones among them."""
    return [leaf.item() if hasattr(leaf, "item") else leaf for _, leaf in entries(tree)]


def by_graph(curve: Curve, finding: Finding, digits: int) -> Finding:
    """Return the finding with the derivative of the recorded graph in extended precision.

    Raises ImportError where mpmath is not installed.
    """
    import mpmath

    line = curve.line
    variables = [Value(x) for x in line.point]
    try:
        output = partials(line.target.function, line.target.args, 0)(variables)[curve.output]
        order = topological_order(output) if isinstance(output, Value) else []
    except Exception as error:  # noqa: BLE001 - whatever a user's function raises is a finding
        return replace(
            finding, note=shortened(f"no graph for mpmath: {type(error).__name__}: {error}")
        )

    def value(t: Any) -> Any:
        known = dict(zip(variables, line.shifted(t), strict=True))
        for node in order:
            if node not in known:
                known[node] = _in_mpmath(node, known)
        return known[output] if order else output

    with mpmath.workdps(digits):
        step = mpmath.mpf(curve.size or 1) * mpmath.mpf(10) ** -(digits // 3)
        coarse, fine = (_central(value, mpmath.mpf(h)) for h in (2 * step, step))
        slope, bound = float(fine), float(abs(coarse - fine)) + 2.0**-52 * abs(float(fine))
        jump = float(abs(value(step) + value(-step) - 2 * value(mpmath.mpf(0))) / step)
    agrees = abs(slope - finding.value) <= finding.bound or finding.kind in ("hidden", "lost")
    if finding.kind not in ("smooth", "hidden", "lost") or not agrees or jump > 1e-6 * abs(slope):
        return finding
    return replace(finding, kind="smooth", value=slope, bound=bound, scale=abs(slope),
                   note=f"by mpmath with {digits} digits")  # fmt: skip


def _central(value: Callable[[Any], Any], h: Any) -> Any:
    return (value(h) - value(-h)) / (2 * h)


def _in_mpmath(node: Value, known: dict[Value, Any]) -> Any:
    """Evaluate the operation of a node in mpmath."""
    import mpmath

    if node._a is None:
        return mpmath.mpf(node._data)
    operands = [known.get(x, x) if isinstance(x, Value) else x for x in node.operands]
    operands = [mpmath.mpf(x._data) if isinstance(x, Value) else x for x in operands]
    if node.op == "where":
        return mpmath.mpf(operands[1] if operands[0] else operands[2])
    if node.op == "softmax":
        *numbers, index = operands
        top = max(numbers)
        return mpmath.exp(numbers[index] - top) / _total(mpmath.exp(x - top) for x in numbers)
    if node.op == "direction":
        *numbers, index = operands
        length = _norm(numbers)
        return numbers[index] / length if length else length
    space = _space()
    if node.op in _MANY:
        return _MANY[node.op](operands)
    return space[node.op](*map(mpmath.mpf, operands))


def _total(numbers: Any) -> Any:
    import mpmath

    return mpmath.fsum(numbers)


def _dot(operands: Sequence[Any]) -> Any:
    half = len(operands) // 2
    return _total(x * y for x, y in zip(operands[:half], operands[half:], strict=True))


def _prod(operands: Sequence[Any]) -> Any:
    import mpmath

    return mpmath.fprod(operands)


def _norm(operands: Sequence[Any]) -> Any:
    return _space()["sqrt"](_total(x * x for x in operands))


def _logsumexp(operands: Sequence[Any]) -> Any:
    space, top = _space(), max(operands)
    return top + space["log"](_total(space["exp"](x - top) for x in operands))


_MANY: dict[str, Callable[[Sequence[Any]], Any]] = {
    "sum": _total,
    "mean": lambda xs: _total(xs) / len(xs),
    "prod": _prod,
    "dot": _dot,
    "norm": _norm,
    "logsumexp": _logsumexp,
}


_SHARED = (
    *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "erfc", "hypot", "floor", "ceil"),
    "digamma",
)


@cache
def _space() -> dict[str, Any]:
    """Return what the names in the texts of the rules mean in mpmath."""
    import mpmath as m

    space: dict[str, Any] = {name: getattr(m, name) for name in _SHARED}
    space |= {
        "log2": lambda x: m.log(x, 2),
        "log10": m.log10,
        "lgamma": lambda x: m.log(abs(m.gamma(x))),
        "polygamma": lambda x, n: m.polygamma(int(n), x),
        "cbrt": lambda x: m.sign(x) * m.cbrt(abs(x)),
        "fmod": lambda x, y: x - y * (m.floor(x / y) if x * y >= 0 else m.ceil(x / y)),
        "mod": lambda x, y: x - y * m.floor(x / y),
        "trunc": lambda x: m.floor(x) if x >= 0 else m.ceil(x),
        "round": m.nint,
        "copysign": lambda x, y: abs(x) * (m.sign(y) or 1),
        "gaussian": lambda x: m.exp(-x * x),
        "normal_pdf": m.npdf,
        "normal_cdf": m.ncdf,
        "sech2": lambda x: m.sech(x) ** 2,
        "sigmoid": lambda x: 1 / (1 + m.exp(-x)),
        "softplus": lambda x: m.log1p(m.exp(x)),
        "exp_difference": lambda x, y: m.exp(x - y),
        "sigmoid_difference": lambda x, y: 1 / (1 + m.exp(y - x)),
        "logaddexp": lambda x, y: m.log(m.exp(x) + m.exp(y)),
        "shifted_pow": lambda x, y, k: x ** (y - k),
        "pow": lambda x, y: x**y,
        "abs": abs,
    }
    for row in TABLE.values():
        if row.name not in space:
            names = ", ".join([*row.operands, *row.parameters])
            space[row.name] = eval(f"lambda {names}: {row.value}", space)  # noqa: S307 - the table's own text
    return space
