"""Reverse-mode automatic differentiation of scalar programs.

A `Value` records how it was computed; `backward()` gives the gradient of all it was computed from.
`grad` and its kin do the same for functions. Read the package in this order: `value`, `graph`,
`backward` (the chain rule), `rules` (the table of derivatives), `functions`, `derivatives`, and
`binding`, which turns the table into code. The rest are rooms that can be passed by: `higher` are
derivatives of derivatives, `forward` goes the other way, `own` adds operations, `dots` is a fast
path, `trees` are nested numbers, `watch` is `no_grad` and what looks on, `numbers` is arithmetic
that keeps every digit, `protocols` are copy, pickle and numpy, `anomaly` finds where a nan began.

>>> from autograd import Value
>>> x = Value(3.0)
>>> y = x * x + 1
>>> y.backward()
>>> x.grad
6.0
"""

from autograd.anomaly import AnomalyError, detect_anomaly
from autograd.check import assert_gradients, check_gradients, unused, why
from autograd.compile import compile as compile
from autograd.derivatives import grad, hessian, jacobian, value_and_grad, vjp
from autograd.draw import draw, explore, to_dot, to_svg
from autograd.forward import derivative, hvp, jvp
from autograd.functions import abs as abs
from autograd.functions import (
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    ceil,
    clip,
    cos,
    cosh,
    digamma,
    dot,
    elu,
    equal,
    erf,
    erfc,
    exp,
    expm1,
    floor,
    fmod,
    gelu,
    hypot,
    leaky_relu,
    lgamma,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logsigmoid,
    logsumexp,
    matvec,
    maximum,
    mean,
    minimum,
    norm,
    normal_cdf,
    normal_pdf,
    polygamma,
    prod,
    reciprocal,
    relu,
    sigmoid,
    sign,
    silu,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    square,
    tan,
    tanh,
    trunc,
    where,
)
from autograd.functions import round as round
from autograd.functions import sum as sum
from autograd.graph import depth, edges, leaves, size, topological_order
from autograd.own import custom_gradient, rule
from autograd.value import Value
from autograd.watch import Watcher, no_grad

# What `import *` brings: not abs, compile, round and sum, which would hide Python's own.
# fmt: off
__all__ = [
    "AnomalyError", "Value", "Watcher", "acos", "acosh", "asin", "asinh", "assert_gradients",
    "atan", "atan2", "atanh", "cbrt", "ceil", "check_gradients", "clip", "cos", "cosh",
    "custom_gradient", "depth", "derivative", "detect_anomaly", "digamma", "dot", "draw", "edges",
    "elu", "equal", "erf", "erfc", "exp", "explore", "expm1", "floor", "fmod", "gelu", "grad",
    "hessian", "hvp", "hypot", "jacobian", "jvp", "leaky_relu", "leaves", "lgamma", "log", "log1p",
    "log2", "log10", "logaddexp", "logsigmoid", "logsumexp", "matvec", "maximum", "mean", "minimum",
    "no_grad", "norm", "normal_cdf", "normal_pdf", "polygamma", "prod", "reciprocal", "relu",
    "rule", "sigmoid", "sign", "silu", "sin", "sinh", "size", "softmax", "softplus", "sqrt",
    "square", "tan", "tanh", "to_dot", "to_svg", "topological_order", "trunc", "unused",
    "value_and_grad", "vjp", "where", "why",
]
# fmt: on
