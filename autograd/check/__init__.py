"""Checking gradients: against differences that adapt to the function, with a bound on the error.

`check_gradients` gives a verdict on every input, `assert_gradients` raises unless all are right.
"""

from autograd.check.checking import assert_gradients, check_gradients
from autograd.check.report import Entry, Report

__all__ = ["Entry", "Report", "assert_gradients", "check_gradients"]
