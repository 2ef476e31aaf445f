"""Checking gradients: against differences that adapt to the function, with a bound on the error.

`check_gradients` gives a verdict on every input, `assert_gradients` raises unless all are right;
`mutants` plants mistakes to see whether a test notices them. `why` shows along which paths a
gradient came, `unused` where the path to an input broke. For pytest there is a plugin (see
`autograd.check.plugin`): the marker and fixture `gradients`.
"""

from autograd.check.broken import Unused, unused
from autograd.check.checking import assert_gradients, check_gradients
from autograd.check.ledger import Ledger, Path, why
from autograd.check.mutation import Mutant, Mutants, mutants
from autograd.check.report import Entry, Report

# fmt: off
__all__ = [
    "Entry", "Ledger", "Mutant", "Mutants", "Path", "Report", "Unused", "assert_gradients",
    "check_gradients", "mutants", "unused", "why",
]
# fmt: on
